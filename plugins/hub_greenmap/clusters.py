"""Counts on the map: places grouped by the cells of a grid that is fixed to the world, never to the window.

`content_place.cell` is a Z-order key of 26 bits per axis, so a cell of any coarser grid is a span of keys, and
grouping is a shift. A window is answered from blocks, larger squares of the same grid; a block's groups are remembered
until anything that readers can see changes. Counts are exact: every place stands in one cell, at every zoom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from hub.api import Content, ListQuery, items, session

Box = tuple[float, float, float, float]
BITS = 26
POINTS = 18  # from this zoom on only what stands at the same spot stands together
LIMIT = 1000  # groups in one answer; where there were more, the grid is coarser and the answer says so
BLOCKS = 12  # a window is answered from at most so many
KEPT = 200_000  # groups remembered per process


@dataclass(frozen=True)
class Group:
    """The places of one cell. x, y: the cell; kinds: kind → count; box: west, south, east, north of its places;
    one: (id of an item, number of its place), any of them."""

    x: int
    y: int
    count: int
    kinds: dict[str, int]
    box: Box
    centre: tuple[float, float]
    one: tuple[int, int]


@dataclass(frozen=True)
class Answer:
    """groups: in the order of the grid; zoom: that was answered; without: matching items that have no place."""

    groups: list[Group]
    zoom: int
    total: int
    without: int


def depth_of(zoom: int) -> int:
    """Bits per axis of the grid at a zoom: cells of 128 pixels' width on a map of 256-pixel tiles."""
    return BITS if zoom >= POINTS else min(zoom + 1, BITS)


def answer(query: ListQuery, zoom: int) -> Answer:
    """The groups of everything that matches a query; where it names a part of the map, of all cells that this touches."""
    depth, memory = depth_of(zoom), recall()
    groups = _visible(memory, query, depth)
    while len(groups) > LIMIT:
        depth, zoom = depth - 1, min(zoom - 1, depth - 2)
        groups = coarser(groups)
    return Answer(groups, zoom, sum(group.count for group in groups), without_place(memory, query))


def extent(query: ListQuery) -> Box | None:
    """The box around all places that match; None where there are none."""
    boxes = [group.box for group in _visible(recall(), query, 4)]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def coarser(groups: Iterable[Group]) -> list[Group]:
    """The same places on the next coarser grid."""
    cells: dict[tuple[int, int], list[Group]] = {}
    for group in groups:
        cells.setdefault((group.x >> 1, group.y >> 1), []).append(group)
    return [together(x, y, found) for (x, y), found in cells.items()]


def together(x: int, y: int, found: list[Group]) -> Group:
    if len(found) == 1:
        return Group(x, y, found[0].count, found[0].kinds, found[0].box, found[0].centre, found[0].one)
    count, kinds = sum(g.count for g in found), dict[str, int]()
    for group in found:
        for kind, number in group.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    west, south, east, north = zip(*(g.box for g in found), strict=True)
    box = (min(west), min(south), max(east), max(north))
    lon, lat = (sum(g.centre[axis] * g.count for g in found) / count for axis in (0, 1))
    return Group(x, y, count, kinds, box, _inside(lon, lat, box), min(g.one for g in found))


def _inside(lon: float, lat: float, box: Box) -> tuple[float, float]:
    """A mean, without what rounding adds."""
    return min(max(lon, box[0]), box[2]), min(max(lat, box[1]), box[3])


# -- the grid ------------------------------------------------------------------------------------------------------------


def column(lon: float, depth: int) -> int:
    """The column of the grid in which a longitude lies, counted from the antimeridian eastwards (as core's key does)."""
    return int((lon + 180) / 360 * (2**BITS - 1)) >> (BITS - depth)


def row(lat: float, depth: int) -> int:
    """The row of the grid in which a latitude lies, counted from the south pole."""
    return int((lat + 90) / 180 * (2**BITS - 1)) >> (BITS - depth)


def woven(x: int, y: int) -> int:
    """The Z-order key of a cell: bits of x and y in turn."""
    key = 0
    for bit in range(BITS):
        key |= (x >> bit & 1) << (2 * bit) | (y >> bit & 1) << (2 * bit + 1)
    return key


def parted(key: int) -> tuple[int, int]:
    """The cell of a Z-order key."""
    return _even(key), _even(key >> 1)


def _even(key: int) -> int:
    """Every second bit of a key, drawn together."""
    key &= 0x5555555555555555
    for step, mask in ((1, 0x3333333333333333), (2, 0x0F0F0F0F0F0F0F0F), (4, 0x00FF00FF00FF00FF),
                       (8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF)):  # fmt: skip
        key = (key | key >> step) & mask
    return key


def windows(bbox: Box | None, depth: int) -> list[tuple[int, int, int, int]]:
    """The cells of a part of the map as (first column, first row, last column, last row); two over the antimeridian."""
    last = 2**depth - 1
    if bbox is None:
        return [(0, 0, last, last)]
    west, south, east, north = bbox
    low, high, left, right = row(south, depth), row(north, depth), column(west, depth), column(east, depth)
    if west <= east:
        return [(left, low, right, high)]
    if right >= left:  # the two halves meet in one cell
        return [(0, low, last, high)]
    return [(0, low, right, high), (left, low, last, high)]


def blocks(window: tuple[int, int, int, int], depth: int) -> Iterator[tuple[int, int, int]]:
    """The few largest-grained squares (their depth, column, row) that cover a window."""
    left, low, right, high = window
    level = depth
    while ((right >> depth - level) - (left >> depth - level) + 1) * (
        (high >> depth - level) - (low >> depth - level) + 1
    ) > BLOCKS:
        level -= 1
    level = max(0, min(level, depth - 3))  # a block holds at least 8 × 8 cells
    shift = depth - level
    for x in range(left >> shift, (right >> shift) + 1):
        for y in range(low >> shift, (high >> shift) + 1):
            yield level, x, y


# -- asking --------------------------------------------------------------------------------------------------------------


def _visible(memory: Memory, query: ListQuery, depth: int) -> list[Group]:
    found: dict[tuple[int, int], Group] = {}
    for window in windows(query.bbox, depth):
        left, low, right, high = window
        for block in blocks(window, depth):
            for group in _block(memory, query, depth, block):
                if left <= group.x <= right and low <= group.y <= high:
                    found[group.x, group.y] = group
    return list(found.values())


def _block(memory: Memory, query: ListQuery, depth: int, block: tuple[int, int, int]) -> list[Group]:
    key = ("block", *asked(query), depth, block)
    known: list[Group] | None = memory.get(key)
    if known is None:
        known = _grouped(query, depth, block)
        memory.put(key, known, len(known))
    return known


def asked(query: ListQuery) -> tuple[Any, ...]:
    """A query without window, order, page and language, as a key."""
    filters = tuple(sorted(query.filters.items()))
    return query.kinds, query.level, query.q, query.literal, filters, query.when, query.since, query.until


def _grouped(query: ListQuery, depth: int, block: tuple[int, int, int]) -> list[Group]:
    place, content = items.ContentPlace.__table__.c, Content.__table__.c
    level, x, y = block
    first = woven(x, y) << 2 * (BITS - level)
    cell = place.cell.op(">>")(sa.literal_column(str(2 * (BITS - depth))))
    # the shortest word for a place of an item: no item has a hundred places
    one = sa.func.min(sa.cast(place.content_id, sa.BigInteger) * 100 + place.n)
    chosen = (
        sa.select(cell, content.kind, sa.func.count(), sa.func.min(place.lon), sa.func.min(place.lat), sa.func.max(place.lon),
                  sa.func.max(place.lat), sa.func.avg(place.lon), sa.func.avg(place.lat), one)
        .join_from(items.ContentPlace, Content, content.id == place.content_id)
        .where(place.cell.between(first, first + 4 ** (BITS - level) - 1)).group_by(cell, content.kind)
    )  # fmt: skip
    merged: dict[tuple[int, int], list[Group]] = {}
    for condition in conditions(query):
        for key, kind, count, west, south, east, north, lon, lat, number in session().execute(chosen.where(condition)):
            at, box = parted(key), (west, south, east, north)
            group = Group(*at, count, {kind: count}, box, _inside(lon, lat, box), divmod(number, 100))
            merged.setdefault(at, []).append(group)
    return [together(*at, found) for at, found in merged.items()]


def conditions(query: ListQuery) -> list[sa.ColumnElement[bool]]:
    """What of `content` matches a query, window left out, as conditions that hold one after the other, never two at once."""
    content = Content.__table__.c
    if query.q or query.filters or query.when or query.since or query.until:
        return [content.id.in_(part) for part in items.matching(_everywhere(query))]
    return [
        sa.and_(
            # an expression, so that SQLite reads the span of the key and not all of a kind
            sa.func.coalesce(content.status, "") == "published",
            sa.func.coalesce(content.kind, "").in_(query.kinds),
            content.audience.in_(items.AUDIENCES[: query.level + 1]),
        )
    ]


def without_place(memory: Memory, query: ListQuery) -> int:
    """How many items match that stand nowhere on the map (where no part of the map is asked for)."""
    if query.bbox is not None:
        return 0
    key = ("without", *asked(query))
    known: int | None = memory.get(key)
    if known is None:
        place, content = items.ContentPlace.__table__.c, Content.__table__.c
        somewhere = sa.exists().where(place.content_id == content.id, place.lat.is_not(None))
        counted = sa.select(sa.func.count()).select_from(Content).where(~somewhere)
        known = sum(session().scalar(counted.where(condition)) or 0 for condition in conditions(query))
        memory.put(key, known, 1)
    return known


def _everywhere(query: ListQuery) -> ListQuery:
    return ListQuery(**{**query.__dict__, "bbox": None})


def recall() -> Memory:
    """This process's memory, as of now."""
    memory: Memory = current_app.extensions.setdefault("greenmap", Memory())
    memory.renew()
    return memory


class Memory:
    """Answers of one process by their question, all of one version of the site; a new version empties it."""

    def __init__(self, size: int = KEPT) -> None:
        self._size, self._used, self._version = size, 0, ()
        self._kept: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """What is known, or None."""
        return self._kept.get(key)

    def put(self, key: Any, value: Any, weight: int) -> None:
        """Remember it, unless it alone is a tenth of all that may be remembered."""
        if weight * 10 > self._size:
            return
        if self._used + weight > self._size:
            self._kept, self._used = {}, 0
        self._kept[key] = value
        self._used += weight + 1

    def renew(self) -> None:
        """Forget what is known of an earlier version of the site."""
        version = items.version()
        if version != self._version:
            self._kept, self._used, self._version = {}, 0, version


def digits(value: float) -> float:
    """Degrees to a centimetre."""
    return round(value, 7) if math.isfinite(value) else 0.0
