"""What can be followed: topics, places, organisations, searches; how each is called, and which items belong to it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from babel.dates import format_date

from hub.api import Item, ListQuery, content_type, gettext, items, session
from hub_notices.models import Follow

WHAT = ("topic", "place", "partner", "search")
NAMES = ("q", "topic", "place", "lang", "kind", "literal", "bbox", "partner", "year", "checked", "from", "until")  # of any search
Subject = tuple[str, str]
Box = tuple[float, float, float, float]


def of_item(item: Item) -> list[Subject]:
    """What a reader of an item may want to follow: itself or its organisations, its topics, its place."""
    partners = [item.uid] if item.kind == "partner" else []
    partners += [end.uid for ends in item.links.values() for end in ends if end.kind == "partner"]
    found = [("partner", uid) for uid in dict.fromkeys(partners)]
    found += [("topic", topic.slug) for topic in item.topics]
    return found + [("place", place.slug) for place in item.places if place.slug][:3]


def of_list(path: str, pairs: Sequence[tuple[str, str]]) -> list[Subject]:
    """What a reader of a list may want to follow: this search; a topic or a place named in it on the whole site."""
    known, checks = _names(path), {"bbox": box_of, "from": day_of, "until": day_of}
    kept = sorted({(name, value.strip()[:200]) for name, value in pairs
                   if name in known and value.strip() and checks.get(name, bool)(value.strip())})
    found = [("topic", value) for name, value in kept if name == "topic"]
    found += [("place", value) for name, value in kept if name == "place"]
    search = f"{path}?{urlencode(kept)}"
    return ([("search", search)] if (kept or path != "search") and len(search) <= 400 else []) + found


def label(subject: Subject, language: str) -> str:
    """How a subject is called; empty for one that is not (any more) on the site."""
    what, value = subject
    if what == "topic":
        found = next((c for c in items.concepts() if c.slug == value), None)
        return gettext("topic: %(name)s", name=found.name(language)) if found else ""
    if what == "place":
        return gettext("place: %(name)s", name=_place(value, language)) if value else ""
    if what == "partner":
        content = items.get("partner", value)
        shown = items.load([content.id], language) if content and content.status == "published" else []
        return shown[0].title if shown and content is not None and content.audience == "public" else ""
    return _search_label(value, language) if what == "search" else ""


def _place(slug: str, language: str) -> str:
    """A place's name, taken from an item that has it; a country's code as it is."""
    for ctype in items.types():
        for item in items.newest(ctype.kind, 1, place=slug):
            return next((place.name(language) for place in item.places if slug in (place.slug, place.country)), slug)
    return slug.replace("-", " ")


def _search_label(value: str, language: str) -> str:
    path, _, query = value.partition("?")
    ctype = items.type_at(path)
    if path != "search" and ctype is None:
        return ""
    where = str(ctype.plural) if ctype else gettext("the whole site")
    parts = []
    for name, word in parse_qsl(query):
        if name == "q":
            parts.append(f"“{word}”" if language != "ru" else f"«{word}»")
        elif name == "topic":
            parts.append(next((c.name(language) for c in items.concepts() if c.slug == word), word))
        elif name == "place":
            parts.append(_place(word, language))
        elif name == "bbox":
            parts.append(_area(word, language))
        elif name == "kind" and ctype is None:
            parts.append(next((str(t.plural) for t in items.types() if word in (t.kind, t.path)), word))
        elif name in ("from", "until"):
            day = format_date(day_of(word), "d MMMM y", locale=language) if day_of(word) else word
            parts.append(gettext("not before %(day)s", day=day) if name == "from" else gettext("not after %(day)s", day=day))
        elif name == "partner":
            parts.append(label(("partner", word), language))
        elif name != "literal":
            parts.append(_value_label(ctype, name, word))
    said = ", ".join(part for part in parts if part)
    return gettext("search in %(where)s: %(words)s", where=where, words=said) if said else where


def box_of(text: str) -> Box | None:
    """west,south,east,north in degrees, east of the antimeridian smaller than west; None for anything else."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    fits = abs(west) <= 180 and abs(east) <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if fits else None


def day_of(text: str) -> dt.date | None:
    """A day such as 2026-11-29; None for anything else."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _area(text: str, language: str) -> str:
    """What a part of the map is called: by the places that most of its entries name, else by its middle."""
    box = box_of(text)
    if box is None:
        return ""
    kinds = tuple(ctype.kind for ctype in items.types() if ctype.places != "none")
    found = items.load(items.find(ListQuery(kinds, language, bbox=box, limit=50)).ids, language)
    inside = (place.name(language) for item in found for place in item.places if _inside(place, box))
    names = Counter(name for name in inside if name)
    if names:
        return gettext("around %(places)s", places=", ".join(name for name, _count in names.most_common(2)))
    west, south, east, north = box
    middle = (west + (east - west) % 360 / 2 + 180) % 360 - 180
    return gettext("around %(places)s", places=f"{(south + north) / 2:.2f}, {middle:.2f}")


def _inside(place: Any, box: Box) -> bool:
    west, south, east, north = box
    if place.lat is None or not south <= place.lat <= north:
        return False
    return west <= place.lon <= east if west <= east else place.lon >= west or place.lon <= east


def _value_label(ctype: Any, name: str, value: str) -> str:
    field = ctype.field(name) if ctype else None
    return next((str(c.label) for c in field.choices if c.value == value), value) if field else value


def query_of(value: str, language: str, level: int) -> ListQuery | None:
    """A followed search as a query of lists; None where its list is not on the site any more."""
    path, _, query = value.partition("?")
    ctype = items.type_at(path) if path != "search" else None
    if path != "search" and ctype is None:
        return None
    types = [ctype] if ctype else items.types()
    pairs, known = parse_qsl(query), _names(path)
    filters: dict[str, tuple[str, ...]] = {}
    asked = {word for name, word in pairs if name == "kind" and ctype is None}
    kinds = tuple(t.kind for t in types if asked & {t.kind, t.path}) or tuple(t.kind for t in types)
    for name, word in pairs:
        if name == "kind" and ctype is None:
            continue
        if name in known and name not in ("q", "literal", "bbox", "from", "until"):
            key = f"{ctype.kind}_kind" if ctype and name == "kind" else name
            filters[key] = (*filters.get(key, ()), word)
    one = dict(pairs)
    return ListQuery(
        kinds, language, level, q=one.get("q", "")[:200], filters=filters, literal=one.get("literal") == "1",
        bbox=box_of(one.get("bbox", "")), since=day_of(one.get("from", "")), until=day_of(one.get("until", "")),
    )  # fmt: skip


def _names(path: str) -> set[str]:
    """The names that mean something in the query of a list (pages and orders left out)."""
    ctype = items.type_at(path)
    own = {f.name for f in ctype.facets} | {r.name for r in ctype.relations if r.facet} if ctype else set()
    return {*NAMES, *own} - ({"kind"} if ctype and "kind" not in own else set())


def belonging(follow: Follow, language: str, level: int, among: Any) -> dict[int, dt.datetime]:
    """What belongs to a subject, as far as a reader of this level may see it. among: a statement of ids and times, of which these are."""
    if follow.what == "search":
        query = query_of(follow.value, language, level)
    else:
        kinds = tuple(ctype.kind for ctype in items.types())
        query = ListQuery(kinds, language, level, filters={follow.what: (follow.value,)})
    number = among.selected_columns[0]
    parts = items.matching(query) if query else []
    return {row[0]: row[1] for part in parts for row in session().execute(among.where(number.in_(part)))}


def is_known(kind: str) -> bool:
    """Whether items of a kind are told of: those that stand in the menu."""
    ctype = content_type(kind)
    return ctype is not None and ctype.navigation
