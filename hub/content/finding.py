"""What a query finds: ids, total and facet counts, in a constant number of SQL queries; words go to the search engine."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache

from hub.content import topics
from hub.content.model import Content, ContentFacet, ContentPlace, ContentText
from hub.content.queries import ListQuery, Result, token_of, typed_token
from hub.content.texts import fold
from hub.content.types import end_names
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, SearchPage, SearchQuery
from hub.store.db import now
from hub.store.state import version

SPINE = Content.__table__.c


def run(db: Session, query: ListQuery, *, facets: bool = True) -> Result:
    """Answer a query for published items that this reader may see."""
    query = _open(db, query)
    if query.q:
        found = _search(db, query)
        if found is not None:
            return found
    base = _matching(db, query, query.filters)
    total, everything, counts = _counts(db, query, facets)
    ids = _page(db, query, base)
    more = len(ids) > query.limit
    ids = ids[: query.limit]
    return Result([i for i, _ in ids], total, counts, _token(query, ids) if more else "", everything=everything)


def _search(db: Session, query: ListQuery) -> Result | None:
    """Ask the search engine; it knows words and order, the database knows other orders, the map and time."""
    ranked, number = query.sort == "relevance", query.page
    if query.after and ranked:  # ranks have no keys: `next` names a page
        number = typed_token(query.after, int)[0]
    page = hub().hooks.ask("search", query=SearchQuery(
        text=query.q, language=query.language, languages=tuple(hub().settings.site.languages), kinds=query.kinds,
        filters=query.filters, level=query.level, literal=query.literal,
        limit=query.limit if ranked else 100_000, offset=(number - 1) * query.limit if ranked else 0,
        concepts=topics.words(db), within=_within_map_and_time(db, query),
    ))  # fmt: skip
    if not isinstance(page, SearchPage):
        return None
    ids = [hit.content_id for hit in page.hits]
    facets = _readable(db, query, {k: dict(v) for k, v in page.facets.items()})
    if ranked:
        following = token_of((0, number + 1)) if page.total > number * query.limit else ""
        return Result(ids, page.total, facets, following, page)
    each = sa.func.json_each(sa.literal(dict.fromkeys(ids, 0), sa.JSON)).table_valued("key").c.key  # a statement takes few parameters
    kept = _page(db, query, sa.select(SPINE.id).where(SPINE.id.in_(sa.select(sa.cast(each, sa.BigInteger)))))
    shown = [i for i, _ in kept[: query.limit]]
    following = _token(query, kept[: query.limit]) if len(kept) > query.limit else ""
    return Result(shown, page.total, facets, following, page)


def _within_map_and_time(db: Session, query: ListQuery) -> frozenset[int] | None:
    """What engines cannot know, so that their order, total and counts obey it too."""
    if query.bbox is None and not _is_dated(query):
        return None
    chosen = sa.select(SPINE.id).where(SPINE.status == "published", SPINE.kind.in_(query.kinds), *_in_time(query))
    return frozenset(db.scalars(chosen.where(_in_box(query.bbox)) if query.bbox else chosen))


def locations(db: Session, query: ListQuery, result: Result) -> tuple[int, int]:
    """(places, items without a place) over everything that matches, not only the page at hand."""
    query = _open(db, query)
    if result.search is None:
        return _located(db, query, _matching(db, query, query.filters), result.total)
    counts = [_located(db, query, ids, len(ids)) for ids in matching(db, query)]
    return sum(places for places, _ in counts), sum(without for _, without in counts)


def matching(db: Session, query: ListQuery) -> list[Any]:
    """What `content_id.in_(…)` takes, one after the other: everything that matches, not only the page at hand."""
    query = _open(db, query)
    found = _search(db, replace(query, sort="new", limit=100_000, page=1, after="")) if query.q else None
    if found is None:
        return [_matching(db, query, query.filters)]
    return [found.ids[n : n + 5000] for n in range(0, len(found.ids), 5000)]


def _located(db: Session, query: ListQuery, chosen: Any, items: int) -> tuple[int, int]:
    place = ContentPlace
    counted = sa.select(sa.func.count(), sa.func.count(sa.distinct(place.content_id))).where(
        place.content_id.in_(chosen), place.lat.is_not(None)
    )
    if query.bbox:
        counted = counted.where(_within(query.bbox))
    places, located = db.execute(counted).one()
    return places, items - located


def _matching(db: Session, query: ListQuery, filters: Mapping[str, tuple[str, ...]]) -> sa.Select[Any]:
    """Select ids of published items matching everything but order and page."""
    chosen = sa.select(SPINE.id).where(SPINE.status == "published", SPINE.kind.in_(query.kinds))
    if query.level < 2:
        chosen = chosen.where(SPINE.audience.in_(AUDIENCES[: query.level + 1]))
    for name, values in filters.items():
        chosen = chosen.where(_has(name, values, query.level))
    if query.bbox:
        chosen = chosen.where(_in_box(query.bbox))
    chosen = chosen.where(*_in_time(query))
    if query.own:
        theirs = sa.select(ContentFacet.content_id).where(ContentFacet.kind.in_(query.kinds), ContentFacet.field == "hub")
        chosen = chosen.where(SPINE.id.not_in(theirs))
    for word in fold(query.q).split():
        like = ContentText.folded.contains(word, autoescape=True)
        chosen = chosen.where(sa.exists().where(ContentText.content_id == SPINE.id, ContentText.status == "live", like))
    return chosen


def _is_dated(query: ListQuery) -> bool:
    return bool(query.when or query.since or query.until)


ENDS = sa.func.coalesce(SPINE.ends_at, SPINE.starts_at)
FIRST, LAST = sa.func.coalesce(SPINE.starts_at, SPINE.published), sa.func.coalesce(ENDS, SPINE.published)  # as `year` has it


def _in_time(query: ListQuery) -> list[sa.ColumnElement[bool]]:
    """What the query asks of begin and end; a day is a day in the site's zone."""
    zone, moment = ZoneInfo(hub().settings.site.timezone), now()
    found: list[sa.ColumnElement[bool]] = []
    if query.when == "now":
        found = [SPINE.starts_at <= moment, moment < ENDS]
    elif query.when:
        found = [SPINE.starts_at > moment if query.when == "coming" else moment >= ENDS]
    if query.since:
        found.append(dt.datetime.combine(query.since, dt.time(), zone) <= LAST)
    if query.until:
        found.append(dt.datetime.combine(query.until, dt.time(), zone) + dt.timedelta(days=1) > FIRST)
    return found


def _token(query: ListQuery, ids: list[tuple[int, Any]]) -> str:
    """What `next` says: the last item's place in the order; a page where the order has two directions."""
    if query.sort != "soon":
        return token_of(ids[-1])
    return token_of((0, 1 + (typed_token(query.after, int)[0] if query.after else query.page)))


def _soon(query: ListQuery, base: sa.Select[Any]) -> sa.Select[Any]:
    """What goes on or comes first, the next one first; then what is over, the last one first."""
    number = typed_token(query.after, int)[0] if query.after else query.page
    over: Any = sa.case((now() < ENDS, 0), else_=1)
    chosen = base.with_only_columns(SPINE.id, SPINE.starts_at)
    order = (over, sa.case((over == 0, SPINE.starts_at)), SPINE.starts_at.desc().nulls_last(), SPINE.id)
    return chosen.order_by(*order).limit(query.limit + 1).offset((number - 1) * query.limit)


def _has(name: str, values: tuple[str, ...], level: int) -> sa.ColumnElement[bool]:
    facet = ContentFacet
    if name == "place":
        countries = [v for v in values if len(v) == 2 and v.isupper()]
        slugs = [v for v in values if v not in countries]
        wanted = sa.or_(
            sa.and_(facet.field == "country", facet.value.in_(countries)), sa.and_(facet.field == "place", facet.value.in_(slugs))
        )
    else:
        wanted = sa.and_(facet.field == name, facet.value.in_(values))
    return SPINE.id.in_(sa.select(facet.content_id).where(wanted, facet.level <= level))


def _in_box(bbox: tuple[float, float, float, float] | None) -> sa.ColumnElement[bool]:
    assert bbox is not None
    return SPINE.id.in_(sa.select(ContentPlace.content_id).where(_within(bbox)))


def _within(bbox: tuple[float, float, float, float]) -> sa.ColumnElement[bool]:
    west, south, east, north = bbox
    across: sa.ColumnElement[bool] = ContentPlace.lon.between(west, east)
    if west > east:  # over the antimeridian
        across = sa.or_(ContentPlace.lon >= west, ContentPlace.lon <= east)
    return sa.and_(ContentPlace.lat.between(south, north), across)


Counts = tuple[int, int, dict[str, dict[str, int]]]  # total, the number without any condition (-1: not asked), facets


def _counts(db: Session, query: ListQuery, facets: bool) -> Counts:
    memory = current_app.extensions.setdefault("hub_counts", LRUCache(2000))
    filters = tuple(sorted(query.filters.items()))
    dates = (query.when, query.since, query.until, query.own)
    key = (version(db), query.kinds, query.among, query.level, fold(query.q), filters, query.bbox, facets, *dates)
    known = memory.get(key)
    if known is None:
        known = _count(db, query, facets)
        memory[key] = known
    return known


def _count(db: Session, query: ListQuery, facets: bool) -> Counts:
    """Everything that is counted for a page, in one statement."""
    base = _matching(db, query, query.filters)
    if not facets:
        return db.scalar(sa.select(sa.func.count()).select_from(base.subquery())) or 0, -1, {}
    plain = ListQuery(query.kinds, query.language, query.level)
    parts = [_total(0, base), _total(1, _matching(db, plain, {})), _group(2, query, base, ())]
    own: list[tuple[str, ...]] = []
    for name in query.filters:  # its own group stays selectable: counted without itself
        others = {n: v for n, v in query.filters.items() if n != name}
        own.append(("country", "place") if name == "place" else (name,))
        parts.append(_group(2 + len(own), query, _matching(db, query, others), own[-1]))
    if query.among:
        every = _matching(db, replace(query, kinds=query.among), query.filters).with_only_columns(SPINE.kind).subquery()
        own.append(("kind",))
        parts.append(_by_kind(2 + len(own), every))
    rows = sa.union_all(*parts).subquery()
    groups: list[Any] = [{} for _ in parts]
    for part, name, value, number in db.execute(sa.select(rows).order_by(rows.c.number.desc(), rows.c.value)):
        groups[part].setdefault(name, {})[value] = number
    found = groups[2]
    for fields, counted in zip(own, groups[3:], strict=True):
        found.update({f: {} for f in fields} | counted)
    return groups[0][""][""], groups[1][""][""], found


def _total(part: int, chosen: sa.Select[Any]) -> sa.Select[Any]:
    empty = sa.literal("", sa.String(120))
    counted: Any = sa.select(sa.literal(part).label("part"), empty.label("field"), empty.label("value"), sa.func.count().label("number"))
    return counted.select_from(chosen.subquery())


def _by_kind(part: int, chosen: sa.Subquery) -> sa.Select[Any]:
    counted: Any = sa.select(sa.literal(part), sa.literal("kind", sa.String(120)), chosen.c.kind, sa.func.count())
    return counted.group_by(chosen.c.kind)


def _readable(db: Session, query: ListQuery, counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Facets of relations without the items at their other end that are not this reader's to see (or switched off)."""
    names = _leading(query) & counts.keys()
    seen = _seen(db, query, [uid for name in names for uid in counts[name]])
    return counts | {name: {uid: count for uid, count in counts[name].items() if uid in seen} for name in names}


def _open(db: Session, query: ListQuery) -> ListQuery:
    """The query without the ends of relations that are not this reader's to see: knowing a uid must tell nothing."""
    names = _leading(query) & query.filters.keys()
    seen = _seen(db, query, [uid for name in names for uid in query.filters[name]])
    left = {name: tuple(uid for uid in query.filters[name] if uid in seen) or ("",) for name in names}
    return replace(query, filters={**query.filters, **left}) if names else query


def _leading(query: ListQuery) -> set[str]:
    """The facets whose values are other items."""
    return {name for kind in query.kinds if (t := hub().types.get(kind)) for name in end_names(t)}


def _seen(db: Session, query: ListQuery, uids: list[str]) -> set[str]:
    """Those of the items that are published, of a kind that is on, and this reader's to see."""
    seen: set[str] = set()
    for n in range(0, len(uids), 5000):
        seen |= set(db.scalars(sa.select(SPINE.uid).where(SPINE.uid.in_(uids[n : n + 5000]), *_open_to(query))))
    return seen


def _open_to(query: ListQuery) -> list[sa.ColumnElement[bool]]:
    return [SPINE.status == "published", SPINE.kind.in_(hub().types.kinds()), SPINE.audience.in_(AUDIENCES[: query.level + 1])]


def _group(part: int, query: ListQuery, base: sa.Select[Any], fields: tuple[str, ...]) -> sa.Select[Any]:
    facet = ContentFacet
    grouped: Any = (
        sa.select(sa.literal(part), facet.field, facet.value, sa.func.count())
        .where(facet.kind.in_(query.kinds), facet.level <= query.level)
        .group_by(facet.field, facet.value)
    )
    if leading := _leading(query):  # as `_readable` has it
        there = sa.exists().where(SPINE.uid == facet.value, *_open_to(query))
        grouped = grouped.having(sa.or_(facet.field.not_in(leading), there))
    if fields:
        grouped = grouped.where(facet.field.in_(fields))
    if query.filters or query.q or query.bbox or _is_dated(query):
        grouped = grouped.where(facet.content_id.in_(base))
    return grouped


_ORDERS: dict[str, Any] = {
    "new": SPINE.published, "changed": SPINE.updated, "date": FIRST,
    "checked": sa.func.coalesce(SPINE.checked_on, sa.literal(dt.date(1, 1, 1))),
}  # fmt: skip


def _page(db: Session, query: ListQuery, base: sa.Select[Any]) -> list[tuple[int, Any]]:
    """One more than a page of (id, sort value); by `after` (keyset) or by page number."""
    if query.sort == "soon":
        return [(row[0], row[1]) for row in db.execute(_soon(query, base))]
    descending = True
    if query.sort == "title":
        mine = sa.select(ContentText.sort_title).where(
            ContentText.content_id == SPINE.id, ContentText.lang == query.language, ContentText.status == "live"
        ).scalar_subquery()  # fmt: skip
        other = sa.select(sa.func.min(ContentText.sort_title)).where(
            ContentText.content_id == SPINE.id, ContentText.status == "live"
        ).scalar_subquery()  # fmt: skip
        order: Any = sa.func.coalesce(mine, other)
        descending = False
    elif query.sort == "near" and query.near:
        order, descending = _distance(query.near), False
    else:
        order = _ORDERS.get(query.sort, _ORDERS["new"])
    tie = SPINE.id.desc() if descending else SPINE.id.asc()
    chosen = base.with_only_columns(SPINE.id, order.label("sort_value"))
    chosen = chosen.order_by(order.desc() if descending else order.asc(), tie).limit(query.limit + 1)
    if query.after:
        value, number = typed_token(query.after, {"title": str, "near": float, "checked": dt.date}.get(query.sort, dt.datetime))
        beyond = order < value if descending else order > value
        same = sa.and_(order == value, SPINE.id < number if descending else SPINE.id > number)
        chosen = chosen.where(sa.or_(beyond, same))
    else:
        chosen = chosen.offset((query.page - 1) * query.limit)
    return [(row[0], row[1]) for row in db.execute(chosen)]


def _distance(near: tuple[float, float]) -> Any:
    """A good enough order by distance: squared degrees, longitudes shrunk by latitude; far away without a place."""
    lat, lon = near
    shrink = math.cos(math.radians(lat)) ** 2
    east: Any = sa.func.abs(ContentPlace.lon - lon)
    east = sa.case((east > 180, 360 - east), else_=east)  # the short way round
    away = (ContentPlace.lat - lat) * (ContentPlace.lat - lat) + shrink * east * east
    nearest = sa.select(sa.func.min(away)).where(ContentPlace.content_id == SPINE.id).scalar_subquery()
    return sa.func.coalesce(nearest, 1e9)
