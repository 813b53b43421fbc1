"""The plugin's tables: the key, who follows by which inbox, what is to be told, what was told, blocked, seen and refused."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

ONLY = 1  # the key and the place in the change log are one row each


class Key(Base):
    """The hub's key pair, made when the plugin is switched on. private: PEM, shown nowhere."""

    __tablename__ = "activitypub_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    private: Mapped[str] = mapped_column(sa.Text)
    public: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Inbox(Base):
    """An address that gets messages: a server's common inbox, or one person's where it has none.

    sent: the number of the last message that was settled here. failing: since when it has taken nothing. next_try: not
    before; busy: until when one worker sends to it.
    """

    __tablename__ = "activitypub_inbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(500), unique=True)
    host: Mapped[str] = mapped_column(sa.String(255), index=True)
    sent: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    failing: Mapped[dt.datetime | None] = mapped_column(Utc)
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    next_try: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    busy: Mapped[dt.datetime | None] = mapped_column(Utc)


class Follower(Base):
    """Who follows: an address, where to answer, and the key that their messages are checked with. No name is kept.

    asked: the id of their Follow, which the answer repeats; answered: when that was taken.
    """

    __tablename__ = "activitypub_follower"
    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(sa.String(500), unique=True)
    host: Mapped[str] = mapped_column(sa.String(255), index=True)
    own_inbox: Mapped[str] = mapped_column(sa.String(500))
    inbox_id: Mapped[int] = mapped_column(sa.ForeignKey("activitypub_inbox.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[str] = mapped_column(sa.String(500))
    key: Mapped[str] = mapped_column(sa.Text)
    asked: Mapped[str] = mapped_column(sa.String(500))
    since: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    answered: Mapped[dt.datetime | None] = mapped_column(Utc)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Place(Base):
    """How far the change log was read."""

    __tablename__ = "activitypub_place"
    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class Message(Base):
    """One thing to tell: what became of an item. What is said of it is written when it is sent, from what is public then.

    verb: create, update, delete. word: part of the activity's id, never used again. due: not before (what changes again
    until then is told once). number: its place in the row once it is on its way to everybody; None while it waits.
    """

    __tablename__ = "activitypub_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    verb: Mapped[str] = mapped_column(sa.String(8))
    word: Mapped[str] = mapped_column(sa.String(36), unique=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    due: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    number: Mapped[int | None] = mapped_column(sa.BigInteger, unique=True)
    released: Mapped[dt.datetime | None] = mapped_column(Utc)
    __table_args__ = {"sqlite_autoincrement": True}


class Told(Base):
    """An item that followers were told of: its changes and its end are told, too. gone: that was told."""

    __tablename__ = "activitypub_told"
    uid: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    gone: Mapped[dt.datetime | None] = mapped_column(Utc)


class Block(Base):
    """A host (with all below it) from which nothing is taken and to which nothing is sent."""

    __tablename__ = "activitypub_block"
    host: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Seen(Base):
    """A signature that was taken (its SHA-256), kept as long as its date would be accepted: nothing is taken twice."""

    __tablename__ = "activitypub_seen"
    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)


class Refusal(Base):
    """What was refused: why (a word of `words.REASONS`), from which host, how often, when last."""

    __tablename__ = "activitypub_refusal"
    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(20))
    host: Mapped[str] = mapped_column(sa.String(255), default="")
    times: Mapped[int] = mapped_column(default=0)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.UniqueConstraint("reason", "host"),)
