"""What the processes of `hub serve` take: `.venv/bin/python bench/capacity/memory.py [WEB PROCESSES]` (1).

All bundled plugins and the demo, after 80 pages and searches in two languages. Pss: memory that processes share is counted once, a share
for each. "own": pages that a process has to itself, most of them copies that Python's counting of references has made of shared ones.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from hub.testing.server import Server, run_hub

WORDS = ("garden", "library", "festival", "сад", "библиотека", "книги")


def walk(url: str, count: int) -> int:
    """Follow the site's own links from the front pages on; answers how many pages were read."""
    seen: set[str] = set()
    waiting = ["/en/", "/ru/", "/feed.atom", "/en/cases.json", "/sitemap.xml"]
    waiting += [f"/{language}/search/?q={urllib.parse.quote(word)}" for word in WORDS for language in ("en", "ru")]
    while waiting and len(seen) < count:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            with urllib.request.urlopen(url + path, timeout=60) as answer:
                if "html" in answer.headers["Content-Type"]:
                    waiting += [found.replace("&amp;", "&") for found in re.findall(r'href="(/(?:en|ru)/[^"#]*)"', answer.read().decode())]
        except OSError as error:
            print(path, error)
    return len(seen)


def taken(pid: int) -> dict[str, float]:
    """Figures of a process in MB, as the kernel counts them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def tell(server: Server, when: str) -> None:
    assert server.process is not None
    total = 0.0
    print(f"{when}:  process · Pss · own · resident (MB)")
    for number, pid in enumerate([server.process.pid, *server.children()]):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        found = taken(pid)
        total += found["Pss"]
        name = "supervisor" if not number else "starts the web processes" if name in ("hub", "python") else name
        print(f"  {name:26}{found['Pss']:7.0f}{found['Private_Dirty']:7.0f}{found['Rss']:7.0f}")
    print(f"  {'together':26}{total:7.0f}")


def main(workers: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "hub"
        run_hub(folder, "init", "--preset", "all", "--languages", "en,ru")
        run_hub(folder, "demo")
        with Server(folder, None, "--workers", str(workers)) as server:
            time.sleep(130)  # the worker has indexed the demo, has grown with it and was followed by a fresh one
            tell(server, "after the start")
            tell(server, f"after {walk(server.url, 80)} pages and searches")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
