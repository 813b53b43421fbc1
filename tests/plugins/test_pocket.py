"""The pocket copy as a browser asks for it: the worker, its words, what other plugins let it keep, and the one setting."""

import json
import re
from html import unescape

import pytest

from hub.app import create_app
from hub.store import db
from hub.store.state import set_setting
from hub.testing.instances import Instances


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(Instances(tmp_path_factory.mktemp("pocket")).make(("look", "partners", "greenmap", "suggest", "pocket")), strict=True)


@pytest.fixture
def client(app):
    return app.test_client()


def told(client):
    text = client.get("/pocket.js").text
    return json.loads(re.match(r"const POCKET = (.*);\n", text).group(1))


def choose(app, value):
    with app.app_context():
        set_setting(db.session(), "pocket.offline", value)
        db.session().commit()


def test_the_worker_stands_at_the_root_and_is_never_an_old_one(client):
    answer = client.get("/pocket.js")
    assert answer.mimetype == "text/javascript" and answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for language in ("en", "ru"):
        page = client.get(f"/{language}/").text
        assert 'data-worker="/pocket.js"' in page and f'href="/{language}/pocket/"' in page


def test_it_speaks_every_language_and_knows_where_signing_out_is(client):
    config = told(client)
    assert set(config["words"]) == set(config["pages"]) == {"en", "ru"}
    assert config["words"]["ru"]["kept"].startswith("Сети нет") and "{}" in config["words"]["en"]["kept"]
    assert config["signout"] == "/account/logout"


def test_hook_pocket(client):
    """The green map and the forms of suggestions say what a device keeps of them; every address is there for a visitor."""
    sets = told(client)["sets"]
    assert set(sets) >= {"/en/map/", "/ru/map/", "/ru/initiatives/"}
    assert sets["/en/partners/"] == ["/en/suggest/new/partners/"] and "/ru/suggest/new/initiatives/" in sets["/ru/map/"]
    for address in sets["/ru/map/"]:
        assert client.get(address).status_code == 200
    assert any(".geojson" in address for address in sets["/ru/map/"])


def test_the_page_holds_the_words_of_forms_that_wait(client):
    page, form = client.get("/ru/pocket/").text, client.get("/ru/suggest/new/partners/").text
    words = json.loads(unescape(re.search(r'data-words="([^"]+)"', page).group(1)))
    assert words["stuck"].count("{}") == words["sent"].count("{}") == 1 and "Сохранено" in words["kept"]
    assert 'data-later="4"' in form and 'data-needs="title.ru"' in form and form.count("data-fresh") == 2


def test_one_setting_takes_it_away(app, client):
    choose(app, False)
    try:
        assert client.get("/en/pocket/").status_code == 404
        assert "data-worker" not in client.get("/en/").text and "/pocket/" not in client.get("/en/").text
        leaving = client.get("/pocket.js").text
        assert "unregister" in leaving and "POCKET" not in leaving
    finally:
        choose(app, True)
