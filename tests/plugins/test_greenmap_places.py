"""Choosing a place in forms, layers of other sites, the person to ask, and following a part of the map."""

import datetime as dt
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from making import make, work
from suggesting import Fields, main, send, words

from hub.testing.fixtures import sign_in
from hub.testing.remote import Answer, RemoteSite
from hub.work.jobs import run_due

PLUGINS = ("partners", "cases", "events", "greenmap", "search", "suggest")
KAZAN = [{"lat": "55.7963", "lon": "49.1088", "display_name": "Bauman Street, Kazan"}, {"lat": "55.6", "lon": "49.2", "display_name": "Kazan road"},
         {"lat": "here", "lon": "there", "display_name": "broken"}, "broken"]  # fmt: skip


@pytest.fixture(scope="module")
def others():
    with RemoteSite() as site:
        yield site


@pytest.fixture
def app(new_hub, others):
    others.asked.clear()
    toml = (
        f'[net]\nallow = ["{others.host}"]\n[plugin.suggest]\nseconds = 0\n[plugin.greenmap]\ngeocoder = "{others.url}/search?key=secret"\n'
        f'layers = ["Benches | {others.url}/benches.geojson | City of Kazan, CC BY 4.0", "nothing at all"]\n'
    )
    return new_hub(PLUGINS, toml=toml)


def header(asked, name):
    return {key.lower(): value for key, value in asked.headers.items()}.get(name)


@pytest.fixture
def answering(others, monkeypatch):
    """`answering(body, status)`: from now on the geocoder says this, whatever it is asked."""
    said = {}
    real = others._send

    def send_out(handler, asked):
        if urlsplit(asked.path).path == "/search":
            others._answers[asked.path] = Answer(json.dumps(said["body"]).encode(), said["status"], {"Content-Type": "application/json"})
        real(handler, asked)

    monkeypatch.setattr(others, "_send", send_out)

    def change(body=KAZAN, status=200):
        said.update(body=body, status=status)

    change()
    return change


# -- coordinates ------------------------------------------------------------------------------------------------------------

HERE = (55.7963, 49.1088)


@pytest.mark.parametrize("text", [
    "55.7963, 49.1088", "55,7963 49,1088", "55,7963, 49,1088", "55,7963; 49,1088", "55.7963,49.1088", "(55.7963 49.1088)", "55.7963° 49.1088°",
    "55.7963N, 49.1088E", "N55.7963 E49.1088", "49.1088 E 55.7963 N", "55°47'46.68\"N 49°06'31.68\"E", "55° 47.778' N, 49° 6.528' E",
    "55°47′46,68″ с. ш. 49°06′31,68″ в. д.", "с.ш. 55,7963 в.д. 49,1088", "55°47′46.68″, 49°06′31.68″", "geo:55.7963,49.1088?z=17",
    "https://www.openstreetmap.org/#map=17/55.7963/49.1088", "https://www.openstreetmap.org/?mlat=55.7963&mlon=49.1088#map=5/1/2",
    "https://yandex.ru/maps/43/kazan/?ll=49.1088%2C55.7963&z=12", "https://yandex.ru/maps/?whatshere%5Bpoint%5D=49.1088,55.7963&ll=1,2",
    "https://www.google.com/maps/@55.7963,49.1088,15z", "https://maps.google.com/?q=55.7963,49.1088",
    "https://www.google.com/maps/place/X/@1,2,15z/data=!3m1!4b1!8m2!3d55.7963!4d49.1088", "https://2gis.ru/kazan/geo/2956015537044528/49.1088,55.7963",
    "https://2gis.ru/kazan?m=49.1088%2C55.7963%2F16", "https://www.bing.com/maps?cp=55.7963~49.1088&lvl=15", "https://maps.apple.com/?ll=55.7963,49.1088",
])  # fmt: skip
def test_coordinates_in_any_usual_writing(text):
    from hub_greenmap import coordinates

    assert coordinates.read(text) == HERE


@pytest.mark.parametrize("text", ["", "Kazan", "55.79", "95, 200", "104.3, 55.5", "1, 2, 3", "12 Bauman street 5", "55°79' N 49° E", "55 N 49 N",
                                  "https://maps.app.goo.gl/abc", "https://[bad", "nan, inf", "http://example.org/" + "1,2/" * 9000])  # fmt: skip
def test_what_is_no_point_is_none(text):
    from hub_greenmap import coordinates

    started = time.perf_counter()
    assert coordinates.read(text) is None and time.perf_counter() - started < 0.5


def test_south_and_west_are_negative():
    from hub_greenmap import coordinates

    assert coordinates.read("33°55'S 18°25'W") == (-33.9166667, -18.4166667) and coordinates.read("−33.9; −18.4") == (-33.9, -18.4)


# -- at the desk ------------------------------------------------------------------------------------------------------------


def press(client, do, **typed):
    """Fill in the desk's form of an initiative and press a button of it."""
    path = "/desk/initiatives/new?form=full&language=en"
    data = Fields(main(client.get(path).text)).values
    data |= {"title.en": "Orchard", "f.kind": "orchard", **{name.replace("__", "."): value for name, value in typed.items()}}
    return client.post(path, data={**data, "do": do}, follow_redirects=True)


def places_of(app):
    from hub.content.model import ContentPlace

    with work(app) as db:
        return db.execute(sa.select(ContentPlace.lat, ContentPlace.lon, ContentPlace.address).order_by(ContentPlace.content_id)).all()


def test_an_address_becomes_a_point_that_is_chosen(app, others, answering):
    editor = sign_in(app, "editor")
    page = press(editor, "look 0", p__0__name="Kazan", p__0__address="Bauman Street 5", p__0__country="RU", **{"body.en": "Half written"})
    assert page.status_code == 200 and "Half written" in page.text and "Bauman Street 5" in page.text and places_of(app) == []
    assert 'value="55.7963, 49.1088"' in page.text and "Kazan road" in page.text and "broken" not in page.text
    assert "OpenStreetMap contributors" in words(page.text)
    [asked] = others.asked
    query = parse_qs(urlsplit(asked.path).query)
    assert query["q"] == ["Bauman Street 5, Kazan"] and query["countrycodes"] == ["ru"] and query["key"] == ["secret"]
    assert "localhost" in header(asked, "user-agent"), "the geocoder is told which site asks"
    press(editor, "look 0", p__0__name="kazan", p__0__address="Bauman street 5", p__0__country="RU")
    assert len(others.asked) == 1, "what was asked once is not asked again"
    press(editor, "save", p__0__name="Kazan", p__0__address="Bauman Street 5", p__0__pick="55.7963, 49.1088")
    assert places_of(app) == [(55.7963, 49.1088, "Bauman Street 5")], "the address stays as text"


def test_coordinates_in_the_field_of_the_address_are_read_and_nobody_is_asked(app, others, answering):
    editor = sign_in(app, "editor")
    for address in ("55,7963; 49,1088", "https://yandex.ru/maps/43/kazan/?ll=49.1088%2C55.7963&z=12"):
        page = press(editor, "look 0", p__0__name="Kazan", p__0__address=address)
        assert 'value="55.7963, 49.1088" checked' in page.text and "read as 55.7963, 49.1088" in words(page.text)
        assert "OpenStreetMap contributors" not in words(page.text)
    page = press(editor, "look 0", p__0__name="Kazan", p__0__address="https://maps.app.goo.gl/abc")
    assert "There are no coordinates in this link." in words(page.text) and others.asked == []
    press(editor, "save", p__0__name="Kazan", p__0__address="55,7963; 49,1088", p__0__pick="55.7963, 49.1088")
    assert [place[:2] for place in places_of(app)] == [(55.7963, 49.1088)]


def test_the_whole_site_asks_once_a_second(app, others, answering):
    editor = sign_in(app, "editor")
    times = []
    for town in ("Perm", "Omsk"):
        press(editor, "look 0", p__0__name=town)
        times.append(time.monotonic())
    assert len(others.asked) == 2 and times[1] - times[0] >= 0.9


def test_a_geocoder_that_fails_loses_nothing(app, others, answering):
    editor = sign_in(app, "editor")
    for body, status in ((KAZAN, 503), ({"error": "no"}, 200)):
        answering(body, status)
        page = press(editor, "look 0", p__0__name=f"Kazan {status}", **{"body.en": "Half written"})
        assert page.status_code == 200 and "Half written" in page.text and f"Kazan {status}" in page.text
        assert ("does not answer" if status == 503 else "Nothing is found") in words(page.text)
    page = press(editor, "save", p__0__name="Kazan")
    assert places_of(app) == [(None, None, "")], "a place without a point is a place"


def test_pasted_coordinates_are_taken_and_told(app):
    editor = sign_in(app, "editor")
    page = press(editor, "look 0", p__0__point="55°47′47″ с. ш. 49°06′32″ в. д.")
    assert "55°47′47″ N, 49°06′32″ E" in words(page.text) and 'data-at="55.' in page.text
    press(editor, "save", p__0__point="https://yandex.ru/maps/?ll=49.1088%2C55.7963&z=12")
    assert places_of(app) == [(55.7963, 49.1088, "")]
    refused = press(editor, "save", p__0__name="Kazan", p__0__point="https://maps.app.goo.gl/abc")
    assert refused.status_code == 422 and "no coordinates in this link" in words(refused.text) and "goo.gl/abc" in refused.text


def test_several_places_of_one_initiative(app):
    editor = sign_in(app, "editor")
    press(editor, "save", p__0__point="55.1, 49.1", p__1__name="", p__1__country="", p__1__address="", p__1__point="55.2, 49.2")
    assert [spot[:2] for spot in places_of(app)] == [(55.1, 49.1), (55.2, 49.2)]


# -- suggestions ------------------------------------------------------------------------------------------------------------


def test_a_suggestion_finds_its_place_without_scripts(app, others, answering):
    visitor = app.test_client()
    path = "/en/suggest/new/initiatives/"
    page = send(visitor, path, do="look 0", title__en="Parsley bed", p__0__name="Kazan", note="Ask for Anna")
    assert "Parsley bed" in page.text and "Ask for Anna" in page.text and 'value="55.7963, 49.1088"' in page.text
    for place in ("p__0__pick", "p__0__point"):
        done = send(visitor, path, title__en=f"Bed {place}", f__kind="orchard", **{place: "55.7963, 49.1088"})
        assert "/suggest/status/" in done.request.path
    assert [spot[:2] for spot in places_of(app)] == [HERE, HERE]


def test_a_likely_double_within_100_metres_is_shown_with_the_metres(app):
    visitor = app.test_client()
    make(app, "initiative", {"en": "Apple yard", "ru": "Яблоневый двор"}, data={"kind": "orchard"},
         places=[{"lat": 55.7963, "lon": 49.1088, "names": {"en": "Kazan"}}])  # fmt: skip
    near, far = "55.7969, 49.1088", "55.80, 49.1088"  # 67 m, 411 m
    for title, point, shown in (("Apple garden", near, True), ("Apple garden", far, False), ("Compost for all", near, False)):
        page = send(visitor, "/en/suggest/new/initiatives/", title__en=title, f__kind="orchard", p__0__point=point)
        assert ("Apple yard" in page.text and "67 m away" in words(page.text)) is shown, (title, point)
    russian = send(visitor, "/ru/suggest/new/initiatives/", title__ru="Яблочный дворик", f__kind="orchard", p__0__point=near)
    assert "Яблоневый двор" in russian.text and "67 м" in words(russian.text), "letters count, not bytes"
    again = send(visitor, "/ru/suggest/new/initiatives/", page=russian)
    assert "/suggest/status/" in again.request.path, "it can be overridden"


# -- layers of other sites --------------------------------------------------------------------------------------------------

BENCHES = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": "A bench <b>", "url": "https://example.org/1"}, "geometry": {"type": "Point", "coordinates": [49.1, 55.8]}},
    {"type": "Feature", "properties": {"name": "Bad link", "url": "javascript:alert(1)"}, "geometry": {"type": "Point", "coordinates": [49.2, 55.8]}},
    {"type": "Feature", "properties": {"name": "Nowhere"}, "geometry": None},
]}  # fmt: skip


def test_layers_of_other_sites_are_read_shown_and_not_counted(app, others):
    from hub_greenmap import layers

    others.answer("/benches.geojson", json.dumps(BENCHES), mimetype="application/geo+json", ETag='"one"')
    make(app, "initiative", "Ours", data={"kind": "orchard"}, places=[{"lat": 55.8, "lon": 49.1}])
    client = app.test_client()

    def refresh():
        with work(app):
            layers.refresh()

    refresh()
    page = client.get("/en/map/").text
    assert "Benches" in page and "City of Kazan, CC BY 4.0" in page and "<strong>1 found" in page
    assert client.get("/en/map.geojson?zoom=3").json["total"] == client.get("/en/map.json").json["total"] == 1
    [key] = [part.partition("/layer/")[2].partition("/")[0] for part in page.split('"') if "/map/layer/" in part and part.endswith("/")]
    listed, drawn = client.get(f"/en/map/layer/{key}/"), client.get(f"/en/map/layer/{key}.geojson").json
    assert "A bench &lt;b&gt;" in listed.text and "javascript" not in listed.text and "1 place without a name" in words(listed.text)
    assert [f["properties"]["title"] for f in drawn["features"]] == ["A bench <b>", "Bad link"] and "Kazan" in drawn["attribution"]
    others.answer("/benches.geojson", status=304)
    refresh()
    assert header(others.asked[-1], "if-none-match") == '"one"' and "A bench" in client.get(f"/en/map/layer/{key}/").text
    for answer in ({"body": "nonsense"}, {"status": 500}, {"body": "[" + "1," * 3_000_000 + "1]"}):
        others.answer("/benches.geojson", **answer)
        refresh()
        assert "A bench" in client.get(f"/en/map/layer/{key}/").text, "what fails keeps what it had"
    told = " ".join(check["message"] for check in client.get("/-/health").json["checks"])
    assert "larger than" in told and "nothing at all" in told
    assert client.get("/en/map/layer/000000000000/").status_code == 404


# -- the person to ask, the days, the area ------------------------------------------------------------------------------------


def test_a_contact_person_is_shown_only_after_consent(app):
    editor = sign_in(app, "editor")
    person = {"f.contact.0.name": "Anna Kuznetsova", "f.contact.0.reach": "+7 900 000-00-00", "p__0__name": "Kazan"}
    refused = press(editor, "publish", **person)
    assert refused.status_code == 422 and "Anna Kuznetsova" in refused.text, "nothing typed is lost"
    press(editor, "publish", **person, **{"f.contact.0.agreed": "true", "f.contact_person": "Boris Petrov"})
    client = app.test_client()
    [found] = client.get("/en/initiatives.json").json["items"]
    page = client.get(f"/en/initiatives/{found['uid']}/", follow_redirects=True).text
    assert "Anna Kuznetsova" in page and "900 000-00-00" in page and "Boris Petrov" not in page
    run_due(app)
    assert client.get("/en/search.json?q=Kuznetsova").json["total"] == 0


def test_volunteering_days_are_a_calendar_of_the_part_of_the_map(app):
    begins = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    when = {"starts": f"{begins:%Y-%m-%dT%H:%M}", "ends": f"{begins + dt.timedelta(hours=2):%Y-%m-%dT%H:%M}", "zone": "UTC"}
    day = make(app, "event", "Digging day", data={**when, "format": "volunteering"}, places=[{"lat": 55.8, "lon": 49.1}])
    make(app, "event", "Lecture", data={**when, "format": "lecture"}, places=[{"lat": 55.8, "lon": 49.1}])
    make(app, "event", "Far day", data={**when, "format": "volunteering"}, places=[{"lat": 50.0, "lon": 30.0}])
    yard = make(app, "initiative", "Yard", data={"kind": "orchard"}, places=[{"lat": 55.8, "lon": 49.1}], links={"days": [day]})
    client = app.test_client()
    page = client.get("/en/map/?bbox=49,55,50,56").text
    [link] = [part.replace("&amp;", "&") for part in page.split('"') if ".ics?" in part and "volunteering" in part]
    calendar = client.get(link).text
    assert "Digging day" in calendar and "Lecture" not in calendar and "Far day" not in calendar
    assert "Digging day" in client.get(f"/en/initiatives/{yard}/", follow_redirects=True).text


# -- an own file of tiles -----------------------------------------------------------------------------------------------------


def test_an_own_file_of_tiles_is_served_by_ranges(new_hub, tmp_path):
    file, other = tmp_path / "own.pmtiles", tmp_path / "secret.pmtiles"
    content = b"PMTiles\x03" + bytes(91) + b"\x01" + bytes(range(200))
    file.write_bytes(content)
    other.write_bytes(b"nothing of the kind" * 20)
    client = new_hub(("partners", "greenmap"), toml=f'[plugin.greenmap]\npmtiles = "{file}"\n').test_client()
    page = client.get("/en/map/")
    assert 'data-own="/map/own.pmtiles"' in page.text and "OpenStreetMap" in page.text and "img-src 'self' data:;" in page.headers["Content-Security-Policy"]
    part = client.get("/map/own.pmtiles", headers={"Range": "bytes=5-14", "Accept-Encoding": "gzip"})
    assert part.status_code == 206 and part.data == content[5:15] and part.headers["Content-Range"] == f"bytes 5-14/{len(content)}"
    assert client.get("/map/own.pmtiles", headers={"Range": "bytes=-10"}).data == content[-10:]
    assert client.get("/map/own.pmtiles", headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert client.get("/map/own.pmtiles", headers={"If-None-Match": part.headers["ETag"]}).status_code == 304
    refused = new_hub(("partners", "greenmap"), toml=f'[plugin.greenmap]\npmtiles = "{other}"\n').test_client()
    assert refused.get("/map/own.pmtiles").status_code == 404 and "data-own" not in refused.get("/en/map/").text
    assert "no PMTiles archive" in str(refused.get("/-/health").json["checks"])
