"""Import, undo and export: every row taken or reported, a second run changes nothing, undo leaves no trace."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making import at_most, change, folder_of, form_values, make, run_hub, step, work

from hub.content import workflow
from hub.store.db import session, writing
from hub.testing.fixtures import sign_in

FILES = Path(__file__).resolve().parent.parent / "fixtures" / "imports"
PARTNER_MAP = ("--map", "id=external_id")


def _shared(hub_instances, pytestconfig):
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def idle(hub_instances, pytestconfig):
    """An instance that stays empty, whatever is tried on it."""
    return _shared(hub_instances, pytestconfig)


@pytest.fixture(scope="module")
def messy(hub_instances, pytestconfig):
    """An instance into which several files go."""
    return _shared(hub_instances, pytestconfig)


def hub(app, *arguments, status=0):
    """The command in the app's instance; its whole output. Fails where the exit status is another than expected."""
    found, out, err = run_hub(folder_of(app), *arguments)
    assert found == status, (arguments, out, err)
    assert "Traceback" not in out + err
    return out + err


def exported(app, kind="all"):
    """The sorted lines of `hub export`, each as JSON with sorted keys: equal content gives equal lists."""
    target = folder_of(app) / f"export-{kind}.jsonl"
    hub(app, "export", kind, str(target))
    return sorted(
        json.dumps(json.loads(line), sort_keys=True, ensure_ascii=False)
        for line in target.read_text(encoding="utf-8").splitlines()
    )


def documents(app, kind="case"):
    return [doc for line in exported(app) if (doc := json.loads(line))["kind"] == kind]


def titles(app, kind="case"):
    return sorted(next(iter(doc["texts"].values()))["title"] for doc in documents(app, kind))


def log_ids(app):
    with sqlite3.connect(folder_of(app) / "data" / "hub.db") as db:
        return [row[0] for row in db.execute("SELECT id FROM hub_change ORDER BY id")]


def batch_of(output):
    return output.rpartition("hub import undo ")[2].split()[0]


# -- files --------------------------------------------------------------------------------------------------------------


def variants(tmp_path):
    """One table in every dress a spreadsheet may give it."""
    text = (FILES / "partners.csv").read_text(encoding="utf-8").replace("Bright library", "Светлая библиотека")
    rows = list(csv.reader(text.splitlines(keepends=True)))

    def written(name, delimiter, encoding, lineterminator="\r\n", mark=b""):
        path = tmp_path / name / "partners.csv"
        path.parent.mkdir()
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter, lineterminator=lineterminator, quoting=csv.QUOTE_ALL).writerows(rows)
        if mark:
            path.write_bytes(mark + path.read_bytes())
        return path

    return {
        "comma": written("comma", ",", "utf-8"), "semicolon": written("semicolon", ";", "utf-8"), "tab": written("tab", "\t", "utf-8"),
        "bom": written("bom", ";", "utf-8-sig"), "windows-1251": written("cp1251", ";", "windows-1251"), "utf-16": written("utf16", "\t", "utf-16"),
        "utf-16-be": written("utf16be", "\t", "utf-16-be", mark=b"\xfe\xff"), "unix": written("unix", ",", "utf-8", "\n"), "old mac": written("mac", ",", "utf-8", "\r"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "dress", ["comma", "semicolon", "tab", "bom", "windows-1251", "utf-16", "utf-16-be", "unix", "old mac"]
)
def test_a_table_is_read_in_any_dress(hub_app, tmp_path, dress):
    said = hub(hub_app, "import", "partners", str(variants(tmp_path)[dress]), *PARTNER_MAP)
    assert "3 rows: 3 created, 0 updated, 0 unchanged, 0 with a problem." in said
    assert "Columns not used: unknown column" in said
    assert ("windows-1251" in said) == (dress == "windows-1251"), "what was guessed is said"
    found = {doc["external_id"]: doc for doc in documents(hub_app, "partner")}
    assert found["1"]["texts"]["en"]["title"] == "Светлая библиотека" and found["1"]["status"] == "published"
    assert found["1"]["data"] == {
        "kind": "library",
        "website": "https://www.example.org",
        "email": "bright@example.org",
    }
    assert found["1"]["places"] == [
        {"lat": 51.5, "lon": -0.12, "names": {"en": "London"}, "address": "", "country": "GB"}
    ]
    assert (
        found["2"]["texts"]["en"]["title"] == 'The "Old" mill, rebuilt'
        and found["2"]["texts"]["en"]["summary"] == "First line second line"
    )
    assert found["2"]["data"]["kind"] == "cultural-centre" and found["2"]["places"][0]["country"] == "RU"
    assert found["3"]["places"] == [] and found["3"]["origin"] == "partners"


def test_a_broken_row_in_the_middle_is_reported_and_the_others_are_kept(hub_app, tmp_path):
    report = tmp_path / "report.csv"
    said = hub(hub_app, "import", "partner", str(FILES / "broken.csv"), *PARTNER_MAP, "--report", str(report))
    assert "10 rows: 3 created, 0 updated, 0 unchanged, 7 with a problem." in said
    assert titles(hub_app, "partner") == ["Good last", "Good one", "Too few"]
    for row, word in (
        (3, "title"),
        (4, "website"),
        (5, "95"),
        (6, "latitude and longitude"),
        (7, "bakery"),
        (8, "8 cells where the header has 6"),
        (11, "row 10"),
    ):
        line = next(line for line in said.splitlines() if line.startswith((f"row {row}:", f"row {row} ")))
        assert word in line, (row, line)
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (
        [int(r["row"]) for r in rows] == [3, 4, 5, 6, 7, 8, 11]
        and rows[1]["title"] == "Bad address"
        and all(r["problem"] for r in rows)
    )
    last = next(doc for doc in documents(hub_app, "partner") if doc["external_id"] == "9")
    assert (last["places"][0]["lat"], last["places"][0]["lon"]) == (-10.5, 20.25)
    assert "10 rows: 0 created, 0 updated, 3 unchanged, 7 with a problem." in hub(
        hub_app, "import", "partners", str(FILES / "broken.csv"), *PARTNER_MAP
    )


def test_rows_after_a_quoted_line_break_keep_their_line_numbers(hub_app, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('title,website\n"One\nover two",\nTwo,nonsense\n\nThree,\n', encoding="utf-8")
    said = hub(hub_app, "import", "partners", str(path))
    assert "row 4 (Two): website" in said and "3 rows: 2 created" in said


def test_a_quotation_mark_left_open_costs_its_own_row_only(hub_app, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text('id,title\n1,One\n2,"Left open\n3,"Three, closed"\n4,"Four\nover two"\n5,"To the end\n6,Six\n7,Seven\n', encoding="utf-8")
    said = hub(hub_app, "import", "partners", str(path), "--map", "id=external_id")
    assert "7 rows: 5 created, 0 updated, 0 unchanged, 2 with a problem." in said
    assert [line for line in said.splitlines() if line.startswith("row ")] == [
        f"row {row}: a quotation mark is opened and not closed" for row in (3, 7)
    ]
    assert titles(hub_app, "partner") == ["Four over two", "One", "Seven", "Six", "Three, closed"]


@pytest.mark.parametrize("end", ["csv", "jsonl", "json"])
def test_some_broken_bytes_do_not_turn_every_letter_of_a_file_into_two(hub_app, tmp_path, end):
    rows = [{"id": str(n), "title": title} for n, title in enumerate(("Первый сад", "Второй с@ад", "Третий сад"))]
    text = {
        "csv": "id,title\n" + "".join(f"{row['id']},{row['title']}\n" for row in rows),
        "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "json": json.dumps(rows, ensure_ascii=False),
    }[end]  # fmt: skip
    path = tmp_path / f"flawed.{end}"
    path.write_bytes(text.encode().replace(b"@", b"\xff\xfe"))
    said = hub(hub_app, "import", "partners", str(path), "--map", "id=external_id")
    assert "3 rows: 2 created" in said and "cannot be read: save the file as UTF-8" in said and "windows-1251" not in said
    assert titles(hub_app, "partner") == ["Первый сад", "Третий сад"]


def test_a_file_that_cannot_be_known_again_is_told_before_it_doubles(hub_app, tmp_path):
    path = tmp_path / "nameless.csv"
    path.write_text(f"id,title\n1,One\n2,{'long ' * 100}\n", encoding="utf-8")
    said = hub(hub_app, "import", "partners", str(path), "--dry-run")
    assert "the same file once more would make all of it a second time" in said
    assert f"row 3 ({('long ' * 100)[:120]}):" in said, "a title is cut in the report"
    assert "second time" not in hub(hub_app, "import", "partners", str(path), "--map", "id=external_id")


def test_json_lines_with_nested_values_and_languages(new_hub):
    app = new_hub(start=True)
    mapping = ["--map", "id=external_id", "--map", "name.en=title.en", "--map", "name.ru=title.ru", "--map", "when=start", "--map", "where.0.lat=lat", "--map", "where.0.lon=lon",
               "--map", "story=body", "--map", "tags=topics"]  # fmt: skip
    said = hub(app, "import", "cases", str(FILES / "practices.jsonl"), *mapping)
    assert "6 rows: 3 created, 0 updated, 0 unchanged, 3 with a problem." in said
    for row, word in ((3, "not JSON"), (4, "start"), (5, "object")):
        assert word in next(line for line in said.splitlines() if line.startswith((f"row {row}:", f"row {row} ")))
    found = {doc["external_id"]: doc for doc in documents(app)}
    assert {c: t["title"] for c, t in found["a"]["texts"].items()} == {
        "en": "Beds on the roof",
        "ru": "Грядки на крыше",
    }
    assert found["a"]["texts"]["en"]["body"] == "## What\n\nBeds.\n\n## Why\n\nFood." and found["a"]["data"] == {
        "start": "2019-05"
    }
    assert (
        found["b"]["data"] == {"start": "2020"}
        and found["d"]["data"] == {"start": "2021-06"}
        and list(found["d"]["texts"]) == ["ru"]
    )
    assert found["d"]["places"][0]["lat"] == 56.8 and found["a"]["topics"] == ["roofs", "food"], (
        "a new topic is made, a known one found"
    )
    page = app.test_client().get("/ru/cases/griadki-na-kryshe/")
    assert page.status_code == 200 and 'href="/ru/topics/food/"' in page.text and "roofs" in page.text


def test_json_lists(hub_app):
    said = hub(hub_app, "import", "cases", str(FILES / "practices.json"), *PARTNER_MAP)
    assert "3 rows: 2 created, 0 updated, 0 unchanged, 1 with a problem." in said and "row 2" in said
    found = {doc["external_id"]: doc["data"] for doc in documents(hub_app)}
    assert found["1"] == {"start": "2018", "themes": ["health", "culture"], "figures": [{"value": 12, "unit": "beds"}]}
    assert found["2"]["figures"] == [{"value": 3, "unit": "trees"}] and set(found["2"]["themes"]) == {
        "governance",
        "health",
    }


@pytest.mark.parametrize(
    ("name", "raw", "word"),
    [("none.csv", None, "there is no file"), ("empty.csv", b"", "empty"), ("x.xls", b"x", "CSV, JSONL or JSON, XLSX"), ("x.json", b"{", "not JSON"), ("x.json", b'{"a": 1}', "a list"),
     ("x.json", b"[" * 100_000, "not JSON"), ("x.csv", b"\xff\xfe\x00", "UTF"), ("x.csv", b"\x98\xff\xfe", "save it as UTF-8"), ("x.csv", b"a,b\n1,2\n", "no column gives a title"),
     ("x.jsonl", b"", "title"), ("x.jsonl", b"\n\n", "title")],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(idle, tmp_path, name, raw, word):
    path = tmp_path / name
    if raw is not None:
        path.write_bytes(raw)
    assert word in hub(idle, "import", "partners", str(path), status=1)
    assert counted(idle) == 0 and log_ids(idle) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--map", "name=nothing"], "there is no field 'nothing'"), (["--map", "name="], "write it as COLUMN=FIELD"), (["--map", "=title"], "write it as COLUMN=FIELD"), (["--map", "name"], "write it as COLUMN=FIELD"), (["--set", "kind"], "write it as FIELD=VALUE"), (["--set", "=library"], "write it as FIELD=VALUE"), (["--map", "nothing=title"], "no column 'nothing'"),
     (["--set", "nothing=1"], "there is no field 'nothing'"), (["--map", "title=title.xx"], "xx"), (["--map", "title=website.ru"], "website.ru"), (["--set", "title.xx=1"], "xx"), (["--lang", "xx"], "no language 'xx'"),
     (["--set", "status=nonsense"], "nonsense"), (["--set", "audience=everybody"], "everybody")],
)  # fmt: skip
def test_a_mapping_that_cannot_be_stops_before_the_first_row(idle, arguments, word):
    said = hub(idle, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP, *arguments, status=1)
    assert word in said
    assert counted(idle) == 0 and log_ids(idle) == []


def test_an_unknown_kind_names_the_known_ones(hub_app):
    assert "partners" in hub(hub_app, "import", "bakeries", str(FILES / "partners.csv"), status=1)
    assert "no kind" in hub(hub_app, "export", "bakeries", str(folder_of(hub_app) / "x.csv"), status=1)
    for name in ("x.xls", "x"):
        hub(hub_app, "export", "partners", str(folder_of(hub_app) / name), status=1)
    for name in ("x.csv", "x.xlsx"):
        hub(hub_app, "export", "all", str(folder_of(hub_app) / name), status=1)
    for name in ("x.csv", "x.xlsx", "x.jsonl"):
        said = hub(hub_app, "export", "partners", str(folder_of(hub_app) / "away" / name), status=1)
        assert "there is no folder" in said and "Errno" not in said and ".part" not in said


def test_a_report_that_cannot_be_written_stops_before_the_first_row(idle):
    said = hub(idle, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP, "--report", str(folder_of(idle) / "away" / "report.csv"), status=1)
    assert "there is no folder" in said and counted(idle) == 0


def test_a_wrong_choice_is_answered_by_what_people_read(idle, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("title,kind\nShed,shed\n", encoding="utf-8")
    said = hub(idle, "import", "partners", str(path), status=1)
    assert "“shed” is none of the choices" in said and "house of culture" in said and "house-of-culture" not in said


def test_the_help_of_the_group_leads_to_the_options(hub_app):
    """The options stand with the hidden command behind KIND, where nobody looks first."""
    assert "hub import KIND --help" in hub(hub_app, "import", "--help")
    assert "--map" in hub(hub_app, "import", "partners", "--help")


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_new_entries_as_drafts_whatever_the_file_says(hub_app, tmp_path, name):
    """A table and whole documents; what is here already stays as it is."""
    (tmp_path / "first.csv").write_text("title,id\nHere,1\n", encoding="utf-8")
    hub(hub_app, "import", "partners", str(tmp_path / "first.csv"), *PARTNER_MAP, "--source", "old")
    path = tmp_path / name
    if name == "x.csv":
        path.write_text("title,id,status\nHere now,1,published\nNew,2,published\n", encoding="utf-8")
        options = (*PARTNER_MAP, "--map", "status=status")
    else:
        rows = [{"kind": "partner", "origin": "old", "external_id": n, "status": "published", "texts": {"en": {"title": title}}}
                for n, title in (("1", "Here now"), ("2", "New"))]  # fmt: skip
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        options = ()
    said = hub(hub_app, "import", "partners", str(path), *options, "--source", "old", "--drafts")
    assert "1 created, 1 updated" in said, said
    found = {doc["texts"]["en"]["title"]: doc["status"] for doc in documents(hub_app, "partner")}
    assert found == {"Here now": "published", "New": "draft"}
    assert "--drafts" in hub(hub_app, "import", "--help") and "--drafts" in hub(hub_app, "import", "partners", "--help")


def test_map_and_set_with_languages(hub_app, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Название,Name,n\nСад,Garden,1\nДвор,,2\n,Yard,3\n", encoding="utf-8")
    said = hub(hub_app, "import", "cases", str(path), "--map", "Название=title.ru", "--map", "Name=title.en", "--map", "n=external_id", "--set", "summary.ru=Кратко", "--set", "licence=CC0", "--set",
               "themes=health|culture", "--set", "status=draft", "--set", "objective.ru=Цель")  # fmt: skip
    assert "3 rows: 2 created, 0 updated, 0 unchanged, 1 with a problem." in said and "row 4" in said
    found = {doc["external_id"]: doc for doc in documents(hub_app)}
    assert (
        found["1"]["texts"]["ru"]["title"] == "Сад"
        and found["1"]["texts"]["en"]["title"] == "Garden"
        and found["1"]["texts"]["ru"]["fields"] == {"objective": "Цель"}
    )
    assert found["1"]["licence"] == "CC0" and found["1"]["data"] == {"themes": ["health", "culture"]}
    assert {doc["status"] for doc in found.values()} == {"draft"} and list(found["2"]["texts"]) == ["ru"]


def test_relations_are_found_by_uid_and_by_source(hub_app, tmp_path):
    one = make(hub_app, "partner", "By uid")
    hub(hub_app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP)
    path = tmp_path / "x.csv"
    path.write_text(f"title,holder\nFirst,{one}\nSecond,partners:3\nThird,partners:99\n", encoding="utf-8")
    said = hub(hub_app, "import", "cases", str(path))
    assert "3 rows: 3 created" in said and "row 4: holder: partners:99 is not here" in said
    held = {doc["texts"]["en"]["title"]: doc["links"] for doc in documents(hub_app)}
    wind = next(doc["uid"] for doc in documents(hub_app, "partner") if doc["external_id"] == "3")
    assert held == {"First": {"holder": [one]}, "Second": {"holder": [wind]}, "Third": {}}


# -- again, changed, dry ------------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(hub_app):
    hub(hub_app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP)
    before, log = exported(hub_app), log_ids(hub_app)
    said = hub(hub_app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP)
    assert "3 rows: 0 created, 0 updated, 3 unchanged, 0 with a problem." in said and "Import number" not in said
    assert exported(hub_app) == before and log_ids(hub_app) == log


def test_a_changed_file_updates_only_what_changed(hub_app, tmp_path):
    path = tmp_path / "partners.csv"
    text = (FILES / "partners.csv").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)
    before = {doc["external_id"]: doc for doc in documents(hub_app, "partner")}
    edited = before["1"]["uid"]
    change(hub_app, edited, lambda doc: (doc["texts"].update(ru={"title": "Библиотека", "summary": "", "body": "Текст", "fields": {}}), doc["data"].update(phone="+7 495 1234567"),
                                         doc["places"].append({"lat": 1.0, "lon": 2.0, "names": {"en": "Second"}, "address": "", "country": ""}),
                                         doc["places"][0]["names"].update(ru="Лондон")))  # fmt: skip
    path.write_text(
        text.replace("Wind theatre,,theatre", "Wind theatre,By the sea,theatre").replace("bright@", "new@"),
        encoding="utf-8",
    )
    log = log_ids(hub_app)
    said = hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)
    assert "3 rows: 0 created, 2 updated, 1 unchanged, 0 with a problem." in said
    after = {doc["external_id"]: doc for doc in documents(hub_app, "partner")}
    assert after["2"] == before["2"] and len(log_ids(hub_app)) == len(log) + 2
    assert (
        after["3"]["texts"]["en"]["summary"] == "By the sea"
        and after["3"]["slugs"] == before["3"]["slugs"]
        and after["3"]["uid"] == before["3"]["uid"]
    )
    one = after["1"]
    assert one["data"]["email"] == "new@example.org" and one["data"]["phone"] == "+7 495 1234567", (
        "what the file does not say stays"
    )
    assert (
        one["texts"]["ru"]["body"] == "Текст"
        and len(one["places"]) == 2
        and one["places"][0]["names"] == {"en": "London", "ru": "Лондон"}
    )
    assert (
        one["created"] == before["1"]["created"]
        and one["published"] == before["1"]["published"]
        and one["updated"] > before["1"]["updated"]
    )
    assert "3 unchanged" in hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)


def test_a_dry_run_says_all_and_changes_nothing(new_hub):
    app = new_hub(start=True)
    before, log = exported(app), log_ids(app)
    dry = hub(app, "import", "partners", str(FILES / "broken.csv"), *PARTNER_MAP, "--dry-run")
    assert (
        "10 rows: 3 would be created, 0 would be updated, 0 unchanged, 7 with a problem." in dry
        and "Import number" not in dry
    )
    hub(
        app,
        "import",
        "cases",
        str(FILES / "practices.jsonl"),
        "--map",
        "name.ru=title.ru",
        "--map",
        "name.en=title.en",
        "--map",
        "tags=topics",
        "--dry-run",
    )
    assert exported(app) == before and log_ids(app) == log and "broken" not in hub(app, "import", "list")
    real = hub(app, "import", "partners", str(FILES / "broken.csv"), *PARTNER_MAP)
    problems = [line for line in dry.splitlines() if line.startswith("row")]
    assert problems == [line for line in real.splitlines() if line.startswith("row")]


def test_two_sources_with_the_same_numbers_do_not_mix(hub_app, tmp_path):
    other = tmp_path / "others.csv"
    other.write_text("id,title\n1,Another first\n", encoding="utf-8")
    hub(hub_app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP)
    assert "1 created" in hub(hub_app, "import", "partners", str(other), *PARTNER_MAP)
    assert len(documents(hub_app, "partner")) == 4
    said = hub(hub_app, "import", "partners", str(other), *PARTNER_MAP, "--source", "partners")
    assert "1 updated" in said and "Another first" in titles(hub_app, "partner")


def test_a_document_that_names_an_unknown_topic_is_settled_after_the_first_run(hub_app, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"kind": "case", "uid": "01999999-0000-7000-8000-000000000001", "status": "published", "topics": ["no-such-topic"],
                                "texts": {"en": {"title": "T"}}}) + "\n", encoding="utf-8")  # fmt: skip
    assert "1 created" in hub(hub_app, "import", "cases", str(path))
    assert "1 unchanged" in hub(hub_app, "import", "cases", str(path))


@pytest.mark.parametrize(
    "doc",
    [{"kind": "case", "texts": {}}, {"kind": "case", "texts": {"xx": {"title": "T"}}}, {"kind": "nothing", "texts": {"en": {"title": "T"}}}, {"kind": "case", "texts": "T"},
     {"kind": "case", "texts": {"en": "T"}}, {"kind": "case", "texts": {"en": {"title": "T"}}, "places": "x"}, {"kind": "case", "texts": {"en": {"title": "T"}}, "places": [1]},
     {"kind": "case", "texts": {"en": {"title": "T"}}, "links": [1]}, {"kind": "case", "texts": {"en": {"title": "T"}}, "data": []}, {"kind": "case", "texts": {"en": {"title": "T"}}, "status": "nonsense"},
     {"kind": "case", "texts": {"en": {"title": "T"}}, "published": "yesterday"}, {"kind": "case", "texts": {"en": {"title": "T"}}, "checked_on": "soon"},
     {"kind": "case", "texts": {"en": {"title": "T"}}, "published": "2020-01-01T00:00:00"}, {"kind": "case", "texts": {"en": {"title": "T"}}, "source_url": "javascript:alert(1)"},
     {"kind": "partner", "texts": {"en": {"title": "T"}}}, {"kind": "case", "texts": {"en": {"title": "T"}}, "topics": 5}, {"kind": "case", "texts": {"en": {"title": "T"}}, "uid": "x" * 50}],
)  # fmt: skip
def test_a_document_that_cannot_be_is_one_reported_row(messy, tmp_path, doc):
    number = counted(messy, "SELECT count(*) FROM content")
    good = {
        "kind": "case",
        "texts": {"en": {"title": "Good"}},
        "status": "published",
        "uid": f"01999999-0000-7000-8000-0000000{number:04}",
    }
    path = tmp_path / "x.jsonl"
    path.write_text(
        "".join(
            json.dumps(row) + "\n"
            for row in ({**good, "uid": good["uid"] + "1"}, doc, {**good, "uid": good["uid"] + "2"})
        ),
        encoding="utf-8",
    )
    said = hub(messy, "import", "cases", str(path))
    assert "3 rows: 2 created, 0 updated, 0 unchanged, 1 with a problem." in said, said
    assert "row 2" in said and counted(messy, "SELECT count(*) FROM content") == number + 2
    assert messy.test_client().get("/en/cases.json?limit=1").json["total"] == number + 2


# -- undo ---------------------------------------------------------------------------------------------------------------


def test_undo_gives_back_an_equal_export_and_the_log_only_grows(demo_copy, tmp_path):
    app = demo_copy
    before, log = exported(app), log_ids(app)
    client = app.test_client()
    pages = {
        path: client.get(path).text
        for path in ("/en/cases.json?limit=1000", "/en/partners.json?limit=1000", "/en/partners/", "/ru/cases.atom")
    }
    first = batch_of(hub(app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP))
    second = batch_of(
        hub(
            app,
            "import",
            "cases",
            str(FILES / "practices.jsonl"),
            "--map",
            "id=external_id",
            "--map",
            "name.en=title.en",
            "--map",
            "name.ru=title.ru",
            "--map",
            "tags=topics",
        )
    )
    changed = tmp_path / "partners.csv"
    changed.write_text(
        (FILES / "partners.csv")
        .read_text(encoding="utf-8")
        .replace("Wind theatre", "Storm theatre")
        .replace("London", "Paris")
        .replace("gardening|reading", "wind power|culture"),
        encoding="utf-8",
    )
    third = batch_of(hub(app, "import", "partners", str(changed), *PARTNER_MAP))
    assert exported(app) != before and len({first, second, third}) == 3
    middle = log_ids(app)
    assert "0 removed, 2 restored." in hub(app, "import", "undo", third)
    assert "3 removed, 0 restored." in hub(app, "import", "undo", first)
    assert "removed, 0 restored." in hub(app, "import", "undo", second)
    assert exported(app) == before, "as if nothing had been"
    after = log_ids(app)
    assert after[: len(middle)] == middle and middle[: len(log)] == log and len(after) > len(middle), (
        "the log only grows"
    )
    for path, text in pages.items():
        assert client.get(path).text == text, path
    assert client.get("/en/partners/wind-theatre/").status_code == 410
    assert "undone already" in hub(app, "import", "undo", first, status=1)
    assert "no import number 999" in hub(app, "import", "undo", "999", status=1)
    listed = hub(app, "import", "list")
    assert "partners.csv" in listed and "undone" in listed


def test_undo_leaves_what_was_edited_since_and_lists_it(hub_app, tmp_path):
    app = hub_app
    batch = batch_of(hub(app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP))
    uids = {doc["external_id"]: doc["uid"] for doc in documents(app, "partner")}
    change(app, uids["1"], lambda doc: doc["texts"]["en"].update(summary="Edited by hand"))
    editor = sign_in(app, "editor")
    desk = f"/desk/partners/{uids['2']}/?language=en&form=full"
    assert (
        editor.post(
            desk,
            data=dict(form_values(editor.get(desk).text))
            | {"body.en": "A long draft, not published yet", "do": "save"},
        ).status_code
        == 302
    )
    said = hub(app, "import", "undo", batch)
    assert "1 removed, 0 restored." in said
    for number, word in (("1", "Bright library"), ("2", "mill")):
        assert any("changed since" in line and uids[number] in line and word in line for line in said.splitlines()), (
            said
        )
    assert {doc["external_id"] for doc in documents(app, "partner")} == {"1", "2"}
    again = hub(app, "import", "undo", batch)
    assert "0 removed, 0 restored." in again and uids["1"] in again
    assert "2 removed, 0 restored." in hub(app, "import", "undo", batch, "--force")
    assert documents(app, "partner") == []


def test_hook_left_at(new_hub, tmp_path):
    """Undo of an event to which people have registered, of a partner that others lead to or that somebody represents."""
    from eventing import register

    app = new_hub(["partners", "cases", "events", "feedback", "-privacy"])
    path = tmp_path / "walks.jsonl"
    rows = [{"title": {"en": f"Walk {n}"}, "id": str(n), "starts": "2090-05-01 12:00", "ends": "2090-05-01 14:00"} for n in (1, 2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    batch = batch_of(hub(app, "import", "events", str(path), "--map", "id=external_id"))
    uids = {doc["external_id"]: doc["uid"] for doc in documents(app, "event")}
    with app.app_context(), writing():
        from hub_events.models import Plan

        from hub.api import items

        session().add(Plan(content_id=items.get("event", uids["1"]).id, is_open=True))
        session().commit()
    anna, mine = register(app, uids["1"])
    said = hub(app, "import", "undo", batch)
    assert "1 removed, 0 restored." in said and "Walk 1" in said and "this would be deleted with it: 1 registration" in said
    assert anna.get(mine.request.path).status_code == 200, "Anna has her place still"
    assert "1 removed" in hub(app, "import", "undo", batch, "--force") and not documents(app, "event")


def test_undo_leaves_what_entries_that_stay_lead_to(new_hub, tmp_path):
    from hub.api import accounts, items

    app = new_hub(["partners", "cases"])
    batch = batch_of(hub(app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP))
    uids = {doc["external_id"]: doc["uid"] for doc in documents(app, "partner")}
    make(app, title="A yard in bloom", links={"holder": [uids["1"]]})
    with app.app_context(), writing():
        accounts.appoint(accounts.add_user(session(), "anna@example.org", "fence-and-garden-17", "member", "Anna"), items.get("partner", uids["2"]).id)
        session().commit()
    said = hub(app, "import", "undo", batch)
    assert f"{len(uids) - 2} removed" in said
    assert any(uids["1"] in line and "“A yard in bloom” leads to it" in line for line in said.splitlines()), said
    assert any(uids["2"] in line and "1 representative" in line for line in said.splitlines()), said
    case = documents(app, "case")[0]["uid"]
    step(app, case, "trash")
    assert "1 removed" in hub(app, "import", "undo", batch) and uids["1"] not in str(documents(app, "partner"))


def test_an_import_that_leads_to_itself_goes_whole(new_hub, tmp_path):
    app = new_hub(["partners", "cases"])
    path = tmp_path / "all.jsonl"
    first, second = ({"kind": "partner", "uid": f"0190aaaa-0000-7000-8000-00000000000{n}", "data": {"kind": "library"}, "topics": [], "places": [],
                      "links": {}, "texts": {"en": {"title": f"House {n}", "fields": {}}}} for n in (1, 2))  # fmt: skip
    case = {**first, "kind": "case", "uid": "0190aaaa-0000-7000-8000-000000000003", "data": {}, "links": {"holder": [first["uid"]]}, "owner": second["uid"],
            "texts": {"en": {"title": "Ours", "fields": {}}}}  # fmt: skip
    path.write_text("".join(json.dumps(doc) + "\n" for doc in (case, first, second)), encoding="utf-8")
    batch = batch_of(hub(app, "import", "all", str(path)))
    change(app, case["uid"], lambda doc: doc["texts"]["en"].update(summary="Edited by hand"))
    said = hub(app, "import", "undo", batch)
    assert "0 removed" in said and said.count("“Ours” leads to it") == 2, "the case stays, so do the two that it names"
    assert "3 removed" in hub(app, "import", "undo", batch, "--force")
    batch = batch_of(hub(app, "import", "all", str(path)))
    assert "3 removed" in hub(app, "import", "undo", batch)


def test_undo_does_not_touch_what_moved_on(hub_app):
    app = hub_app
    batch = batch_of(hub(app, "import", "partners", str(FILES / "partners.csv"), *PARTNER_MAP))
    uids = {doc["external_id"]: doc["uid"] for doc in documents(app, "partner")}
    step(app, uids["1"], "archive")
    step(app, uids["3"], "trash")
    step(app, uids["3"], "erase")
    newcomer = make(app, "partner", "Made afterwards")
    said = hub(app, "import", "undo", batch)
    assert "1 removed" in said and uids["1"] in said
    left = {doc["uid"] for doc in documents(app, "partner")}
    assert left == {uids["1"], newcomer}, "a number that was given out again is somebody else's item"


def test_undo_of_an_update_after_a_later_update_waits_for_its_turn(hub_app, tmp_path):
    path = tmp_path / "partners.csv"
    text = (FILES / "partners.csv").read_text(encoding="utf-8")
    batches = []
    for name in ("Wind theatre", "Storm theatre", "Calm theatre"):
        path.write_text(text.replace("Wind theatre", name), encoding="utf-8")
        batches.append(batch_of(hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)))
    assert "0 restored" in hub(hub_app, "import", "undo", batches[1]) and "Calm theatre" in titles(hub_app, "partner")
    assert "1 restored" in hub(hub_app, "import", "undo", batches[2])
    assert "Storm theatre" in titles(hub_app, "partner")
    assert "1 restored" in hub(hub_app, "import", "undo", batches[1], "--force")
    assert "Wind theatre" in titles(hub_app, "partner")


def test_a_topic_that_somebody_uses_by_now_survives_the_undo(new_hub):
    app = new_hub(start=True)
    mapping = [
        "--map",
        "id=external_id",
        "--map",
        "name.en=title.en",
        "--map",
        "name.ru=title.ru",
        "--map",
        "tags=topics",
    ]
    batch = batch_of(hub(app, "import", "cases", str(FILES / "practices.jsonl"), *mapping))
    make(app, title="Uses it", topics=["roofs"])
    hub(app, "import", "undo", batch)
    assert any(json.loads(line)["topic"]["slug"] == "roofs" for line in exported(app) if '"kind": "topic"' in line)
    assert app.test_client().get("/en/topics/roofs/").status_code == 200


# -- export -------------------------------------------------------------------------------------------------------------


def test_all_of_an_instance_goes_into_an_empty_one(demo_copy, new_hub):
    from hub.work.jobs import run_due

    uid = make(demo_copy, title="A draft", status="draft", audience="editors", data={"contact_email": "a@example.org"})
    make(demo_copy, title={"en": "In the trash", "ru": "В корзине"}, status="trash")
    make(demo_copy, title="Archived", status="archived", texts={"ru": {"title": "Черновик", "status": "draft"}})
    step(demo_copy, make(demo_copy, title="Withdrawn"), "unpublish")
    change(
        demo_copy,
        uid,
        lambda doc: doc.update(
            owner=documents(demo_copy, "partner")[0]["uid"], checked_on="2026-01-02", checked_by="Anna", example=True
        ),
    )
    before = exported(demo_copy)
    source = folder_of(demo_copy) / "export-all.jsonl"
    empty = new_hub()
    said = hub(empty, "import", "all", str(source))
    assert " 0 with a problem" in said and "Note" not in said
    assert exported(empty) == before
    log = log_ids(empty)
    again = hub(empty, "import", "all", str(source))
    assert "0 created, 0 updated" in again and exported(empty) == before and log_ids(empty) == log
    demo, other = demo_copy.test_client(), empty.test_client()
    for path in (
        "/en/cases.json?limit=1000",
        "/ru/partners.json?limit=1000&sort=title",
        "/sitemap-0.xml",
        "/en/cases.atom",
    ):
        assert other.get(path).text == demo.get(path).text, path
    run_due(empty)
    for path in ("/en/search.json?q=city&sort=title", "/ru/search.json?q=город&limit=1000"):
        found = [{item["uid"] for item in client.get(path).json["items"]} for client in (demo, other)]
        assert found[0] == found[1] and found[0], path
    assert "A draft" not in other.get("/en/cases/").text


def test_export_as_json_equals_export_as_lines(demo_app, tmp_path):
    for name in ("a.json", "a.jsonl"):
        assert run_hub(folder_of(demo_app), "export", "cases", str(tmp_path / name))[0] == 0
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == rows and len(rows) > 10
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("kind", ["cases", "partners", "pages"])
def test_an_exported_table_read_again_changes_nothing(demo_copy, tmp_path, kind):
    path = tmp_path / "anything.csv"
    assert "written" in hub(demo_copy, "export", kind, str(path))
    before, log = exported(demo_copy), log_ids(demo_copy)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    said = hub(demo_copy, "import", kind, str(path))
    assert f"{len(rows)} rows: 0 created, 0 updated, {len(rows)} unchanged, 0 with a problem." in said
    assert exported(demo_copy) == before and log_ids(demo_copy) == log
    if kind == "cases":
        edited = path.read_text(encoding="utf-8-sig").replace("Казань", "Казань-на-Волге")
        path.write_text(edited, encoding="utf-8")
        assert " 0 created" in hub(demo_copy, "import", kind, str(path))
        kazan = next(doc for doc in documents(demo_copy) if doc["external_id"] == "kazan-cultural-environment")
        assert (
            kazan["places"][0]["names"] == {"en": "Kazan", "ru": "Казань-на-Волге"}
            and "Kazan" in kazan["texts"]["en"]["body"]
        )


def test_an_exported_table_holds_every_field_and_status(gear_app, tmp_path):
    make(gear_app, "gear", {"en": "Full", "ru": "Полная"}, status="draft", data={"note": "hidden", "tier": "tierhigh", "club": "clubred", "tested": True, "stash": [{"url": "https://example.org", "label": "x"}]},
         texts={"en": {"fields": {"lore": "Line one\n\nline two; \"quoted\", and = more"}}})  # fmt: skip
    path = tmp_path / "gears.csv"
    hub(gear_app, "export", "gears", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["status"], row["note"], row["tier"], row["club"], row["tested"], row["title.ru"]) == (
        "draft",
        "hidden",
        "tierhigh",
        "clubred",
        "true",
        "Полная",
    )
    before = exported(gear_app)
    assert "1 unchanged" in hub(gear_app, "import", "gears", str(path)) and exported(gear_app) == before


def test_the_demo_comes_once_and_goes_again(new_hub):
    app = new_hub(start=True)
    before = exported(app)
    said = hub(app, "demo")
    made = len(exported(app)) - len(before)
    assert f"{made} made, 0 updated, 0 already there" in said and made > 20
    assert f"0 made, 0 updated, {made} already there" in hub(app, "demo")
    edited = documents(app, "partner")[0]["uid"]
    change(app, edited, lambda doc: doc["texts"]["en"].update(summary="Edited"))
    said = hub(app, "demo", "--remove")
    assert f"{made - 1} demo items removed" in said and edited in said
    left = exported(app)
    assert len(left) == len(before) + 1 and set(before) < set(left)


# -- in the middle of it ------------------------------------------------------------------------------------------------


def generated(path, rows):
    """A table of made-up organisations."""
    dice = random.Random(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "summary", "website", "lat", "lon", "place", "country", "kind"])
        for n in range(rows):
            writer.writerow([n, f"Organisation {n}", f"Number {n} of many", "www.example.org", round(dice.uniform(-60, 60), 5), round(dice.uniform(-170, 170), 5),
                             f"Town {n % 500}", dice.choice(["RU", "GB", "KZ"]), dice.choice(["library", "museum", "theatre"])])  # fmt: skip
    return path


def counted(app, sql="SELECT count(*) FROM content WHERE kind = 'partner'"):
    with sqlite3.connect(folder_of(app) / "data" / "hub.db", timeout=30) as db:
        return db.execute(sql).fetchone()[0]


def test_kill_9_loses_no_committed_row_and_a_second_run_completes(hub_app, tmp_path):
    path = generated(tmp_path / "many.csv", 6000)
    command = [sys.executable, "-m", "hub", "import", "partners", str(path), *PARTNER_MAP]
    environment = {**os.environ, "HUB_INSTANCE": str(folder_of(hub_app))}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while counted(hub_app) < 250:
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    visible = hub_app.test_client().get("/en/partners.json").json["total"]
    with at_most(15), work(hub_app) as db:  # the site stays writable while an import runs
        case = hub_app.extensions["hub"].types.get("case")
        workflow.create(db, case, {"texts": {"en": {"title": "Written meanwhile"}}}, status="published")
    assert running.poll() is None, "the write had to wait for the end of the import"
    assert hub_app.test_client().get("/en/cases/written-meanwhile/").status_code == 200
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    kept = counted(hub_app)
    assert 250 <= visible <= kept < 6000 and kept % 250 == 0, "whole chunks"
    assert (
        counted(hub_app, "SELECT count(*) FROM transfer_row")
        == kept
        == counted(hub_app, "SELECT count(*) FROM hub_change WHERE kind = 'partner'")
    )
    assert (
        counted(hub_app, "SELECT count(*) FROM content_text")
        == kept + 1
        == counted(hub_app, "SELECT count(DISTINCT content_id) FROM revision")
    )
    with sqlite3.connect(folder_of(hub_app) / "data" / "hub.db") as db:
        assert (
            db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            and db.execute("PRAGMA foreign_key_check").fetchall() == []
        )
    said = hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)
    assert f"6000 rows: {6000 - kept} created, 0 updated, {kept} unchanged, 0 with a problem." in said
    assert counted(hub_app) == 6000


def imported(app, path, rows, capsys, seconds):
    start = time.monotonic()
    said = hub(app, "import", "partners", str(path), *PARTNER_MAP)
    taken = time.monotonic() - start
    with capsys.disabled():
        print(f"\n[import] {rows} rows in {taken:.1f} s = {rows / taken:.0f} rows/s", end=" ")
    assert f"{rows} rows: {rows} created, 0 updated, 0 unchanged, 0 with a problem." in said
    assert taken < seconds, f"{rows / taken:.0f} rows/s"


def test_3000_rows(hub_app, tmp_path, capsys):
    imported(hub_app, generated(tmp_path / "many.csv", 3000), 3000, capsys, 60)
    with at_most(3):
        page = hub_app.test_client().get("/en/partners/?sort=title&place=RU")
    assert page.status_code == 200 and hub_app.test_client().get("/en/partners.json").json["total"] == 3000


@pytest.mark.long
def test_50_000_rows(hub_app, tmp_path, capsys):
    path = generated(tmp_path / "many.csv", 50_000)
    imported(hub_app, path, 50_000, capsys, 150)
    assert hub_app.test_client().get("/en/partners.json").json["total"] == 50_000
    with at_most(150):
        said = hub(hub_app, "import", "partners", str(path), *PARTNER_MAP)
    assert "50000 unchanged" in said


def test_a_404_stays_quick_after_a_large_undo(hub_app, tmp_path):
    batch = batch_of(hub(hub_app, "import", "partners", str(generated(tmp_path / "many.csv", 300)), *PARTNER_MAP))
    hub(hub_app, "import", "undo", batch)
    client = hub_app.test_client()
    assert client.get("/en/partners/organisation-7/").status_code == 410
    client.get("/en/partners/nothing/")
    with at_most(2):
        for n in range(10):
            assert client.get(f"/en/partners/nothing-{n}/").status_code == 404


# -- real data ----------------------------------------------------------------------------------------------------------

LIBRARIES = [
    "--lang",
    "en",
    "--map",
    "name=title",
    "--map",
    "id=external_id",
    "--map",
    "lat=lat",
    "--map",
    "lng=lon",
    "--map",
    "url=website",
    "--set",
    "kind=library",
]
PRACTICES = ["--lang", "en", "--map", "id=external_id", "--map", "fields=body", "--map", "thematic_areas=topics", "--map", "countries.0=place", "--map", "latlng.0.0=lat", "--map", "latlng.0.1=lon", "--map",
             "year=start"]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "options", "rows"),
    [
        ("partners", "orgs/england-libraries/libraries.csv", LIBRARIES, 1080),
        pytest.param("cases", "cases/undp-accelerator-labs/practices.jsonl", PRACTICES, 900, marks=pytest.mark.long),
    ],
)
def test_real_files(new_hub, real_data, capsys, kind, name, options, rows):
    app, file = new_hub(start=True), real_data(name)
    before, log = exported(app), log_ids(app)
    start = time.monotonic()
    said = hub(app, "import", kind, str(file), *options)
    taken = time.monotonic() - start
    summary = next(line for line in said.splitlines() if line.startswith(f"{rows} rows:"))
    created, problems = int(summary.split(":")[1].split()[0]), int(summary.split(",")[-1].split()[0])
    with capsys.disabled():
        print(f"\n[import] {name}: {summary} {rows / taken:.0f} rows/s", end=" ")
    assert created + problems == rows and problems < rows * 0.03, "every row is imported or reported"
    reported = [line for line in said.splitlines() if line.startswith("row ")]
    assert len(reported) == problems and all(": " in line and len(line.split(": ", 1)[1]) > 8 for line in reported)
    grown = log_ids(app)
    assert (
        len(grown) == len(log) + created == len(log) + counted(app, "SELECT count(*) FROM transfer_row WHERE row > 0")
    )
    again = hub(app, "import", kind, str(file), *options)
    assert f"0 created, 0 updated, {created} unchanged, {problems} with a problem" in again and log_ids(app) == grown
    client = app.test_client()
    assert client.get(f"/en/{kind}.json").json["total"] == created
    for path in (
        f"/en/{kind}/",
        f"/ru/{kind}/?sort=title",
        f"/en/{kind}.atom",
        f"/en/{kind}.csv?limit=1000",
        f"/en/{kind}.geojson",
        "/sitemap-0.xml",
        "/api/v1/openapi.json",
    ):
        assert client.get(path).status_code == 200
    assert f"{created} removed, 0 restored." in hub(app, "import", "undo", batch_of(said))
    assert exported(app) == before, "undo gives back an equal export"
    assert grown[: len(log)] == log and log_ids(app)[: len(grown)] == grown
