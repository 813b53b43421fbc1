"""Events: the live address that only the registered see moves into a field of its own, which no page or file for others holds."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CONTENT = sa.table("content", sa.column("id", sa.Integer), sa.column("kind", sa.String), sa.column("data", Json))
REVISION = sa.table("revision", sa.column("id", sa.Integer), sa.column("content_id", sa.Integer), sa.column("document", Json))


def upgrade() -> None:
    _move(_closed)


def downgrade() -> None:
    _move(_told)


def _closed(data: dict) -> dict:
    """`live_for` goes; where it said "registered", the address is in the field for them."""
    kept = {name: value for name, value in data.items() if name != "live_for"}
    if data.get("live_for") == "registered" and "live" in kept:
        kept["live_closed"] = kept.pop("live")
    return kept


def _told(data: dict) -> dict:
    if "live_closed" not in data:
        return data
    kept = {name: value for name, value in data.items() if name != "live_closed"}
    return {**kept, "live": data["live_closed"], "live_for": "registered"}


def _move(change) -> None:
    """Change the data of all events, in what is public and in every version."""
    db, events = op.get_bind(), sa.select(CONTENT.c.id).where(CONTENT.c.kind == "event")
    for number, data in db.execute(sa.select(CONTENT.c.id, CONTENT.c.data).where(CONTENT.c.kind == "event")).all():
        if (changed := change(data or {})) != data:
            db.execute(sa.update(CONTENT).where(CONTENT.c.id == number).values(data=changed))
    versions = sa.select(REVISION.c.id, REVISION.c.document).where(REVISION.c.content_id.in_(events))
    for number, document in db.execute(versions).all():
        data = document.get("data") or {}
        if (changed := change(data)) != data:
            db.execute(sa.update(REVISION).where(REVISION.c.id == number).values(document={**document, "data": changed}))
