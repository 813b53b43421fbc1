"""The desk's door to import, undo and export."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sqlite3
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from hub_transfer import tasks
from hub_transfer.importing import Importer
from making import change, csrf_of, folder_of, form_values, run_hub
from openpyxl import load_workbook

from hub.store.db import now, session, writing
from hub.testing.fixtures import sign_in
from hub.work.jobs import JobRow, run_due

HOME = "/desk/transfer/"
TABLE = """Название;Name EN;Тип;Город;Широта;Долгота;E-mail;Примечание;№
Дом соседей;House of neighbours;library;Пермь;58,01;56,25;dom@example.org;позвонить;1
Сад на крыше;;residence;Казань;55,79;49,10;;;2
Битая почта;;museum;Томск;56.5;84.9;no-at-sign;;3
"""


@pytest.fixture
def editor(hub_app):
    return sign_in(hub_app, "editor")


def upload(client, text=TABLE, name="orgs.csv", kind="partner", status=302):
    raw = text if isinstance(text, bytes) else text.encode()
    data = {"csrf_token": csrf_of(client, HOME), "kind": kind, "file": (io.BytesIO(raw), name)}
    answer = client.post(f"{HOME}upload", data=data)
    assert answer.status_code == status, answer.text
    return answer.location


def choose(client, address, do="preview", **changes):
    """Post the columns' form as it stands, with changes."""
    values = dict(form_values(client.get(address).text, "columns")) | changes | {"do": do}
    return client.post(address, data=values)


def chosen(html):
    """Column → what it goes into, as the selects stand."""
    found = {}
    for name, options in re.findall(
        r'name="column\.\d+\.name" value="([^"]*)">\s*<select[^>]*>(.*?)</select>', html, re.S
    ):
        found[unescape(name)] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return found


def text_of(html):
    """The words of a page's main part."""
    html = (re.findall(r"<main.*</main>", html, re.S) or [html])[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def finished(app, client, address):
    run_due(app)
    page = client.get(address)
    assert page.status_code == 200 and 'http-equiv="refresh"' not in page.text, text_of(page.text)
    return page.text


def imported(app, client, text=TABLE, **changes):
    address = upload(client, text, changes.pop("name", "orgs.csv"), changes.pop("kind", "partner"))
    answer = choose(client, address, "run", **changes)
    assert answer.status_code == 302, text_of(answer.text)
    return address, finished(app, client, address)


def titles(app):
    return {item["title"] for item in app.test_client().get("/ru/partners.json").json["items"]}


def files(app):
    return sorted(path.name for path in folder_of(app).glob("data/transfer/*"))


def test_the_whole_walk(hub_app, editor):
    assert f'href="{HOME}"' in editor.get("/desk/").text
    address = upload(editor)
    page = editor.get(address).text
    assert chosen(page) == {"Название": "title.ru", "Name EN": "title.en", "Тип": "kind", "Город": "place.ru", "Широта": "lat",
                            "Долгота": "lon", "E-mail": "email", "Примечание": "", "№": "external_id"}  # fmt: skip
    seen = text_of(page)
    assert (
        "Дом соседей RU" in seen
        and "House of neighbours EN" in seen
        and "Пермь (58.01, 56.25)" in seen
        and "library" in seen
    )
    assert "1 row has a problem" in seen and "Row 4, Битая почта: E-mail: The @ seems to be missing" in seen
    assert titles(hub_app) == set(), "nothing before it is said"
    assert (
        choose(editor, address, **{"column.6": "", "column.7": "summary.ru", "fixed.kind": "museum"}).status_code == 302
    )
    again = editor.get(address).text
    assert (
        chosen(again)["Примечание"] == "summary.ru"
        and chosen(again)["E-mail"] == ""
        and "3 rows were checked" in text_of(again)
    )
    assert choose(editor, address, "run", **{"column.6": "email", "fixed.kind": ""}).location == address
    waiting = editor.get(address).text
    assert '<meta http-equiv="refresh" content="2">' in waiting and "Waits for its turn" in waiting
    done = finished(hub_app, editor, address)
    assert titles(hub_app) == {"Дом соседей", "Сад на крыше"}
    assert "Created 2" in text_of(done) and "Битая почта E-mail: The @ seems to be missing" in text_of(done)
    report = editor.get(f"{address}report.csv")
    assert "attachment" in report.headers["Content-Disposition"] and report.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(report.data.decode("utf-8-sig"))))
    assert (
        [row["outcome"] for row in rows] == ["created", "created", "problem"]
        and rows[2]["reason"].startswith("E-mail")
        and len(rows[0]["uid"]) == 36
    )
    item = hub_app.test_client().get("/ru/partners/dom-sosedei.json").json
    assert item["summary"] == "позвонить" and item["fields"]["kind"] == "library"
    again = imported(hub_app, editor, **{"column.7": "summary.ru"})[1]
    assert "Unchanged 2" in text_of(again) and "Undo" not in text_of(again), "nothing was done, nothing can be undone"


def test_undo_tells_what_was_kept_and_why(hub_app, editor):
    imported(hub_app, editor)
    item = hub_app.test_client().get("/ru/partners/dom-sosedei.json").json
    change(hub_app, item["uid"], lambda doc: doc["texts"]["ru"].update(summary="Edited"))
    home = editor.get(HOME).text
    assert "orgs.csv" in home and f"{HOME}undo/1" in home
    answer = editor.post(f"{HOME}undo/1", data={"csrf_token": csrf_of(editor, HOME)})
    done = finished(hub_app, editor, answer.location)
    assert (
        "1 entry removed" in text_of(done)
        and "House of neighbours it was changed since" in text_of(done)
        and titles(hub_app) == {"Дом соседей"}
    )
    assert "1 entry was left alone" in text_of(editor.get(HOME).text)
    answer = editor.post(f"{HOME}undo/1", data={"csrf_token": csrf_of(editor, HOME), "force": "yes"})
    finished(hub_app, editor, answer.location)
    assert titles(hub_app) == set() and "undone" in text_of(editor.get(HOME).text)
    editor.post(f"{HOME}undo/1", data={"csrf_token": csrf_of(editor, HOME)})
    assert "undone already" in editor.get(HOME).text
    assert editor.post(f"{HOME}undo/99", data={"csrf_token": csrf_of(editor, HOME)}).status_code == 404


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "xlsx"])
def test_export_and_import_again(hub_app, editor, form):
    imported(hub_app, editor)
    answer = editor.post(f"{HOME}export", data={"csrf_token": csrf_of(editor, HOME), "kind": "partner", "format": form})
    assert "2 entries written" in text_of(finished(hub_app, editor, answer.location))
    file = editor.get(f"{answer.location}file")
    assert file.status_code == 200 and f"partners.{form}" in file.headers["Content-Disposition"]
    if form == "xlsx":
        assert load_workbook(io.BytesIO(file.data)).active.max_row == 3
    _, done = imported(hub_app, editor, file.data, name=f"partners.{form}")
    assert "Unchanged 2" in text_of(done) and "Created 0" in text_of(done)


def test_everything_goes_out_and_in(hub_app, editor, new_hub):
    imported(hub_app, editor)
    home = csrf_of(editor, HOME)
    assert editor.post(f"{HOME}export", data={"csrf_token": home, "kind": "all", "format": "csv"}).location == HOME
    assert "JSONL or JSON only" in editor.get(HOME).text
    answer = editor.post(f"{HOME}export", data={"csrf_token": home, "kind": "all", "format": "jsonl"})
    finished(hub_app, editor, answer.location)
    raw = editor.get(f"{answer.location}file").data
    other = new_hub()
    client = sign_in(other, "editor")
    address = upload(client, raw, "all.jsonl", "all")
    assert "are taken as they are" in client.get(address).text and "Дом соседей" in client.get(address).text
    choose(client, address, "run")
    finished(other, client, address)
    assert titles(other) == {"Дом соседей", "Сад на крыше"}


def test_who_may(hub_app, editor):
    address = upload(editor)
    paths = [HOME, address, f"{address}report.csv", f"{address}file"]
    posts = [f"{HOME}upload", f"{HOME}export", f"{HOME}undo/1", address, f"{address}drop"]
    visitor, member = hub_app.test_client(), sign_in(hub_app, "member")
    for path in paths:
        assert "/account/login" in visitor.get(path).location and member.get(path).status_code == 403, path
    token = csrf_of(member, "/desk/cases/new")
    for path in posts:
        assert member.post(path, data={"csrf_token": token}).status_code == 403, path
        assert editor.post(path, data={}).status_code == 400, "no form without its token"
        assert path == address or editor.get(path).status_code in (404, 405), "reading changes nothing"
    assert "transfer" not in member.get("/desk/").text
    assert editor.get(f"{HOME}{'0' * 32}/").status_code == 404 and editor.get(f"{address}file").status_code == 404


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [("title\nOne\n", "x.doc", "not known here"), ("", "x.csv", "the file is empty"), (b"\x98\xff", "x.csv", "save it as UTF-8"), ("{", "x.json", "not JSON"), ("PK", "x.xlsx", "no XLSX workbook"),
     ("title\nOne\n", "", "Choose a file first")],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_and_not_kept(hub_app, editor, text, name, word):
    assert upload(editor, text, name) == HOME
    assert word in unescape(editor.get(HOME).text) and files(hub_app) == []


def test_a_file_stays_in_its_folder_and_names_are_shown_as_text(hub_app, editor):
    address = upload(editor, "title,<b>x</b>\n<script>One,=2\n", "../../..\\evil<i>.csv")
    page = editor.get(address).text
    assert "evil&lt;i&gt;.csv" in page and "<script>One" not in page and "<b>x" not in page
    assert files(hub_app) == [f"{Path(address).name}.csv"] and not list(folder_of(hub_app).glob("**/evil*"))
    editor.post(f"{address}drop", data={"csrf_token": csrf_of(editor, address)})
    assert files(hub_app) == [] and editor.get(address).status_code == 404


def test_the_page_says_what_plugins_read_beside_tables(new_hub):
    page = sign_in(new_hub(["transfer", "partners", "events"]), "editor").get(HOME).text
    assert "Calendar (.ics)" in page.partition('type="file"')[0]
    assert "Calendar (.ics)" not in sign_in(new_hub(["transfer", "partners"]), "editor").get(HOME).text


def test_an_upload_that_is_too_large(new_hub):
    app = new_hub(toml="[plugin.transfer]\nupload_mb = 1\n")
    client = sign_in(app, "editor")
    upload(client, "title\n" + "One\n" * 100_000)
    upload(client, "title\n" + "One\n" * 400_000, status=413)
    large = new_hub(toml="[limits]\nform_bytes = 100000\n")
    upload(sign_in(large, "editor"), "title\n" + "One\n" * 100_000)


def test_faults_of_the_form(hub_app, editor):
    address = upload(editor, "a,b\nOne,Two\n")
    assert "Choose the column with the title." in editor.get(address).text
    answer = choose(editor, address, "run")
    assert answer.status_code == 422 and "Choose the column with the title." in answer.text
    answer = choose(editor, address, "run", **{"column.0": "title.en", "column.1": "title.en"})
    assert answer.status_code == 422 and "“a” and “b” go into the same field" in answer.text
    assert choose(editor, address, kind="nothing").status_code == 400
    assert choose(editor, address, **{"column.0": "title.en", "column.1": "no-such-field"}).status_code == 302
    assert chosen(editor.get(address).text) == {"a": "title.en", "b": ""}
    choose(editor, address, kind="case")
    assert "Practices" in text_of(editor.get(address).text)
    run_due(hub_app)
    assert titles(hub_app) == set()


def test_a_number_of_columns_that_no_form_has_keeps_nobody_busy(editor, timed):
    address = upload(editor)
    with timed(5):
        assert choose(editor, address, columns=str(10**8)).status_code == 302
    assert chosen(editor.get(address).text)["Название"] == "title.ru"


def test_drafts_languages_and_sources(hub_app, editor):
    _, done = imported(hub_app, editor, "name,id\nOne,1\n", status="draft", language="ru", source="the old site")
    assert "Created 1" in text_of(done) and titles(hub_app) == set()
    assert run_hub(folder_of(hub_app), "export", "partners", str(folder_of(hub_app) / "x.jsonl"))[0] == 0
    text = (folder_of(hub_app) / "x.jsonl").read_text()
    assert '"status": "draft"' in text and '"origin": "the old site"' in text and '"ru": {"title": "One"' in text


def test_the_russian_desk(hub_app, editor):
    editor.get(f"{HOME}?lang=ru")
    address = upload(editor)
    page = text_of(editor.get(address).text)
    assert "1 строка с ошибкой" in page and "Похоже, пропущен знак @" in page
    choose(editor, address, "run")
    done = text_of(finished(hub_app, editor, address))
    assert "Создано 2" in done and "Похоже, пропущен знак @" in done, "the worker speaks the editor's language"
    assert "итог" in editor.get(f"{address}report.csv").data.decode("utf-8-sig").splitlines()[0]


def test_a_worker_that_dies_goes_on_without_doubles(hub_app, editor, monkeypatch):
    """Rows without any number, so that only the notes of the import can tell which were taken."""
    from hub_transfer import importing

    monkeypatch.setattr(importing, "CHUNK", 10)
    monkeypatch.setattr(importing, "TURN", 0)
    address = upload(editor, "title,holder\n" + "".join(f"Practice {n},\n" for n in range(35)), "p.csv", "case")
    choose(editor, address, "run")
    real, calls = importing.Importer._take, []

    def dying(self, chunk):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, chunk)

    monkeypatch.setattr(importing.Importer, "_take", dying)
    with pytest.raises(KeyboardInterrupt):
        run_due(hub_app)
    assert hub_app.test_client().get("/en/cases.json").json["total"] == 20, "what was committed is kept"
    assert 'value="20"' in editor.get(address).text and "At work: 20 of 35." in text_of(editor.get(address).text)
    with hub_app.app_context(), writing():
        session().execute(
            sa.update(JobRow)
            .where(JobRow.state == "running")
            .values(lease_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        )
        session().commit()
    done = finished(hub_app, editor, address)
    assert "Created 35" in text_of(done) and hub_app.test_client().get("/en/cases.json").json["total"] == 35
    assert len(editor.get(f"{address}report.csv").data.decode().splitlines()) == 36
    answer = editor.post(f"{HOME}undo/1", data={"csrf_token": csrf_of(editor, HOME)})
    assert "35 entries removed" in text_of(finished(hub_app, editor, answer.location))


def test_files_go_after_a_week(hub_app, editor):
    import os
    import time

    from hub_transfer.models import Task
    from hub_transfer.tasks import tidy

    old, _ = imported(hub_app, editor)
    new = upload(editor)
    waiting = upload(editor)
    choose(editor, waiting, "run")
    with hub_app.app_context(), writing():
        numbers = [Path(address).name for address in (old, waiting)]
        session().execute(
            sa.update(Task).where(Task.id.in_(numbers)).values(created=dt.datetime.now(dt.UTC) - dt.timedelta(days=8))
        )
        session().commit()
    for path in (folder_of(hub_app) / "data" / "transfer").iterdir():
        os.utime(path, (time.time() - 9000,) * 2)
    with hub_app.app_context():
        tidy()
    assert editor.get(old).status_code == 404 and editor.get(new).status_code == 200
    assert files(hub_app) == sorted(f"{Path(address).name}.csv" for address in (new, waiting)), "what waits is kept"
    assert "orgs.csv" in editor.get(HOME).text, "the import itself is still known"


def test_a_plugin_that_is_off_meanwhile(new_hub):
    app = new_hub()
    client = sign_in(app, "editor")
    address = upload(client)
    choose(client, address, "run")
    run_hub(folder_of(app), "plugin", "off", "partners")
    run_due(app)
    page = client.get(address)
    assert page.status_code == 200 and "is not switched on here" in page.text


def test_a_repeated_id_is_told_before_the_import_and_not_only_after(editor):
    address = upload(editor, "external_id,title,kind\n1,Reading room,library\n2,Tool shed,library\n1,Twice,library\n")
    page = text_of(editor.get(address).text)
    assert "1 row has a problem" in page and "Row 4, Twice: the same id stands in row 2 already" in page


ODD = [
    {"kind": "partner", "texts": 5}, {"kind": "partner", "texts": {"en": 5}}, {"kind": "partner", "texts": {"en": {"title": "A", "fields": 3}}},
    {"kind": "partner", "texts": {"en": {"title": "A"}}, "places": [1]}, {"kind": "partner", "texts": {"en": {"title": "A"}}, "links": {"part_of": "abc"}},
    {"kind": "partner", "texts": {"en": {"title": "A"}}, "data": [1]}, {"kind": "partner", "texts": {"en": {"title": "A"}}, "topics": [{}]},
    {"kind": "partner", "texts": {"en": {"title": "A"}}, "created": "yesterday"}, {"kind": "topic", "topic": 5},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["all", "partner"])
def test_documents_of_any_form_are_shown_and_told_in_words(hub_app, editor, kind):
    good = {"kind": "partner", "texts": {"en": {"title": "Good house"}}, "data": {"kind": "library"}}
    editor.get("/desk/?lang=ru")
    text = "".join(json.dumps(row) + "\n" for row in (*ODD, good)) + '{"kind": }\n'
    address = upload(editor, text, "all.jsonl", kind)
    page = editor.get(address)
    assert page.status_code == 200 and "Good house" in page.text
    assert choose(editor, address, "run").status_code == 302
    told = text_of(finished(hub_app, editor, address))
    assert "Создано 1" in told and "строка — не JSON: посмотрите на знак 10" in told
    assert told.count("не в том виде, что в выгрузке") == 7 and "не момент вроде" in told
    assert not re.search(r"Error|object|isoformat|Expecting", told), told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("head.csv", "title,kind\n", "there are no rows in it"), ("none.jsonl", "\n", "there are no rows in it"),
     ("cut.jsonl", '{"title": "Reading', "none of its rows can be read. Row 1: ")],
)  # fmt: skip
def test_a_file_without_a_row_that_can_be_read_is_refused_with_the_reason(editor, name, text, said):
    assert upload(editor, text, name) == HOME
    page = editor.get(HOME).text
    assert f"{name}: {said}" in unescape(page) and "columns to be matched" not in page, "nothing is kept of it"


def test_a_full_disk_gives_up_no_import(hub_app, editor, monkeypatch):
    """However often the worker has met it: once there is room, every row is there."""
    address = upload(editor)
    choose(editor, address, "run")
    real, tries = Importer._take, []

    def full(self, chunk):
        tries.append(1)
        if len(tries) <= 2 * tasks.ATTEMPTS:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise sa.exc.OperationalError("INSERT", {}, error)
        real(self, chunk)

    monkeypatch.setattr(Importer, "_take", full)
    for _ in range(2 * tasks.ATTEMPTS + 1):
        with hub_app.app_context(), writing():
            session().execute(sa.update(JobRow).where(JobRow.name == "transfer.work").values(run_at=now()))
            session().commit()
        run_due(hub_app)
    assert "Created 2" in text_of(finished(hub_app, editor, address)) and len(titles(hub_app)) == 2
