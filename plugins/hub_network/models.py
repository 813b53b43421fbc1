"""What is kept of the hubs that are followed, of their entries beside the items themselves, and of what was refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now

STATES = ("active", "paused", "blocked", "leaving")
BIG = sa.BigInteger()
ONLY = 1  # this hub has one key, and one place in its own log


class Followed(Base):
    """One followed hub. state: active, paused, blocked (nothing of it is kept or asked for), leaving (its entries are being
    removed, then it is forgotten).

    origin: what its items bear in the spine. filter: kind, topic, place, lang → values. about: what it says of itself.
    since: its newest change that has been taken over, head: its newest at all as it says. round: how often its log was
    begun anew; what an unfinished round has not met again is removed at its end. owner, busy_until: who reads at this moment.
    day, today: how many changes were read on which day. key: by which its answers are signed, as it was seen first; new_key: another
    one that it shows now ("-": none), until an editor accepts it. error: a word of `words.ERRORS`, detail: what exactly.
    shared: the mark under which it shares its entries for members with us; empty: it does not.
    """

    __tablename__ = "network_hub"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(500), unique=True)
    origin: Mapped[str] = mapped_column(sa.String(120), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    filter: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    about: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(sa.String(12), default="active")
    since: Mapped[int] = mapped_column(BIG, default=0)
    head: Mapped[int] = mapped_column(BIG, default=0)
    round: Mapped[int] = mapped_column(default=1)
    swept: Mapped[int] = mapped_column(default=0)
    etag: Mapped[str] = mapped_column(sa.String(200), default="")
    next_at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    asked: Mapped[dt.datetime | None] = mapped_column(Utc)
    reached: Mapped[dt.datetime | None] = mapped_column(Utc)
    changed: Mapped[dt.datetime | None] = mapped_column(Utc)
    failing_since: Mapped[dt.datetime | None] = mapped_column(Utc)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.String(20), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    owner: Mapped[str] = mapped_column(sa.String(60), default="")
    busy_until: Mapped[dt.datetime | None] = mapped_column(Utc)
    day: Mapped[str] = mapped_column(sa.String(10), default="")
    today: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    new_key: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    shared: Mapped[str] = mapped_column(sa.String(60), default="", server_default="")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = {"sqlite_autoincrement": True}


class Key(Base):
    """This hub's own key, made by the first run of the plugin's job. secret: base64 of an Ed25519 key, shown nowhere."""

    __tablename__ = "network_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(60))
    made: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Reader(Base):
    """A hub that reads this one and signs its questions, known by its key. state: new (gets what everybody gets), trusted (and
    entries for members, of these kinds; none named: all), blocked (its signed questions are refused).

    address: what it calls its own, or an administrator has written; name: what we call it. version: counts what was decided of
    it, so that it notices. asked: when last, empty while it has not.
    """

    __tablename__ = "network_reader"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="new")
    kinds: Mapped[list[Any]] = mapped_column(Json, default=list)
    version: Mapped[int] = mapped_column(default=1)
    asked: Mapped[dt.datetime | None] = mapped_column(Utc, index=True)
    made: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = {"sqlite_autoincrement": True}


class Inner(Base):
    """An entry for members that was ever published here, with the number of the newest change that matters. gone: it is withdrawn,
    or for others now. Followers who may read such entries are told of these and of nothing else that is not public."""

    __tablename__ = "network_inner"
    uid: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    content_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.String(40))
    change: Mapped[int] = mapped_column(BIG, index=True)
    gone: Mapped[bool] = mapped_column(default=False)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Place(Base):
    """Up to which change this hub's log was read for `Inner`. epoch: how often that was begun anew."""

    __tablename__ = "network_place"
    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(BIG, default=0)
    epoch: Mapped[int] = mapped_column(default=0)


class Kept(Base):
    """One entry of a followed hub, known by its uid there; its item here has a uid of its own.

    content_id: empty while an editor hides it. fingerprint: of what was taken over. topics: its topics there. urls: language →
    its address there. links: what it points to there; loose: not all of that is here. gone: withdrawn there: its
    item lies in the trash for a while, then it is known for its counter only.
    stale: to be fetched once more by itself. day, times: on which day it has changed how often. round: of the hub's log in which
    it was met last. adopts: the uid of our practice from which it was taken over, as it says. offered: "due", or the day on which
    those who keep ours were told.
    """

    __tablename__ = "network_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    hub_id: Mapped[int] = mapped_column(sa.ForeignKey("network_hub.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(sa.String(36))
    kind: Mapped[str] = mapped_column(sa.String(40))
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    fingerprint: Mapped[str] = mapped_column(sa.String(64), default="")
    topics: Mapped[list[Any]] = mapped_column(Json, default=list)
    urls: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    links: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    loose: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)
    featured: Mapped[dt.datetime | None] = mapped_column(Utc, index=True)
    gone: Mapped[bool] = mapped_column(default=False)
    stale: Mapped[bool] = mapped_column(default=False)
    day: Mapped[str] = mapped_column(sa.String(10), default="")
    times: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)
    adopts: Mapped[str] = mapped_column(sa.String(36), default="")
    offered: Mapped[str] = mapped_column(sa.String(10), default="")
    __table_args__ = (
        sa.UniqueConstraint("hub_id", "uid"),
        sa.Index("ix_network_item_hub_id_round", "hub_id", "round"),
        sa.Index("ix_network_item_hub_id_stale", "hub_id", "stale"),
        sa.Index("ix_network_item_hub_id_loose", "hub_id", "loose"),
        sa.Index("ix_network_item_hub_id_offered", "hub_id", "offered"),
    )


class Refusal(Base):
    """What a hub sent and was not taken: why (a word of `words.REASONS`), of which entry, how often, when last."""

    __tablename__ = "network_refusal"
    id: Mapped[int] = mapped_column(primary_key=True)
    hub_id: Mapped[int] = mapped_column(sa.ForeignKey("network_hub.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.String(20))
    uid: Mapped[str] = mapped_column(sa.String(36), default="")
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    times: Mapped[int] = mapped_column(default=1)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.UniqueConstraint("hub_id", "reason", "uid"),)


class Mapping(Base):
    """One topic of a followed hub and ours for it. state: auto (same name or word), chosen, ignored, open (nobody knows yet)."""

    __tablename__ = "network_topic"
    id: Mapped[int] = mapped_column(primary_key=True)
    hub_id: Mapped[int] = mapped_column(sa.ForeignKey("network_hub.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(sa.String(120))
    url: Mapped[str] = mapped_column(sa.String(500), default="")
    names: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    topic: Mapped[str] = mapped_column(sa.String(80), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    __table_args__ = (sa.UniqueConstraint("hub_id", "slug"),)
