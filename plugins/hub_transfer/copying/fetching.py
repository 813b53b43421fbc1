"""Everything that is in the copy, asked of the hub as a visitor would; what was fetched stays when the run is stopped."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from lxml import etree, html
from werkzeug.test import Client

from .addresses import Site

PART = 1000  # entries that a list gives at once as data
FEEDS = (".atom", ".rss", ".feed.json")  # the newest only, as everywhere
LINKS = (
    ("a", "href"),
    ("img", "src"),
    ("source", "src"),
    ("link", "href"),
    ("image", "href"),
    ("use", "href"),
    ("video", "poster"),
)
STYLED = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")


class Store:
    """What was fetched, on disk: an index that only grows, and one packed file an address."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.index = folder, folder / "index.jsonl"
        self.found: dict[str, dict[str, Any]] = {}
        if not self._read(version):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.found = {}
            self.index.write_text(json.dumps({"version": version}) + "\n", encoding="utf-8")
        self._file = self.index.open("a", encoding="utf-8")

    def _read(self, version: str) -> bool:
        if not self.index.exists():
            return False
        lines = self.index.read_text(encoding="utf-8").split("\n")
        if not lines[-1]:
            lines.pop()
        else:  # the run ended within a line: what it stood for is asked again
            lines = lines[:-1]
            self.index.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if not lines or json.loads(lines[0]).get("version") != version:
            return False
        self.found = {entry["address"]: entry for entry in map(json.loads, lines[1:])}
        return True

    def _path(self, address: str) -> Path:
        return self.folder / (hashlib.sha256(address.encode()).hexdigest()[:40] + ".gz")

    def put(self, address: str, body: bytes = b"", **facts: Any) -> dict[str, Any]:
        """Keep one answer; facts: type, links, facets, or `to` of a redirect, or `gone`."""
        if body:
            self._path(address).write_bytes(gzip.compress(body, 1, mtime=0))
        entry = {"address": address, **facts}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        self.found[address] = entry
        return entry

    def body(self, address: str) -> bytes:
        """What an address answered."""
        path = self._path(address)
        return gzip.decompress(path.read_bytes()) if path.exists() else b""

    def clear(self) -> None:
        """The copy is whole: what was fetched is not needed any more."""
        self._file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def fetch(app: Flask, site: Site, store: Store, starts: list[str], tell: Callable[[int], None]) -> None:
    """Fill the store with all that links lead to, from the homes, `starts` and the sitemap on.

    In a thread of its own: a request made inside of a command's application context would share that context's session.
    """
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_walk, Client(app.wsgi_app, use_cookies=False), site, store, starts, tell).result()


def _walk(client: Client, site: Site, store: Store, starts: list[str], tell: Callable[[int], None]) -> None:
    waiting = deque([*(f"/{code}/" for code in site.languages), *starts, *_sitemap(client, site)])
    seen = set(waiting)
    done = 0
    while waiting:
        address = waiting.popleft()
        entry = store.found.get(address) or _ask(client, site, store, address)
        done += 1
        tell(done)
        for link in [*entry.get("links", []), *([entry["to"]] if "to" in entry else [])]:
            if link not in seen:
                seen.add(link)
                waiting.append(link)


def _get(client: Client, site: Site, address: str) -> Any:
    return client.get(address, base_url=site.origin, headers={"Accept-Language": site.languages[0]})


def _sitemap(client: Client, site: Site) -> Iterator[str]:
    index = etree.fromstring(_get(client, site, "/sitemap.xml").data)
    for part in index.iterfind("{*}sitemap/{*}loc"):
        urls = etree.fromstring(_get(client, site, (part.text or "").removeprefix(site.origin)).data)
        for loc in urls.iterfind("{*}url/{*}loc"):
            if address := site.inside(loc.text or "", "/"):
                yield address


def _ask(client: Client, site: Site, store: Store, address: str) -> dict[str, Any]:
    if re.fullmatch(r"/[a-z-]+/search/", address):
        return store.put(address, type="search")
    if (
        site.spoken(address)
        and "?" not in address
        and not address.endswith("/")
        and (parts := _parts(client, site, address))
    ):
        return _keep_data(client, site, store, address, parts)
    answer = _get(client, site, address)
    if answer.status_code in (301, 302, 303, 307, 308):
        to = site.inside(answer.headers["Location"], address)
        return store.put(address, to=to) if to else store.put(address, gone=True)
    kind = answer.mimetype
    # A page with a form to post is never kept by the page cache and has no ETag: it is not for a copy either.
    if answer.status_code != 200 or (kind == "text/html" and "ETag" not in answer.headers):
        return store.put(address, gone=True)
    if kind.endswith("json") and site.file(address).endswith("/index.html"):  # asked for by programs, by their Accept
        return store.put(address, gone=True)
    if kind == "text/html":
        links, facets = _links(site, address, answer.data)
        return store.put(address, answer.data, type=kind, links=links, facets=facets)
    links = []
    if kind == "text/css":
        links = [x for x in (site.inside(u, address) for u in STYLED.findall(answer.get_data(as_text=True))) if x]
    return store.put(address, answer.data, type=kind, links=links)


def _links(site: Site, address: str, body: bytes) -> tuple[list[str], list[str]]:
    tree = html.document_fromstring(body)
    boxes = [(box.get("name", ""), box.get("value", "")) for box in conditions(tree)]
    names = frozenset(name for name, _ in boxes)
    hrefs = [e.get(attribute) or "" for tag, attribute in LINKS for e in tree.iter(tag)]
    hrefs += [
        part.split()[0]
        for e in tree.iter("img", "source")
        for part in (e.get("srcset") or "").split(",")
        if part.strip()
    ]
    hrefs += [e.get("content") or "" for e in tree.iter("meta") if e.get("property") == "og:image"]
    wanted = [site.inside(href, address, names) for href in hrefs]
    wanted += [variant(site, address, name, value) for name, value in boxes]
    return list(dict.fromkeys(link for link in wanted if link)), sorted(names)


def conditions(tree: Any) -> list[Any]:
    """The boxes to tick of a list's conditions; in a copy each is a link to the list with that one condition."""
    return list(tree.iterfind(".//form[@class='facets']//input[@type='checkbox']"))


def variant(site: Site, address: str, name: str, value: str) -> str | None:
    """The address of a list with one condition."""
    return site.inside("?" + urlencode({name: value}), address.split("?")[0], frozenset({name}))


def _parts(client: Client, site: Site, address: str) -> int:
    """Of how many parts a list consists as data, 0 where the address is no list's."""
    stem, _, shape = address.partition(".")
    if not shape or f".{shape}" in FEEDS or address.count("/") != 2:
        return 0
    answer = _get(client, site, f"{stem}.json?limit=1")
    total = (answer.get_json(silent=True) or {}).get("total") if answer.status_code == 200 else None
    return min(100, -(-max(1, total) // PART)) if isinstance(total, int) else 0


def _keep_data(client: Client, site: Site, store: Store, address: str, parts: int) -> dict[str, Any]:
    shape = address.partition(".")[2]
    past = "&from=1900-01-01" if shape == "ics" else ""  # a calendar alone begins 90 days ago
    answers = [_get(client, site, f"{address}?limit={PART}&page={n}{past}") for n in range(1, parts + 1)]
    if any(answer.status_code != 200 for answer in answers):
        return store.put(address, gone=True)
    bodies, kind, links = [answer.data for answer in answers], answers[0].mimetype, []
    if shape in JOIN:
        bodies = [JOIN[shape](bodies)]
    if shape == "json":
        links = [link for item in json.loads(bodies[0]).get("items", []) if (link := _document(site, item["url"]))]
    stem = address.partition(".")[0]
    for number, body in enumerate(bodies[1:], 2):
        links.append(f"{stem}.{number}.{shape}")
        store.put(links[-1], body, type=kind)
    return store.put(address, bodies[0], type=kind, links=links)


def _document(site: Site, url: str) -> str | None:
    page = site.inside(url, "/")
    return f"{page.rstrip('/')}.json" if page and page.endswith("/") else None


def _join_json(bodies: list[bytes]) -> bytes:
    whole, *more = map(json.loads, bodies)
    for part in more:
        whole["items"] += part["items"]
    whole |= {"returned": len(whole["items"]), "next": None, "truncated": len(whole["items"]) < whole["total"]}
    return json.dumps(whole, ensure_ascii=False).encode()


def _join_geojson(bodies: list[bytes]) -> bytes:
    whole, *more = map(json.loads, bodies)
    for part in more:
        whole["features"] += part["features"]
    whole |= {"returned": len(whole["features"]), "truncated": len(whole["features"]) < whole.get("total", 0)}
    return json.dumps(whole, ensure_ascii=False).encode()


def _join_csv(bodies: list[bytes]) -> bytes:
    return b"".join([bodies[0], *(body.partition(b"\n")[2] for body in bodies[1:])])


JOIN: dict[str, Callable[[list[bytes]], bytes]] = {"json": _join_json, "geojson": _join_geojson, "csv": _join_csv}
