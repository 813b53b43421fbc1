"""Addresses of the plugin under test (its routes and its kinds' pages, with parameters from real content), and one walk
over all of them per reader, which several checks look at."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from werkzeug.routing import BuildError, Rule
from werkzeug.routing.converters import AnyConverter, NumberConverter, PathConverter

from hub.testing.bench import Bench
from hub.testing.crawling import readable_text
from hub.testing.samples import WORDS

STRANGE = ("no-such-thing", "0", "ёлка", "a" * 200, "%", "..", "'\"<>")


def _known_values(bench: Bench) -> dict[str, list[str]]:
    """Real values by the usual names of parameters, and by the names of the columns of the plugin's own tables."""
    from hub.content.model import Content, ContentSlug, Topic
    from hub.store.db import session

    known: dict[str, list[str]] = {}
    with bench.here():
        kinds = [t.kind for t in bench.walked_types()]
        items = sa.select(Content).where(Content.kind.in_(kinds)).order_by(Content.id.desc()).limit(3)
        rows = list(session().scalars(items))
        known["uid"] = [row.uid for row in rows]
        known["id"] = [str(row.id) for row in rows]
        slugs = sa.select(ContentSlug.slug).where(ContentSlug.content_id.in_([row.id for row in rows]))
        known["slug"] = list(session().scalars(slugs))
        known["topic"] = list(session().scalars(sa.select(Topic.slug).limit(2)))
        known["kind"], known["path"] = kinds, [t.path for t in bench.walked_types()]
        for table in bench.tables():
            for row in session().execute(sa.select(table).limit(3)).mappings():
                for name, value in row.items():
                    known.setdefault(str(name), []).append(str(value))
    return known


def _candidates(rule: Rule, name: str, known: dict[str, list[str]], languages: list[str]) -> list[str]:
    converter = rule._converters[name]
    if name == "lang":
        return languages
    if isinstance(converter, AnyConverter):
        return list(converter.items)
    if isinstance(converter, NumberConverter):
        return [*[v for v in known.get(name, []) + known["id"] if v.isdigit()][:3], "0", "999999"]
    if isinstance(converter, PathConverter):
        return ["a/b", *STRANGE]
    found = known.get(name) or known.get(name.removesuffix("_uid").removesuffix("_id")) or []
    return [*found, *(known["uid"] if "uid" in name else []), *STRANGE]


def route_addresses(bench: Bench, rules: list[Rule]) -> list[str]:
    """Addresses of these rules: with real values, then with strange ones."""
    known, languages = _known_values(bench), list(bench.app().extensions["hub_languages"])
    adapter = bench.app().url_map.bind("localhost")
    found: list[str] = []
    for rule in rules:
        columns = {
            name: _candidates(rule, name, known, languages) for name in rule.arguments - set(rule.defaults or {})
        }
        for turn in range(max([len(column) for column in columns.values()] or [1])):
            values = {name: column[turn % len(column)] for name, column in columns.items() if column}
            typed = {n: int(v) if isinstance(rule._converters[n], NumberConverter) else v for n, v in values.items()}
            try:
                found.append(adapter.build(rule.endpoint, typed))
            except (BuildError, ValueError):
                continue
    return list(dict.fromkeys(found))


def shapes(bench: Bench) -> list[str]:
    """The names of every shape of a list: core's and those of plugins that are on."""
    from hub.site.shapes import SHAPES

    return [*SHAPES, *bench.app().extensions["hub"].exporters]


def content_addresses(bench: Bench, languages: Iterable[str] = ()) -> list[str]:
    """Lists, items, feeds and data of the walked kinds (default: in every language), and the pages where all kinds meet."""
    languages = list(languages) or bench.app().extensions["hub_languages"]
    found = ["/", "/sitemap.xml", "/sitemap-0.xml", "/robots.txt"]
    found += ["/api/v1/openapi.json", "/api/v1/changes"] if has_api(bench) else []
    for code in languages:
        found += [f"/{code}/", f"/{code}/topics/", f"/{code}/search/", f"/{code}/search/?q=sample", f"/{code}/search.json?q=sample",
                  f"/{code}/feed.atom", f"/{code}/feed.rss", f"/{code}/feed.json"]  # fmt: skip
        for ctype in bench.walked_types():
            found += [f"/{code}/{ctype.path}/", *(f"/{code}/{ctype.path}.{shape}" for shape in shapes(bench))]
            for uids in bench.uids.values():
                found += [f"/{code}/{ctype.path}/{uids[ctype.kind]}/", f"/{code}/{ctype.path}/{uids[ctype.kind]}.json"]
    for ctype in bench.walked_types() if has_api(bench) else ():
        found += [
            f"/api/v1/{ctype.path}",
            *(f"/api/v1/{ctype.path}/{uids[ctype.kind]}" for uids in bench.uids.values()),
        ]
    return found


def has_api(bench: Bench) -> bool:
    """Whether the JSON API is on."""
    return any(rule.rule.startswith("/api/v1/") for rule in bench.app().url_map.iter_rules())


def desk_addresses(bench: Bench) -> list[str]:
    """The desk's pages about the walked kinds."""
    found = ["/desk/", "/desk/settings", "/desk/plugins", "/desk/health", "/desk/changes"]
    for ctype in bench.walked_types():
        found += [f"/desk/{ctype.path}/", f"/desk/{ctype.path}/new", f"/desk/{ctype.path}/new?form=full"]
        uid = bench.uids["public"][ctype.kind]
        found += [
            f"/desk/{ctype.path}/{uid}/",
            f"/desk/{ctype.path}/{uid}/preview",
            f"/desk/{ctype.path}/{uid}/history",
        ]
    return found


def readable(rule: Rule) -> bool:
    return "GET" in (rule.methods or ())


@dataclass
class Visit:
    """What one reader got at one address. error: what the page raised; asked: other servers it tried to reach."""

    address: str
    status: int
    mimetype: str = ""
    text: str = ""
    error: str = ""
    asked: list[str] = field(default_factory=list)


def walk(bench: Bench, role: str) -> list[Visit]:
    """Every address as this reader gets it; walked once, then remembered. Members see one language, an administrator, who
    reads what editors read, only the plugin's own pages and the desk."""
    if role not in bench.walks:
        addresses = {"member": content_addresses(bench, ["en"]), "admin": ["/en/"]}.get(role) or content_addresses(
            bench
        )
        addresses += [f"/en/search/?q={word}" for word in WORDS.values()] if role != "admin" else []
        addresses += route_addresses(bench, bench.rules(readable))
        addresses += desk_addresses(bench) if role != "visitor" else []
        client = bench.client(role)
        with watched_network() as asked:
            bench.walks[role] = [_visit(client, address, asked) for address in addresses]
    visits: list[Visit] = bench.walks[role]
    return visits


def _visit(client: Any, address: str, asked: list[str]) -> Visit:
    asked.clear()
    try:
        answer = follow(client, address)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__}: {error} ({last.filename.rpartition('/')[2]}, line {last.lineno})"
        return Visit(address, 500, error=where, asked=list(asked))
    text = readable_text(answer)
    return Visit(address, answer.status_code, answer.mimetype, text, asked=list(asked))


@contextmanager
def watched_network() -> Iterator[list[str]]:
    """While it lasts no connection to another server is made; the list says who was asked for. A database server that
    the instance uses goes on by the connections that are open."""
    asked: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse_connection(self: socket.socket, address: Any) -> Any:
        if self.family not in (socket.AF_INET, socket.AF_INET6):
            return connect(self, address)
        asked.append(str(address))
        raise OSError("no page may reach another server")

    def refuse_look_up(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(str(host))
        raise OSError("no page may reach another server")

    socket.socket.connect = refuse_connection  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = refuse_look_up
    try:
        yield asked
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.getaddrinfo = look_up


def follow(client: Any, address: str) -> Any:
    """The answer at an address, redirects followed as a browser does (within the site)."""
    answer = client.get(address)
    for _ in range(5):
        if answer.status_code not in (301, 302, 303, 307, 308) or not (answer.location or "").startswith(
            ("/", "http://localhost/")
        ):
            break
        answer = client.get((answer.location or "").removeprefix("http://localhost"))
    return answer
