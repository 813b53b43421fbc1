"""The `hub` command: what it does, and that every error is one plain line with a status."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
from commands import environment

from hub.app import create_app
from hub.cli import cli, instance, manage  # noqa: F401  (every command is known)
from hub.store import db
from hub.testing.fixtures import csrf


@pytest.fixture
def folder(hub_instances):
    """A migrated instance with partners and cases, without the programme's own content."""
    return hub_instances.make(("partners", "cases"))


def failed(done, *words):
    """The command said what is wrong, on standard error only, without a traceback."""
    assert done.status != 0 and done.out == "", done
    assert "Traceback" not in done.err and all(word in done.err for word in words), done.err
    return done


def page(folder, path):
    app = create_app(folder, strict=True)
    answer = app.test_client().get(path)
    with app.app_context():
        db.engine().dispose()
    return answer


def sign_in(folder, email, password):
    app = create_app(folder, strict=True)
    client = app.test_client()
    form = {"email": email, "password": password, "csrf_token": csrf(client.get("/account/login").text)}
    status = client.post("/account/login", data=form).status_code
    with app.app_context():
        db.engine().dispose()
    return status == 302


# --- help


def every_command(group=cli, path=()):
    yield path
    for name, found in group.commands.items():
        if isinstance(found, click.Group):
            yield from every_command(found, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(every_command()), ids=" ".join)
def test_every_command_has_help(path, command, tmp_path):
    done = command(tmp_path / "nowhere", *path, "--help", check=True)
    assert done.out.startswith("Usage: ") and done.err == ""
    explained = re.search(r"\n\n  (\w.+?\.)\s", done.out, re.DOTALL)
    assert explained, f"hub {' '.join(path)} --help does not say what it does"


def test_the_promised_commands_are_there():
    found = {" ".join(path) for path in every_command()}
    assert {"init", "serve", "worker", "demo", "upgrade", "doctor", "plugin list", "plugin on", "plugin off", "theme list",
            "theme use", "user add", "user role", "user password", "settings list", "settings set", "jobs list", "jobs run",
            "changes"} <= found  # fmt: skip


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_demo_of_one_language_leaves_out_what_is_told_in_the_other(command, tmp_path, language):
    folder = tmp_path / "one"
    command(tmp_path, "--instance", str(folder), "init", "--preset", "association", "--languages", language, check=True)
    told = command(folder, "demo", check=True)
    assert re.search(r"Demo: \d{2,} made, 0 updated", told.out) and not told.err


def test_commands_of_plugins_stand_beside_them(command, folder):
    listed = command(folder, "--help", check=True).out
    assert re.search(r"^  export ", listed, re.M) and re.search(r"^  import ", listed, re.M) and "  demo " in listed
    for words in (("import",), ("import", "undo"), ("import", "list"), ("export",)):
        assert re.match(rf"Usage: .*{words[0]} ", command(folder, *words, "--help", check=True).out)
    assert "  demo " in command(folder.parent / "nowhere", "--help", check=True).out


def test_version(command, tmp_path):
    assert re.fullmatch(r"hub, version \d+\.\d+\.\d+\n", command(tmp_path, "--version", check=True).out)


# --- init


def test_init_makes_an_instance_that_answers(command, tmp_path):
    folder = tmp_path / "new"
    done = command(folder, "init", "--name", 'Сеть "Сад"', "--languages", "ru,en", "--admin", "anna@example.org", check=True)
    assert str(folder) in done.out
    password = re.search(r"password (\S+)", done.out).group(1)
    wanted = (folder / "plugins.txt").read_text().split("\n")
    assert {"partners", "cases", "search"} <= set(wanted)
    home = page(folder, "/ru/")
    assert home.status_code == 200 and "Сеть" in home.text and page(folder, "/").location == "/ru/"
    assert page(folder, "/ru/pages/about/").status_code == 200
    assert sign_in(folder, "anna@example.org", password)
    assert (folder / "data" / "secret_key").stat().st_mode & 0o77 == 0

    before = {path: path.read_bytes() for path in (folder / "hub.toml", folder / "plugins.txt", folder / "data" / "secret_key")}
    exported = tmp_path / "before.jsonl"
    command(folder, "export", "all", str(exported), check=True)
    again = command(folder, "init", "--preset", "garden", "--name", "Other", check=True)
    assert "ready" in again.out and {path: path.read_bytes() for path in before} == before
    command(folder, "export", "all", str(tmp_path / "after.jsonl"), check=True)
    assert exported.read_bytes() == (tmp_path / "after.jsonl").read_bytes()


def test_init_with_a_preset(command, tmp_path):
    command(tmp_path / "city", "init", "--preset", "city", check=True)
    wanted = (tmp_path / "city" / "plugins.txt").read_text()
    assert "partners" in wanted and "cases" not in wanted
    failed(command(tmp_path / "other", "init", "--preset", "village"), "village", "association")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("words", [("--languages", "english"), ("--languages", " , "), ("--url", "example.org")])
def test_init_with_nonsense_makes_nothing(command, tmp_path, words):
    """Otherwise the next, right `hub init` would find a hub.toml it must not touch."""
    folder = tmp_path / "new"
    failed(command(folder, "init", *words))
    assert not (folder / "hub.toml").exists()
    command(folder, "init", "--preset", "garden", check=True)
    assert page(folder, "/en/").status_code == 200


def test_init_where_no_folder_can_be_made(command, tmp_path):
    (tmp_path / "file").write_text("")
    failed(command(tmp_path / "file", "init"), str(tmp_path / "file"), "choose another place")
    assert "Errno" not in command(tmp_path / "file", "init").err


def test_init_completes_what_is_missing(command, tmp_path):
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "hub.toml").write_text('[site]\nname = "Half"\nlanguages = ["en"]\n')
    (folder / "plugins.txt").write_text("partners\n")
    command(folder, "init", check=True)
    assert page(folder, "/en/partners/").status_code == 200 and "Half" in page(folder, "/en/").text


def test_init_again_tells_what_it_leaves_alone(command, tmp_path):
    """Who repeats `hub init` with another address or name must not believe that it is set."""
    folder = tmp_path / "again"
    first = command(folder, "init", "--preset", "garden", "--admin", "you@example.org", check=True)
    assert first.err == "" and "first administrator" not in first.out
    again = command(folder, "init", "--url", "https://hub.example.org", check=True)
    assert "stay as they are" in again.err and "hub.example.org" not in (folder / "hub.toml").read_text()
    assert "first administrator" not in again.out  # there is one
    assert command(folder, "init", check=True).err == ""


# --- plugins


def on(folder):
    return [line for line in (folder / "plugins.txt").read_text().splitlines() if not line.startswith("#")]


def test_plugins_on_and_off(command, folder):
    listed = command(folder, "plugin", "list", check=True).out
    assert re.search(r"^on\s+partners\b", listed, re.M) and re.search(r"^off\s+search\b", listed, re.M)
    assert "off" in command(folder, "plugin", "off", "hub_cases", check=True).out
    assert on(folder) == ["partners"] and page(folder, "/en/cases/").status_code == 404
    assert re.search(r"^off\s+cases\b", command(folder, "plugin", "list", check=True).out, re.M)
    failed(command(folder, "plugin", "off", "cases"), "cases is not on")
    for name in ("cases", "hub_cases"):
        command(folder, "plugin", "on", name, check=True)
        assert on(folder) == ["partners", "cases"]
    assert page(folder, "/en/cases/").status_code == 200
    failed(command(folder, "plugin", "on", "nonsense"), "nonsense", "plugin list")
    failed(command(folder, "plugin", "off", "nonsense"), "nonsense")
    assert on(folder) == ["partners", "cases"]


def test_a_plugin_that_others_need_stays(command, folder):
    card = "from hub.api import Plugin\nplugin = Plugin('{0}', '{0}', requires=({1}))\n"
    (folder / "plugins" / "upper.py").write_text(card.format("upper", "'lower',"))
    (folder / "plugins" / "lower.py").write_text(card.format("lower", ""))
    failed(command(folder, "plugin", "on", "upper"), "it needs lower")
    command(folder, "plugin", "on", "lower", check=True)
    command(folder, "plugin", "on", "upper", check=True)
    failed(command(folder, "plugin", "off", "lower"), "upper needs lower")
    assert on(folder) == ["partners", "cases", "lower", "upper"]


def test_switching_on_makes_the_tables(command, folder):
    """A plugin with tables of its own: its migrations run when it is switched on, and by `hub upgrade`."""
    plugin = folder / "plugins" / "hub_boxes"
    (plugin / "migrations").mkdir(parents=True)
    (plugin / "__init__.py").write_text("from hub.api import Plugin\nplugin = Plugin('boxes', 'Boxes')\n")
    (plugin / "hooks.py").write_text("")
    revision = (
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '{0}', {1!r}\n"
        "branch_labels = depends_on = None\n\ndef upgrade():\n"
        "    op.create_table('boxes_{0}', sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    (plugin / "migrations" / "a.py").write_text(revision.format("a", None))
    command(folder, "plugin", "on", "boxes", check=True)
    assert command(folder, "upgrade", check=True).out == "Everything is up to date.\n"
    (plugin / "migrations" / "b.py").write_text(revision.format("b", "a"))
    failing = command(folder, "doctor")
    assert failing.status == 1 and "hub upgrade" in failing.out and "boxes" in failing.out
    kept, said = command(folder, "upgrade", check=True).out.splitlines()
    assert said == "Upgraded: boxes" and "before-upgrade-" in kept and list((folder / "data/backups").glob("*.tar.gz"))
    with sqlite3.connect(folder / "data" / "hub.db") as connection:
        tables = {name for name, in connection.execute("SELECT name FROM sqlite_master")}
    assert {"boxes_a", "boxes_b"} <= tables
    assert command(folder, "doctor").status == 0


def test_a_broken_plugin_does_not_break_the_command(command, folder):
    (folder / "plugins" / "broken.py").write_text("import nothing_of_that_name\n")
    failed(command(folder, "plugin", "on", "broken"), "nothing_of_that_name")
    assert on(folder) == ["partners", "cases"]
    (folder / "plugins.txt").write_text("partners\nbroken\nabsent\ncases\n")
    listed = command(folder, "plugin", "list", check=True).out
    assert re.search(r"on\s+broken\s+.*nothing_of_that_name", listed) and re.search(r"on\s+absent\s+.*not installed", listed)
    checked = command(folder, "doctor", check=True)
    assert re.search(r"look\s+plugin\.broken\s+.*nothing_of_that_name", checked.out)
    command(folder, "changes", check=True)
    command(folder, "plugin", "off", "broken", check=True)
    assert on(folder) == ["partners", "absent", "cases"]


# --- people


def test_accounts(command, folder):
    done = command(folder, "user", "add", "Anna@Example.org", "--role", "editor", "--name", "Anna", check=True)
    password = re.search(r"password (\S+)", done.out).group(1)
    assert sign_in(folder, "anna@example.org", password) and not sign_in(folder, "anna@example.org", password + "x")
    assert re.search(r"anna@example\.org\s+editor", command(folder, "user", "list", check=True).out, re.I)
    command(folder, "user", "role", "anna@example.org", "admin", check=True)
    assert re.search(r"anna@example\.org\s+admin\n", command(folder, "user", "list", check=True).out, re.I)
    done = command(folder, "user", "password", "anna@example.org", check=True)
    fresh = re.search(r": (\S+) \(shown only now\)", done.out).group(1)
    assert fresh != password and sign_in(folder, "anna@example.org", fresh) and not sign_in(folder, "anna@example.org", password)

    failed(command(folder, "user", "add", "anna@example.org"), "already")
    failed(command(folder, "user", "add", "nobody"), "nobody", "e-mail")
    failed(command(folder, "user", "add", "b@example.org", "--role", "king"), "king", "member, editor, admin")
    failed(command(folder, "user", "add", "b@example.org", "--password", "short"), "10")
    failed(command(folder, "user", "role", "anna@example.org", "king"), "king")
    for words in (("role", "c@example.org", "admin"), ("password", "c@example.org")):
        failed(command(folder, "user", *words), "no account", "c@example.org")
    assert "b@example.org" not in command(folder, "user", "list", check=True).out


# --- settings and themes

KNOBS = """
from hub.api import Choice, Plugin, Setting, hookimpl

plugin = Plugin("knobs", "Knobs")

@hookimpl
def settings():
    return [
        Setting("count", "int", 5, minimum=1, maximum=9), Setting("loud", "bool", False), Setting("words", "list", ["a"]),
        Setting("mood", "choice", "calm", choices=(Choice("calm", "Calm"), Choice("gay", "Gay"))),
        Setting("token", "secret", ""), Setting("pinned", "str", ""), Setting("shape", "json", {}),
    ]
"""


def test_settings(command, hub_instances):
    folder = hub_instances.make(("knobs",), files={"plugins/knobs.py": KNOBS}, toml='[plugin.knobs]\npinned = "by file"\n')

    def values():
        listed = command(folder, "settings", "list", check=True).out
        return dict(line.split(" = ", 1) for line in listed.splitlines())

    assert values()["knobs.count"] == "5" and values()["knobs.pinned"] == "'by file'" and values()["hub.theme"] == "'commons'"
    for name, text, shown in (("count", "7", "7"), ("loud", "yes", "True"), ("mood", "gay", "'gay'"), ("words", "x\ny\n", "['x', 'y']"),
                              ("shape", '{"a": 1}', "{'a': 1}")):  # fmt: skip
        command(folder, "settings", "set", f"knobs.{name}", text, check=True)
        assert values()[f"knobs.{name}"] == shown
    command(folder, "settings", "set", "knobs.token", "hush-hush", check=True)
    assert "hush" not in command(folder, "settings", "list", check=True).out
    before = values()
    for name, text, reason in (
        ("count", "many", "whole number"), ("count", "0", "At least 1"), ("count", "10", "At most 9"), ("loud", "perhaps", "yes or no"),
        ("count", "-5", "At least 1"), ("shape", "{bad", "JSON"), ("shape", "[1]", "JSON"), ("mood", "sad", "calm, gay"), ("pinned", "x", "hub.toml"), ("nonsense", "x", "`hub settings list`"),
    ):  # fmt: skip
        failed(command(folder, "settings", "set", f"knobs.{name}", text), f"knobs.{name}", reason)
    assert values() == before


def test_a_setting_that_would_do_nothing_is_refused_with_what_is_possible(command, hub_instances):
    plugins = ("partners", "cases", "duplicates", "freshness", "activitypub", "feedback", "greenmap", "news")
    folder = hub_instances.make(plugins)
    for name, text, reason in (
        ("duplicates.kinds", "case, partnr", "case, "), ("freshness.kinds", "Партнёр", "partner"), ("activitypub.kinds", "cases", "case"),
        ("feedback.rated", "all", "initiative"), ("feedback.commented", "x", "proposal"), ("activitypub.name", "сад", "Latin letters"),
        ("greenmap.tiles", "foo", "{z}"), ("greenmap.layers", "[1]", "name | https://"), ("greenmap.pmtiles", "x.png", ".pmtiles"),
        ("news.hubs", "хаб", "web address"),
    ):  # fmt: skip
        failed(command(folder, "settings", "set", name, text), name, reason)
    for name, text, shown in (
        ("duplicates.kinds", "case partner", "['case', 'partner']"), ("activitypub.kinds", "", "[]"), ("activitypub.name", "tree_hub", "'tree_hub'"),
        ("feedback.commented", "event,proposal", "['event', 'proposal']"), ("greenmap.tiles", "", "''"),  # event: of a plugin that is off
    ):  # fmt: skip
        command(folder, "settings", "set", name, text, check=True)
        assert f"{name} = {shown}\n" in command(folder, "settings", "list", check=True).out


def test_a_setting_pinned_in_the_environment(command, hub_instances):
    folder = hub_instances.make(("knobs",), files={"plugins/knobs.py": KNOBS})
    listed = command(folder, "settings", "list", check=True, HUB_PLUGIN__KNOBS__COUNT="3").out
    assert "knobs.count = 3\n" in listed
    failed(command(folder, "settings", "set", "knobs.count", "4", HUB_PLUGIN__KNOBS__COUNT="3"), "environment")


def test_themes(command, folder):
    listed = command(folder, "theme", "list", check=True).out
    assert re.search(r"^\* commons", listed, re.M)
    (folder / "themes" / "meadow2").mkdir(parents=True)
    (folder / "themes" / "meadow2" / "tokens.css").write_text(":root { --paper: #efe }\n")
    command(folder, "theme", "use", "meadow2", check=True)
    assert re.search(r"^\* meadow2", command(folder, "theme", "list", check=True).out, re.M)
    assert "theme-meadow2" in page(folder, "/en/").text
    failed(command(folder, "theme", "use", "nonsense"), "commons")
    assert re.search(r"^\* meadow2", command(folder, "theme", "list", check=True).out, re.M)


# --- looking after it


def test_doctor_is_content(command, folder):
    done = command(folder, "doctor", check=True)
    assert "FAIL" not in done.out and "core.database" in done.out
    found = json.loads(command(folder, "doctor", "--json", check=True).out)
    assert {check["name"] for check in found} >= {"core.database", "core.disk", "core.migrations", "jobs", "mail"}
    assert all(check["state"] == "ok" for check in found)


def test_doctor_without_tables(command, folder):
    (folder / "data" / "hub.db").unlink()
    done = command(folder, "doctor")
    assert done.status == 1 and re.search(r"FAIL\s+core\.database\s.*hub upgrade", done.out) and "Traceback" not in done.err
    command(folder, "upgrade", check=True)
    assert command(folder, "doctor").status == 0


def test_changes(command, folder, tmp_path):
    assert command(folder, "changes", check=True).out == ""
    (tmp_path / "some.csv").write_text("title\nOne\nTwo\nThree\n")
    command(folder, "import", "partners", str(tmp_path / "some.csv"), check=True)
    lines = command(folder, "changes", check=True).out.splitlines()
    numbers = [int(line.split()[0]) for line in lines]
    assert numbers == sorted(numbers) and len(numbers) == 3 and all(" published " in line for line in lines)
    assert command(folder, "changes", "--since", str(numbers[1]), check=True).out.splitlines() == lines[2:]
    assert command(folder, "changes", "--limit", "1", check=True).out.splitlines() == lines[:1]
    failed(command(folder, "changes", "--since", "yesterday"), "yesterday")
    failed(command(folder, "changes", "--limit", "-1"), "-1")


def test_jobs(command, hub_instances):
    body = (
        "import pathlib\nfrom hub.api import Job, Plugin, hookimpl\nplugin = Plugin('tick', 'Tick')\n"
        "log = pathlib.Path(__file__).parent / 'tick.log'\n\n@hookimpl\ndef jobs():\n"
        "    return [Job('tock', lambda: log.write_text('ran')), Job('bad', lambda: 1 / 0, every=60)]\n"
    )
    folder = hub_instances.make(("tick",), files={"plugins/tick.py": body})
    assert command(folder, "jobs", "list", check=True).out == ""
    assert command(folder, "jobs", "run", "tick.tock", check=True).out == "tick.tock has run.\n"
    assert (folder / "plugins" / "tick.log").read_text() == "ran"
    assert re.fullmatch(r"\d+ jobs run\.\n", command(folder, "jobs", "run", check=True).out)
    listed = command(folder, "jobs", "list", check=True).out
    assert re.search(r"ready\s.*hub\.mail", listed) and re.search(r"tick\.bad\s+ZeroDivisionError", listed)
    assert command(folder, "jobs", "list", "--dead", check=True).out == ""
    failed(command(folder, "jobs", "run", "tick.nonsense"), "tick.nonsense", "tick.tock")


# --- errors


def test_an_unknown_kind(command, folder, tmp_path):
    (tmp_path / "some.csv").write_text("title\nOne\n")
    failed(command(folder, "import", "gadgets", str(tmp_path / "some.csv")), "gadgets", "partners", "cases")
    failed(command(folder, "export", "gadgets", str(tmp_path / "out.csv")), "gadgets")
    failed(command(folder, "export", "partners", str(tmp_path / "out.doc")), ".jsonl")
    failed(command(folder, "import", "partners", str(tmp_path / "absent.csv")), "absent.csv")
    failed(command(folder, "import", "undo", "77"), "77")
    failed(command(folder, "import", "partners", str(tmp_path / "some.csv"), "--lang", "tt"), "tt", "languages")
    assert not list(tmp_path.glob("out*"))


def test_an_unknown_command(command, folder):
    failed(command(folder, "nonsense"), "nonsense")
    failed(command(folder, "plugin", "nonsense"), "nonsense")
    failed(command(folder, "doctor", "--nonsense"), "--nonsense")


@pytest.mark.parametrize("words", [("doctor",), ("serve",), ("worker",), ("upgrade",), ("plugin", "list"), ("plugin", "off", "x"),
                                   ("user", "list"), ("export", "all", "x.jsonl"), ("changes",), ("demo",)], ids=" ".join)  # fmt: skip
def test_a_missing_instance(command, tmp_path, words):
    failed(command(tmp_path / "nowhere", *words), "no instance", str(tmp_path / "nowhere"), "init")
    assert list(tmp_path.iterdir()) == []


def test_a_bad_setting(command, folder):
    with (folder / "hub.toml").open("a") as file:
        file.write("[server]\nport = 0\n")
    failed(command(folder, "doctor"), "server.port")
    failed(command(folder, "serve"), "server.port")


def test_a_port_in_use(command, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed(command(folder, "serve", "--port", port), port, "--port")


@pytest.mark.parametrize("words", [("--port", "99999"), ("--workers", "-1"), ("--workers", "0")])
def test_serve_with_impossible_numbers(command, folder, words):
    """Told at once, not by the web server, which would be started over and over."""
    failed(command(folder, "serve", *words), words[0], "range")


def test_a_database_that_was_never_made(command, folder):
    (folder / "data" / "hub.db").unlink()
    failed(command(folder, "user", "list"), "hub upgrade")
    failed(command(folder, "serve", "--port", "1"))


def test_a_database_server_that_is_away(command, folder):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"postgresql://127.0.0.1:{gone.getsockname()[1]}/hub"
    failed(command(folder, "changes", HUB_DATABASE__URL=url), "does not answer")
    done = command(folder, "doctor", HUB_DATABASE__URL=url)
    assert done.status == 1 and re.search(r"FAIL\s+core\.database", done.out)
    assert "plugin" not in done.err and "partners" not in done.out and "cases" not in done.out  # nothing of those that need it


@pytest.fixture
def locked(folder, monkeypatch):
    """The instance while another program holds the write lock."""
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.2)
    other = sqlite3.connect(folder / "data" / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield folder
    other.close()


def test_a_locked_database(command, locked, tmp_path):
    (tmp_path / "some.csv").write_text("title\nOne\n")
    failed(command(locked, "user", "add", "anna@example.org"), "locked by another program")
    failed(command(locked, "import", "partners", str(tmp_path / "some.csv")), "locked by another program")


@pytest.mark.parametrize("words", [("changes",), ("jobs", "list"), ("user", "list"), ("settings", "list"), ("theme", "list"),
                                   ("import", "list"), ("export", "partners", "{out}"), ("doctor",)], ids=" ".join)  # fmt: skip
def test_reading_needs_no_lock(command, locked, words, tmp_path):
    command(locked, *(word.format(out=tmp_path / "out.csv") for word in words), check=True)


def as_reader(folder, *words):
    """The command as somebody who may read the instance and write nothing: for root, without its right to write anywhere."""
    bound = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*bound, sys.executable, "-m", "hub", *words], env=environment(folder, HUB_SECRET_KEY="x" * 40, PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, cwd="/",
    )  # fmt: skip


def test_a_read_only_database(folder):
    with tempfile.TemporaryDirectory(prefix="hub-ro-") as name:
        copy = Path(name) / "instance"
        shutil.copytree(folder, copy)
        for path in (Path(name), copy, *copy.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = as_reader(copy, "user", "add", "anna@example.org")
        assert done.returncode == 1 and "Traceback" not in done.stderr and "can only be read" in done.stderr, done.stderr
        done = as_reader(copy, "doctor")
        assert done.returncode == 1 and "FAIL  core.writing  the database can only be read" in done.stdout and "Traceback" not in done.stderr
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755)


def test_in_a_process_of_its_own(run_hub, folder, tmp_path):
    """The entry point itself: status, the two streams, and a traceback for those who ask for it."""
    done = run_hub(folder, "plugin", "list", check=True)
    assert "partners" in done.stdout and done.stderr == ""
    done = run_hub(tmp_path / "nowhere", "doctor")
    assert done.returncode == 1 and done.stdout == "" and "no instance" in done.stderr and "Traceback" not in done.stderr
    done = run_hub(tmp_path / "nowhere", "doctor", HUB_DEBUG="1")
    assert done.returncode == 1 and "Traceback" in done.stderr and "SettingsError" in done.stderr
