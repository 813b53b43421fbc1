"""What is kept about a person: the address for answers of their needs and offers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.api import Content, User, items, session
from hub_exchange import closing


def _at(address: str) -> sa.Select[Content]:
    return sa.select(Content).where(
        Content.kind == "listing", sa.func.lower(Content.data["email"].as_string()) == address.lower()
    )


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    rows = session().scalars(_at(user.email).order_by(Content.id))
    found = [{"entry": row.uid, "address for answers": row.data["email"], "state": row.status} for row in rows]
    return {"needs and offers answered at this address": found} if found else None


def forgotten(db: Any, user: User) -> None:
    """A person is erased: their address goes; what they need or offer stands no more."""
    for content in db.scalars(_at(user.email)).all():
        closing.drop_address(content)
        if content.status == "published" and not items.keepers(content):
            items.move(content, "archive")
