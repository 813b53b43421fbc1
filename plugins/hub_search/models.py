"""The plugin's own tables: what visitors did not find, and what editors made of it. No row knows a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json


class Missed(Base):
    """How often a query (folded) found nothing on a day."""

    __tablename__ = "search_missed"
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    times: Mapped[int] = mapped_column(default=0)


class Pin(Base):
    """An item that comes first for a query (folded, its words as lemmas in order)."""

    __tablename__ = "search_pin"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(200))
    content_id: Mapped[int]
    __table_args__ = (sa.UniqueConstraint("text", "content_id", name="uq_search_pin_text"),)


class Synonym(Base):
    """Words that mean the same on this site, in whichever languages."""

    __tablename__ = "search_synonym"
    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[list[Any]] = mapped_column(Json)
