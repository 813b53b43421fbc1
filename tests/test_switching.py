"""Turns on only what it needs: the whole site is crawled with no plugin on, with each one alone, with each one off in turn.

Everybody's demo content is in the database all the time. What is off must leave no trace: no error, no dead link, no empty
box or heading, no menu entry, facet, search hit, count, sitemap or feed line. Switched on again, everything is back.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.content import changes, seeding
from hub.content.model import Content
from hub.plugins.host import PluginHost, write_list
from hub.store import db
from hub.testing import Crawler, Page
from hub.testing.fixtures import sign_in

FOLDERS = sorted((Path(__file__).parents[1] / "plugins").glob("hub_*/__init__.py"))
BUNDLED = [path.parent.name.removeprefix("hub_") for path in FOLDERS]
STARTS = ("/sitemap.xml", "/feed.atom", "/feed.rss", "/feed.json", "/en/search/?q=library", "/ru/search/?q=город", "/en/search.json?q=city",
          "/ru/search.csv?q=сад", "/en/search.geojson", "/api/v1/openapi.json", "/api/v1/changes", "/robots.txt", "/-/health")  # fmt: skip
DESK = ("/desk/", "/desk/changes", "/desk/topics")
NAMES_ALL = re.compile(r"^/desk/plugins|^/desk/patterns|^/-/health")  # these speak of what is off, on purpose


class Site:
    """One instance with everybody's content, and applications of it with some of the plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app: Any = None
        host = PluginHost(folder)
        host.discover()
        self.needs = {name: host.card(name).requires for name in BUNDLED}
        self.cookies: dict[str, str] = {}
        write_list(folder / "plugins.txt", self.ordered(BUNDLED))
        app = self.make(BUNDLED)
        here = app.extensions["hub"]
        self.types = here.types.all()
        self.shapes = {name: owner for name, (owner, _) in here.exporters.items()}
        taken = {rule.rule.split("/")[2] for rule in app.url_map.iter_rules() if rule.endpoint == "site.search"}  # core's own page
        self.prefixes = {b.name.removesuffix("_root"): name for name in BUNDLED for b in here.plugins.found[name].contribution.blueprints
                         if b.name not in taken}  # fmt: skip
        with app.app_context(), db.writing():
            from hub.store import migrate

            for name in BUNDLED:
                if history := here.plugins.found[name].history:
                    migrate.upgrade(db.engine(), history)
            seeding.load_demo(db.session())
            changes.run_readers()
            self.uids = {row.uid: row.kind for row in db.session().execute(sa.select(Content.uid, Content.kind))}
        for role in ("editor",):
            self.cookies[role] = sign_in(app, role).get_cookie("hub").value

    def ordered(self, names: Any) -> list[str]:
        """These plugins and what they require, requirements first."""
        found: list[str] = []

        def add(name: str) -> None:
            for needed in self.needs.get(name, []):
                add(needed)
            if name not in found:
                found.append(name)

        for name in names:
            add(name)
        return found

    def without(self, name: str) -> list[str]:
        """All plugins but this one and those that need it."""
        return [n for n in self.ordered(BUNDLED) if name not in self.ordered([n])]

    def make(self, names: Any) -> Any:
        """The application with just these plugins (and what they require)."""
        self.close()
        write_list(self.folder / "plugins.txt", self.ordered(names))
        self.app = create_app(self.folder, strict=True)
        self.app.testing = True
        return self.app

    def close(self) -> None:
        if self.app is not None:
            with self.app.app_context():
                db.engine().dispose()

    def client(self, role: str) -> Any:
        client = self.app.test_client()
        if role in self.cookies:
            client.set_cookie("hub", self.cookies[role])
        return client

    def crawl(self, role: str, *, sample: bool = False) -> Crawler:
        """Every page this reader can reach (sample: one of each form); none may have a fault or a trace of what is off."""
        on = set(self.app.extensions["hub"].plugins.wanted())
        traces = self.traces(on)
        own_uids = {uid for uid, kind in self.uids.items() if any(t.kind == kind and t.plugin in (*on, "") for t in self.types)}
        lost = set(self.uids) - own_uids

        def check(page: Page) -> list[str]:
            if NAMES_ALL.search(page.url):
                return []
            found = [f"tells of what is off: {match.group()!r}" for trace in traces if (match := trace.search(page.text))]
            if lost and page.mimetype != "text/html":
                found += [f"holds {self.uids[uid]} {uid}" for uid in lost & set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", page.text))]
            return found

        starts = [start for start in STARTS if self.client(role).get(start).status_code != 404]
        starts += DESK if role == "editor" else ()
        crawler = Crawler(self.client(role), starts=starts, each=int(sample), queries=int(not sample), check=check).run()
        assert len(crawler.pages) > 20
        assert not crawler.faults(), "\n".join(crawler.faults()[:20])
        return crawler

    def traces(self, on: set[str]) -> list[re.Pattern[str]]:
        """What would tell of each plugin that is off: addresses and marks of its kinds, its pages, its facets, its shapes of lists
        (a plugin's own page may offer a file of the same ending)."""
        found = []
        for ctype in self.types:
            if ctype.plugin and ctype.plugin not in on:
                found.append(rf'/(en|ru|desk|v1)/{ctype.path}(?=[/.?"&<])|data-kind="{ctype.kind}"|"kind":\s*"{ctype.kind}"')
        for name, plugin in self.prefixes.items():
            if plugin not in on:
                found.append(rf'"/desk/{plugin}/' if name.endswith("_desk") else rf'"/(en|ru)/{name}/')
        live = [t for t in self.types if not t.plugin or t.plugin in on]
        kinds = {t.kind for t in live}
        for ctype in live:
            found += [rf'type="checkbox" name="{r.name}"|"{r.name}":\s*\{{"[0-9a-f]{{8}}-' for r in ctype.relations if r.facet and r.to not in kinds]
        found += [rf'href="(/(en|ru))?/[\w-]+\.{re.escape(shape)}[?"]' for shape, plugin in self.shapes.items() if plugin not in on]
        return [re.compile(text) for text in found]


@pytest.fixture(scope="module")
def site(hub_instances):
    folder = hub_instances.make((), start=True)
    made = Site(folder)
    yield made
    made.close()


def test_there_are_plugins_to_switch():
    assert {"partners", "cases", "search", "covers"} <= set(BUNDLED)


def test_no_plugin_at_all(site):
    site.make([])
    site.crawl("visitor")
    site.crawl("editor", sample=True)


@pytest.fixture(scope="module")
def everything(site):
    """What a visitor meets with every plugin on: address → status."""
    site.make(BUNDLED)
    return {url: page.status for url, page in site.crawl("visitor", sample=True).pages.items()}


SAMPLE = ("partners",)  # the others in turn: make test-all


@pytest.mark.parametrize("name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.long) for name in BUNDLED])
def test_off_in_turn_and_back(site, everything, name):
    """Switched off while the site runs; on again, the same addresses answer the same."""
    site.make(BUNDLED)
    write_list(site.folder / "plugins.txt", site.without(name))
    off = site.crawl("visitor", sample=True)
    gone = {url: status for url, status in everything.items() if url not in off.pages}
    for ctype in site.types:
        if ctype.plugin == name and ctype.navigation:
            assert f"/en/{ctype.path}/" in gone and f"/ru/{ctype.path}/" in gone
    write_list(site.folder / "plugins.txt", site.ordered(BUNDLED))
    visitor = site.client("visitor")
    assert {url: visitor.get(url).status_code for url in gone} == gone, "not everything is back"


def counts(site):
    """Topic → how many items the page of topics says it has."""
    page = site.client("visitor").get("/en/topics/").text
    return {slug: int(count.replace(",", "")) for slug, count in
            re.findall(r'/en/topics/([\w-]+)/">[^<]*</a><span>([\d,]+)</span>', page) if count != "0"}  # fmt: skip


def counts_by_kind(site):
    """The same, counted list by list over the kinds that are on."""
    found: dict[str, int] = {}
    for ctype in site.app.extensions["hub"].types.mixed():  # what is part of another is not counted beside it
        facets = site.client("visitor").get(f"/en/{ctype.path}.json?limit=1").json["facets"].get("topic", {})
        for slug, count in facets.items():
            found[slug] = found.get(slug, 0) + count
    return found


@pytest.mark.parametrize("name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.long) for name in BUNDLED])
def test_counts_tell_only_of_what_is_on(site, name):
    site.make(BUNDLED)
    everything = counts(site)
    write_list(site.folder / "plugins.txt", site.without(name))
    assert counts(site) == counts_by_kind(site) and sum(counts(site).values()) <= sum(everything.values())
    facets = site.client("visitor").get("/en/search.json?limit=1").json
    kinds = {t.kind for t in site.app.extensions["hub"].types.live()}
    lists = [f"/en/{t.path}.json?limit=1" for t in site.app.extensions["hub"].types.mixed()]
    assert facets["total"] == sum(site.client("visitor").get(address).json["total"] for address in lists)
    found = site.client("visitor").get("/en/search.json?q=city").json
    assert set(found["facets"].get("kind", {})) <= kinds and {item["kind"] for item in found["items"]} <= kinds
    feed = json.loads(site.client("visitor").get("/feed.json?limit=200").text)
    assert not [item["url"] for item in feed["items"] if item["url"].split("/")[4] not in {t.path for t in site.types if t.kind in kinds}]


# --- all combinations, all pages


@pytest.mark.long
@pytest.mark.parametrize("role", ["visitor", "editor"])
@pytest.mark.parametrize("name", BUNDLED)
def test_alone(site, name, role):
    site.make([name])
    crawler = site.crawl(role)
    for ctype in site.types:
        if ctype.plugin == name and ctype.navigation:
            assert f"/en/{ctype.path}/" in crawler.pages and f"/ru/{ctype.path}/" in crawler.pages


@pytest.mark.long
@pytest.mark.parametrize("role", ["visitor", "editor"])
@pytest.mark.parametrize("name", BUNDLED)
def test_off_in_turn_on_every_page(site, name, role):
    site.make(BUNDLED)
    write_list(site.folder / "plugins.txt", site.without(name))
    site.crawl(role)


@pytest.mark.long
@pytest.mark.parametrize("role", ["visitor", "editor"])
def test_everything_on(site, role):
    site.make(BUNDLED)
    assert len(site.crawl(role).pages) > 300


