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
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_interval
from flask_babel import format_date, get_babel, get_locale, gettext

from hub.api import Content, Item, ListQuery, items, now, session
from hub_exchange.listing import NEED, OFFER

ROUTE, SHOWN = 200, 6
USUAL, FARTHEST = 25, 100  # km: where nothing is said, and at most
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
    keeper: tuple[int | None, int | None]


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
    topical, others = _candidates(item, mine)
    scored = []
    for entry in _entries([n for n in others if n != item.id]).values():
        score = _score(mine, entry, entry.id in topical)
        if score > 0:
            scored.append((score, entry))
    scored.sort(key=lambda pair: (-pair[0], -pair[1].id))
    best = {entry.id: entry for _, entry in scored[:most]}
    return [
        Match(other, ", ".join(reasons(item, other, mine, best[other.id])))
        for other in items.load(list(best), item.asked)
    ]


# -- candidates -----------------------------------------------------------------------------------------------------------


def _candidates(item: Item, mine: Entry) -> tuple[set[int], list[int]]:
    """(those that share a topic, all that may fit): three questions to the indexes, each with an end."""
    same = {
        "direction": (OFFER if item.value("direction") == NEED else NEED,), "listing_kind": (str(item.value("kind")),),
    }  # fmt: skip

    def found(more: dict[str, tuple[str, ...]], **how: Any) -> list[int]:
        return items.find(ListQuery(("listing",), item.asked, 0, filters={**same, **more}, limit=ROUTE, **how)).ids

    topics = tuple(dict.fromkeys(slug for topic in item.topics for slug in topic.chain))
    topical = found({"topic": topics}) if topics else []
    near = found({}, bbox=_box(mine.spots[0]), near=mine.spots[0], sort="near") if mine.spots else []
    online = found({"online": ("true",)}) if mine.online else []
    return set(topical), list(dict.fromkeys([*topical, *near, *online]))


def _box(spot: Point) -> tuple[float, float, float, float]:
    """The part of the map around a point in which something can be in reach, over the antimeridian where it must."""
    up = FARTHEST / 111.0
    along = min(179.9, up / max(0.01, math.cos(math.radians(spot[0]))))
    west, east = ((spot[1] + side + 180) % 360 - 180 for side in (-along, along))
    return west, max(-90.0, spot[0] - up), east, min(90.0, spot[0] + up)


def _entries(ids: Sequence[int]) -> dict[int, Entry]:
    """What is compared, of those that are public and not over."""
    columns = (Content.id, Content.data, Content.starts_at, Content.ends_at, Content.owner_id, Content.author_id)
    wanted = sa.select(*columns).where(
        Content.id.in_(ids), Content.kind == "listing", Content.status == "published", Content.audience == "public",
        sa.or_(Content.ends_at.is_(None), Content.ends_at >= now()),
    )  # fmt: skip
    rows = session().execute(wanted).all()
    place = items.ContentPlace
    where = sa.select(place.content_id, place.lat, place.lon).where(
        place.content_id.in_([row.id for row in rows]), place.lat.is_not(None)
    )
    spots: dict[int, list[Point]] = {}
    for number, lat, lon in session().execute(where):
        spots.setdefault(number, []).append((float(lat or 0), float(lon or 0)))
    return {
        row.id: Entry(
            row.id, bool(row.data.get("online")), min(FARTHEST, max(1, int(row.data.get("radius") or USUAL))),
            tuple(spots.get(row.id, ())), frozenset(row.data.get("languages") or ()), row.starts_at, row.ends_at,
            (row.owner_id, row.author_id),
        )
        for row in rows
    }  # fmt: skip


# -- how well -------------------------------------------------------------------------------------------------------------


def _score(mine: Entry, theirs: Entry, topical: bool) -> float:
    """How well two fit; 0: they do not."""
    if any(a is not None and a == b for a, b in zip(mine.keeper, theirs.keeper, strict=True)):
        return 0.0  # nobody needs to be told of what they offer themselves
    if mine.languages and theirs.languages and not mine.languages & theirs.languages:
        return 0.0
    if not _together(mine, theirs):
        return 0.0
    away, online = distance(mine, theirs), mine.online and theirs.online
    reach = max(mine.reach, theirs.reach)
    if away is not None and away > reach and not online:
        return 0.0
    near = away is not None and away <= reach
    if not (topical or near or online):
        return 0.0
    closeness = 1 + 2 * (1 - away / reach) if away is not None and near else 0.0
    return 3 * topical + closeness + 1.5 * online + 1.0 * (overlap(mine, theirs) is not None)


def _together(a: Entry, b: Entry) -> bool:
    """Whether there is a time that both have; an open end is always."""
    return not (a.end and b.start and a.end < b.start) and not (b.end and a.start and b.end < a.start)


def overlap(a: Entry, b: Entry) -> tuple[dt.date, dt.date] | None:
    """The days that both have, where that is short enough to say something."""
    starts, ends = [m for m in (a.start, b.start) if m], [m for m in (a.end, b.end) if m]
    if not (starts and ends and (a.start or a.end) and (b.start or b.end)):
        return None
    zone = ZoneInfo(str(get_babel().default_timezone))
    first, last = max([*starts, now()]).astimezone(zone).date(), min(ends).astimezone(zone).date()
    return (first, last) if first <= last and (last - first).days <= LONG else None


def distance(a: Entry, b: Entry) -> float | None:
    """The least way between their places in kilometres; None where one has none."""
    return min((_way(one, other) for one in a.spots for other in b.spots), default=None)


def _way(a: Point, b: Point) -> float:
    north, east, north2, east2 = (math.radians(degree) for degree in (*a, *b))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(half)))


# -- why ------------------------------------------------------------------------------------------------------------------


def reasons(item: Item, other: Item, mine: Entry, theirs: Entry) -> list[str]:
    """Why two fit, in words, the weightiest first."""
    found = []
    if names := _shared_topics(item, other):
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


def _shared_topics(item: Item, other: Item) -> list[str]:
    """The narrowest topics that both belong to, by name."""
    mine, theirs = ({slug for topic in one.topics for slug in topic.chain} for one in (item, other))
    known = {concept.slug: concept for concept in items.concepts()} if mine & theirs else {}
    shared = [known[slug] for slug in sorted(mine & theirs) if slug in known]
    broader = {slug for concept in shared for slug in concept.chain if slug != concept.slug}
    return [concept.name(item.asked) for concept in shared if concept.slug not in broader][:2]


def _when(first: dt.date, last: dt.date) -> str:
    """A month where the days lie in one and fill most of it, else the days."""
    if (first.year, first.month) == (last.year, last.month) and (last - first).days > 20:
        return gettext("both in %(month)s", month=format_date(first, "LLLL"))
    return gettext("both on %(days)s", days=format_interval(first, last, "MMMd", locale=get_locale() or "en"))
