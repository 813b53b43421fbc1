"""What is kept beside needs and offers: which were asked about, and which matches somebody has been told of."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


class Asked(Base):
    """A listing whose time is over, and whose keeper was asked once. reached: somebody could be asked."""

    __tablename__ = "exchange_asked"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    reached: Mapped[bool] = mapped_column(default=True)


class Told(Base):
    """Whoever keeps a listing has been told of another one that fits it."""

    __tablename__ = "exchange_told"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
