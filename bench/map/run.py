"""How long the map's counts take: `bench/map/run.py [PLACES]` (100,000 by default, SQLite, one process, in memory nothing else).

Prints, in milliseconds, the answers to random windows when they are asked the first time (cold: after every edit anywhere)
and again (warm), without HTTP and without the page cache.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from hub_greenmap import clusters, pages

from hub.api import ListQuery, items, writing
from hub.app import create_app
from hub.testing.instances import Instances

CITIES = 400


def fill(count: int, dice: random.Random) -> None:
    towns = [(dice.uniform(42, 68), dice.uniform(-10, 170)) for _ in range(CITIES)]
    for start in range(0, count, 500):
        with writing():
            fresh = []
            for n in range(start, min(count, start + 500)):
                lat, lon = dice.choice(towns) if n % 10 else (dice.uniform(-60, 70), dice.uniform(-180, 180))
                spot = {"lat": max(-90, min(90, dice.gauss(lat, 0.08))), "lon": max(-180, min(180, dice.gauss(lon, 0.15))),
                        "names": {"en": "Town"}, "country": ""}  # fmt: skip
                doc = {"texts": {"en": {"title": f"Place {n}", "fields": {}}}, "places": [spot], "topics": [], "links": {},
                       "data": {"kind": "orchard"}}  # fmt: skip
                fresh.append(items.prepare("initiative", doc))
            items.create_many(fresh)
            items.commit()


def windows(dice: random.Random, count: int) -> list[tuple[ListQuery, int]]:
    """Windows of a map of 800 × 560 pixels over places people look at."""
    found = []
    for _ in range(count):
        zoom = dice.randint(2, 16)
        width, height = 800 / (256 * 2**zoom) * 360, 560 / (256 * 2**zoom) * 200
        lat, lon = dice.uniform(43, 67), dice.uniform(-9, 169)
        box = (max(-180, lon - width / 2), max(-85, lat - height / 2), min(180, lon + width / 2), min(85, lat + height / 2))
        found.append((ListQuery(("initiative",), "en", bbox=box), zoom))
    return found


def timed(asked: list[tuple[ListQuery, int]]) -> str:
    times = []
    for query, zoom in asked:
        begun = time.perf_counter()
        pages.counts(query, zoom)
        times.append((time.perf_counter() - begun) * 1000)
    cut = statistics.quantiles(times, n=20)
    return f"p50 {statistics.median(times):.2f} ms, p95 {cut[18]:.2f} ms, worst {max(times):.1f} ms"


def main(count: int) -> None:
    dice = random.Random(6)
    folder = Instances(Path(tempfile.mkdtemp())).make(("greenmap", "-webapi"))
    app = create_app(folder)
    with app.test_request_context("/en/map/"):
        fill(count, dice)
        asked = windows(dice, 200)
        print(f"{count:,} places")
        print("cold, one after the other:", timed(asked))
        print("warm:                     ", timed(asked))
        world = []
        for _ in range(3):
            clusters.recall()._kept.clear()
            begun = time.perf_counter()
            pages.counts(ListQuery(("initiative",), "en"), 2)
            world.append((time.perf_counter() - begun) * 1000)
        print(f"the whole world at zoom 2, cold: {statistics.median(world):.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
