"""Erasing a plugin's data: first everything is written to a folder, then rows, links, texts, slugs and tables go."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from hub.content import changes, document, workflow
from hub.content.model import Content, Cursor
from hub.content.types import TypeRegistry
from hub.hooks.here import hub
from hub.plugins.declared import PluginError, declared
from hub.plugins.host import read_list
from hub.plugins.modules import Found, implementation, tables_of, watched
from hub.store import migrate
from hub.store.db import engine, now, session, writing
from hub.store.state import StoredSetting, bump
from hub.work.jobs import JobRow

CHUNK = 100


def holdings(name: str) -> dict[str, int]:
    """What an installed plugin's data are: kind or table → rows. Raises PluginError where it cannot be read."""
    kinds, tables, db = _kinds(_found(name)), _tables(name), session()
    counts = {kind: db.scalar(sa.select(sa.func.count()).where(Content.kind == kind)) or 0 for kind in kinds}
    return counts | {table.name: db.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


def erase(name: str, progress: Callable[[int], None] = lambda count: None) -> Path:
    """Switch a plugin off, export its data to `data/erased/<name>-<time>/`, delete them; answers that folder.

    An interrupted run is simply run again: the first export is complete before anything is deleted. Raises PluginError.
    """
    found = _found(name)
    kinds = _kinds(found)
    host = hub().plugins
    if name in read_list(host.file):
        host.switch_off(name)
    target: Path = hub().settings.data / "erased" / f"{name}-{now():%Y%m%d-%H%M%S}"
    target.mkdir(parents=True)
    with writing(False):
        _export(name, kinds, target)
        session().rollback()
    with writing():
        _drop_tables(found)  # they may point at items
        _erase_items(kinds, progress)
        _erase_rest(name)
    files = hub().settings.data / name
    if files.is_dir():
        shutil.move(files, target / "files")
    return target


def _found(name: str) -> Found:
    host = hub().plugins
    host.discover()
    found: Found | None = host.found.get(name)
    if found is None or str(found.source) == str(host.file):
        raise PluginError(f"{name} is not installed: install it again to erase its data, for only it knows which they are")
    for other in read_list(host.file):
        if other != name and other in host.found and name in host.card(other).requires:
            raise PluginError(f"{other} needs {name}; switch {other} off first")
    return found


def _kinds(found: Found) -> list[str]:
    """The kinds that the plugin declares; read without switching it on."""
    if found.contribution is not None:
        return [ctype.kind for ctype in found.contribution.types]
    settings = hub().settings
    with watched(found):
        hub().plugins.card(found.name)
        module = implementation(found)
        nobody = TypeRegistry(lambda _: False)
        part = declared(found.name, module, hub().hooks, nobody, settings.site.languages, settings.vocabulary)
    return [ctype.kind for ctype in part.types]


def _tables(name: str) -> list[sa.Table]:
    """The plugin's tables that are in the database, whatever its code knows of them."""
    longer = [other for other in hub().plugins.found if other.startswith(f"{name}_")]  # their tables begin alike
    mine = [t for t in tables_of(name) if not any(t.name.startswith(f"{other}_") for other in longer)]
    present = set(sa.inspect(session().connection()).get_table_names())
    return [table for table in mine if table.name in present]


def _export(name: str, kinds: list[str], target: Path) -> None:
    db = session()
    with (target / "items.jsonl").open("w", encoding="utf-8") as file:
        for content in _items(kinds):
            file.write(json.dumps(document.read(db, content), ensure_ascii=False) + "\n")
    for table in _tables(name):
        with (target / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
            for row in db.execute(sa.select(table)).mappings():
                file.write(json.dumps(dict(row), ensure_ascii=False, default=str) + "\n")


def _items(kinds: list[str]) -> Iterator[Content]:
    last = 0
    while True:
        query = sa.select(Content).where(Content.kind.in_(kinds), Content.id > last).order_by(Content.id).limit(CHUNK)
        batch = session().scalars(query).all()
        if not batch:
            return
        yield from batch
        last = batch[-1].id
        session().expunge_all()


def _erase_items(kinds: list[str], progress: Callable[[int], None]) -> None:
    db = session()
    for count, content in enumerate(_items(kinds), 1):
        workflow.erase_many(db, [content])
        if count % CHUNK == 0:
            changes.commit(db)
            progress(count)
    changes.commit(db)


def _drop_tables(found: Found) -> None:
    tables = _tables(found.name)
    session().rollback()
    if found.history is not None and migrate.current(engine(), found.history):
        migrate.downgrade(engine(), found.history)
    with engine().begin() as connection:
        for name in [*(table.name for table in reversed(tables)), f"alembic_version_{found.name}"]:
            connection.execute(sa.text(f'DROP TABLE IF EXISTS "{name}"'))


def _erase_rest(name: str) -> None:
    """Settings, readers' places and jobs that stand under the plugin's name."""
    db = session()
    for column in (StoredSetting.name, Cursor.reader, JobRow.name):
        mine = sa.delete(column.class_).where(column.startswith(f"{name}.", autoescape=True))
        db.execute(mine.execution_options(synchronize_session=False))
    bump(db, "settings")
    db.commit()
