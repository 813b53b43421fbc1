"""The conformance kit finds what it says it finds: the frozen plugin, broken in one way after the other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub.testing.bench import Misplaced, find_plugin

FROZEN = Path(__file__).parent / "fixtures" / "frozen_1_0" / "hub_allotments"
VIEW = "\n\n@public.get('/leak')\ndef leak(lang):\n    {}\n"
# what is wrong: (file, old text or "" to append, new text, the test that must fail, part of what it says)
WAYS = {
    "the card imports its hooks": ("__init__.py", "\nfrom hub.api import Plugin\n", "\nimport wave\n\nfrom hub.api import Plugin\n", "card_imports", "wave"),
    "no summary": ("__init__.py", '_("Plots to dig, and who has asked for one.")', '""', "says_what_it_is", "no summary"),
    "an untranslated label": ("__init__.py", '_("Allotments")', '"Allotments"', "says_what_it_is", "not translated"),
    "core's inside": ("work.py", "import json\n", "import json\n\nfrom hub.content import topics\n", "comes_in_by_the_api", "hub.content"),
    "a network of its own": ("work.py", "import json\n", "import json\nimport urllib.request\n", "comes_in_by_the_api", "urllib.request"),
    "another's template": ("templates/ask.html", "", '{% include "partners/home.html" %}', "names_stand", "partners/home.html"),
    "a job's name": ("hooks.py", 'Job("tell"', 'Job("Tell It"', "names_stand", "Tell It"),
    "a column without migration": ("models.py", "    asked:", "    more: Mapped[str] = mapped_column(sa.String(9), default='')\n    asked:", "on_sqlite", "more"),
    "no way down": ("migrations/0001_wishes.py", 'op.drop_table("allotments_wish")', "pass", "on_sqlite", "are left"),
    "a page that falls over": ("pages.py", "    crop = fold", "    1 / 0\n    crop = fold", "every_page", "ZeroDivisionError"),
    "a page that cannot read strange values": ("pages.py", "    crop = fold", "    int(request.args.get('crop', '1'))\n    crop = fold", "hostile", "invalid literal"),
    "writing by looking": ("pages.py", VIEW, "session().add(Wish(content_id=1))\n    session().commit()\n    return ''", "looking_changes", "allotments_wish"),
    "a missing guard": ("pages.py", '@needs("allotments.look")\ndef wishes', "def wishes", "carry_a_guard", "allotments_desk.wishes"),
    "no token asked for": ("hooks.py", 'app.extensions["allotments"] = "ready"', 'app.extensions["csrf"].exempt(public)', "need_a_token", "without a token"),
    "a missing variable": ("templates/home.html", "<h2>", "<h2>{{ nothing_of_that_name }}", "every_page", "nothing_of_that_name"),
    "an empty box": ("templates/home.html", "", '<ul class="none"></ul>', "no_gaps", 'empty <ul class="none">'),
    "a heading with nothing below": ("templates/wanted.html", "</h1>", "</h1><h2>News</h2><h2>Old</h2>", "no_gaps", "News"),
    "asking others": ("pages.py", VIEW, "import socket\n    socket.create_connection(('192.0.2.7', 80))\n    return ''", "ask_nobody", "192.0.2.7"),
    "a slow block": ("hooks.py", '    if slot == "home":\n', '    if slot == "home":\n        __import__("time").sleep(0.7)\n', "budget", "blocks home"),
    "telling visitors all": (
        "pages.py", VIEW, "return ' '.join(str(items.read(c)) for c in session().scalars(sa.select(__import__('hub.api').api.Content)))", "obey_audience", "tells a visitor"),
    "a demo that grows": ("hooks.py", '    load(Path', "    session().add(Wish(content_id=1))\n    session().commit()\n    load(Path", "demo_twice", "allotments_wish"),
    "a missing translation": ("templates/ask.html", "", '{{ _("Not translated by anybody") }}', "catalogues", "Not translated by anybody"),
    "a left-over translation": ("plot.py", '_("Beside")', '"Beside"', "catalogues", "unused"),
    "another placeholder": ("translations/ru/LC_MESSAGES/allotments.po", "Ожидается килограммов: %(number)s", "Ожидается %(num)s", "catalogues", "other placeholders"),
    "a person who stays": ("hooks.py", '.values(user_id=None, email="")', ".values(user_id=None)", "forgotten", "forgotten-person"),
    "a person who is kept silent": ("hooks.py", "return work.exported(user,", "return None and (user,", "forgotten", "user_exported"),
    "a menu line of its own making": ("hooks.py", 'app.extensions["allotments"] = "ready"',
                                      "app.jinja_env.globals['_'] = lambda text, **more: 'x <a href=\"/en/allotments/\">'", "off_is_gone", "still holds"),
}  # fmt: skip
LINES = "from hub.testing.conformance import *\n"


def run_kit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """pytest with the kit, in a folder outside of this repository, as a plugin's author runs it."""
    (folder / "test_conformance.py").write_text(LINES)
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'tmp'}", *words, "test_conformance.py"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_each_fault_is_found(tmp_path, way):
    file, old, new, test, said = WAYS[way]
    shutil.copytree(FROZEN, tmp_path / "project" / "hub_allotments")
    path = tmp_path / "project" / "hub_allotments" / file
    text = path.read_text()
    if old == VIEW:
        path.write_text(text + VIEW.format(new))
    elif old:
        assert old in text
        path.write_text(text.replace(old, new, 1))
    else:
        path.write_text(text + new)
    done = run_kit(tmp_path, "--hub-plugin", str(tmp_path / "project"), "-k", test)
    assert done.returncode == 1 and said in done.stdout, done.stdout[-3000:]


def test_the_kit_says_what_it_wants(tmp_path):
    """No plugin, no such plugin, a folder without one: a sentence, no traceback."""
    done = run_kit(tmp_path, "-k", "what_it_is")
    assert "--hub-plugin NAME_OR_DIR" in done.stdout and "Traceback" not in done.stdout
    done = run_kit(tmp_path, "-k", "what_it_is", "--hub-plugin", "nobody_has_this")
    assert "no plugin named 'nobody_has_this' is installed" in done.stdout and "Traceback" not in done.stdout
    with pytest.raises(Misplaced, match="holds no plugins"):
        find_plugin(str(tmp_path))


@pytest.mark.long
def test_a_single_file_from_anywhere(tmp_path):
    (tmp_path / "lending.py").write_text(
        '"""Things to lend."""\n\nfrom hub.api import ContentType, Field, Plugin, hookimpl\n\n'
        'plugin = Plugin("lending", "Lending", "Things that neighbours lend each other.")\n\n\n@hookimpl\ndef content_types():\n'
        '    return [ContentType("thing", "things", "Thing", "Things", fields=(Field("shelf", audience="editors"),))]\n'
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nhub_plugin = lending.py\n")
    done = run_kit(tmp_path)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-3000:]
