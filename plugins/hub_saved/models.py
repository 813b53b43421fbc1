"""What accounts have saved; what browsers have saved is known to nobody else."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Utc, now


class Saved(Base):
    __tablename__ = "saved_item"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    content_id: Mapped[int] = mapped_column(
        sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
