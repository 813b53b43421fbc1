"""The words by which alike entries are found, the pairs that may be the same, and what was merged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Word(Base):
    """One mark of a published entry: the beginning of a word of its names, its site or its e-mail (see likeness.marks)."""

    __tablename__ = "duplicates_word"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    __table_args__ = (sa.Index("ix_duplicates_word_kind_word", "kind", "word"),)


class Pair(Base):
    """Two entries that may be the same; low < high. state: open, or different as somebody has decided."""

    __tablename__ = "duplicates_pair"
    low: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    high: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    score: Mapped[float] = mapped_column()
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    found: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = (sa.Index("ix_duplicates_pair_state_score", "state", "score"),)


class Merge(Base):
    """What was merged into what. before: the document of what stays, as it was; moved: everything that changed its place."""

    __tablename__ = "duplicates_merge"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    stays_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    goes_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    token: Mapped[str] = mapped_column(sa.String(40))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    moved: Mapped[dict[str, Any]] = mapped_column(Json)
    undone: Mapped[dt.datetime | None] = mapped_column(Utc)
