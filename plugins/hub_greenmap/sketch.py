"""The map as a drawing of the front page: land and counted circles, made on the server, so that it needs no script.

Its numbers are those of the map (`clusters`); circles that would lie on one another are counted together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask import url_for

from hub.api import Item, ListQuery, content_type, current_user, gettext, items, level, ngettext
from hub_greenmap import clusters
from hub_greenmap.clusters import Box, Group
from hub_greenmap.pages import suggestion

WIDTH, LOWEST, HIGHEST, EDGE = 520.0, 320.0, 400.0, 52.0
COLUMNS, ROWS = 4, 3
FEWEST = 3  # circles; fewer say nothing that the list beside them does not
CLOSEST = 0.6  # degrees: nothing nearer is drawn, because there is no land to be seen there, and one name covers it
FINE, LEAST = 3.5, 7.0  # in the drawing's units: points of a coast nearer than this are one; islands smaller than that are left out
BESIDE = 5
LETTER, LINE = 7.8, 16.0  # of a name, roughly

Point = tuple[float, float]


@dataclass(frozen=True)
class View:
    """A part of the world in the drawing: Mercator's x and y from 0 to 1, times scale, from its upper left corner."""

    left: float
    top: float
    scale: float
    height: float

    def at(self, lon: float, lat: float) -> Point:
        """Where a place lies in the drawing."""
        x, y = mercator(lon, lat)
        return (x - self.left) * self.scale, (y - self.top) * self.scale

    def square(self, lon: float, lat: float) -> str:
        """The square of the drawing that a place lies in, such as B2."""
        x, y = self.at(lon, lat)
        column, row = int(x / WIDTH * COLUMNS), int(y / self.height * ROWS)
        return f"{letters()[min(max(column, 0), COLUMNS - 1)]}{min(max(row, 0), ROWS - 1) + 1}"


@dataclass(frozen=True)
class Circle:
    """What stands at one spot of the drawing. name: of the place, empty where it has none or no room for it; base: where it is
    written."""

    x: float
    y: float
    radius: float
    count: int
    url: str
    label: str
    name: str
    base: float = 0.0


@dataclass(frozen=True)
class Beside:
    """An entry of the list beside the drawing. square: where it stands there; empty without a drawing."""

    item: Item
    square: str


def letters() -> str:
    """The names of the columns, in the reader's alphabet."""
    return gettext("ABCD")


def home() -> dict[str, Any]:
    """What the piece of the front page needs; empty where no initiative can be read."""
    initiative, reader = content_type("initiative"), level(current_user())
    newest = _newest()
    if initiative is None or not newest:
        return {}
    query = ListQuery((initiative.kind,), items.speaking(), reader, limit=1)
    around, circles = clusters.extent(query), list[Circle]()
    view = view_of(around) if around else None
    if view and around:
        circles = _circles(query, view, around)
    drawn = view if len(circles) >= FEWEST else None
    return {
        "circles": circles if drawn else [], "land": land(drawn) if drawn else "", "grid": _grid(drawn.height) if drawn else {},
        "mark": suggestion(initiative) or url_for("desk.new", path=initiative.path), "add_label": initiative.add_label,
        "total": items.find(query).total, "beside": [Beside(item, _square(item, drawn)) for item in newest],
        "examples": all(item.example for item in newest),
    }  # fmt: skip


def _newest() -> list[Item]:
    """The newest initiatives that have a place, of as many towns as there are."""
    found = [item for item in items.newest("initiative", 24) if _spot(item)]
    first = {item.places[0].slug: item for item in reversed(found)}
    chosen = {id(item) for item in first.values()}
    return sorted(found, key=lambda item: id(item) not in chosen)[:BESIDE]


def _spot(item: Item) -> Any:
    return next((place for place in item.places if place.lat is not None), None)


def _square(item: Item, view: View | None) -> str:
    spot = _spot(item)
    return view.square(spot.lon, spot.lat) if view else ""


def _grid(height: float) -> dict[str, Any]:
    """The size of the drawing and its squares: where they begin, and their names."""
    wide, high = WIDTH / COLUMNS, height / ROWS
    return {
        "width": WIDTH, "height": height,
        "columns": [(wide * n, letter) for n, letter in enumerate(letters()[:COLUMNS])],
        "rows": [(high * n, str(n + 1)) for n in range(ROWS)],
    }  # fmt: skip


# -- the part of the world ------------------------------------------------------------------------------------------------


def mercator(lon: float, lat: float) -> Point:
    """Longitude and latitude as parts of the world's square map, from its upper left corner."""
    lat = math.radians(min(max(lat, -85.05), 85.05))
    return (lon + 180) / 360, (1 - math.asinh(math.tan(lat)) / math.pi) / 2


def view_of(around: Box) -> View:
    """The view in which everything inside a box (west, south, east, north) can be seen, with room at the edges."""
    west, south, east, north = around
    (left, top), (right, bottom) = mercator(west, north), mercator(east, south)
    wide, high = (max(span, CLOSEST / 360) for span in (right - left, bottom - top))
    scale = min((WIDTH - 2 * EDGE) / wide, (HIGHEST - 2 * EDGE) / high)
    height = round(max(high * scale + 2 * EDGE, LOWEST))
    return View((left + right - WIDTH / scale) / 2, (top + bottom - height / scale) / 2, scale, height)


# -- circles --------------------------------------------------------------------------------------------------------------


def _circles(query: ListQuery, view: View, around: Box) -> list[Circle]:
    finer = int(math.log2(view.scale / 256)) + 2  # cells smaller than a circle: what stands apart is drawn apart
    zoom = min(max(finer, 0), clusters.POINTS - 1)
    groups = apart(clusters.answer(replace(query, bbox=around), zoom).groups, view)
    known = {item.id: item for item in items.load([group.one[0] for group in groups], query.language, query.level)}
    circles: list[Circle] = []
    for group in groups:
        item = known.get(group.one[0])
        if item is not None:
            circles.append(_circle(group, item, query.language, view))
    return named(circles, view.height)


def radius(count: int) -> float:
    """Of a circle, in the drawing's units: never too small for a finger on a phone, and growing slowly."""
    return min(20 + 2 * math.log2(count), 32)


def apart(groups: Iterable[Group], view: View) -> list[Group]:
    """The same groups, those together whose circles would touch; the largest first."""
    waiting, found = sorted(groups, key=lambda group: -group.count), list[Group]()
    while waiting:
        group = waiting.pop(0)
        near = next((other for other in found if _touch(group, other, view)), None)
        if near is None:
            found.append(group)
            continue
        found.remove(near)
        waiting.insert(0, clusters.together(near.x, near.y, [near, group]))  # it is larger now, and may touch others
    return sorted(found, key=lambda group: -group.count)


def _touch(one: Group, other: Group, view: View) -> bool:
    return math.dist(view.at(*one.centre), view.at(*other.centre)) < radius(one.count) + radius(other.count) + 4


def _circle(group: Group, item: Item, language: str, view: View) -> Circle:
    x, y = view.at(*group.centre)
    place = item.places[min(group.one[1], len(item.places) - 1)] if item.places else None
    west, south, east, north = group.box
    name = place.name(language) if place and max(east - west, north - south) < CLOSEST else ""
    if group.count == 1:
        return Circle(x, y, radius(1), 1, item.url, ", ".join(filter(None, (item.title, name))), name)
    box = f"{west - 0.01:.4f},{south - 0.01:.4f},{east + 0.01:.4f},{north + 0.01:.4f}"
    url = url_for("greenmap_root.map", lang=language, kind=item.type.path, bbox=box)
    label = ngettext("%(num)s place in this part of the map", "%(num)s places in this part of the map", group.count)
    return Circle(x, y, radius(group.count), group.count, url, f"{name}: {label}" if name else label, name)


def named(circles: Sequence[Circle], height: float) -> list[Circle]:
    """The same circles; a name stands below its circle or above it, or nowhere: never on another, nor over the edge."""
    taken = [(c.x - c.radius, c.y - c.radius, c.x + c.radius, c.y + c.radius) for c in circles]
    found = []
    for circle in circles:
        places = [place for place in _beside(circle) if _free(place, taken, height)] if circle.name else []
        if places:
            taken.append(places[0])
            circle = replace(circle, base=places[0][3] - 4)
        found.append(circle if places else replace(circle, name=""))
    return found


def _beside(circle: Circle) -> list[Box]:
    """Where the name of a circle may stand."""
    half = len(circle.name) * LETTER / 2
    return [(circle.x - half, top, circle.x + half, top + LINE) for top in
            (circle.y + circle.radius + 3, circle.y - circle.radius - 3 - LINE)]  # fmt: skip


def _free(box: Box, taken: Sequence[Box], height: float) -> bool:
    inside = box[0] > 0 and box[1] > 0 and box[2] < WIDTH and box[3] < height
    return inside and not any(_overlap(box, other) for other in taken)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# -- land -----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def land(view: View) -> str:
    """The land of a view as the path of an SVG, in whole units."""
    pieces = []
    for outline in _outlines():
        for turn in (0, -360, 360):  # a view may reach over the date line
            cut = clipped([view.at(lon + turn, lat) for lon, lat in outline], view.height)
            points = _thinned(cut)
            if len(points) > 2 and max(max(axis) - min(axis) for axis in zip(*points, strict=True)) >= LEAST:
                pieces.append(_path(points))
    return "".join(pieces)


def _outlines() -> Iterator[list[Point]]:
    """Every ring of the land that comes with the hub, as (lon, lat)."""
    found = json.loads((Path(__file__).parent / "static" / "land.json").read_text(encoding="utf-8"))
    for polygon in found["coordinates"]:
        yield from polygon


def clipped(ring: list[Point], height: float) -> list[Point]:
    """What of a ring lies in the drawing, with a margin that hides the cut (Sutherland and Hodgman's way)."""
    for axis, border, sign in ((0, -4.0, 1), (0, WIDTH + 4, -1), (1, -4.0, 1), (1, height + 4, -1)):
        inside = [(point[axis] - border) * sign >= 0 for point in ring]
        if not any(inside):
            return []
        if all(inside):
            continue
        cut: list[Point] = []
        for n, point in enumerate(ring):
            before = ring[n - 1]
            if inside[n] != inside[n - 1]:
                part = (border - before[axis]) / (point[axis] - before[axis])
                cut.append((before[0] + (point[0] - before[0]) * part, before[1] + (point[1] - before[1]) * part))
            if inside[n]:
                cut.append(point)
        ring = cut
    return ring


def _thinned(ring: Sequence[Point]) -> list[tuple[int, int]]:
    """A ring without points that nobody could tell apart."""
    kept: list[Point] = []
    for point in ring:
        if not kept or math.dist(point, kept[-1]) >= FINE:
            kept.append(point)
    return [(round(x), round(y)) for x, y in kept]


def _path(points: Sequence[tuple[int, int]]) -> str:
    steps = [f"M{points[0][0]} {points[0][1]}l"]
    for (x, y), (next_x, next_y) in pairwise(points):
        step = f"{next_x - x} {next_y - y}"
        steps.append(step if step.startswith("-") or len(steps) == 1 else f" {step}")
    return "".join(steps) + "z"
