"""The directory through the public door: what an organisation says of itself, in every shape; neighbours; in and out."""

import csv
import json
import re
from pathlib import Path

import pytest
from suggesting import Fields, main

from hub.store import db
from hub.testing.fixtures import sign_in
from hub.testing.server import run_hub

ROOT = Path(__file__).parents[2]
KAZAN = {"lat": 55.7963, "lon": 49.1088, "names": {"en": "Kazan", "ru": "Казань"}, "country": "RU", "address": "Moscow Street, 5; yard"}
DATA = {
    "kind": "library", "offers": ["rooms", "advice"], "seeks": ["volunteers"], "access": ["step-free", "hearing-loop"],
    "website": "https://library.example.org", "email": "desk@library.example.org", "phone": "+7 843 555-01-00", "languages": ["ru", "tt"],
    "venues": [{"name": "Reading hall", "capacity": 120, "rooms": 1, "access": "full", "note": "Projector"}],
    "socials": [{"url": "https://vk.com/example"}, {"url": "https://t.me/example", "label": "News, daily"}],
    "people": [{"name": "Anna Example", "role": "events", "email": "anna@library.example.org", "agreed": "2026-03-01"}],
    "contact_person": "Secret Name", "identifiers": [{"register": "inn", "number": "1655000000"}, {"register": "wikidata", "number": "Q42"}],
}  # fmt: skip


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=["partners", "cases", "transfer"], languages=["en", "ru"])


def publish(app, title, data=None, place=KAZAN, **fields):
    from hub.api import items

    text = {"title": title, "summary": "Books; and beds,\nfor all.", "body": "", "fields": fields}
    with app.app_context(), db.writing():
        doc = {"texts": {"en": text}, "data": data or {}, "places": [place] if place else []}
        uid = items.create("partner", doc, status="published").uid
        items.commit()
        return uid


def unfolded(card):
    return card.replace("\r\n ", "").split("\r\n")


def test_an_organisation_says_what_it_offers_who_to_ask_and_how_to_get_in(app):
    uid = publish(app, "Library of the Yard", DATA, offers_words="A reading hall on Sundays")
    visitor = app.test_client()
    page = visitor.get(f"/en/partners/{uid}/", follow_redirects=True).text
    for said in ("Rooms for events", "A reading hall on Sundays", "Reading hall", "people: 120", "Reachable by wheelchair", ">VK</a>",
                 "News, daily", "Anna Example", "INN (Russia): 1655000000", "Step-free entrance"):  # fmt: skip
        assert said in page, said
    assert "Secret Name" not in page and "2026-03-01" not in main(page), "when somebody agreed is nobody's business"
    russian = visitor.get(f"/ru/partners/{uid}/", follow_redirects=True).text
    assert "человек: 120" in russian and "ИНН: 1655000000" in russian
    for query, total in (("offers=rooms", 1), ("offers=rooms&access=hearing-loop", 1), ("seeks=funding", 0), ("seeks=volunteers", 1)):
        assert visitor.get(f"/en/partners.json?{query}").get_json()["total"] == total, query


def test_a_person_is_named_only_with_the_day_of_their_consent(app):
    uid, editor = publish(app, "Library of the Yard"), sign_in(app, "editor")
    path = f"/desk/partners/{uid}/"
    form = Fields(main(editor.get(path).text)).values
    answer = editor.post(path, data={**form, "f.people.0.name": "Anna Example", "do": "publish"})
    assert answer.status_code == 422 and "Agreed to be named here, when" in answer.text and "Anna Example" in answer.text


def test_an_address_book_and_machines_get_the_same(app):
    uid = publish(app, "Library; of the “Yard”, " + "Длинное имя " * 8, DATA)
    visitor = app.test_client()
    answer = visitor.get("/en/partners.vcf?kind=library")
    assert answer.mimetype == "text/vcard" and "attachment" in answer.headers["Content-Disposition"]
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n")) and answer.data.decode()
    card = unfolded(answer.text)
    assert card[:3] == ["BEGIN:VCARD", "VERSION:4.0", "KIND:org"] and card[-2:] == ["END:VCARD", ""]
    assert rf"FN:Library\; of the “Yard”\, {'Длинное имя ' * 8}".rstrip() in card
    assert rf"NOTE:Books\; and beds\,{' '}for all." in card
    assert r"ADR:;;Moscow Street\, 5\; yard;Kazan;;;RU" in card and "GEO:geo:55.7963,49.1088" in card
    assert "SOCIALPROFILE;SERVICE-TYPE=Telegram:https://t.me/example" in card and f"UID:urn:uuid:{uid}" in card
    assert not [line for line in card if "Secret" in line]
    graph = visitor.get("/ru/partners.jsonld").get_json(force=True)["@graph"][0]
    assert graph["taxID"] == "1655000000" and "https://www.wikidata.org/wiki/Q42" in graph["sameAs"] and "https://vk.com/example" in graph["sameAs"]
    assert graph["contactPoint"] == [{"@type": "ContactPoint", "name": "Anna Example", "contactType": "events", "email": "anna@library.example.org"}]
    slug = visitor.get(f"/en/partners/{uid}/").headers["Location"].strip("/").rpartition("/")[2]
    assert visitor.get(f"/en/partners/{slug}.vcf").text == answer.text
    assert f'href="/en/partners/{slug}.vcf"' in visitor.get(f"/en/partners/{slug}/").text, "found by a link, too"
    silent = publish(app, "Nobody answers", place=None)
    assert ".vcf" not in main(visitor.get(f"/en/partners/{silent}/", follow_redirects=True).text), "an empty card is no use"
    for other in ("/en/cases.vcf", "/en/search.jsonld?q=yard"):
        assert visitor.get(other).status_code == 404, "only organisations go into an address book"


def test_neighbours_are_shown_the_nearest_first(app):
    uid = publish(app, "Here")
    for name, north in (("Farther", 0.1), ("Next door", 0.001), ("In another town", 1.0)):
        publish(app, name, place={**KAZAN, "lat": KAZAN["lat"] + north})
    publish(app, "Nowhere", place=None)
    page = app.test_client().get(f"/en/partners/{uid}/", follow_redirects=True).text
    near = page[page.index("Partners nearby") :]
    assert near.index("Next door") < near.index("Farther") and "another town" not in near and "Nowhere" not in near


def test_the_plugin_stays_small():
    lines = sum(len(path.read_text().splitlines()) for path in (ROOT / "plugins/hub_partners").glob("*.py"))
    assert lines <= 300, f"hub_partners has {lines} lines; a useful type of content needs few"


@pytest.mark.long
def test_real_libraries_go_out_and_come_in_again(real_data, tmp_path):
    """1,080 public libraries: imported, exported, imported into an empty hub, exported: the same."""
    source = real_data("orgs/england-libraries/libraries.csv")
    first, second, out, again = (tmp_path / name for name in ("one", "two", "all.jsonl", "again.jsonl"))
    for instance in (first, second):
        run_hub(instance, "init", "--preset", "association", "--languages", "en,ru", "--name", "Hub")
    maps = ["name=title", "id=external_id", "url=website", "email=email", "lat=lat", "lng=lon", "address=address"]
    run_hub(first, "import", "partners", str(source), "--lang", "en", *[w for m in maps for w in ("--map", m)], "--set", "kind=library")
    run_hub(first, "export", "all", str(out))
    run_hub(second, "import", "all", str(out))
    run_hub(second, "export", "all", str(again))
    one, two = ({d["uid"]: d for d in map(json.loads, path.read_text().splitlines()) if d.get("kind") == "partner"} for path in (out, again))
    with source.open(encoding="utf-8") as file:
        assert 1000 < len(one) <= sum(1 for _ in csv.DictReader(file))
    assert one == two


@pytest.mark.long
def test_twenty_thousand_partners_are_narrowed_by_a_handful_of_queries(new_hub):
    app = new_hub(plugins=["partners"], languages=["en", "ru"], start=True)
    from hub.api import items
    from hub.store.db import engine

    kinds, offers = ("library", "museum", "theatre"), ("rooms", "advice", "stage", "funding")
    with app.app_context(), db.writing():
        for start in range(0, 20_000, 500):
            items.create_many([
                items.prepare("partner", {
                    "texts": {"en": {"title": f"Partner {n}", "summary": "S", "body": "", "fields": {}}}, "topics": ["culture"],
                    "origin": "test", "external_id": str(n), "links": {"parent": [f"test:{n // 100}"]},
                    "data": {"kind": kinds[n % 3], "offers": [offers[n % 4]], "languages": ["ru"]},
                    "places": [{"lat": 50 + n / 5000, "lon": 30 + n / 3000, "names": {"en": f"Town {n % 50}"}, "country": "RU"}],
                }) for n in range(start, start + 500)
            ])  # fmt: skip
            items.commit()
    asked = []
    with app.app_context():
        from sqlalchemy import event

        event.listen(engine(), "before_cursor_execute", lambda *a: asked.append(a[2]))
    client = app.test_client()
    client.get("/en/partners/")
    asked.clear()
    page = client.get("/en/partners/?kind=museum&offers=stage&country=RU&sort=title")
    selects = [sql for sql in asked if sql.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert page.status_code == 200 and re.search(r"1.666 found", page.text) and re.search(r"of 20.000", page.text)
    assert len(selects) <= 9, f"{len(selects)} queries:\n" + "\n".join(sql[:150] for sql in selects)
