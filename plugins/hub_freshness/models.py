"""What is kept of asking: when each item was asked about, what came back, who wants no such mails."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


class Asked(Base):
    """One item's questions. times: mails without an answer so far; at: the last one."""

    __tablename__ = "freshness_asked"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
    times: Mapped[int] = mapped_column(default=1)


class Answer(Base):
    """What a keeper answered that an editor has to look at. answer: edit (with words) or gone."""

    __tablename__ = "freshness_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(sa.String(8))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    done: Mapped[bool] = mapped_column(default=False, index=True)


class Quiet(Base):
    """Somebody who wants no questions by mail any more, known by the hash of the address only."""

    __tablename__ = "freshness_quiet"
    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
