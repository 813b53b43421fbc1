"""One query for every shape: facets, places, order, paging, and what happens with nonsense."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import parse_qsl, urlencode

import pytest
import sqlalchemy as sa
from making import at_most, catch_up, change, make, step, work

from hub.testing.fixtures import sign_in


@pytest.fixture(scope="module")
def demo(demo_app):
    return demo_app.test_client()


def total(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text[:300])
    return answer.json["total"]


def uids(client, path):
    return [item["uid"] for item in client.get(path).json["items"]]


def facet_links(page):
    """(group name, value, shown count, switched on) of every condition a list page offers."""
    form = re.search(r'<form class="facets".*?</form>', page, re.S)
    if not form:
        return []
    pattern = r'<input type="checkbox" name="([^"]+)" value="([^"]*)"( checked)?>.*?<b>([^<]*)</b>'
    return [
        (html.unescape(name), html.unescape(value), int(re.sub(r"\D", "", count)), bool(on))
        for name, value, on, count in re.findall(pattern, form.group(), re.S)
    ]


# -- facets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/en/cases",
        "/ru/partners",
        "/en/cases|topic=culture",
        "/en/partners|kind=library&place=RU",
        "/ru/cases|themes=culture&themes=health",
    ],
)
def test_every_count_is_what_a_click_gives(demo, path):
    base, _, query = path.partition("|")
    page = demo.get(f"{base}/?{query}&limit=100").text
    options = facet_links(page)
    assert len({name for name, *_ in options}) >= 4 and len(options) > 8
    given = parse_qsl(query)
    chosen_names = {name for name, _ in given}
    before = set(uids(demo, f"{base}.json?{query}&limit=1000"))
    for name, value, count, on in options:
        assert on == ((name, value) in given)
        if on:
            continue
        clicked = urlencode([*given, (name, value)])
        if name not in chosen_names:
            assert total(demo, f"{base}.json?{clicked}&limit=1") == count > 0, (clicked, count)
            if count != 1:  # the page too, where it is not one of the many of one
                page_total = re.search(r"<p[^>]*><strong>\D*(\d+)", demo.get(f"{base}/?{clicked}").text)
                assert page_total and int(page_total.group(1)) == count
        else:  # OR within the group: what is added are those with this value alone
            others = urlencode([pair for pair in given if pair[0] != name] + [(name, value)])
            found_alone = uids(demo, f"{base}.json?{others}&limit=1000")
            assert len(found_alone) == count, (clicked, count)
            assert set(uids(demo, f"{base}.json?{clicked}&limit=1000")) == before | set(found_alone)


def test_json_counts_are_those_of_the_page(demo):
    facets = demo.get("/en/partners.json?topic=culture").json["facets"]
    shown = facet_links(demo.get("/en/partners/?topic=culture").text)
    for name, value, count, _ in shown:
        field = ("country" if len(value) == 2 and value.isupper() else "place") if name == "place" else name
        assert facets[field][value] == count, (name, value)


def test_or_within_and_across(demo):
    everything = {i["uid"]: i for i in demo.get("/en/cases.json?limit=1000").json["items"]}
    assert len(everything) > 10

    def matching(test):
        return {uid for uid, item in everything.items() if test(item)}

    health = matching(lambda i: "health" in i["fields"].get("themes", []))
    culture = matching(lambda i: "culture" in i["fields"].get("themes", []))
    russian = matching(lambda i: any(p["country"] == "RU" for p in i["places"]))
    assert health and culture and russian and not health <= culture
    assert set(uids(demo, "/en/cases.json?themes=health")) == health
    assert set(uids(demo, "/en/cases.json?themes=health&themes=culture")) == health | culture
    assert set(uids(demo, "/en/cases.json?themes=health&themes=culture&place=RU")) == (health | culture) & russian
    assert set(uids(demo, "/en/cases.json?themes=health&themes=health")) == health


def test_a_broader_topic_gathers_the_narrower_ones(demo):
    narrow, broad = (
        set(uids(demo, "/en/cases.json?topic=gardening&limit=1000")),
        set(uids(demo, "/en/cases.json?topic=environment&limit=1000")),
    )
    assert narrow and narrow < broad


def test_a_chosen_group_stays_selectable(demo):
    free = demo.get("/en/partners.json").json["facets"]["kind"]
    narrowed = demo.get("/en/partners.json?kind=library").json["facets"]
    assert narrowed["kind"] == free and len(free) > 3
    both = demo.get("/en/partners.json?kind=library&place=GB").json["facets"]
    assert set(both["kind"]) < set(free)
    page = demo.get("/en/partners/?kind=library").text
    assert ("kind", "library", free["library"], True) in facet_links(page)
    assert [value for name, value, *_ in facet_links(page) if name == "kind"] != ["library"]


@pytest.mark.parametrize("address", ["cases/?topic=culture&page=50", "partners/?page=50", "search/?q=city&page=50"])
def test_a_page_behind_the_end_leads_back_to_the_first(demo, address):
    """An old link: something is found, so nothing must say that nothing fits; the way back keeps the conditions."""
    page = demo.get(f"/en/{address}").text
    assert "The list ends before this page" in page and "Nothing f" not in page
    [back] = re.findall(r'<a class="btn" href="([^"]*)">To its first page', page)
    assert back == ("?" + address.partition("?")[2].removesuffix("&amp;page=50").removesuffix("&page=50") if "&" in address
                    else f"/en/{address.partition('?')[0]}")  # fmt: skip
    first = demo.get(f"/en/{address.partition('?')[0]}{back if back.startswith('?') else ''}").text
    assert "ends before" not in first and "Nothing f" not in first


def test_a_chosen_value_without_results_stays_and_can_be_taken_away(demo):
    page = demo.get("/en/cases/?topic=culture&year=1931").text
    assert ("year", "1931", 0, True) in facet_links(page) and "Nothing fits these conditions" in page
    assert re.search(r'href="\?topic=culture"[^>]*aria-label="Remove the condition Year: 1931"', page)


@pytest.mark.parametrize(
    ("query", "rest"),
    [("place=ru", ""), ("place=RU&topic=culture", "topic=culture"), ("topic=culture&topic=learning", "topic=learning")],
)
def test_a_chip_takes_its_condition_away(demo, query, rest):
    page = demo.get(f"/en/cases/?{query}").text
    chips = re.search(r'<p class="chips">.*?</p>', page, re.S).group()
    assert f'href="?{rest}"' in html.unescape(chips)


def test_a_kind_is_taken_by_its_word_or_its_singular(demo):
    by_word, by_kind = (demo.get(f"/en/search/?q=city&kind={word}").text for word in ("cases", "case"))
    assert total(demo, "/en/search.json?q=city&kind=cases") == total(demo, "/en/search.json?q=city&kind=case") > 0
    for page in (by_word, by_kind):
        chips = re.search(r'<p class="chips">.*?</p>', page, re.S).group()
        assert 'href="?q=city"' in chips
    items = demo.get("/en/search.json?q=city&kind=cases&kind=partners").json["items"]
    assert {i["kind"] for i in items} <= {"case", "partner"}
    assert total(demo, "/en/search.json?q=city&kind=cases&kind=partners") == sum(
        total(demo, f"/en/search.json?q=city&kind={kind}") for kind in ("cases", "partners"))  # fmt: skip


def test_the_holder_is_a_facet_with_a_name(demo):
    found = demo.get("/en/cases.json").json["facets"]["holder"]
    uid, count = next(iter(found.items()))
    assert total(demo, f"/en/cases.json?holder={uid}") == count
    partner = demo.get(f"/api/v1/partners/{uid}").json
    assert partner["title"] in html.unescape(demo.get("/en/cases/").text)
    assert uid not in re.sub(r'(value|href|data-address)="[^"]*"', "", demo.get(f"/en/cases/?holder={uid}").text)


# -- places -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(hub_instances, pytestconfig):
    """Items around the antimeridian, at the poles, in two towns of one name, and nowhere."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True

    def at(title, *points, country="", town=""):
        places = [
            {"lat": lat, "lon": lon, "names": {"en": town} if town else {}, "address": "", "country": country}
            for lat, lon in points
        ]
        return make(app, title=title, places=places)

    at("Fiji", (-17.7, 178.0), country="FJ", town="Suva")
    at("Samoa", (-13.8, -172.0), country="WS", town="Apia")
    at("Chukotka", (66.0, -179.5), country="RU", town="Uelen")
    at("Moscow", (55.75, 37.62), country="RU", town="Moscow")
    at("Two towns", (55.8, 49.1), (51.5, -0.1), country="", town="")
    at("Pole", (90.0, 0.0))
    at("Edge", (0.0, 180.0))
    at("Nowhere")
    return app.test_client()


@pytest.mark.parametrize(
    ("bbox", "found"),
    [("37.3,55.5,37.9,55.9", {"Moscow"}), ("170,-30,-170,0", {"Fiji", "Samoa", "Edge"}), ("-180,-90,180,90", {"Fiji", "Samoa", "Chukotka", "Moscow", "Two towns", "Pole", "Edge"}),
     ("-1,51,1,52", {"Two towns"}), ("48,55,50,56", {"Two towns"}), ("37.62,55.75,37.62,55.75", {"Moscow"}), ("0,89,1,90", {"Pole"}),
     ("180,-1,180,1", {"Edge"}), ("179,60,-179,70", {"Chukotka"}), ("10,10,11,11", set()), ("170,-30,180,0", {"Fiji", "Edge"})],
)  # fmt: skip
def test_bbox(world, bbox, found):
    answer = world.get(f"/en/cases.json?bbox={bbox}").json
    assert {i["title"] for i in answer["items"]} == found and answer["total"] == len(found)
    features = world.get(f"/en/cases.geojson?bbox={bbox}").json
    assert features["returned"] == features["total"] == len(features["features"]) and features["without_location"] == 0
    assert {f["properties"]["title"] for f in features["features"]} == found
    west, south, east, north = map(float, bbox.split(","))
    for feature in features["features"]:
        lon, lat = feature["geometry"]["coordinates"]
        assert south <= lat <= north and (west <= lon <= east if west <= east else lon >= west or lon <= east)


def test_place_by_country_and_by_word(world):
    assert {i["title"] for i in world.get("/en/cases.json?place=RU").json["items"]} == {"Chukotka", "Moscow"}
    assert total(world, "/en/cases.json?place=ru") == 2
    assert {i["title"] for i in world.get("/en/cases.json?place=suva").json["items"]} == {"Fiji"}
    assert {i["title"] for i in world.get("/en/cases.json?place=suva&place=RU").json["items"]} == {
        "Fiji",
        "Chukotka",
        "Moscow",
    }
    assert total(world, "/en/cases.json?place=atlantis") == 0
    assert world.get("/en/cases.json").json["facets"]["country"] == {"RU": 2, "FJ": 1, "WS": 1}
    assert total(world, "/en/cases.json?country=FJ") == 1 == total(world, "/en/cases.json?country=fj&place=FJ")
    assert 'value="FJ" checked' in world.get("/en/cases/?country=FJ").text, "the page offers it as it offers place="


def test_near_sorts_by_distance(world):
    titles = [i["title"] for i in world.get("/en/cases.json?near=55.7,37.6").json["items"]]
    assert titles[:2] == ["Moscow", "Two towns"] and titles[-1] == "Nowhere" and len(titles) == 8
    assert [i["title"] for i in world.get("/en/cases.json?near=51.5,0&limit=1").json["items"]] == ["Two towns"]
    assert [i["title"] for i in world.get("/en/cases.json?near=55.7,37.6&sort=title").json["items"]] == sorted(titles)
    page = world.get("/en/cases/?near=55.7,37.6").text
    assert page.index(">Moscow<") < page.index(">Two towns<")


def test_near_knows_that_the_world_is_round(world):
    titles = [i["title"] for i in world.get("/en/cases.json?near=-17,-179.9").json["items"]]
    assert titles.index("Fiji") < titles.index("Moscow") and titles[0] in ("Fiji", "Samoa"), (
        "Fiji is two degrees away, not 358"
    )


# -- year, language, order, paging --------------------------------------------------------------------------------------


def test_year_and_language(demo):
    items = demo.get("/en/cases.json?limit=1000").json
    for year, count in items["facets"]["year"].items():
        found = demo.get(f"/en/cases.json?year={year}&limit=1000").json
        assert found["total"] == count
        for item in found["items"]:
            assert (item.get("starts_at") or item["published"])[:4] in (year, str(int(year) - 1))
    assert set(items["facets"]["lang"]) == {"en", "ru"}
    for item in demo.get("/en/cases.json?lang=ru&limit=1000").json["items"]:
        assert "ru" in item["languages"] and item["lang"] == ("en" if "en" in item["languages"] else "ru"), (
            "lang narrows; the address chooses the language of the answer"
        )


@pytest.mark.parametrize("sort", ["new", "changed", "title", "checked", "date"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_orders(demo, sort, language):
    from hub.content.texts import fold

    items = demo.get(f"/{language}/partners.json?sort={sort}&limit=1000").json["items"]
    keys = {"new": "published", "changed": "updated"}
    if sort in keys:
        values = [item[keys[sort]] for item in items]
        assert values == sorted(values, reverse=True)
    if sort == "title":
        values = [fold(item["title"]) for item in items]
        assert values == sorted(values)
    assert len({item["uid"] for item in items}) == len(items) == total(demo, "/en/partners.json")


@pytest.fixture(scope="module")
def many(hub_instances, pytestconfig):
    """500 items, many of the same second, of the same title, in two languages."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True
    grow(app, 0, 500)
    return app


def grow(app, start, end):
    from hub.content import bulk, document

    def rows():
        for n in range(start, end):
            texts = {"en": {"title": f"Plot {n % 40}", "summary": f"number {n}", "body": "", "fields": {}}}
            if n % 3 == 0:
                texts["ru"] = {"title": f"Участок {n % 40}", "summary": "", "body": "", "fields": {}}
            place = {
                "lat": n % 80,
                "lon": n % 170,
                "names": {"en": f"Town {n % 7}"},
                "address": "",
                "country": ("RU", "GB", "FR")[n % 3],
            }
            stamp = f"2026-01-{n % 20 + 1:02}T10:00:00+00:00"
            data = {"themes": ["culture"] if n % 2 else ["health", "jobs"], "start": str(2000 + n % 9)}
            yield {**document.empty(), "kind": "case", "texts": texts, "places": [place], "data": data, "origin": "many", "external_id": str(n),
                          "created": stamp, "updated": stamp, "published": stamp}  # fmt: skip

    with work(app) as db:
        case = app.extensions["hub"].types.get("case")
        bulk.create_many(db, [bulk.prepare(case, doc, "published") for doc in rows()])
    catch_up(app)


@pytest.mark.parametrize("query", ["", "sort=title", "sort=changed", "sort=date", "sort=checked", "near=10,20", "themes=culture&sort=title", "q=plot", "q=plot&sort=title",
                                   "q=plot&sort=new", "q=plot&bbox=-180,-90,180,90", "q=plot&near=10,20&sort=near"])  # fmt: skip
@pytest.mark.parametrize("limit", [45])
def test_next_leads_to_the_end_without_doubles_or_gaps(many, query, limit):
    client = many.test_client()
    whole = client.get(f"/ru/cases.json?{query}&limit=1000").json
    wanted = [item["uid"] for item in whole["items"]]
    assert (
        whole["total"] == len(wanted) == (250 if "themes" in query else 500)
        and not whole["truncated"]
        and whole["next"] is None
    )
    path, seen, steps = f"/ru/cases.json?{query}&limit={limit}", [], 0
    after = ""
    while True:
        answer = client.get(path + (f"&after={after}" if after else ""))
        assert answer.status_code == 200, answer.text[:200]
        body = answer.json
        seen += [item["uid"] for item in body["items"]]
        steps += 1
        assert body["total"] == whole["total"] and body["returned"] == len(body["items"]) <= limit
        after = body["next"]
        assert body["truncated"] is (body["returned"] < body["total"])
        if not after or steps > 100:
            break
    assert seen == wanted
    assert steps == -(-len(wanted) // limit)


def test_pages_by_number_show_the_same_as_next(many):
    client = many.test_client()
    by_page = []
    for page in range(1, 101):
        found = uids(client, f"/en/cases.json?sort=title&limit=5&page={page}")
        by_page += found
    assert by_page == uids(client, "/en/cases.json?sort=title&limit=1000") and len(set(by_page)) == 500
    assert client.get("/en/cases.json?page=101").status_code == 400
    assert uids(client, "/en/cases.json?limit=100&page=6") == []


def test_the_pager_leads_on_where_page_numbers_end(many):
    client = many.test_client()
    page, seen, path = client.get("/en/cases/?limit=4&page=99").text, [], ""
    for _ in range(40):
        following = re.search(r'<a href="(\?[^"]+)" rel="next"', page)
        if not following:
            break
        path = html.unescape(following.group(1))
        page = client.get(f"/en/cases/{path}").text
        seen += re.findall(r'href="/en/cases/([a-z0-9-]+)/"', page)
    assert "after=" in path
    assert len(set(seen)) >= 500 - 99 * 4


def test_an_item_published_meanwhile_makes_no_double(many):
    client = many.test_client()
    first = client.get("/en/cases.json?limit=50").json
    step_uid = make(many, title="Newcomer")
    try:
        rest = client.get(f"/en/cases.json?limit=50&after={first['next']}").json
        assert not {i["uid"] for i in first["items"]} & {i["uid"] for i in rest["items"]}
    finally:
        step(many, step_uid, "erase")


@pytest.mark.parametrize(
    "token",
    ["x", "!!", "W10", "WzFd", base64.urlsafe_b64encode(b"[1, Infinity]").decode(), base64.urlsafe_b64encode(b'["2020", 1]').decode(),
     base64.urlsafe_b64encode(b'["2020-01-01T00:00:00", 1]').decode(), base64.urlsafe_b64encode(b'["x", 1]').decode(), base64.urlsafe_b64encode(b"[null, 1]").decode(),
     base64.urlsafe_b64encode(b'[["a"], 1]').decode(), base64.urlsafe_b64encode(b'[{"a": 1}, 1]').decode(), base64.urlsafe_b64encode(b"[1, " + b"9" * 40 + b"]").decode(),
     base64.urlsafe_b64encode(b"[1, -1]").decode(), base64.urlsafe_b64encode(b"[NaN, 1]").decode(), base64.urlsafe_b64encode(b"[" * 2000).decode(),
     base64.urlsafe_b64encode(b"[true, true]").decode(), "2", "ё", "%00"],
)  # fmt: skip
@pytest.mark.parametrize("query", ["sort=new", "sort=near&near=1,2", "sort=checked", "q=plot"])
def test_a_broken_next_is_a_400_that_names_it(many, token, query):
    client = many.test_client()
    for path in ("/en/cases.json", "/api/v1/cases", "/en/cases/"):
        answer = client.get(f"{path}?{query}&after={token}")
        assert answer.status_code == 400 and "after" in answer.text, (path, answer.status_code)


def test_next_of_another_order_is_refused_or_answered_but_never_breaks(many):
    client = many.test_client()
    tokens = [
        client.get(f"/en/cases.json?limit=3&{q}").json["next"]
        for q in ("sort=new", "sort=title", "near=1,2", "sort=checked", "q=plot")
    ]
    for sort in ("sort=new", "sort=title", "near=1,2", "sort=checked", "q=plot", "q=plot&sort=title"):
        for token in tokens:
            assert client.get(f"/en/cases.json?limit=3&{sort}&after={token}").status_code in (200, 400)


# -- names --------------------------------------------------------------------------------------------------------------

NONSENSE = "utm_source=x&fbclid=y&foo[]=1&=2&a%00b=3&holder[]=1&__proto__=1&q%20=x&LIMIT=0&SORT=bad"


@pytest.mark.parametrize(
    "path",
    [
        "/en/cases.json",
        "/en/search.json?q=city",
        "/api/v1/partners",
        "/en/cases.csv",
        "/feed.json",
        "/en/cases.geojson",
    ],
)
def test_unknown_names_are_ignored(demo, path):
    plain, noisy = demo.get(path), demo.get(path + ("&" if "?" in path else "?") + NONSENSE)
    assert noisy.status_code == 200 and noisy.data == plain.data


@pytest.mark.parametrize("path", ["/en/cases/", "/ru/partners/", "/en/search/?q=city"])
def test_unknown_names_are_left_out_of_links(demo, path):
    page = demo.get(path + ("&" if "?" in path else "?") + NONSENSE + "&topic=culture&limit=5").text
    for name in ("utm_source", "fbclid", "foo[", "foo%5B", "__proto__", "LIMIT"):
        assert name not in page
    canonical = re.search(r'<link rel="canonical" href="([^"]+)"', page)
    if "search" not in path:
        assert html.unescape(canonical.group(1)) == f"http://localhost:8000{path}?topic=culture&limit=5"
    for href in re.findall(r'href="(\?[^"]*)"', page):
        assert {n for n, _ in parse_qsl(html.unescape(href)[1:])} <= {
            "q",
            "topic",
            "limit",
            "sort",
            "page",
            "place",
            "year",
            "checked",
            "lang",
            "kind",
            "theme",
            "literal",
            "after",
        }


BAD = [
    ("bbox", "1,2,3"), ("bbox", "a,b,c,d"), ("bbox", "0,10,1,5"), ("bbox", "0,-91,1,5"), ("bbox", "-181,0,1,5"), ("bbox", "nan,0,1,5"), ("bbox", "1,2,3,4,5"),
    ("near", "1"), ("near", "91,0"), ("near", "0,181"), ("near", "a,b"), ("near", "inf,0"), ("year", "17"), ("year", "soon"), ("year", "20177"), ("checked", "17"),
    ("lang", "xx"), ("lang", "english"), ("sort", "best"), ("sort", "near"), ("limit", "0"), ("limit", "-1"), ("limit", "1001"), ("limit", "ten"), ("limit", "1e2"),
    ("page", "0"), ("page", "101"), ("page", "x"), ("page", "-1"), ("after", "zzz"), ("q", "x" * 201), ("topic", "<b>"), ("topic", "a b"), ("topic", "a/b"),
    ("place", "<script>"), ("place", "x" * 200), ("country", "<script>"), ("country", "Russia"), ("hub", "a b"), ("status", "draft"), ("status", "anything"), ("themes", "everything"), ("experience_types", "nothing"), ("area", "moon"), ("aims", "fame"),
    ("candidacy", "old"), ("holder", "nobody"), ("partner", "nobody"), ("literal", "maybe"), ("when", "yesterday"), ("from", "soon"), ("until", "2026-13-01"),
]  # fmt: skip


def test_the_table_of_bad_values_covers_every_known_name(demo_app):
    from hub.content.queries import known_names

    with demo_app.app_context():
        names = known_names([demo_app.extensions["hub"].types.get("case")])
    assert names - {"kind"} <= {name for name, _ in BAD}


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_of_a_known_name_is_a_400_that_names_it(demo, name, value):
    query = urlencode({name: value})
    for path in ("/en/cases.json", "/cases.csv", "/ru/cases.atom", "/api/v1/cases"):
        answer = demo.get(f"{path}?{query}")
        assert answer.status_code == 400, f"{path}?{query} answers {answer.status_code}"
        assert answer.mimetype == "application/problem+json" and answer.json["detail"].startswith(f"{name}:")
    page = demo.get(f"/en/cases/?{query}")
    assert page.status_code == 400 and f"{name}:" in page.text and 'role="search"' in page.text
    assert "<script>" not in page.text
    page = demo.get(f"/ru/cases/?{query}").text
    assert re.search("[а-я]", re.search(r'note bad">(.*?)</p>', page)[1]) and '<a class="btn alt" href="/ru/cases/">' in page


def test_a_page_does_not_grow_with_the_square_of_its_conditions(demo):
    for path in ("/en/cases/", "/en/search/", "/en/cases.json", "/api/v1/cases"):
        most = demo.get(f"{path}?" + "&".join(f"topic=t{n}" for n in range(100)))
        assert most.status_code == 200 and len(most.data) < 1_000_000
        more = demo.get(f"{path}?" + "&".join(f"topic=t{n}" for n in range(900)))
        assert more.status_code == 400 and "topic: at most 100 conditions" in more.text and len(more.data) < 100_000


@pytest.mark.parametrize(("path", "name"), [("/en/partners.json?kind=bakery", "kind"), ("/en/partners.json?languages=7", "languages"), ("/en/search.json?q=a&kind=bakery", "kind"),
                                            ("/en/search.json?q=a&themes=everything", "themes"), ("/en/cases/?limit=101", "limit"), ("/en/search/?q=a&limit=101", "limit"),
                                            ("/feed.atom?year=x", "year"), ("/ru/feed.json?bbox=1", "bbox")])  # fmt: skip
def test_other_lists_name_their_faults_too(demo, path, name):
    answer = demo.get(path)
    assert answer.status_code == 400 and f"{name}:" in answer.text


@pytest.mark.parametrize("query", ["bbox=1,2", "bbox=a,b,c,d", "bbox=1,2,3,inf", "near=1", "near=1,2,3", "near=nan,0"])
def test_what_is_no_place_on_the_map_is_told_how_it_is_written(demo, query):
    form = "west,south,east,north" if query.startswith("bbox") else "lat,lon"
    assert f"{query[:4]}: {form} in degrees" in demo.get(f"/en/cases.json?{query}").json["detail"]


def test_the_last_of_its_kind_does_not_break_a_saved_link(demo):
    """Well-formed words that nothing has (any more) are an empty list, not an error."""
    for query in (
        "topic=no-such-topic",
        "place=no-such-place",
        "place=AQ",
        "year=1899",
        "holder=01999999-0000-7000-8000-000000000000",
    ):
        assert total(demo, f"/en/cases.json?{query}") == 0


def test_empty_values_mean_nothing(demo):
    plain = demo.get("/en/cases.json").data
    assert (
        demo.get("/en/cases.json?q=&topic=&bbox=&near=&sort=&limit=&page=&after=&year=&place=%20&holder=").data == plain
    )


@pytest.mark.parametrize(
    "q",
    [
        "%",
        "_",
        "\\",
        "'",
        '"',
        "a' OR 1=1 --",
        "*",
        "(",
        ")",
        "[",
        "{",
        "AND",
        "OR NOT",
        "~",
        "^",
        "title:x",
        "сад*",
        "\x00",
        "😀",
        "-",
        "a" * 200,
        "ё",
        "🌱 сад",
    ],
)
def test_no_search_words_break_anything(demo, q):
    for path in ("/en/search/", "/en/cases/", "/ru/search.json", "/en/cases.atom", "/api/v1/cases"):
        assert demo.get(f"{path}?{urlencode({'q': q})}").status_code == 200, path


def test_wildcards_are_letters(demo):
    assert (
        total(demo, "/en/cases.json?q=%25") == total(demo, "/en/cases.json?q=_") in (0, total(demo, "/en/cases.json"))
    )
    assert total(demo, "/en/cases.json?q=k_z_n") == 0 and total(demo, "/en/cases.json?q=k%25n") == 0


def test_words_are_found_in_any_language_and_spelling(hub_app, client):
    make(hub_app, title={"en": "A Christmas tree", "ru": "Ёлка во дворе"}, body={"ru": "Праздник у подъезда"})
    for q in ("ёлка", "елка", "ЁЛКА", "christmas", "Tree", "праздник двор", "christmas праздник"):
        expected = 1 if " " not in q or q == "christmas праздник" else None
        found = total(client, f"/en/cases.json?{urlencode({'q': q})}")
        assert found == expected or expected is None, q
    assert total(client, "/en/cases.json?q=christmas+nothing") == 0


# -- cost ---------------------------------------------------------------------------------------------------------------


class Counter:
    """Counts SQL statements of an application's engine."""

    def __init__(self, app):
        from hub.store.db import engine

        with app.app_context():
            self.engine = engine()
        self.statements = []

    def __enter__(self):
        sa.event.listen(self.engine, "before_cursor_execute", self._note)
        self.statements = []
        return self

    def __exit__(self, *_):
        sa.event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, *rest):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
            self.statements.append(statement)


COSTS = ["/en/cases/", "/en/cases/?limit=100", "/ru/cases/?themes=culture&place=RU&sort=title", "/en/cases.json?limit=1000", "/en/cases.csv?limit=1000", "/en/cases.geojson", "/en/cases.atom",
         "/api/v1/cases?limit=1000", "/en/", "/en/topics/", "/sitemap-0.xml", "/feed.json?limit=1000", "/en/cases/?near=1,2&limit=100", "/en/cases.json?bbox=0,0,90,90"]  # fmt: skip


def test_the_number_of_queries_does_not_grow_with_the_items(new_hub, many):
    few, costs = new_hub(), {}
    grow(few, 0, 5)
    for app in (few, many):
        client = app.test_client()
        step(app, make(app, title="Passing by"), "erase")  # a new version: nothing comes from the page cache
        for path in COSTS:
            app.extensions.pop("hub_counts", None)
            with Counter(app) as counter:
                assert client.get(path).status_code == 200
            costs.setdefault(path, []).append(len(counter.statements))
    for path, (few, lots) in costs.items():
        assert 0 < lots <= few + 1, f"{path}: {few} statements for 5 items, {lots} for 500"
        assert lots <= 30, f"{path}: {lots} statements"


def test_pages_of_500_items_are_quick(many):
    client = many.test_client()
    client.get("/en/cases/")
    with at_most(6):
        for n, path in enumerate(COSTS * 2):
            assert (
                client.get(
                    path + ("&" if "?" in path else "?") + f"year={2000 + n % 9}" if "sitemap" not in path else path
                ).status_code
                == 200
            )


def test_counts_are_those_of_this_moment(hub_app, client):
    uid = make(hub_app, title="One", data={"themes": ["health"]})
    assert client.get("/en/cases.json").json["facets"]["themes"] == {"health": 1}
    change(hub_app, uid, lambda doc: doc["data"].update(themes=["culture", "jobs"]))
    assert client.get("/en/cases.json").json["facets"]["themes"] == {"culture": 1, "jobs": 1}
    assert sign_in(hub_app, "editor").get("/en/cases.json").json["facets"]["themes"] == {"culture": 1, "jobs": 1}
    step(hub_app, uid, "archive")
    assert (
        client.get("/en/cases.json").json["facets"] == {}
        and json.loads(client.get("/en/cases.json").data)["total"] == 0
    )
