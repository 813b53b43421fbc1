"""How many pages a second: `make bench-web`, or `bench/web/run.py [ITEMS] [SECONDS]` (10,000 items, 5 seconds a measure).

A hub with every plugin on, granian 2 processes × 1 thread as `hub serve` starts it, wrk with 32 connections, medians of three; beside it
on the same server in the same run a constant string and a bare ORM list in Flask, and Wagtail's list (installed into a
virtual environment of its own; left out with a reason where that cannot be). Prints a table with ratios.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bare

from hub.api import items, writing
from hub.app import create_app
from hub.testing.fixtures import sign_in
from hub.testing.instances import Instances
from hub.testing.server import Server, free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIST = "/en/cases/?page={page}"
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--workers", "2", "--blocking-threads", "1", "--no-ws",
           "--log-level", "warning")  # fmt: skip
SCRIPT = """local n = 0
request = function()
  n = n + 1
  local path = string.gsub("%s", "{page}", tostring(n %% 20 + 1))
  return wrk.format("GET", path)
end
%s
"""


def main(count: int, seconds: int) -> None:
    if not shutil.which("wrk"):
        sys.exit("bench/web needs wrk: apt-get install wrk")
    print(
        f"{count:,} items, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {seconds} s × 3 with 32 connections"
    )
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        measure = lambda url, path, **more: rate(url, path, seconds, folder, **more)  # noqa: E731
        with bare_server(folder) as url:
            rates["constant string"] = measure(url, "/const")
            rates["bare ORM list"] = measure(url, "/list?page={page}")
        hub(folder, count, rates, measure)
        wagtail(folder, rates, measure)
    for name, value in rates.items():
        ratios = " ".join(f"{value / rates[other]:6.2f} × {other}" for other in ("constant string", "bare ORM list", "Wagtail list")
                          if other in rates and other != name)  # fmt: skip
        print(f"{name:34} {value:9,.0f}/s  {ratios}")


def rate(
    url: str, path: str, seconds: int, folder: Path, headers: dict[str, str] | None = None, expect: str = "2xx"
) -> float:
    """Requests a second, the median of three. Ends the run where an answer is not what was expected."""
    told = "\n".join(f'wrk.headers["{name}"] = {json.dumps(value)}' for name, value in (headers or {}).items())
    script = folder / "requests.lua"
    script.write_text(SCRIPT % (path, told))
    found = []
    for _ in range(3):
        words = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), url]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        if bad:
            sys.exit(f"{url}{path}: {bad[0]}")
        found.append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))  # type: ignore[index]
    return statistics.median(found)


@contextmanager
def granian(target: str, folder: Path, **environment: str) -> Iterator[str]:
    """A WSGI factory served as `hub serve` does it."""
    port = free_port()
    words = [sys.executable, *GRANIAN, "--factory", "--port", str(port), target]
    process = subprocess.Popen(words, cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE), **environment})
    try:
        yield wait_for(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(15)


def wait_for(url: str) -> str:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1).read()
        except urllib.error.HTTPError:
            return url
        except OSError:
            time.sleep(0.1)
        else:
            return url
    sys.exit(f"{url} does not answer")


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    file = folder / "rows.db"
    bare.fill(str(file), 10_000)
    with granian("bare:app", HERE, BENCH_ROWS=str(file)) as url:
        yield url


def hub(folder: Path, count: int, rates: dict[str, float], measure: Callable[..., float]) -> None:
    """A hub with everything on: signed-in (never cached), anonymous (cached), 304."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        names = list(tomllib.load(file)["project"]["entry-points"]["hub.plugins"])
    instance = Instances(folder / "hubs").make(names, start=True)
    app = create_app(instance)
    fill(app, count)
    cookie = f"hub={sign_in(app, 'member').get_cookie('hub').value}"
    with Server(instance, None, "--web-only") as server:
        signed = {"Cookie": cookie}
        rates["hub: list, signed in, uncached"] = measure(server.url, LIST, headers=signed)
        rates["hub: list with a facet, uncached"] = measure(server.url, LIST + "&theme=culture", headers=signed)
        browser = {"Accept-Encoding": "gzip, deflate, br"}
        rates["hub: list, anonymous, cached"] = measure(server.url, LIST, headers=browser)
        asked = urllib.request.urlopen(server.url + LIST.format(page=2))
        rates["hub: 304"] = measure(server.url, LIST.format(page=2), headers={"If-None-Match": asked.headers["ETag"]})
        sizes = ", ".join(f"{resident:.0f} ({share:.0f})" for resident, share in memory(server))
        print("memory of each web process, MB, in brackets its share:", sizes)


def fill(app: Any, count: int) -> None:
    themes = ("culture", "education", "environment", "housing")
    words = (
        "What was done, by whom, and what came of it, in as many words as people use when they tell of a practice. " * 3
    )
    with app.app_context():
        texts = {code: {"summary": words, "fields": {}} for code in ("en", "ru")}
        for start in range(0, count, 500):
            with writing():
                fresh = [
                    items.prepare("case", {
                        "texts": {code: {**text, "title": f"Practice {n} {code}"} for code, text in texts.items()},
                        "places": [{"names": {"en": f"Town {n % 300}"}, "country": "RU", "lat": 50 + n % 10, "lon": 30 + n % 90}],
                        "topics": [], "links": {}, "data": {"themes": [themes[n % 4]], "start": str(1990 + n % 36)},
                    })
                    for n in range(start, min(start + 500, count))
                ]  # fmt: skip
                items.create_many(fresh)
                items.commit()


def memory(server: Server) -> list[tuple[float, float]]:
    """(resident, share) of the web processes in MB; share: what is used by several counts for each in part."""
    found = []
    for pid in server.named("hub-web"):
        sizes = dict(re.findall(r"(Rss|Pss):\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text()))
        found.append((int(sizes["Rss"]) / 1024, int(sizes["Pss"]) / 1024))
    return sorted(found)


def wagtail(folder: Path, rates: dict[str, float], measure: Callable[..., float]) -> None:
    """Wagtail's own page of a list, 1,000 pages, as its start template serves it."""
    home, port = folder / "wagtail", free_port()
    python = str(home / "venv/bin/python")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True, capture_output=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "wagtail>=8,<9", "granian"], check=True, capture_output=True
        )
        subprocess.run([str(home / "venv/bin/wagtail"), "start", "peer", str(home)], check=True, capture_output=True)
        subprocess.run([python, str(HERE / "peer_wagtail.py"), str(home)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Wagtail is left out: {getattr(error, 'stderr', error)!s:.300}")
        return
    words = [python, *GRANIAN, "--port", str(port), "peer.wsgi:application"]
    settings = {"DJANGO_SETTINGS_MODULE": "bench_settings", "PYTHONPATH": str(home)}
    process = subprocess.Popen(words, cwd=home, env={**os.environ, **settings})
    try:
        rates["Wagtail list"] = measure(wait_for(f"http://127.0.0.1:{port}"), "/?page={page}")
    finally:
        process.terminate()
        process.wait(15)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers + [10_000, 5][len(numbers) :]))
