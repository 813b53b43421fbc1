"""The green map: true numbers at every zoom, the list that is the page, formats in and out, frames of other sites."""

import csv
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import catch_up, folder_of, make, run_hub, step, work

PLUGINS = ("partners", "cases", "greenmap", "search")
GEO = Path(__file__).parents[3] / "shared" / "fixtures" / "geo"


def place(lat, lon, name="Somewhere", country="RU"):
    return {"lat": lat, "lon": lon, "names": {"en": name}, "country": country}


def initiative(app, title, *where, kind="orchard", **parts):
    places = [place(*spot) for spot in where]
    return make(app, "initiative", title, places=places, data={"kind": kind, **parts.pop("data", {})}, **parts)


def fill(app, spots, kind="partner"):
    """Many places at once, past the forms."""
    from hub.api import items

    with work(app):
        items.create_many([
            items.prepare(kind, {"texts": {"en": {"title": f"Place {n}", "fields": {}}}, "places": [place(*spot)], "data": {},
                                 "topics": [], "links": {}}) for n, spot in enumerate(spots)
        ])  # fmt: skip
    catch_up(app)


def counts(client, query):
    body = client.get(f"/en/map.geojson?{query}").json
    assert sum(f["properties"].get("count", 1) for f in body["features"]) == body["total"] == body["returned"], query
    return body


@pytest.fixture
def app(new_hub):
    return new_hub(PLUGINS)


# -- counts ---------------------------------------------------------------------------------------------------------------

degrees = st.tuples(
    st.floats(-90, 90, allow_nan=False).map(lambda v: round(v, 6)), st.floats(-180, 180, allow_nan=False).map(lambda v: round(v, 6))
)
crowds = st.lists(st.one_of(degrees, st.sampled_from([(55.75, 37.6), (90.0, 180.0), (-90.0, -180.0), (66.1, -179.99), (66.1, 179.99)])),
                  min_size=1, max_size=40)  # fmt: skip


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    from hub.app import create_app
    from hub.testing.instances import Instances

    return create_app(Instances(tmp_path_factory.mktemp("crowd")).make(("partners", "cases", "greenmap")), strict=True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spots=crowds, zoom=st.integers(0, 22), window=st.tuples(degrees, degrees))
def test_counts_are_exact_and_stand_still(crowd, spots, zoom, window):
    import sqlalchemy as sa

    from hub.api import Content

    with work(crowd) as db:
        db.execute(sa.delete(Content))
    fill(crowd, spots)
    client = crowd.test_client()
    whole = counts(client, f"zoom={zoom}")
    assert whole["total"] == len(spots)
    for found in whole["features"]:
        if "bbox" in found:
            (lon, lat), (west, south, east, north) = found["geometry"]["coordinates"], found["bbox"]
            assert west <= lon <= east and south <= lat <= north and found["properties"]["count"] > 1
    by_id = {f["id"]: f for f in whole["features"]}
    (low, west), (high, east) = sorted(window)[0], sorted(window)[1]
    part = counts(client, f"zoom={zoom}&bbox={west},{low},{east},{high}")
    assert all(by_id[f["id"]] == f for f in part["features"]), "no count changes by panning"
    inside = [s for s in spots if low <= s[0] <= high and (west <= s[1] <= east if west <= east else s[1] >= west or s[1] <= east)]
    assert part["total"] >= len(inside), "every place of the window is in its counts"


def test_conditions_come_before_counting(app):
    for n in range(4):
        initiative(app, f"Orchard {n}", (55.0 + n / 1000, 49.0))
    initiative(app, "Compost", (55.0, 49.0), kind="composting", data={"stage": "looking"})
    make(app, "case", "No place at all")
    client = app.test_client()
    assert counts(client, "zoom=2")["total"] == 5 and counts(client, "zoom=2")["without_location"] == 1
    assert counts(client, "zoom=2&stage=looking")["total"] == 1
    assert counts(client, "zoom=2&kind=initiatives&q=compost")["total"] == 1
    name = counts(client, "zoom=2")["features"][0]["properties"]["name"]
    assert name == "5 places: Green initiatives"


def test_both_sides_of_the_antimeridian(app):
    make(app, "partner", "West", places=[place(66.0, 179.5)])
    make(app, "partner", "East", places=[place(66.0, -179.5)])
    make(app, "partner", "Kazan", places=[place(55.8, 49.1)])
    client = app.test_client()
    for zoom in (2, 6, 12, 20):
        assert counts(client, f"zoom={zoom}&bbox=170,60,-170,70")["total"] == 2
    page = client.get("/en/map/?bbox=170,60,-170,70").text
    assert "West" in page and "East" in page and "Kazan" not in page


def test_places_at_one_spot_are_reachable(app):
    for n in range(3):
        initiative(app, f"Same {n}", (55.75, 37.62))
    client = app.test_client()
    found = counts(client, "zoom=22")["features"]
    assert len(found) == 1 and found[0]["properties"]["count"] == 3
    box = ",".join(map(str, found[0]["bbox"]))
    assert len(client.get(f"/en/map.json?bbox={box}").json["items"]) == 3
    assert client.get(f"/en/map/?bbox={box}").text.count("data-uid=") == 3


@pytest.mark.parametrize("query", ["zoom=x", "zoom=-1", "zoom=23", "zoom=٣", "zoom=2&bbox=1,2,3", "zoom=2&bbox=a,b,c,d",
                                   "zoom=2&bbox=nan,0,1,1", "zoom=2&bbox=0,5,1,-5", "zoom=2&bbox=0,0,1,91"])  # fmt: skip
def test_what_means_nothing_is_400(app, query):
    answer = app.test_client().get(f"/en/map.geojson?{query}")
    assert answer.status_code == 400 and answer.json["detail"].split(":")[0] in ("zoom", "bbox")


def test_links_to_one_kind_lead_on_when_it_is_the_only_one(new_hub):
    """Its own condition of the same name ("kind", of garden) stays what it is."""
    app = new_hub(("greenmap",))
    initiative(app, "Apple yard", (55.7, 37.6))
    catch_up(app)
    client = app.test_client()
    assert "Apple yard" in client.get("/en/map/?kind=initiatives").text
    assert [client.get(f"/en/map.json?kind={kind}").json["total"] for kind in ("initiative", "orchard", "composting")] == [1, 1, 0]
    assert client.get("/en/map.json?kind=spoons").status_code == 400


def test_drafts_are_in_no_count(app):
    uid = initiative(app, "Gone", (55.0, 49.0))
    initiative(app, "Draft", (55.0, 49.0), status="draft")
    client = app.test_client()
    assert counts(client, "zoom=3")["total"] == 1
    step(app, uid, "archive")
    assert counts(client, "zoom=3")["total"] == 0 and "Gone" not in client.get("/en/map/").text
    for shape in ("json", "csv", "geojson", "atom", "kml", "gpx"):
        assert "Gone" not in client.get(f"/en/map.{shape}").text


def test_too_many_for_one_answer_are_counted_coarser_and_said_so(app, monkeypatch):
    from hub_greenmap import clusters

    monkeypatch.setattr(clusters, "LIMIT", 10)
    fill(app, [(50 + n / 10, 40 + n / 7) for n in range(60)])
    body = counts(app.test_client(), "zoom=18")
    assert body["total"] == 60 and len(body["features"]) <= 10 and body["zoom"] < 18 and "note" in body


def test_on_either_database(either_hub):
    app = either_hub(("partners", "greenmap", "-privacy"))
    fill(app, [(50 + n % 7, 40 + n % 11) for n in range(200)])
    client = app.test_client()
    for zoom in (0, 3, 9, 22):
        assert counts(client, f"zoom={zoom}")["total"] == 200
    assert counts(client, "zoom=9&bbox=39,49,45.5,53.5")["total"] > 0


# -- the page --------------------------------------------------------------------------------------------------------------


def test_the_page_is_the_list(app):
    initiative(app, "A <b>garden</b> </script>", (55.0, 49.0))
    make(app, "partner", "A library", places=[place(55.1, 49.1)])
    make(app, "case", "Nowhere")
    client = app.test_client()
    page = client.get("/en/map/").text
    assert page.count("data-uid=") == 2 and "Nowhere" not in page and "1 more has no place" in page
    assert "A &lt;b&gt;garden" in page and 'class="greenmap" hidden' in page
    order = [item["title"] for item in client.get("/en/map.json").json["items"]]
    assert page.index(order[0].split(" ")[1][:3]) > 0 and len(order) == 2
    rows = list(csv.reader(io.StringIO(client.get("/en/map.csv?kind=partners").text)))
    assert len(rows) == 2
    assert client.get("/ru/map/").status_code == 200
    assert client.get("/en/map.nonsense").status_code == 404


def test_words_narrow_the_map_where_everybody_sees_it(app):
    for title in ("Garden", "Orchard"):
        initiative(app, title, (55.0, 49.0))
    catch_up(app)
    client = app.test_client()
    page = client.get("/en/map/?kind=initiatives").text
    assert 'name="q" type="search" value=""' in page and '<input type="hidden" name="kind" value="initiatives">' in page
    page = client.get("/en/map/?kind=initiatives&q=garden").text
    assert page.count("data-uid=") == 1 and 'name="q" type="search" value="garden"' in page
    away = re.search(r'<a href="([^"]+)" aria-label="Remove the condition garden"', page).group(1)
    assert client.get("/en/map/" + html.unescape(away)).text.count("data-uid=") == 2


@pytest.mark.parametrize("address", ["map", "map?kind=initiatives", "search?q=garden", "search?q=garden&kind=initiatives", "initiatives", "partners"])
def test_every_count_of_json_is_what_asking_for_it_gives(app, address):
    initiative(app, "Garden", (55.0, 49.0), kind="orchard", data={"stage": "looking"})
    initiative(app, "Second garden", (55.0, 49.0), kind="composting")
    make(app, "partner", "Garden museum", places=[place(55.1, 49.1, country="GB")], data={"kind": "museum"})
    catch_up(app)
    client, (path, _, asked) = app.test_client(), address.partition("?")
    body = client.get(f"/en/{path}.json?{asked}").json
    assert body["facets"]
    for name, counts in body["facets"].items():
        for value, count in counts.items():
            kept = "&".join(part for part in asked.split("&") if not part.startswith(f"{name}="))
            answer = client.get(f"/en/{path}.json?{kept}&{name}={value}")
            assert answer.status_code == 200 and answer.json["total"] == count, (name, value)


def test_no_request_leaves_the_site_by_default_and_one_host_where_set(new_hub):
    plain = new_hub(PLUGINS).test_client().get("/en/map/")
    assert "data-tiles" not in plain.text and "img-src 'self' data:;" in plain.headers["Content-Security-Policy"]
    toml = '[plugin.greenmap]\ntiles = "https://tile.example.org/{z}/{x}/{y}.png?k={key}"\ntiles_key = "a b"\ntiles_attribution = "© mapmakers"\n'
    page = new_hub(PLUGINS, toml=toml).test_client().get("/en/map/")
    assert "img-src 'self' data: https://tile.example.org;" in page.headers["Content-Security-Policy"]
    assert "?k=a%20b" in page.text and "© mapmakers" in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_private_fields_stay_private(app):
    secret = {"contact_person": "Anna Petrova", "contact_details": "+7 900 000-00-00", "email": "garden@example.org"}
    initiative(app, "Garden", (55.0, 49.0), data=secret)
    client = app.test_client()
    item = client.get("/en/initiatives/garden/").text
    assert "garden@example.org" in item and "Anna" not in item
    for address in ("map/", "map.geojson", "map.geojson?zoom=3", "map.json", "map.csv", "map.kml", "map.gpx", "map.atom", "initiatives.json"):
        text = client.get(f"/en/{address}").text
        assert "Anna" not in text and "+7 900" not in text, address


# -- elsewhere --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/en/map/embed", "/en/initiatives/embed", "/en/partners/embed?limit=1", "/en/search/embed?q=garden"])
def test_only_frames_may_be_framed(app, path):
    initiative(app, "Garden", (55.0, 49.0))
    client = app.test_client()
    answer = client.get(path)
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"] and "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers and "script-src 'self'" in answer.headers["Content-Security-Policy"]
    for other in ("/en/map/", "/en/initiatives/", "/en/"):
        assert "frame-ancestors 'none'" in client.get(other).headers["Content-Security-Policy"]
        assert client.get(other).headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/ru/map/embed?kind=initiatives&limit=1", "/ru/initiatives/embed?kind=orchard&limit=1", "/ru/search/embed?q=garden&limit=1"])
def test_a_frame_says_how_to_put_it_on_another_site(app, path):
    for name in ("Garden", "Second garden"):
        initiative(app, name, (55.0, 49.0), texts={"ru": {"title": name, "fields": {}}})
    catch_up(app)
    client = app.test_client()
    page = client.get(path).text
    assert "Поставить на другой сайт" in page
    told = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S).group(1))
    frame = ET.fromstring(told)
    assert frame.tag == "iframe" and frame.get("title") and frame.get("src") == f"http://localhost:8000{path}"
    assert client.get(frame.get("src").removeprefix("http://localhost:8000")).text == page
    if "/map/" in path:  # links of a frame open a window of their own; this one must not
        assert re.search(r'<a class="skip" href="#list" target="_self">', page)


def test_lists_searches_and_topics_lead_to_the_same_on_the_map(new_hub):
    app = new_hub((*PLUGINS, "notices"))
    initiative(app, "Garden", (55.0, 49.0), data={"stage": "looking"})
    initiative(app, "Orchard", (55.0, 49.0), data={"stage": "growing"})
    make(app, "case", "Garden nowhere")
    make(app, "page", "Greenhouse rules")
    catch_up(app)
    client = app.test_client()

    def link(path):
        found = re.search(r'<a href="([^"]+)">On the map</a>', client.get(path).text)
        return html.unescape(found.group(1)) if found else ""

    assert link("/en/initiatives/?stage=looking&sort=title&nonsense=1") == "/en/map/?kind=initiatives&stage=looking"
    assert client.get("/en/map.json?kind=initiatives&stage=looking").json["total"] == 1
    assert link("/en/search/?q=garden&sort=new") == "/en/map/?q=garden"
    assert link("/en/initiatives/?kind=orchard") == "", "on the map kind= is the type"
    assert link("/en/initiatives/?stage=ended") == link("/en/search/?q=greenhouse") == link("/en/search/?q=nothing") == "", "nothing to show"
    assert link("/en/search/") == link("/en/map/") == ""
    assert re.search(r"By mail</a>\s+·\s<a[^>]*>On the map", client.get("/en/initiatives/").text), "words beside each other have a space"


def test_the_map_tells_what_search_tells_and_parts_only_where_they_are_asked_for(new_hub):
    """A lab stands at the place of its event: it is no second place there."""
    app = new_hub((*PLUGINS, "events", "labs"))
    pytest.importorskip("hub_labs")
    spot = [place(55.0, 49.0)]
    event = make(app, "event", "Elder forum", places=spot, data={"starts": "2030-05-01T10:00", "ends": "2030-05-01T12:00", "zone": "UTC"})
    make(app, "lab", "Elder lab", places=spot, links={"event": [event]})
    catch_up(app)
    client = app.test_client()

    def told(path):
        return [item["title"] for item in client.get(path).json["items"]]

    assert told("/en/map.json?q=elder") == told("/en/search.json?q=elder") == ["Elder forum"]
    assert counts(client, "zoom=3")["total"] == 1 and "Elder lab" not in client.get("/en/map/").text
    assert told("/en/map.json?kind=labs") == ["Elder lab"] and counts(client, "zoom=3&kind=lab")["total"] == 1
    assert '<a href="/en/map/?kind=labs">On the map</a>' in client.get("/en/labs/").text


def test_oembed_is_found_and_answers(app):
    client = app.test_client()
    page = client.get("/en/initiatives/?kind=orchard").text
    assert "application/json+oembed" in page and "text/xml+oembed" in page
    site = "http://localhost:8000"
    body = client.get("/oembed", query_string={"url": f"{site}/en/initiatives/?kind=orchard", "maxwidth": "400"}).json
    assert body["type"] == "rich" and body["width"] == 400 and f"{site}/en/initiatives/embed?kind=orchard" in body["html"]
    found = client.get("/oembed", query_string={"url": f"{site}/en/search/?q=garden&kind=initiative"}).json
    assert found["title"] == "Search" and f"{site}/en/search/embed?q=garden&amp;kind=initiative" in found["html"]
    xml = client.get("/oembed", query_string={"url": f"{site}/ru/map/", "format": "xml"})
    assert ET.fromstring(xml.data).findtext("type") == "rich"
    assert ET.fromstring(xml.data).findtext("title") == "Карта"  # the page's language, whoever asks
    for wrong in ("https://evil.example/en/map/", "javascript:alert(1)", "//evil.example/en/map/", f"{site}/desk/", ""):
        assert client.get("/oembed", query_string={"url": wrong}).status_code == 404
    assert client.get("/oembed", query_string={"url": f"{site}/en/map/", "format": "yaml"}).status_code == 501


def test_a_code_for_the_fence(app):
    client = app.test_client()
    page = client.get("/en/greenmap/code", query_string={"at": "/en/map/?kind=initiatives"})
    assert page.status_code == 200 and "/en/map/?kind=initiatives" in page.text
    drawn = client.get("/en/greenmap/code.svg", query_string={"at": "/en/map/?kind=initiatives"})
    assert drawn.mimetype == "image/svg+xml" and b"<path" in drawn.data
    for wrong in ("https://evil.example/", "//evil.example", "", "/a\nb", "/" + "x" * 2000):
        assert client.get("/en/greenmap/code", query_string={"at": wrong}).status_code == 404


# -- formats ----------------------------------------------------------------------------------------------------------------


def test_exports_honour_conditions_and_read_back(app, tmp_path):
    initiative(app, "Garden “A” & Ы", (55.0, 49.0), (55.1, 49.1))
    initiative(app, "Compost", (56.0, 50.0), kind="composting")
    client = app.test_client()
    ns = {"k": "http://www.opengis.net/kml/2.2", "g": "http://www.topografix.com/GPX/1/1"}
    kml = ET.fromstring(client.get("/en/initiatives.kml").data)
    assert [e.text for e in kml.findall(".//k:Placemark/k:name", ns)].count("Garden “A” & Ы") == 2, "each place"
    assert len({e.get("id") for e in kml.findall(".//k:Placemark", ns)}) == 3
    gpx = ET.fromstring(client.get("/en/initiatives.gpx?kind=composting").data)
    assert [p.get("lat") for p in gpx.findall("g:wpt", ns)] == ["56.0"]
    assert client.get("/en/pages.kml").status_code == 404, "pages have no places"


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="no ogrinfo on this machine (Debian: gdal-bin)")
@pytest.mark.parametrize("shape", ["geojson", "kml", "gpx"])
def test_ogrinfo_reads_the_right_number(app, tmp_path, shape):
    for n in range(7):
        initiative(app, f"Garden {n}", (55.0 + n, 49.0))
    file = tmp_path / f"list.{shape}"
    file.write_bytes(app.test_client().get(f"/en/initiatives.{shape}").data)
    told = subprocess.run(["ogrinfo", "-ro", "-al", "-so", file], capture_output=True, text=True, check=True).stdout
    assert sum(int(line.split(":")[1]) for line in told.splitlines() if line.startswith("Feature Count")) == 7


def imported(app, name, content, *more):
    file = folder_of(app) / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run_hub(folder_of(app), "import", "initiative", str(file), "--lang", "en", "--set", "kind=orchard", *more)


KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>"""
MARK = "<Placemark><name>{}</name><description>&lt;b&gt;Apples&lt;/b&gt; here</description><Point><coordinates>{}</coordinates></Point></Placemark>"


def archive(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, text)
    return out.getvalue()


GPX = '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="x"><wpt lat="55.5" lon="49.5"><name>Orchard</name><desc>Apples here</desc></wpt></gpx>'
FEATURE = {"type": "Feature", "properties": {"name": "Orchard", "description": "Apples here"}, "geometry": {"type": "Point", "coordinates": [49.5, 55.5]}}
AREA = {**FEATURE, "geometry": {"type": "Polygon", "coordinates": [[[49, 55], [50, 55], [50, 56], [49, 56], [49, 55]]]}}


@pytest.mark.parametrize(("name", "content"), [
    ("a.kml", KML.format(MARK.format("Orchard", "49.5,55.5,0"))), ("a.kmz", archive("doc.kml", KML.format(MARK.format("Orchard", "49.5,55.5")))),
    ("a.gpx", GPX), ("a.geojson", "\ufeff" + json.dumps({"type": "FeatureCollection", "features": [FEATURE]})),
    ("b.geojson", json.dumps({"type": "FeatureCollection", "features": [AREA]})),
    ("a.umap", json.dumps({"type": "umap", "layers": [{"type": "FeatureCollection", "features": [FEATURE]}]})),
])  # fmt: skip
def test_places_from_other_maps(app, name, content):
    status, out, err = imported(app, name, content)
    assert status == 0, out + err
    found = app.test_client().get("/en/initiatives.json").json["items"]
    assert [(i["title"], i["summary"], i["places"][0]["lat"], i["places"][0]["lon"]) for i in found] == [("Orchard", "Apples here", 55.5, 49.5)]
    assert run_hub(folder_of(app), "import", "undo", "1")[0] == 0
    assert app.test_client().get("/en/initiatives.json").json["total"] == 0


BOMB = "<!DOCTYPE kml [<!ENTITY a 'x'>]>" + KML.format(MARK.format("&a;", "1,1"))
METRES = {"type": "FeatureCollection", "features": [{**FEATURE, "geometry": {"type": "Point", "coordinates": [5510000.0, 7460000.0]}}]}
SWAPPED = {"type": "FeatureCollection", "features": [{**FEATURE, "geometry": {"type": "Point", "coordinates": [55.5, 104.3]}}]}


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.kml", BOMB, "DOCTYPE"), ("a.kml", "<kml><un", "well-formed"), ("a.kml", "<gpx/>", "is expected"), ("a.kml", KML.format(""), "no place"),
    ("a.kmz", b"nothing", "not a KMZ archive"), ("a.kmz", archive("a.txt", "x"), "no .kml"), ("a.geojson", "[]", "FeatureCollection"),
    ("a.geojson", json.dumps(METRES), "WGS 84"), ("a.geojson", json.dumps(SWAPPED), "wrong way round"),
    ("a.geojson", json.dumps({"type": "FeatureCollection", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}, "features": [FEATURE]}), "3857"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(app, name, content, said):
    status, out, err = imported(app, name, content)
    assert status != 0 and said in out + err
    assert app.test_client().get("/en/initiatives.json").json["total"] == 0


def test_a_bad_row_is_told_and_the_good_ones_come(app):
    marks = MARK.format("Good", "49.5,55.5") + MARK.format("Swapped", "55,120") + MARK.format("Words", "here,there") + MARK.format("Also", "50,55")
    _status, out, err = imported(app, "a.kml", KML.format(marks))
    assert "2" in out and "swapped" in out + err and "here,there" in out + err
    assert {i["title"] for i in app.test_client().get("/en/initiatives.json").json["items"]} == {"Good", "Also"}


@pytest.mark.skipif(not GEO.is_dir(), reason="the fixtures are not here")
def test_every_file_of_the_collection_is_read_or_refused_with_a_sentence():
    from flask import Flask
    from flask_babel import Babel
    from hub_greenmap import importing

    plain = Flask(__name__)
    Babel(plain)
    reads = {".geojson": importing.geojson, ".kml": importing.kml, ".gpx": importing.gpx, ".xml": importing.kml}
    numbers = {}
    with plain.test_request_context():
        for file in sorted(path for path in GEO.rglob("*") if path.is_file()):
            try:
                numbers[file.name] = len([r for _, r in reads[file.suffix](file.read_bytes()) if not isinstance(r, Exception)])
            except ValueError as error:
                assert len(str(error)) > 10, file
    assert numbers["undp_400.kml"] == numbers["undp_400.gpx"] == 400
    assert numbers["graz_baumkataster_sample.geojson"] > 1000 and numbers["undp_green_solutions.geojson"] > 400


def test_when_is_a_condition_of_the_counts_too(new_hub, run_jobs):
    """The map of what is coming counts what the list of what is coming lists."""
    import datetime as dt

    from hub.api import items, writing

    app = new_hub(["greenmap", "events", "-privacy"])
    today = dt.datetime.now(dt.UTC)
    with app.app_context(), writing():
        for days in (-3, -2, 2, 3, 4):
            begins = today + dt.timedelta(days=days)
            items.create("event", {
                "texts": {"en": {"title": f"Walk {days}"}}, "places": [{"lat": 55.7, "lon": 49.1 + days}],
                "data": {"starts": f"{begins:%Y-%m-%dT%H:%M}", "ends": f"{begins + dt.timedelta(hours=1):%Y-%m-%dT%H:%M}", "zone": "UTC"},
            }, status="published")  # fmt: skip
        items.commit()
    client = app.test_client()
    for asked, number in (("", 5), ("&when=coming", 3), ("&when=past", 2), (f"&until={today:%Y-%m-%d}", 2), ("&when=coming&q=walk", 3)):
        counted = client.get(f"/en/map.geojson?zoom=3{asked}").json
        listed = client.get(f"/en/map.json?limit=100{asked}").json
        assert counted["total"] == sum(f["properties"].get("count", 1) for f in counted["features"]) == number == listed["total"], asked


def test_the_map_without_a_language_leads_to_the_readers(crowd):
    client = crowd.test_client()
    answer = client.get("/map/?topic=food", headers={"Accept-Language": "ru"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ru/map/?topic=food")
    assert client.get("/map", headers={"Accept-Language": "ru"}).headers["Location"] == "/ru/map/"
    assert client.get("/maps/").status_code == client.get("/xx/map/").status_code == 404
