"""A plugin as of hub.api 1.0, which uses all of it: it goes on working, whatever becomes of the hub."""

import re
from pathlib import Path

import pytest
from commands import run_here

import hub.api
from hub.store.db import writing
from hub.testing.conformance import *  # noqa: F403
from hub.testing.fixtures import csrf

FROZEN = Path(__file__).parent / "fixtures" / "frozen_1_0" / "hub_allotments"
hub_plugin = [str(FROZEN)]
NAMES_OF_1_0 = """
Base Block Change ChangeReader Check Choice Conflict Content ContentType Exporter Faults Field Hit Importer Item Job Json
ListQuery Listing NavItem NetError NotAllowed Permission Plugin Relation Result SearchDocument SearchPage SearchQuery Setting User
Utc ask content_type current_user data_dir enqueue excerpt fetch fold forms gather gettext hookimpl hookspec items lazy_gettext level
log may needs ngettext now render_page send_mail session setting writing
""".split()
ITEMS_OF_1_0 = """
commit count_by create erase find find_by_source get load move newest published_ids read save schedule search_documents token touch
working_copy
""".split()


def test_nothing_of_the_api_has_gone():
    assert not set(NAMES_OF_1_0) - set(hub.api.__all__) and not set(ITEMS_OF_1_0) - set(hub.api.items.__all__)
    assert hub.api.API_VERSION[0] == 1, "a new major version needs a frozen plugin of its own beside this one"


def test_it_uses_all_of_it():
    used = "\n".join(path.read_text() for path in FROZEN.rglob("*.py"))
    unused = [name for name in NAMES_OF_1_0 if not re.search(rf"\b{name}\b", used)]
    assert not unused, f"a name that nothing here uses is held by nothing: {unused}"


@pytest.fixture
def app(hub_plugin):
    with hub_plugin.scratch() as app:
        yield app


def test_wishing_for_a_plot(hub_plugin, app):
    """Its own page, permission, table, job, mail and files work together."""
    uid = hub_plugin.uids["public"]["plot"]
    member, editor, visitor = (hub_plugin.client(role) for role in ("member", "editor", "visitor"))
    form = member.get(f"/en/allotments/{uid}/wish").text
    assert visitor.post(f"/en/allotments/{uid}/wish", data={}).status_code == 400
    assert member.post(f"/en/allotments/{uid}/wish", data={"csrf_token": csrf(form)}).status_code == 302
    assert "member@example.org" in editor.get("/desk/allotments/").text and member.get("/desk/allotments/").status_code == 403
    assert visitor.get("/diggers.txt").text == "1" and visitor.get("/diggers").location == "/en/allotments/"
    assert "Expected: 7 kilograms" in visitor.get("/en/allotments/?crop=leek").text
    assert app.extensions["allotments"] == "ready"


def test_offering_a_plot_by_its_own_form(hub_plugin, app):
    editor = hub_plugin.client("editor")
    form = editor.get("/desk/allotments/quick").text
    wrong = editor.post("/desk/allotments/quick", data={"csrf_token": csrf(form), "title.en": "South"})
    assert wrong.status_code == 422 and "This is needed" in wrong.text
    right = editor.post("/desk/allotments/quick", data={"csrf_token": csrf(form), "title.en": "South", "f.crop": "pea"})
    assert right.status_code == 302 and "South" in editor.get("/desk/plots/").text


def test_its_commands_jobs_and_readers(hub_plugin, app, remote_site):
    from hub.content.changes import run_readers

    uid = hub_plugin.uids["public"]["plot"]
    said = run_here(hub_plugin.folder, "dig", check=True).out
    assert "leek: " in said and "changes to read; forecast 7" in said
    assert run_here(hub_plugin.folder, "allotments", "rename", uid, "Renamed corner", check=True).out == "Renamed corner\n"
    with app.app_context(), writing():
        run_readers()
        assert f"plot {uid} here" in (hub.api.data_dir("allotments") / "seen.txt").read_text()
        found = hub.api.ask("search", query=hub.api.SearchQuery("plot: renamed", "en"))
        assert found.total == 1 and hub.api.ask("search", query=hub.api.SearchQuery("renamed", "en")) is None
        remote_site.trusted_by(app)
        app.extensions["hub"].settings.plugin["allotments"] = {"weather": remote_site.answer("/", "sunny")}
        app.extensions["hub"].jobs["allotments.forecast"].run()
    assert hub_plugin.client().get("/en/plots.lines").text.count("\t") >= 2


def test_its_files_lie_under_its_name(hub_plugin, app):
    page = hub_plugin.client().get("/en/").text
    assert "/static/allotments/spade.svg?v=" in page and "https://weather.example.org" in hub_plugin.client().get("/en/").headers["Content-Security-Policy"]
    assert "data-plot" in hub_plugin.client().get("/en/plots/").text


def test_the_kit_takes_it_from_outside(hub_plugin):
    """It lies in no Python path: the kit has put a copy into the instance's plugins/."""
    assert (hub_plugin.folder / "plugins" / "hub_allotments" / "hooks.py").is_file() and hub_plugin.plugins[-2:] == ["partners", "allotments"]
