"""The files of the copy: written one by one, old ones taken away, every link looked after."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import current_app, g, render_template
from flask_babel import force_locale, format_date, gettext
from lxml import html

from hub.api import items

from ..reading import Unusable
from .addresses import Site, relative
from .fetching import LINKS, Store, fetch
from .pages import STYLE, Page, Words

OURS = ".copy"  # in the folder: what was fetched while the run is on, and which files are ours
FILES = Path(__file__).parent / "files"
SCRIPT = "copy/find.js"


@dataclass
class Copied:
    """How it went: how many files, how many bytes, links that lead to nothing as (file, link)."""

    files: int = 0
    size: int = 0
    dead: list[tuple[str, str]] = field(default_factory=list)


def copy_site(folder: Path, tell: Callable[[str, int], None]) -> Copied:
    """Write the whole public hub into a folder as plain files. Raises Unusable where the folder holds something else.

    A run that was stopped goes on where it was, while nobody has published meanwhile; else it begins anew. tell: what is
    being done and how far it is.
    """
    facts = items.site()
    site, before = Site(facts["url"], tuple(facts["languages"])), _ours(folder)
    day = dt.date.today()
    store = Store(folder / OURS / "fetched", json.dumps([*map(str, items.version()), str(day)]))
    starts = [
        f"/{code}/{ctype.path}{end}"
        for code in site.languages
        for ctype in items.types()
        for end in ("/", ".json", ".csv")
    ]
    fetch(current_app._get_current_object(), site, store, starts, lambda n: tell("fetched", n))  # type: ignore[attr-defined]
    for code in site.languages:  # the page that every search leads to
        store.found[f"/{code}/search/"] = {"address": f"/{code}/search/", "type": "search"}
    made = Copied()
    written = set()
    for name, body in _files(site, store, facts["name"], day):
        _write(folder / name, body)
        written.add(name)
        made.files += 1
        made.size += len(body)
        tell("written", made.files)
    for name in before - written:
        (folder / name).unlink(missing_ok=True)
    (folder / OURS / "files.json").write_text(json.dumps(sorted(written)), encoding="utf-8")
    made.dead = list(_dead(folder, written))
    store.clear()
    return made


def _ours(folder: Path) -> set[str]:
    listed = folder / OURS / "files.json"
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / OURS).is_dir())):
        raise Unusable(
            gettext("%(folder)s holds something that is no copy of a hub; name a new or an empty folder", folder=folder)
        )
    (folder / OURS).mkdir(parents=True, exist_ok=True)
    return set(json.loads(listed.read_text(encoding="utf-8"))) if listed.exists() else set()


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + "~")
    beside.write_bytes(body)
    os.replace(beside, path)


def _files(site: Site, store: Store, name: str, day: dt.date) -> Iterator[tuple[str, bytes]]:
    words = {code: _words(code, name, day) for code in site.languages}
    page = Page(site, store.found, words, store.body)
    for address, entry in store.found.items():
        kind = entry.get("type")
        if kind == "text/html":
            yield site.file(address), page.made(address, store.body(address))
        elif kind == "search":
            yield site.file(address), _index(site, store, page, address.split("/")[1], name, day)
        elif kind == "text/css":
            yield site.file(address), page.styled(address, store.body(address))
        elif kind:
            yield site.file(address), store.body(address)
    for target in (STYLE, SCRIPT):
        yield target, (FILES / target.split("/")[1]).read_bytes()
    main = f"{site.languages[0]}/index.html"
    links = " · ".join(f'<a href="{code}/index.html" lang="{code}">{code.upper()}</a>' for code in site.languages)
    yield (
        "index.html",
        (
            f'<!doctype html><html lang="{site.languages[0]}"><head><meta charset="utf-8"><title>Hub</title>'
            f'<meta http-equiv="refresh" content="0; url={main}"></head><body><p>{links}</p></body></html>'
        ).encode(),
    )


def _words(language: str, name: str, day: dt.date) -> Words:
    with force_locale(language):
        told = gettext(
            "This is a copy, made on %(day)s, of a page of %(link)s. Forms and sign-in are there.",
            day=format_date(day, "long"),
            link="\0",
        )
    before, _, after = told.partition("\0")
    return Words(before, name, after)


def _index(site: Site, store: Store, page: Page, language: str, name: str, day: dt.date) -> bytes:
    """The page of everything, in the frame of the home page."""
    lists = [(t, store.body(f"/{language}/{t.path}.json")) for t in items.types()]
    with current_app.test_request_context(f"/{language}/", base_url=site.origin), force_locale(language):
        g.hub_lang = language
        groups = [
            (str(ctype.plural), sorted(_entries(site, body), key=lambda e: e["title"].casefold()))
            for ctype, body in lists
            if body
        ]
        body = render_template(
            "transfer/copy.html", name=name, made=format_date(day, "long"), groups=[g for g in groups if g[1]],
            files=[(a, len(store.body(a))) for a, e in sorted(store.found.items())
                   if a.count("/") == 2 and a.startswith(f"/{language}/") and e.get("type") and not a.endswith("/") and "?" not in a],
        )  # fmt: skip
        title = gettext("Everything in this copy")
    home, address = html.document_fromstring(store.body(f"/{language}/")), f"/{language}/search/"
    main = home.get_element_by_id("main")
    main.clear()
    main.set("id", "main")
    main.append(html.fragment_fromstring(body))
    home.find(".//title").text = f"{title} · {name}"
    store.found[address]["facets"] = []
    tree = html.document_fromstring(
        page.made(address, html.tostring(home, doctype="<!doctype html>", encoding="utf-8"))
    )
    script = html.Element("script")
    script.set("src", relative(SCRIPT, site.file(address)))
    script.set("defer", "defer")
    tree.find("head").append(script)
    return html.tostring(tree, doctype="<!doctype html>", encoding="utf-8")


def _entries(site: Site, body: bytes) -> list[dict[str, str]]:
    found = json.loads(body).get("items", [])
    return [
        {"title": i["title"], "summary": i.get("summary") or "", "url": site.inside(i["url"], "/") or ""} for i in found
    ]


def _dead(folder: Path, written: set[str]) -> Iterator[tuple[str, str]]:
    """Links from file to file that lead to none."""
    for name in sorted(n for n in written if n.endswith(".html")):
        tree = html.document_fromstring((folder / name).read_bytes())
        for tag, attribute in LINKS:
            for element in tree.iter(tag):
                href = element.get(attribute) or ""
                if href and not href.startswith("#") and not urlsplit(href).scheme:
                    path = os.path.normpath(os.path.join(os.path.dirname(name), unquote(urlsplit(href).path)))
                    if path not in written:
                        yield name, href
