"""Draft → in review → published → archived (or trash): saving, publishing, withdrawing, always with the change log.

The tables hold the live version. Saving a published item without publishing makes a revision beside it; publishing
puts the revision's document into the tables and writes the change in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.content import changes, document
from hub.content.document import Document
from hub.content.model import Content, ContentFacet, ContentLink, ContentSlug, Revision, Tombstone
from hub.hooks.here import hub
from hub.hooks.parts import ContentType
from hub.store.db import now, session, writing
from hub.work import jobs

log = logging.getLogger("hub.workflow")
MOVES = {  # action → (from which statuses, to which status)
    "submit": (("draft",), "review"),
    "publish": (("draft", "review", "archived"), "published"),
    "unpublish": (("published",), "draft"),
    "archive": (("published",), "archived"),
    "trash": (("draft", "review", "published", "archived"), "trash"),
    "restore": (("trash",), "draft"),
    "return": (("review",), "draft"),
}
BEGUN = ("draft", "scheduled")  # revisions an editor goes on with
PORTION = 250  # items that one transaction looks at again
PROPOSED = ("review", "taken", "refused")  # proposals: they wait beside the editors' work and are never part of it


class Conflict(Exception):
    """Somebody else changed the item meanwhile. current: their document."""

    def __init__(self, current: Document, token: str) -> None:
        super().__init__("changed meanwhile")
        self.current, self.token = current, token


class NotAllowed(Exception):
    """This step does not start from the item's status."""


def token(db: Session, content: Content) -> str:
    """What an editor's form carries so that a save can tell whether somebody was faster."""
    own = sa.and_(Revision.content_id == content.id, Revision.state.not_in(PROPOSED))
    return f"{content.version}.{db.scalar(sa.select(sa.func.max(Revision.id)).where(own)) or 0}"


def working_copy(db: Session, content: Content) -> tuple[Document, Revision | None]:
    """What an editor goes on with: the newest unpublished revision's document, else the live one."""
    pending = db.scalar(
        sa.select(Revision)
        .where(Revision.content_id == content.id, Revision.state.in_(BEGUN))
        .order_by(Revision.id.desc()).limit(1)
    )  # fmt: skip
    live = document.read(db, content)
    return ({**live, **pending.document}, pending) if pending else (live, None)


def create(
    db: Session, ctype: ContentType, doc: Document, *, author_id: int | None = None, status: str = "draft", note: str = ""
) -> Content:
    """Make an item from a document. Raises document.Faults where the document cannot be taken."""
    doc = document.cleaned(ctype, doc, hub().settings.site.languages)
    content = Content(kind=ctype.kind, author_id=author_id, origin=doc.get("origin") or "")
    content.external_id = doc.get("external_id") or None
    if doc.get("uid"):
        content.uid = doc["uid"]
    document.store(db, content, ctype, doc)
    _keep(db, content, doc, author_id, "live", note)
    if status == "published":
        _go_public(db, content, ctype, doc, first=True)
    else:
        content.status = status
        changes.record(db, content, "draft")
    return content


def save(
    db: Session, content: Content, ctype: ContentType, doc: Document, *, author_id: int | None = None,
    base: str | None = None, publish: bool = False, note: str = "",
) -> Revision:  # fmt: skip
    """Save an edit. Where the item is published and `publish` is False, the live version stays as it is.

    base: the token the edit began from; Raises Conflict where the item has moved on, document.Faults for bad values.
    """  # fmt: skip
    if base is not None:
        db.refresh(content, ["version"], with_for_update=True)  # of two who save at once, one looks after the other wrote
    if base is not None and base != token(db, content):
        raise Conflict(working_copy(db, content)[0], token(db, content))
    doc = document.cleaned(ctype, doc, hub().settings.site.languages)
    live = publish or content.status not in ("published", "archived")
    db.execute(sa.update(Revision).where(Revision.content_id == content.id, Revision.state.in_(BEGUN)).values(state="old"))
    revision = _keep(db, content, doc, author_id, "live" if live else "draft", note)
    if live:
        if content.status == "published" and content.audience == "public" and doc["audience"] != "public":
            changes.record(db, content, "gone", public=True)  # followers must not keep what visitors may no longer read
        document.store(db, content, ctype, doc)
        content.version += 1
        content.updated = now()
        if publish:
            _go_public(db, content, ctype, doc)
        else:
            changes.record(db, content, "draft")
    return revision


def propose(db: Session, content: Content, ctype: ContentType, doc: Document, *, author_id: int | None = None, note: str = "") -> Revision:
    """Keep a proposed version in review: readers and editors' drafts stay as they are. Raises document.Faults."""
    doc = document.cleaned(ctype, doc, hub().settings.site.languages)
    return _keep(db, content, doc, author_id, "review", note)


def move(db: Session, content: Content, action: str, *, author_id: int | None = None) -> None:
    """Take one step of the workflow (a key of MOVES). Raises NotAllowed where it does not start from here."""
    sources, target = MOVES[action]
    ctype = hub().types.get(content.kind)
    if action == "publish" and content.status in (*sources, "published"):
        doc, pending = working_copy(db, content)
        if pending is not None and ctype is not None:
            save(db, content, ctype, doc, author_id=author_id, publish=True)
            return
    if content.status not in sources or (ctype is None and target == "published"):
        raise NotAllowed(action)
    was_public = content.status in ("published", "archived")  # what is archived is read, too: caches keep its page
    if ctype is not None and target == "published":
        _go_public(db, content, ctype, document.read(db, content))
        return
    content.status = target
    content.version += 1
    content.deleted_at = now() if target == "trash" else None
    content.publish_at = None
    db.execute(sa.delete(ContentFacet).where(ContentFacet.content_id == content.id))
    changes.record(db, content, "gone" if was_public else "draft")
    again(db, _bearers(db, [content.id]) if was_public else [])


def schedule(db: Session, content: Content, at: dt.datetime | None) -> None:
    """Publish at a later time (None: no longer); carried out by the job `hub.publish_due`."""
    if content.status == "published" and working_copy(db, content)[1] is None:
        raise NotAllowed("schedule")
    content.publish_at = at
    changes.record(db, content, "draft")


def publish_due() -> None:
    """Publish what was scheduled for now (a job)."""
    with writing():
        db = session()
        due = sa.select(Content).where(Content.publish_at <= now(), Content.kind.in_(hub().types.kinds()))
        for content in db.scalars(due).all():
            content.publish_at = None
            try:
                with db.begin_nested():
                    move(db, content, "publish")
            except (NotAllowed, document.Faults) as error:
                log.warning("%s %s could not be published as scheduled: %s", content.kind, content.uid, error)
        changes.commit(db)


def check(db: Session, content: Content, day: dt.date, by: str) -> None:
    """Somebody looked at a published item and found it right. That is no edit: version, revisions and `updated` stay."""
    content.checked_on, content.checked_by = day, by[:120]
    again(db, [content.id])


def mark(content: Content, name: str, value: Any) -> None:
    """Set a field that is declared as `managed` (None: empty): no edit, but readers see it and can narrow lists by it."""
    content.data = {k: v for k, v in {**content.data, name: value}.items() if v is not None}
    again(session(), [content.id])


def erase_many(db: Session, contents: Sequence[Content]) -> None:
    """Delete items for good. What was public once leaves a tombstone: its addresses answer 410."""
    db.flush()
    ids = [content.id for content in contents]
    public = changes.were_public(db, contents)
    slugs: dict[int, list[list[str]]] = {}
    for row in db.scalars(sa.select(ContentSlug).where(ContentSlug.content_id.in_(ids))):
        slugs.setdefault(row.content_id, []).append([row.lang, row.slug])
    left = [{"uid": c.uid, "kind": c.kind, "slugs": slugs.get(c.id, [])} for c in contents if c.id in public or c.elsewhere]
    if left:
        db.execute(sa.delete(Tombstone).where(Tombstone.uid.in_([tomb["uid"] for tomb in left])))
        db.execute(sa.insert(Tombstone), left)
    for shown in (True, False):
        gone = [(content, "gone") for content in contents if (content.id in public) is shown]
        changes.record_many(db, gone, public=shown)
    bearers = set(_bearers(db, [content.id for content in contents if content.status == "published"]))
    db.execute(sa.delete(Content).where(Content.id.in_(ids)).execution_options(synchronize_session="fetch"))
    again(db, sorted(bearers - {*ids}))


def drafted(db: Session, ids: Sequence[int]) -> set[int]:
    """Which of these items have an edit that is not published yet."""
    begun = sa.select(Revision.content_id).where(Revision.state.in_(("draft", "review", "scheduled")))
    return set(db.scalars(begun.where(Revision.content_id.in_(ids))))


def _go_public(db: Session, content: Content, ctype: ContentType, doc: Document, *, first: bool = False) -> None:
    fresh = content.status != "published"
    content.status = "published"
    content.publish_at = None
    content.deleted_at = None
    if content.published is None:
        content.published = now()
    if fresh:
        content.version += 1
    document.index_facets(db, content, ctype, doc, fresh=first)
    changes.record(db, content, "published" if fresh else "changed")
    again(db, [] if first else _bearers(db, [content.id]))


def _bearers(db: Session, ids: Sequence[int]) -> Sequence[int]:
    """What points to these items: it shows their names and is found by them."""
    return db.scalars(sa.select(ContentLink.from_id).where(ContentLink.to_id.in_(ids)).distinct()).all()


def again(db: Session, ids: Sequence[int]) -> None:
    """Names that these items show are others now: lists and readers of the log look at those that are published again, a
    portion at once and the others by jobs, each in a transaction of its own."""
    for start in range(PORTION, len(ids), PORTION):
        jobs.enqueue(db, "hub.again", ids=[*ids[start : start + PORTION]])
    found = db.scalars(sa.select(Content).where(Content.id.in_(ids[:PORTION]), Content.status == "published")).all()
    for content, doc in zip(found, document.read_many(db, found), strict=True):
        if ctype := hub().types.get(content.kind):
            document.index_facets(db, content, ctype, doc)
    changes.record_many(db, [(content, "touched") for content in found])


def again_later(ids: list[int]) -> None:
    """A portion of what had to wait (a job)."""
    time.sleep(0.15)  # longer than SQLite's waiting writers sleep between two looks: they get their turn
    with writing():
        again(session(), ids)
        changes.commit(session())


def _keep(db: Session, content: Content, doc: Document, author_id: int | None, state: str, note: str = "") -> Revision:
    revision = Revision(
        content_id=content.id, author_id=author_id, base_version=content.version, state=state, note=note, document=kept(doc)
    )
    db.add(revision)
    return revision


def kept(doc: Document) -> Document:
    """What a revision keeps of a document: what it says, not what is known about the item (when it was checked, say)."""
    known = ("uid", "kind", "status", "created", "updated", "checked_on", "checked_by")
    return {k: v for k, v in doc.items() if k not in known}
