"""What goes wrong with plugins while the site runs: slow hooks, wrong answers, circles, hanging pages, hooks of others."""

import re
import time
import urllib.request
from types import SimpleNamespace

import pytest
from commands import run_here

from hub.app import create_app
from hub.hooks import calls, specs, troubles
from hub.plugins.host import STANDARD
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.server import Server

CARD = "from hub.api import *\n\nplugin = Plugin({name!r}, {name!r}, requires={requires!r})\n\n"


def single(name, body="", requires=()):
    return {f"plugins/{name}.py": CARD.format(name=name, requires=tuple(requires)) + body}


@pytest.fixture
def make(hub_instances):
    made = []

    def app(*names, toml="", **files):
        folder = hub_instances.make(("partners",), files={k: v for part in files.values() for k, v in part.items()}, toml=toml)
        (folder / "plugins.txt").write_text("\n".join([*(f"-{name}" for name in STANDARD), "partners", *names]) + "\n")
        made.append(create_app(folder, strict=False))
        return made[-1]

    yield app
    for one in made:
        with one.app_context():
            db.engine().dispose()


def doctor(app):
    status, out, _ = run_here(app.extensions["hub"].settings.instance, "doctor")
    return status, out


# --- slow


def test_a_slow_plugin_rests_after_three_overruns(make, monkeypatch):
    app = make("slow", a=single("slow", '@hookimpl\ndef blocks(slot, user, subject):\n    slot == "home" and tick()\n    return []\n'))
    clock = SimpleNamespace(now=5000.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now, time=lambda: clock.now, perf_counter=lambda: clock.now)
    monkeypatch.setattr(calls, "time", fake)
    monkeypatch.setattr(troubles, "time", fake)
    here, seen = app.extensions["hub"], []

    def tick():
        seen.append(1)
        clock.now += calls.USUAL_BUDGET * 1.5

    here.plugins.found["slow"].module.tick = tick
    client = app.test_client()
    for n in range(calls.OVERRUNS + 2):
        assert client.get(f"/en/?v={n}").status_code == 200
    assert len(seen) == calls.OVERRUNS and here.hooks.resting("slow")
    admin = sign_in(app, "admin")
    page = admin.get("/desk/plugins").text
    assert "took 1.5 s, 1 s are allowed" in page and "resting" in page and "3 times since" in page
    home = admin.get("/desk/").text
    assert '<a href="/desk/plugins">Plugin slow</a>' in home and "are allowed" not in home, "the desk says where to look, in its language"
    clock.now += calls.REST + 1
    client.get("/en/?v=again")
    assert len(seen) == calls.OVERRUNS + 1, "after its rest it gets another chance"


def test_an_administrator_puts_a_mended_trouble_away(make):
    app = make("bad", a=single("bad", '@hookimpl\ndef navigation(slot, user):\n    raise RuntimeError("no menu today")\n'))
    app.test_client().get("/en/")
    assert "no menu today" in doctor(app)[1] and "hub plugin on bad forgets this" in doctor(app)[1]
    admin = sign_in(app, "admin")
    page = admin.get("/desk/plugins").text
    mended = re.search(r'name="name" value="bad"><button class="plain small" name="do" value="(\w+)">', page)
    app.extensions["hub"].hooks.unregister("bad")  # mended: it no longer fails
    admin.post("/desk/plugins", data={"csrf_token": csrf(page), "name": "bad", "do": mended[1]})
    assert app.extensions["hub"].hooks.troubles.of("bad") is None and "no menu today" not in admin.get("/desk/plugins").text
    assert app.extensions["hub"].plugins.is_on("bad") and "no menu today" not in doctor(app)[1]


def test_the_doctor_says_in_a_line_what_fails_while_it_looks(make, run_hub):
    """Such as the check of a plugin whose newer tables are not there yet; the traceback is for those who ask for it."""
    broken = "@hookimpl\ndef health():\n    raise RuntimeError('no pulse\\n[SQL: SELECT 1]')\n"
    folder = make("bad", a=single("bad", broken)).extensions["hub"].settings.instance
    done = run_hub(folder, "doctor")
    row = next(line for line in done.stdout.splitlines() if "plugin.bad" in line)
    assert "health: RuntimeError: no pulse" in row and "hub plugin off bad" in row, "all of it on one line"
    assert "plugin bad failed in health\nno pulse" in done.stderr and "Traceback" not in done.stderr
    assert "Traceback" in run_hub(folder, "doctor", HUB_DEBUG="1").stderr


@pytest.mark.parametrize("slip", ["def (\n", "import nothing_here\n"])
def test_a_slip_is_told_with_its_file_and_line(make, slip):
    """Neither is run by a line of its own file: Python's machinery of imports says what is wrong."""
    _, out = doctor(make("slip", a=single("slip", slip)))
    line = len(single("slip", slip)["plugins/slip.py"].splitlines())
    assert f"(slip.py, line {line})" in out and "frozen" not in out


def test_the_doctor_knows_what_another_process_saw(make):
    app = make("bad", a=single("bad", '@hookimpl\ndef navigation(slot, user):\n    raise RuntimeError("no menu today")\n'))
    assert app.test_client().get("/en/").status_code == 200
    _, out = doctor(app)
    assert "no menu today" in out and "hub plugin off bad" in out and " × since 20" in out
    run_here(app.extensions["hub"].settings.instance, "plugin", "off", "bad", check=True)
    assert "no menu today" not in doctor(app)[1], "switched off, it is no trouble any more"


@pytest.mark.parametrize(("hook", "answer"), [
    ("navigation(slot, user)", '["a line"]'), ("blocks(slot, user, subject)", "[1]"), ("health()", '"fine"'),
    ("can(user, permission, subject)", '"yes"'), ("search(query)", "[]"), ("illustrate(item, inline)", '"<b>"'),
    ("content_security()", '{"script-src": ["https://evil.example"]}'), ("content_security()", '{"img-src": ["x; script-src *"]}'),
])  # fmt: skip
def test_a_wrong_answer_is_left_out_and_named(make, hook, answer):
    app = make("wrong", a=single("wrong", f"@hookimpl\ndef {hook}:\n    return {answer}\n"))
    editor = sign_in(app, "editor")
    for path in ("/en/", "/en/partners/", "/en/search/?q=a", "/desk/", "/-/health"):
        answered = editor.get(path)
        assert answered.status_code == 200 and "evil.example" not in answered.headers["Content-Security-Policy"]
    assert editor.get("/desk/plugins").status_code == 403, "a wrong 'yes' opens nothing"
    if not hook.startswith("illustrate"):
        assert hook.split("(")[0] in app.extensions["hub"].hooks.troubles.of("wrong").what


# --- what plugins need of each other


def test_what_one_needs_is_loaded_first(make):
    app = make("upper", "lower", a=single("upper", requires=["lower"]), b=single("lower"))
    assert app.extensions["hub"].plugins.loaded == ["partners", "lower", "upper"]


def test_a_circle_is_named(make):
    app = make("alpha", "beta", "gamma", "delta", a=single("alpha", requires=["beta"]), b=single("beta", requires=["gamma"]),
               c=single("gamma", requires=["alpha"]), d=single("delta"))  # fmt: skip
    found = app.extensions["hub"].plugins.found
    assert app.extensions["hub"].plugins.loaded == ["partners", "delta"]
    for name in ("alpha", "beta", "gamma"):
        assert "need each other" in found[name].error and " → ".join((name, "")) in found[name].error
    assert "need each other" in sign_in(app, "admin").get("/desk/plugins").text
    assert app.test_client().get("/en/").status_code == 200


def test_one_that_needs_what_is_off(make):
    app = make("upper", a=single("upper", requires=["lower"]), b=single("lower"))
    assert "it needs lower" in app.extensions["hub"].plugins.found["upper"].error


def test_not_installed_any_more(make):
    app = make("vanished")
    assert "its data stay" in sign_in(app, "admin").get("/desk/plugins").text
    assert "its data stay" in doctor(app)[1]


def test_nonsense_on_the_card(make):
    text = "from hub.api import Plugin\nplugin = Plugin('odd', 'Odd', requires='partners')\n"
    app = make("odd", a={"plugins/odd.py": text})
    assert "tuples of names" in app.extensions["hub"].plugins.found["odd"].error


# --- hooks that plugins publish

PUBLISHER = {
    "plugins/hub_pub/__init__.py": 'from hub.api import Plugin\n\nplugin = Plugin("pub", "Pub")\n',
    "plugins/hub_pub/specs.py": 'from hub.api import hookspec\n\n\n@hookspec\ndef programme(content):\n    """What is on."""\n',
    "plugins/hub_pub/hooks.py": "",
}
ASKS = 'def asked():\n    return ask("programme", content=7), gather("programme", content=7)\n'


@pytest.mark.parametrize("order", [("pub", "imp"), ("imp", "pub")])
def test_a_plugin_publishes_a_hook(make, order):
    body = '@hookimpl(optionalhook=True)\ndef programme(content):\n    return f"{content} o\'clock"\n'
    app = make(*order, a=PUBLISHER, b=single("imp", body), c=single("reader", ASKS))
    with app.app_context():
        from hub.api import ask, gather

        assert ask("programme", content=7) == "7 o'clock" and gather("programme", content=7) == [("imp", "7 o'clock")]
        run_here(app.extensions["hub"].settings.instance, "plugin", "off", "imp", check=True)
        assert ask("programme", content=7) is None and gather("programme", content=7) == []


def test_nobody_publishes_it(make):
    app = make("imp", b=single("imp", "@hookimpl(optionalhook=True)\ndef programme(content):\n    return 1\n"))
    with app.app_context():
        from hub.api import ask

        assert app.extensions["hub"].plugins.loaded == ["partners", "imp"] and ask("no_such_hook", x=1) is None


def test_a_hook_is_published_once(make):
    other = {k.replace("hub_pub", "hub_pub2"): v.replace('"pub"', '"pub2"') for k, v in PUBLISHER.items()}
    own = {k.replace("hub_pub", "hub_pub3"): v.replace('"pub"', '"pub3"').replace("programme(content)", "blocks(slot)")
           for k, v in PUBLISHER.items()}  # fmt: skip
    app = make("pub", "pub2", "pub3", a=PUBLISHER, b=other, c=own)
    found = app.extensions["hub"].plugins.found
    assert "'programme'" in found["pub2"].error and "'blocks'" in found["pub3"].error and found["pub"].state == "on"


def test_whoever_implements_a_published_hook_wrongly_is_left_out(make):
    body = "@hookimpl(optionalhook=True)\ndef programme(weather):\n    return 1\n"
    app = make("imp", "pub", a=PUBLISHER, b=single("imp", body))
    with app.app_context():
        from hub.api import gather

        assert gather("programme", content=7) == [] and "pub" in app.extensions["hub"].plugins.loaded
    assert app.extensions["hub"].hooks.troubles.of("imp") is not None


def test_a_deprecated_hook_still_works_and_says_so(make, monkeypatch):
    monkeypatch.setitem(specs.DEPRECATED, "navigation", "use menus instead")
    body = '@hookimpl\ndef navigation(slot, user):\n    return [NavItem("Old line", "/en/", 1)] if slot == "main" else []\n'
    app = make("old", a=single("old", body))
    assert "Old line" in app.test_client().get("/en/").text
    assert "use menus instead" in sign_in(app, "admin").get("/desk/plugins").text and "use menus instead" in doctor(app)[1]


def test_every_call_can_be_watched(make, monkeypatch, capsys):
    monkeypatch.setenv("HUB_TRACE_HOOKS", "1")
    make().test_client().get("/en/")
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hook ")]
    assert any(line.startswith("hook blocks partners ") and line.endswith(" ms") for line in lines)


# --- settings that are pinned

KNOBS = """
@hookimpl
def settings():
    return [Setting("count", "int", 5, minimum=1, maximum=9), Setting("loud", "bool"), Setting("share", "number", 0.5),
            Setting("home", "url"), Setting("contact", "email"), Setting("token", "secret")]
"""
TOML = '[plugin.knobs]\ncount = 12\nloud = true\nshare = "0,25"\nhome = "gopher"\nnonsense = 1\ntoken = "hush-hush"\n'


def test_pinned_settings_are_typed_and_their_faults_told(make):
    app = make("knobs", a=single("knobs", KNOBS), toml=TOML)
    with app.app_context():
        from hub.api import setting

        assert setting("knobs.loud") is True and setting("knobs.share") == 0.25 and setting("knobs.token") == "hush-hush"
        assert setting("knobs.count") == 5 and setting("knobs.home") == ""
    status, out = doctor(app)
    assert status == 1 and "setting.knobs.count" in out and "At most 9" in out and "https://" in out and "knobs.nonsense" in out
    admin = sign_in(app, "admin")
    page = admin.get("/desk/settings").text
    assert "hush-hush" not in page and page.count("Set in hub.toml or the environment") == 3
    data = {"csrf_token": csrf(page), "knobs.count": "10", "knobs.contact": "nobody", "knobs.loud": "", "knobs.share": "9"}
    wrong = admin.post("/desk/settings", data=data)
    assert wrong.status_code == 422 and "At most 9" in wrong.text and "name@example.org" in wrong.text and "nothing was saved" in wrong.text
    right = admin.post("/desk/settings", data={**data, "knobs.count": "9", "knobs.contact": "a@example.org"})
    assert right.status_code == 302
    with app.app_context():
        assert setting("knobs.count") == 9 and setting("knobs.share") == 0.25 and setting("knobs.loud") is True


KINDS = """
@hookimpl
def settings():
    return [Setting("kinds", "kinds", ["partner", "boat"]), Setting("loud", "bool", True), Setting("even", "int", 2, check=odd)]

def odd(value):
    return "An odd number." if value % 2 else ""
"""


def test_kinds_are_ticked_and_what_was_chosen_comes_back(make):
    app = make("knobs", a=single("knobs", KINDS))
    admin = sign_in(app, "admin")
    page = admin.get("/desk/settings").text
    assert re.search(r'value="partner" checked> Partners<', page) and re.search(r'value="page"> Pages<', page)
    assert re.search(r'value="boat" checked> boat<', page), "of a plugin that is off: it may stay"
    data = {"csrf_token": csrf(page), "knobs.kinds": ["", "page", "boat"], "knobs.even": "3"}
    wrong = admin.post("/desk/settings", data=data)
    assert wrong.status_code == 422 and "An odd number." in wrong.text
    assert re.search(r'value="page" checked', wrong.text) and re.search(r'value="partner"> ', wrong.text)
    assert not re.search(r'name="knobs.loud"[^>]*checked', wrong.text), "unticked before the fault, and still"
    assert admin.post("/desk/settings", data={**data, "knobs.even": "4", "knobs.kinds": ["", "nonsense"]}).status_code == 422
    assert admin.post("/desk/settings", data={**data, "knobs.even": "4"}).status_code == 302
    with app.app_context():
        from hub.api import session, setting

        session().rollback()
        assert (setting("knobs.kinds"), setting("knobs.loud"), setting("knobs.even")) == (["page", "boat"], False, 4)


def test_a_secret_is_kept_changed_and_removed_but_never_shown(make):
    app = make("knobs", a=single("knobs", KNOBS))
    admin = sign_in(app, "admin")

    def post(**data):
        token = csrf(admin.get("/desk/settings").text)
        assert admin.post("/desk/settings", data={"csrf_token": token, "knobs.count": "5", **data}).status_code == 302
        with app.app_context():
            from hub.api import session, setting

            session().rollback()
            return setting("knobs.token")

    assert post(**{"knobs.token": "s3cret-one"}) == "s3cret-one" and "s3cret" not in admin.get("/desk/settings").text
    assert post(**{"knobs.token": ""}) == "s3cret-one", "an empty field keeps it"
    assert post(**{"knobs.token": "", "knobs.token.remove": "yes"}) == ""


# --- a page that hangs

HANGS = """
import time
from flask import Blueprint

pages = Blueprint("hangs", __name__)

@pages.get("/")
def forever(lang):
    time.sleep(600)
    return ""

@hookimpl
def blueprints():
    return [pages]
"""


def got(url):
    try:
        return urllib.request.urlopen(url, timeout=10).status
    except OSError:
        return 0


def test_a_hanging_request_has_its_process_replaced(hub_instances):
    folder = hub_instances.make(("partners",), files=single("hangs", HANGS), toml="[limits]\nrequest_seconds = 2\n")
    (folder / "plugins.txt").write_text("".join(f"-{name}\n" for name in STANDARD) + "partners\nhangs\n")
    with Server(folder, None, "--workers", "2") as server:
        started = time.monotonic()
        assert got(f"{server.url}/en/hangs/") == 0 and time.monotonic() - started < 8
        deadline, answered = time.monotonic() + 20, 0
        while answered < 20:  # enough that the new process has its share
            answered += got(f"{server.url}/en/partners/") == 200
            assert time.monotonic() < deadline, "its process did not come back"
    assert "took over 2 s" in run_here(folder, "doctor").out
