"""Importing in bulk does what saving one by one does; workbooks, formats of plugins, rows that only a database refuses."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
import sqlalchemy as sa
from making import folder_of, make, run_hub
from openpyxl import Workbook, load_workbook

from hub.content import bulk, workflow
from hub.content.model import (
    ChangeRow,
    Content,
    ContentFacet,
    ContentLink,
    ContentPlace,
    ContentSlug,
    ContentText,
    ContentTopic,
    Revision,
    Topic,
)  # fmt: skip
from hub.store import migrate
from hub.store.db import engine, session, writing

STAMP = "2026-03-01T10:00:00+00:00"


def hub(app, *arguments, status=0):
    found, out, err = run_hub(folder_of(app), *arguments)
    assert found == status, (arguments, out, err)
    assert "Traceback" not in out + err
    return out + err


def documents(app, kind):
    target = folder_of(app) / "export.jsonl"
    hub(app, "export", kind, str(target))
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def anywhere(request, new_hub):
    """`anywhere()`: an application on SQLite and, in the test's second run, on PostgreSQL."""
    server = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    made = []

    def make_app(*plugins):
        made.append(server.new_database() if server else "")
        return new_hub(["covers", "partners", "cases", "search", *plugins], database=made[-1])

    yield make_app


# -- both ways ----------------------------------------------------------------------------------------------------------


def uid(n):
    return f"01999999-0000-7000-8000-{n:012x}"


def whole_rows():
    """Documents of every sort: names that many bear, links forth and back, drafts, places, topics, an owner."""
    yield {"kind": "topic", "topic": {"slug": "night", "en": {"name": "Night", "synonyms": ["dark"]}}}
    yield {"kind": "topic", "topic": {"slug": "day", "broader": "night", "en": {"name": "Day", "synonyms": []}}}
    for n in range(30):
        texts = {
            "en": {"title": ("Yard", "new", f"House {n}")[n % 3], "summary": f"No {n}", "body": "*Text*", "fields": {}}
        }
        if n % 4 == 0:
            texts["ru"] = {
                "title": "Двор",
                "summary": "",
                "body": "",
                "fields": {},
                "status": "draft" if n == 8 else "live",
            }
        yield {
            "kind": "partner", "uid": uid(n), "status": ("published", "draft", "archived")[n % 5 % 3], "texts": texts,
            "origin": "map", "external_id": str(n), "topics": ["night", "day", "no-such-topic"][: n % 4],
            "places": [{"lat": n, "lon": -n, "names": {"en": f"Town {n}", "ru": "Город"}, "country": "GB", "address": "1 Street"}] * (n % 3),
            "data": {"kind": "library", "languages": ["en", "ru"], "email": "a@example.org"}, "links": {"parent": [uid(29 - n)]},
            "created": STAMP, "updated": STAMP, "published": STAMP if n % 5 % 3 == 0 else None, "checked_on": "2026-01-02",
            "slugs": {"en": "a-chosen-one"} if n == 5 else {}, "audience": "members" if n == 7 else "public",
        }  # fmt: skip
    for n in range(12):
        yield {
            "kind": "case", "uid": uid(100 + n), "status": "published", "texts": {"ru": {"title": "Сад"}, "en": {"title": "Garden", "fields": {"objective": "Aim"}}},
            "data": {"start": str(2010 + n), "themes": ["culture", "health"], "figures": [{"value": n, "unit": "trees"}]},
            "links": {"holder": [f"map:{n}" if n < 11 else "map:77"]}, "owner": uid(n), "created": STAMP, "updated": STAMP, "published": STAMP,
        }  # fmt: skip


def picture(app):
    """Every row of content in the database, by uid instead of number."""
    models = (
        Content,
        ContentText,
        ContentSlug,
        ContentPlace,
        ContentLink,
        ContentFacet,
        ContentTopic,
        Revision,
        ChangeRow,
    )
    with app.app_context():
        db = session()
        names = dict(db.execute(sa.select(Content.id, Content.uid)).all())
        topics = dict(db.execute(sa.select(Topic.id, Topic.slug)).all())
        found = {}
        for model in models:
            rows = []
            for row in db.execute(sa.select(model.__table__)).mappings():
                kept = {k: v for k, v in row.items() if k not in ("id", "at", "created", "import_batch_id")}
                kept |= {k: names.get(kept[k]) for k in ("content_id", "from_id", "to_id", "owner_id") if k in kept}
                kept |= {"topic_id": topics[kept["topic_id"]]} if "topic_id" in kept else {}
                if model is Revision:
                    kept["document"] = {k: v for k, v in kept["document"].items() if k != "published" or v}
                rows.append(json.dumps(kept, default=str, sort_keys=True, ensure_ascii=False))
            found[model.__tablename__] = sorted(rows)
        found["hub_change"] = [row for row in found["hub_change"] if '"touched"' not in row]
        return found


def one_by_one(many, *, author_id=None, batch_id=None):
    """What `items.create_many` does, by the desk's own way."""
    for fresh in many:
        made = workflow.create(
            session(), fresh.ctype, {**fresh.doc, "uid": fresh.uid}, author_id=author_id, status=fresh.status
        )
        bulk.keep_times(made, fresh.doc)
        session().flush()
        bulk.document.index_facets(session(), made, fresh.ctype, fresh.doc)
        fresh.id, fresh.version = made.id, made.version
        ends = sum(len(names) for names in fresh.doc["links"].values())
        fresh.lost = ["something"] if ends > len(made.links) or (fresh.doc.get("owner") and not made.owner_id) else []


def test_in_bulk_and_one_by_one_come_to_the_same(anywhere, tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in whole_rows()), encoding="utf-8")
    pictures, exports, said = [], [], []
    for way in (None, one_by_one):
        app = anywhere()
        with monkeypatch.context() as patch:
            if way:
                patch.setattr("hub.items.create_many", way)
            said.append(hub(app, "import", "all", str(path)))
        pictures.append(picture(app))
        exports.append(sorted(json.dumps(doc, sort_keys=True) for doc in documents(app, "all")))
        assert "0 created, 0 updated" in hub(app, "import", "all", str(path))
    assert "42 created" in said[0] and said[0] == said[1] and said[0].count("map:77 is not here") == 1
    for name in pictures[0]:
        assert pictures[0][name] == pictures[1][name], name
    assert exports[0] == exports[1] and len(pictures[0]["content_facet"]) > 100


def test_a_table_in_bulk_and_one_by_one(anywhere, tmp_path, monkeypatch):
    path = tmp_path / "many.csv"
    rows = [f"{n},Дом {n % 7},library|x,{n},{-n},night life|сады|Gardening" for n in range(40)]
    path.write_text("id,title,note,lat,lon,tags\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = []
    for way in (None, one_by_one):
        app = anywhere()
        with monkeypatch.context() as patch:
            if way:
                patch.setattr("hub.items.create_many", way)
            hub(app, "import", "partners", str(path), "--map", "id=external_id", "--map", "tags=topics", "--lang", "ru")
        docs = documents(app, "partner")
        assert [doc["external_id"] for doc in docs] == [str(n) for n in range(40)], "in the order of the file"
        for doc in docs:
            for name in ("uid", "created", "updated", "published"):
                doc.pop(name)
            doc["slugs"] = {code: slug if len(slug) < 10 else slug[:6] for code, slug in doc["slugs"].items()}
        found.append(docs)
        assert app.test_client().get("/en/partners.json").json["total"] == 40
    assert found[0] == found[1] and found[0][0]["topics"] == ["night-life", "sady", "gardening"]


def test_what_only_the_database_refuses_is_one_reported_row(anywhere, tmp_path):
    app = anywhere()
    path = tmp_path / "x.jsonl"
    rows = [{"id": n, "title": f"House {n}", "parent": "\ud800" if n == 3 else ""} for n in range(6)] + [{"id": "\ud800", "title": "Odd"}, {"id": "a\x00", "title": "Odd"},
            {"id": "x" * 400, "title": "Long"}]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = hub(app, "import", "partners", str(path), "--map", "id=external_id")
    assert "9 rows: 5 created, 0 updated, 0 unchanged, 4 with a problem." in said
    assert {doc["external_id"] for doc in documents(app, "partner")} == {"0", "1", "2", "4", "5"}
    assert "cannot be stored" in said and "300" in said
    assert "5 removed" in hub(app, "import", "undo", "1")
    assert documents(app, "partner") == []


@pytest.mark.parametrize(("languages", "told", "odd"), [
    (["en", "ru"], "it contradicts what is there already", "it has characters that cannot be stored"),
    (["ru", "en"], "она противоречит тому, что уже есть", "в ней есть знаки, которые нельзя сохранить"),
])  # fmt: skip
def test_a_refusal_of_the_database_is_told_in_words(new_hub, tmp_path, languages, told, odd):
    """Of the site's first language; the database's own stand behind them and name what it minds."""
    app = new_hub(["partners"], languages=languages)
    with app.app_context(), writing():
        when = "WHEN NEW.external_id = '2' BEGIN SELECT RAISE(ABORT, 'no twos here'); END"
        session().execute(sa.text(f"CREATE TRIGGER picky BEFORE INSERT ON content {when}"))
        session().commit()
    path = tmp_path / "x.jsonl"
    rows = [{"id": "1", "title": "One"}, {"id": "2", "title": "Two"}, {"id": "3", "title": "Three", "parent": "\ud800"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = hub(app, "import", "partners", str(path), "--map", "id=external_id")
    assert f"row 2 (Two): {told}" in said and "(no twos here)" in said and "IntegrityError" not in said, said
    assert f"row 3 (Three): {odd}" in said and [doc["external_id"] for doc in documents(app, "partner")] == ["1"]


def test_the_tables_are_as_the_models_say(anywhere):
    app = anywhere()
    with app.app_context():
        history = app.extensions["hub"].plugins.found["transfer"].history
        migrate.check(engine(), history)
        session().rollback()
        migrate.downgrade(engine(), history)
        assert not [name for name in sa.inspect(engine()).get_table_names() if name.startswith("transfer_")]
        migrate.upgrade(engine(), history)


def test_one_item_under_two_names_in_one_file(hub_app, tmp_path):
    one = make(hub_app, "partner", "First", origin="x", external_id="1")
    path = tmp_path / "x.jsonl"
    path.write_text(
        json.dumps({"uid": one, "title": "By uid"})
        + "\n"
        + json.dumps({"external_id": "1", "title": "By number"})
        + "\n"
    )
    said = hub(hub_app, "import", "partners", str(path), "--map", "uid=uid", "--source", "x")
    assert "1 updated" in said and "row 2 (By number): the same id stands in row 1 already" in said


# -- workbooks ----------------------------------------------------------------------------------------------------------


def workbook(path, rows, formats=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, shown in formats:
        book.active[cell].number_format = shown
    book.create_sheet("Other").append(["not", "this"])
    book.save(path)
    return path


def test_further_sheets_are_told(hub_app, tmp_path):
    said = hub(hub_app, "import", "partners", str(workbook(tmp_path / "x.xlsx", [["title"], ["One"]])), "--dry-run")
    assert "1 would be created" in said and "first sheet, “Sheet”" in said and "Other" in said
    book = Workbook()
    book.active.append(["title"])
    book.active.append(["One"])
    book.create_sheet("Sheet 2")
    book.save(tmp_path / "x.xlsx")
    assert "first sheet" not in hub(hub_app, "import", "partners", str(tmp_path / "x.xlsx"), "--dry-run")


@pytest.mark.parametrize("head", ['"Name,\nshort, full";kind', '"Name;\nshort; full",kind', '"Name\nof it"\tkind'])
def test_names_of_columns_may_hold_the_signs_between_columns(hub_app, tmp_path, head):
    (tmp_path / "x.csv").write_text(f"{head}\nOne{head[-5]}library\n", encoding="utf-8")
    name = " ".join(head.split('"')[1].split())
    said = hub(hub_app, "import", "partners", str(tmp_path / "x.csv"), "--map", f"{name}=title", "--dry-run")
    assert "1 would be created" in said and "not used" not in said


def test_a_workbook_is_read_as_people_see_it(hub_app, tmp_path):
    import datetime as dt

    path = workbook(tmp_path / "practices.xlsx", [
        ["Our practices of 2026"], [], ["id", "Title", "When", "Until", "lat", "lon", "tags", None, "Title"],
        [7, "A garden", dt.date(2019, 5, 1), dt.datetime(2020, 6, 30), 55.79631234, 49.5, "food|roofs", None, "twice"],
        [8.0, "=1+1", dt.date(2021, 1, 1), None, None, None, None, None, None], [None, None], ["#N/A", "Three", 2022, None, None, None, None, None, None],
        [9, 2024, "2018-03", None, None, None, None, None, None],
    ], [("A4", "0000"), ("C4", "mmm yyyy"), ("C5", "yyyy"), ("D4", "DD.MM.YYYY")])  # fmt: skip
    said = hub(
        hub_app,
        "import",
        "cases",
        str(path),
        "--map",
        "id=external_id",
        "--map",
        "Title=title",
        "--map",
        "When=start",
        "--map",
        "Until=end",
        "--map",
        "tags=topics",
    )
    assert "Columns not used: column 8, Title (2)" in said
    assert "row 5: title" in said and "4 rows: 3 created, 0 updated, 0 unchanged, 1 with a problem." in said, (
        "a formula without a value is empty"
    )
    found = {doc["texts"]["en"]["title"]: doc for doc in documents(hub_app, "case")}
    assert found["A garden"]["external_id"] == "0007" and found["A garden"]["data"] == {
        "start": "2019-05",
        "end": "2020-06-30",
    }
    assert found["A garden"]["places"][0]["lat"] == 55.7963123 and found["A garden"]["topics"] == ["food", "roofs"]
    assert found["Three"]["external_id"] is None and found["Three"]["data"] == {"start": "2022"}
    assert found["2024"]["external_id"] == "9" and found["2024"]["data"] == {"start": "2018-03"}
    again = hub(
        hub_app,
        "import",
        "cases",
        str(path),
        "--map",
        "id=external_id",
        "--map",
        "Title=title",
        "--map",
        "When=start",
        "--dry-run",
    )
    assert "2 unchanged" in again


def archive(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def test_a_workbook_that_cannot_be_is_refused_before_it_is_unpacked(hub_app, tmp_path):
    zeros = b"0" * 250_000_000
    cases = {
        "bomb": archive(tmp_path / "bomb.xlsx", {"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": zeros}),
        "strings": archive(
            tmp_path / "strings.xlsx", {"[Content_Types].xml": b"<x/>", "xl/sharedStrings.xml": zeros[:70_000_000]}
        ),
        "many": archive(
            tmp_path / "many.xlsx", {"[Content_Types].xml": b"<x/>"} | {f"{n}.xml": b"" for n in range(2100)}
        ),
        "zip": archive(tmp_path / "zip.xlsx", {"a.txt": b"hello"}),
        "entities": archive(
            tmp_path / "entities.xlsx", {"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}
        ),
        "hollow": archive(tmp_path / "hollow.xlsx", {"[Content_Types].xml": b"<x/>"}),
        "empty": workbook(tmp_path / "empty.xlsx", []),
    }
    (tmp_path / "text.xlsx").write_text("title\nOne\n")
    damaged = bytearray(workbook(tmp_path / "good.xlsx", [["title"], ["One"]]).read_bytes())
    damaged[60:200] = bytes(140)
    (tmp_path / "damaged.xlsx").write_bytes(damaged)
    words = dict.fromkeys(("bomb", "strings", "many"), "unpacks to more") | {"empty": "the first sheet is empty"}
    for name in (*cases, "text", "damaged"):
        said = hub(hub_app, "import", "partners", str(tmp_path / f"{name}.xlsx"), status=1)
        assert words.get(name, "workbook") in said and f"{name}.xlsx" in said, said
    assert documents(hub_app, "partner") == []


def test_an_exported_workbook_read_again_changes_nothing(demo_copy, tmp_path):
    risky = make(
        demo_copy,
        "partner",
        '=HYPERLINK("http://example.org")',
        summary="+1 @home \x0b ok",
        data={"phone": "+7 495 1234567"},
    )
    path = tmp_path / "partners.xlsx"
    assert "written" in hub(demo_copy, "export", "partners", str(path))
    before = documents(demo_copy, "partner")
    sheet = load_workbook(path).active
    cells = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert not [name for name, cell in cells.items() if cell.data_type == "f"], "no formula"
    assert (
        any(cell.value == '=HYPERLINK("http://example.org")' for cell in cells.values())
        and sheet.max_row == len(before) + 1
    )
    header = [cell.value for cell in sheet[1]]
    latitudes = {type(row[header.index("lat")].value) for row in sheet.iter_rows(min_row=2)}
    assert float in latitudes and str not in latitudes, "numbers are numbers"
    said = hub(demo_copy, "import", "partners", str(path))
    assert f"{len(before)} rows: 0 created, 0 updated, {len(before)} unchanged, 0 with a problem." in said
    assert documents(demo_copy, "partner") == before and any(doc["uid"] == risky for doc in before)


def test_a_text_longer_than_a_cell_is_cut_and_said(hub_app, tmp_path):
    make(hub_app, title="Long", body="word " * 10_000)
    said = hub(hub_app, "export", "cases", str(tmp_path / "x.xlsx"))
    assert "1 text is longer than a cell may be and was cut" in said and "1 written" in said


def test_every_list_comes_as_a_workbook(demo_copy):
    make(demo_copy, "partner", "=1+1", data={"phone": "+7 495 1234567"})
    client = demo_copy.test_client()
    for path in ("/en/partners", "/ru/cases", "/partners", "/en/search"):
        asked = "?q=city" if "search" in path else "?limit=1000"
        answer, table = client.get(f"{path}.xlsx{asked}"), client.get(f"{path}.csv{asked}")
        assert answer.status_code == 200 and answer.mimetype.endswith("spreadsheetml.sheet"), path
        assert ".xlsx" in answer.headers["Content-Disposition"]
        sheet = load_workbook(io.BytesIO(answer.data)).active
        rows = [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        wanted = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
        place = [wanted[0].index(name) for name in ("lat", "lon")]
        for row in rows[1:]:
            for n in place:
                row[n] = str(float(row[n])) if row[n] else ""
        assert [[cell.replace("\r\n", "\n") for cell in row] for row in wanted] == rows and len(rows) > 3
    assert "'=1+1" in {
        cell.value
        for row in load_workbook(io.BytesIO(client.get("/en/partners.xlsx?limit=1000").data)).active
        for cell in row
    }
    assert ".xlsx" in client.get("/en/partners/").text


# -- formats of plugins -------------------------------------------------------------------------------------------------

CARDS = """
from hub.api import Importer, Plugin, hookimpl
plugin = Plugin("cards", "Cards")

def read(raw):
    if b"broken" in raw:
        raise ZeroDivisionError("no cards here")
    for n, line in enumerate(raw.decode().splitlines(), 1):
        yield n, {"who": line, "kind": "library"} if line != "?" else ValueError("an empty card")

@hookimpl
def importers():
    return [Importer(("crd", "cards"), "Card box", read, maps=("who=title",))]
"""


def test_formats_of_plugins(new_hub, tmp_path):
    app = new_hub(["partners", "cards"], files={"plugins/cards.py": CARDS})
    (tmp_path / "box.crd").write_text("Library one\n?\nLibrary two\n")
    said = hub(app, "import", "partners", str(tmp_path / "box.crd"))
    assert "3 rows: 2 created" in said and "row 2: an empty card" in said
    assert {doc["texts"]["en"]["title"] for doc in documents(app, "partner")} == {"Library one", "Library two"}
    (tmp_path / "bad.cards").write_text("broken")
    assert "bad.cards cannot be read as Card box: no cards here" in hub(
        app, "import", "partners", str(tmp_path / "bad.cards"), status=1
    )
    assert "Card box" in hub(app, "import", "partners", str(folder_of(app) / "hub.toml"), status=1), (
        "what can be read is named"
    )
