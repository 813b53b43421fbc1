"""A plugin of sixty lines in one file, with one content type, gets every surface that core derives."""

import csv
import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hub.app import create_app
from hub.content import searchdocs
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due

TOY = Path(__file__).parents[1] / "fixtures" / "toy"
FILES = {"plugins/tools.py": (TOY / "tools.py").read_text(), "templates/tools/home.html": (TOY / "home.html").read_text()}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def ready(hub_instances):
    """(folder, cookies): two tools, the first with everything, of one lender; an editor and an administrator signed in."""
    folder = hub_instances.make(("partners", "tools"), files=FILES)
    app = create_app(folder, strict=True)
    app.testing = True
    editor, admin = sign_in(app, "editor"), sign_in(app, "admin")
    create(editor, "partners", **{"title.en": "Neighbours' house"})
    create(editor, **{
        "title.en": "Drill", "summary.en": "Makes holes.", "body.en": "Hold it **straight**.", "f.state": "worn", "f.electric": "1",
        "f.weight": "1.5", "t.care.en": "Oil it.", "f.since": "2024-05", "f.shelf": "B7 top", "r.lender": "Neighbours' house",
        "p.0.name": "Kazan", "p.0.country": "RU", "p.0.point": "55.79, 49.11", "topics": [], "licence": "CC0",
    })  # fmt: skip
    create(editor, **{"title.en": "Saw", "f.state": "new"})
    with app.app_context():
        db.engine().dispose()
    return folder, {"editor": editor.get_cookie("hub").value, "admin": admin.get_cookie("hub").value}


@pytest.fixture
def folder(ready, tmp_path):
    shutil.copytree(ready[0], tmp_path / "instance")
    return tmp_path / "instance"


@pytest.fixture
def toy(folder):
    """An application with the toy beside the partners, filled."""
    app = create_app(folder, strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture
def filled(toy):
    """A visitor's browser."""
    return toy.test_client()


@pytest.fixture
def browser(toy, ready):
    """`browser("editor")`: one of somebody signed in."""

    def make(role):
        client = toy.test_client()
        client.set_cookie("hub", ready[1][role])
        return client

    return make


@pytest.fixture
def editor(browser):
    return browser("editor")


def create(editor, path="tools", do="publish", **typed):
    token = csrf(editor.get(f"/desk/{path}/new?language=en&form=full").text)
    data = {"csrf_token": token, "language": "en", "form": "full", "do": do, **typed}
    answer = editor.post(f"/desk/{path}/new", data=data)
    assert answer.status_code == 302, answer.text
    return answer.location


def test_it_is_short():
    lines = (TOY / "tools.py").read_text().splitlines()
    assert len(lines) <= 60 and all(len(line) <= 140 for line in lines)


def test_list_with_facets(filled):
    page = filled.get("/en/tools/").text
    assert "Drill" in page and "Saw" in page and "Tools" in page
    assert "well worn" in page and "as new" in page and 'name="state" value="worn"' in page
    worn = filled.get("/en/tools/?state=worn").text
    assert "Drill" in worn and ">Saw<" not in worn
    lender = filled.get("/en/partners.json").json["items"][0]["uid"]
    lent = filled.get(f"/en/tools/?lender={lender}").text
    assert "Drill" in lent and ">Saw<" not in lent and "Lent by" in lent
    assert "Drill" in filled.get("/ru/tools/").text
    assert filled.get("/en/tools/?state=rusty").status_code == 400
    assert "/en/tools/" in filled.get("/en/").text, "it is not in the menu"


def test_item_page(filled):
    page = filled.get("/en/tools/drill/").text
    for text in ("Drill", "Makes holes.", "<strong>straight</strong>", "Well worn", "1.5", "Oil it.", "May 2024", "Kazan", "Russia"):
        assert text in page, text
    assert "B7 top" not in page, "a visitor reads what is for editors"
    assert "Lends" in filled.get("/en/partners/neighbours-house/").text and "Drill" in filled.get("/en/partners/neighbours-house/").text


def test_forms_and_desk(editor, filled):
    full = editor.get("/desk/tools/new?language=en&form=full").text
    for name in ("title.en", "f.state", "f.electric", "f.weight", "t.care.en", "f.since", "f.shelf", "r.lender", "p.0.name"):
        assert f'name="{name}"' in full, name
    quick = editor.get("/desk/tools/new?language=en&form=quick").text
    assert 'name="f.state"' in quick and 'name="f.weight"' not in quick
    listed = editor.get("/desk/tools/").text
    assert "Drill" in listed and "Saw" in listed
    assert "Drill" in editor.get("/desk/tools/?q=drill").text and ">Saw<" not in editor.get("/desk/tools/?q=drill").text

    where = create(editor, do="save", **{"title.en": "Hammer"})
    form = editor.get(where).text
    assert 'value="Hammer"' in form and filled.get("/en/tools/hammer/").status_code == 404
    uid = where.split("/")[3]
    token = form.partition('name="base" value="')[2].partition('"')[0]
    data = {"csrf_token": csrf(form), "language": "en", "form": "full", "do": "publish", "base": token, "title.en": "Big hammer"}
    refused = editor.post(f"/desk/tools/{uid}/", data={**data, "f.weight": "heavy", "r.lender": "Nobody"})
    assert refused.status_code == 422 and "heavy" in refused.text and "Nobody" in refused.text
    assert editor.post(f"/desk/tools/{uid}/", data=data).status_code == 302
    assert "Big hammer" in filled.get("/en/tools/hammer/").text, "the address stays when the title changes"
    assert editor.get(f"/desk/tools/{uid}/preview").status_code == 200


def test_json_and_openapi(filled):
    answer = filled.get("/en/tools.json").json
    assert (answer["total"], answer["returned"], answer["truncated"]) == (2, 2, False)
    assert answer["facets"]["state"] == {"new": 1, "worn": 1}
    drill = next(item for item in answer["items"] if item["title"] == "Drill")
    assert drill["fields"] == {"state": "worn", "electric": True, "weight": 1.5, "care": "Oil it.", "since": "2024-05"}
    assert drill["places"][0]["lat"] == 55.79 and drill["licence"] == "CC0"
    assert filled.get("/api/v1/tools").json["total"] == 2
    full = filled.get(f"/api/v1/tools/{drill['uid']}").json
    assert full["body"] == "Hold it **straight**." and full["links"]["lender"][0]["title"] == "Neighbours' house"
    assert filled.get("/en/tools/drill.json").json["uid"] == drill["uid"]

    described = filled.get("/api/v1/openapi.json").json
    assert {"/api/v1/tools", "/api/v1/tools/{uid}"} <= described["paths"].keys()
    fields = described["components"]["schemas"]["Tool"]["properties"]["fields"]["properties"]
    assert fields["state"]["enum"] == ["new", "worn", "broken"] and fields["weight"]["type"] == "number"
    assert "shelf" not in fields
    parameters = {p["name"] for p in described["paths"]["/api/v1/tools"]["get"]["parameters"]}
    assert {"state", "electric", "lender", "q", "bbox"} <= parameters


def test_csv_and_geojson(filled):
    rows = list(csv.DictReader(io.StringIO(filled.get("/en/tools.csv").text.removeprefix("\ufeff"))))
    drill = next(row for row in rows if row["title"] == "Drill")
    assert (drill["state"], drill["electric"], drill["weight"], drill["lat"]) == ("worn", "true", "1.5", "55.79")
    assert "shelf" not in drill
    shape = filled.get("/en/tools.geojson").json
    feature, = shape["features"]
    assert feature["geometry"]["coordinates"] == [49.11, 55.79] and feature["properties"]["title"] == "Drill"
    assert shape["without_location"] == 1


def test_feeds(filled):
    atom = ET.fromstring(filled.get("/en/tools.atom").data)
    assert {entry.findtext(f"{ATOM}title") for entry in atom.findall(f"{ATOM}entry")} == {"Drill", "Saw"}
    rss = ET.fromstring(filled.get("/en/tools.rss").data)
    assert {item.findtext("title") for item in rss.iter("item")} == {"Drill", "Saw"}
    feed = filled.get("/en/tools.feed.json").json
    assert {entry["title"] for entry in feed["items"]} == {"Drill", "Saw"} and "<strong>" in str(feed)
    assert b"Drill" in filled.get("/en/feed.atom").data


def test_sitemap_and_jsonld(filled):
    assert "/en/tools/drill/</loc>" in filled.get("/sitemap-0.xml").text
    page = filled.get("/en/tools/drill/").text
    about = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert (about["@type"], about["name"], about["weight"]) == ("Product", "Drill", "1.5")
    assert "B7" not in json.dumps(about)


def test_search(toy, filled):
    assert "Drill" in filled.get("/en/search/?q=drill").text
    found = filled.get("/en/search.json?q=straight").json
    assert [item["title"] for item in found["items"]] == ["Drill"]
    with toy.app_context():
        ids = [number for batch in searchdocs.published_ids(db.session()) for number in batch]
        documents = searchdocs.documents(db.session(), ids).values()
    drill = next(document for document in documents if document.texts["en"][0] == "Drill")
    assert drill.kind == "tool" and drill.facets["state"] == ("worn",) and "Kazan" in drill.names
    assert "Oil it." in drill.texts["en"][2] and "B7" not in str(drill)


def test_import_and_export(filled, folder, command, tmp_path):
    source = tmp_path / "tools.csv"
    source.write_text("Name;state;weight;lat;lon;lender;care.en\nLadder;as new;12,5;55.8;49.1;;Dry\nBroken;rusty;;;;;\n;new;;;;;\n")
    words = ("import", "tools", str(source), "--map", "Name=title", "--set", "licence=CC0", "--source", "garage")
    done = command(folder, *words, check=True)
    assert "1 created" in done.out and "2 with a problem" in done.out and "row 3 (Broken): state" in done.err
    (tmp_path / "more.jsonl").write_text('{"external_id": "7", "title": "Шило", "state": "new", "shelf": "A1"}\n')
    for expected in ("1 created", "1 unchanged"):
        assert expected in command(folder, "import", "tool", str(tmp_path / "more.jsonl"), "--lang", "ru", check=True).out
    assert filled.get("/en/tools.json").json["total"] == 4

    def exported(name):
        command(folder, "export", "tools", str(tmp_path / name), check=True)
        return (tmp_path / name).read_text("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(exported("out.csv"))))
    ladder = next(row for row in rows if row["title.en"] == "Ladder")
    assert (ladder["state"], ladder["weight"], ladder["care.en"], ladder["licence"]) == ("new", "12.5", "Dry", "CC0")
    assert next(row for row in rows if row["title.en"] == "Drill")["shelf"] == "B7 top"
    items = json.loads(exported("out.json"))
    assert {item["texts"].get("en", item["texts"].get("ru"))["title"] for item in items} == {"Drill", "Saw", "Ladder", "Шило"}
    assert len(exported("out.jsonl").splitlines()) == 4

    before = exported("before.jsonl")
    assert "2 unchanged" not in before
    again = command(folder, "import", "tools", str(tmp_path / "out.json"), check=True)
    assert "4 unchanged" in again.out and exported("after.jsonl") == before
    command(folder, "import", "undo", "1", check=True)
    assert filled.get("/en/tools/ladder/").status_code == 410


def test_page_navigation_block_setting(filled, browser, folder, command):
    assert filled.get("/en/tools/rules").text == "At most 14 days."
    home = filled.get("/en/").text
    assert 'id="tools-block"' in home and "Drill" in home and 'href="/en/tools/rules"' in home and "Lending rules" in home
    admin = browser("admin")
    form = admin.get("/desk/settings").text
    assert "Days a tool may be out" in form
    assert admin.post("/desk/settings", data={"csrf_token": csrf(form), "tools.days": "0"}).status_code == 422
    assert admin.post("/desk/settings", data={"csrf_token": csrf(form), "tools.days": "21"}).status_code == 302
    assert filled.get("/en/tools/rules").text == "At most 21 days."
    command(folder, "settings", "set", "tools.days", "7", check=True)
    assert filled.get("/en/tools/rules").text == "At most 7 days."


def test_command_and_job(toy, filled, folder, command):
    assert set(command(folder, "tools", "count", check=True).out.splitlines()) == {"new: 1", "worn: 1"}
    assert "Count the tools by state." in command(folder, "tools", "--help", check=True).out
    run_due(toy)
    assert (folder / "data" / "tools" / "stock.txt").read_text() == "Drill, Saw"
