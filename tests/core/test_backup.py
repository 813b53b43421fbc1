"""`hub backup` and `hub restore`: all of an instance, from one moment, on either database; never over one in use."""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing

import pytest
from commands import environment

from hub.testing.fixtures import csrf
from hub.testing.server import Server

CASES = ("cases", "partners")
LIBRARY = {"name": ["Green Library", "Night Library"], "id": ["a1", "a2"]}


@pytest.fixture
def kept(hub_instances, command, tmp_path):
    """(an instance with content, its backup)"""
    folder = hub_instances.make(CASES)
    command(folder, "demo", "--logins", check=True)
    (folder / "static").mkdir(exist_ok=True)
    (folder / "static" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "data" / "made").mkdir()
    (folder / "data" / "made" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    (folder / "data" / "made" / "big").write_text("made anew")
    file = tmp_path / "kept.tar.gz"
    command(folder, "backup", str(file), check=True)
    return folder, file


def exported(command, folder, tmp_path):
    file = tmp_path / f"{folder.name}.json"
    command(folder, "export", "all", str(file), check=True)
    return json.loads(file.read_text())


def rows(folder):
    """Every row of every table, and the numbers that tables gave last."""
    with closing(sqlite3.connect(folder / "data" / "hub.db")) as db:
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'hub_job'")]
        found = {name: map(repr, db.execute(f'SELECT * FROM "{name}"')) for name in names}
        return {name: sorted(row.replace(".000000'", "'") for row in lines) for name, lines in found.items()}


def test_an_instance_comes_back_as_it_was(kept, command, tmp_path):
    folder, file = kept
    other = tmp_path / "other"
    assert file.stat().st_mode & 0o777 == 0o600, "it holds secrets"
    command(other, "restore", str(file), check=True)
    assert rows(other) == rows(folder)
    assert exported(command, other, tmp_path) == exported(command, folder, tmp_path)
    for name in ("hub.toml", "plugins.txt", "static/logo.svg", "data/secret_key"):
        assert (other / name).read_bytes() == (folder / name).read_bytes()
    assert (other / "data/secret_key").stat().st_mode & 0o077 == 0
    assert not (other / "data/made").exists() or not (other / "data/made/big").exists(), "what is made anew stays out"
    assert command(other, "doctor").status == command(folder, "doctor").status


def test_numbers_are_never_given_twice(kept, command, tmp_path):
    """The change log's numbers go on where they were, also where the newest rows are gone."""
    folder, _ = kept
    with closing(sqlite3.connect(folder / "data/hub.db")) as db, db:
        last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'hub_change'").fetchone()[0]
        db.execute("DELETE FROM hub_change WHERE id > ?", (last - 3,))
    command(folder, "backup", str(tmp_path / "second.tar.gz"), check=True)
    command(tmp_path / "other", "restore", str(tmp_path / "second.tar.gz"), check=True)
    with closing(sqlite3.connect(tmp_path / "other/data/hub.db")) as db:
        assert db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'hub_change'").fetchone()[0] == last


@pytest.mark.postgres
def test_from_sqlite_to_postgresql_and_back(kept, command, tmp_path, postgres_url):
    folder, file = kept
    url = postgres_url.new_database()
    middle, end = tmp_path / "middle", tmp_path / "end"
    middle.mkdir()
    (middle / "hub.toml").write_text(f'[site]\nlanguages = ["en", "ru"]\n[database]\nurl = "{url}"\n')
    command(middle, "init", "--preset", "association", "--languages", "en,ru", check=True)
    command(middle, "restore", str(file), check=True)
    assert exported(command, middle, tmp_path) == exported(command, folder, tmp_path)
    assert "Demo: 0 made" in command(middle, "demo", check=True).out, "and it goes on from there"
    command(middle, "user", "add", "new@example.org", "--role", "member", check=True)  # a number nobody had
    command(middle, "backup", str(tmp_path / "back.tar.gz"), check=True)
    command(end, "restore", str(tmp_path / "back.tar.gz"), check=True, HUB_DATABASE__URL="")
    assert exported(command, end, tmp_path) == exported(command, folder, tmp_path)
    postgres_url.drop(url)


def test_what_belongs_to_a_plugin_that_is_off_or_gone(hub_instances, command, tmp_path):
    folder = hub_instances.make([*CASES, "suggest"])
    with closing(sqlite3.connect(folder / "data/hub.db")) as db, db:
        db.execute("INSERT INTO suggest_canned (texts) VALUES ('{\"en\": \"Thank you.\"}')")
        db.execute("CREATE TABLE gone_thing (id INTEGER PRIMARY KEY, word TEXT)")
        db.execute("INSERT INTO gone_thing VALUES (1, 'lost')")
    command(folder, "plugin", "off", "suggest", check=True)
    command(folder, "backup", str(tmp_path / "b.tar.gz"), check=True)
    done = command(tmp_path / "other", "restore", str(tmp_path / "b.tar.gz"), check=True)
    assert "gone_thing (1 rows)" in done.err
    assert rows(tmp_path / "other")["suggest_canned"] == rows(folder)["suggest_canned"]


@pytest.mark.long
def test_a_backup_of_a_busy_site_is_of_one_moment(hub_instances, command, tmp_path):
    """While an import writes, every backup holds whole transactions only: each item with its text and its change."""
    folder = hub_instances.make(CASES)
    table = tmp_path / "many.csv"
    table.write_text("title,id\n" + "".join(f"Library {n},x{n}\n" for n in range(4000)))
    words = (sys.executable, "-m", "hub", "import", "partners", str(table), "--lang", "en", "--map", "id=external_id")
    with subprocess.Popen(words, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as busy:
        seen = []
        while busy.poll() is None and len(seen) < 6:
            file = tmp_path / f"{len(seen)}.tar.gz"
            command(folder, "backup", str(file), check=True)
            seen.append(file)
            time.sleep(0.2)
        busy.wait()
    counts = []
    for file in (seen[0], seen[-1]):
        other = tmp_path / f"of-{file.stem}"
        command(other, "restore", str(file), check=True)
        with closing(sqlite3.connect(other / "data/hub.db")) as db:
            one = "SELECT count(*) FROM content WHERE kind = 'partner'"
            items, texts, changes = (db.execute(query).fetchone()[0] for query in (
                one, f"SELECT count(*) FROM content_text WHERE content_id IN ({one.replace('count(*)', 'id')})",
                "SELECT count(*) FROM hub_change WHERE kind = 'partner'"))  # fmt: skip
        assert items == texts == changes
        counts.append(items)
    assert 4000 not in (counts[0],) or len(seen) == 1, "the import was over before the first backup: it tells nothing"


def test_it_answers_and_people_sign_in(kept, command, tmp_path):
    _, file = kept
    other = tmp_path / "other"
    command(other, "restore", str(file), check=True)
    from hub.app import create_app
    from hub.settings import load_settings

    app = create_app(settings=load_settings(other, {}))
    assert app.test_client().get("/ru/cases/").status_code == 200
    login = (other / "data/demo-logins.txt").read_text().split()
    client = app.test_client()
    data = {"email": login[4], "password": login[5], "csrf_token": csrf(client.get("/account/login").text)}
    assert client.post("/account/login", data=data).status_code == 302 and client.get("/desk/").status_code == 200


# --- what is refused


def test_nothing_is_overwritten(kept, command, tmp_path):
    folder, file = kept
    before = rows(folder)
    refused = command(folder, "restore", str(file))
    assert refused.status == 1 and "in use" in refused.err and "Traceback" not in refused.err
    again = command(folder, "backup", str(file))
    assert again.status == 1 and "exists" in again.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    assert command(tmp_path / "full", "restore", str(file)).status == 1
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"] and rows(folder) == before


def packed(path, **files):
    with tarfile.open(path, "w:gz") as pack:
        for name, text in files.items():
            part = tarfile.TarInfo(name)
            part.size = len(text)
            pack.addfile(part, io.BytesIO(text))
    return path


@pytest.mark.parametrize(("files", "why"), [
    (None, "cannot be read as a backup"), ({"other": b"x"}, "cannot be read as a backup"),
    ({"../../escaped": b"x"}, "holds what no backup does"), ({"/tmp/escaped": b"x"}, "holds what no backup does"),
    ({"backup.json": b'{"format": 99, "release": "9.0"}'}, "made by release 9.0"),
    ({"backup.json": json.dumps({"format": 1, "release": "9.0", "made": "2030-01-01", "rows": {}, "last_numbers": {},
                                 "revisions": {"hub": ["9999"]}}).encode(), "instance/hub.toml": b"[site]\n", "instance/data/secret_key": b"0" * 64}, "newer than this release"),
])  # fmt: skip
def test_a_bad_file_says_what_is_wrong(command, tmp_path, files, why):
    file = tmp_path / "bad.tar.gz"
    if files is None:
        file.write_bytes(b"no archive")
    else:
        packed(file, **files)
    done = command(tmp_path / "new", "restore", str(file))
    assert done.status == 1 and why in done.err and len(done.err.splitlines()) == 1
    assert not (tmp_path / "escaped").exists() and not list(tmp_path.glob("**/escaped"))


def test_killed_half_way_leaves_no_file(kept, tmp_path):
    folder, _ = kept
    target = tmp_path / "half.tar.gz"
    words = (sys.executable, "-m", "hub", "backup", str(target))
    process = subprocess.Popen(words, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.glob(".backup-*")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not target.exists() or tarfile.is_tarfile(target)


def test_while_the_site_serves(kept, command, tmp_path):
    folder, _ = kept
    with Server(folder):
        assert "rows of" in command(folder, "backup", str(tmp_path / "live.tar.gz"), check=True).out
