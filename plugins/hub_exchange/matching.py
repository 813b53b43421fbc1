"""Which offers fit a need, and which needs an offer; and why, in words. Computed when it is asked for: nothing grows stale.

A match is of the other direction and the same sort, in reach, at a time that both have, in a language that both have. Only
public entries take part. The work is bounded: at most `ROUTE` candidates each by topic, by nearness and online.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from babel.dates import format_interval
from flask_babel import format_date, get_locale, gettext

from hub.api import Content, Item, items, now, session
from hub_exchange.days import zone
from hub_exchange.listing import NEED, OFFER

ROUTE, SHOWN = 200, 6
USUAL, FARTHEST = 25, 100  # km: where nothing is said, and the widest choice
LONG = 62  # days; that both have time for longer than this says nothing
Point = tuple[float, float]


@dataclass(frozen=True)
class Entry:
    """What is compared of a listing."""

    id: int
    online: bool
    reach: int
    spots: tuple[Point, ...]
    languages: frozenset[str]
    start: dt.datetime | None
    end: dt.datetime | None
    keepers: frozenset[str]
    topics: frozenset[str]
    chain: frozenset[str]  # with the broader ones


@dataclass(frozen=True)
class Match:
    """A listing that fits another one. why: the reasons, in the language of the item."""

    item: Item
    why: str


def of(item: Item, most: int = SHOWN) -> list[Match]:
    """What fits a listing, the best first. item: loaded with links or without, in the reader's language."""
    if item.kind != "listing" or item.status != "published" or item.row.audience != "public":
        return []
    mine = _entries([item.id]).get(item.id)
    if mine is None:
        return []
    others = _entries(_candidates(item, mine)).values()
    scored = [(score, entry) for entry in others if (score := _score(mine, entry)) > 0]
    scored.sort(key=lambda pair: (-pair[0], -pair[1].id))
    best = {entry.id: entry for _, entry in scored[:most]}
    shown = items.load(list(best), item.asked)
    return [Match(other, ", ".join(reasons(mine, best[other.id], item.asked))) for other in shown]


# -- candidates -----------------------------------------------------------------------------------------------------------


def _candidates(item: Item, mine: Entry) -> list[int]:
    """All that may fit: three questions at most, each with an end, the nearest first where it has a place, else the newest."""
    place, topic = items.ContentPlace, items.ContentTopic
    there = sa.and_(place.content_id == Content.id, place.n == 0)  # a listing has one place, or none
    order: list[Any] = [Content.published.desc(), Content.id.desc()]
    if mine.spots:
        order.insert(0, sa.func.coalesce(_away(mine.spots[0]), 1e9))
    wanted = sa.select(Content.id).outerjoin(place, there).where(
        *_standing(), Content.id != item.id, Content.data["kind"].as_string() == str(item.value("kind")),
        Content.data["direction"].as_string() == (OFFER if item.value("direction") == NEED else NEED),
    ).order_by(*order).limit(ROUTE)  # fmt: skip
    routes: list[sa.ColumnElement[bool]] = []
    if mine.topics:
        kin = [c.id for c in items.concepts() if c.slug in mine.chain or not mine.topics.isdisjoint(c.chain)]
        routes.append(Content.id.in_(sa.select(topic.content_id).where(topic.topic_id.in_(kin))))
    if mine.spots:
        routes.append(_within(_box(mine.spots[0])))
    if mine.online:
        routes.append(Content.data["online"].as_boolean().is_(True))
    return list(dict.fromkeys(number for route in routes for number in session().scalars(wanted.where(route))))


def _standing() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions: a public listing that is not over."""
    return (
        Content.kind == "listing", Content.status == "published", Content.audience == "public",
        sa.or_(Content.ends_at.is_(None), Content.ends_at >= now()),
    )  # fmt: skip


def _away(spot: Point) -> sa.ColumnElement[Any]:
    """Good enough to put the nearest first: squared degrees, those of longitude shrunk, the short way round."""
    place, shrink = items.ContentPlace, math.cos(math.radians(spot[0])) ** 2
    east: sa.ColumnElement[Any] = sa.func.abs(place.lon - spot[1])
    east = sa.case((east > 180, 360 - east), else_=east)
    return (place.lat - spot[0]) * (place.lat - spot[0]) + shrink * east * east


def _within(box: tuple[float, float, float, float]) -> sa.ColumnElement[bool]:
    (west, south, east, north), place = box, items.ContentPlace
    beyond = sa.or_(place.lon >= west, place.lon <= east) if west > east else place.lon.between(west, east)
    return sa.and_(place.lat.between(south, north), beyond)


def _box(spot: Point) -> tuple[float, float, float, float]:
    """The part of the map around a point in which something can be in reach, over the antimeridian where it must."""
    up = FARTHEST / 111.0
    along = min(179.9, up / max(0.01, math.cos(math.radians(spot[0]))))
    west, east = ((spot[1] + side + 180) % 360 - 180 for side in (-along, along))
    return west, max(-90.0, spot[0] - up), east, min(90.0, spot[0] + up)


def _entries(ids: Sequence[int]) -> dict[int, Entry]:
    """What is compared, of those that are public and not over."""
    columns = (Content.id, Content.data, Content.starts_at, Content.ends_at, Content.owner_id, Content.author_id)
    rows = session().execute(sa.select(*columns).where(Content.id.in_(ids), *_standing())).all()
    known = [row.id for row in rows]
    place, topic, link = items.ContentPlace, items.ContentTopic, Content.links.property.mapper.class_
    spots = _many(sa.select(place.content_id, place.lat, place.lon).where(place.content_id.in_(known), place.lat.is_not(None)))
    topics = _many(sa.select(topic.content_id, topic.topic_id).where(topic.content_id.in_(known)))
    whose = (link.from_id.in_(known), link.relation.in_(("by", "initiative")))
    ends = _many(sa.select(link.from_id, link.to_id).where(*whose))
    concepts = {concept.id: concept for concept in items.concepts()}
    found = {}
    for row in rows:
        own = [concepts[number] for (number,) in topics.get(row.id, ()) if number in concepts]
        found[row.id] = Entry(
            row.id, bool(row.data.get("online")), int(row.data.get("radius") or USUAL),
            tuple((float(lat), float(lon)) for lat, lon in spots.get(row.id, ())),
            frozenset(row.data.get("languages") or ()), row.starts_at, row.ends_at,
            _keepers(row, [number for (number,) in ends.get(row.id, ())]),
            frozenset(concept.slug for concept in own), frozenset(slug for concept in own for slug in concept.chain),
        )  # fmt: skip
    return found


def _many(query: sa.Select[*tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """The rest of each row under its first column."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for first, *rest in session().execute(query):
        found.setdefault(first, []).append(tuple(rest))
    return found


def _keepers(row: Any, ends: list[int]) -> frozenset[str]:
    """Whose it is: the organisations and initiatives it names, else its address, else who wrote it (an editor who writes for
    many names theirs)."""
    named = {f"item {number}" for number in (*ends, row.owner_id) if number}
    if not named and row.data.get("answers"):
        named = {str(row.data["answers"]).lower()}
    return frozenset(named or ({f"user {row.author_id}"} if row.author_id else ()))


# -- how well -------------------------------------------------------------------------------------------------------------


def _score(mine: Entry, theirs: Entry) -> float:
    """How well two fit; 0: they do not."""
    if mine.keepers & theirs.keepers:
        return 0.0  # nobody needs to be told of what they offer themselves
    if mine.languages and theirs.languages and not mine.languages & theirs.languages:
        return 0.0
    if not _together(mine, theirs):
        return 0.0
    away, online = distance(mine, theirs), mine.online and theirs.online
    topical, reach = bool(shared(mine, theirs)), max(mine.reach, theirs.reach)
    if away is not None and away > reach and not online:
        return 0.0
    near = away is not None and away <= reach
    if not (topical or near or online):
        return 0.0
    closeness = 1 + 2 * (1 - away / reach) if away is not None and near else 0.0
    exact = bool(mine.topics & theirs.topics)
    return 2 * topical + exact + closeness + 1.5 * online + 1.0 * (overlap(mine, theirs) is not None)


def shared(a: Entry, b: Entry) -> frozenset[str]:
    """The topics that one has and the other has or stands under. Two under one broad topic share nothing: "environment" is
    no reason to send seedlings to who asks about compost."""
    return (a.topics & b.chain) | (b.topics & a.chain)


def _together(a: Entry, b: Entry) -> bool:
    """Whether there is a time that both have; an open end is always."""
    return not (a.end and b.start and a.end < b.start) and not (b.end and a.start and b.end < a.start)


def overlap(a: Entry, b: Entry) -> tuple[dt.date, dt.date] | None:
    """The days that both have, where that is short enough to say something."""
    starts, ends = [m for m in (a.start, b.start) if m], [m for m in (a.end, b.end) if m]
    if not (starts and ends and (a.start or a.end) and (b.start or b.end)):
        return None
    first, last = (moment.astimezone(zone()).date() for moment in (max([*starts, now()]), min(ends)))
    return (first, last) if first <= last and (last - first).days <= LONG else None


def distance(a: Entry, b: Entry) -> float | None:
    """The least way between their places in kilometres; None where one has none."""
    return min((_way(one, other) for one in a.spots for other in b.spots), default=None)


def _way(a: Point, b: Point) -> float:
    north, east, north2, east2 = (math.radians(degree) for degree in (*a, *b))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(half)))


# -- why ------------------------------------------------------------------------------------------------------------------


def reasons(mine: Entry, theirs: Entry, language: str) -> list[str]:
    """Why two fit, in words, the weightiest first."""
    found = []
    if names := _topic_names(shared(mine, theirs), language):
        found.append(gettext("same topic: %(names)s", names=" · ".join(names)))
    away = distance(mine, theirs)
    if away is not None and away <= max(mine.reach, theirs.reach):
        found.append(gettext("less than 1 km away") if away < 1 else gettext("%(km)s km away", km=round(away)))
    if mine.online and theirs.online:
        found.append(gettext("both can be online"))
    if days := overlap(mine, theirs):
        found.append(_when(*days))
    if mine.languages & theirs.languages:
        spoken = get_locale()
        names = [
            spoken.languages.get(code, code) if spoken else code for code in sorted(mine.languages & theirs.languages)
        ]
        found.append(gettext("language: %(names)s", names=" · ".join(names)))
    return found


def _topic_names(slugs: frozenset[str], language: str) -> list[str]:
    """The narrowest of these topics, by name."""
    named = [concept for concept in items.concepts() if concept.slug in slugs] if slugs else []
    broader = {slug for concept in named for slug in concept.chain if slug != concept.slug}
    return [concept.name(language) for concept in named if concept.slug not in broader][:2]


def _when(first: dt.date, last: dt.date) -> str:
    """A month where the days lie in one and fill most of it, else the days."""
    if (first.year, first.month) == (last.year, last.month) and (last - first).days > 20:
        return gettext("both in %(month)s", month=format_date(first, "LLLL"))
    return gettext("both on %(days)s", days=format_interval(first, last, "MMMd", locale=get_locale() or "en"))
