"""What a request costs a processor: `.venv/bin/python bench/capacity/run.py [ITEMS]` (10,000).

Seconds of processor time, not of the clock, so that the figures hold on a machine that has other work; a core answers at most 1 / that
many requests a second. Every bundled plugin on, SQLite, two languages; the median of 30 requests after five to warm up.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "web"))
import run as web

from hub.app import create_app
from hub.testing.fixtures import csrf, sign_in
from hub.testing.instances import Instances


def cost(ask, times: int = 30) -> float:
    """Milliseconds of processor time of one call, the median."""
    for number in range(5):
        ask(number)
    found = []
    for number in range(5, 5 + times):
        began = time.process_time()
        answer = ask(number)
        found.append((time.process_time() - began) * 1000)
        assert answer is None or answer.status_code in (200, 304), answer.status
    return statistics.median(found)


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        names = list(web.tomllib.loads((web.ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["hub.plugins"])
        app = create_app(Instances(Path(place)).make(names, start=True))
        web.fill(app, count)
        visitor, member, editor = app.test_client(), sign_in(app, "member"), sign_in(app, "editor")
        tag = visitor.get("/en/cases/?page=2").headers["ETag"]
        form = csrf(editor.get("/desk/cases/new?language=en").text)

        def publish(number):
            data = {"csrf_token": form, "language": "en", "form": "quick", "do": "publish", "title.en": f"Made {number}"}
            assert editor.post("/desk/cases/new", data=data).status_code == 302

        lines = {
            "page from memory (anonymous, unchanged site)": lambda n: visitor.get("/en/cases/?page=2"),
            "the same page, 304": lambda n: visitor.get("/en/cases/?page=2", headers={"If-None-Match": tag}),
            "list of 20 with facets, signed in (made anew)": lambda n: member.get(f"/en/cases/?page={n + 1}"),
            "list with a condition, signed in (made anew)": lambda n: member.get(f"/en/cases/?page={n + 1}&theme=culture"),
            "one entry, signed in (made anew)": lambda n: member.get(f"/en/cases/practice-{n}-en/"),
            "home page, signed in (made anew)": lambda n: member.get("/en/"),
            "100 entries as JSON, signed in": lambda n: member.get(f"/en/cases.json?limit=100&page={n + 1}"),
            "publishing an entry": publish,
        }
        print(f"{count:,} entries; processor time in ms, requests a second of one core")
        for name, ask in lines.items():
            ms = cost(ask)
            print(f"| {name} | {ms:.2f} | {1000 / ms:,.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
