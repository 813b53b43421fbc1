"""The plugin through its public door. `hub_app`, `client`, `run_jobs` … come from the hub's own pytest plugin."""

import re
from collections.abc import Callable
from typing import Any

from hub.testing.fixtures import csrf


def test_the_diary_fills_itself(client: Any, run_jobs: Callable[..., int]) -> None:
    assert "<meter" not in client.get("/ru/PLUGIN_NAME/").text
    run_jobs()
    # another language than above: a page that was shown already changes within a second, not at once
    page = client.get("/en/PLUGIN_NAME/").text
    assert "The diary is still empty" not in page and "<meter" in page
    front = client.get("/en/").text
    assert re.search(r"There (is|are) \d+ entr(y|ies) in this hub", front), "the front page shows no figure"


def test_it_speaks_russian(client: Any, run_jobs: Callable[..., int]) -> None:
    run_jobs()
    page = client.get("/ru/PLUGIN_NAME/").text
    assert "Материалов" in page and "Entries" not in page


def test_the_setting_is_in_the_desk(client: Any, as_user: Callable[..., Any]) -> None:
    admin = as_user("admin")
    form = admin.get("/desk/settings").text
    assert "How many days the diary shows" in form
    refused = admin.post("/desk/settings", data={"csrf_token": csrf(form), "PLUGIN_NAME.days": "0"})
    assert refused.status_code == 422
    taken = admin.post("/desk/settings", data={"csrf_token": csrf(form), "PLUGIN_NAME.days": "7"})
    assert taken.status_code == 302


def test_off_means_gone(hub_app: Any, client: Any) -> None:
    assert client.get("/en/PLUGIN_NAME/").status_code == 200
    hub_app.extensions["hub"].plugins.switch_off("PLUGIN_NAME")
    assert client.get("/en/PLUGIN_NAME/").status_code == 404
