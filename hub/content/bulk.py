"""Many items at once, for importers: the same rows as one by one, with a few statements for all of them."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session, selectinload

from hub.content import changes, document, links, topics, workflow
from hub.content.document import Document
from hub.content.model import (
    ELSEWHERE,
    STATUSES,
    Content,
    ContentFacet,
    ContentLink,
    ContentPlace,
    ContentSlug,
    ContentText,
    ContentTopic,
    Revision,
)  # fmt: skip
from hub.content.types import end_keys
from hub.hooks.here import hub
from hub.hooks.parts import ContentType
from hub.store.db import new_uid, now

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMES = ("created", "updated", "published")


@dataclass
class Fresh:
    """An item to be made: checked wholly, so that only the database can refuse it. The last four are known afterwards."""

    ctype: ContentType
    doc: Document
    uid: str
    status: str
    times: dict[str, dt.datetime]
    checked_on: dt.date | None
    id: int = 0
    version: int = 0
    places: list[Document] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # links (and the owner) that lead to nothing yet

    @property
    def kind(self) -> str:
        return self.ctype.kind

    @property
    def audience(self) -> str:
        return str(self.doc["audience"])

    @property
    def elsewhere(self) -> bool:
        return str(self.doc.get("origin")).startswith(ELSEWHERE)


def prepare(ctype: ContentType, doc: Document, status: str) -> Fresh:
    """Check a document; needs no database. It may name its uid, status and times. Raises Faults and ValueError."""
    status = doc.get("status") or status
    if status not in STATUSES:
        raise ValueError(gettext("status: “%(value)s” is none of %(known)s", value=status, known=", ".join(STATUSES)))
    if doc.get("uid") and not _UID.fullmatch(str(doc["uid"])):
        raise ValueError(gettext("“%(value)s” is no uid", value=str(doc["uid"])[:60]))
    checked = document.cleaned(ctype, doc, hub().settings.site.languages)
    times = {name: dt.datetime.fromisoformat(doc[name]) for name in TIMES if doc.get(name)}
    if wrong := [name for name, value in times.items() if value.tzinfo is None]:
        raise ValueError(gettext("%(name)s: a time without a zone: %(value)s", name=wrong[0], value=doc[wrong[0]]))
    for name, limit in (("external_id", 300), ("origin", 120)):
        if len(str(doc.get(name) or "")) > limit:
            raise ValueError(gettext("%(name)s: at most %(limit)s characters", name=name, limit=limit))
    day = dt.date.fromisoformat(doc["checked_on"]) if doc.get("checked_on") else None
    places = [document.place_values(n, place) for n, place in enumerate(checked["places"])]
    return Fresh(ctype, checked, str(doc.get("uid") or new_uid()), status, times, day, places=places)


def create_many(db: Session, many: Sequence[Fresh], *, author_id: int | None = None, batch_id: int | None = None, note: str = "") -> None:
    """Make items as `workflow.create` makes each of them; afterwards they know their id, version and lost links."""
    if not many:
        return
    db.flush()
    _insert_content(db, many, author_id, batch_id)
    linked = _insert_links(db, many)
    rows: dict[Any, list[Document]] = {m: [] for m in (ContentText, ContentPlace, ContentTopic, Revision, ContentFacet)}
    known = topics.concepts(db)
    for fresh in many:
        own = {"content_id": fresh.id}
        for code, text in fresh.doc["texts"].items():
            values = document.text_values(fresh.ctype, fresh.audience, text)
            rows[ContentText].append({**own, "lang": code, **values})
        rows[ContentPlace] += [{**own, **place} for place in fresh.places]
        borne = [known[slug].id for slug in dict.fromkeys(fresh.doc.get("topics", [])) if slug in known]
        rows[ContentTopic] += [{**own, "topic_id": t, "position": n} for n, t in enumerate(borne)]
        kept: Document = {"document": workflow.kept(fresh.doc), "state": "live", "base_version": 1, "note": note}
        if not fresh.elsewhere:  # versions of what lives at another hub are kept there
            rows[Revision].append({**own, "author_id": author_id, **kept})
        if fresh.status == "published":
            dated = document.span(fresh.ctype, fresh.doc["data"])[0] or fresh.times["published"]
            spots = [(place["slug"], place["country"]) for place in fresh.places]
            facets = document.facet_values(fresh.ctype, fresh.doc, fresh.audience, known, spots, dated, linked.get(fresh.id, ()))
            rows[ContentFacet] += [{**own, "kind": fresh.kind, **facet} for facet in facets]
    rows[ContentSlug] = _slugs(db, many)
    for model, entries in rows.items():
        if entries:
            db.execute(sa.insert(_table(model)), entries)
    changes.record_many(db, [(fresh, "published" if fresh.status == "published" else "draft") for fresh in many])


def _table(model: Any) -> sa.Table:
    """The table itself: many rows go in faster past the mapper."""
    return cast(sa.Table, model.__table__)


def _insert_content(db: Session, many: Sequence[Fresh], author_id: int | None, batch_id: int | None) -> None:
    moment, owners = now(), links.Ends(db, (f.doc["owner"] for f in many if f.doc.get("owner")))
    rows = []
    for fresh in many:
        doc, public = fresh.doc, fresh.status == "published"
        start, end = document.span(fresh.ctype, doc["data"])
        fresh.version, fresh.lost = 2 if public else 1, []
        fresh.times = {"created": moment, "updated": moment, **({"published": moment} if public else {}), **fresh.times}
        owner = owners.get(doc["owner"]) if doc.get("owner") else None
        if doc.get("owner") and owner is None:
            fresh.lost.append(f"owner: {doc['owner']}")
        rows.append({
            "uid": fresh.uid, "kind": fresh.kind, "status": fresh.status, "audience": fresh.audience, "version": fresh.version,
            "example": bool(doc.get("example")), "owner_id": owner, "author_id": author_id, "import_batch_id": batch_id,
            "origin": doc.get("origin") or "", "external_id": doc.get("external_id") or None, "data": doc["data"],
            "starts_at": start, "ends_at": end, "checked_on": fresh.checked_on, **dict.fromkeys(TIMES), **fresh.times,
            **{name: str(doc.get(name) or "") for name in document.SPINE_TEXT},
        })  # fmt: skip
    found = db.execute(sa.insert(_table(Content)).returning(Content.uid, Content.id), rows)
    ids = {row.uid: row.id for row in found}
    for fresh in many:
        fresh.id = ids[fresh.uid]


def _insert_links(db: Session, many: Sequence[Fresh]) -> dict[int, list[tuple[str, str]]]:
    """Write the links; answers (name, uid) of those that lists are narrowed by, by item."""
    bearing = [fresh for fresh in many if fresh.doc.get("links")]
    ends = links.Ends(db, (n for fresh in bearing for names in fresh.doc["links"].values() for n in names))
    rows, facets = [], []
    for fresh in bearing:
        wanted, lost = links.sorted_out(fresh.ctype, fresh.doc["links"], ends, fresh.id)
        fresh.lost += lost
        for position, (relation, to) in enumerate(wanted):
            rows.append({"from_id": fresh.id, "relation": relation, "to_id": to, "position": position, "data": {}})
            facets += [(fresh.id, name, to) for name in end_keys(fresh.ctype, relation)]
    if rows:
        db.execute(sa.insert(ContentLink), rows)
    uids = links.uids(db, (to for _, _, to in facets))
    found: dict[int, list[tuple[str, str]]] = {}
    for number, name, to in facets:
        found.setdefault(number, []).append((name, uids[to]))
    return found


def _slugs(db: Session, many: Sequence[Fresh]) -> list[Document]:
    """A free slug for every text, as if one after the other had asked for it."""
    asked = [
        (f, (f.kind, code), list(document.slug_variants(document.wanted_slug(f.doc, code, text["title"], f.uid), f.uid)))
        for f in many for code, text in f.doc["texts"].items()
    ]  # fmt: skip
    taken: dict[tuple[str, str], set[str]] = {}
    _look_up(db, taken, ((room, variants[0]) for _, room, variants in asked))
    known = {room: set(words) for room, words in taken.items()}
    crowded = [(r, v) for _, r, variants in asked for v in variants[1:9] if variants[0] in known.get(r, ())]
    twice: set[tuple[tuple[str, str], str]] = set()
    for _, room, variants in asked:  # two of one name in this very chunk
        if (room, variants[0]) in twice:
            crowded += [(room, v) for v in variants[1:9]]
        twice.add((room, variants[0]))
    _look_up(db, taken, crowded)
    rows = []
    for fresh, room, variants in asked:
        words = taken.setdefault(room, set())
        slug = next((v for v in variants[:-1] if v not in words), variants[-1])
        words.add(slug)
        rows.append({"kind": room[0], "lang": room[1], "slug": slug, "content_id": fresh.id, "current": True})
    return rows


def _look_up(db: Session, taken: dict[tuple[str, str], set[str]], wanted: Iterable[tuple[tuple[str, str], str]]) -> None:
    rooms: dict[tuple[str, str], set[str]] = {}
    for room, slug in wanted:
        rooms.setdefault(room, set()).add(slug)
    for (kind, code), words in rooms.items():
        query = sa.select(ContentSlug.slug).where(ContentSlug.kind == kind, ContentSlug.lang == code)
        taken.setdefault((kind, code), set()).update(db.scalars(query.where(ContentSlug.slug.in_(words))))


def find_many(db: Session, uids: Iterable[str], sources: Iterable[tuple[str, str, str]]) -> list[Content]:
    """The items with these uids or of these (kind, origin, external id), with all that `document.read_many` needs."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for kind, origin, external in sources:
        numbers.setdefault((kind, origin), []).append(external)
    conditions = [sa.and_(Content.kind == kind, Content.origin == origin, Content.external_id.in_(several))
                  for (kind, origin), several in numbers.items()]  # fmt: skip
    if given := list(uids):
        conditions.append(Content.uid.in_(given))
    whole = sa.select(Content).options(*map(selectinload, (Content.texts, Content.places, Content.links)))
    found = (content for condition in conditions for content in db.scalars(whole.where(condition)))
    return list({content.id: content for content in found}.values())


def same(before: Document, after: Document) -> bool:
    """Whether two documents say the same of an item (its times, address words and status apart)."""
    return bool(_essence(before) == _essence(after))


def _essence(doc: Document) -> Any:
    kept = {k: v for k, v in doc.items() if k in ("topics", "places", "data", "texts") and v}
    for name in ("audience", "example", "licence", "source_name", "source_url", "owner"):
        kept[name] = doc.get(name) or None
    kept["links"] = {k: v for k, v in doc.get("links", {}).items() if v}
    return json.loads(json.dumps(kept, sort_keys=True, default=str))


def settle(
    db: Session, content: Content, ctype: ContentType, doc: Document, before: Document, *,
    author_id: int | None = None, note: str = "",
) -> bool:  # fmt: skip
    """Bring an item to what a document says, its times included; False where it says so already.

    before: the item's document as it is now. Raises Faults.
    """
    after = document.cleaned(ctype, doc, hub().settings.site.languages)
    after |= _resolved(db, content, ctype, after)
    after["topics"] = [slug for slug in after["topics"] if slug in topics.concepts(db)]
    if same(before, after):
        return False
    workflow.save(db, content, ctype, doc, author_id=author_id, publish=content.status == "published", note=note)
    keep_times(content, doc)
    return True


def _resolved(db: Session, content: Content, ctype: ContentType, doc: Document) -> Document:
    """Links and owner of a document by uid, as far as they lead somewhere: as `document.read` gives them."""
    named = [name for names in doc.get("links", {}).values() for name in names] + [doc.get("owner") or ""]
    if not any(named):
        return {"links": {}, "owner": None}
    ends = links.Ends(db, named)
    wanted, _ = links.sorted_out(ctype, doc.get("links", {}), ends, content.id)
    owner = ends.get(doc.get("owner") or "") or 0
    uids = links.uids(db, [to for _, to in wanted] + [owner])
    found: dict[str, list[str]] = {}
    for relation, to in wanted:
        found.setdefault(relation, []).append(uids[to])
    return {"links": found, "owner": uids.get(owner)}


def keep_times(content: Content, doc: Mapping[str, Any]) -> None:
    """Set when an item was made, changed and published to what its document says."""
    for name in TIMES:
        if doc.get(name):
            setattr(content, name, dt.datetime.fromisoformat(doc[name]))


def relink(db: Session, content: Content, ctype: ContentType, doc: Mapping[str, Any]) -> list[str]:
    """Try links and owner again, once more items are here; answers what still leads to nothing."""
    lost = links.store(db, content, ctype, doc.get("links") or {})
    if doc.get("owner"):
        content.owner_id = links.resolve(db, str(doc["owner"]))
        lost += [] if content.owner_id else [f"owner: {doc['owner']}"]
    db.flush()
    document.index_facets(db, content, ctype, document.read(db, content))
    if content.status == "published":
        changes.record(db, content, "touched")
    return lost
