"""What was imported, row by row, and the work that the desk has asked for."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Batch(Base):
    """One import. outcome: what undo did so far ({removed, restored, kept: [[uid, title, why]]})."""

    __tablename__ = "transfer_batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    file: Mapped[str] = mapped_column(sa.String(300))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    started: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    undone: Mapped[dt.datetime | None] = mapped_column(Utc)
    outcome: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    __table_args__ = {"sqlite_autoincrement": True}  # a number is never given twice: people undo by it


class Row(Base):
    """What one row of an import did: created, updated (before: the document it replaced; version: the item's version
    afterwards), undone, or made a topic (content_id: the topic's; row: a number below zero)."""

    __tablename__ = "transfer_row"
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("transfer_batch.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(sa.String(12))
    version: Mapped[int] = mapped_column(default=1)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Picture(Base):
    """A picture that an import fetched. known: by what its address is known again (its SHA-256); name: the stored picture's;
    content_id: the entry that it was given to as its own, once and for all."""

    __tablename__ = "transfer_picture"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("transfer_batch.id", ondelete="CASCADE"), index=True)
    known: Mapped[str] = mapped_column(sa.String(64), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    content_id: Mapped[int | None] = mapped_column()


class Task(Base):
    """Work that the desk has asked for. sort: import, undo or export; state: new (columns are being matched), waiting,
    running, done or failed. Its files lie in the plugin's folder under its id."""

    __tablename__ = "transfer_task"
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=lambda: secrets.token_hex(16))
    sort: Mapped[str] = mapped_column(sa.String(8))
    kind: Mapped[str] = mapped_column(sa.String(40), default="")
    file: Mapped[str] = mapped_column(sa.String(300), default="")
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    state: Mapped[str] = mapped_column(sa.String(8), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    batch_id: Mapped[int | None] = mapped_column()
    count: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    outcome: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
