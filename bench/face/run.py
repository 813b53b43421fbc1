"""Lighthouse on the demo as a phone sees it: `bench/face/run.py [RUNS]` (3 by default; the median of them is told).

Needs chromium and npm; the package `lighthouse` is installed below .venv (190 MB) when it is not there yet. Leaves with 1 where
a page stays below its aim: performance 90, everything else 95.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hub.testing.server import Server, find_chromium, run_hub

TOOLS = Path(__file__).parents[2] / ".venv" / "lighthouse"
PACKAGE = "lighthouse@12.8.2"  # the last major version for Node 18 and 20
CASE = "cultural-environment-a-city-programme-its-audience-can-steer"
PAGES = {
    "home": "/en/",
    "list": "/en/cases/",
    "item": f"/en/cases/{CASE}/",
    "search": "/en/search/?q=garden",
    "map": "/en/map/",
    "event": "",
}
AIMS = {"performance": 90, "accessibility": 95, "best-practices": 95, "seo": 95}
FIGURES = {
    "largest-contentful-paint": "LCP ms",
    "cumulative-layout-shift": "CLS",
    "total-blocking-time": "TBT ms",
    "total-byte-weight": "KB",
}


def lighthouse() -> Path:
    program = TOOLS / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(TOOLS), PACKAGE], check=True
        )
    return program


def measure(program: Path, browser: str, address: str) -> dict[str, Any]:
    """One run on an emulated phone: slow 4G, a processor four times slower than this one."""
    kept_out = "/search/?" in address  # answers to searches are kept out of search engines on purpose
    command = [str(program), address, "--output=json", "--quiet", f"--only-categories={','.join(AIMS)}",
               *(["--skip-audits=is-crawlable"] if kept_out else []),
               "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": browser})
    if done.returncode:
        sys.exit(f"lighthouse of {address}: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def first_event(server: Server) -> str:
    """An event of the demo: what its list names first."""
    import urllib.request

    with urllib.request.urlopen(f"{server.url}/en/events.json?limit=1") as answer:
        return str(json.load(answer)["items"][0]["url"]).removeprefix(server.url)


def told(name: str, reports: list[dict[str, Any]]) -> tuple[str, bool]:
    """A line of the table, and whether the page reaches its aims."""
    scores = {c: statistics.median(100 * report["categories"][c]["score"] for report in reports) for c in AIMS}
    values = {f: statistics.median(report["audits"][f]["numericValue"] for report in reports) for f in FIGURES}
    values["total-byte-weight"] /= 1024
    cells = [f"{scores[c]:>5.0f}" for c in AIMS] + [
        f"{values[f]:>8.2f}" if f.startswith("cumulative") else f"{values[f]:>8.0f}" for f in FIGURES
    ]
    lost = sorted({f"  {a['id']}: {a['title']}" for r in reports for a in r["audits"].values()
                   if a["score"] is not None and a["score"] < 0.9 and a["scoreDisplayMode"] in ("binary", "numeric")})  # fmt: skip
    return "\n".join([f"{name:<8}{''.join(cells)}", *lost]), all(scores[c] >= AIMS[c] for c in AIMS)


def main(runs: int = 3) -> int:
    browser = find_chromium()
    if browser is None or shutil.which("npm") is None:
        print("bench/face is left out: it needs chromium and npm")
        return 0
    program, reached = lighthouse(), True
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        run_hub(Path(folder), "init", "--preset", "all", "--languages", "en,ru", "--name", "Hub", "--url", server.url)
        run_hub(Path(folder), "demo")
        with server:
            print(
                f"{'':<8}{' perf':>5}{' a11y':>5}{' best':>5}{'  seo':>5}{''.join(f'{f:>8}' for f in FIGURES.values())}"
            )
            for name, path in PAGES.items():
                address = server.url + (path or first_event(server))
                line, good = told(name, [measure(program, browser, address) for _ in range(runs)])
                reached &= good
                print(line, flush=True)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
