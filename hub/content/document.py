"""An item as one JSON document: the one form that revisions, exports, imports, undo and the API share.

{kind, uid, status, audience, example, origin, external_id, source_name, source_url, licence, owner (uid), timezone,
 created, updated, published, checked_on, checked_by,
 topics: [slug], places: [{lat, lon, names, address, country}], links: {relation: [uid or "origin:external_id"]},
 data: {field: value}, texts: {language: {title, summary, body, fields: {field: text}, status}}, slugs: {language: word}}
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from hub.content import links, model, topics
from hub.content.fields import ONGOING, clean, first_day, last_day
from hub.content.model import (
    Content,
    ContentFacet,
    ContentPlace,
    ContentSlug,
    ContentText,
    ContentTopic,
    Topic,
)  # fmt: skip
from hub.content.texts import clean_line, clean_text, fold, slug_of, sort_key
from hub.content.types import end_keys, facet_key
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType, Field

Document = dict[str, Any]
SPINE_TEXT = {"source_name": 300, "source_url": 2000, "licence": 80, "timezone": 40, "checked_by": 120}  # → length
MAX_PLACES = 50
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(?<!.{121})")


class Faults(Exception):
    """A document cannot be taken; `faults` maps field names ("title.ru", "places.2", "website") to sentences."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in faults.items()))
        self.faults = faults


def empty() -> Document:
    return {"topics": [], "places": [], "links": {}, "data": {}, "texts": {}}


def read(db: Session, content: Content) -> Document:
    """The document of an item as its tables hold it."""
    return read_many(db, [content])[0]


def read_many(db: Session, contents: Sequence[Content]) -> list[Document]:
    """The documents of several items, with a few queries for all of them."""
    return [_read(content, around) for around in [_Around(db, contents)] for content in contents]


class _Around:
    """What the documents of some items tell of other tables: topics and current slugs by item, uids of linked items."""

    def __init__(self, db: Session, contents: Sequence[Content]) -> None:
        ids = [content.id for content in contents]
        self.uids = links.uids(db, [i for c in contents for i in (*(link.to_id for link in c.links), c.owner_id or 0)])
        self.topics: dict[int, list[str]] = {}
        borne = sa.select(ContentTopic.content_id, Topic.slug).join(Topic, ContentTopic.topic_id == Topic.id)
        for number, slug in db.execute(borne.where(ContentTopic.content_id.in_(ids)).order_by(ContentTopic.position)):
            self.topics.setdefault(number, []).append(slug)
        self.slugs: dict[int, dict[str, str]] = {}
        columns = (ContentSlug.content_id, ContentSlug.lang, ContentSlug.slug)
        for row in db.execute(sa.select(*columns).where(ContentSlug.content_id.in_(ids), ContentSlug.current)):
            self.slugs.setdefault(row.content_id, {})[row.lang] = row.slug


def _read(content: Content, around: _Around) -> Document:
    doc: Document = {"kind": content.kind, "uid": content.uid, "status": content.status, "audience": content.audience}
    doc["example"] = content.example
    for name in ("origin", "external_id", *SPINE_TEXT):
        doc[name] = getattr(content, name)
    for name in ("created", "updated", "published", "checked_on"):
        value = getattr(content, name)
        doc[name] = value.isoformat() if value else None
    doc["owner"] = around.uids.get(content.owner_id or 0)
    doc["topics"] = around.topics.get(content.id, [])
    doc["places"] = [{"lat": p.lat, "lon": p.lon, "names": p.names, "address": p.address, "country": p.country} for p in content.places]
    doc["links"] = {}
    for link in content.links:
        doc["links"].setdefault(link.relation, []).append(around.uids[link.to_id])
    doc["data"] = dict(content.data)
    doc["texts"] = {
        t.lang: {"title": t.title, "summary": t.summary, "body": t.body, "fields": dict(t.fields), "status": t.status}
        for t in sorted(content.texts, key=lambda t: t.lang)
    }
    doc["slugs"] = around.slugs.get(content.id, {})
    return doc


def cleaned(ctype: ContentType, raw: Document, languages: list[str]) -> Document:
    """A document with every value checked and in its stored form. Raises Faults, naming each field at fault."""
    faults: dict[str, str] = {}
    doc = {**raw, "data": {}, "texts": {}, "places": [], "topics": list(dict.fromkeys(raw.get("topics", [])))}
    for name, limit in SPINE_TEXT.items():
        doc[name] = ""
        own = Field(name, "url" if name == "source_url" else "text", max_length=limit)
        _take(faults, name, lambda f=own: clean(f, raw.get(f.name)), doc, name)
    for field in ctype.fields:
        if not field.translated:
            _take(faults, field.name, lambda f=field: clean(f, raw.get("data", {}).get(f.name)), doc["data"], field.name)
    for language, text in raw.get("texts", {}).items():
        if language not in languages:
            faults[f"title.{language}"] = gettext("This site has no language “%(code)s”.", code=language)
            continue
        doc["texts"].update(_cleaned_text(ctype, language, text, faults))
    if not doc["texts"]:
        faults.setdefault("title", gettext("Write a title."))
    for field in ctype.fields:
        if field.required and not (
            any(t["fields"].get(field.name) for t in doc["texts"].values()) if field.translated
            else field.name in doc["data"]
        ):  # fmt: skip
            faults.setdefault(field.name, gettext("This is needed."))
    for number, place in enumerate(raw.get("places", [])[:MAX_PLACES]):
        _take(faults, f"places.{number}", lambda p=place: _cleaned_place(p), doc["places"], None)
    doc["places"] = [p for p in doc["places"] if p] if ctype.places != "none" else []
    doc["audience"] = raw.get("audience") or "public"
    if doc["audience"] not in AUDIENCES:
        faults["audience"] = gettext("Choose one of: %(known)s.", known=", ".join(AUDIENCES))
    doc["timezone"] = _zone(ctype, doc["data"]) or doc["timezone"]
    start, end = span(ctype, doc["data"])
    if start and end and end < start:
        name = next((f.name for f in ctype.fields if f.fills == "ends_at"), "ends_at")
        faults[name] = gettext("The end lies before the beginning.")
    if faults:
        raise Faults(faults)
    return doc


def _take(faults: dict[str, str], name: str, get: Any, target: Any, key: str | None) -> None:
    try:
        value = get()
    except (ValueError, OverflowError) as error:
        faults[name] = str(error)
        return
    if key is None:
        target.append(value)
    elif value is not None:
        target[key] = value


def _cleaned_text(ctype: ContentType, language: str, raw: Document, faults: dict[str, str]) -> Document:
    title, summary = clean_line(str(raw.get("title") or "")), clean_line(str(raw.get("summary") or ""))
    body = clean_text(str(raw.get("body") or ""))
    fields: Document = {}
    for field in ctype.fields:
        if field.translated:
            name = f"{field.name}.{language}"
            _take(faults, name, lambda f=field: clean(f, raw.get("fields", {}).get(f.name)), fields, field.name)
    if not (title or summary or body or fields):
        return {}
    if not title:
        faults[f"title.{language}"] = gettext("Write a title.")
    for name, value, limit in (("title", title, 300), ("summary", summary, 1000), ("body", body, 200_000)):
        if len(value) > limit:
            faults[f"{name}.{language}"] = gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(value), limit=limit)
    status = "draft" if raw.get("status") == "draft" else "live"
    return {language: {"title": title, "summary": summary, "body": body, "fields": fields, "status": status}}


def _cleaned_place(raw: Document) -> Document | None:
    names = raw.get("names") or {}
    if isinstance(names, str):
        names = {hub().settings.default_language: names}
    names = {code: clean_line(str(name))[:200] for code, name in names.items() if str(name).strip()}
    lat, lon = _degrees(raw.get("lat"), 90), _degrees(raw.get("lon"), 180)
    if (lat is None) != (lon is None):
        raise ValueError(gettext("A place needs both latitude and longitude."))
    country = clean_line(str(raw.get("country") or "")).upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ValueError(gettext("A country is given by its two letters, such as RU or GB."))
    address = clean_line(str(raw.get("address") or ""))[:500]
    if lat is None and not names and not address and not country:
        return None
    return {"lat": lat, "lon": lon, "names": names, "address": address, "country": country}


def _degrees(raw: Any, limit: int) -> float | None:
    if raw is None or raw == "":
        return None
    try:
        value = float(str(raw).strip().replace(",", "."))
    except ValueError:
        raise ValueError(gettext("A coordinate is a number such as 55.7558.")) from None
    if not abs(value) <= limit:
        raise ValueError(gettext("A coordinate lies outside the world: %(value)s", value=raw))
    return round(value, 7)


def _zone(ctype: ContentType, data: Document) -> str:
    return next((str(data[f.name]) for f in ctype.fields if f.fills == "timezone" and data.get(f.name)), "")


def span(ctype: ContentType, data: Document) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Begin and end in time as the declared date fields say; in the item's own zone where a field names it, else the site's."""
    zone = ZoneInfo(_zone(ctype, data) or hub().settings.site.timezone)
    start = end = None
    for field in ctype.fields:
        value = data.get(field.name)
        if not value or field.fills not in ("starts_at", "ends_at") or value == ONGOING:
            continue
        if field.type == "datetime":
            moment = dt.datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        elif field.fills == "starts_at":
            moment = dt.datetime.combine(first_day(value), dt.time(), zone)
        else:
            moment = dt.datetime.combine(last_day(value), dt.time(23, 59, 59), zone)
        if field.fills == "starts_at":
            start = moment
        else:
            end = moment
    return start, end


def store(db: Session, content: Content, ctype: ContentType, doc: Document) -> list[str]:
    """Write a cleaned document into the tables of an item; answers links that lead to nothing yet.

    Facets are not written here: they follow status (see `index_facets`).
    """
    content.audience = doc.get("audience") or "public"
    content.example = bool(doc.get("example"))
    for name in SPINE_TEXT:
        setattr(content, name, str(doc.get(name) or ""))
    if doc.get("checked_on"):
        content.checked_on = dt.date.fromisoformat(doc["checked_on"])
    held = {n: v for n, v in (content.data or {}).items() if n in ctype.managed}  # no text brings it in or back
    content.data = doc["data"] = {n: v for n, v in doc["data"].items() if n not in ctype.managed} | held
    content.starts_at, content.ends_at = span(ctype, doc["data"])
    if fresh := content.id is None:
        content.links = []  # known to be empty: not asked for again
    _store_texts(content, ctype, doc)
    _store_places(content, doc["places"])
    db.add(content)
    db.flush()
    doc["topics"] = topics.known_as(db, doc.get("topics", []))
    _store_topics(db, content, doc.get("topics", []), fresh)
    lost = links.store(db, content, ctype, doc.get("links", {}))
    content.owner_id = links.resolve(db, doc["owner"]) if doc.get("owner") else None
    _store_slugs(db, content, doc, fresh)
    return lost


def _store_texts(content: Content, ctype: ContentType, doc: Document) -> None:
    present = {text.lang: text for text in content.texts}
    for language, text in doc["texts"].items():
        row = present.pop(language, None)
        if row is None:
            row = ContentText(lang=language)
            content.texts.append(row)
        for name, value in text_values(ctype, content.audience, text).items():
            setattr(row, name, value)
    for row in present.values():
        content.texts.remove(row)


def text_values(ctype: ContentType, audience: str, text: Document) -> Document:
    """The columns of one language of an item."""
    level = AUDIENCES.index(audience)  # what fewer may read than the item itself must not be findable
    open_fields = {f.name for f in ctype.fields if AUDIENCES.index(f.audience) <= level}
    further = [str(value) for name, value in text["fields"].items() if name in open_fields]
    folded = fold(" ".join([text["title"], text["summary"], text["body"], *further]))
    kept = {name: text[name] for name in ("title", "summary", "body", "fields")}
    return {**kept, "status": text.get("status", "live"), "sort_title": sort_key(text["title"]), "folded": folded}


def _store_places(content: Content, places: list[Document]) -> None:
    content.places = [ContentPlace(**place_values(n, place)) for n, place in enumerate(places)]


def place_values(n: int, place: Document) -> Document:
    """The columns of one place of an item."""
    slug = slug_of(place["names"].get("en") or next(iter(place["names"].values()), ""))
    kept = {name: place[name] for name in ("lat", "lon", "names", "address", "country")}
    return {**kept, "n": n, "cell": cell(place["lat"], place["lon"]), "slug": slug}


def cell(lat: float | None, lon: float | None) -> int | None:
    """A Z-order key of 26 bits per axis: near places have near keys, a square of the map is a span of keys."""
    if lat is None or lon is None:
        return None
    x, y = int((lon + 180) / 360 * (2**26 - 1)), int((lat + 90) / 180 * (2**26 - 1))
    key = 0
    for bit in range(26):
        key |= (x >> bit & 1) << (2 * bit) | (y >> bit & 1) << (2 * bit + 1)
    return key


def _store_topics(db: Session, content: Content, slugs: list[str], fresh: bool) -> None:
    known = topics.concepts(db)
    if not fresh:
        db.execute(sa.delete(ContentTopic).where(ContentTopic.content_id == content.id))
    wanted = [known[s].id for s in dict.fromkeys(slugs) if s in known]
    if wanted:
        rows = [{"content_id": content.id, "topic_id": t, "position": n} for n, t in enumerate(wanted)]
        db.execute(sa.insert(ContentTopic), rows)


def _store_slugs(db: Session, content: Content, doc: Document, fresh: bool) -> None:
    """A slug per language from the title; an older one stays as a redirect, a chosen one is taken where free."""
    mine = sa.select(ContentSlug).where(ContentSlug.content_id == content.id)
    rows = [] if fresh else list(db.scalars(mine))
    current = {row.lang: row for row in rows if row.current}
    for language, text in doc["texts"].items():
        wanted = wanted_slug(doc, language, text["title"], content.uid)
        here = current.get(language)
        if here and re.fullmatch(re.escape(wanted) + r"(-\d|-[0-9a-f]{12})?", here.slug):
            continue
        own = next((row for row in rows if row.lang == language and row.slug == wanted), None)
        if here:
            here.current = False
        if own:
            own.current = True
        else:
            free = free_slug(db, content.kind, language, wanted, content)
            db.add(ContentSlug(kind=content.kind, lang=language, slug=free, content_id=content.id))


def wanted_slug(doc: Document, language: str, title: str, uid: str) -> str:
    """The address word an item asks for: a chosen one, else one made of its title."""
    chosen = str((doc.get("slugs") or {}).get(language) or "")
    return chosen if _SLUG.fullmatch(chosen) else slug_of(title) or uid[-12:]


def slug_variants(wanted: str, uid: str) -> Iterator[str]:
    """The wanted slug, then it with a small number, then (for the many-th of one name) with the end of the uid."""
    wanted += "-1" if wanted in hub().page_words else ""
    yield wanted
    yield from (f"{wanted}-{n}" for n in range(2, 10))
    yield f"{wanted}-{uid[-12:]}"


def free_slug(db: Session, kind: str, language: str, wanted: str, content: Content) -> str:
    """The first variant of the wanted slug that nobody has (the last one is taken unseen)."""
    *variants, last = slug_variants(wanted, content.uid)
    return next((v for v in variants if db.get(ContentSlug, (kind, language, v)) is None), last)


def index_facets(db: Session, content: Content, ctype: ContentType, doc: Document, *, fresh: bool = False) -> None:
    """Write what lists can narrow by; nothing for an item that is not published. fresh: it has no rows yet."""
    if not fresh:
        db.execute(sa.delete(ContentFacet).where(ContentFacet.content_id == content.id))
    if content.status != "published":
        return
    ends = [(name, link.to_id) for link in content.links for name in end_keys(ctype, link.relation)]
    uids = links.uids(db, [to for _, to in ends])
    rows = facet_values(
        ctype, doc, content.audience, topics.concepts(db), [(p.slug, p.country) for p in content.places],
        content.starts_at or content.published, [(name, uids[to]) for name, to in ends],
    )  # fmt: skip
    if rows:
        own = {"content_id": content.id, "kind": content.kind}
        db.execute(sa.insert(ContentFacet), [{**own, **row} for row in rows])


def facet_values(
    ctype: ContentType, doc: Document, audience: str, known: Mapping[str, topics.Concept],
    places: Iterable[tuple[str, str]], dated: dt.datetime | None, ends: Iterable[tuple[str, str]],
) -> list[Document]:  # fmt: skip
    """The columns of what a published item can be narrowed by. places: (slug, country); ends: (name, uid)."""
    base = AUDIENCES.index(audience)
    rows: set[tuple[str, str, int]] = set()
    for slug in doc.get("topics", []):
        rows |= {("topic", above, base) for above in (known[slug].chain if slug in known else ())}
    for slug, country in places:
        rows |= {("country", country, base)} if country else set()
        rows |= {("place", slug, base)} if slug else set()
    rows |= {("lang", code, base) for code, text in doc["texts"].items() if text.get("status") != "draft"}
    if dated:
        rows.add(("year", str(dated.astimezone(ZoneInfo(hub().settings.site.timezone)).year), base))
    rows |= {("hub", doc["origin"][len(model.ELSEWHERE) :], base)} if str(doc.get("origin")).startswith(model.ELSEWHERE) else set()
    rows |= {("checked", str(doc["checked_on"])[:4], base)} if doc.get("checked_on") else set()
    for field in ctype.facets:
        value = doc["data"].get(field.name)
        value = True if field.type == "url" and value else value
        values = value if isinstance(value, list) else [] if value is None else [str(value).lower()]
        rows |= {(facet_key(ctype, field.name), v, max(base, AUDIENCES.index(field.audience))) for v in values}
    rows |= {(name, uid, base) for name, uid in ends}
    return [{"field": f, "value": v[:120], "level": level} for f, v, level in rows]
