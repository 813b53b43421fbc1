"""Walks a site by its links, and holds its pages against the Nu HTML checker (https://validator.github.io/validator/)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import httpx2

CHECKER = Path(__file__).parents[2] / ".venv" / "vnu.jar"  # brought by tools/servers.sh
ACTS = re.compile(r"^/account/logout|[?&](theme|lang)=")  # what is followed would sign out, or answer in another guise


class Marks(HTMLParser):
    """The addresses a page names, as (what for, address), and the marks (ids) that others can point at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attributes if value}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        kind = "link" if tag in ("a", "area", "form") or found.get("rel") in ("alternate", "canonical") else "part"
        named = [found[name] for name in ("href", "src", "poster") if name in found]
        named += [piece.split()[0] for piece in found.get("srcset", "").split(",") if piece.strip()]
        self.links += [(kind, address) for address in named]


@dataclass
class Site:
    """What a walk found: HTML pages by address, and one line for every fault."""

    pages: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    asked: int = 0


def shape(address: str) -> tuple[str, int, tuple[str, ...]]:
    """What pages made by one template have in common: section, depth and names of the query."""
    path, query = urlsplit(address).path, urlsplit(address).query
    parts = path.strip("/").split("/")
    return "/".join(parts[:2]), len(parts), tuple(sorted(name for name, _ in parse_qsl(query)))


def sample(pages: dict[str, str] | list[str], each: int) -> list[str]:
    """The first pages of every shape."""
    counted: Counter[tuple[str, int, tuple[str, ...]]] = Counter()
    chosen = []
    for address in pages:
        counted[shape(address)] += 1
        if counted[shape(address)] <= each:
            chosen.append(address)
    return chosen


def sort(address: str) -> tuple[str, int, tuple[str, ...]]:
    """The same, coarser: files by their ending and conditions by their names, whatever the section."""
    path, depth, names = shape(address)
    ending = PurePosixPath(urlsplit(address).path).suffix
    return (ending or ("" if names else path)), depth, (() if ending else names)


Alike = Callable[[str], tuple[str, int, tuple[str, ...]]]


def walk(url: str, start: str, *, cookie: str = "", each: int = 10**6, stay: str = "/", alike: Alike = shape) -> Site:
    """Ask every address that can be reached from a page, in waves; at most `each` of those that are alike, within `stay`.

    Lists are followed with one condition at a time: all combinations would never end.
    """
    found, seen, counted = Site(), {start}, Counter()
    wave, from_where = [start], {start: "the start"}
    with httpx2.Client(base_url=url, headers={"Cookie": cookie}, timeout=30) as client, ThreadPoolExecutor(4) as pool:
        while wave:
            answers, asked, wave = list(pool.map(client.get, wave)), wave, []
            found.asked += len(asked)
            for address, answer in zip(asked, answers, strict=True):
                if answer.status_code >= 400:
                    found.faults.append(f"{answer.status_code} {address} (from {from_where[address]})")
                    continue
                links = [("link", answer.headers["Location"])] if answer.is_redirect else []
                if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.is_redirect:
                    found.pages[address] = answer.text
                    marks = Marks(answer.text)
                    links = marks.links
                    found.faults += _lost_marks(address, marks)
                for kind, link in links:
                    target = urldefrag(urljoin(url + address, link)).url
                    if kind == "part" and not target.startswith((url, "data:")):
                        found.faults.append(f"{address} loads {target}")
                    target = target.removeprefix(url)
                    if target in seen or not _wanted(target, address, stay if kind == "link" else "/"):
                        continue
                    seen.add(target)
                    counted[alike(target)] += 1
                    if counted[alike(target)] <= each:
                        from_where[target] = address
                        wave.append(target)
    return found


def _wanted(target: str, page: str, stay: str) -> bool:
    if not target.startswith(stay) or ACTS.search(target):
        return False
    path, query = urlsplit(target).path, parse_qsl(urlsplit(target).query)
    on_a_narrowed_list = bool(urlsplit(page).query) and path == urlsplit(page).path
    return len(query) <= 1 and not (query and on_a_narrowed_list)


def _lost_marks(address: str, marks: Marks) -> list[str]:
    here = {unquote(link[1:]) for _, link in marks.links if link.startswith("#") and len(link) > 1}
    return [f"{address} points at #{mark}, which is not there" for mark in here - marks.ids]


def html_faults(pages: dict[str, str], folder: Path) -> list[str]:
    """What the checker says of pages: one line for every error and warning. Skips where it is not installed."""
    import pytest

    if not shutil.which("java") or not CHECKER.exists():
        pytest.skip(f"no HTML checker: {CHECKER} is brought by tools/servers.sh and needs java and npm")
    addresses = {}
    for n, (address, text) in enumerate(pages.items()):
        (folder / f"{n}.html").write_text(text, encoding="utf-8")
        addresses[f"{n}.html"] = address
    done = subprocess.run(
        ["java", "-Xss4m", "-jar", str(CHECKER), "--format", "json", "--stdout", "--exit-zero-always", str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)["messages"]
    return [f"{addresses[m['url'].rsplit('/', 1)[1]]}: {m['message']} — {m.get('extract', '')[:160]}" for m in said]
