"""Every page of the plugin, for everybody: no error, no write by looking, no open door at the desk, no missing variable."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from hub.testing.bench import ROLES, Bench
from hub.testing.conformance.walking import readable, route_addresses, shapes, walk

__all__ = [
    "test_desk_views_carry_a_guard",
    "test_every_page_answers_everybody",
    "test_hooks_answer_within_their_budget",
    "test_hostile_queries_get_an_answer",
    "test_looking_changes_nothing",
    "test_pages_hold_no_gaps",
    "test_requests_ask_nobody_else",
    "test_state_changes_need_a_token",
]
HOSTILE = (
    "", "0", "-1", "1e309", "99999999999999999999", "nan", "\x00", "'; DROP TABLE content; --", "<script>alert(1)</script>", "%", "%%s%n",
    "../../etc/passwd", "[]", "{}", "ё" * 300, "a" * 5000, "\U0001f600", "*", "?", "(", "\\",
)  # fmt: skip
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
LEEWAY = 2  # the budget of a hook is for a busy server: here, alone, its answer takes at most half of it


def test_every_page_answers_everybody(hub_plugin: Bench) -> None:
    """Routes of its blueprints and pages of its kinds, as visitor, member, editor and admin: never 500."""
    for role in ROLES:
        for visit in walk(hub_plugin, role):
            assert visit.status < 500, f"{visit.address} answers {visit.status} to a {role}. {visit.error}"
    seen = {visit.address: visit.status for visit in walk(hub_plugin, "visitor")}
    for ctype in hub_plugin.types:
        uid = hub_plugin.uids["public"][ctype.kind]
        for address in (f"/en/{ctype.path}/", f"/ru/{ctype.path}/{uid}/", f"/en/{ctype.path}.json"):
            assert seen[address] == 200, f"{address} answers {seen[address]}"


def test_looking_changes_nothing(hub_plugin: Bench) -> None:
    """GET shows, POST acts: no page of it writes content, settings or its own tables by being read."""
    with hub_plugin.scratch():
        before = _contents(hub_plugin)
        client = hub_plugin.client("admin")
        for address in [*route_addresses(hub_plugin, hub_plugin.rules(readable)), "/en/", "/ru/", "/desk/"]:
            client.get(address)
        changed = [name for name, digest in _contents(hub_plugin).items() if digest != before[name]]
    assert not changed, f"reading its pages changed {', '.join(changed)}"


def _contents(bench: Bench) -> dict[str, str]:
    from hub.content.model import Content, ContentText, Revision
    from hub.store.db import session
    from hub.store.state import StoredSetting

    tables = [*(m.__table__ for m in (Content, ContentText, Revision, StoredSetting)), *bench.tables()]
    with bench.here():
        return {
            t.name: hashlib.sha256(repr(sorted(map(repr, session().execute(sa.select(t))))).encode()).hexdigest()
            for t in tables
        }


def test_state_changes_need_a_token(hub_plugin: Bench) -> None:
    """A request that changes something is refused without the form's token, and is never a GET."""
    changing = hub_plugin.rules(lambda rule: bool(CHANGING & (rule.methods or set())))
    with hub_plugin.scratch():
        for rule in changing:
            address = (route_addresses(hub_plugin, [rule]) or [""])[0]
            if not address:
                continue
            for role in ("visitor", "admin"):
                client = hub_plugin.client(role)
                for method in sorted(CHANGING & set(rule.methods or ())):
                    status = client.open(address, method=method, data={"do": "x"}).status_code
                    assert status in (400, 401, 403, 404, 405, 410), (
                        f"{method} {address} without a token answers {status} to a {role}"
                    )
                if not readable(rule) and not any(r.rule == rule.rule and readable(r) for r in hub_plugin.rules()):
                    assert client.get(address).status_code in (403, 404, 405), f"GET {address} is not refused"


def test_desk_views_carry_a_guard(hub_plugin: Bench) -> None:
    """Every view below /desk/ says what right it needs; a visitor is led to the sign-in."""
    from hub.site.guard import is_guarded

    rules = hub_plugin.rules(lambda rule: rule.rule.startswith("/desk/"))
    views = hub_plugin.app().view_functions
    open_ones = sorted({r.endpoint for r in rules if not is_guarded(views[r.endpoint])})
    assert not open_ones, f"without hub.api.needs(permission): {', '.join(open_ones)}"
    for address in route_addresses(hub_plugin, [r for r in rules if readable(r)]):
        answer = hub_plugin.client().get(address)
        assert answer.status_code in (302, 404) and "/account/login" in (answer.location or "/account/login"), address


def test_pages_hold_no_gaps(hub_plugin: Bench) -> None:
    """Its templates render in each language without a missing variable, an empty box or a heading with nothing below."""
    from hub.testing.crawling import hollow, parsed

    templates = hub_plugin.package / "templates" if hub_plugin.package else Path("/nonexistent")
    for path in sorted(templates.rglob("*.html")):
        hub_plugin.app().jinja_env.get_template(f"{hub_plugin.name}/{path.relative_to(templates)}")
    for role in ("visitor", "editor"):
        for visit in walk(hub_plugin, role):
            if visit.mimetype == "text/html" and visit.status == 200:
                gaps = hollow(parsed(visit.text))
                assert not gaps, f"{visit.address}: {gaps[0]}"
                for leak in ("LazyString", "<built-in", "&lt;function", " object at 0x", "%("):
                    assert leak not in visit.text, f"{visit.address} shows {leak!r}"


def test_hostile_queries_get_an_answer(hub_plugin: Bench) -> None:
    """Unknown and hostile values in a query give 200 or 400 (404, 410 where there is nothing), never 500."""
    app, client = hub_plugin.app(), hub_plugin.client()
    card = app.extensions["hub"].plugins.card(hub_plugin.name)
    names = [*card.query, "page", "q", "unknown"]
    pages = route_addresses(hub_plugin, hub_plugin.rules(readable))[:8]
    pages += [f"/en/{t.path}/" for t in hub_plugin.types]
    for address in pages:
        for n, value in enumerate(HOSTILE):
            name = names[n % len(names)]
            status = client.get(
                f"{address}{'&' if '?' in address else '?'}{quote(name)}={quote(value, errors='replace')}"
            ).status_code
            assert status in (200, 301, 302, 308, 400, 401, 403, 404, 405, 410, 422), (
                f"{address}?{name}={value[:40]!r} answers {status}"
            )
    for ctype in hub_plugin.types:
        for n, field in enumerate([*(f.name for f in ctype.facets), *(r.name for r in ctype.relations if r.facet)]):
            for value in (HOSTILE[1:] * 2)[3 * n % 12 :][:6]:
                for address in (f"/en/{ctype.path}/", f"/en/{ctype.path}.{shapes(hub_plugin)[0]}"):
                    status = client.get(f"{address}?{field}={quote(value)}").status_code
                    assert status in (200, 400), f"{address}?{field}={value!r} answers {status}"


def test_requests_ask_nobody_else(hub_plugin: Bench) -> None:
    """No page waits for another server: what comes from outside is fetched by jobs."""
    for role in ("visitor", "admin"):
        for visit in walk(hub_plugin, role):
            assert not visit.asked, f"{visit.address} tried to reach {visit.asked[0]}"


def test_hooks_answer_within_their_budget(hub_plugin: Bench) -> None:
    """What pages wait for is quick: the best of three calls counts, so that a busy machine is not the plugin's fault."""
    from hub.hooks.calls import BUDGETS, USUAL_BUDGET
    from hub.hooks.parts import SearchQuery
    from hub.people import accounts
    from hub.store.db import session

    app, slow = hub_plugin.app(), []
    with app.test_request_context("/en/"):
        editor = accounts.find_user(session(), "editor@example.org")
        item = _any_item(hub_plugin)
        calls: list[tuple[str, dict[str, Any]]] = [
            *(("navigation", {"slot": slot, "user": editor}) for slot in ("main", "footer", "account", "desk")),
            *(("blocks", {"slot": s, "user": editor, "subject": item if s == "item" else None}) for s in ("home", "item", "desk")),
            ("can", {"user": editor, "permission": "content.edit", "subject": None}),
            ("illustrate", {"item": item, "inline": True}), ("content_security", {}), ("health", {}), ("content_changed", {"changes": []}),
            ("search", {"query": SearchQuery("sample", "en", ("en", "ru"))}), ("user_exported", {"user": editor}),
        ]  # fmt: skip
        for hook, arguments in calls:
            impl = next((i for i in getattr(app.extensions["hub"].hooks.manager.hook, hook).get_hookimpls()
                         if i.plugin_name == hub_plugin.name), None)  # fmt: skip
            if impl is None:
                continue
            budget = BUDGETS.get(hook, USUAL_BUDGET) / LEEWAY
            taken = min(
                _seconds(lambda i=impl, a=arguments: i.function(*[a[name] for name in i.argnames])) for _ in range(3)
            )
            if taken > budget:
                slow.append(f"{hook} {arguments.get('slot', '')} took {1000 * taken:.0f} ms of {1000 * budget:.0f}")
    assert not slow, "; ".join(slow)


def _any_item(bench: Bench) -> Any:
    from hub import items

    ctype = bench.walked_types()[0]
    content = items.get(ctype.kind, bench.uids["public"][ctype.kind])
    assert content is not None
    return items.load([content.id], "en", 2, links=True)[0]


def _seconds(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
