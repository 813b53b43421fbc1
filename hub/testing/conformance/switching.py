"""Off is gone, at once and everywhere; on again, everything is back."""

from __future__ import annotations

from hub.testing.bench import Bench
from hub.testing.conformance.walking import (
    content_addresses,
    follow,
    has_api,
    readable,
    route_addresses,
    walk,
)
from hub.testing.crawling import readable_text

__all__ = ["test_off_is_gone_and_on_is_back"]


def test_off_is_gone_and_on_is_back(hub_plugin: Bench) -> None:
    """Its addresses answer 404; no menu, list, facet, feed, sitemap, search or page of others names it or what it holds."""
    own = route_addresses(hub_plugin, hub_plugin.rules(readable))
    paths = [f"/{code}/{t.path}" for t in hub_plugin.types for code in hub_plugin.app().extensions["hub_languages"]]
    mine = [a for a in content_addresses(hub_plugin) if any(a.startswith(path) for path in paths)]
    mine += [f"/api/v1/{t.path}" for t in hub_plugin.types] if has_api(hub_plugin) else []
    everybodys = [a for a in content_addresses(hub_plugin) if a not in mine]
    everybodys = [a for a in everybodys if not any(a.startswith(f"/api/v1/{t.path}") for t in hub_plugin.types)]
    exporters = [n for n, (p, _) in hub_plugin.app().extensions["hub"].exporters.items() if p == hub_plugin.name]
    everybodys = [a for a in everybodys if not any(a.endswith(f".{name}") for name in exporters)]
    with hub_plugin.scratch() as app:
        before = {visit.address: visit.status for visit in walk(hub_plugin, "editor")}
        words = [f'data-kind="{t.kind}"' for t in hub_plugin.types] + [f"{path}/" for path in paths]
        mount = f"/<lang:lang>/{hub_plugin.name}/"
        of_core = any(r.rule == mount and r.endpoint.startswith("site.") for r in app.url_map.iter_rules())
        if not of_core and hub_plugin.rules(lambda rule: rule.rule.startswith(mount)):
            words += [f"/{code}/{hub_plugin.name}/" for code in app.extensions["hub_languages"]]
        words += [f'"/api/v1/{t.path}"' for t in hub_plugin.types] + [f"/desk/{hub_plugin.name}/"]
        words += [
            uid
            for uids in hub_plugin.uids.values()
            for kind, uid in uids.items()
            if kind in {t.kind for t in hub_plugin.types}
        ]
        hub_plugin.switch(on=False)
        for role in ("visitor", "editor"):
            client = hub_plugin.client(role)
            for address in [*own, *mine]:
                status = follow(client, address).status_code
                assert status == 404, f"switched off, {address} answers {status} to a {role}"
            for address in [*everybodys, *(["/desk/"] if role == "editor" else [])]:
                answer = follow(client, address)
                assert answer.status_code < 500, f"switched off, {address} answers {answer.status_code}"
                named = [word for word in words if word in readable_text(answer)]
                assert not named, f"switched off, {address} still holds {named[0]!r} for a {role}"
        hub_plugin.switch(on=True)
        editor = hub_plugin.client("editor")
        for address in [*own, *mine, "/en/", "/desk/"]:
            again = follow(editor, address).status_code
            assert again == before[address], (
                f"switched on again, {address} answers {again} instead of {before[address]}"
            )
