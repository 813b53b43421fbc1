"""The plugin through its public door. `hub_app`, `client`, `as_user` … come from the hub's own pytest plugin."""

from typing import Any

from hub.testing.fixtures import csrf


def add(editor: Any, **fields: str) -> None:
    """Publish an entry through the form, as an editor does."""
    page = editor.get("/desk/PLUGIN_NAME/new?language=en&form=full").text
    data = {"csrf_token": csrf(page), "language": "en", "form": "full", "do": "publish", **fields}
    answer = editor.post("/desk/PLUGIN_NAME/new", data=data)
    assert answer.status_code == 302, answer.text


def test_it_is_listed_shown_and_counted(client: Any, as_user: Any) -> None:
    pump = {"title.en": "By the old pump", "f.state": "open", "t.hours.en": "Always", "p.0.name": "Perm"}
    add(as_user("editor"), **pump)
    add(as_user("editor"), **{"title.en": "Behind the school", "f.state": "closed"})
    page = client.get("/en/PLUGIN_NAME/").text
    assert "By the old pump" in page and "Behind the school" in page
    assert "By the old pump" not in client.get("/en/PLUGIN_NAME/?state=closed").text
    item = client.get("/en/PLUGIN_NAME/by-the-old-pump/").text
    assert "Open to everybody" in item and "Always" in item and "Perm" in item
    assert client.get("/en/PLUGIN_NAME.json").json["facets"]["state"] == {"open": 1, "closed": 1}
    assert "By the old pump" in client.get("/en/").text, "it is not on the front page"


def test_it_speaks_russian(client: Any, as_user: Any) -> None:
    add(as_user("editor"), **{"title.en": "By the old pump", "f.state": "ask"})
    page = client.get("/ru/PLUGIN_NAME/").text
    assert "по договорённости" in page and "ask first" not in page


def test_what_is_for_editors_stays_with_them(client: Any, as_user: Any) -> None:
    add(as_user("editor"), **{"title.en": "By the old pump", "f.keeper": "Vera Petrova"})
    assert "Vera" not in client.get("/en/PLUGIN_NAME/by-the-old-pump/").text
    assert "Vera" not in client.get("/en/PLUGIN_NAME.json").text
    assert "Vera" in as_user("editor").get("/en/PLUGIN_NAME/by-the-old-pump/").text


def test_off_means_gone(hub_app: Any, client: Any) -> None:
    assert client.get("/en/PLUGIN_NAME/").status_code == 200
    hub_app.extensions["hub"].plugins.switch_off("PLUGIN_NAME")
    assert client.get("/en/PLUGIN_NAME/").status_code == 404
