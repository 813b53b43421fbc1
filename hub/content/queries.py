"""One query for every shape: the same names narrow pages, feeds, files and the API.

`parse` reads names and values (unknown names are ignored, a known one with a bad value is refused by name);
`run` answers ids, total, facet counts and the token of the next page, in a constant number of SQL queries.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext

from hub.content import topics
from hub.content.fields import YEARS
from hub.content.types import end_names, facet_key
from hub.hooks.here import hub
from hub.hooks.parts import ContentType, SearchPage
from hub.store.db import session

SORTS = ("new", "changed", "title", "checked", "near", "relevance", "date", "soon")
WHEN = ("now", "coming", "past")
COMMON = (
    "q", "topic", "place", "bbox", "near", "kind", "year", "checked", "lang", "hub", "status", "sort", "limit", "page", "after",
    "literal", "when", "from", "until", "country",
)  # fmt: skip
CORE_FACETS = ("topic", "country", "place", "year", "checked", "lang", "hub")
MAX_PAGE, PAGE_LIMIT, DATA_LIMIT, MAX_Q, MAX_GIVEN = 100, 100, 1000, 200, 100


class BadQuery(ValueError):
    """A known name with a value that means nothing; `name` is the name. Answered with 400 and these words."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


@dataclass(frozen=True)
class ListQuery:
    """A parsed list query. filters: facet → values (OR within, AND across). level: the reader's (0, 1, 2)."""

    kinds: tuple[str, ...]
    language: str
    level: int = 0
    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bbox: tuple[float, float, float, float] | None = None
    near: tuple[float, float] | None = None
    sort: str = "new"
    limit: int = 20
    page: int = 1
    after: str = ""
    literal: bool = False
    own: bool = False  # without what lives at other hubs
    when: str = ""  # now, coming or past, by begin and end in time
    since: dt.date | None = None  # what ends (without dates of its own: was published) on this day or later (`from`)
    until: dt.date | None = None  # what begins (or was published) on this day or earlier
    among: tuple[str, ...] = ()  # the kinds of a mixed list, of which `kind` chooses
    given: tuple[tuple[str, str], ...] = ()  # the known names and values as they were given, for links

    def link(self, **changes: Any) -> str:
        """The query string with some names replaced (None takes a name away); page and after start anew."""
        kept = [(n, v) for n, v in self.given if n not in changes and n not in ("page", "after")]
        for name, value in changes.items():
            if value is not None:
                kept += [(name, str(v)) for v in (value if isinstance(value, list | tuple) else [value])]
        return urlencode(kept)

    def toggled(self, name: str, value: str) -> str:
        """The query string with one facet value switched on or off."""
        kept = [(n, v) for n, v in self.given if n not in ("page", "after") and (n, v) != (name, value)]
        if (name, value) not in self.given:
            kept.append((name, value))
        return urlencode(kept)


@dataclass(frozen=True)
class Result:
    """What a query found. ids are the page; facets: name → value → count; next: token of the following page."""

    ids: list[int]
    total: int
    facets: dict[str, dict[str, int]]
    next: str = ""
    search: SearchPage | None = None
    everything: int = -1  # how many there are without any condition; -1: not counted


def known_names(types: Iterable[ContentType]) -> set[str]:
    """Every query name that means something for lists of these types."""
    found = set(COMMON)
    for ctype in types:
        found |= {f.name for f in ctype.facets} | end_names(ctype)
    return found


def parse(
    args: Iterable[tuple[str, str]], types: list[ContentType], language: str, level: int = 0, *,
    data: bool = False, default_sort: str = "",
) -> ListQuery:  # fmt: skip
    """Read a query. data: a data shape (larger limits). Raises BadQuery naming the name at fault."""
    names = known_names(types)
    told = [(n, v.strip()) for n, v in args if n in names and v.strip()]
    if len(told) > MAX_GIVEN:  # every link of a page names them all
        raise BadQuery(told[-1][0], gettext("at most %(limit)s conditions", limit=MAX_GIVEN))
    given = tuple(("place" if n == "country" else n, _usual(n, v, types)) for n, v in told)
    one = dict(reversed(given))
    kinds = tuple(t.kind for t in types)
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in given:
        if name in COMMON and name not in (*CORE_FACETS, "kind"):
            continue
        filters[name] = tuple(dict.fromkeys((*filters.get(name, ()), value)))
    own = len(types) == 1 and any(f.name == "kind" for f in types[0].facets) and types[0]
    if own and not {*filters.get("kind", ())} <= {own.kind, own.path}:
        filters[facet_key(types[0], "kind")] = filters.pop("kind")
    if "kind" in filters:
        kinds = _kinds(filters.pop("kind"), types)
    _check_filters(filters, types)
    query = ListQuery(
        kinds=kinds, among=tuple(t.kind for t in types) if len(types) > 1 else (), language=language, level=level,
        given=given, filters=filters,
        q=one.get("q", "").replace("\0", " ")[:MAX_Q], bbox=_bbox(one.get("bbox")), near=_near(one.get("near")),
        limit=_number("limit", one.get("limit"), 1, DATA_LIMIT if data else PAGE_LIMIT, 100 if data else 20),
        page=_number("page", one.get("page"), 1, MAX_PAGE, 1), after=one.get("after", ""),
        literal=one.get("literal") == "1", when=one.get("when", ""), since=_day("from", one), until=_day("until", one),
    )  # fmt: skip
    spanned, dated = query.since or query.until, bool(types) and all(t.dated for t in types)
    soon = query.when or (dated and (spanned or not data))
    default_sort = default_sort or ("soon" if soon else "date" if spanned else "new")
    sort = one.get("sort") or ("relevance" if query.q else "near" if query.near else default_sort)
    if one.get("status", "published") != "published":
        raise BadQuery("status", gettext("lists show what is published"))
    if query.when not in ("", *WHEN):
        raise BadQuery("when", _one_of(WHEN))
    if one.get("literal", "0") not in ("0", "1"):
        raise BadQuery("literal", _one_of("01"))
    if sort not in SORTS or (sort == "near" and not query.near):
        raise BadQuery("sort", gettext("one of %(known)s (near needs near=lat,lon)", known=", ".join(SORTS)))
    if len(one.get("q", "")) > MAX_Q:
        raise BadQuery("q", gettext("at most %(limit)s characters", limit=MAX_Q))
    if query.after:
        read_token(query.after)
    return replace(query, sort=sort if query.q or sort != "relevance" else "new")


def _usual(name: str, value: str, types: list[ContentType]) -> str:
    """A value in the form in which lists offer it, so that a condition can be taken away again."""
    if name == "topic":
        return topics.known_as(session(), [value])[0]
    if name in ("place", "country") and re.fullmatch(r"[A-Za-z]{2}", value):
        return value.upper()
    if name == "country":  # another word for place=, as the facet is called in JSON
        raise BadQuery("country", gettext("“%(value)s” is no value of it", value=value))
    if name == "kind" and len(types) > 1:
        return next((t.path for t in types if value == t.kind), value)
    return value


def _kinds(values: tuple[str, ...], types: list[ContentType]) -> tuple[str, ...]:
    known = {word: t.kind for t in reversed(types) for word in (t.kind, t.path)}
    if not known.keys() >= {*values}:
        raise BadQuery("kind", _one_of(t.path for t in types))
    return tuple(known[value] for value in values)


def _check_filters(filters: dict[str, tuple[str, ...]], types: list[ContentType]) -> None:
    for name in ("year", "checked"):
        if not all(re.fullmatch(r"\d{4}", year) for year in filters.get(name, ())):
            raise BadQuery(name, gettext("a year has four digits"))
    for code in filters.get("lang", ()):
        if code not in hub().settings.site.languages:
            raise BadQuery("lang", _one_of(hub().settings.site.languages))
    forms = {"topic": r"[\w-]{1,120}", "place": r"[\w-]{1,120}", "hub": r"[\w.-]{1,120}"}
    terms: dict[str, dict[str, None]] = {}
    called: dict[str, str] = {}
    for ctype in types:
        forms |= dict.fromkeys(end_names(ctype), r"[0-9a-f-]{36}")
        for facet in ctype.facets:
            if facet.type in ("choice", "choices"):
                key = facet_key(ctype, facet.name)
                called[key] = facet.name
                terms.setdefault(key, {}).update(dict.fromkeys(c.value for c in facet.choices))
            else:
                forms[facet.name] = r"[a-z]{2,3}" if facet.type == "languages" else "true|false"
    for name, values in filters.items():
        for value in values:
            if name in terms and value not in terms[name]:
                raise BadQuery(called[name], _one_of(terms[name]))
            if name in forms and name not in terms and not re.fullmatch(forms[name], value):
                raise BadQuery(name, gettext("“%(value)s” is no value of it", value=value))


def _one_of(known: Iterable[str]) -> str:
    return gettext("one of %(known)s", known=", ".join(known))


def _number(name: str, text: str | None, low: int, high: int, default: int) -> int:
    if not text:
        return default
    if not re.fullmatch(r"\d{1,6}", text) or not low <= int(text) <= high:
        raise BadQuery(name, gettext("a whole number from %(low)s to %(high)s", low=low, high=high))
    return int(text)


def _day(name: str, one: Mapping[str, str]) -> dt.date | None:
    if name not in one:
        return None
    with suppress(ValueError):
        if (day := dt.date.fromisoformat(one[name])).year in YEARS:
            return day
    raise BadQuery(name, gettext("a day such as 2026-11-20"))


def _floats(text: str) -> list[float]:
    """The numbers between the commas; none where one of them is none."""
    with suppress(ValueError):
        if all(map(math.isfinite, values := [float(part) for part in text.split(",")])):
            return values
    return []


def _bbox(text: str | None) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    match _floats(text):
        case [west, south, east, north] if -90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180:
            return west, south, east, north
    raise BadQuery("bbox", gettext("west,south,east,north in degrees"))


def _near(text: str | None) -> tuple[float, float] | None:
    if not text:
        return None
    match _floats(text):
        case [lat, lon] if -90 <= lat <= 90 and -180 <= lon <= 180:
            return lat, lon
    raise BadQuery("near", gettext("lat,lon in degrees"))


def in_bbox(query: ListQuery, lat: float, lon: float) -> bool:
    """Whether a point lies in the query's part of the map (everywhere where it names none)."""
    if query.bbox is None:
        return True
    west, south, east, north = query.bbox
    inside = west <= lon <= east if west <= east else lon >= west or lon <= east
    return inside and south <= lat <= north


def token_of(last: tuple[int, Any]) -> str:
    value = last[1].isoformat() if hasattr(last[1], "isoformat") else last[1]
    return base64.urlsafe_b64encode(json.dumps([value, last[0]]).encode()).decode().rstrip("=")


def read_token(token: str) -> tuple[Any, int]:
    try:
        value, number = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if isinstance(value, bool) or not 0 <= (number := int(number)) < 2**63:
            raise ValueError
        return value, number
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadQuery("after", gettext("take it from `next` of the page before, with the same order")) from None


def typed_token(token: str, kind: Any) -> tuple[Any, int]:
    """A token whose value is of the kind that the order needs."""
    value, number = read_token(token)
    try:
        if kind in (dt.date, dt.datetime):
            value = kind.fromisoformat(value)
        elif kind is float and isinstance(value, int):
            value = float(value)
        fits = isinstance(value, kind) and (kind is not int or 0 < value < 10**6)
        if not fits or (kind is dt.datetime and value.tzinfo is None) or (kind is float and not math.isfinite(value)):
            raise ValueError
        return value, number
    except (ValueError, TypeError, OverflowError):
        raise BadQuery("after", gettext("take it from `next` of the page before, with the same order")) from None
