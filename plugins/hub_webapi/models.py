"""The plugin's tables: tokens, answers kept for repeated requests, webhooks and what was sent to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Token(Base):
    """A person's key for programs. Only its SHA-256 is kept; `hint` is its end, by which the owner knows it again.

    minute, count: the minute of its last request and how many there were in it; used: the day of it.
    """

    __tablename__ = "webapi_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hint: Mapped[str] = mapped_column(sa.String(8))
    scopes: Mapped[list[Any]] = mapped_column(Json, default=list)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    expires: Mapped[dt.datetime | None] = mapped_column(Utc)
    used: Mapped[dt.date | None] = mapped_column()
    minute: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    count: Mapped[int] = mapped_column(default=0)


class Kept(Base):
    """The answer to a request with an idempotency key; status 0 while the first one is still at work."""

    __tablename__ = "webapi_kept"
    token_id: Mapped[int] = mapped_column(sa.ForeignKey("webapi_token.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    request: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    body: Mapped[str] = mapped_column(sa.Text, default="")


class Hook(Base):
    """An address that is told of every public change. since: the change it begins after; kinds: empty = all.

    state: on, off (by a person) or dead (by the plugin, with the reason in `error`). next_try: not before; busy: until
    when one worker sends to it, so that no other does.
    """

    __tablename__ = "webapi_hook"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(2000))
    kinds: Mapped[list[Any]] = mapped_column(Json, default=list)
    secret: Mapped[str] = mapped_column(sa.String(80))
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    since: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    state: Mapped[str] = mapped_column(sa.String(8), default="on")
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    next_try: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    busy: Mapped[dt.datetime | None] = mapped_column(Utc)


class Delivery(Base):
    """One message to one hook, sent until it is taken. change_id: None for a test. code: of the last answer, 0 = none."""

    __tablename__ = "webapi_delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(sa.ForeignKey("webapi_hook.id", ondelete="CASCADE"))
    change_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    body: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    first: Mapped[dt.datetime | None] = mapped_column(Utc)
    attempts: Mapped[int] = mapped_column(default=0)
    code: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    done: Mapped[dt.datetime | None] = mapped_column(Utc)
    __table_args__ = (
        sa.UniqueConstraint("hook_id", "change_id"),
        sa.Index("ix_webapi_delivery_hook_id_done", "hook_id", "done", "id"),
        {"sqlite_autoincrement": True},
    )
