"""What is kept about a person: the address for answers of their needs and offers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.api import Content, User, items, session
from hub_exchange import closing


def _of(user: User) -> sa.Select[Content]:
    """The listings that hold somebody's address, now or in an older version."""
    address, version = user.email.lower(), items.Revision
    held = sa.select(version.content_id).where(sa.func.lower(version.document["data"]["answers"].as_string()) == address)
    now_or_once = sa.or_(sa.func.lower(Content.data["answers"].as_string()) == address, Content.id.in_(held))
    return sa.select(Content).where(Content.kind == "listing", now_or_once).order_by(Content.id)


def _holds(row: Content, user: User) -> bool:
    return str(row.data.get("answers") or "").lower() == user.email.lower()


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    found = [
        {"entry": row.uid, "address for answers": user.email, "state": row.status, "in an older version only": not _holds(row, user)}
        for row in session().scalars(_of(user))
    ]
    return {"needs and offers answered at this address": found} if found else None


def forgotten(db: Any, user: User) -> None:
    """A person is erased: their address goes; what only they need or offer stands no more."""
    theirs = {content.id: content for content in db.scalars(_of(user))}
    wrote = sa.select(Content).where(Content.kind == "listing", Content.status == "published", Content.author_id == user.id)
    theirs |= {content.id: content for content in db.scalars(wrote)}
    for content in theirs.values():
        closing.drop_address(content, user.email)
        others = [address for address, _ in items.keepers(content) if address.lower() != user.email.lower()]
        if content.status == "published" and not others:
            items.move(content, "archive")
