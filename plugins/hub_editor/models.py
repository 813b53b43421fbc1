"""Who is in a form at this moment, what they have typed and not saved yet; what was done to many entries at once; who did what."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Visit(Base):
    """Somebody has the form of an item open. at: when their browser last said so."""

    __tablename__ = "editor_visit"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Kept(Base):
    """Text that somebody has typed and not saved. uid: empty for an item that does not exist yet; document: as in hub.api.items."""

    __tablename__ = "editor_kept"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), primary_key=True, default="")
    base: Mapped[str] = mapped_column(sa.String(60), default="")
    document: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Bulk(Base):
    """One step taken on many entries at once. rows: what became of each, and what undo needs (see bulk.py)."""

    __tablename__ = "editor_bulk"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    step: Mapped[str] = mapped_column(sa.String(20))
    what: Mapped[str] = mapped_column(sa.String(300), default="")
    rows: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    undone: Mapped[dt.datetime | None] = mapped_column(Utc)


class Deed(Base):
    """One line of the audit log: somebody sent a form of the desk. word: which button."""

    __tablename__ = "editor_deed"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    endpoint: Mapped[str] = mapped_column(sa.String(80))
    path: Mapped[str] = mapped_column(sa.String(300))
    word: Mapped[str] = mapped_column(sa.String(80), default="")
