"""Who may read what: a members-only item and editors-only fields, looked for in every shape of every list."""

from __future__ import annotations

import re

from hub.hooks.parts import ContentType
from hub.testing.bench import Bench
from hub.testing.conformance.walking import follow, shapes, walk
from hub.testing.samples import WORDS

__all__ = ["test_lists_and_items_obey_audience"]
MAY_READ = {"visitor": ("public",), "member": ("public", "members"), "editor": ("public", "members", "editors")}


def test_lists_and_items_obey_audience(hub_plugin: Bench) -> None:
    """Page, data, feeds, search, sitemap, API and the plugin's own pages show a reader what is for them, and nothing else."""
    for role, mine in MAY_READ.items():
        hidden = [word for audience, word in WORDS.items() if audience not in mine]
        for visit in walk(hub_plugin, role):
            asked = visit.address.rpartition("?q=")[2] if "?q=" in visit.address else ""
            for word in hidden:  # a page of results repeats the word it was asked for; with a number it is content
                told = re.search(rf"{word} ?\d" if word == asked else word, visit.text)
                assert not told, f"{visit.address} tells a {role} {told and told.group()!r}"
        for ctype in hub_plugin.walked_types():
            _sees_what_is_theirs(hub_plugin, role, mine, ctype)


def _sees_what_is_theirs(bench: Bench, role: str, mine: tuple[str, ...], ctype: ContentType) -> None:
    client = bench.client(role)
    listed = client.get(f"/en/{ctype.path}.json?limit=500").json
    uids = {item["uid"] for item in listed["items"]}
    for audience, made in bench.uids.items():
        uid, may = made[ctype.kind], audience in mine
        assert (uid in uids) == may, (
            f"the list {ctype.path}.json and a {role}: the {audience} item is {'missing' if may else 'shown'}"
        )
        for address in (f"/en/{ctype.path}/{uid}/", f"/en/{ctype.path}/{uid}.json"):
            status = follow(client, address).status_code
            assert status == (200 if may else 404), f"{address}, an item for {audience}, answers {status} to a {role}"
    for field in (f for f in ctype.fields if not f.managed):  # what a plugin knows stands in no sample
        item = follow(client, f"/en/{ctype.path}/{bench.uids['public'][ctype.kind]}.json").json
        shown = field.name in item["fields"] or any(field.name in text["fields"] for text in item["texts"].values())
        may = field.audience in mine
        assert shown == may, (
            f"the field {ctype.kind}.{field.name} (for {field.audience}) is {'missing' if may else 'shown'} for a {role}"
        )
    exact = listed["total"]
    for shape in shapes(bench):
        if shape == "csv":
            rows = client.get(f"/en/{ctype.path}.csv?limit=500").text.count("\n") - 1
            assert rows >= min(exact, 500), f"{ctype.path}.csv has {rows} rows, the list {exact}"
