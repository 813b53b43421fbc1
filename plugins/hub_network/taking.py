"""A part of a hub's log taken over, in one transaction with the place up to which it was read: killed in between, it is read again.

Everything is known by (hub, its uid there), so that no hub can touch what came from another one or was made here.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.api import Content, Faults, instance, items, now, session, setting

from . import adopting, documents, filters
from .asking import Page, Row
from .documents import Unfit
from .mapping import Atlas, forget_versions
from .models import Followed, Kept, Refusal

log = logging.getLogger("hub.network")
A_DAY = 24  # changes of one entry that are taken over in a day
REMEMBERED = 300  # refusals of one hub that are shown singly
CHUNK = 200
RESTING = dt.timedelta(days=30)  # as long as the other hub keeps what it throws away, unless told otherwise


@dataclass
class Done:
    """What came of a part of a log."""

    created: int = 0
    changed: int = 0
    removed: int = 0
    refused: int = 0


@dataclass
class Task:
    """An entry that is to be written: what is known of it, as its hub gives it, and the document made of it."""

    kept: Kept
    item: dict[str, Any]
    doc: items.Document
    mark: str


@dataclass
class Work:
    """What is to be done with the rows of one page."""

    hub: Followed
    today: str
    room: int
    creating: list[Task] = field(default_factory=list)
    changing: list[Task] = field(default_factory=list)
    removing: list[Kept] = field(default_factory=list)
    withdrawing: list[Kept] = field(default_factory=list)
    met: list[int] = field(default_factory=list)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)  # reason, uid, detail


def apply(hub: Followed, page: Page) -> Done:
    """Take over a page of a hub's log, in the session at hand; the caller commits it with the hub's new place."""
    rows = {row.uid: row for row in page.rows}  # of several changes of one entry the last is the truth
    return take(hub, rows, page)


def take(hub: Followed, rows: dict[str, Row], page: Page | None = None) -> Done:
    """Take over entries by uid."""
    known = {kept.uid: kept for kept in session().scalars(sa.select(Kept).where(Kept.hub_id == hub.id, Kept.uid.in_(rows)))}
    ours = set(session().scalars(sa.select(Content.uid).where(Content.uid.in_(rows), ~Content.elsewhere)))
    work, atlas = Work(hub, now().date().isoformat(), _room(hub)), Atlas(hub)
    for uid, row in rows.items():
        try:
            if uid in ours:
                raise Unfit("not_own" if row.gone else "echo")
            if page is not None and page.cut and not row.gone:
                raise Unfit("big")
            _sort_out(work, atlas, row, known.get(uid))
        except Unfit as error:
            work.refusals.append((error.reason, uid, str(error)))
    if page is not None and page.bad:
        work.refusals.append(("row", "", str(page.bad)))
    return _carry_out(work)


def _room(hub: Followed) -> int:
    held = session().scalar(sa.select(sa.func.count()).select_from(Kept).where(Kept.hub_id == hub.id, Kept.gone.is_(False))) or 0
    return int(setting("network.most_items")) - held


def _sort_out(work: Work, atlas: Atlas, row: Row, kept: Kept | None) -> None:
    """Decide what becomes of one change. Raises Unfit."""
    hub, there = work.hub, kept is not None and not kept.gone
    if row.gone and not row.erased:
        if kept is not None and there:
            (work.removing if kept.hidden else work.withdrawing).append(kept)
        return
    if row.gone or (row.item is None and not filters.wants(hub.filter, row.kind)):
        if kept is not None and (there or kept.content_id):
            work.removing.append(kept)
        return
    if row.item is None:  # withdrawn meanwhile: a later change says so
        return
    item = documents.checked(hub, row)
    if kept is not None and kept.kind != row.kind:
        raise Unfit("forged")
    topics = atlas.ours(item["concepts"])
    wanted = filters.wants(hub.filter, row.kind) and filters.matches(hub.filter, item, atlas.names(item["concepts"], topics))
    if not wanted:
        if kept is not None and (there or kept.content_id):
            work.removing.append(kept)
        return
    languages = filters.languages(hub.filter)
    mark = documents.fingerprint(item, topics, [*languages, hub.name])
    if kept is not None and kept.hidden:
        kept.gone = False
    if kept is not None and not kept.gone:
        work.met.append(kept.id)
        if kept.hidden or kept.fingerprint == mark:
            kept.stale = False
            return
    _write(work, kept, item, documents.document(hub, item, topics, languages), mark)


def _write(work: Work, kept: Kept | None, item: dict[str, Any], doc: items.Document, mark: str) -> None:
    """Note an entry that is new or has changed, unless it does so too often or there is no room for more."""
    fresh = kept is None or kept.gone
    if fresh and work.room <= 0:
        raise Unfit("full")
    if kept is None:
        kept = Kept(hub_id=work.hub.id, uid=item["uid"], kind=item["kind"], round=work.hub.round, day=work.today, times=0)
    if _counted(kept, work.today) > A_DAY:
        kept.stale = True
        raise Unfit("flips")
    if fresh:
        work.room -= 1
    (work.creating if kept.content_id is None else work.changing).append(Task(kept, item, doc, mark))


def _counted(kept: Kept, today: str) -> int:
    """How often an entry has changed today, this time included."""
    if kept.day != today:
        kept.day, kept.times = today, 0
    kept.times += 1
    return kept.times


def _carry_out(work: Work) -> Done:
    done = Done(removed=remove(work.hub, work.removing, work.today) + withdraw(work.withdrawing, work.today))
    if work.met:
        session().execute(sa.update(Kept).where(Kept.id.in_(work.met)).values(round=work.hub.round)
                          .execution_options(synchronize_session=False))  # fmt: skip
    done.created = _create(work)
    done.changed = _change(work)
    refuse(work.hub, work.refusals)
    done.refused = len(work.refusals)
    if done.created or done.changed or done.removed:
        work.hub.changed = now()
    return done


def _create(work: Work) -> int:
    """Make items of new entries: all with a few statements, or, where the database refuses that, one by one."""
    ready: list[tuple[Task, items.Fresh]] = []
    orphans = _orphans(work)
    for task in work.creating:
        if task.item["uid"] in orphans:
            task.kept.content_id = orphans[task.item["uid"]]
            work.changing.append(task)
            session().add(task.kept)
            continue
        try:
            ready.append((task, documents.prepared(task.item["kind"], task.doc)))
        except Unfit as error:
            work.refusals.append((error.reason, task.item["uid"], str(error)))
    try:
        _store(work, ready)
        return len(ready)
    except Exception as error:  # one entry that the database does not take must not stop the others
        _unless_out_of_order(error)
        log.info("a part of %s is stored one by one", work.hub.url, exc_info=True)
    stored = 0
    for task, fresh in ready:
        try:
            _store(work, [(task, fresh)])
            stored += 1
        except Exception as error:
            _unless_out_of_order(error)
            work.refusals.append(("unreadable", task.item["uid"], f"{type(error).__name__}"))
    return stored


def _unless_out_of_order(error: Exception) -> None:
    """A full disk or a database that is away is no entry's fault: all of this part is read again. Raises the error then."""
    if instance.outage(error) is not None:
        raise error


def _orphans(work: Work) -> dict[str, int]:
    """Items that came from this hub before and are no longer known (say, the plugin was erased): taken up again."""
    wanted = [task.item["uid"] for task in work.creating]
    query = sa.select(Content.external_id, Content.id).where(Content.origin == work.hub.origin, Content.external_id.in_(wanted))
    return {str(row.external_id): row.id for row in session().execute(query)} if wanted else {}


def _store(work: Work, ready: Sequence[tuple[Task, items.Fresh]]) -> None:
    with items.attempt():
        items.create_many([fresh for _, fresh in ready])
        for task, fresh in ready:
            _describe(task, work)
            task.kept.content_id = fresh.id
            task.kept.links, task.kept.loose = task.doc["links"], bool(fresh.lost)
            session().add(task.kept)
        session().flush()


def _describe(task: Task, work: Work) -> None:
    """Write down what is known of an entry that has just been taken over."""
    kept, item = task.kept, task.item
    kept.fingerprint, kept.urls, kept.round = task.mark, item["urls"], work.hub.round
    kept.topics = [one["slug"] for one in item["concepts"]]
    kept.title = next(text["title"] for text in task.doc["texts"].values())
    kept.stale = kept.gone = False
    adopting.note(kept, item)


def _change(work: Work) -> int:
    ids = [task.kept.content_id for task in work.changing]
    contents = {c.id: c for c in session().scalars(sa.select(Content).where(Content.id.in_(ids)))} if ids else {}
    changed = 0
    for task in work.changing:
        content = contents.get(task.kept.content_id or 0)
        try:
            if content is not None:
                changed += _settle(task, content)
                _describe(task, work)
        except Unfit as error:
            work.refusals.append((error.reason, task.item["uid"], str(error)))
    return changed


def _settle(task: Task, content: Content) -> bool:
    """Bring an item to what its hub says now. Raises Unfit."""
    before = items.read(content)
    doc = {**task.doc, "uid": content.uid, "slugs": {}}
    try:
        try:
            with items.attempt():
                changed = items.settle(content, doc, before)
        except Faults as error:
            with items.attempt():
                changed = items.settle(content, documents.without(doc, error.faults), before)
    except Faults as error:
        raise Unfit("faults", str(error)[:300]) from None
    except Exception as error:
        _unless_out_of_order(error)
        log.info("entry %s is not taken", task.item["uid"], exc_info=True)
        raise Unfit("unreadable", type(error).__name__) from None
    forget_versions(content)
    if content.status == "trash":  # published again
        items.move(content, "restore")
        items.move(content, "publish")
        changed = True
    task.kept.links, task.kept.loose = task.doc["links"], bool(task.doc["links"])
    return changed


def remove(hub: Followed, rows: Sequence[Kept], today: str = "") -> int:
    """Delete the items of entries; those that change often stay known, so that they do not come and go without end."""
    today = today or now().date().isoformat()
    ids = [kept.content_id for kept in rows if kept.content_id]
    contents = session().scalars(sa.select(Content).where(Content.id.in_(ids), Content.origin == hub.origin)).all() if ids else []
    items.erase_many(contents)
    for kept in rows:
        _counted(kept, today)
        kept.content_id, kept.gone, kept.stale, kept.fingerprint, kept.featured = None, True, False, "", None
    session().flush()
    return len(rows)


def withdraw(rows: Sequence[Kept], today: str) -> int:
    """Put the items of entries away that their hub may publish again: what leads to them here waits with them."""
    for kept in rows:
        content = session().get(Content, kept.content_id) if kept.content_id else None
        if content is not None and content.status != "trash":
            items.move(content, "trash")
        _counted(kept, today)
        kept.gone, kept.stale, kept.fingerprint = True, False, ""
    session().flush()
    return len(rows)


def refuse(hub: Followed, refusals: Sequence[tuple[str, str, str]]) -> None:
    """Write down what was refused and why; the newest stay."""
    if not refusals:
        return
    hub.refused += len(refusals)
    uids = {uid for _, uid, _ in refusals}
    same = sa.select(Refusal).where(Refusal.hub_id == hub.id, Refusal.uid.in_(uids))
    known = {(row.reason, row.uid): row for row in session().scalars(same)}
    for reason, uid, detail in refusals:
        row = known.get((reason, uid))
        if row is None:
            known[reason, uid] = row = Refusal(hub_id=hub.id, reason=reason, uid=uid, times=0)
            session().add(row)
        row.detail, row.at, row.times = detail[:300], now(), row.times + 1
    session().flush()
    newest = sa.select(Refusal.id).where(Refusal.hub_id == hub.id).order_by(Refusal.at.desc(), Refusal.id.desc()).limit(REMEMBERED)
    old = sa.delete(Refusal).where(Refusal.hub_id == hub.id, Refusal.id.not_in(newest))
    session().execute(old.execution_options(synchronize_session=False))


def sweep(hub: Followed) -> int:
    """After a log was read anew: remove a portion of what it no longer tells of; answers how many."""
    left = sa.select(Kept).where(Kept.hub_id == hub.id, Kept.round < hub.round, Kept.gone.is_(False)).limit(CHUNK)
    rows = session().scalars(left).all()
    if not rows:
        hub.swept = hub.round
    return remove(hub, rows)


def relink(hub: Followed) -> int:
    """Try once more to join entries to others of their hub that have come after them."""
    rows = session().scalars(sa.select(Kept).where(Kept.hub_id == hub.id, Kept.loose).order_by(Kept.id).limit(500)).all()
    named = {end.partition(":")[2] for kept in rows for ends in kept.links.values() for end in ends}
    query = sa.select(Content.external_id).where(Content.origin == hub.origin, Content.external_id.in_(named))
    here = set(session().scalars(query)) if named else set()
    joined = 0
    for kept in rows:
        ends = [end.partition(":")[2] for names in kept.links.values() for end in names]
        content = session().get(Content, kept.content_id) if kept.content_id else None
        if content is not None and len(here & set(ends)) > len(content.links):
            items.relink(content, {"links": kept.links})
            joined += 1
        if content is None or here >= set(ends):
            kept.loose = False
    return joined


def forget(hub: Followed, today: str) -> None:
    """Forget what was removed on another day (what an editor hid stays known); what was withdrawn long ago is removed first."""
    resting = sa.select(Kept).where(Kept.hub_id == hub.id, Kept.gone, Kept.content_id.is_not(None))
    over = (dt.date.fromisoformat(today) - RESTING).isoformat()
    remove(hub, session().scalars(resting.where(Kept.day < over).limit(CHUNK)).all(), today)
    gone = sa.delete(Kept).where(
        Kept.hub_id == hub.id, Kept.gone, Kept.content_id.is_(None), ~Kept.stale, ~Kept.hidden, Kept.day < today)  # fmt: skip
    session().execute(gone.execution_options(synchronize_session=False))
