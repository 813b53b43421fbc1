"""Make the map's land (plugins/hub_greenmap/static/land.json) from the npm package world-atlas: `land.py land-50m.json`.

Run once per release of Natural Earth. Land only, no borders of states; outlines thinned to what a map of a region shows.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "plugins" / "hub_greenmap" / "static" / "land.json"
TOLERANCE, SMALLEST = 0.06, 0.05  # degrees; square degrees
Point = tuple[float, float]


def arcs(topology: dict) -> list[list[Point]]:
    """The lines of a TopoJSON file in degrees."""
    (scale_x, scale_y), (left, low) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale_x + left, y * scale_y + low))
        found.append(line)
    return found


def thinned(line: list[Point]) -> list[Point]:
    """Douglas and Peucker: without the points that lie closer to the line than the tolerance."""
    keep, todo = {0, len(line) - 1}, [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        far, where = 0.0, 0
        for n in range(first + 1, last):
            if (away := distance(line[n], line[first], line[last])) > far:
                far, where = away, n
        if far > TOLERANCE:
            keep.add(where)
            todo += [(first, where), (where, last)]
    return [line[n] for n in sorted(keep)]


def distance(point: Point, start: Point, end: Point) -> float:
    (x, y), (x1, y1), (x2, y2) = point, start, end
    dx, dy = x2 - x1, y2 - y1
    if dx == dy == 0:
        return ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
    t = max(0.0, min(1.0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
    return ((x - x1 - t * dx) ** 2 + (y - y1 - t * dy) ** 2) ** 0.5


def unrolled(ring: list[Point]) -> list[Point]:
    """A ring that crosses the antimeridian goes on beyond 180; one around the pole (Antarctica) is closed along it."""
    found, turn = [ring[0]], 0
    for (before, _), (lon, lat) in itertools.pairwise(ring):
        turn += -360 if lon - before > 180 else 360 if lon - before < -180 else 0
        found.append((lon + turn, lat))
    if abs(found[-1][0] - found[0][0]) > 180:
        found += [(found[-1][0], -90.0), (found[0][0], -90.0), found[0]]
    return found


def homed(rings: list[list[Point]]) -> list[list[Point]]:
    """A polygon whose outline has its middle within ±180, with its lakes inside it."""
    found: list[list[Point]] = []
    for ring in rings:
        west, east = min(x for x, _ in ring), max(x for x, _ in ring)
        middle = (west + east) / 2
        home = sum(x for x, _ in (min(found[0]), max(found[0]))) / 2 if found else 0.0
        turn = -360 * round((middle - home) / 360)
        found.append([(x + turn, y) for x, y in ring])
    return found


def area(ring: list[Point]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))) / 2


def main(source: str) -> None:
    topology = json.loads(Path(source).read_text())
    lines = arcs(topology)
    polygons = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
            rings = []
            for numbers in polygon:
                ring: list[Point] = []
                for n in numbers:
                    part = lines[n] if n >= 0 else lines[~n][::-1]
                    ring += part[1:] if ring else part
                ring = unrolled(ring)
                half = len(ring) // 2  # a closed line is thinned by halves
                ring = [*thinned(ring[: half + 1]), *thinned(ring[half:])[1:]]
                if len(ring) > 3 and area(ring) > SMALLEST:
                    rings.append(ring)
            if rings:
                polygons.append([[[round(x, 2), round(y, 2)] for x, y in ring] for ring in homed(rings)])
    body = {"type": "MultiPolygon", "coordinates": polygons}
    TARGET.write_text(json.dumps(body, separators=(",", ":")) + "\n")
    print(f"{TARGET.name}: {len(polygons)} polygons, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
