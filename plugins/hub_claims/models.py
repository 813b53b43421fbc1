"""Claims to organisations."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now

UNDECIDED = ("sent", "open")


class Claim(Base):
    """One person's claim. way: mail, site or editor. state: sent (the address is not confirmed), open (being checked),
    verified, refused or withdrawn. word: what the organisation's site must carry; seen: what the last look there found."""

    __tablename__ = "claims_claim"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    way: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(12), default="sent", index=True)
    word: Mapped[str] = mapped_column(sa.String(40), default="")
    seen: Mapped[str] = mapped_column(sa.String(12), default="")
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    decided: Mapped[dt.datetime | None] = mapped_column(Utc)
