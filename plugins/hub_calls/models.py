"""What a call gathers: entries (frozen), supports, comments, jurors and their sheets."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now

IN_RACE = ("accepted", "shortlisted")


class Entry(Base):
    """A practice in a call, frozen as it was sent. state: sent, accepted (formal check passed), shortlisted, refused, withdrawn.

    result: winner, mention or "" ; result_words: for what; feedback: what the author is told.
    """

    __tablename__ = "calls_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    category: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="sent", index=True)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    result: Mapped[str] = mapped_column(sa.String(12), default="")
    result_words: Mapped[str] = mapped_column(sa.String(200), default="")
    feedback: Mapped[str] = mapped_column(sa.Text, default="")
    told: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Support(Base):
    """One member's support of one entry."""

    __tablename__ = "calls_support"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("calls_entry.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Comment(Base):
    """What a member says or asks about an entry. hidden: taken away by an editor."""

    __tablename__ = "calls_comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("calls_entry.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(sa.Text)
    hidden: Mapped[bool] = mapped_column(default=False)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Juror(Base):
    """A member of the jury of a call. languages: what they read (codes); empty where nobody has said."""

    __tablename__ = "calls_juror"
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True, index=True)
    languages: Mapped[list[str]] = mapped_column(Json, default=list)


class Share(Base):
    """An entry that was dealt to a juror to read."""

    __tablename__ = "calls_share"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("calls_entry.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Sheet(Base):
    """One juror's sheet for one entry: points and reasons by criterion, or a conflict of interest. done: handed in."""

    __tablename__ = "calls_sheet"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("calls_entry.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True, index=True)
    points: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    reasons: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    words: Mapped[str] = mapped_column(sa.Text, default="")
    conflict: Mapped[bool] = mapped_column(default=False)
    done: Mapped[bool] = mapped_column(default=False)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
