"""What is kept: who follows what, what is new on the site, and which items a follower has had."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

MODES = ("once", "weekly", "off")


class Follower(Base):
    """Somebody who follows: an account, or (without one) an address. mailed: when the last weekly mail went out."""

    __tablename__ = "notices_follower"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    lang: Mapped[str] = mapped_column(sa.String(3))
    mode: Mapped[str] = mapped_column(sa.String(8), default="weekly")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    mailed: Mapped[dt.datetime | None] = mapped_column(Utc)


class Follow(Base):
    """One thing that somebody follows. what: topic, place, partner or search; value: slug, uid, or "path?query"."""

    __tablename__ = "notices_follow"
    id: Mapped[int] = mapped_column(primary_key=True)
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("notices_follower.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(sa.String(8))
    value: Mapped[str] = mapped_column(sa.String(400))
    confirmed: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.UniqueConstraint("follower_id", "what", "value"),)


class News(Base):
    """An item that was published, as the change log told it."""

    __tablename__ = "notices_news"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, index=True)


class Sent(Base):
    """A follower has had this item: never again."""

    __tablename__ = "notices_sent"
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("notices_follower.id", ondelete="CASCADE"), primary_key=True)
    content_id: Mapped[int] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
