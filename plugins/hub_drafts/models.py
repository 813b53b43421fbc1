"""What the translation desk keeps: how each text stands to its source, marks on revisions, the memory, machine drafts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


def _item() -> Any:
    return sa.ForeignKey("content.id", ondelete="CASCADE")


class Standing(Base):
    """How one language of an item stands; the revision it agrees with is the spine's `content_text.source_rev`.

    source: the language it renders, empty for an original. behind, since: whether (and since when) the source has moved on.
    machine: it was drafted and no person has read it yet.
    """

    __tablename__ = "drafts_standing"
    content_id: Mapped[int] = mapped_column(_item(), primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(3), default="")
    behind: Mapped[bool] = mapped_column(default=False, index=True)
    since: Mapped[dt.datetime | None] = mapped_column(Utc)
    machine: Mapped[bool] = mapped_column(default=False)


class Walked(Base):
    """Up to which live revision an item's history has been followed."""

    __tablename__ = "drafts_walked"
    content_id: Mapped[int] = mapped_column(_item(), primary_key=True)
    revision: Mapped[int] = mapped_column()


class Mark(Base):
    """A translator's word: in this revision the text in `lang` says what the one in `source` says."""

    __tablename__ = "drafts_mark"
    revision: Mapped[int] = mapped_column(primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    content_id: Mapped[int] = mapped_column(_item(), index=True)
    source: Mapped[str] = mapped_column(sa.String(3))


class Segment(Base):
    """A passage of a public item in two languages. key_a, key_b: hashes by which a passage is found again."""

    __tablename__ = "drafts_segment"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(_item(), index=True)
    lang_a: Mapped[str] = mapped_column(sa.String(3))
    lang_b: Mapped[str] = mapped_column(sa.String(3))
    text_a: Mapped[str] = mapped_column(sa.Text)
    text_b: Mapped[str] = mapped_column(sa.Text)
    key_a: Mapped[str] = mapped_column(sa.String(32), index=True)
    key_b: Mapped[str] = mapped_column(sa.String(32), index=True)


class Clue(Base):
    """One of the longest words of a passage, by which near ones are found."""

    __tablename__ = "drafts_clue"
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    word: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    segment_id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(_item(), index=True)


class Wish(Base):
    """A machine draft that somebody asked for. state: waiting, done, failed; found: passage → its translation."""

    __tablename__ = "drafts_wish"
    content_id: Mapped[int] = mapped_column(_item(), primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(3))
    state: Mapped[str] = mapped_column(sa.String(8), default="waiting")
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    found: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
