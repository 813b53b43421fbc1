"""Consents given and withdrawn, people who are named in entries, and people who are about to leave."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Consent(Base):
    """One consent: to what (purpose), to which version of its text in which language, by which form, until when."""

    __tablename__ = "privacy_consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[str] = mapped_column(sa.String(40))
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    form: Mapped[str] = mapped_column(sa.String(120), default="")
    given: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    withdrawn: Mapped[dt.datetime | None] = mapped_column(Utc)


class Named(Base):
    """Somebody whose data an entry shows, with an account or without: asked, agreed (to which version of the text, by which form),
    withdrawn. words: what of theirs stands in the entry, as written there, until it is taken out; digests: the same words as
    keyed hashes, by which what was taken out is kept out."""

    __tablename__ = "privacy_named"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    words: Mapped[list[Any]] = mapped_column(Json, default=list)
    digests: Mapped[list[Any]] = mapped_column(Json, default=list)
    picture: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(sa.String(255), default="", index=True)
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    version: Mapped[str] = mapped_column(sa.String(40), default="")
    form: Mapped[str] = mapped_column(sa.String(200), default="")
    asked: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    given: Mapped[dt.datetime | None] = mapped_column(Utc)
    withdrawn: Mapped[dt.datetime | None] = mapped_column(Utc)
    __table_args__ = {"sqlite_autoincrement": True}  # a link must never fit somebody who is named later


class Leaving(Base):
    """Somebody asked to be erased; on `due` a job does it, until then a link takes it back."""

    __tablename__ = "privacy_leaving"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    asked: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    due: Mapped[dt.datetime] = mapped_column(Utc)
    error: Mapped[str] = mapped_column(sa.Text, default="")
