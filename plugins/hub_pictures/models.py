"""What the library keeps beside the core's pictures: what matters in each, and what was removed not long ago."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Json, Utc, now


class Focus(Base):
    """The spot of a picture that every cut keeps, in per cent from the left and the top."""

    __tablename__ = "pictures_focus"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    x: Mapped[int] = mapped_column(default=50)
    y: Mapped[int] = mapped_column(default=50)


class Removed(Base):
    """A picture that was removed: its row, until it is brought back or its days are over. The file lies in the plugin's folder."""

    __tablename__ = "pictures_removed"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    row: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now, index=True)
