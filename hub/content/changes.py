"""The change log: publishing writes a row in the same transaction, readers follow with cursors of their own.

Order of ids = order of commits. On PostgreSQL the id is taken under one transaction-level advisory lock (plain
sequences let a later id commit first, and a reader would skip the earlier one for ever); on SQLite writers queue.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.content.model import ChangeRow, Content, ContentLink, Cursor
from hub.hooks.here import hub
from hub.hooks.parts import Change, ChangeReader
from hub.store.db import engine, now, session, writing
from hub.store.state import State
from hub.work import jobs

log = logging.getLogger("hub.changes")
LOCK_NUMBER = 0x48554243
BATCH = 500
IDLE = dt.timedelta(days=30)
PUBLIC_VERBS = ("published", "changed", "gone", "touched")


def record(db: Session, content: Content, verb: str, *, public: bool | None = None) -> None:
    """Write one change of an item. verb: published, changed, gone, touched (public) or draft (not).

    public: whether followers may know of it (default: by verb and audience); what lives at another hub is told there.
    """
    record_many(db, [(content, verb)], public=public)


def record_many(db: Session, entries: Iterable[tuple[Any, str]], *, public: bool | None = None) -> None:
    """Write several changes in order; takes the log's lock for the rest of the transaction.

    An entry is an item (whatever has its id, uid, kind, audience and elsewhere) and a verb.

    While an import gathers (`gather`), they are only noted, and written together before its next commit.
    """
    if (noted := db.info.get("gathered")) is not None and public is None:
        noted += entries
        return
    db.flush()
    entries = [*entries]
    entries += _wholes(db, entries)
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_NUMBER)))
    moment = now()
    rows = [
        ChangeRow(
            content_id=content.id, uid=content.uid, kind=content.kind, verb=verb, at=moment,
            public=not content.elsewhere and (verb in PUBLIC_VERBS and content.audience == "public" if public is None else public),
        )
        for content, verb in entries
    ]  # fmt: skip
    if not rows:
        return
    db.add_all(rows)
    db.flush()
    head = max((row.id for row in rows if row.verb in PUBLIC_VERBS), default=0)
    if head:
        _set_head(db, head)
        jobs.enqueue(db, "hub.readers", dedupe="hub.readers")
    db.info.setdefault("changes", []).extend(rows)


def _wholes(db: Session, entries: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """The published items that these are part of (`ContentType.part_of`): search finds them by the parts' texts."""
    names = {t.kind: t.part_of for t in hub().types.live() if t.part_of}
    if not (ids := [content.id for content, _ in entries if content.kind in names]):
        return []
    leads = sa.select(ContentLink.to_id).where(ContentLink.from_id.in_(ids), ContentLink.relation.in_(names.values()))
    query = sa.select(Content).where(Content.id.in_(leads), Content.status == "published")
    return [(content, "touched") for content in db.scalars(query)]


def touch(db: Session) -> None:
    """Visitors see something changed that is no edit: with this transaction pages are made anew, once a second at most."""
    db.info["touched"] = True


@sa.event.listens_for(Session, "before_commit")
def _step(db: Session) -> None:
    """Write down the second of a touch. Its upper half is the newest one, its lower half the one before: while a second
    lasts its pages still count as of the one before, so that many touches make one step and none is missed (the quarter
    of a second is for the commit itself)."""
    if not db.info.pop("touched", False):
        return
    second = int(time.time() + 0.25) + 1
    row = db.get(State, "touched", with_for_update=True, populate_existing=True)
    if row is None:
        db.add(State(name="touched", value=second << 32))
    elif row.value >> 32 < second:
        row.value = (second << 32) + (row.value >> 32)
    db.flush()


@sa.event.listens_for(Session, "after_rollback")
def _forget_touch(db: Session) -> None:
    db.info.pop("touched", None)


def gather(db: Session) -> list[tuple[Any, str]]:
    """From now on note changes in the list that this answers; `commit` writes them and begins a new one."""
    db.info["gathered"] = []
    return db.info["gathered"]


def commit(db: Session) -> None:
    """Commit, then tell plugins what changed (a nudge; the log is the truth)."""
    if (noted := db.info.pop("gathered", None)) is not None:
        record_many(db, noted)
        gather(db)
    rows = [row for row in db.info.pop("changes", []) if sa.inspect(row).persistent]  # others were rolled back
    told = [_change(row) for row in rows]
    db.commit()
    if told:
        hub().hooks.tell("content_changed", changes=told)


def since(db: Session, position: int, limit: int = BATCH, public_only: bool = False) -> list[Change]:
    """Changes after a position, oldest first."""
    query = sa.select(ChangeRow).where(ChangeRow.id > position).order_by(ChangeRow.id).limit(limit)
    if public_only:
        query = query.where(ChangeRow.public)
    return [_change(row) for row in db.scalars(query)]


def were_public(db: Session, contents: Sequence[Content]) -> set[int]:
    """The ids of those items that visitors ever read of."""
    uids = {content.id: content.uid for content in contents}
    rows = sa.select(ChangeRow.content_id, ChangeRow.uid).where(ChangeRow.content_id.in_(uids), ChangeRow.public)
    return {row.content_id for row in db.execute(rows.distinct()) if row.uid == uids[row.content_id]}


def head(db: Session, public: bool = False) -> int:
    """The newest change's id (0 in an empty log)."""
    return db.scalar(sa.select(sa.func.max(ChangeRow.id)).where(ChangeRow.public if public else sa.true())) or 0


def run_readers(names: Sequence[str] = ()) -> int:
    """Let every reader catch up; answers how many changes were read. One that fails stays where it is."""
    read = 0
    for full_name, reader in list(hub().readers.items()):
        if names and full_name not in names:
            continue
        plugin = full_name.partition(".")[0]
        if not hub().hooks.is_on(plugin):
            continue
        try:
            read += _catch_up(full_name, reader)
        except Exception as error:
            session().rollback()
            hub().hooks.failed(plugin, f"change reader {full_name}", error)
    return read


def behind(db: Session, reader: str) -> int:
    """How many changes a reader has still to read."""
    position = db.scalar(sa.select(Cursor.position).where(Cursor.reader == reader)) or 0
    return db.scalar(sa.select(sa.func.count()).select_from(ChangeRow).where(ChangeRow.id > position)) or 0


def reset(db: Session, reader: str, position: int = 0) -> None:
    """Send a reader back to a position (0: read everything again)."""
    row = db.get(Cursor, reader)
    if row is None:
        db.add(Cursor(reader=reader, position=position))
    else:
        row.position, row.moved = position, now()


def compact() -> None:
    """Keep the newest row per item below the slowest cursor; drop cursors that have not moved for 30 days."""
    with writing():
        db = session()
        for cursor in db.scalars(sa.select(Cursor).where(Cursor.moved < now() - IDLE)):
            if cursor.reader not in hub().readers:
                log.warning("reader %s has not read for 30 days; its place in the log is dropped", cursor.reader)
                db.delete(cursor)
        slowest = db.scalar(sa.select(sa.func.min(Cursor.position)))
        limit = head(db) if slowest is None else slowest
        newer = sa.orm.aliased(ChangeRow)
        # followers see public rows without touches: a newer row of another sort must not hide their last one
        same = sa.and_(newer.content_id == ChangeRow.content_id, newer.uid == ChangeRow.uid, newer.id > ChangeRow.id)
        plain = sa.and_(newer.public, newer.verb != "touched")
        superseded = sa.exists().where(same, sa.or_(plain, sa.not_(ChangeRow.public), ChangeRow.verb == "touched"))
        db.execute(sa.delete(ChangeRow).where(ChangeRow.id < limit, superseded).execution_options(synchronize_session=False))
        db.commit()


def _catch_up(name: str, reader: ChangeReader) -> int:
    read = 0
    db = session()
    if db.get(Cursor, name) is None:
        with writing():
            db.rollback()
            if reader.restart:
                reader.restart()
            db.add(Cursor(reader=name, position=0))
            db.commit()
    while True:
        cursor = db.get(Cursor, name, populate_existing=True)
        batch = since(db, cursor.position if cursor else 0)
        if not batch:
            db.rollback()
            return read
        reader.read(batch)
        db.rollback()
        with writing(), engine().begin() as connection:
            own = sa.update(Cursor).where(Cursor.reader == name, Cursor.position < batch[-1].id)
            connection.execute(own.values(position=batch[-1].id, moved=now()))
        db.expire_all()
        read += len(batch)


def _set_head(db: Session, number: int) -> None:
    row = db.get(State, "public")
    if row is None:
        db.add(State(name="public", value=number))
    elif row.value < number:
        row.value = number
    db.flush()


def _change(row: ChangeRow) -> Change:
    return Change(row.id, row.kind, row.uid, row.content_id, row.verb == "gone", row.public, row.verb, row.at)
