"""What keeps a database or its disk from working, told by a word; and whether anything can be written now."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

TODO = {
    "read-only": "the database can only be read: pages answer, nothing is saved. Give this user the right to write it, the "
    "files beside it and its folder, or see why its disk is mounted read-only (dmesg); the hub goes on by itself then",
    "full": "the disk is full: pages answer, nothing is saved. Make room (cache may go, old files in data/backups too)",
    "locked": "the database is locked by another program, so nothing is saved: end that one (`fuser -v` on its file tells which)",
    "damaged": "the database file is damaged: stop the hub, keep a copy of the file, and bring back the newest backup (hub restore)",
    "broken": "the disk answers with errors: see dmesg, and copy the newest backup to another machine now",
    "away": "the database does not answer: is its server running, is its folder there, may this user read it?",
}
SQLITE = {
    sqlite3.SQLITE_READONLY: "read-only", sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged", sqlite3.SQLITE_NOTADB: "damaged", sqlite3.SQLITE_IOERR: "broken", sqlite3.SQLITE_CANTOPEN: "away",
}  # fmt: skip
POSTGRESQL = {"25006": "read-only", "53100": "full", "55P03": "locked", "XX001": "damaged", "XX002": "damaged", "58030": "broken"}
SYSTEM = {errno.EROFS: "read-only", errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EIO: "broken"}


def of(error: BaseException | None) -> str:
    """The word (a key of TODO) for what an error comes from, "" where it is neither of the database nor of the disk."""
    while error is not None:
        word = ""
        if isinstance(error, sqlite3.Error):
            word = SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
        elif isinstance(error, OSError):
            word = SYSTEM.get(error.errno or 0, "")
        elif type(error).__module__.startswith("psycopg"):
            code = getattr(error, "sqlstate", None) or "08" * (type(error).__name__ == "OperationalError")
            word = POSTGRESQL.get(code, "away" if code[:2] in ("08", "57") or code == "53300" else "")
        if word:
            return word
        error = getattr(error, "orig", None) or error.__cause__
    return ""


def of_writing(engine: sa.Engine) -> str:
    """The word for what keeps everybody from writing now; found by trying, because a disk that fails still gives the right."""
    file = engine.url.database if engine.dialect.name == "sqlite" else ""
    try:
        if not file:
            with engine.connect() as link:
                return "read-only" if link.scalar(sa.text("SHOW transaction_read_only")) == "on" else ""
        if not can_be_written(file):
            return "read-only"
        with tempfile.TemporaryFile(dir=Path(file).parent) as trial:
            trial.write(bytes(4096))
        with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as link:
            link.execute("BEGIN IMMEDIATE")
    except PermissionError:
        return "read-only"
    except (OSError, sqlite3.Error, sa.exc.SQLAlchemyError) as error:
        return of(error)
    return ""


def can_be_written(file: str) -> bool:
    """Whether this user has the right to write an SQLite file and those beside it."""
    return os.access(Path(file).parent, os.W_OK) and (os.access(file, os.W_OK) or not os.path.exists(file))


def is_still(file: str) -> bool:
    """Whether an SQLite file or its folder cannot be written and no log of changes lies there: SQLite must be told, or opens nothing."""
    log = Path(f"{file}-wal")
    return not can_be_written(file) and not (log.exists() and log.stat().st_size)


def open_to_read(file: str, **options: Any) -> sqlite3.Connection:
    """A connection that writes nothing; where a file is still it is good for one use, because it sees no change after."""
    more = "&immutable=1" if is_still(file) else ""
    return sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro{more}", uri=True, **options)
