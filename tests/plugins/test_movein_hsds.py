"""Directories of services (HSDS): JSON and tables become the same partners, once; damaged and hostile files are refused."""

import csv
import io
import json
import random
import re
import zipfile

import pytest
import sqlalchemy as sa
from making import folder_of, run_hub

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due

ROOF, HOUSE = "6f1b0f0a-3c07-4f5e-9d6a-0a54b7a6c001", "6f1b0f0a-3c07-4f5e-9d6a-0a54b7a6c002"
TABLES = {
    "organizations": [
        {"id": ROOF, "name": "Roof for All", "description": "Keeps roofs over heads.", "website": "https://roof.example.org",
         "email": "hello@roof.example.org"},
        {"id": HOUSE, "name": "House of Neighbours", "description": "<p>A house.</p><script>alert(1)</script><p>" + "Long story. " * 40 + "</p>",
         "parent_organization_id": ROOF},
    ],
    "services": [
        {"id": "s1", "organization_id": HOUSE, "name": "Legal advice", "description": "An hour with a lawyer.", "status": "active",
         "eligibility_description": "Tenants", "fees_description": "Free", "url": "https://house.example.org/law"},
        {"id": "s2", "organization_id": HOUSE, "name": "Soup", "status": "inactive"},
        {"id": "s3", "organization_id": HOUSE, "name": "Repair table", "description": "Bring it, mend it."},
    ],
    "locations": [
        {"id": "l1", "organization_id": HOUSE, "location_type": "physical", "name": "Old school", "latitude": "53.8", "longitude": "-1.55"},
        {"id": "l2", "location_type": "physical", "name": "Kiosk", "latitude": "100", "longitude": "101"},
        {"id": "l3", "organization_id": HOUSE, "location_type": "virtual", "name": "Online"},
    ],
    "service_at_location": [{"id": "sl1", "service_id": "s1", "location_id": "l2"}],
    "addresses": [{"id": "a1", "location_id": "l1", "address_1": "1 School Lane", "city": "Leeds", "postal_code": "LS1 1AA", "country": "gb",
                   "address_type": "physical"}],
    "phones": [{"id": "p1", "organization_id": HOUSE, "number": "211"},
               {"id": "p2", "organization_id": HOUSE, "number": '"+44 113 496 0000"', "extension": "7", "type": "voice"}],
    "contacts": [{"id": "c1", "organization_id": HOUSE, "name": "Ann Example", "title": "Warden"}],
    "languages": [{"id": "g1", "service_id": "s1", "code": "ur", "name": "Urdu"}],
    "schedules": [{"id": "h1", "service_id": "s1", "description": "Tuesdays from five"}],
    "accessibility": [{"id": "x1", "location_id": "l1", "description": "Ramp at the yard"}],
    "organization_identifiers": [{"id": "i1", "organization_id": HOUSE, "identifier_scheme": "GB-COH", "identifier_type": "company", "identifier": "01234567"}],
    "url": [{"id": "u1", "organization_id": HOUSE, "label": "Telegram", "url": "https://t.me/example"}],
    "attributes": [{"id": "t1", "link_id": "s1", "taxonomy_term_id": "tt1"}, {"id": "t2", "link_id": HOUSE, "taxonomy_term_id": "tt2"}],
    "taxonomy_terms": [{"id": "tt1", "name": "Gardening"}, {"id": "tt2", "name": "Emergency plumbing of barges"}],
}  # fmt: skip


def package(tables=TABLES, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, sorted({column for row in rows for column in row}), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(f"directory/{name}.csv", text.getvalue())
        for name, content in more.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def nested():
    """The same directory as the API gives it."""
    def of(table, column, value, without=()):
        return [{k: v for k, v in row.items() if k != column} for row in TABLES[table] if row.get(column) == value]

    terms = {row["id"]: row for row in TABLES["taxonomy_terms"]}
    places = {place["id"]: {**place, "addresses": of("addresses", "location_id", place["id"]),
                            "accessibility": of("accessibility", "location_id", place["id"])} for place in TABLES["locations"]}  # fmt: skip
    found = []
    for org in TABLES["organizations"]:
        def attributes(holder):
            return [{**row, "taxonomy_term": terms[row["taxonomy_term_id"]]} for row in TABLES["attributes"] if row["link_id"] == holder]

        services = [
            {**service, "languages": of("languages", "service_id", service["id"]), "schedules": of("schedules", "service_id", service["id"]),
             "attributes": attributes(service["id"]),
             "service_at_locations": [{**at, "location": places[at["location_id"]]} for at in TABLES["service_at_location"] if at["service_id"] == service["id"]]}
            for service in TABLES["services"] if service["organization_id"] == org["id"]
        ]  # fmt: skip
        found.append({
            **org, "services": services, "locations": [p for p in places.values() if p.get("organization_id") == org["id"]],
            "phones": of("phones", "organization_id", org["id"]), "contacts": of("contacts", "organization_id", org["id"]),
            "organization_identifiers": of("organization_identifiers", "organization_id", org["id"]),
            "additional_websites": of("url", "organization_id", org["id"]), "attributes": attributes(org["id"]),
        })  # fmt: skip
    return found


@pytest.fixture(scope="module")
def town(hub_instances):
    from hub.app import create_app
    from hub.store.db import engine

    app = create_app(hub_instances.make(["partners", "movein"]), strict=True)
    app.testing = True
    with app.app_context(), db.writing():
        from hub.api import items

        items.put_topic({"slug": "gardening", "en": {"name": "Gardening", "synonyms": ["allotment"]}})
        items.commit()
    yield app, sign_in(app, "editor")
    with app.app_context():
        engine().dispose()


def read(app, name, content):
    """The rows of a file as an import reads them."""
    from hub.api import items

    with app.app_context():
        return [row for _number, row in items.importers()[name].read(content)]


def test_tables_and_json_say_the_same(town):
    app, _editor = town
    tables = read(app, "zip", package())
    roof, house = tables
    assert roof["texts"]["en"]["summary"] == "Keeps roofs over heads." and roof["data"]["email"] == "hello@roof.example.org"
    text = house["texts"]["en"]
    assert "alert" not in text["body"] and "Long story." in text["body"] and len(text["summary"]) <= 301
    assert "### Legal advice" in text["body"] and "**Who it is for:** Tenants" in text["body"] and "**When:** Tuesdays from five" in text["body"]
    assert "Soup" not in text["body"] and "Ramp at the yard" in text["body"]
    assert text["fields"]["offers_words"] == "Legal advice; Repair table"
    assert house["data"]["phone"] == "+44 113 496 0000 ext. 7" and house["data"]["languages"] == ["ur"]
    assert house["data"]["identifiers"] == [{"register": "gb-coh", "number": "01234567"}]
    assert house["data"]["socials"] == [{"url": "https://t.me/example", "label": "Telegram"}]
    assert house["data"]["contact_person"] == "Ann Example, Warden" and "people" not in house["data"], "nobody has agreed to be named"
    assert [(p["names"], p.get("lat"), p["country"]) for p in house["places"]] == [({"en": "Leeds"}, 53.8, "GB"), ({"en": "Kiosk"}, None, "")]
    assert house["places"][0]["address"] == "Old school, 1 School Lane, LS1 1AA"
    assert house["links"] == {"parent": [f"hsds:{ROOF}"]} and house["topic_words"] == ["Gardening"], "known topics only"

    whole = nested()
    for shape in (whole, {"contents": whole, "total_items": 2}, TABLES):
        assert read(app, "json", json.dumps(shape).encode()) == tables
    assert read(app, "json", json.dumps(whole[1]).encode())[0]["data"] == house["data"], "one organization"
    services = [{**service, "organization": {k: v for k, v in whole[1].items() if k != "services"}} for service in whole[1]["services"]]
    assert read(app, "json", json.dumps(services).encode()) == [{**house, "links": {}}], "services with their organization"
    old = {**{k: v for k, v in TABLES.items() if k not in ("addresses", "service_at_location")},
           "physical_addresses": TABLES["addresses"], "services_at_location": TABLES["service_at_location"]}  # fmt: skip
    assert read(app, "zip", package(old)) == tables, "as the tables were called before 3.0"


def test_json_of_another_sort_is_read_as_before(town, tmp_path):
    app, _editor = town
    from hub.api import items

    for told in ([{"id": 1, "name": "X", "description": "Y"}], {"items": [{"title": "X"}]}, [], 7, [{"kind": "partner", "texts": {}}]):
        assert read(app, "json", json.dumps(told).encode()) == []
    assert read(app, "json", b"{not json") == [] and read(app, "json", b"[" * 100_000) == []
    with app.app_context():
        assert set(items.importers()) >= {"json", "zip", "xml"}


def hub(app, *arguments):
    _status, out, err = run_hub(folder_of(app), *arguments)
    assert "Traceback" not in out + err
    return out + err


def partners(app):
    with app.app_context():
        found = db.session().scalars(sa.select(Content).where(Content.origin == "hsds").order_by(Content.id)).all()
        return {c.external_id: (c.uid, c.version, dict(c.data), [p.names for p in c.places]) for c in found}


def test_import_dry_again_and_undo_by_command_and_at_the_desk(new_hub, tmp_path):
    app = new_hub(plugins=["partners", "movein"])
    file = tmp_path / "leeds.zip"
    rows = [*TABLES["organizations"], {"id": "x1", "name": ""}, {"id": "", "name": "Nameless number"},
            {"id": "x2", "name": "Wrong mail", "email": "nobody"}]  # fmt: skip
    file.write_bytes(package({**TABLES, "organizations": rows}))
    dry = hub(app, "import", "partners", str(file), "--dry-run")
    assert "2 would be created, 0 would be updated, 0 unchanged, 3 with a problem" in dry
    for said in ("it has no name", "has no id", "The @ seems to be missing"):
        assert said in dry
    assert not partners(app)
    hub(app, "import", "partners", str(file))
    first = partners(app)
    assert set(first) == {ROOF, HOUSE}
    with app.app_context(), db.writing():
        from hub.api import items

        house = items.get("partner", first[HOUSE][0])
        doc = items.read(house)
        doc["data"]["kind"] = "house-of-culture"
        items.save(house, doc, publish=True)
        items.mark(house, "standing", "verified")
        items.commit()
    again = hub(app, "import", "partners", str(file))
    assert "0 created, 0 updated, 2 unchanged" in again
    assert len(partners(app)) == 2 and partners(app)[HOUSE][2]["kind"] == "house-of-culture", "no doubles, and what we know stays"
    changed = [{**row, "website": "https://new.example.org"} if row["id"] == HOUSE else row for row in TABLES["organizations"]]
    editor = sign_in(app, "editor")
    page = editor.get("/desk/transfer/").text
    assert ".zip" in page
    data = {"csrf_token": csrf(page), "kind": "partner", "file": (io.BytesIO(package({**TABLES, "organizations": changed})), "again.zip")}
    looked = editor.post("/desk/transfer/upload", data=data, content_type="multipart/form-data", follow_redirects=True)
    assert "House of Neighbours" in looked.text and 'value="run"' in looked.text
    address = looked.request.path
    editor.post(address, data={"csrf_token": csrf(looked.text), "kind": "partner", "language": "en", "source": "x", "do": "run"})
    run_due(app)
    now = partners(app)[HOUSE][2]
    assert now["website"] == "https://new.example.org" and (now["kind"], now["standing"]) == ("house-of-culture", "verified")
    reader = app.test_client()
    shown = reader.get(f"/en/partners/{first[HOUSE][0]}/", follow_redirects=True).text
    assert "Roof for All" in shown and "Ann Example" not in shown and "<script>alert" not in shown
    for number in re.findall(r"/desk/transfer/undo/(\d+)", editor.get("/desk/transfer/").text):
        hub(app, "import", "undo", number, "--force")
    assert not partners(app)


def test_bombs_and_broken_files_are_refused_at_once(town, monkeypatch):
    _app, editor = town

    def told(content, name="bad.zip"):
        data = {"csrf_token": csrf(editor.get("/desk/transfer/").text), "kind": "partner", "file": (io.BytesIO(content), name)}
        return editor.post("/desk/transfer/upload", data=data, content_type="multipart/form-data", follow_redirects=True).text

    bomb = package({"organizations": TABLES["organizations"]}, services__csv="id,name\n" + "a," * 55_000_000)
    assert len(bomb) < 300_000 and "unpacks to more than 100 MB" in told(bomb)
    assert "no zip archive" in told(b"PK\x03\x04 and nothing") and "no organizations.csv" in told(package({"services": TABLES["services"]}))
    assert "is not UTF-8" in told(package({}, organizations__csv="id,name\n1,\u0414\u043e\u043c".encode("cp1251")))
    lying = bytearray(bomb)
    for at in [n for n in range(len(lying) - 4) if lying[n : n + 4] == b"PK\x01\x02"]:
        lying[at + 24 : at + 28] = (10).to_bytes(4, "little")  # the archive's list says: ten bytes each
    assert "broken one" in told(bytes(lying))
    monkeypatch.setattr("hub_movein.hsds.MOST", 1)
    assert "more than 1 organisations" in told(package())


def test_damaged_files_never_crash(town):
    app, _editor = town
    rng, whole, packed = random.Random(5), json.dumps(nested()).encode(), package()
    for _ in range(60):
        for name, content in (("json", bytearray(whole)), ("zip", bytearray(packed))):
            for _n in range(rng.randint(1, 30)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            try:
                rows = read(app, name, bytes(content[: rng.randrange(len(content) // 2, len(content) + 1)]))
            except ValueError as error:
                assert str(error)
            else:
                assert all(isinstance(row, dict | ValueError) for row in rows)
    odd = [None, 7, "x", [], {}, [None], {"id": 5}, True, "\ud800", 1e999]
    for name in nested()[1]:
        for value in odd:
            org = {**nested()[1], name: value}
            assert isinstance(read(app, "json", json.dumps([org, nested()[0]]).encode()), list)
