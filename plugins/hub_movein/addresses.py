"""Old addresses of a WordPress site that moved in: each leads to the entry it became, as long as that is public."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, request

from hub.api import Content, items, session

from .wordpress import ORIGIN

KINDS = ("page", "news")
MOVED = 301


def lead_on() -> Any:
    """Before a page that is none of ours is refused: perhaps it is an old address."""
    if request.method not in ("GET", "HEAD"):
        return None
    if request.endpoint not in ("site.root", "site.unprefixed"):
        return None
    bare, number = request.path.rstrip("/"), request.args.get("p") or request.args.get("page_id") or ""
    wanted = [f"{bare}/?{name}={number}" for name in ("p", "page_id")] if number.isdigit() else [bare, f"{bare}/"] if bare else []
    if not wanted or len(request.path) > 300:
        return None
    found = session().scalar(_moved().where(Content.external_id.in_(wanted)).limit(1))
    if found is None:
        return None
    language = sorted(text.lang for text in found.texts)[0]
    shown = items.load([found.id], language)
    return redirect(shown[0].url, MOVED) if shown else None


def _moved() -> Any:
    return sa.select(Content).where(
        Content.kind.in_(KINDS), Content.origin.startswith(ORIGIN), Content.status.in_(("published", "archived")),
        Content.audience == "public",
    )  # fmt: skip


def newest(language: str, limit: int = 50) -> list[tuple[str, Any]]:
    """(old address, entry) of what moved in last."""
    rows = session().scalars(_moved().order_by(Content.id.desc()).limit(limit)).all()
    shown = {item.id: item for item in items.load([row.id for row in rows], language)}
    return [(str(row.external_id), shown[row.id]) for row in rows if row.id in shown]


def count() -> int:
    """How many old addresses lead on."""
    return session().scalar(sa.select(sa.func.count()).select_from(_moved().subquery())) or 0
