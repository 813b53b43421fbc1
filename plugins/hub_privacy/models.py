"""Consents given and withdrawn, and people who are about to leave."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


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


class Leaving(Base):
    """Somebody asked to be erased; on `due` a job does it, until then a link takes it back."""

    __tablename__ = "privacy_leaving"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    asked: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    due: Mapped[dt.datetime] = mapped_column(Utc)
    error: Mapped[str] = mapped_column(sa.Text, default="")
