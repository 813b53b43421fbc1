"""The database: declarative base, engine set-up, one session per application context.

SQLite gets WAL, foreign keys and its own BEGIN (Python's driver neither undoes DDL nor lets a writer queue):
a unit of work that intends to write starts with BEGIN IMMEDIATE and so never fails half-way for want of the lock.
"""

from __future__ import annotations

import datetime as dt
import inspect
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session

from hub.store import outages

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_SECONDS = 30.0  # how long a writer waits for SQLite's lock
Json = sa.JSON().with_variant(JSONB(), "postgresql")
_writing: ContextVar[bool] = ContextVar("hub_writing", default=False)


class Base(DeclarativeBase):
    """What every table's class is made from; a plugin's tables are named `<plugin>_…`."""

    metadata = sa.MetaData(naming_convention=CONVENTION)
    type_annotation_map = {dict[str, Any]: Json, list[Any]: Json}


class Utc(sa.TypeDecorator[dt.datetime]):
    """An aware UTC datetime; SQLite forgets zones, so they are taken off and put back here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone must not be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def now() -> dt.datetime:
    """The current time, UTC, whole milliseconds (what every database keeps alike)."""
    value = dt.datetime.now(dt.UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def new_uid() -> str:
    """A UUIDv7: 48 bits of milliseconds, then random, so that uids sort by time of making (RFC 9562)."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@contextmanager
def writing(intent: bool = True) -> Iterator[None]:
    """Transactions begun inside take SQLite's write lock at once and wait their turn for it."""
    token = _writing.set(intent)
    try:
        yield
    finally:
        _writing.reset(token)


def set_write_intent(intent: bool) -> bool:
    """Set the intent for the rest of this context (a web request knows it from its method); answers what it was."""
    before = _writing.get()
    _writing.set(intent)
    return before


def outage(error: BaseException) -> bool | None:
    """None where an error is not of the database or the disk; else whether somebody writes, so that it must not be passed over."""
    return _writing.get() if outages.of(error) else None


def init_app(app: Flask, url: str, pool_size: int = 5) -> None:
    """Attach the database at `url` to the app (SQLAlchemy URL; `postgresql://` means psycopg 3)."""
    options: dict[str, Any] = {"url": url}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_SECONDS}
    else:
        options["pool_size"] = pool_size
        options["pool_pre_ping"] = True
    app.config["SQLALCHEMY_ENGINES"] = {"default": options}
    extension = SQLAlchemy()
    extension.init_app(app)
    # its asynchronous sessions, of which there are none here, would cost every request an event loop and a thread
    app.teardown_appcontext_funcs = [f for f in app.teardown_appcontext_funcs if not inspect.iscoroutinefunction(f)]
    with app.app_context():
        prepare_engine(extension.engine)


def prepare_engine(engine: sa.Engine) -> None:
    """Install the SQLite pragmas and BEGIN handling on an engine (nothing for other databases)."""
    if engine.dialect.name != "sqlite":
        return

    file = str(engine.url.database or "")

    @sa.event.listens_for(engine, "do_connect")
    def open_what_is_still(_dialect: Any, _record: Any, _args: Any, options: Any) -> Any:
        return outages.open_to_read(file, **options) if file and outages.is_still(file) else None

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours
        record.info["reads"] = bool(file) and not outages.can_be_written(file)
        pragmas = ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000:.0f}")
        for pragma in pragmas if record.info["reads"] else ("journal_mode=WAL", *pragmas):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "checkin")
    def forget_readers(_connection: Any, record: Any) -> None:
        """A connection made while nothing could be written never will; kept, it would keep others of its process from it."""
        if record.info.get("reads"):
            record.invalidate()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def session() -> Session:
    """The session of the current application context; closed (and rolled back) with it."""
    return cast(SQLAlchemy, current_app.extensions["sqlalchemy"]).session


def engine() -> sa.Engine:
    """The engine of the current application."""
    return cast(SQLAlchemy, current_app.extensions["sqlalchemy"]).engine
