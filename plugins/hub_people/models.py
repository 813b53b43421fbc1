"""Invitations: who may make an account (or gets more rights), with which role, for which organisation."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


class Invitation(Base):
    __tablename__ = "people_invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), index=True)
    role: Mapped[str] = mapped_column(sa.String(12), default="member")
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    invited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    until: Mapped[dt.datetime] = mapped_column(Utc)
    __table_args__ = {"sqlite_autoincrement": True}  # a link must never fit a later invitation
