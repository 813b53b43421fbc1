"""A slip of the pen in hub.toml or plugins.txt: `hub doctor` says which name is wrong and which is meant; the site goes on."""

from __future__ import annotations

import re

import pytest

from hub.app import create_app


@pytest.mark.parametrize(("toml", "mark", "name", "words"), [
    ('[plugin.freshness]\nkinds = ["partner", "caze"]', "look", "setting.freshness.kinds", "“caze” is none of:"),
    ("[plugin.freshness]\nmonth = 3", "FAIL", "setting.freshness.month", "freshness.months may be meant"),
    ("[plugin.freshnes]\nmonths = 3", "look", "setting.freshnes.months", "no such setting; freshness.months may be meant"),
    ("[plugin.greenmap]\nwhatever = 3", "look", "setting.greenmap.whatever", "once this plugin is switched on"),
    ('[plugin.freshness]\nmonths = "many"', "FAIL", "setting.freshness.months", "a whole number"),
])  # fmt: skip
def test_a_setting_of_a_plugin(hub_instances, command, toml, mark, name, words):
    done = command(hub_instances.make(("partners", "freshness"), toml=toml), "doctor")
    line = next((line for line in done.out.splitlines() if name in line), done.out + done.err)
    assert line.startswith(f"{mark}  {name}  ") and words in line
    assert "Traceback" not in done.err


def test_a_right_setting_is_not_complained_of(hub_instances, command):
    done = command(hub_instances.make(("partners", "freshness"), toml='[plugin.freshness]\nkinds = ["partner"]\nmonths = 3'), "doctor")
    assert "setting." not in done.out


def test_a_theme_that_is_not_there(hub_instances, command):
    """The site wears its own one meanwhile, and says so."""
    folder = hub_instances.make(("partners", "look"))
    path = folder / "hub.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[site]", '[site]\ntheme = "medow"'), encoding="utf-8")
    done = command(folder, "doctor")
    assert re.search(r"look  setting\.site\.theme  “medow” is none of: .*meadow", done.out) and "KeyError" not in done.out + done.err
    assert create_app(folder, strict=True).test_client().get("/en/").status_code == 200


def test_a_plugin_that_is_not_there(hub_instances, command):
    folder = hub_instances.make(("partners",))
    with (folder / "plugins.txt").open("a", encoding="utf-8") as file:
        file.write("casse\nqqqqqq\n")
    said = command(folder, "doctor").out
    assert re.search(r"plugin\.casse  .*did you mean cases\?", said) and re.search(r"plugin\.qqqqqq  (?!.*did you mean).*not installed", said)
