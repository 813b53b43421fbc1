"""What is kept of messages: the message, what was done with it, ready answers."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

TABS = {
    "open": ("open",),
    "held": ("held", "confirm"),
    "answered": ("answered",),
    "closed": ("closed", "passed", "spam"),
}


class Message(Base):
    """Something that somebody wrote. to_holder: meant for the keeper of an item, else for the editors.

    state: confirm (its address is not confirmed), held (suspicious), open, answered, closed, spam, or passed (to the
    keeper; then its text, the name and the address are gone).
    """

    __tablename__ = "contact_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    state: Mapped[str] = mapped_column(sa.String(12))
    to_holder: Mapped[bool] = mapped_column(default=False)
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    lang: Mapped[str] = mapped_column(sa.String(3))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    digest: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    told: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    moved: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.Index("ix_contact_message_state_moved", "state", "moved", "id"),)


class Step(Base):
    """What happened to a message. verb: answered, wrote (the sender again), passed, closed, opened, released, spam."""

    __tablename__ = "contact_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("contact_message.id", ondelete="CASCADE"), index=True)
    verb: Mapped[str] = mapped_column(sa.String(12))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Canned(Base):
    """A ready answer: its texts by language."""

    __tablename__ = "contact_canned"
    id: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
