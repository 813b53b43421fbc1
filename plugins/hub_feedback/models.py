"""What is kept of the public's voice: ratings, comments, votes, notes and wishes as rows of one table."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

ONE_EACH = ("rating", "vote")  # one per person and item


class Voice(Base):
    """One thing that somebody said.

    what: rating, comment, vote, note (private, to whoever answers for the item) or proposal (a wish before it is an item).
    state: confirm (the address is not confirmed), live, removed (by a moderator, with a public reason), spam, withdrawn.
    passed: whether the public may read its text; a score or vote counts without it. mark: of what counts once per person.
    person: a keyed hash of the address, so that one person counts once after the address is gone. parent_id: what it answers.
    official: said by who answers for the item. wants: tell this person about answers. alarms: open reports.
    told: when voters were told what came of their wish.
    """

    __tablename__ = "feedback_voice"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    what: Mapped[str] = mapped_column(sa.String(10))
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("feedback_voice.id", ondelete="CASCADE"), index=True)
    score: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    lang: Mapped[str] = mapped_column(sa.String(3), default="")
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    person: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    mark: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10), default="confirm")
    passed: Mapped[bool] = mapped_column(default=False)
    official: Mapped[bool] = mapped_column(default=False)
    attended: Mapped[bool] = mapped_column(default=False)
    wants: Mapped[bool] = mapped_column(default=False)
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    reports: Mapped[list[Any]] = mapped_column(default=list)
    alarms: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided: Mapped[dt.datetime | None] = mapped_column(Utc)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    told: Mapped[dt.datetime | None] = mapped_column(Utc)
    example: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    counted: Mapped[dt.datetime | None] = mapped_column(Utc)
    __table_args__ = (
        sa.Index("ix_feedback_voice_content_id_what", "content_id", "what", "state", "score"),
        sa.Index("ix_feedback_voice_state_passed", "state", "passed", "created"),
        sa.Index("ix_feedback_voice_what_counted", "what", "state", "counted"),
    )


class Addressed(Base):
    """The one person to whom a private note is addressed, under the name that its writer saw; nobody else reads it."""

    __tablename__ = "feedback_addressed"
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback_voice.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(sa.String(500), default="")


class Quiet(Base):
    """Until when new texts about an item wait for a moderator, because too many came at once."""

    __tablename__ = "feedback_quiet"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[dt.datetime] = mapped_column(Utc)


class Mailing(Base):
    """A moderator who asked for a daily mail of what waits. mailed: when the last one went out."""

    __tablename__ = "feedback_mailing"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    mailed: Mapped[dt.datetime | None] = mapped_column(Utc)


class Canned(Base):
    """A ready reason of moderators: its texts by language."""

    __tablename__ = "feedback_canned"
    id: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
