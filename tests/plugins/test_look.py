"""The look: what an administrator chooses in the desk, what visitors then see, and the first steps of a new site."""

import io
import re

import pytest
from commands import run_here
from making import make, run_hub
from PIL import Image

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

PLUGINS = ["look", "partners", "cases", "search"]
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" onload="alert(1)">
<script>alert(1)</script><style>*{fill:url(http://evil.test/)}</style><foreignObject><b/></foreignObject>
<a x:href="javascript:alert(1)"><circle r="3"/></a><image href="http://evil.test/x.png"/><use href="http://evil.test/x.svg#a"/>
<path d="M0 0h9" fill="url(http://evil.test/#a)" stroke="#8a1c5a" onclick="alert(1)"/></svg>"""


@pytest.fixture
def app(new_hub):
    made = new_hub(PLUGINS)
    make(made, title={"en": "A garden", "ru": "Сад"})
    return made


@pytest.fixture
def admin(app):
    return sign_in(app, "admin")


def send(admin, do="save", **changed):
    page = admin.get("/desk/look/").text
    blocks = re.findall(r'name="block" value="([^"]+)"', page)
    values = {"csrf_token": csrf(page), "block": blocks, "do": do, **{f"on.{key}": "1" for key in blocks}}
    files = {name: value for name, value in changed.items() if isinstance(value, tuple)}
    values.update({name: value for name, value in changed.items() if value is not None and name not in files})
    for name in [name for name, value in changed.items() if value is None]:
        values.pop(name, None)
    return admin.post("/desk/look/", data={**values, **files}, content_type="multipart/form-data")


@pytest.mark.parametrize("value", ['brand={"name": 7}', 'brand={"accent": "pink"}', 'brand={"home": "all"}', 'menus={"main": 5}', 'menus={"main": {"order": [1]}}',
                                   'menus={"main": {"pages": 3}}', 'words={"en": 1}', 'words={"en": {"Partners": "Friends"}}'])  # fmt: skip
def test_a_choice_of_another_form_is_left_out_and_told(app, value):
    name, _, text = value.partition("=")
    folder = app.extensions["hub"].settings.instance
    assert run_here(folder, "settings", "set", f"look.{name}", text).status == 0
    assert app.test_client().get("/en/").status_code == 200 and sign_in(app, "admin").get(f"/desk/look/{'' if name == 'brand' else name}").status_code in (200, 308)
    assert f"look.{name}  It has another form" in run_here(folder, "doctor").out
    assert run_here(folder, "settings", "set", f"look.{name}", "{}").status == 0
    assert f"look.{name}" not in run_here(folder, "doctor").out


def test_name_and_tagline_are_everywhere(app, admin):
    visitor = app.test_client()
    assert send(admin, **{"name.en": "Yards of our town", "tagline.en": "What neighbours made"}).status_code == 302
    page = visitor.get("/en/").text
    assert "<title>Yards of our town</title>" in re.sub(r"\s+", " ", page) and "What neighbours made" in page
    assert "Yards of our town" not in visitor.get("/ru/").text
    assert "Yards of our town" in visitor.get("/en/feed.atom").text
    assert visitor.get("/en/look/manifest.webmanifest").json["name"] == "Yards of our town"


@pytest.mark.parametrize(
    ("field", "colour"), [("accent", "#ff8800"), ("accent", "#fefefe"), ("accent_dark", "#223322")]
)
def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(admin, field, colour):
    answer = send(admin, **{field: colour})
    assert answer.status_code == 422
    better = re.search(r"(#[0-9a-f]{6}) would do", answer.text).group(1)
    assert re.search(rf'id="l-{field}"[^>]*aria-invalid="true"', answer.text) and f'href="#l-{field}"' in answer.text
    assert send(admin, **{field: better}).status_code == 302


@pytest.mark.parametrize("nonsense", ["red", "#12345", "#12345g", "}body{display:none"])
def test_what_is_no_colour_is_refused(admin, nonsense):
    assert send(admin, accent=nonsense).status_code == 422


def test_an_accent_is_a_stylesheet_of_its_own(app, admin):
    send(admin, accent="8A1C5A")
    visitor = app.test_client()
    address = re.search(r'<link rel="stylesheet" href="(/[^"]*accent[^"]*)"', visitor.get("/ru/").text).group(1)
    css = visitor.get(address)
    assert "--accent:#8a1c5a" in css.text and "immutable" in css.headers["Cache-Control"] and css.mimetype == "text/css"
    dark = re.search(r"prefers-color-scheme:dark\).*?--accent:(#\w+)", css.text).group(1)
    assert dark not in ("#8a1c5a", "")
    visitor.set_cookie("hub_theme", "contrast")
    assert "accent-" not in visitor.get("/ru/").text
    assert visitor.get("/ru/look/accent-8a1c5a-zzz.css").status_code == 404


def test_another_theme_may_make_the_accent_weak_and_the_checks_say_so(app, admin):
    from hub.site.health import checks
    from hub.store.state import set_setting

    def state():
        with app.test_request_context("/"):
            return next(check.state for check in checks() if check.name == "look.accent")

    send(admin, accent="#5d6b1a")
    assert state() == "ok"
    with app.app_context():
        from hub.store.db import session, writing

        with writing():
            set_setting(session(), "look.brand", {"accent": "#88aa22"})
            session().commit()
    assert state() == "warning"


def test_the_front_page_takes_the_chosen_order(app, admin):
    visitor = app.test_client()

    def order():
        return re.findall(r'aria-labelledby="home-(\w+)"', visitor.get("/en/").text)

    before = order()
    assert {"start", "newest", "part"} <= set(before) and before.index("start") < before.index("newest")
    moved = send(admin, do="up look/newest.html").text
    keys = re.findall(r'name="block" value="([^"]+)"', moved)
    assert keys.index("look/newest.html") < keys.index("look/start.html")
    assert order() == before, "a step is not yet saved"
    send(admin, block=keys, **{"on.look/take-part.html": None})
    after = order()
    assert after.index("newest") < after.index("start") and "part" not in after
    page = visitor.get("/en/").text
    assert page.count("<h1") == 1


def test_the_front_page_counts_a_topic_as_its_own_page_does(new_hub):
    from hub.content import topics

    app = new_hub(["look", "events", "labs"])
    with app.app_context(), db.writing():
        topics.put(db.session(), {"slug": "gardening", "en": {"name": "Gardening"}})
        db.session().commit()
    event = {"data": {"starts": "2030-05-05 12:00", "ends": "2030-05-05 13:00"}, "topics": ["gardening"]}
    talk = make(app, "event", "A talk", **event)
    make(app, "lab", "Its lab", topics=["gardening"], links={"event": [talk]})
    visitor = app.test_client()
    front = re.search(r'href="/en/topics/gardening/">Gardening <span class="small num">(\d+)<', visitor.get("/en/").text)
    listed = re.search(r'href="/en/topics/gardening/">Gardening</a><span>(\d+)<', visitor.get("/en/topics/").text)
    assert front[1] == listed[1] == "1"


def test_a_front_page_without_its_lead_still_has_a_heading(app, admin):
    send(admin, **{"on.cases/lead.html": None})
    assert app.test_client().get("/en/").text.count("<h1") == 1


def test_a_logo_that_came_with_a_wrong_colour_is_asked_for_again(admin):
    answer = send(admin, accent="red", logo=(io.BytesIO(SVG), "logo.svg"))
    assert answer.status_code == 422 and "Choose the picture once more" in answer.text
    assert "once more" not in send(admin, accent="red").text, "none was chosen"


def test_of_a_drawn_logo_only_shapes_are_kept(app, admin):
    assert send(admin, logo=(io.BytesIO(SVG), "logo.svg")).status_code == 302
    visitor = app.test_client()
    address = re.search(r'<img src="([^"]*logo[^"]*)" alt=""', visitor.get("/en/").text).group(1)
    answer = visitor.get(address)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "#8a1c5a" in answer.text
    for word in ("script", "alert", "evil", "onload", "style", "foreignObject", "use", "image"):
        assert word not in answer.text, word


@pytest.mark.parametrize("content", [
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
    b"<svg", b"no picture", b"x" * 2_000_001,
])  # fmt: skip
def test_what_is_no_logo_is_refused_beside_its_field(admin, content):
    answer = send(admin, logo=(io.BytesIO(content), "logo.svg"))
    assert answer.status_code == 422 and re.search(r'id="l-logo-e">\w', answer.text)


def test_a_pictured_logo_is_written_anew(app, admin):
    out = io.BytesIO()
    Image.new("RGBA", (900, 300), (10, 20, 30, 0)).save(out, "PNG", pnginfo=None)
    send(admin, logo=(io.BytesIO(out.getvalue() + b"<script>"), "logo.png"))
    visitor = app.test_client()
    address = re.search(r'<img src="([^"]*logo[^"]*)" alt=""', visitor.get("/en/").text).group(1)
    stored = visitor.get(address).data
    assert b"<script>" not in stored and Image.open(io.BytesIO(stored)).size[0] == 480
    assert Image.open(io.BytesIO(stored)).mode == "RGBA"
    send(admin, no_logo="1")
    assert "/look/logo/" not in visitor.get("/en/").text


def test_only_administrators_choose_the_look(app):
    assert sign_in(app, "editor").get("/desk/look/").status_code == 403
    assert app.test_client().get("/desk/look/").status_code == 302
    assert sign_in(app, "admin").post("/desk/look/", data={"name.en": "x"}).status_code == 400


# --- first steps


def answers(word, client, **changed):
    page = client.get(f"/setup/{word}").text
    values = {"csrf_token": csrf(page), "name": "Сад и двор", "language": ["en", "ru"], "main": "ru", "preset": "all", "theme": "meadow",
              "email": "first@example.org", "password": "a long enough word", **changed}  # fmt: skip
    return client.post(f"/setup/{word}", data=values)


@pytest.fixture
def fresh(new_hub):
    made = new_hub(["look"], start=True)
    from hub.people import accounts

    with made.app_context():
        word = accounts.setup_token(made.extensions["hub"].settings.data)
    return made, word, made.extensions["hub"].settings.instance


def test_the_first_steps_make_a_site_and_close_behind_themselves(fresh):
    app, word, folder = fresh
    client = app.test_client()
    assert len(word) > 20 and client.get(f"/setup/{word}").status_code == 200
    done = answers(word, client)
    assert done.status_code == 302 and "/account/login" in done.headers["Location"]
    written = (folder / "hub.toml").read_text()
    assert 'name = "Сад и двор"' in written and 'languages = ["ru", "en"]' in written
    assert {"partners", "cases", "search"} <= set((folder / "plugins.txt").read_text().split())
    assert client.get(f"/setup/{word}").status_code == 404 == client.get("/setup/other").status_code
    assert not (folder / "data" / "setup-token").exists()
    account = {"email": "first@example.org", "password": "a long enough word"}
    login = client.post("/account/login", data={"csrf_token": csrf(client.get("/account/login").text), **account})
    assert login.status_code == 302 and client.get("/desk/plugins").status_code == 200
    done = run_here(folder, "doctor")
    assert done.status == 0, done


def chosen(page):
    return re.findall(r'name="preset" value="(\w*)" checked', page)


def test_the_first_steps_begin_with_the_plugins_that_are_on(fresh):
    app, word, folder = fresh
    assert chosen(app.test_client().get(f"/setup/{word}").text) == [""]
    before = (folder / "plugins.txt").read_text()
    assert answers(word, app.test_client(), preset="").status_code == 302 and (folder / "plugins.txt").read_text() == before


def test_the_first_steps_know_the_preset_that_init_was_told(tmp_path):
    from hub.app import create_app
    from hub.people import accounts

    assert run_here(tmp_path / "city", "init", "--preset", "city").status == 0
    app = create_app(tmp_path / "city")
    with app.app_context():
        word = accounts.setup_token(app.extensions["hub"].settings.data)
    page = app.test_client().get(f"/setup/{word}").text
    assert chosen(page) == ["city"] and page.count('name="preset"') == 4


@pytest.mark.parametrize(("changed", "field"), [
    ({"name": " "}, "name"), ({"language": []}, "language"), ({"language": ["en"]}, "main"), ({"preset": "x"}, "preset"),
    ({"theme": "contrast"}, "theme"), ({"email": "x"}, "email"), ({"password": "short"}, "password"),
])  # fmt: skip
def test_a_wrong_answer_is_said_beside_its_field_and_changes_nothing(fresh, changed, field):
    app, word, folder = fresh
    before = (folder / "hub.toml").read_text()
    answer = answers(word, app.test_client(), **changed)
    assert answer.status_code == 422 and f'id="w-{field}-e"' in answer.text
    assert (folder / "hub.toml").read_text() == before and (folder / "data" / "setup-token").exists()


def test_a_new_desk_says_what_to_begin_with_until_something_is_published(new_hub):
    app = new_hub(PLUGINS)
    admin, editor = sign_in(app, "admin"), sign_in(app, "editor")
    begun = "Name, logo and colours"
    assert begun in admin.get("/desk/").text and begun not in editor.get("/desk/").text
    make(app)
    assert begun not in admin.get("/desk/").text


def test_no_first_steps_without_the_word_or_with_an_administrator(fresh):
    app, word, _ = fresh
    client = app.test_client()
    assert client.get("/setup/").status_code == 404 and client.get(f"/setup/{word}x").status_code == 404
    sign_in(app, "admin")
    assert client.get(f"/setup/{word}").status_code == 404


def test_a_running_hub_takes_up_what_the_first_steps_wrote(tmp_path):
    from hub.app import Running

    run_hub(tmp_path, "init", "--languages", "en,ru", "--name", "Hub")
    running = Running(tmp_path)
    first = running.current()
    (tmp_path / "hub.toml").write_text((tmp_path / "hub.toml").read_text().replace('name = "Hub"', 'name = "Yards"'))
    assert running.current() is not first
    assert b"Yards" in running.current().test_client().get("/en/").data
