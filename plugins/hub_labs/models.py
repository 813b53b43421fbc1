"""What is kept of labs beside their text: platforms, what they wrote, votes, commitments, transfer sheets, participants."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_code() -> str:
    """Eight characters that are read aloud and typed without doubt, and guessed by nobody."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def new_uid() -> str:
    return str(uuid.uuid4())


class Platform(Base):
    """A working platform or small group. texts: language → {title}. session_id: its session in the event's programme.

    code: the word in its link; who has the link belongs to the group. is_open: answers and votes are taken.
    """

    __tablename__ = "labs_platform"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    leader: Mapped[str] = mapped_column(sa.String(200), default="")
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    session_id: Mapped[int | None] = mapped_column()
    code: Mapped[str] = mapped_column(sa.String(8), unique=True, default=new_code)
    is_open: Mapped[bool] = mapped_column(default=False)
    example: Mapped[bool] = mapped_column(default=False)


class Entry(Base):
    """One thing that a platform wrote down: an answer (question: its number from 0), a requirement (stakeholder: to whom),
    or neither yet. texts: language → text. live: it was sent from a phone. hidden: the moderator took it out."""

    __tablename__ = "labs_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("labs_platform.id", ondelete="CASCADE"), index=True)
    question: Mapped[int | None] = mapped_column(sa.SmallInteger)
    stakeholder: Mapped[str] = mapped_column(sa.String(80), default="")
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    live: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)
    example: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Vote(Base):
    """One browser's vote for an entry. voter: a random word that only that browser has."""

    __tablename__ = "labs_vote"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("labs_entry.id", ondelete="CASCADE"), primary_key=True)
    voter: Mapped[str] = mapped_column(sa.String(32), primary_key=True)


class Promise(Base):
    """A commitment by an organisation (from the catalogue, or by name). email: who is asked every half year, never shown.

    state: promised, going, done or dropped. asked, answered: when it was asked about last, and said something last.
    """

    __tablename__ = "labs_promise"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=new_uid)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due: Mapped[dt.date | None] = mapped_column()
    state: Mapped[str] = mapped_column(sa.String(10), default="promised")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    lang: Mapped[str] = mapped_column(sa.String(3), default="")
    asked: Mapped[dt.datetime | None] = mapped_column(Utc)
    answered: Mapped[dt.datetime | None] = mapped_column(Utc)
    example: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Sheet(Base):
    """What one participant takes home of the case of the group. voter: the browser that wrote it, where nobody was signed in.

    adapted: what the practices answered when it was passed on to them as an adaptation.
    """

    __tablename__ = "labs_sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=new_uid)
    platform_id: Mapped[int] = mapped_column(sa.ForeignKey("labs_platform.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), index=True)
    voter: Mapped[str] = mapped_column(sa.String(32), default="", index=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    lang: Mapped[str] = mapped_column(sa.String(3))
    territory: Mapped[str] = mapped_column(sa.Text, default="")
    works: Mapped[str] = mapped_column(sa.Text, default="")
    hinders: Mapped[str] = mapped_column(sa.Text, default="")
    first_step: Mapped[str] = mapped_column(sa.Text, default="")
    adapted: Mapped[str] = mapped_column(sa.String(500), default="")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Person(Base):
    """Somebody who agreed to stand in a lab's list of participants. state: confirm (the address is not confirmed) or live."""

    __tablename__ = "labs_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=new_uid)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    lang: Mapped[str] = mapped_column(sa.String(3))
    seeks: Mapped[str] = mapped_column(sa.Text, default="")
    offers: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(8), default="confirm")
    example: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.UniqueConstraint("content_id", "email"),)
