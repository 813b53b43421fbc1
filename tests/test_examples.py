"""The plugins and the theme under examples/ do what their READMEs say, keep the walls, and get along with each other."""

import importlib.util
import re
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from commands import environment

from hub import items
from hub.testing import walls
from hub.testing.server import run_hub

ROOT = Path(__file__).parents[1]
PLUGINS = sorted((ROOT / "examples" / "plugins").glob("hub_*"))
WINTER = ROOT / "examples" / "themes" / "winter"


def test_their_own_tests_pass_with_all_of_them_on(tmp_path):
    """In one process and one instance, so that they are tried together."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    chosen = shlex.join(["partners", *(str(path) for path in PLUGINS)])  # a folder may have a space in its name
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path),
                           "-p", "no:cacheprovider", "-o", f"hub_plugins={chosen}", *map(str, PLUGINS)],
                          cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 20


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.name)
def test_they_are_exemplary(path):
    assert not walls.faults(path)
    readme = (path / "README.md").read_text(encoding="utf-8")
    assert "Read it for" in readme and (path / "pyproject.toml").is_file() and list(path.glob("tests/test_*.py"))
    source = "\n".join(file.read_text(encoding="utf-8") for file in path.glob("*.py"))
    for name in re.findall(r"Setting\(\"(\w+)\"", source):
        assert f"`{walls.plugin_name(path)}.{name}`" in readme, "a setting that the README does not name"
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in path.glob("*.py")) < 300
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_they_are_complete_in_russian():
    spec = importlib.util.spec_from_file_location("hub_messages_of_examples", ROOT / "tools" / "messages.py")
    messages = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(messages)
    for path in PLUGINS:
        domain = messages.Domain(walls.plugin_name(path), path)
        assert not list(messages.faults(domain.messages(), messages.read(domain.files()["ru"]))), path.name


@pytest.mark.long
def test_they_pass_strict_mypy():
    for path in PLUGINS:
        done = subprocess.run([sys.executable, "-m", "mypy", "."], cwd=path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_demo_of_the_tools_is_taken(hub_instances, command):
    folder = hub_instances.make([str(ROOT / "examples/plugins/hub_tools")])
    for words in ("Demo: 2 made", "2 already there"):
        assert words in command(folder, "demo", check=True).out


def test_a_bibtex_file_is_imported(hub_instances):
    folder = hub_instances.make(["transfer", str(ROOT / "examples/plugins/hub_readings")])
    file = ROOT / "examples/plugins/hub_readings/tests/refs.bib"
    done = run_hub(folder, "import", "readings", str(file), check=False)
    assert "3 created" in done.stdout and "2 with a problem" in done.stdout, done.stdout + done.stderr
    assert "3 unchanged" in run_hub(folder, "import", "readings", str(file), check=False).stdout


# --- the theme


@pytest.fixture
def in_winter(new_hub):
    files = {f"themes/winter/{path.relative_to(WINTER)}": path.read_text(encoding="utf-8") for path in WINTER.rglob("*") if path.is_file()}
    app = new_hub(["partners", "covers"], files=files, start=True)
    from hub.store import db, state

    with app.app_context(), db.writing():
        state.set_setting(db.session(), "hub.theme", "winter")
        items.create("partner", {"topics": [], "places": [], "links": {}, "data": {"kind": "library"}, "texts": {
            "en": {"title": "Seed library", "summary": "Seeds.", "body": "They lend **seeds**.", "fields": {}}}}, status="published")  # fmt: skip
        items.commit()
    return app


def test_the_theme_is_worn(in_winter):
    visitor = in_winter.test_client()
    for address in ("/en/", "/ru/", "/en/partners/", "/ru/partners/seed-library/", "/en/search/?q=seed", "/en/pages/about/", "/en/nothing-here/"):
        page = visitor.get(address)
        assert page.status_code == (404 if "nothing" in address else 200) and "theme-winter" in page.text, address
    item = visitor.get("/en/partners/seed-library/").text
    assert item.index("<strong>seeds</strong>") < item.index('class="plate"') and item.count('class="plate') == 1
    style = visitor.get(re.search(r'href="(/static/theme-winter/style\.css[^"]*)"', item)[1]).text
    assert "#f4f7fa" in style and ".facts" in style, "not the tokens over the site's rules"


def test_the_original_comes_back_with_another_theme(in_winter):
    from hub.store import db, state

    with in_winter.app_context(), db.writing():
        state.set_setting(db.session(), "hub.theme", "commons")
        db.session().commit()
    assert 'class="plate wide item-picture"' in in_winter.test_client().get("/en/partners/seed-library/").text


def brightness(colour):
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_can_be_read_in_light_and_dark():
    css = (WINTER / "tokens.css").read_text()
    light, dark, chosen = (dict(re.findall(r"--([\w-]+):(#\w+)", part)) for part in re.split(r"@media|:root\[data", css))
    assert dark == chosen, "dark by the system and dark by choice differ"
    text = ("ink", "ink-2", "link", "k-case", "k-partner", "k-initiative", "k-news", "k-event", "k-lab")
    for colours in (light, dark):
        for fore, back in [*product(text, ("paper", "sheet", "wood-2")), *product(("ink", "ink-2", "link"), ("wood", "water", "clay")),
                           ("on", "link"), ("ink", "mark")]:  # fmt: skip
            high, low = sorted((brightness(colours[fore]), brightness(colours[back])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (fore, back)
        assert all((max(brightness(colours[a]), brightness(colours["paper"])) + 0.05) / (min(brightness(colours[a]), brightness(colours["paper"])) + 0.05) >= 3
                   for a in ("edge", "focus"))  # fmt: skip
