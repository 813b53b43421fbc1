"""What is kept: answers of the geocoder, and the places of other people's layers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


class Found(Base):
    """What a geocoder answered. key: mark of the question ("turn": when it was last asked); places: [{label, lat, lon}]."""

    __tablename__ = "greenmap_found"
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    places: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)


class Layer(Base):
    """A layer of another site as it was last read. key: mark of its address; places: [{title, text, lat, lon, url}].

    read: when these places came; checked: when it was last asked; trouble: why the last try brought nothing.
    """

    __tablename__ = "greenmap_layer"
    key: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    etag: Mapped[str] = mapped_column(sa.String(300), default="")
    modified: Mapped[str] = mapped_column(sa.String(100), default="")
    places: Mapped[list[Any]] = mapped_column(default=list)
    left_out: Mapped[int] = mapped_column(default=0)
    read: Mapped[dt.datetime | None] = mapped_column(Utc)
    checked: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    trouble: Mapped[str] = mapped_column(sa.String(300), default="")
