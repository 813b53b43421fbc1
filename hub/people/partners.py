"""Who speaks for an organisation: an item's `owner_id` names the organisation responsible for it, and who represents that
organisation may edit it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.db import Base, Utc, now, session


class Representative(Base):
    __tablename__ = "hub_representative"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True)
    since: Mapped[dt.datetime] = mapped_column(Utc, default=now)


def partners_of(user: Any) -> list[int]:
    """The ids of the organisations that a person represents."""
    return list(session().scalars(sa.select(Representative.partner_id).where(Representative.user_id == user.id)))


def appoint(user: Any, partner_id: int) -> None:
    """Let a person speak for an organisation (again: nothing changes)."""
    session().merge(Representative(user_id=user.id, partner_id=partner_id))


def dismiss(user_id: int, partner_id: int) -> None:
    """A person speaks for an organisation no longer."""
    session().execute(sa.delete(Representative).where(Representative.user_id == user_id, Representative.partner_id == partner_id))


def representatives(partner_id: int) -> list[int]:
    """The account ids of the people who represent an organisation."""
    mine = sa.select(Representative.user_id).where(Representative.partner_id == partner_id)
    return list(session().scalars(mine.order_by(Representative.since)))
