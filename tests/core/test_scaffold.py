"""`hub plugin new` writes what runs, looks right and passes its own tests; `check` holds plugins against the rules; a running
`hub serve --reload` shows changes within two seconds."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from commands import environment, run_here

from hub.testing import walls
from hub.testing.server import Server, run_hub

SECONDS_TO_A_PAGE = 60
RELOAD_SECONDS = 2.0


def shell(folder, *words, check=True):
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=environment(folder))  # fmt: skip
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with every kind of scaffold, written without an instance."""
    folder = tmp_path_factory.mktemp("scaffold")
    for words in (("bookcases", "--content-type"), ("growth",), ("crossings", "--content-type", "--single"), ("hello", "--single"),
                  ("page_with_a_very_long_name_123",), ("kind_with_a_very_long_name_123", "--content-type")):  # fmt: skip
        run_here(folder / "nowhere", "plugin", "new", *words, "--to", str(folder), check=True)
    return folder


# --- what is written


def test_no_gap_is_left_open(made):
    for path in made.rglob("*"):
        assert "PLUGIN_" not in path.name
        if path.is_file() and path.suffix != ".pyc":
            assert "PLUGIN_" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", ["hub_bookcases", "hub_growth"])
def test_its_own_tests_pass(made, name):
    done = shell(made / name, "pytest", "-p", "no:cacheprovider")
    assert re.search(r"\b4 passed", done.stdout)


def test_its_code_passes_ruff(made):
    for folder in made.glob("hub_*"):
        shell(folder, "ruff", "check", "--no-cache", ".")
        if "long" not in folder.name:  # where a line is broken depends on the length of the name
            shell(folder, "ruff", "format", "--no-cache", "--check", ".")
    alone = ("--isolated", "--no-cache", "--line-length", "120", "--config", 'lint.isort.known-third-party=["hub"]')
    shell(made, "ruff", "check", *alone, "--select", "E,F,I,B", "hello.py", "crossings.py")


@pytest.mark.long
def test_its_code_passes_strict_mypy_which_knows_the_api(made):
    """A wrong call is found, so the silence about the rest means something."""
    (made / "wrong.py").write_text("from hub.api import Field, Plugin, items, now\n\nPlugin(7, 'x')\nField('a', required='yes')\n"
                                   "items.commit(3)\nx: str = now()\n")  # fmt: skip
    told = shell(made, "mypy", "--strict", "--ignore-missing-imports", "--config-file", os.devnull, "hub_bookcases", "hub_growth",
                 "crossings.py", "hello.py", "wrong.py", check=False).stdout  # fmt: skip
    assert re.findall(r"(\w+\.py):(\d+): error", told) == [("wrong.py", str(line)) for line in (3, 4, 5, 6)], told


def test_it_becomes_a_wheel_without_its_tests(made, tmp_path):
    shell(made / "hub_bookcases", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", str(tmp_path), ".")
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"hub_bookcases/__init__.py", "hub_bookcases/templates/list.html", "hub_bookcases/static/style.css",
            "hub_bookcases/translations/ru/LC_MESSAGES/bookcases.po"} <= set(names)  # fmt: skip
    assert not [name for name in names if "tests" in name or "pyproject" in name]
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    assert zipfile.ZipFile(wheel).read(entry).decode().split() == ["[hub.plugins]", "bookcases", "=", "hub_bookcases"]


def test_its_catalogue_is_complete(made):
    spec = Path(__file__).parents[2] / "tools" / "messages.py"
    module = importlib.util.spec_from_file_location("hub_messages", spec)
    messages = sys.modules[module.name] = importlib.util.module_from_spec(module)
    module.loader.exec_module(messages)
    for name in ("bookcases", "growth"):
        domain = messages.Domain(name, made / f"hub_{name}")
        assert not list(messages.faults(domain.messages(), messages.read(domain.files()["ru"])))


# --- names


@pytest.mark.parametrize(("name", "why"), [
    ("partners", "taken"), ("search", "taken"), ("site", "belongs to the core"), ("pages", "taken"), ("desk", "belongs to the core"),
    ("Книги", "small Latin letters"), ("Books", "small Latin letters"), ("book-cases", "small Latin letters"), ("9lives", "begin with a letter"),
    ("ru", "belongs to the core"), ("a__b", "single _"), ("x" * 31, "short"), ("hub_x", "three small Latin letters or more"),
    ("hub_x1", "two letters are a language's address"),
])  # fmt: skip
def test_a_bad_name_is_refused(hub_instances, command, name, why):
    folder = hub_instances.make()
    done = command(folder, "plugin", "new", name)
    assert done.status == 1 and why in done.err and "Traceback" not in done.err
    assert not list((folder / "plugins").iterdir())


def test_a_folder_that_is_there_is_left_alone(hub_instances, command, tmp_path):
    (tmp_path / "hub_tools").mkdir()
    done = command(hub_instances.make(), "plugin", "new", "tools", "--to", str(tmp_path))
    assert done.status == 1 and "is there already" in done.err and not list((tmp_path / "hub_tools").iterdir())


def test_the_address_to_open_is_one_that_answers(hub_instances, command):
    folder = hub_instances.make((), languages=("ru",))
    said = command(folder, "plugin", "new", "bookcases", "--content-type", check=True).out
    assert "then open /ru/bookcases/" in said


def test_a_kind_that_is_taken_is_not_taken_again(hub_instances, command):
    folder = hub_instances.make(("cases",))
    command(folder, "plugin", "new", "case", check=False)
    command(folder, "plugin", "new", "topicses", "--content-type", check=True)
    assert 'kind="topicse"' in (folder / "plugins" / "hub_topicses" / "hooks.py").read_text()


def test_without_an_instance_it_says_what_to_do(command, tmp_path):
    done = command(tmp_path / "nothing", "plugin", "new", "tools")
    assert done.status == 1 and "hub --instance" in done.err and "init" in done.err


# --- revisions


def test_revisions_are_written_by_comparing(hub_instances, command):
    folder = hub_instances.make(("covers",))
    command(folder, "plugin", "new", "growth", check=True)
    package = folder / "plugins" / "hub_growth"
    model = ('"""Tables."""\n\nimport datetime as dt\n\nimport sqlalchemy as sa\nfrom sqlalchemy.orm import Mapped, mapped_column\n\n'
             "from hub.api import Base, Utc, now\n\n\nclass Note(Base):\n    __tablename__ = 'growth_note'\n"
             "    id: Mapped[int] = mapped_column(primary_key=True)\n    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)\n")  # fmt: skip
    (package / "models.py").write_text(model)
    run_hub(folder, "plugin", "revision", "growth", "notes")
    (first,) = (package / "migrations").glob("*.py")
    assert first.name == "0001_notes.py" and "growth_note" in first.read_text() and "from hub.api import Utc" in first.read_text()


def test_a_single_file_has_no_revisions(hub_instances, command):
    folder = hub_instances.make(("covers",))
    command(folder, "plugin", "new", "hello", "--single", check=True)
    done = command(folder, "plugin", "revision", "hello", "tables")
    assert done.status == 1 and "need a package" in done.err


# --- check


@pytest.mark.long
def test_check_finds_everything_in_order(made):
    done = run_hub(made / "nowhere", "plugin", "check", str(made / "hello.py"))
    assert "ok    walls" in done.stdout and "ok    loads" in done.stdout and "Everything fits." in done.stdout
    for path in made.glob("*.py"):
        assert path.name == "wrong.py" or not walls.faults(path)
    assert not any(walls.faults(path) for path in made.glob("hub_*"))


BROKEN = {
    "__init__.py": '"""A card."""\n\nimport os\n\nfrom hub.api import Plugin\n\nplugin = Plugin("other", "Other")\n',
    "hooks.py": ("import requests\nfrom flask import Blueprint, Flask\nfrom hub.api import Base, Block, hookimpl, secret\n"
                 "from hub.store.db import session\nimport hub_partners\n\napp = Flask('x')\npages = Blueprint('else', __name__)\n\n\n"
                 "class Row(Base):\n    __tablename__ = 'content_row'\n\n\n@hookimpl\ndef blocks(slot, user, subject):\n"
                 "    return [Block('partners/home.html')]\n"),
    "templates/home.html": "<p style='x'>{{ text|safe }}</p>\n<script>alert(1)</script>\n<a onclick='x()'>x</a>\n",
    "tests/test_it.py": "from hub.testing.fixtures import csrf\nfrom hub.site import view\n\n\ndef test_it():\n    assert False\n",
}  # fmt: skip


@pytest.fixture
def broken(tmp_path):
    for name, text in BROKEN.items():
        path = tmp_path / "hub_broken" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "hub_broken"


def test_every_wall_is_held(broken):
    found = {(fault.file, fault.line): fault.text for fault in walls.faults(broken)}
    for place, words in {
        ("__init__.py", 3): "nothing but hub.api", ("__init__.py", 7): "the card says", ("hooks.py", 1): "hub.api.fetch",
        ("hooks.py", 3): "no such name", ("hooks.py", 4): "only hub.api", ("hooks.py", 5): "do not know each other",
        ("hooks.py", 7): "makes a Flask", ("hooks.py", 8): "blueprint", ("hooks.py", 12): "must be named broken_",
        ("hooks.py", 17): "must stand under broken/", ("templates/home.html", 1): "style", ("templates/home.html", 2): "script",
        ("templates/home.html", 3): "handler", ("tests/test_it.py", 2): "hub.testing",
    }.items():  # fmt: skip
        assert words in found.pop(place, ""), place
    assert not found


@pytest.mark.long
def test_check_reports_and_fails(broken, tmp_path):
    done = run_hub(tmp_path / "nowhere", "plugin", "check", str(broken), check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "FAIL  walls" in done.stdout and "hooks.py:4: imports hub.store.db" in done.stdout
    assert "FAIL  loads" in done.stdout and "FAIL  its own tests" in done.stdout and "checks failed" in done.stdout
    assert "conformance" not in done.stdout, "each of its tests would fail with the same words"


def test_the_walls_of_the_bundled_plugins_stand():
    for folder in (Path(__file__).parents[2] / "plugins").glob("hub_*"):
        assert not walls.faults(folder)


# --- run at once, and reload


def read(url):
    try:
        return urllib.request.urlopen(url, timeout=10).read().decode()
    except urllib.error.HTTPError as error:
        return f"status {error.code}"


def soon(url, words, seconds=RELOAD_SECONDS):
    """How long it took until the words stood there."""
    began = time.monotonic()
    while words not in (page := read(url)):
        assert time.monotonic() - began < seconds, f"no {words!r} within {seconds} s: {page[:200]}"
        time.sleep(0.05)
    return time.monotonic() - began


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_from_nothing_to_a_page_and_every_change_at_once(tmp_path):
    began = time.monotonic()
    folder = tmp_path / "hub"
    run_hub(folder, "init", "--preset", "garden", "--languages", "en,ru")
    said = run_hub(folder, "plugin", "new", "bookcases", "--content-type").stdout
    package = folder / "plugins" / "hub_bookcases"
    assert f"hub --instance {folder} plugin on bookcases" in said and "serve --reload" in said and "python -m pytest" in said
    run_hub(folder, "plugin", "on", "bookcases")
    with Server(folder, None, "--reload") as server:
        assert "What there is, where it is" in read(f"{server.url}/en/bookcases/")
        took = time.monotonic() - began
        print(f"from nothing to a page: {took:.1f} s")
        assert took < SECONDS_TO_A_PAGE
        before = set(server.children())
        list_page = f"{server.url}/en/bookcases/"

        change(package / "hooks.py", "What there is, where it is, and how it is at the moment.", "Books to take and to leave.")
        print(f"code: {soon(list_page, 'Books to take and to leave.'):.2f} s")
        change(package / "templates" / "list.html", "{{ super() }}\n{% for", "{{ super() }}<p>A line of its own</p>\n{% for")
        print(f"template: {soon(list_page, 'A line of its own'):.2f} s")
        change(package / "translations/ru/LC_MESSAGES/bookcases.po", 'msgstr "Bookcases"', 'msgstr "Книжные шкафы"')
        print(f"catalogue: {soon(f'{server.url}/ru/bookcases/', 'Книжные шкафы'):.2f} s")
        change(package / "hooks.py", '@hookimpl\ndef content_types', ')\n@hookimpl\ndef content_types')
        soon(list_page, "status 404")  # a slip is a plugin that is not there, not a dead site
        assert "status" not in read(f"{server.url}/en/")
        change(package / "hooks.py", ')\n@hookimpl\ndef content_types', '@hookimpl\ndef content_types')
        soon(list_page, "A line of its own")
        assert set(server.children()) == before, "a process was started anew for a change of a plugin"


@pytest.mark.long
def test_the_hub_s_own_code_is_taken_up_as_well(tmp_path, monkeypatch):
    """On a copy of the hub, so that the one under test stays as it is."""
    root = Path(__file__).parents[2]
    copy = tmp_path / "copy"
    shutil.copytree(root / "hub", copy / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "themes", copy / "themes")
    monkeypatch.chdir(copy)  # what lies here goes before what is installed
    folder = tmp_path / "hub"
    run_hub(folder, "init", "--preset", "garden", "--languages", "en,ru")
    run_hub(folder, "plugin", "new", "swaps", "--content-type")
    run_hub(folder, "plugin", "on", "swaps")
    with Server(folder, None, "--reload") as server:
        assert '"version"' in read(f"{server.url}/-/version")
        change(copy / "hub/site/pages.py", 'shapes.dump({"version": ', 'shapes.dump({"release": ')
        print(f"core: {soon(f'{server.url}/-/version', 'release'):.2f} s")
        change(copy / "hub/templates/base.html", "Skip to content", "Jump to content")
        soon(f"{server.url}/en/", "Jump to content")
        change(copy / "hub/site/pages.py", "def version() ->", "def version( ->")
        time.sleep(0.5)
        assert "release" in read(f"{server.url}/-/version"), "broken code took the site away"
        change(copy / "hub/site/pages.py", "def version( ->", "def version() ->")
        time.sleep(0.5)
        assert "release" in read(f"{server.url}/-/version")  # files are looked at when a page is asked for
        time.sleep(0.5)
        change(folder / "plugins/hub_swaps/hooks.py", "What there is, where it is", "Swap what you have")
        soon(f"{server.url}/en/swaps/", "Swap what you have")
        assert "status" not in read(f"{server.url}/en/events/"), "a plugin's change after one of the core lost the others"
        run_hub(folder, "plugin", "on", "news")
        soon(f"{server.url}/en/news/", "</h1>")
        assert "release" in read(f"{server.url}/-/version") and "status" not in read(f"{server.url}/en/events/")


def test_plugins_are_listed_in_a_process_of_its_own(hub_instances):
    listed = run_hub(hub_instances.make(("partners",)), "plugin", "list").stdout
    assert re.search(r"^on +partners +\S+ +Partners$", listed, re.M) and "broken" not in listed
