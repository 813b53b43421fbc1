"""All of an instance in one file, and back: a tar.gz of `backup.json`, `rows/TABLE.jsonl` and `instance/…`.

The rows are read in one transaction, so they are from one moment while the site goes on; they are plain lines, so what was
kept from SQLite goes into PostgreSQL and the other way round. The cache stays out, and so do folders that carry a
CACHEDIR.TAG (https://bford.info/cachedir/): all of that is made anew.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from hub import __version__
from hub.settings import Settings
from hub.store import migrate
from hub.store.db import now, writing
from hub.store.migrate import CORE, History, MigrationError

FORMAT = 1
FOLDERS = ("data", "plugins", "templates", "static", "themes")
FILES = ("hub.toml", "plugins.txt")
LEFT_OUT = ("hub.db", "hub.db-wal", "hub.db-shm", "upgrade.lock", "backups", "__pycache__")
CHUNK = 500
Told = Callable[[int], None]


class BackupError(Exception):
    """It cannot be kept or brought back; the message says why and what to do."""


def write(settings: Settings, engine: sa.Engine, target: Path, told: Told = lambda rows: None) -> dict[str, int]:
    """Keep the instance in the file `target`, which is there wholly or not at all. Answers how many rows each table has.
    Raises BackupError where the file exists or its folder cannot be written."""
    if target.exists():
        raise BackupError(f"{target} exists; name another file")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        rows = Path(folder) / "rows"
        rows.mkdir()
        about = _dump(engine, rows, told)
        part = Path(folder) / "part"
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as raw, _packing(raw) as pack:
            manifest = Path(folder) / "backup.json"
            manifest.write_text(json.dumps(about, indent=1), encoding="utf-8")
            pack.add(manifest, "backup.json")
            pack.add(rows, "rows")
            for path in _files(settings.instance):
                try:
                    pack.add(path, f"instance/{path.relative_to(settings.instance)}", recursive=False)
                except FileNotFoundError:  # taken away meanwhile
                    continue
        part.replace(target)
    counts: dict[str, int] = about["rows"]
    return counts


def _packing(raw: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=raw, mode="w:gz", compresslevel=4)


def _files(instance: Path) -> Iterator[Path]:
    yield from (instance / name for name in FILES if (instance / name).is_file())
    for folder in FOLDERS:
        for root, folders, names in os.walk(instance / folder):
            if "CACHEDIR.TAG" in names:
                folders.clear()
                continue
            folders[:] = sorted(set(folders) - set(LEFT_OUT))
            yield Path(root)
            yield from (Path(root) / name for name in sorted(set(names) - set(LEFT_OUT)))


def _dump(engine: sa.Engine, folder: Path, told: Told) -> dict[str, Any]:
    counts, revisions, last = {}, {}, {}
    with writing(False), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            for table in _tables(connection):
                columns = [_plain(column) for column in table.c if column.computed is None]
                if table.name.startswith("alembic_version_"):
                    found = connection.scalars(sa.select(table.c.version_num))
                    revisions[table.name.removeprefix("alembic_version_")] = sorted(found)
                    continue
                with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
                    counts[table.name] = 0
                    for row in connection.execution_options(yield_per=CHUNK).execute(sa.select(*columns)).mappings():
                        file.write(json.dumps({k: _written(v) for k, v in row.items()}, ensure_ascii=False) + "\n")
                        counts[table.name] += 1
                told(sum(counts.values()))
                if (number := _last_number(connection, table)) is not None:
                    last[table.name] = number
    return {"format": FORMAT, "release": __version__, "made": now().isoformat(), "revisions": revisions,
            "rows": counts, "last_numbers": last}  # fmt: skip


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """The tables as they are, parents before children. Types come from the database, not from models: plugins that are
    off have rows, too."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return list(metadata.sorted_tables)


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """JSON is kept as the text it is: in it, nothing and `null` are two things."""
    return sa.cast(column, sa.Text).label(column.name) if isinstance(column.type, sa.JSON) else column


def _written(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
        return {"at": value.isoformat()}
    if isinstance(value, dt.date | dt.time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _read(value: Any, column: sa.Column[Any]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    if kind == "at":
        moment = dt.datetime.fromisoformat(text)
        return moment if getattr(column.type, "timezone", False) else moment.replace(tzinfo=None)
    if kind == "hex":
        return bytes.fromhex(text)
    return (dt.date if kind == "date" else dt.time).fromisoformat(text)


def _last_number(connection: sa.Connection, table: sa.Table) -> int | None:
    """The last number that a table gave to a row, which may be gone since; None for tables that give none."""
    number = table.autoincrement_column
    if number is None:
        return None
    if connection.dialect.name == "sqlite":
        counted = connection.scalar(sa.text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"))
        found = counted and connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        return int(found) if found is not None else None
    sequence = connection.scalar(sa.func.pg_get_serial_sequence(table.name, number.name))
    if sequence is None:
        return None
    found = connection.scalar(sa.text(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}"))
    return int(found) if found is not None else None


def unpack(source: Path, folder: Path) -> dict[str, Any]:
    """The file's content into an empty folder: `backup.json` (answered), `rows/`, `instance/`. Raises BackupError."""
    try:
        with tarfile.open(source) as pack:
            for part in pack:
                if not (part.isreg() or part.isdir()) or part.name.startswith("/") or ".." in Path(part.name).parts:
                    raise BackupError(f"{source} holds what no backup does: {part.name}")
                pack.extract(part, folder, set_attrs=False)
                (folder / part.name).chmod(part.mode & 0o777)
        about: dict[str, Any] = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
        assert about.get("format") != FORMAT or (folder / "instance" / "hub.toml").is_file()
    except (OSError, tarfile.TarError, ValueError, EOFError, AssertionError) as error:
        said = str(error).partition(":\n")[0] or "parts are missing"  # tarfile lists what every method said
        raise BackupError(f"{source} cannot be read as a backup ({said})") from None
    if about.get("format") != FORMAT:
        raise BackupError(f"{source} was made by release {about.get('release')}; install that one or a newer one")
    return about


def place(folder: Path, instance: Path) -> None:
    """Put the unpacked files into the instance. Its own hub.toml and database stay where it has them."""
    for path in sorted((folder / "instance").rglob("*")):
        target = instance / path.relative_to(folder / "instance")
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path.name != "hub.toml" or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    (instance / "cache").mkdir(exist_ok=True)


def load(engine: sa.Engine, folder: Path, about: dict[str, Any], histories: Iterable[History], told: Told = lambda rows: None) -> list[str]:
    """Fill the database with the rows of an unpacked backup; what was in it goes. Answers the tables that found no place,
    because their plugin is not installed here. Raises BackupError, the database left empty."""
    _empty(engine)
    by_owner = {history.owner: history for history in histories}
    try:
        for owner, revisions in sorted(about["revisions"].items(), key=lambda entry: entry[0] != CORE.owner):
            for revision in revisions if owner in by_owner else ():  # core's first: the others' tables point at its own
                migrate.upgrade(engine, by_owner[owner], revision)
    except MigrationError as error:
        raise BackupError(f"its tables are newer than this release ({about['release']} made it): {error}") from None
    with migrate.unbound(engine) as connection:
        done, homeless = 0, set(about["rows"])
        for table in _tables(connection):
            if table.name in about["rows"]:
                homeless.discard(table.name)
                connection.execute(sa.delete(table))
                done = _fill(connection, table, folder / "rows" / f"{table.name}.jsonl", done, told)
                _go_on_from(connection, table, about["last_numbers"].get(table.name))
    return sorted(homeless)


def _empty(engine: sa.Engine) -> None:
    with migrate.unbound(engine) as connection:
        for table in reversed(_tables(connection)):
            table.drop(connection)


def _fill(connection: sa.Connection, table: sa.Table, file: Path, done: int, told: Told) -> int:
    """The lines of one table's file as rows."""
    values = {c.name: _given(c, connection.dialect.name) for c in table.c if c.computed is None}
    statement: sa.Insert | None = None
    rows: list[dict[str, Any]] = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = {k: _read(v, table.c[k]) for k, v in json.loads(line).items() if k in values}
            if statement is None:
                statement = sa.insert(table).values({name: values[name] for name in row})
            rows.append(row)
            if len(rows) == CHUNK:
                connection.execute(statement, rows)
                done += len(rows)
                told(done)
                rows = []
    if rows and statement is not None:
        connection.execute(statement, rows)
    return done + len(rows)


def _given(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    if not isinstance(column.type, sa.JSON):
        return sa.bindparam(column.name, type_=column.type)
    text = sa.bindparam(column.name, type_=sa.Text)
    return text if dialect == "sqlite" else sa.cast(text, column.type)


def _go_on_from(connection: sa.Connection, table: sa.Table, last: int | None) -> None:
    """The next row gets a number that no row ever had."""
    number = table.autoincrement_column
    if number is None:
        return
    last = max(last or 0, connection.scalar(sa.select(sa.func.max(number))) or 0)
    if connection.dialect.name == "postgresql":
        sequence = connection.scalar(sa.func.pg_get_serial_sequence(table.name, number.name))
        if sequence and last:
            connection.execute(sa.select(sa.func.setval(sequence, last)))
    elif last and connection.scalar(sa.text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")):
        given = sa.text("SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table' AND name = :name")
        if connection.scalar(given, {"name": table.name}):
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": table.name, "last": last})
