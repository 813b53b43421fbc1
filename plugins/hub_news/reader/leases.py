"""Servers are lent: one worker asks one server at a time. The lease stands in the database and runs out when a worker dies."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.api import now, session, writing
from hub_news.models import Host
from hub_news.reader import schedule

LEASE = dt.timedelta(seconds=120)


def owner() -> str:
    """A name for whoever borrows."""
    return f"{os.getpid()}-{uuid.uuid4().hex[:8]}"


def idle(moment: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition that nobody has borrowed a server."""
    return sa.or_(Host.busy_until.is_(None), Host.busy_until < moment)


def free(moment: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition under which a server may be asked."""
    return sa.and_(idle(moment), sa.or_(Host.free_at.is_(None), Host.free_at <= moment))


def take(name: str, who: str, moment: dt.datetime, *, pausing: bool = False) -> bool:
    """Borrow a server, in the session at hand; False where another has it, or it wants a pause (unless `pausing`)."""
    may = idle(moment) if pausing else free(moment)
    mine = sa.update(Host).where(Host.name == name, may).values(owner=who, busy_until=moment + LEASE)
    done = session().execute(mine.execution_options(synchronize_session=False))
    return done.rowcount == 1  # type: ignore[attr-defined]


def holds(name: str, who: str) -> bool:
    """Whether the lease has not passed to somebody else."""
    return session().scalar(sa.select(Host.owner).where(Host.name == name)) == who


def release(name: str, who: str) -> None:
    """Give a server back; the next question may come after a short pause (a longer one that it asked for stays)."""
    row = session().get(Host, name, populate_existing=True)
    if row is not None and row.owner == who:
        pause = now() + dt.timedelta(seconds=schedule.HOST_PAUSE)
        row.owner, row.busy_until, row.free_at = "", None, max(row.free_at or pause, pause)


@contextmanager
def borrowed(name: str) -> Iterator[bool]:
    """Whether the server was to be had; it is given back at the end. The network is asked inside, outside any transaction."""
    who = owner()
    with writing():
        session().rollback()
        got = take(name, who, now())
        session().commit()
    try:
        yield got
    finally:
        if got:
            with writing():
                session().rollback()
                release(name, who)
                session().commit()
