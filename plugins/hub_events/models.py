"""What is kept of events beside their content: programmes, plans of registration, who registered, marks."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

HOLDING = ("confirmed", "offered", "attended", "noshow")  # states that hold a place
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def short_code() -> str:
    """Six characters that are read aloud and typed without doubt."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


class Session(Base):
    """One entry of a programme. texts: language → {title}. room, track, team: plain names; capacity: None = no limit.

    guid: what the schedule calls it that it was read from; reading that anew changes this session.
    """

    __tablename__ = "events_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[dt.datetime] = mapped_column(Utc)
    ends_at: Mapped[dt.datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(sa.String(40), default="")
    track: Mapped[str] = mapped_column(sa.String(120), default="")
    room: Mapped[str] = mapped_column(sa.String(120), default="")
    team: Mapped[str] = mapped_column(sa.String(120), default="")
    speakers: Mapped[str] = mapped_column(sa.String(500), default="")
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signup: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int | None] = mapped_column()
    guid: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")


class Plan(Base):
    """How one registers for an event. questions: as questions.py has them; quotas: [{code, name, seats}].

    minors_under: who is younger needs a parent's yes (0: nobody is asked).
    told_*: what the registered were last told of time and cancellation.
    """

    __tablename__ = "events_plan"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int | None] = mapped_column()
    closes_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    max_guests: Mapped[int] = mapped_column(default=0)
    offer_hours: Mapped[int] = mapped_column(default=24)
    remind_hours: Mapped[int] = mapped_column(default=24)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    quotas: Mapped[list[Any]] = mapped_column(default=list)
    minors_under: Mapped[int] = mapped_column(default=0, server_default="0")
    told_starts: Mapped[dt.datetime | None] = mapped_column(Utc)
    told_cancelled: Mapped[bool] = mapped_column(default=False)


class Registration(Base):
    """One person's place, or wish for one. state: pending (mail not confirmed), asked (a parent), confirmed, waiting, offered, cancelled,
    attended or noshow. guests: who comes along and is counted. agreed: the organisers may write later on, too."""

    __tablename__ = "events_registration"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    lang: Mapped[str] = mapped_column(sa.String(3))
    state: Mapped[str] = mapped_column(sa.String(12))
    guests: Mapped[int] = mapped_column(default=0)
    quota: Mapped[str] = mapped_column(sa.String(40), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    agreed: Mapped[bool] = mapped_column(default=False)
    code: Mapped[str] = mapped_column(sa.String(8), default=short_code)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    queued: Mapped[dt.datetime | None] = mapped_column(Utc)
    offered_until: Mapped[dt.datetime | None] = mapped_column(Utc)
    reminded: Mapped[bool] = mapped_column(default=False)
    forgotten: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        sa.Index("ix_events_registration_content_id_state", "content_id", "state"),
        sa.UniqueConstraint("content_id", "code"),
    )


class Seat(Base):
    """A registration's place in one session that has places of its own. state: held or waiting (in order of `id`)."""

    __tablename__ = "events_seat"
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("events_registration.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("events_session.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(sa.String(8), default="held")
    __table_args__ = (sa.UniqueConstraint("registration_id", "session_id"),)


class Star(Base):
    """An event that a person with an account has put into the own programme."""

    __tablename__ = "events_star"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    content_id: Mapped[int] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Series(Base):
    """A series of dates, made from the event that is its pattern. rule: week, fortnight or month (same weekday).

    ahead: how many dates are announced at a time; ask_days: how many days before a date its organiser (`user_id`) is asked
    whether it takes place; state: running, paused or ended; made_until: the day of the last date that was made.
    """

    __tablename__ = "events_series"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    rule: Mapped[str] = mapped_column(sa.String(12), default="week")
    until: Mapped[dt.date | None] = mapped_column(sa.Date)
    ahead: Mapped[int] = mapped_column(default=4)
    ask_days: Mapped[int] = mapped_column(default=7)
    state: Mapped[str] = mapped_column(sa.String(8), default="running")
    made_until: Mapped[dt.date] = mapped_column(sa.Date)


class Date(Base):
    """An event that is one date of a series. answer: what its organiser said: "" (nothing yet), yes, no, or silent (nothing,
    until the series was paused)."""

    __tablename__ = "events_date"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("events_series.content_id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    answer: Mapped[str] = mapped_column(sa.String(8), default="")


class Speaker(Base):
    """Somebody whom a programme names, and the account that has said "this is me". asked_at: when a letter asked for that;
    word: of that letter's link, used up by the answer. The address of the letter is kept nowhere."""

    __tablename__ = "events_speaker"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(500))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    word: Mapped[str] = mapped_column(sa.String(16), default="")
    __table_args__ = (sa.UniqueConstraint("content_id", "name"),)
