"""The demo with every bundled plugin on, as people and programs meet it: how much there is, in which languages, marked how."""

import json
import re
from collections import Counter

import pytest

from hub.content import changes, seeding
from hub.hooks.here import hub
from hub.plugins import presets
from hub.plugins.host import PluginHost
from hub.store import db
from hub.testing.fixtures import sign_in

LEAST = {"cases": 12, "partners": 30, "initiatives": 30, "events": 40, "labs": 2, "news": 40, "proposals": 3, "calls": 2, "exchange": 10}
REAL = {"case", "partner", "event", "lab"}  # kinds in which the demo tells of real systems, too: each such text names its source


def load(app):
    with app.app_context(), db.writing():
        report = seeding.load_demo(db.session())
        assert not report.problems
        return report


@pytest.fixture(scope="module")
def app(hub_instances, tmp_path_factory):
    from hub.app import create_app

    host = PluginHost(tmp_path_factory.mktemp("host"))
    host.discover()
    app = create_app(hub_instances.make(presets.members(host, "all"), start=True), strict=True)
    app.testing = True
    load(app)
    with app.app_context():
        changes.run_readers()
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture(scope="module")
def types(app):
    with app.app_context():
        return {t.path: t for t in hub().types.live() if t.kind != "page"}


@pytest.fixture(scope="module")
def lists(app, types):
    """path → the list as JSON, with everything in it."""
    found = {path: app.test_client().get(f"/en/{path}.json?limit=1000").json for path in types}
    assert all(listed["total"] == listed["returned"] for listed in found.values())
    return found


@pytest.fixture(scope="module")
def editor(app):
    return sign_in(app, "editor")


def test_there_is_enough_of_everything(lists):
    assert {path: lists[path]["total"] for path in LEAST if lists[path]["total"] < LEAST[path]} == {}
    assert len(lists["initiatives"]["facets"]["place"]) >= 6
    assert set(lists["news"]["facets"]["origin"]) == {"own", "feed"} and min(lists["news"]["facets"]["origin"].values()) >= 15
    assert all(listed["total"] for listed in lists.values())


def test_events_have_sessions_and_labs_have_results(app, lists):
    client = app.test_client()
    programme = client.get("/en/events.schedule.xml?from=2013-01-01&until=2099-12-31").text
    told = Counter(re.findall(r"<url>([^<]+)</url><title>", programme))  # an event without sessions stands there once
    assert sum(told[event["url"]] > 1 for event in lists["events"]["items"]) >= 40
    labs = [client.get(at(lab)[:-1] + ".json").json["texts"] for lab in lists["labs"]["items"]]
    assert sum(all(text["fields"].get("outcome") for text in texts.values()) for texts in labs) >= 2


def test_practices_are_repeated_rated_and_talked_about(app, editor):
    client = app.test_client()
    repeated = client.get("/en/cases/tools/adoptions.geojson").json["features"]
    assert len(repeated) >= 6 and all(line["properties"]["example"] for line in repeated)
    assert {line["properties"]["stage"] for line in repeated} == {"adopted", "adapting", "unfit"}
    for what, least in (("rating", 200), ("comment", 8)):
        page = client.get(f"/en/feedback/newest/?what={what}").text
        assert number(r"(\d+)\s+found", page) >= least and "example" in page
    wishes = client.get("/en/feedback/wishes/").text
    assert sum(int(n) for n in re.findall(r"(\d+)\s+votes", words(wishes))) >= 100 and "came true" in wishes


def test_no_facet_and_no_chart_is_empty(lists, types, editor):
    for path, ctype in types.items():
        facets = lists[path]["facets"]
        declared = {field.name for field in ctype.facets} | {"lang", "topic"} | ({"place"} if ctype.places != "none" and path != "calls" else set())
        assert {name for name in declared if not facets.get(name)} == set(), path
        assert all(count > 0 for counts in facets.values() for count in counts.values()), path
    page = editor.get("/desk/feedback/report").text
    charts = re.findall(r'<table class="chart".*?</table>', page, re.S)
    assert len(charts) >= 5 and all("<rect" in chart for chart in charts) and "Nothing was rated" not in page
    kinds = next(chart for chart in charts if "Ratings" in chart)
    assert "Practices" in kinds and "Events" in kinds and "Green initiatives" in kinds
    assert "—" not in words(editor.get("/en/labs/all/commitments/").text).partition("Commitments given in labs")[2][:200]


def test_three_texts_are_left_for_the_translation_desk(lists, editor):
    """What comes by a feed speaks its own language and is nobody's to translate."""
    told = [item for listed in lists.values() for item in listed["items"] if item["fields"].get("origin") != "feed"]
    assert sorted(item["title"] for item in told if len(item["languages"]) < 2) == [
        "Leeds Towpath Growers", "Газета «Подоконник»", "Совет школы искусств, где половина мест у детей",
    ]  # fmt: skip
    desk = {lang: words(editor.get(f"/desk/drafts/?into={lang}&state=missing").text) for lang in ("en", "ru")}
    assert "Missing 2" in desk["en"] and "Missing 1" in desk["ru"]


def test_what_is_invented_says_so_and_what_is_not_names_its_source(lists):
    for listed in lists.values():
        for item in listed["items"]:
            assert item["example"] or (item["kind"] in REAL and item["source_name"]), item["url"]
    own = [item for item in lists["news"]["items"] if item["fields"]["origin"] == "own"]
    assert {item["fields"]["rubric"] for item in own} == {"news", "announcement", "report", "interview", "opinion", "opportunity", "publication"}


def test_no_voice_is_invented_about_what_is_real(app, lists):
    """The average of invented ratings would be an invented figure of a real practice."""
    for item in (i for path in ("cases", "events", "initiatives") for i in lists[path]["items"] if not i["example"]):
        assert "aggregateRating" not in app.test_client().get(at(item)).text, item["url"]


def test_news_are_dated_in_the_past_and_fill_two_years(app, lists):
    with app.app_context():
        moment = db.now().isoformat()
    months = {item["published"][:7] for item in lists["news"]["items"]}
    assert all(item["published"] < moment for item in lists["news"]["items"])
    assert len(months) >= 15 and len({month[:4] for month in months}) >= 2
    archive = app.test_client().get("/ru/news/archive").text
    assert len(set(re.findall(r"/ru/news/archive/\d+/\d+", archive))) >= 15


def test_loading_it_again_changes_nothing(app, lists):
    before = tables(app)
    report = load(app)
    assert (report.created, report.updated) == (0, 0) and tables(app) == before


def tables(app):
    """How many rows each table has."""
    import sqlalchemy as sa

    with app.app_context():
        names = sa.inspect(db.engine()).get_table_names()
        return {name: db.session().scalar(sa.select(sa.func.count()).select_from(sa.table(name))) for name in names}


def at(item):
    """The path of an item's page."""
    return re.sub(r"^https?://[^/]+", "", item["url"])


def words(page):
    """The text of a page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")


def number(pattern, page):
    return int(re.search(pattern, words(page).replace(",", "")).group(1))


def test_machines_are_told_of_places_and_groups_in_words_that_schema_org_has_for_them(app):
    """Date, licence and site belong to works; a green place has its coordinates, a project its place."""
    works = {"inLanguage", "dateModified", "datePublished", "isPartOf", "license", "spatialCoverage"}
    seen, client = Counter(), app.test_client()
    for path in ("initiatives", "projects", "partners", "cases"):
        for item in client.get(f"/en/{path}.json?limit=5").json["items"]:
            page = client.get("/en/" + item["url"].split("/en/")[1]).text
            about = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
            seen[about["@type"]] += 1
            assert about.keys() >= works - {"license", "spatialCoverage"} if about["@type"] == "CreativeWork" else not works & about.keys()
            assert about["@type"] != "Place" or (about["geo"]["latitude"] and about["address"]["addressLocality"])
            assert about["@type"] != "Project" or about["location"][0]["geo"]
    assert set(seen) == {"Place", "Project", "Organization", "CreativeWork"}
