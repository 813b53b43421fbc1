"""Lists, items and the site itself as data: every shape, the API, feeds, sitemap, the page cache, headers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import time
from email.utils import parsedate_to_datetime
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest
import sqlalchemy as sa
import time_machine
from making import LOCAL, change, folder_of, make, run_hub, step

from hub.plugins.host import STANDARD
from hub.testing.fixtures import sign_in

SHAPES = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "atom": "application/atom+xml",
    "rss": "application/rss+xml", "feed.json": "application/feed+json",
}  # fmt: skip
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="module")
def demo(demo_app):
    return demo_app.test_client()


def path_of(url):
    assert url.startswith(LOCAL + "/"), url
    return url.removeprefix(LOCAL)


# -- every list in every shape ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("word", ["cases", "partners", "pages", "search"])
def test_every_list_answers_in_every_shape_and_prefix(demo, word, shape):
    query = "?q=city" if word == "search" else "?sort=title&limit=3"
    bodies = {}
    russian = demo.application.test_client()
    russian.set_cookie("hub_lang", "ru")
    for prefix in ("", "/en", "/ru"):
        answer = russian.get(f"{prefix}/{word}.{shape}{query}", headers={"Accept-Language": "ru"})
        assert answer.status_code == 200, f"{prefix}/{word}.{shape}"
        assert answer.headers["Content-Type"].startswith(SHAPES[shape].partition(";")[0])
        assert answer.headers["Access-Control-Allow-Origin"] == "*" and answer.headers["ETag"]
        bodies[prefix] = answer.text.replace(f"{LOCAL}/en/{word}.{shape}", f"{LOCAL}/{word}.{shape}")
    assert bodies[""] == bodies["/en"], "without a prefix the site's first language answers"
    assert bodies["/en"] != bodies["/ru"] or word == "search"


@pytest.mark.parametrize(
    "path", ["/feed.atom", "/feed.json", "/feed.rss", "/ru/feed.atom", "/ru/feed.json", "/en/feed.rss"]
)
def test_feeds_of_everything(demo, path):
    assert demo.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/en/cases.xml", "/en/cases.html", "/cases.pdf", "/en/nothing.json", "/nothing.json", "/xx/cases.json"]
)
def test_unknown_shapes_are_404(demo, path):
    assert demo.get(path).status_code == 404


def test_an_item_as_json_with_and_without_a_prefix(demo):
    url = demo.get("/en/cases.json?limit=1&sort=title").json["items"][0]["url"]
    path = path_of(url).rstrip("/")
    with_prefix, without = (
        demo.get(path + ".json"),
        demo.get(path.removeprefix("/en") + ".json", headers={"Accept-Language": "ru"}),
    )
    assert with_prefix.status_code == without.status_code == 200 and with_prefix.json == without.json
    other = demo.get(path.replace("/en/", "/ru/") + ".json", follow_redirects=True)
    assert other.json["uid"] == with_prefix.json["uid"] and other.json["lang"] == "ru"


def test_list_json_has_the_promised_keys(demo):
    answer = demo.get("/en/cases.json?limit=3").json
    assert list(answer) == ["items", "total", "returned", "truncated", "next", "facets"]
    assert (
        (answer["returned"], len(answer["items"]), answer["truncated"]) == (3, 3, True)
        and answer["total"] > 3
        and answer["next"]
    )
    for item in answer["items"]:
        assert list(item)[:3] == ["uid", "kind", "url"] and {
            "title",
            "summary",
            "lang",
            "updated",
            "topics",
            "places",
            "fields",
        } <= set(item)
        assert RFC3339.fullmatch(item["updated"]) and item["kind"] == "case"
        page = demo.get(path_of(item["url"]))
        assert page.status_code == 200 and item["uid"]
    whole = demo.get("/en/cases.json?limit=1000").json
    assert (whole["truncated"], whole["next"], whole["returned"]) == (False, None, whole["total"])
    empty = demo.get("/en/cases.json?year=1850").json
    assert (empty["items"], empty["total"], empty["returned"], empty["truncated"], empty["next"]) == (
        [],
        0,
        0,
        False,
        None,
    )


def test_item_json_tells_all_of_an_item(demo):
    uid = next(
        i["uid"]
        for i in demo.get("/en/cases.json?limit=1000").json["items"]
        if i["title"].startswith("Cultural Environment")
    )
    item = demo.get(f"/api/v1/cases/{uid}").json
    assert (
        set(item["texts"]) == {"en", "ru"}
        and item["texts"]["ru"]["title"]
        and item["texts"]["en"]["fields"]["objective"]
    )
    assert item["body"] == item["texts"]["en"]["body"] and set(item["urls"]) == {"en", "ru"}
    assert (
        item["fields"]["end"] == "ongoing"
        and item["fields"]["start"] == "2020-06"
        and item["starts_at"].startswith("2020-0")
    )
    assert item["links"]["holder"][0]["kind"] == "partner"
    for url in [*item["urls"].values(), item["links"]["holder"][0]["url"]]:
        assert demo.get(path_of(url)).status_code == 200
    assert item["places"][0]["country"] == "RU" and item["places"][0]["names"] == {"en": "Kazan", "ru": "Казань"}
    russian = demo.get(f"/api/v1/cases/{uid}?lang=ru").json
    assert russian["lang"] == "ru" and russian["title"] == item["texts"]["ru"]["title"]
    by_list = next(i for i in demo.get("/api/v1/cases?limit=1000").json["items"] if i["uid"] == uid)
    assert {k: item[k] for k in by_list} == by_list


# -- GeoJSON ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mapped(hub_instances, pytestconfig):
    """Nine items: 0 to 3 places each, some places without a point."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True
    for n in range(9):
        points = [
            {"lat": 10.0 * n, "lon": 5.0 + k, "names": {"en": f"Town {n}.{k}"}, "address": "", "country": "RU"}
            for k in range(n % 4)
        ]
        if n == 8:
            points = [{"lat": None, "lon": None, "names": {"en": "Somewhere"}, "address": "", "country": "RU"}]
        make(app, title=f"Item {n}", places=points)
    return app.test_client()


def test_geojson_counts_places(mapped):
    whole = mapped.get("/en/cases.geojson").json
    assert whole["type"] == "FeatureCollection"
    assert (whole["total"], whole["returned"], whole["truncated"], whole["without_location"]) == (12, 12, False, 3)
    for feature in whole["features"]:
        assert feature["type"] == "Feature" and feature["geometry"]["type"] == "Point"
        lon, lat = feature["geometry"]["coordinates"]
        assert 5 <= lon <= 8 and lat % 10 == 0
        assert {"uid", "kind", "title", "url", "lang", "updated", "place"} <= set(feature["properties"])


@pytest.mark.parametrize("limit", [1, 2, 4, 8])
def test_geojson_counts_places_when_truncated(mapped, limit):
    part = mapped.get(f"/en/cases.geojson?limit={limit}&sort=title").json
    assert part["returned"] == len(part["features"]) == sum(n % 4 for n in range(limit))
    assert (part["total"], part["truncated"]) == (12, part["returned"] < 12), (
        "total is the number of places, not of items"
    )
    assert part["without_location"] == 3 and part["next"]
    seen, after = [f["properties"]["place"] for f in part["features"]], part["next"]
    while after:
        page = mapped.get(f"/en/cases.geojson?limit={limit}&sort=title&after={after}").json
        seen += [f["properties"]["place"] for f in page["features"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 12


def test_geojson_of_a_box_counts_what_lies_in_it(mapped):
    box = mapped.get("/en/cases.geojson?bbox=5.5,0,9,90").json
    assert (box["total"], box["returned"], box["truncated"], box["without_location"]) == (6, 6, False, 0)
    assert all(f["geometry"]["coordinates"][0] >= 6 for f in box["features"])
    none = mapped.get("/en/cases.geojson?bbox=100,0,101,1").json
    assert (none["total"], none["returned"], none["features"]) == (0, 0, [])


def test_geojson_of_a_search(mapped):
    found = mapped.get("/en/search.geojson?q=item").json
    assert (found["total"], found["returned"], found["without_location"]) == (12, 12, 3)


# -- CSV ----------------------------------------------------------------------------------------------------------------

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
]


def table(answer):
    assert answer.data.startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark to know UTF-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_csv_reads_like_the_json(demo):
    rows, items = table(demo.get("/en/cases.csv?limit=1000")), demo.get("/en/cases.json?limit=1000").json["items"]
    assert [row["uid"] for row in rows] == [item["uid"] for item in items]
    for row, item in zip(rows, items, strict=True):
        assert row["title"] == item["title"] and row["url"] == item["url"] and row["topics"] == "|".join(item["topics"])
        assert row["themes"] == "|".join(item["fields"].get("themes", [])) and row["start"] == item["fields"].get(
            "start", ""
        )
        if item["fields"].get("figures"):
            assert json.loads(row["figures"]) == item["fields"]["figures"]
    answer = demo.get("/ru/partners.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="partners.csv"'


def test_no_cell_is_a_formula(gear_app):
    client = gear_app.test_client()
    for text in FORMULAS:
        place = {"lat": None, "lon": None, "names": {"en": text}, "address": "", "country": ""}
        make(gear_app, "gear", text, summary=text, source_name=text, licence=text, places=[place],
             data={"plain": text, "count": -5, "weight": -1.5}, texts={"en": {"fields": {"story": text}}})  # fmt: skip
    rows = table(client.get("/en/gears.csv"))
    assert len(rows) == len(FORMULAS)
    for row in rows:
        for name, cell in row.items():
            assert not re.match(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)", cell), (name, cell)
        assert row["title"].removeprefix("'") in FORMULAS and (row["count"], row["weight"]) == ("-5", "-1.5")


# -- feeds --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nasty(hub_instances, pytestconfig):
    """Texts that break feeds, pages and scripts where somebody forgot to escape."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True
    titles = ["</script><script>alert(1)</script>", "A & B < C > D \"quoted\" 'single'", "<![CDATA[ x ]]>", "&amp; already", "Ёлка 🌲 «сад»", "]]>",
              "{{ 7 * 7 }} {% raw %}", "<!-- x --><b>bold</b>", "\u2028line\u2029separators", "\ufeffmark\ufffe"]  # fmt: skip
    for title in titles:
        make(app, title=title, summary=f"About {title}", body=f"**Body** of {title}\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))",
             data={"links_out": [{"url": "https://example.org/?a=1&b=\"<x>", "label": title}]}, source_name=title, source_url="https://example.org/")  # fmt: skip
    make(app, "partner", titles[0], data={"website": "https://example.org/</script>"})
    return app


@pytest.mark.parametrize("which", ["nasty", "demo_app"])
@pytest.mark.parametrize(
    "path",
    [
        "/en/cases.atom",
        "/ru/cases.rss",
        "/feed.atom",
        "/ru/feed.rss",
        "/en/partners.atom",
        "/en/search.atom?q=a",
        "/en/cases.rss?topic=culture&sort=title",
    ],
)
def test_feeds_are_well_formed(request, which, path):
    client = request.getfixturevalue(which).test_client()
    answer = client.get(path)
    parsed = feedparser.parse(answer.data, response_headers={"content-type": answer.headers["Content-Type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == ("atom10" if "atom" in path else "rss20")
    assert parsed.feed.title and parsed.feed.language == (path[1:3] if path[3] == "/" else "en")
    if "feed" not in path:
        assert len(parsed.entries) == min(30, client.get(re.sub("atom|rss", "json", path)).json["total"])
    assert parsed.entries or (which == "nasty" and "topic=" in path)  # nothing nasty has a topic
    ids = [entry.id for entry in parsed.entries]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", i) for i in ids)
    for entry in parsed.entries[:5]:
        assert entry.title and client.get(path_of(entry.link)).status_code == 200
        if "atom" in path:
            assert RFC3339.fullmatch(entry.updated) and RFC3339.fullmatch(entry.published)
        else:
            assert parsedate_to_datetime(entry.published).tzinfo


def test_feed_addresses_and_ids_are_stable(nasty):
    client = nasty.test_client()
    first = feedparser.parse(client.get("/en/cases.atom?topic=culture&utm_source=newsletter").data)
    second = feedparser.parse(client.get("/en/cases.atom?topic=culture").data)
    assert first.feed.id == second.feed.id == LOCAL + "/en/cases.atom?topic=culture"
    links = {(link.rel, link.href) for link in first.feed.links}
    assert links == {
        ("self", LOCAL + "/en/cases.atom?topic=culture"),
        ("alternate", LOCAL + "/en/cases/?topic=culture"),
    }
    for path, page in (
        ("/feed.atom", "/en/"),
        ("/ru/feed.atom", "/ru/"),
        ("/ru/cases.rss", "/ru/cases/"),
        ("/cases.atom", "/en/cases/"),
        ("/en/search.atom?q=a", "/en/search/?q=a"),
    ):
        feed = feedparser.parse(client.get(path).data).feed
        assert feed.link == LOCAL + page, path
        assert client.get(page).status_code == 200
        own = [link.href for link in feed.links if link.rel == "self"]
        assert own == [LOCAL + path]
    before = {e.id: e.title for e in feedparser.parse(client.get("/feed.atom").data).entries}
    assert before == {e.id: e.title for e in feedparser.parse(client.get("/ru/feed.atom").data).entries}, (
        "one item, one id in every language and feed"
    )


def test_feeds_carry_the_words_unharmed_and_no_scripts(nasty):
    client = nasty.test_client()
    atom = ElementTree.fromstring(client.get("/en/cases.atom").data)
    space = {"a": "http://www.w3.org/2005/Atom"}
    titles = [entry.findtext("a:title", namespaces=space) for entry in atom.findall("a:entry", space)]
    assert {
        "</script><script>alert(1)</script>",
        "A & B < C > D \"quoted\" 'single'",
        "<![CDATA[ x ]]>",
        "&amp; already",
        "Ёлка 🌲 «сад»",
    } <= set(titles)
    for entry in atom.findall("a:entry", space):
        html = entry.findtext("a:content", namespaces=space)
        assert "<strong>Body</strong>" in html and not re.search(r"<(script|img[^>]*onerror)|href=.javascript", html)
    feed = json.loads(client.get("/en/cases.feed.json").data)
    assert set(titles) == {item["title"] for item in feed["items"]}


@pytest.mark.parametrize(
    "path",
    [
        "/en/cases.feed.json",
        "/ru/feed.json",
        "/feed.json",
        "/en/search.feed.json?q=a",
        "/en/partners.feed.json?sort=title",
    ],
)
@pytest.mark.parametrize("which", ["nasty", "demo_app"])
def test_json_feed_follows_its_standard(request, which, path):
    feed = request.getfixturevalue(which).test_client().get(path).json
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["title"] and feed["language"] in ("en", "ru")
    assert feed["feed_url"] == LOCAL + path and feed["home_page_url"].startswith(LOCAL)
    assert feed["items"] and len({item["id"] for item in feed["items"]}) == len(feed["items"]) <= 30
    for item in feed["items"]:
        assert item["url"].startswith(LOCAL) and ("content_html" in item) != ("content_text" in item)
        assert RFC3339.fullmatch(item["date_published"]) and RFC3339.fullmatch(item["date_modified"])
        assert None not in item.values() and all(isinstance(tag, str) for tag in item["tags"])


# -- the API ------------------------------------------------------------------------------------------------------------


def violations(schema, value, root, where="$"):
    """A small JSON Schema validator: what this document uses of it; an unknown keyword is a violation too."""
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return violations(target, value, root, where)
    known = {
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "const",
        "format",
        "title",
        "description",
        "minimum",
        "maximum",
        "maxLength",
        "maxItems",
        "additionalProperties",
    }
    found = [f"{where}: unknown keyword {k}" for k in schema if k not in known]
    kinds = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(
            isinstance(value, kinds[t]) and not (isinstance(value, bool) and t in ("integer", "number")) for t in types
        ):
            return [*found, f"{where}: {value!r} is no {types}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is not in the enum")
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r} is not {schema['const']!r}")
    forms = {
        "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "date-time": RFC3339.pattern,
        "uri": r"https?://\S+",
        "email": r"\S+@\S+",
    }
    if isinstance(value, str) and "format" in schema and not re.fullmatch(forms[schema["format"]], value):
        found.append(f"{where}: {value!r} is no {schema['format']}")
    if isinstance(value, dict):
        found += [f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        declared = schema.get("properties")
        for name, inner in value.items():
            if declared is not None and name not in declared:
                found.append(f"{where}.{name}: not described")
            elif declared:
                found += violations(declared[name], inner, root, f"{where}.{name}")
    if isinstance(value, list):
        for n, inner in enumerate(value):
            found += violations(schema.get("items", {}), inner, root, f"{where}[{n}]")
    return found


def every(document, key):
    if isinstance(document, dict):
        yield from ([document[key]] if key in document else [])
        for value in document.values():
            yield from every(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from every(value, key)


@pytest.fixture
def filled_gear(gear_app):
    """An application with an item whose every field is filled."""
    maker = make(gear_app, "partner", "Maker")
    place = {"lat": 1.5, "lon": 2.5, "names": {"en": "Here"}, "address": "Elm 1", "country": "RU"}
    make(gear_app, "gear", {"en": "Full", "ru": "Полная"}, summary="S", body="B", links={"maker": [maker]}, places=[place], topics=["culture"], data={
        "family": "saw", "tested": "yes", "count": "5", "weight": "1,5", "mail": "a@example.org", "tel": "+7 495 1234567", "home": "www.example.org", "made": "2017-06",
        "seen": "2026-11-20 18:30", "tongues": "ru|en", "plain": "x", "note": "hidden", "price": "7",
    }, texts={"en": {"fields": {"story": "Long"}}})  # fmt: skip
    return gear_app


def test_openapi_is_sound(filled_gear):
    document = filled_gear.test_client().get("/api/v1/openapi.json").json
    assert re.fullmatch(r"3\.1\.\d", document["openapi"]) and document["info"]["title"] and document["info"]["version"]
    assert document["servers"] == [{"url": LOCAL}]
    for ref in every(document, "$ref"):
        target = document
        for part in ref.removeprefix("#/").split("/"):
            assert part in target, f"{ref} leads nowhere"
            target = target[part]
    names = list(every(document, "operationId"))
    assert len(names) == len(set(names)) and {
        "list_gear",
        "get_gear",
        "list_case",
        "list_partner",
        "list_page",
        "changes",
    } <= set(names)
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/") and set(methods) <= {"get", "post", "put", "patch", "delete"}
        for operation in methods.values():
            assert any(operation["responses"].get(code, {}).get("description") for code in ("200", "201", "204"))
            in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert in_path == re.findall(r"{(\w+)}", path)
            listed = [(p["name"], p["in"]) for p in operation["parameters"]]
            assert len(listed) == len(set(listed)) and all(
                {"name", "in", "schema"} <= set(p) for p in operation["parameters"]
            )
    gear = document["components"]["schemas"]["Gear"]["properties"]["fields"]["properties"]
    assert not {"note", "lore", "tier", "club", "price", "tale", "stash"} & set(gear), (
        "what visitors may not see is not described"
    )


@pytest.mark.parametrize("which", ["filled_gear", "demo_app"])
def test_openapi_matches_the_answers(request, which):
    client = request.getfixturevalue(which).test_client()
    document = client.get("/api/v1/openapi.json").json
    checked = 0
    for path, methods in document["paths"].items():
        if path + "/{uid}" not in document["paths"]:
            continue
        schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = client.get(path + "?limit=20").json
        facets = answer.pop("facets")
        assert isinstance(facets, dict) and violations(schema, answer, document, path) == []
        one = document["paths"][path + "/{uid}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        one = one["anyOf"][0]  # the other is the document for editing
        for item in answer["items"][:8]:
            assert violations(one, client.get(f"{path}/{item['uid']}").json, document, path) == []
            checked += 1
        for parameter in methods["get"]["parameters"]:
            values = {
                "q": "a",
                "bbox": "0,0,90,90",
                "near": "1,2",
                "sort": "title",
                "limit": "1",
                "page": "1",
                "lang": "en",
                "topic": "culture",
                "place": "RU",
                "year": "2020",
            }
            schema_ = parameter["schema"].get("items", parameter["schema"])
            value = schema_["enum"][0] if "enum" in schema_ else values.get(parameter["name"])
            if value:
                assert client.get(f"{path}?{parameter['name']}={value}").status_code in (200,) or value == "near", (
                    path,
                    parameter["name"],
                )
    assert checked >= (2 if which == "filled_gear" else 12)


def test_the_validator_can_find_fault():
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"enum": ["x"]}}}
    assert (
        violations(schema, {"a": "1"}, {})
        and violations(schema, {}, {})
        and violations(schema, {"a": 1, "b": "y"}, {})
        and violations(schema, {"a": 1, "c": 1}, {})
    )
    assert violations(schema, {"a": 1, "b": "x"}, {}) == []


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/cases/nothing", "/api/v1/cases?year=x", "/api/v1/changes?since=x", "/api/v1/changes?since=-1", "/en/cases.json?bbox=1",
                                  "/en/cases/nothing.json", "/cases.csv?limit=0", "/ru/cases.atom?page=0", "/api/v1/cases/x/y", "/-/nothing"])  # fmt: skip
def test_errors_of_data_are_problem_details(demo, path):
    answer = demo.get(path)
    assert answer.mimetype == "application/problem+json" and answer.status_code in (400, 404)
    body = answer.json
    assert (
        body["status"] == answer.status_code
        and body["type"] == "about:blank"
        and body["title"]
        and isinstance(body["detail"], str)
    )


def test_changes_can_be_followed_from_zero(hub_app, client):
    uids = [make(hub_app, title=f"Item {n}") for n in range(5)]
    make(hub_app, title="Draft", status="draft")
    step(hub_app, uids[0], "trash")
    change(hub_app, uids[1], lambda doc: doc["texts"]["en"].update(title="Again"))
    log = client.get("/api/v1/changes").json
    assert [c["uid"] for c in log["changes"]] == [*uids, uids[0], uids[1]] and [c["gone"] for c in log["changes"]][
        -2:
    ] == [True, False]
    assert all(set(c) == {"id", "kind", "uid", "gone", "at"} and RFC3339.fullmatch(c["at"]) for c in log["changes"])
    assert not log["more"] and client.get(f"/api/v1/changes?since={log['next']}").json == {
        "changes": [],
        "next": log["next"],
        "more": False,
    }
    middle = log["changes"][2]["id"]
    assert client.get(f"/api/v1/changes?since={middle}").json["changes"] == log["changes"][3:]
    make(hub_app, title="Newest")
    answer = client.get(f"/api/v1/changes?since={log['next']}")
    assert len(answer.json["changes"]) == 1 and answer.headers["Cache-Control"] == "no-store"


# -- pages as data ------------------------------------------------------------------------------------------------------


class Scripts(HTMLParser):
    """The script elements of a page as a browser would see them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.found, self.handlers, self._inside = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._inside = tag == "script"
        if self._inside:
            self.found.append([dict(attrs), ""])
        self.handlers += [
            (tag, name)
            for name, value in attrs
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.found[-1][1] += data


@pytest.mark.parametrize("which", ["nasty", "demo_app"])
def test_jsonld_parses_and_nothing_breaks_out_of_it(request, which):
    client = request.getfixturevalue(which).test_client()
    items = (
        client.get("/en/cases.json?limit=1000").json["items"] + client.get("/en/partners.json?limit=1000").json["items"]
    )
    for item in items[:: 1 if which == "nasty" else 4]:
        page = client.get(path_of(item["url"]))
        assert page.status_code == 200
        scripts = Scripts(page.text)
        assert scripts.handlers == [] and not any(
            "alert(1)" in text for attrs, text in scripts.found if attrs.get("type") != "application/ld+json"
        )
        data = [json.loads(text) for attrs, text in scripts.found if attrs.get("type") == "application/ld+json"]
        assert len(data) == 1 and data[0]["name"] == item["title"] and data[0]["@context"] == "https://schema.org"
        assert (
            data[0]["@type"] == {"case": "CreativeWork", "partner": "Organization"}[item["kind"]]
            and data[0]["url"] == item["url"]
        )
        assert "49 " not in re.sub(r"\d{3,}", "", unescape(re.search(r"<h1>(.*?)</h1>", page.text, re.S).group(1)))
        assert all(src.startswith("/static/") for attrs, _ in scripts.found if (src := attrs.get("src")))
    listing = client.get("/en/cases/?limit=100").text
    assert Scripts(listing).handlers == [] and "<script>alert" not in listing


def test_partial_dates_keep_their_precision_in_every_shape(hub_app, client):
    uid = make(hub_app, title="Dated", data={"start": "06.2017", "end": "2018"})
    item = client.get(f"/api/v1/cases/{uid}").json
    assert (item["fields"]["start"], item["fields"]["end"]) == ("2017-06", "2018")
    assert item["starts_at"] == "2017-05-31T21:00:00+00:00" and item["ends_at"] == "2018-12-31T20:59:59+00:00", (
        "whole days in the site's zone"
    )
    assert table(client.get("/en/cases.csv"))[0]["start"] == "2017-06"
    assert "June 2017 – 2018" in client.get("/en/cases/dated/").text
    assert client.get("/en/cases.json").json["facets"]["year"] == {"2017": 1}
    ongoing = make(hub_app, title="Ongoing", data={"start": "2019", "end": "продолжается"})
    assert (
        client.get(f"/api/v1/cases/{ongoing}").json["fields"]["end"] == "ongoing"
        and "ends_at" not in client.get(f"/api/v1/cases/{ongoing}").json
    )
    assert "2019 – ongoing" in client.get("/en/cases/ongoing/").text


@pytest.mark.parametrize(("start", "end", "en", "ru"), [
    ("2021-02-19", "2021-02-20", "19 – 20 February 2021", "19 – 20 февраля 2021"),
    ("2021-02-19", "2021-03-02", "19 February – 2 March 2021", "19 февраля – 2 марта 2021"),
    ("2020-12-30", "2021-01-02", "30 December 2020 – 2 January 2021", "30 декабря 2020 – 2 января 2021"),
    ("2017-06", "2017-08", "June – August 2017", "июнь – август 2017"),
    ("2017", "2019", "2017 – 2019", "2017 – 2019"),
])  # fmt: skip
def test_what_both_ends_of_a_time_share_is_said_once(hub_app, client, start, end, en, ru):
    uid = make(hub_app, title={"en": "A time", "ru": "Время"}, data={"start": start, "end": end})
    for language, said in (("en", en), ("ru", ru)):
        page = client.get(f"/{language}/cases/{uid}/", follow_redirects=True).text.replace("\xa0", " ")
        assert f"<dd>{said}</dd>" in page


# -- files of the site --------------------------------------------------------------------------------------------------

SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def test_sitemap(demo):
    index = ElementTree.fromstring(demo.get("/sitemap.xml").data)
    parts = [path_of(node.text) for node in index.findall("s:sitemap/s:loc", SITEMAP)]
    assert parts == ["/sitemap-0.xml"]
    urls = {}
    for part in parts:
        for node in ElementTree.fromstring(demo.get(part).data).findall("s:url", SITEMAP):
            loc = node.findtext("s:loc", namespaces=SITEMAP)
            assert loc not in urls
            urls[loc] = {link.get("hreflang"): link.get("href") for link in node.findall("x:link", SITEMAP)}
            if links := urls[loc]:
                assert loc in links.values() and re.fullmatch(
                    r"\d{4}-\d\d-\d\d", node.findtext("s:lastmod", namespaces=SITEMAP)
                )
    for loc, links in urls.items():
        for other in links.values():
            assert urls[other] == links, "alternates name each other"
        assert demo.get(path_of(loc)).status_code == 200
    items = [
        i for word in ("cases", "partners", "pages") for i in demo.get(f"/en/{word}.json?limit=1000").json["items"]
    ]
    expected = {
        url
        for i in items
        for url in demo.get(f"/api/v1/{path_of(i['url']).split('/')[2]}/{i['uid']}").json["urls"].values()
    }
    assert {loc for loc, links in urls.items() if links} == expected
    assert demo.get("/sitemap-1.xml").status_code in (200, 404)


def test_robots_and_security(demo):
    robots = demo.get("/robots.txt")
    assert robots.mimetype == "text/plain" and f"Sitemap: {LOCAL}/sitemap.xml" in robots.text
    for closed in ("/desk/", "/account/"):
        assert f"Disallow: {closed}" in robots.text
    contact = demo.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in contact.text.splitlines())
    expires = dt.datetime.fromisoformat(fields["Expires"])
    assert dt.timedelta(days=30) < expires - dt.datetime.now(dt.UTC) < dt.timedelta(days=366)
    assert demo.get(path_of(fields["Contact"])).status_code == 200 and fields["Preferred-Languages"] == "en, ru"


def test_health_ready_version(demo, pytestconfig):
    health = demo.get("/-/health")
    assert health.status_code == 200 and health.json["state"] in ("ok", "warning")
    assert {"core.database", "core.disk", "core.migrations"} <= {check["name"] for check in health.json["checks"]}
    assert demo.get("/-/ready").text == "yes\n"
    version = demo.get("/-/version").json
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version["version"]) and version["plugins"] == [
        *STANDARD,
        *pytestconfig.getini("hub_plugins"),
    ]


def test_health_says_when_the_database_is_gone(new_hub):
    from hub.store.db import engine

    hub_app = new_hub(strict=False)
    client = hub_app.test_client()
    with hub_app.app_context():
        engine().dispose()
    for file in (folder_of(hub_app) / "data").glob("hub.db*"):
        file.unlink()
    (folder_of(hub_app) / "data" / "hub.db").write_bytes(b"")
    answer = client.get("/-/health")
    assert answer.status_code == 503 and answer.json["state"] == "failed"
    assert client.get("/-/ready").status_code == 503


# -- the page cache -----------------------------------------------------------------------------------------------------

CACHED = [
    "/en/",
    "/ru/cases/",
    "/en/cases.json",
    "/cases.csv",
    "/en/cases.geojson",
    "/feed.atom",
    "/en/search/?q=garden",
    "/sitemap-0.xml",
    "/api/v1/cases",
    "/en/topics/",
    "/api/v1/openapi.json",
]


class Statements:
    """SQL statements that reach the application's own engine (the cache's version check uses another connection)."""

    def __init__(self, app):
        from hub.store.db import engine

        with app.app_context():
            self.engine = engine()
        self.count = 0

    def __enter__(self):
        self.count = 0
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_):
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, *_):
        self.count += 1


@pytest.fixture(scope="module")
def lively(hub_instances, pytestconfig):
    """An application in which something is published all the time."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins"), start=True), strict=True)
    app.testing = True
    return app


@pytest.mark.parametrize("path", CACHED)
def test_the_same_version_is_a_304_and_a_publish_shows_at_once(lively, path, monkeypatch):
    # a touch (the index has caught up) counts when its second is over: let it be over, or a second passes between two looks
    monkeypatch.setattr("hub.site.cache.time", SimpleNamespace(time=lambda: time.time() + 5))
    app, number = lively, CACHED.index(path)
    place = {"lat": 1.0, "lon": 2.0, "names": {"en": "Town"}, "address": "", "country": ""}
    make(app, title=f"Garden {number}", topics=["culture"], places=[place])
    client = app.test_client()
    first = client.get(path)
    tag = first.headers["ETag"]
    assert first.status_code == 200 and first.headers["Cache-Control"] == "no-cache"
    assert {"Cookie", "Accept-Encoding"} <= {
        name.strip() for name in first.headers["Vary"].split(",")
    } and "X-Hub-Cache" not in first.headers
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    with Statements(app) as statements:
        assert client.get(path).data == first.data
    assert statements.count == 0, "the second answer comes from memory"
    make(app, title=f"Second garden {number}", places=[place])
    if path == "/api/v1/openapi.json":
        return
    fresh = client.get(path, headers={"If-None-Match": tag})
    assert fresh.status_code == 200 and fresh.headers["ETag"] != tag
    if path != "/en/topics/":
        assert fresh.data != first.data and f"second-garden-{number}" in fresh.text


def test_every_change_that_shows_is_a_new_version(new_hub):
    from hub.content import changes as log
    from hub.content import topics
    from hub.store.db import session, writing

    app = new_hub(start=True)
    client = app.test_client()
    uid = make(app, title="Garden")
    tags = [client.get("/en/cases/").headers["ETag"]]

    def moved():
        tags.append(client.get("/en/cases/").headers["ETag"])
        return tags[-1] not in tags[:-1]

    change(app, uid, lambda doc: doc["texts"]["en"].update(summary="Changed"))
    assert moved()
    change(app, uid, lambda doc: doc["texts"]["en"].update(summary="A draft"), publish=False)
    assert not moved(), "a draft is nothing to see"
    step(app, uid, "archive")
    assert moved()
    with app.app_context(), writing():
        topics.put(session(), {"slug": "culture", "en": {"name": "Culture, renamed", "synonyms": []}})
        log.commit(session())
    assert moved()
    assert run_hub(folder_of(app), "theme", "use", "meadow")[0] == 0
    assert moved()
    assert run_hub(folder_of(app), "plugin", "off", "partners")[0] == 0
    assert moved()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)):
        assert moved(), "a new day is a new page"


def test_a_plugin_that_is_off_is_off_at_once_in_the_cache_too(new_hub):
    app = new_hub()
    client = app.test_client()
    make(app, "partner", "Somebody")
    paths = ("/en/partners/", "/en/partners.json", "/en/partners/somebody/", "/api/v1/partners")
    assert {client.get(path).status_code for path in paths} == {200}
    assert run_hub(folder_of(app), "plugin", "off", "partners")[0] == 0
    assert {client.get(path).status_code for path in paths} == {404}
    assert "somebody" not in client.get("/feed.json").text + client.get("/sitemap-0.xml").text
    assert run_hub(folder_of(app), "plugin", "on", "partners")[0] == 0
    assert {client.get(path).status_code for path in paths} == {200}


def test_who_is_signed_in_is_never_cached(new_hub):
    app = new_hub()
    make(app, title="Members only", audience="members")
    member, visitor = sign_in(app, "member"), app.test_client()
    public = visitor.get("/en/cases/")
    for path in ("/en/cases/", "/en/cases.json", "/en/", "/feed.atom", "/api/v1/cases"):
        own = member.get(path)
        assert (
            "ETag" not in own.headers
            and own.headers["Cache-Control"] == "no-store"
            and "X-Hub-Cache" not in own.headers
        ), path
    assert "Members only" in member.get("/en/cases/").text and "Members only" not in visitor.get("/en/cases/").text
    assert visitor.get("/en/cases/").data == public.data
    assert member.get("/en/cases/", headers={"If-None-Match": public.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/account/login",
        "/desk/",
        "/-/health",
        "/-/version",
        "/api/v1/changes",
        "/en/nothing/",
        "/",
        "/cases/",
        "/en/cases/?bbox=1",
        "/en/cases/?theme=contrast",
    ],
)
def test_what_must_not_be_cached_is_not(demo, path):
    answer = demo.application.test_client().get(path)
    assert "ETag" not in answer.headers
    assert "no-store" in [part.strip() for part in answer.headers["Cache-Control"].split(",")], answer.headers[
        "Cache-Control"
    ]


def test_tracking_names_share_the_cached_page(new_hub):
    app = new_hub()
    make(app, title="Garden")
    client = app.test_client()
    first = client.get("/en/cases/?topic=culture&utm_source=mail")
    with Statements(app) as statements:
        second = client.get("/en/cases/?topic=culture&fbclid=xyz")
        third = client.get("/en/cases/?topic=culture")
    assert statements.count == 0 and first.data == second.data == third.data
    assert first.headers["ETag"] == second.headers["ETag"] == third.headers["ETag"] and "utm_source" not in first.text
    assert client.get("/en/cases/?topic=learning").headers["ETag"] != first.headers["ETag"]


def test_language_and_theme_have_pages_of_their_own(new_hub):
    app = new_hub()
    client = app.test_client(use_cookies=False)
    usual = client.get("/en/cases/")
    contrast = client.get("/en/cases/", headers={"Cookie": "hub_theme=contrast"})
    assert (
        "theme-contrast" in contrast.text
        and "theme-contrast" not in usual.text
        and usual.headers["ETag"] != contrast.headers["ETag"]
    )
    assert (
        client.get(
            "/en/cases/", headers={"Cookie": "hub_theme=contrast", "If-None-Match": usual.headers["ETag"]}
        ).status_code
        == 200
    )
    assert client.get("/en/cases/").data == usual.data
    assert client.get("/ru/cases/").headers["ETag"] != usual.headers["ETag"]
    assert client.get("/en/cases/", base_url="http://127.0.0.1").headers["ETag"] != usual.headers["ETag"]


def test_head_is_get_without_the_body(demo):
    for path in ("/en/", "/en/cases.json", "/en/nothing/", "/-/health"):
        get, head = demo.get(path), demo.head(path)
        assert head.data == b"" and head.status_code == get.status_code
        assert (
            head.headers.get("ETag") == get.headers.get("ETag")
            and head.headers["Content-Type"] == get.headers["Content-Type"]
        )


def test_strange_conditions_do_not_break(demo_app):
    demo = demo_app.test_client(use_cookies=False)
    tag = demo.get("/en/").headers["ETag"]
    assert demo.get("/en/", headers={"If-None-Match": f'"other", {tag}'}).status_code == 304
    assert demo.get("/en/", headers={"If-None-Match": '"other"'}).status_code == 200
    assert demo.get("/en/", headers={"Cookie": "a=b; \x01=;;; hub=\xff; $x"}).status_code == 200
    assert demo.get("/en/", headers={"Cookie": "hub=forged.session.value"}).status_code == 200


# -- headers ------------------------------------------------------------------------------------------------------------

SAMPLES = {
    "lang": "en", "path": "cases", "shape": "json", "owner": "hub", "file": "favicon.svg", "filename": "x", "n": "0", "topic": "culture", "rest": "cases/x",
    "action": "publish", "token": "x", "name": "x.webp", "provider": "x", "usf_id": "x",
}  # fmt: skip


def sample_paths(app, method="GET"):
    """One address for every route that answers a method."""
    client = app.test_client()
    item = client.get("/en/cases.json?limit=1").json["items"][0]
    values = {**SAMPLES, "uid": item["uid"], "slug": path_of(item["url"]).split("/")[3]}
    found = []
    for rule in app.url_map.iter_rules():
        if method not in rule.methods:
            continue
        path = rule.rule
        for inner, name in re.findall(r"<(?:([^<>]*?):)?(\w+)>", rule.rule):
            choice = re.findall(r"[\w.]+", inner.removeprefix("any")) if inner.startswith("any") else []
            value = values.get(name, "1" if inner == "int" else "x" * int((re.findall(r"length=(\d+)", inner) or ["1"])[0]))
            if name == "slug" and "topics" in rule.rule:
                value = "culture"
            if choice and value not in choice:
                value = choice[0]
            path = re.sub(r"<[^<>]*?\b" + name + ">", value, path, count=1)
        found.append((rule.endpoint, path))
    return found


def check_headers(path, answer):
    headers = answer.headers
    if path.endswith("/embed"):  # made for the frames of others: no cookies, no forms, nothing to be tricked into
        assert "X-Frame-Options" not in headers and "frame-ancestors *" in headers["Content-Security-Policy"]
        assert "<form" not in answer.text and "Set-Cookie" not in headers
        headers = {**headers, "X-Frame-Options": "DENY"}
        headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace("frame-ancestors *", "")
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy",
                 "Cross-Origin-Resource-Policy"):  # fmt: skip
        assert name in headers, f"{path} lacks {name}"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy and "*" not in policy
    assert (
        "script-src 'unsafe" not in policy
        and headers["X-Content-Type-Options"] == "nosniff"
        and headers["X-Frame-Options"] == "DENY"
    )
    assert "Server" not in headers and "X-Powered-By" not in headers and "X-Hub-Cache" not in headers
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("role", [None, "admin"])
def test_every_route_sends_the_headers(demo_copy, role):
    client = sign_in(demo_copy, role) if role else demo_copy.test_client()
    paths = sample_paths(demo_copy)
    assert len(paths) > 40
    answered = set()
    for endpoint, path in paths:
        answer = client.get(path)
        answer.close()
        assert answer.status_code < 500, f"{path} answers {answer.status_code}"
        check_headers(path, answer)
        if answer.status_code == 200:
            answered.add(endpoint)
    must = {
        "site.home",
        "site.list",
        "site.item",
        "site.list_data",
        "site.item_data",
        "site.search",
        "site.feed",
        "site.topic",
        "site.sitemap",
        "webapi_root.list",
        "webapi_root.item",
        "static_file",
    }
    assert must <= answered
    if role:
        assert {
            "desk.home",
            "desk.list",
            "desk.edit",
            "desk.new",
            "desk.plugins",
            "desk.settings",
            "desk.topics",
            "desk.changes",
            "desk.health",
            "desk.preview",
        } <= answered


def test_https_adds_its_headers_and_secure_cookies(hub_instances):
    from hub.app import create_app

    folder = hub_instances.make(["cases"], toml='url = "https://hub.example.org"')
    client = create_app(folder, strict=True).test_client()
    answer = client.get("/account/login", base_url="https://hub.example.org")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    assert (
        cookie.startswith("__Host-hub=")
        and "Secure" in cookie
        and "HttpOnly" in cookie
        and "SameSite=Lax" in cookie
        and "Path=/" in cookie
    )
    assert client.get("/en/", base_url="https://evil.example").status_code == 400, "hosts that are not ours get nothing"
    assert client.get("/en/cases.json", base_url="https://hub.example.org").status_code == 200


def test_static_files(demo):
    page = demo.get("/en/").text
    sheet = re.search(r'<link rel="stylesheet" href="([^"]+)"', page).group(1)
    answer = demo.get(sheet)
    assert (
        answer.status_code == 200
        and answer.mimetype == "text/css"
        and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    )
    assert demo.get(sheet.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    for path in ("/static/hub/../app.py", "/static/hub/..%2fapp.py", "/static/hub/nothing.css", "/static/nobody/x.css", "/static/theme-nobody/style.css", "/media/../hub.db",
                 "/media/..%2fhub.db", "/media/x.webp", "/static/instance/../hub.toml", "/static/hub/%00", "/static/hub//etc/passwd"):  # fmt: skip
        assert demo.get(path).status_code == 404, path
    assert urlsplit(sheet).path.startswith("/static/")
