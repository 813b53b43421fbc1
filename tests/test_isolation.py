"""A bad plugin is a red row, not a dead site; a plugin that is gone leaves no hole; off and on while running."""

import datetime as dt
import json
import re
import shutil
import types
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import run_here

from hub.app import Running, create_app
from hub.content.model import Content
from hub.hooks import calls, troubles
from hub.plugins.host import STANDARD
from hub.store import db
from hub.testing.fixtures import csrf, sign_in

FIXTURES = Path(__file__).parent / "fixtures"
BAD = {f"plugins/{path.name}": path.read_text() for path in sorted((FIXTURES / "bad_plugins").glob("*.py"))}
TOY = {
    "plugins/tools.py": (FIXTURES / "toy" / "tools.py").read_text(),
    "templates/tools/home.html": (FIXTURES / "toy" / "home.html").read_text(),
}
NAMES = [Path(name).stem for name in BAD]
REASONS = {
    "broken_import": "a_module_that_nobody_installed", "raises_in_hook": "fell over", "wrong_table": "content_ledger",
    "old_api": "hub.api 0.9", "steals_name": "is taken by partners",
}  # fmt: skip


def texts(html):
    """A page's rows as plain text, by the plugin's short name."""
    rows = re.findall(r"<tr>.*?</tr>", html, re.DOTALL)
    found = {}
    for row in rows:
        name = re.search(r'name="name" value="(\w+)"', row)
        if name:
            found[name.group(1)] = re.sub(r"<[^>]+>", " ", row).replace("&#39;", "'").replace("&#34;", '"')
    return found


def add_case(app, title="Beds by the clinic", path="cases", *, by=None, **typed):
    editor = by or sign_in(app, "editor")
    token = csrf(editor.get(f"/desk/{path}/new?language=en&form=full").text)
    data = {"csrf_token": token, "language": "en", "form": "full", "do": "publish", "title.en": title, **typed}
    answer = editor.post(f"/desk/{path}/new", data=data)
    assert answer.status_code == 302, answer.text
    return answer.location.split("/")[3]


def close(app):
    with app.app_context():
        db.engine().dispose()


# --- the five bad plugins


@pytest.fixture(scope="module")
def ready(hub_instances):
    """(folder, cookie): a site with one case, and with an administrator who is signed in; to be copied."""
    folder = hub_instances.make(("partners", "cases"), files={**BAD, **TOY})
    app = create_app(folder, strict=True)
    add_case(app)
    cookie = sign_in(app, "admin").get_cookie("hub").value
    close(app)
    return folder, cookie


@pytest.fixture
def site(ready, tmp_path):
    """`site("partners", "cases", strict=…)`: an application on a copy of it with these plugins, and two browsers:
    a visitor's and the administrator's."""
    made = []

    def make(*names, strict=False, files=None):
        folder = tmp_path / f"instance-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(ready[0], folder)
        for name, text in (files or {}).items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        (folder / "plugins.txt").write_text("\n".join(names))
        app = create_app(folder, strict=strict)
        made.append(app)
        admin = app.test_client()
        admin.set_cookie("hub", ready[1])
        return app, app.test_client(), admin

    yield make
    for app in made:
        close(app)


@pytest.fixture
def beset(site):
    """A site in service with all five bad plugins switched on between good ones."""
    return site("partners", *NAMES, "cases")


def test_there_are_five():
    assert set(NAMES) == set(REASONS)


def test_the_site_goes_on_with_five_bad_plugins(beset):
    _, client, _ = beset
    for path in ("/en/", "/ru/", "/en/cases/", "/en/cases/beds-by-the-clinic/", "/en/partners/", "/en/search/?q=beds", "/en/cases.json",
                 "/en/feed.atom", "/sitemap.xml", "/sitemap-0.xml", "/api/v1/openapi.json", "/account/login", "/-/ready"):  # fmt: skip
        assert client.get(path).status_code == 200, path
    assert "Beds by the clinic" in client.get("/en/cases/").text and "Impostors" not in client.get("/en/").text
    health = client.get("/-/health")
    assert health.status_code == 200 and health.json["state"] == "warning"
    assert {f"plugin.{name}" for name in NAMES} <= {check["name"] for check in health.json["checks"]}


def test_the_desk_names_each_reason(beset):
    _, _, admin = beset
    assert admin.get("/desk/").status_code == 200
    rows = texts(admin.get("/desk/plugins").text)
    for name, reason in REASONS.items():
        assert reason in rows[name], rows[name]
        assert (" resting " if name == "raises_in_hook" else " failed ") in rows[name], rows[name]
    assert " on " in rows["partners"] and " on " in rows["cases"]
    assert {f"plugin.{name}" for name in NAMES} <= set(re.findall(r"plugin\.\w+", admin.get("/desk/health").text))


def test_nothing_of_a_failed_plugin_stays(beset):
    app, _, _ = beset
    here = app.extensions["hub"]
    assert here.plugins.loaded == [*STANDARD, "partners", "raises_in_hook", "cases"]
    assert "content_ledger" not in db.Base.metadata.tables
    assert here.types.get("impostor") is None and here.types.at("partners").kind == "partner"
    with app.app_context():
        sa.orm.configure_mappers()


def test_a_mended_plugin_is_taken_up(site):
    app, _, _ = site("partners", "broken_import")
    folder = app.extensions["hub"].plugins.folder
    assert app.extensions["hub"].plugins.found["broken_import"].state == "failed"
    (folder / "broken_import.py").write_text("from hub.api import Plugin\nplugin = Plugin('broken_import', 'Mended')\n")
    again = create_app(folder.parent, strict=True)
    assert again.extensions["hub"].plugins.loaded == [*STANDARD, "partners", "broken_import"]
    close(again)


def test_a_plugin_that_keeps_failing_rests(beset, monkeypatch):
    clock = types.SimpleNamespace(now=1000.0)
    fake = types.SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now, perf_counter=lambda: clock.now)
    monkeypatch.setattr(calls, "time", fake)
    monkeypatch.setattr(troubles, "time", fake)
    app, client, _ = beset
    here = app.extensions["hub"]
    bad = here.plugins.found["raises_in_hook"].module.calls
    here.hooks.records.clear()
    bad.clear()
    for _ in range(calls.FAILURES + 3):
        with app.app_context():
            assert "raises_in_hook" not in {name for name, _ in here.hooks.gather("health")}
        clock.now += 1
    assert len(bad) == calls.FAILURES and here.hooks.resting("raises_in_hook") and not here.hooks.resting("cases")
    assert client.get("/en/").status_code == 200 and len(bad) == calls.FAILURES
    check, = (c for c in client.get("/-/health").json["checks"] if c["name"] == "plugin.raises_in_hook")
    assert "rests" in check["message"] and "fell over" in check["message"]

    clock.now += calls.REST
    with app.app_context():
        here.hooks.gather("health")
    assert len(bad) == calls.FAILURES + 1, "after its rest it gets another chance"


def test_failures_far_apart_do_not_add_up(beset, monkeypatch):
    clock = types.SimpleNamespace(now=1000.0)
    fake = types.SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now, perf_counter=lambda: clock.now)
    monkeypatch.setattr(calls, "time", fake)
    monkeypatch.setattr(troubles, "time", fake)
    here = beset[0].extensions["hub"]
    here.hooks.records.clear()
    for _ in range(calls.FAILURES * 2):
        here.hooks.gather("health")
        clock.now += calls.WINDOW / (calls.FAILURES - 1)
    assert not here.hooks.resting("raises_in_hook")


def test_strict_mode_raises(site):
    """In tests a plugin's errors are errors."""
    with pytest.raises(ModuleNotFoundError):
        site("broken_import", strict=True)
    app, client, _ = site("raises_in_hook", strict=True)
    app.testing = True
    with pytest.raises(RuntimeError, match="fell over"):
        client.get("/en/")


# --- more ways to be bad

HEAD = "from flask import Blueprint\nfrom hub.api import *\nfrom hub.api import Plugin, hookimpl\nplugin = Plugin('{0}', 'Bad')\n"
HOOK = "@hookimpl\ndef {0}:\n    return {1}\n"
TYPE = "[ContentType('{0}', '{1}', 'X', 'X', {2})]"


def hook(signature, answer, name="bad"):
    """A plugin of one hook."""
    return HEAD.format(name) + HOOK.format(signature, answer)


WAYS = {  # what → (file name, text, part of the reason)
    "syntax": ("bad", "def (:\n", "SyntaxError"),
    "endless": ("bad", "def f(): f()\nf()\n", "RecursionError"),
    "exit": ("bad", "import sys\nsys.exit('bye')\n", "SystemExit"),
    "not utf-8": ("bad", b"# \xff\xfe\nx = 1\n", ""),
    "no card": ("bad", "x = 1\n", "exactly one"),
    "two cards": ("bad", HEAD.format("bad") + "other = Plugin('bad', 'Again')\n", "exactly one"),
    "another's name on the card": ("bad", HEAD.format("partners"), "card says 'partners'"),
    "a name of core": ("desk", HEAD.format("desk"), "belongs to the core"),
    "the name of core's pages": ("site", hook("blueprints()", "[Blueprint('site', __name__)]", "site"), "belongs to the core"),
    "the name of core's sign-in": ("security", hook("blueprints()", "[Blueprint('security', __name__)]", "security"), "core"),
    "core's tables": ("content", HEAD.format("content"), "belongs to the core"),
    "a language's name": ("ru", HEAD.format("ru"), "belongs to the core"),
    "capitals": ("Bad", HEAD.format("Bad"), "lower-case"),
    "a future api": ("bad", "from hub.api import Plugin\nplugin = Plugin('bad', 'Bad', api=(1, 99))\n", "hub.api 1.99"),
    "needs another": ("bad", "from hub.api import Plugin\nplugin = Plugin('bad', 'Bad', requires=('gone',))\n", "needs gone"),
    "a kind twice": ("bad", hook("content_types()", TYPE.format("case", "x", "")), "taken by cases"),
    "a word of core": ("bad", hook("content_types()", TYPE.format("x", "search", "")), "core"),
    "a language as address": ("bad", hook("content_types()", TYPE.format("x", "ru", "")), "core"),
    "an unknown field type": ("bad", hook("content_types()", TYPE.format("x", "x", "fields=(Field('a', 'colour'),)")), "colour"),
    "a field without sense": ("bad", hook("content_types()", TYPE.format("x", "x", "fields=None")), "TypeError"),
    "an order that is none": ("bad", hook("content_types()", TYPE.format("x", "x", "order='first'")), "order"),
    "not a list": ("bad", hook("content_types()", "ContentType('x', 'x', 'X', 'X')"), "must return a list"),
    "not a type": ("bad", hook("content_types()", "['x']"), "must list ContentType"),
    "not a job": ("bad", hook("jobs()", "[print]"), "must list Job"),
    "an unknown hook": ("bad", hook("content_tipes()", "[]"), "content_tipes"),
    "an unknown argument": ("bad", hook("blocks(slot, weather)", "[]"), "weather"),
    "another's blueprint": ("bad", hook("blueprints()", "[Blueprint('cases', __name__)]"), "named 'cases'"),
    "two blueprints": ("bad", hook("blueprints()", "[Blueprint('bad', __name__), Blueprint('bad', __name__)]"), "bad"),
    "an impossible address": (
        "bad", HEAD.format("bad") + "b = Blueprint('bad', __name__)\nb.add_url_rule('/<weather:x>', 'x', lambda lang, x: '')\n"
        + HOOK.format("blueprints()", "[b]") + HOOK.format("content_types()", TYPE.format("x", "x", "")), "weather"),
    "a relation to nowhere": (
        "bad", HEAD.format("bad") + "from sqlalchemy.orm import Mapped, mapped_column, relationship\n"
        "class Box(Base):\n    __tablename__ = 'bad_box'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    lid = relationship('Lid')\n", "Lid"),
    "a key into another's table": (
        "bad", HEAD.format("bad") + "import sqlalchemy as sa\nfrom sqlalchemy.orm import Mapped, mapped_column\n"
        "class Box(Base):\n    __tablename__ = 'bad_box'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    topic: Mapped[int] = mapped_column(sa.ForeignKey('topic.id'))\n", "topic.id"),
    "a table of core": (
        "bad", HEAD.format("bad") + "from sqlalchemy.orm import Mapped, mapped_column\n"
        "class Box(Base):\n    __tablename__ = 'content'\n    id: Mapped[int] = mapped_column(primary_key=True)\n", "content"),
    "a menu line of nonsense": ("bad", hook("navigation(slot, user)", "[NavItem('x', '/x', order='first'), 7]"), ""),
    "a menu that is no list": ("bad", hook("navigation(slot, user)", "NavItem('x', '/x')"), "must return a list"),
    "blocks of nonsense": ("bad", hook("blocks(slot, user, subject)", "[Block('x', order=None), 'x']"), ""),
    "a block without template": ("bad", hook("blocks(slot, user, subject)", "[Block('bad/none.html')]"), "none.html"),
    "a check of nonsense": ("bad", hook("health()", "[Check('x', 'unsure'), 'y']"), ""),
    "a search of nonsense": ("bad", hook("search(query)", "['x']"), ""),
}  # fmt: skip


@pytest.mark.parametrize("way", [way if n % 4 == 0 else pytest.param(way, marks=pytest.mark.long) for n, way in enumerate(WAYS)])
def test_one_more_bad_plugin(way, site, command):
    name, text, reason = WAYS[way]
    order = ("partners", "cases", name) if way == "a kind twice" else ("partners", name, "cases")
    app, client, admin = site(*order, files={f"plugins/{name}.py": text})
    for path in ("/en/", "/en/cases/", "/en/cases/beds-by-the-clinic/", "/en/partners/", "/en/search/?q=beds", "/-/health"):
        assert client.get(path).status_code == 200, path
    for path in ("/desk/", "/desk/cases/", "/desk/health"):
        assert admin.get(path).status_code == 200, path
    assert reason in texts(admin.get("/desk/plugins").text)[name]
    if way in ("exit", "two blueprints", "a relation to nowhere"):
        folder = app.extensions["hub"].settings.instance
        assert command(folder, "doctor").status == 0 and command(folder, "plugin", "off", name).status == 0
        assert name not in (folder / "plugins.txt").read_text().split()


def test_only_looking_at_a_bad_plugin_that_is_off(site):
    """The desk imports the cards of what is off; nothing of it may stay behind."""
    ways = {"a relation to nowhere": "off_a", "a key into another's table": "off_b", "exit": "off_c", "two cards": "off_d"}
    files = {f"plugins/{name}.py": WAYS[way][1].replace("bad", name) for way, name in ways.items()}
    _, client, admin = site("partners", "cases", files=files)
    for _ in range(2):
        rows = texts(admin.get("/desk/plugins").text)
        assert " on " in rows["cases"] and "Lid" in rows["off_a"] and "SystemExit" in rows["off_c"]
        assert client.get("/ru/cases/").status_code == 200
    assert not [table for table in db.Base.metadata.tables if table.startswith("off_")]


def test_a_file_with_the_name_of_an_installed_plugin(site):
    """The installed one is used, and the desk says that there is another."""
    _, client, admin = site("partners", files={"plugins/partners.py": "raise RuntimeError('never imported')\n"})
    assert client.get("/en/partners/").status_code == 200
    assert "installed twice" in texts(admin.get("/desk/plugins").text)["partners"]


def test_a_crash_in_a_plugins_own_page_is_that_pages(site):
    page = "b = Blueprint('bad', __name__)\nb.add_url_rule('/', 'x', lambda lang: 1 / 0)\n"
    body = HEAD.format("bad") + page + HOOK.format("blueprints()", "[b]")
    _, client, _ = site("partners", "bad", files={"plugins/bad.py": body})
    answer = client.get("/en/bad/")
    assert answer.status_code == 500 and "ZeroDivisionError" not in answer.text and "Test hub" in answer.text
    assert client.get("/en/partners/").status_code == 200


def test_a_plugin_taken_out_without_being_switched_off(site):
    _, client, admin = site("partners", "absent")
    assert client.get("/en/").status_code == 200
    assert "not installed" in texts(admin.get("/desk/plugins").text)["absent"]


def test_switching_on_what_is_broken_is_a_message(site):
    app, client, admin = site("partners", "cases")
    for name in ("broken_import", "wrong_table", "old_api", "steals_name"):
        form = admin.get("/desk/plugins").text
        answer = admin.post("/desk/plugins", data={"csrf_token": csrf(form), "name": name, "do": "on"}, follow_redirects=True)
        assert answer.status_code == 200 and REASONS[name].split(" ")[-1] in answer.text, name
        assert app.extensions["hub"].plugins.wanted() == [*STANDARD, "partners", "cases"], name
    rows = texts(admin.get("/desk/plugins").text)
    assert " on " in rows["partners"] and " on " in rows["cases"], "the others are shown as they are"
    assert client.get("/en/cases/").status_code == 200


# --- off and on while running


def test_off_and_on_while_running(site):
    app, client, admin = site("partners", "cases", strict=True)

    def switch(do):
        form = admin.get("/desk/plugins").text
        assert admin.post("/desk/plugins", data={"csrf_token": csrf(form), "name": "cases", "do": do}).status_code == 302

    paths = ("/en/cases/", "/ru/cases/", "/en/cases.json", "/en/cases.atom", "/en/cases/beds-by-the-clinic/", "/api/v1/cases", "/cases.csv")
    for path in paths:
        assert client.get(path).status_code == 200, path
    switch("off")
    for path in paths:
        assert client.get(path).status_code == 404, path
    for path in ("/en/", "/ru/", "/en/partners/", "/en/search/?q=beds", "/en/feed.atom", "/sitemap-0.xml", "/-/health"):
        answer = client.get(path)
        assert answer.status_code == 200 and "Beds by" not in answer.text, path
    assert "/en/cases/" not in client.get("/en/").text and admin.get("/desk/cases/").status_code == 404
    assert " off " in texts(admin.get("/desk/plugins").text)["cases"]
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.kind == "case")) == 1
    switch("on")
    for path in paths:
        assert client.get(path).status_code == 200, path
    assert "Beds by the clinic" in client.get("/en/cases/").text and "/en/cases/" in client.get("/en/").text


def test_a_plugins_own_pages_go_off_and_on(site):
    app, client, _ = site("partners", "tools", strict=True)
    host = app.extensions["hub"].plugins
    assert client.get("/en/tools/rules").status_code == 200 and "Lending rules" in client.get("/en/").text
    host.switch_off("tools")
    assert client.get("/en/tools/rules").status_code == 404 and client.get("/en/tools/").status_code == 404
    assert "Lending rules" not in client.get("/en/").text
    host.file.write_text("partners\ntools\n")
    assert client.get("/en/tools/rules").status_code == 200 and "Lending rules" in client.get("/en/").text


@pytest.fixture
def running(hub_instances):
    """A process as `hub serve` has them, whose plugins.txt is edited meanwhile."""
    folder = hub_instances.make(("partners",), files={**TOY, **BAD})
    process = Running(folder)

    def get(path):
        app = process.current()
        return app.test_client().get(path)

    yield folder, process, get
    close(process.app)


def test_a_running_process_takes_a_plugin_up(running):
    folder, _, get = running
    assert get("/en/tools/").status_code == 404
    (folder / "plugins.txt").write_text("partners\ntools\n")
    assert get("/en/tools/").status_code == 200 and get("/en/tools/rules").status_code == 200
    (folder / "plugins.txt").write_text("partners\ntools\ncases\n")
    assert get("/en/cases/").status_code == 200 and get("/en/tools/rules").status_code == 200, "made anew a second time"
    (folder / "plugins.txt").write_text("partners\ncases\n")
    assert get("/en/tools/rules").status_code == 404 and get("/en/cases/").status_code == 200


def test_a_running_process_survives_bad_news(running):
    folder, _, get = running
    (folder / "plugins.txt").write_text("partners\n" + "\n".join(NAMES) + "\ncases\n")
    assert get("/en/partners/").status_code == 200 and get("/en/cases/").status_code == 200
    toml = (folder / "hub.toml").read_text()
    (folder / "hub.toml").write_text(toml + "\n[nonsense]\n")
    (folder / "plugins.txt").write_text("partners\ncases\ntools\n")
    assert get("/en/partners/").status_code == 200, "the application made before goes on"
    (folder / "hub.toml").write_text(toml)
    (folder / "plugins.txt").write_text("partners\ntools\ncases\n")
    assert get("/en/tools/").status_code == 200


# --- a hundred rows of a kind whose plugin is gone


@pytest.fixture(scope="module")
def orphaned(hub_instances, tmp_path_factory):
    """An instance that once had tools: a hundred published and thirty in review, all of them before or after the cases."""
    folder = hub_instances.make(("partners", "cases", "tools"), files=TOY)
    app = create_app(folder, strict=True)
    app.testing = True
    editor = sign_in(app, "editor")
    partner = add_case(app, "House", "partners", by=editor)
    waiting = add_case(app, "Waiting case", do="save", by=editor)
    add_case(app, by=editor, **{"f.themes": ["health"], "r.holder": "House"})
    form = editor.get(f"/desk/cases/{waiting}/").text
    assert editor.post(f"/desk/cases/{waiting}/submit", data={"csrf_token": csrf(form)}).status_code == 302
    rows = [{"external_id": n, "title": f"Ghost {n}", "state": "new", "lender": partner, "topics": ["health"], "place": "Kazan",
             "country": "RU", "lat": 55.7, "lon": 49.1, "status": "published" if n < 100 else "review"} for n in range(130)]  # fmt: skip
    source = tmp_path_factory.mktemp("ghosts") / "ghosts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run_here(folder, "import", "tools", str(source), "--map", "status=status", check=True)
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with app.app_context(), db.writing():
        ghosts = sa.and_(Content.status == "review", Content.kind == "tool")
        db.session().execute(sa.update(Content).where(ghosts).values(updated=long_ago))
        db.session().commit()
    cookie = sign_in(app, "admin").get_cookie("hub").value
    close(app)
    (folder / "plugins" / "tools.py").rename(folder / "tools.py.gone")
    (folder / "plugins.txt").write_text("partners\ncases\n")
    app = create_app(folder, strict=True)
    app.testing = True
    admin = app.test_client()
    admin.set_cookie("hub", cookie)
    yield app, app.test_client(), admin
    close(app)


def test_a_hundred_rows_of_a_kind_that_is_gone(orphaned):
    _, client, _ = orphaned
    for path in ("/en/", "/ru/", "/en/cases/", "/en/partners/house/", "/en/cases/beds-by-the-clinic/", "/en/search/?q=beds",
                 "/en/search.json?q=clinic", "/en/feed.atom", "/feed.json", "/en/feed.rss", "/en/search.geojson", "/en/topics/",
                 "/en/topics/health/", "/api/v1/openapi.json", "/api/v1/cases", "/sitemap.xml", "/sitemap-0.xml", "/api/v1/changes",
                 "/-/health", "/en/search/?q=ghost"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200 and "Ghost" not in answer.text and "ghost-" not in answer.text, path
    for path in ("/en/cases/", "/en/search/?q=beds", "/en/feed.atom", "/feed.json"):
        assert "Beds by the clinic" in client.get(path).text, path
    assert "/en/cases/beds-by-the-clinic/" in client.get("/sitemap-0.xml").text
    assert "Beds by the clinic" in client.get("/en/partners/house/").text, "older relations are crowded out"
    changed = client.get("/api/v1/changes").json
    assert {change["kind"] for change in changed["changes"]} == {"case", "partner"} and changed["next"] > 100
    assert client.get("/en/search.json?q=ghost").json["total"] == 0
    for path in ("/en/tools/", "/en/tools/ghost-1/", "/api/v1/tools", "/en/tools.json"):
        assert client.get(path).status_code == 404, path


def test_the_desk_beside_a_hundred_rows_that_are_gone(orphaned):
    _, _, admin = orphaned
    for path in ("/desk/", "/desk/cases/", "/desk/changes", "/desk/topics", "/desk/health", "/desk/settings", "/desk/plugins"):
        answer = admin.get(path)
        assert answer.status_code == 200 and "Ghost" not in answer.text, path
    assert "Waiting case" in admin.get("/desk/").text, "what waits is crowded out by what nobody can see"


def test_a_hundred_rows_come_back_with_their_plugin(orphaned, command, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(orphaned[0].extensions["hub"].settings.instance, folder)
    command(folder, "export", "all", str(tmp_path / "all.jsonl"), check=True)
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert kinds.count("tool") == 130, "an export of everything is of everything"
    (folder / "tools.py.gone").rename(folder / "plugins" / "tools.py")
    (folder / "plugins.txt").write_text("partners\ncases\ntools\n")
    app = create_app(folder, strict=True)
    client = app.test_client()
    assert client.get("/en/tools.json").json["total"] == 100 and client.get("/en/tools/ghost-1/").status_code == 200
    assert "Ghost" in client.get("/en/partners/house/").text
    close(app)
