"""Places to which the hub posts, and every post with what became of it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Place(Base):
    """A channel or community, the language in which it is posted to, and what is posted there.

    network: telegram or vk. kinds, topics: empty = all. borrowed: also what partners' feeds bring. asks: an editor looks
    at each post first. state: on, off (by a person) or stopped (the network refused; error says why).
    next_at: no post before; it is also the lease of whoever posts.
    """

    __tablename__ = "share_place"
    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(sa.String(12))
    channel: Mapped[str] = mapped_column(sa.String(100))
    lang: Mapped[str] = mapped_column(sa.String(12))
    kinds: Mapped[list[Any]] = mapped_column(Json, default=list)
    topics: Mapped[list[Any]] = mapped_column(Json, default=list)
    borrowed: Mapped[bool] = mapped_column(default=False)
    asks: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(sa.String(12), default="on")
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    next_at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.UniqueConstraint("network", "channel", "lang"),)


class Post(Base):
    """An item in a place: there is one at most, so nothing is posted twice.

    state: asked (an editor decides), waiting, sending (written down before the network is asked), sent, unclear (nobody
    answered: it may be there), failed, left (an editor left it out, or the item was withdrawn first).
    text: what was or will be posted; empty while it is made from the item. key: the network's own guard against doubles.
    """

    __tablename__ = "share_post"
    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("share_place.id", ondelete="CASCADE"))
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), index=True)
    text: Mapped[str] = mapped_column(sa.Text, default="")
    key: Mapped[str] = mapped_column(sa.String(36), default=lambda: str(uuid.uuid4()))
    made: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    first: Mapped[dt.datetime | None] = mapped_column(Utc)  # of the attempts that may have arrived
    began: Mapped[dt.datetime | None] = mapped_column(Utc)
    done: Mapped[dt.datetime | None] = mapped_column(Utc)
    url: Mapped[str] = mapped_column(sa.String(500), default="")
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    __table_args__ = (sa.UniqueConstraint("place_id", "content_id"),)
