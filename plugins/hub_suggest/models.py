"""What is kept of suggestions: the queue's entries, what was done with them, canned answers, rules, editors' mails."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

OPEN = ("waiting", "held")  # states that an editor may decide
FINAL = ("accepted", "partly", "refused", "spam", "withdrawn")


class Entry(Base):
    """One thing that waits for an editor, or waited.

    what: new (an item), correction (by a reader), change (by the sender of the item) or member (a member's item in review).
    state: confirm (its e-mail address is not confirmed), held (suspicious), waiting, or one of FINAL.
    draft: a new item's document while no item exists (confirm, held).
    base, wish: field key → what the sender saw, what the sender wants (see fields.py); for corrections and changes.
    """

    __tablename__ = "suggest_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    state: Mapped[str] = mapped_column(sa.String(12))
    what: Mapped[str] = mapped_column(sa.String(12))
    kind: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    lang: Mapped[str] = mapped_column(sa.String(3))
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    content_uid: Mapped[str] = mapped_column(sa.String(36), default="")
    revision_id: Mapped[int | None] = mapped_column()  # no foreign key: those end at content and people
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("suggest_entry.id", ondelete="SET NULL"), index=True)
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)
    base: Mapped[dict[str, Any]] = mapped_column(default=dict)
    wish: Mapped[dict[str, Any]] = mapped_column(default=dict)
    taken: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    digest: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    told: Mapped[bool] = mapped_column(default=False)
    example: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    decided: Mapped[dt.datetime | None] = mapped_column(Utc)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    __table_args__ = (
        sa.Index("ix_suggest_entry_state_created", "state", "created", "id"),
        sa.Index("ix_suggest_entry_told", "told", "state"),
    )


class Step(Base):
    """One line of the audit log: who did what when with which reason. Of senders it holds nothing, so nothing need go.

    by: editor, sender, member or system. user_id: the editor or member; empty after they were erased.
    """

    __tablename__ = "suggest_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("suggest_entry.id", ondelete="SET NULL"), index=True)
    content_uid: Mapped[str] = mapped_column(sa.String(36), default="", index=True)
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    verb: Mapped[str] = mapped_column(sa.String(16))
    by: Mapped[str] = mapped_column(sa.String(8), default="editor")
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    fields: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)


class Canned(Base):
    """A ready answer: its texts by language."""

    __tablename__ = "suggest_canned"
    id: Mapped[int] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Rule(Base):
    """Who may suggest items of a kind (nobody, members, anyone), and whether a sender's later changes wait (review, publish)."""

    __tablename__ = "suggest_rule"
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    who: Mapped[str] = mapped_column(sa.String(8))
    changes: Mapped[str] = mapped_column(sa.String(8), default="review")


class Mailing(Base):
    """How an editor wants to hear of what waits: once (at once), daily or off; mailed: when the last daily mail went out."""

    __tablename__ = "suggest_mailing"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    mails: Mapped[str] = mapped_column(sa.String(8))
    mailed: Mapped[dt.datetime | None] = mapped_column(Utc)
