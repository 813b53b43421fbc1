"""Undo: what an import created is removed, what it updated is restored, what somebody has edited since is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.api import Content, content_type, gettext, items, now, session, writing

from .importing import CHUNK, TURN
from .models import Batch, Row
from .picturing import take_away
from .reading import Unusable
from .staying import reasons


@dataclass
class Undone:
    """What was taken back. kept: (uid, title, why) of the items left alone."""

    removed: int = 0
    restored: int = 0
    kept: list[tuple[str, str, str]] = field(default_factory=list)


def undo(batch_id: int, *, force: bool = False, progress: Callable[[Undone], None] | None = None) -> Undone:
    """Take an import back, chunk by chunk; again: goes on where it stopped. Raises Unusable."""
    batch = _batch(batch_id)
    if batch.undone:
        raise Unusable(
            gettext("import %(number)s was undone already on %(day)s", number=batch_id, day=f"{batch.undone:%Y-%m-%d}")
        )
    numbers = session().scalars(sa.select(Row.row).where(Row.batch_id == batch_id).order_by(Row.row.desc())).all()
    stay = {} if force else _stay(batch_id)
    session().rollback()
    found = Undone()
    for start in range(0, len(numbers), CHUNK):
        if start and session().get_bind().dialect.name == "sqlite":
            time.sleep(TURN)  # others get their turn to write
        with writing():
            _take_back(batch_id, numbers[start : start + CHUNK], found, None if force else stay)
            if progress:
                progress(found)
            items.commit()
            session().expunge_all()
    take_away(batch_id, [] if force else [uid for uid, _, _ in found.kept])
    with writing():
        batch = _batch(batch_id)
        before = batch.outcome
        batch.outcome = {
            "removed": before.get("removed", 0) + found.removed, "restored": before.get("restored", 0) + found.restored,
            "kept": [list(entry) for entry in found.kept[:1000]],
        }  # fmt: skip
        if not found.kept:
            batch.undone = now()
        items.commit()
    return found


def _batch(number: int) -> Batch:
    batch = session().get(Batch, number)
    if batch is None:
        raise Unusable(gettext("there is no import number %(number)s; `hub import list` shows them", number=number))
    return batch


def _stay(batch_id: int) -> dict[int, str]:
    """Why entries that were created stay, by id; those that were edited since have another version, and are told by it."""
    here = sa.select(Row.content_id, Row.version, Content.version).join(Content, Content.id == Row.content_id)
    rows = session().execute(here.where(Row.batch_id == batch_id, Row.action == "created")).all()
    created = [row[0] for row in rows]
    edited = {number for number, then, since in rows if then != since}
    for start in range(0, len(created), CHUNK):
        edited |= items.drafted(created[start : start + CHUNK])
    return reasons(created, edited)


def _take_back(batch_id: int, numbers: Any, found: Undone, stay: dict[int, str] | None) -> None:
    """stay: why entries are left alone, by id; None: none is, whatever was done since."""
    db = session()
    query = sa.select(Row).where(Row.batch_id == batch_id, Row.row.in_(numbers)).order_by(Row.row.desc())
    rows = db.scalars(query).all()
    ids = [row.content_id for row in rows if row.action in ("created", "updated")]
    uids = db.scalars(sa.select(Content.uid).where(Content.id.in_(ids))).all()
    contents = {content.id: content for content in items.find_many(uids, [])}
    begun = items.drafted(ids)
    gone = []
    for row in rows:
        content = contents.get(row.content_id) if row.action in ("created", "updated") else None
        if content is None:
            continue
        why = "" if stay is None else _reason(content, row, begun) or (stay.get(content.id, "") if row.action == "created" else "")
        if why:
            found.kept.append((content.uid, next((text.title for text in content.texts), ""), why))
        elif row.action == "created":
            gone.append(content)
            found.removed += 1
        else:
            _restore(content, row)
            found.restored += 1
    items.erase_many(gone)
    items.forget_topics([row.content_id for row in rows if row.action == "topic"])


def _reason(content: Content, row: Row, begun: set[int]) -> str:
    if content.id in begun:
        return gettext("it was changed since: an edit waits to be published")
    return gettext("it was changed since") if content.version != row.version else ""


def _restore(content: Content, row: Row) -> None:
    if content_type(content.kind) is None:
        raise Unusable(
            gettext("the plugin of kind '%(kind)s' is off; switch it on to undo this import", kind=content.kind)
        )
    items.settle(content, row.before or {}, items.read(content))
    _hand_back(row, content)
    row.action = "undone"


def _hand_back(row: Row, content: Content) -> None:
    """The import before this one finds the item as it left it: taking back is no edit."""
    earlier = sa.select(Row).where(Row.content_id == content.id, Row.batch_id < row.batch_id, Row.action != "topic")
    last = session().scalar(earlier.order_by(Row.batch_id.desc()).limit(1))
    if last is not None and last.version == row.version - 1:
        last.version = content.version
