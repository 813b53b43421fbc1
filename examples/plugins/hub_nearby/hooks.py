"""What this plugin gives to the hub: a block on item pages with the nearest places of other items, and two settings."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.api import Block, Item, ListQuery, Setting, hookimpl, items, level, setting
from hub.api import lazy_gettext as _

EARTH = 6_371_000  # metres
DETOUR = 1.3  # streets are not straight lines
PACE = 75  # metres a minute, with a bag or a child


@dataclass(frozen=True)
class Neighbour:
    """Another item and the way to it."""

    item: Item
    metres: int

    @property
    def minutes(self) -> int:
        return max(1, round(self.metres / PACE))


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two points (latitude, longitude), as the crow flies."""
    lat, other = math.radians(a[0]), math.radians(b[0])
    east = math.radians(b[1] - a[1]) / 2
    half = math.sin((other - lat) / 2) ** 2 + math.cos(lat) * math.cos(other) * math.sin(east) ** 2
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, half)))


def points(item: Item) -> Iterator[tuple[float, float]]:
    """The places of an item that are somewhere on the map."""
    for place in item.places:
        if place.lat is not None and place.lon is not None:
            yield place.lat, place.lon


def neighbours(here: Item, reader_level: int) -> list[Neighbour]:
    """The nearest other items within the walk that the setting allows, each once, by its nearest place."""
    start = next(points(here), None)
    kinds = tuple(t.kind for t in items.types() if t.places != "none")
    count, most = setting("nearby.count"), setting("nearby.metres")
    if start is None or not kinds:
        return []
    query = ListQuery(kinds, here.asked, reader_level, near=start, sort="near", limit=count + 1)
    found = []
    for item in items.load(items.find(query).ids, here.asked, reader_level):
        ways = [DETOUR * distance(start, point) for point in points(item)]
        if item.uid != here.uid and ways and min(ways) <= most:
            found.append(Neighbour(item, 10 * round(min(ways) / 10)))
    return sorted(found, key=lambda neighbour: neighbour.metres)[:count]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    if slot != "item":
        return []
    found = neighbours(subject, level(user))
    return [Block("nearby/item.html", {"neighbours": found}, order=40)] if found else []


@hookimpl
def settings() -> Sequence[Setting]:
    return [
        Setting("count", "int", 4, label=_("How many places are named"), minimum=1, maximum=20),
        Setting("metres", "int", 2500, label=_("How far one walks, in metres"), minimum=100, maximum=20_000),
    ]
