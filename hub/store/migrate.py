"""Migrations: one Alembic history and one version table for core and for each plugin.

Separate histories, because with Alembic's branches a plugin that is no longer installed blocks every later upgrade.
Each upgrade is one transaction on both databases: it happens wholly or not at all. Alembic is loaded where something is to
be done: whether anything is, a start asks without it (it takes 10 MB and a tenth of a second).
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.store.db import writing

HERE = Path(__file__).parent / "migrations"
PLAIN = re.compile(r"""^((?:down_)?revision)(?:: [^=\n]+)? = (?:None|["']([^"'\n]+)["'])$""", re.M)  # what a revision's file says of itself
LOCK_NUMBER = 0x48554255  # any number, the same in every process, for PostgreSQL's advisory lock


class MigrationError(Exception):
    """A migration could not run; the database is as before."""


@dataclass(frozen=True)
class History:
    """The migrations of one owner: its short name ("hub" for core), the folder of its revisions, its table prefix."""

    owner: str
    folder: Path
    prefix: str

    @property
    def version_table(self) -> str:
        return f"alembic_version_{self.owner}"


CORE = History("hub", HERE / "versions", "hub_")


def upgrade(engine: sa.Engine, history: History, target: str = "heads") -> bool:
    """Bring one history to `target`; True where something was done. Raises MigrationError, database unchanged."""
    if target == "heads" and not pending(engine, history):
        return False
    _run(engine, history, "upgrade", target)
    return True


def downgrade(engine: sa.Engine, history: History, target: str = "base") -> None:
    """Take one history back to `target`."""
    _run(engine, history, "downgrade", target)


def check(engine: sa.Engine, history: History) -> None:
    """Raise MigrationError where the tables and the models of this owner differ."""
    _run(engine, history, "check")


def revision(engine: sa.Engine, history: History, message: str, name: str) -> None:
    """Write a new revision file by comparing the models with the database."""
    _run(engine, history, "revision", message, autogenerate=True, rev_id=name)


def pending(engine: sa.Engine, history: History) -> bool:
    """Whether this history has revisions that the database has not."""
    return heads(history) != current(engine, history)


def heads(history: History) -> set[str]:
    """The newest revisions of a history: those that none of its files goes on from."""
    said = [dict(PLAIN.findall(path.read_text(encoding="utf-8"))) for path in history.folder.glob("[!_]*.py")]
    if all(len(names) == 2 for names in said):
        return {names["revision"] for names in said} - {names["down_revision"] for names in said}
    from alembic.script import ScriptDirectory
    return set(ScriptDirectory.from_config(_config(history)).get_heads())


def current(engine: sa.Engine, history: History) -> set[str]:
    """The revisions of this history that the database is at (empty before the first)."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(history.version_table):
            return set()
        return set(connection.scalars(sa.select(sa.column("version_num")).select_from(sa.table(history.version_table))))


@contextmanager
def only_one(data: Path, engine: sa.Engine) -> Iterator[None]:
    """Hold the right to upgrade this instance; raises MigrationError while somebody else holds it."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "upgrade.lock", "w") as file, engine.connect() as connection:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MigrationError("another upgrade of this instance is running; wait for it to end") from None
        if engine.dialect.name == "postgresql":
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK_NUMBER))):
                raise MigrationError("another upgrade of this database is running; wait for it to end")
            connection.commit()
        try:
            yield
        finally:
            if engine.dialect.name == "postgresql":
                with suppress(sa.exc.DBAPIError):  # given back at once: a connection that ends does so in its own time
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCK_NUMBER)))
                connection.invalidate()  # the pool would keep it, with a lock that could not be given back


def _config(history: History) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(history.folder).replace("%", "%%"))
    return config


def _run(engine: sa.Engine, history: History, name: str, *arguments: Any, **more: Any) -> None:
    """One of Alembic's commands, within a transaction."""
    from alembic import command
    config = _config(history)
    try:
        with _transaction(engine) as connection:
            config.attributes.update(connection=connection, owner=history.owner, prefix=history.prefix, version_table=history.version_table)
            getattr(command, name)(config, *arguments, **more)
    except MigrationError:
        raise
    except Exception as error:
        raise MigrationError(f"the migrations of {history.owner} failed, nothing was changed: {error}") from error


@contextmanager
def _transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A writing transaction; SQLite looks at foreign keys at its end, because batch moves of a parent table would
    cascade into its children."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection, writing():
        if sqlite:
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if broken:
                        raise MigrationError(f"rows of {broken[0]} would point at nothing")
        finally:
            if sqlite:
                _pragma(connection, "foreign_keys=ON")


@contextmanager
def unbound(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A writing transaction in which rows come in any order; foreign keys are looked at when it ends, on both databases."""
    bonds = sa.text(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    with _transaction(engine) as connection:
        found = connection.execute(bonds).all() if engine.dialect.name == "postgresql" else []
        for table, name, _ in found:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield connection
        for table, name, bond in found:
            if connection.scalar(sa.select(sa.func.to_regclass(table))) is not None:
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {bond}")


def _pragma(connection: sa.Connection, text: str) -> None:
    """Run a pragma outside any transaction (inside one, SQLite ignores this one silently)."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA {text}")
    cursor.close()
