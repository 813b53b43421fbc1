"""What is kept of sources and their entries beside the items themselves: when to ask again, identities, tombstones, reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

STATES = ("active", "paused", "gone")


class Feed(Base):
    """One source. state: active, paused (by an editor, or because its partner is archived), gone (it answered 410).

    next_at, why: when it is asked again and for what reason (a word of `sources.WHY`).
    error: a word of `sources.ERRORS`, detail: what exactly; both empty after a success.
    moved_to, moved_since, moved_seen: a permanent redirect on its way to being adopted; previous_url: before the last one.
    """

    __tablename__ = "news_feed"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(2000))
    url_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    host: Mapped[str] = mapped_column(sa.String(260), index=True)
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    home: Mapped[str] = mapped_column(sa.String(2000), default="")
    folder: Mapped[str] = mapped_column(sa.String(200), default="")
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    rubric: Mapped[str] = mapped_column(sa.String(40), default="")
    full_text: Mapped[bool] = mapped_column(default=False)
    example: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(sa.String(12), default="active")
    paused_why: Mapped[str] = mapped_column(sa.String(20), default="")
    next_at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    why: Mapped[str] = mapped_column(sa.String(20), default="new")
    interval: Mapped[int] = mapped_column(default=3600)  # seconds, as learned from how often there is something new
    etag: Mapped[str] = mapped_column(sa.String(1000), default="")
    modified: Mapped[str] = mapped_column(sa.String(200), default="")
    body_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    asked: Mapped[dt.datetime | None] = mapped_column(Utc)
    succeeded: Mapped[dt.datetime | None] = mapped_column(Utc)
    failing_since: Mapped[dt.datetime | None] = mapped_column(Utc)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.String(20), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    moved_to: Mapped[str] = mapped_column(sa.String(2000), default="")
    moved_since: Mapped[dt.datetime | None] = mapped_column(Utc)
    moved_seen: Mapped[int] = mapped_column(default=0)
    previous_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    offered_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    searched: Mapped[dt.datetime | None] = mapped_column(Utc)
    mailed: Mapped[dt.datetime | None] = mapped_column(Utc)
    alive_asked: Mapped[dt.datetime | None] = mapped_column(Utc)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = {"sqlite_autoincrement": True}  # entries know their source by its number: none is given twice


class Host(Base):
    """One server of sources. It is asked by one worker at a time (busy_until, owner), and not before `free_at`."""

    __tablename__ = "news_host"
    name: Mapped[str] = mapped_column(sa.String(260), primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(60), default="")
    busy_until: Mapped[dt.datetime | None] = mapped_column(Utc)
    free_at: Mapped[dt.datetime | None] = mapped_column(Utc)


class Entry(Base):
    """What is known of an entry of a source, also after its item is gone: then it is a tombstone (content_id empty).

    key: its identity within the source. version: of the item when the reader last wrote it; higher means that an editor
    has worked on it, and its texts are theirs. main_id: the entry whose item stands for this story in the river.
    apart: an editor took it out of a story; it is not folded again.
    """

    __tablename__ = "news_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("news_feed.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(64))
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), default="")
    version: Mapped[int] = mapped_column(default=0)
    url_key: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    title_key: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    dated: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    seen: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    html: Mapped[str] = mapped_column(sa.Text, default="")
    media: Mapped[list[Any]] = mapped_column(default=list)
    image: Mapped[str] = mapped_column(sa.String(2000), default="", server_default="")
    main_id: Mapped[int | None] = mapped_column(sa.ForeignKey("news_entry.id", ondelete="SET NULL"), index=True)
    apart: Mapped[bool] = mapped_column(default=False)
    promoted: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (sa.UniqueConstraint("feed_id", "key"),)


class Pin(Base):
    """An item that stands above the river until somebody takes it down."""

    __tablename__ = "news_pin"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    pinned: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Reads(Base):
    """How often an item was opened in an hour; of who opened it there is nothing."""

    __tablename__ = "news_reads"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[dt.datetime] = mapped_column(Utc, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Push(Base):
    """That a source's hub tells us of what is new (WebSub). word: the secret part of the address that the hub calls.

    state: new (to be asked for), asked (the hub is to confirm), on, refused. next_at: when it is asked for (again).
    missed: a look at the source found something that the hub had not told.
    """

    __tablename__ = "news_push"
    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("news_feed.id", ondelete="CASCADE"), primary_key=True)
    hub: Mapped[str] = mapped_column(sa.String(2000))
    topic: Mapped[str] = mapped_column(sa.String(2000))
    word: Mapped[str] = mapped_column(sa.String(64), unique=True)
    secret: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[str] = mapped_column(sa.String(12), default="new")
    next_at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    until: Mapped[dt.datetime | None] = mapped_column(Utc)
    tried: Mapped[int] = mapped_column(default=0)
    told: Mapped[dt.datetime | None] = mapped_column(Utc)
    missed: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(sa.String(500), default="")


class Icon(Base):
    """A source's small sign: its address as the feed names it, the picture (PNG, made anew by us), when to look again."""

    __tablename__ = "news_icon"
    feed_id: Mapped[int] = mapped_column(sa.ForeignKey("news_feed.id", ondelete="CASCADE"), primary_key=True)
    named: Mapped[str] = mapped_column(sa.String(2000), default="")
    png: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    mark: Mapped[str] = mapped_column(sa.String(16), default="")
    next_at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
