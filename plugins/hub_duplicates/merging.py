"""Two entries become one: texts and values as an editor chose, relations, addresses and what other plugins keep move along.

The one that goes stays in the trash. Everything that changed its place is written down, so that a merge can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from hub.api import Base, Content, ContentType, User, accounts, content_type, items, now, session
from hub_duplicates.likeness import SAME_PLACE, metres
from hub_duplicates.models import Merge, Pair

Document = dict[str, Any]
# the spine of an item is its own; marks and pairs are made anew
OWN = ("content", "content_text", "content_slug", "content_place", "content_facet", "content_link", "content_topic", "revision",
       "duplicates_word", "duplicates_pair", "duplicates_merge", "hub_representative", "media")  # fmt: skip


class Impossible(Exception):
    """These two cannot be merged, or a merge cannot be undone; the sentence says why."""


def parts(ctype: ContentType, doc: Document) -> Document:
    """What a document says, by the names that `items.compare` uses."""
    found: Document = {}
    for code, text in doc["texts"].items():
        found |= {f"{name}.{code}": text[name] for name in ("title", "summary", "body")}
        found |= {f"{f.name}.{code}": text["fields"].get(f.name) for f in ctype.fields if f.translated}
    found |= {f.name: doc["data"].get(f.name) for f in ctype.fields if not f.translated and not f.managed}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def combined(ctype: ContentType, stays: Document, goes: Document, taken: Collection[str]) -> Document:
    """The document of what stays: with what it lacks, and with the parts taken over, from what goes."""
    doc: Document = json.loads(json.dumps(stays, default=str))
    mine, theirs = parts(ctype, stays), parts(ctype, goes)
    for name, value in theirs.items():
        if name in taken or name not in mine:
            _put(ctype, doc, name, value)
    doc["topics"] = list(dict.fromkeys([*stays["topics"], *goes["topics"]]))
    doc["places"] = [
        *stays["places"],
        *(p for p in goes["places"] if not any(_same_place(p, q) for q in stays["places"])),
    ]
    for relation in ctype.relations:
        both = list(dict.fromkeys([*stays["links"].get(relation.name, []), *goes["links"].get(relation.name, [])]))
        own = [uid for uid in both if uid not in (stays["uid"], goes["uid"])]
        doc["links"][relation.name] = own if relation.many else own[:1]
    for name in ("owner", "licence", "source_name", "source_url"):
        doc[name] = stays.get(name) or goes.get(name)
    doc["owner"] = None if doc["owner"] == stays["uid"] else doc["owner"]
    return doc


def _put(ctype: ContentType, doc: Document, name: str, value: Any) -> None:
    first, _, code = name.rpartition(".")
    if not first:
        doc["data"][name] = value
        return
    blank: Document = {"title": "", "summary": "", "body": "", "fields": {}}
    text = doc["texts"].setdefault(code, blank)
    if first in ("title", "summary", "body"):
        text[first] = value
    else:
        text["fields"][first] = value


def _same_place(a: Document, b: Document) -> bool:
    if a.get("lat") is not None and b.get("lat") is not None:
        return metres((a["lat"], a["lon"]), (b["lat"], b["lon"])) <= SAME_PLACE
    return bool(set((a.get("names") or {}).values()) & set((b.get("names") or {}).values()))


def merge(stays: Content, goes: Content, taken: Collection[str], user: User | None) -> Merge:
    """Merge one published entry into another of its kind. Raises Impossible and Faults."""
    ctype = content_type(stays.kind)
    if ctype is None or stays.kind != goes.kind or stays.id == goes.id:
        raise Impossible("not two of one kind")
    before = items.read(stays)
    doc = combined(ctype, before, items.read(goes), taken)
    number = user.id if user else None
    note = f"+ {goes.uid}"
    moved: Document = {"status": goes.status, "slugs": items.redirect(goes, stays)}
    moved["bearers"] = _turn(goes, goes.uid, stays, number)
    items.save(stays, doc, author_id=number, publish=stays.status == "published", note=note)
    moved["marks"] = _mark_as(ctype, stays, goes)
    moved["rows"] = list(_move_rows(goes.id, stays.id))
    moved["people"] = [n for n in accounts.representatives(goes.id) if n not in accounts.representatives(stays.id)]
    for person in moved["people"]:
        accounts.appoint(session().get(User, person), stays.id)
    items.move(goes, "trash", author_id=number)
    low, high = sorted((stays.id, goes.id))
    session().execute(sa.delete(Pair).where(Pair.low == low, Pair.high == high))
    session().flush()
    row = Merge(kind=stays.kind, stays_id=stays.id, goes_id=goes.id, user_id=number, moved=moved, before=before)
    row.token = items.token(stays)
    session().add(row)
    return row


def _mark_as(ctype: ContentType, stays: Content, goes: Content) -> Document:
    """A standing that plugins keep goes along with those who reached it, where that is further; answers what was set."""
    found: Document = {}
    for declared in (f for f in ctype.fields if f.managed and f.type == "choice"):
        steps = [None, *(choice.value for choice in declared.choices)]
        mine, theirs = (content.data.get(declared.name) for content in (stays, goes))
        if mine in steps and theirs in steps and steps.index(theirs) > steps.index(mine):
            items.mark(stays, declared.name, theirs)
            found[declared.name] = theirs
    return found


def _turn(
    content: Content, old: str, to: Content, author: int | None, only: Collection[str] | None = None
) -> list[str]:
    """Whatever points at an entry points at another one from now on, drafts included; answers the uids of those turned."""
    turned = []
    for bearer in items.pointing_at(content):
        if bearer.id == to.id or (only is not None and bearer.uid not in only):
            continue
        before = items.read(bearer)
        if to.uid not in json.dumps([before["links"], before.get("owner")]):
            turned.append(bearer.uid)
        _, pending = items.working_copy(bearer)
        if pending is not None:
            pending.document = _renamed(pending.document, old, to.uid)
            kept, state = pending, pending.state
            session().flush()
        items.settle(bearer, _renamed(before, old, to.uid), before, author_id=author)
        if pending is not None:
            session().refresh(kept, ["state"])
            kept.state = state  # an editor's draft goes on beside it
    return turned


def _renamed(doc: Document, old: str, new: str) -> Document:
    links = {
        name: list(dict.fromkeys(new if uid == old else uid for uid in uids))
        for name, uids in doc.get("links", {}).items()
    }
    return {**doc, "links": links, "owner": new if doc.get("owner") == old else doc.get("owner")}


def _pointing() -> Iterator[tuple[sa.Table, sa.Column[Any]]]:
    """Every column of every plugin's tables that names an entry, and the picture's where it is wanted."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns if table.name not in OWN else ():
            if any(key.target_fullname == "content.id" for key in column.foreign_keys):
                yield table, column


def _move_rows(old: int, new: int) -> Iterator[list[Any]]:
    """What plugins keep about an entry: [table, column, keys of the rows that moved]. Where the other has its own (one person's
    rating of both, say), that one counts."""
    for table, column in _existing():
        keys = [list(row) for row in session().execute(sa.select(*table.primary_key.columns).where(column == old))]
        gone = [key for key in keys if _move_row(table, column, key, new)]
        if gone:
            names = [c.name for c in table.primary_key.columns]
            yield [
                table.name,
                column.name,
                [[new if n == column.name else v for n, v in zip(names, k, strict=True)] for k in gone],
            ]
    picture = Base.metadata.tables["media"]
    mine = sa.select(picture.c.id).where(picture.c.content_id == new)
    if session().scalar(mine.limit(1)) is None:
        keys = [[n] for n in session().scalars(sa.select(picture.c.id).where(picture.c.content_id == old))]
        session().execute(sa.update(picture).where(picture.c.content_id == old).values(content_id=new))
        if keys:
            yield ["media", "content_id", keys]


def _existing() -> Iterator[tuple[sa.Table, sa.Column[Any]]]:
    there = set(sa.inspect(session().connection()).get_table_names())
    return ((table, column) for table, column in _pointing() if table.name in there)


def _move_row(table: sa.Table, column: sa.Column[Any], key: list[Any], new: int) -> bool:
    mine = sa.and_(*(c == value for c, value in zip(table.primary_key.columns, key, strict=True)))
    try:
        with session().begin_nested():
            session().execute(sa.update(table).where(mine).values({column.name: new}))
    except sa.exc.IntegrityError:
        return False
    return True


def undo(row: Merge, user: User | None) -> bool:
    """Take a merge back; False where what stayed was edited since, and so keeps its text. Raises Impossible."""
    stays, goes = session().get(Content, row.stays_id), session().get(Content, row.goes_id)
    if row.undone or stays is None or goes is None or goes.status != "trash" or content_type(row.kind) is None:
        raise Impossible("gone")
    number, moved = user.id if user else None, row.moved
    untouched = items.token(stays) == row.token
    if untouched:
        items.save(stays, dict(row.before), author_id=number, publish=stays.status == "published", note=f"- {goes.uid}")
    for name, value in moved.get("marks", {}).items():
        if stays.data.get(name) == value:
            items.mark(stays, name, row.before["data"].get(name))
    for name, column, keys in moved["rows"]:
        for key in keys if name in Base.metadata.tables else ():
            table = Base.metadata.tables[name]
            _move_row(table, table.c[column], key, goes.id)
    for person in moved["people"]:
        accounts.dismiss(person, stays.id)
    items.give_back(goes, [tuple(slug) for slug in moved["slugs"]])
    items.move(goes, "restore", author_id=number)
    if moved["status"] == "published":
        items.move(goes, "publish", author_id=number)
    _turn(stays, stays.uid, goes, number, only=moved["bearers"])
    row.undone = now()
    return untouched
