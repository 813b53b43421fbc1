"""Rate limits counted in the database (or in Redis), so that every process and host counts together."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from hub.hooks.here import hub
from hub.store.db import Base, engine, now, writing


class Rate(Base):
    __tablename__ = "hub_rate"
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    until: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)  # end of the window, seconds since 1970
    count: Mapped[int] = mapped_column(default=0)


def hit(what: str, who: str, limit: int, seconds: int) -> int:
    """Count one use; answers 0 while within `limit` per `seconds`, else the seconds to wait.

    what: the action, who: an address or user id (stored as a hash only). Commits on its own: a refused request counts.
    """
    moment = int(now().timestamp())
    until = (moment // seconds + 1) * seconds
    key = hashlib.sha256(f"{what}\0{who}\0{seconds}".encode()).hexdigest()
    shared = hub().shared.count(f"{key}:{until}", seconds) if hub().shared else None
    if shared is not None:
        return 0 if shared <= limit else until - moment
    insert = postgresql.insert if engine().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Rate).values(key=key, until=until, count=1)
        .on_conflict_do_update(index_elements=["key", "until"], set_={"count": Rate.count + 1})
        .returning(Rate.count)
    )
    with writing(), engine().begin() as connection:
        count = connection.execute(statement).scalar_one()
    return 0 if count <= limit else until - moment


def forget_old() -> None:
    """Drop the counters of windows that are over (a daily job)."""
    with writing(), engine().begin() as connection:
        connection.execute(sa.delete(Rate).where(Rate.until < int(now().timestamp())))
