"""What the documents say is true: README's plugin runs, its commands exist, its pictures are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from commands import run_here

from hub.hooks import specs
from hub.testing.fixtures import csrf, sign_in

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_plugin_of_the_readme_runs_as_it_stands(new_hub, run_jobs):
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    app = new_hub(["tools", "search"], files={"plugins/tools.py": code})
    editor = sign_in(app, "editor")
    page = editor.get("/desk/tools/new?language=en&form=full").text
    answer = editor.post("/desk/tools/new", data={
        "csrf_token": csrf(page), "language": "en", "form": "full", "do": "publish", "title.en": "A good spade",
        "f.kind": "garden", "f.deposit": "500", "t.terms.en": "Bring it back **clean**.", "p.0.name": "Perm", "p.0.country": "RU",
    })  # fmt: skip
    assert answer.status_code == 302, answer.text
    visitor = app.test_client()
    assert "A good spade" in visitor.get("/en/tools/?kind=garden").text
    assert "<strong>clean</strong>" in visitor.get("/en/tools/a-good-spade/").text
    assert visitor.get("/en/tools.json").json["items"][0]["fields"]["deposit"] == 500
    assert "/api/v1/tools" in visitor.get("/api/v1/openapi.json").json["paths"]
    run_jobs(app)
    assert visitor.get("/en/search.json?q=spades").json["total"] == 1


def test_every_command_of_the_readme_exists(tmp_path):
    run_here(tmp_path / "hub", "init", "--preset", "association", check=True)
    for line in [*re.findall(r"`hub ([a-z |]+)", README), "import", "export", "doctor"]:
        for name in line.split()[0].split("|"):
            assert "Usage" in run_here(tmp_path / "hub", name, "--help", check=True).out


def test_every_picture_and_link_of_the_documents_is_there():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"),
                     *ROOT.glob("plugins/*/README.md"),
                     *ROOT.glob("examples/*/*/README.md")]:  # fmt: skip
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} points to {target}"


@pytest.mark.parametrize(("name", "spoken"), [("editors.md", 0), ("editors.ru.md", 1)])
def test_the_guide_for_editors_names_what_stands_on_the_screen(name, spoken):
    catalogues = [*ROOT.glob("hub/translations/ru/*/*.po"), *ROOT.glob("plugins/*/translations/ru/*/*.po")]
    said = {(str(m.id), str(m.string))[spoken] for path in catalogues for m in read_po(path.open("rb"), "ru")}
    bold = {" ".join(words.split()) for words in re.findall(r"\*\*([^*]+)\*\*", (ROOT / "docs" / name).read_text(encoding="utf-8"))}
    assert len(bold) > 30 and not bold - said


def test_every_bundled_plugin_has_a_readme():
    for folder in (ROOT / "plugins").glob("hub_*"):
        assert (folder / "README.md").is_file(), folder.name


def test_the_page_of_hooks_is_what_the_hooks_say():
    done = subprocess.run([sys.executable, ROOT / "tools" / "hooks.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_page_of_the_api_is_what_it_says_of_itself():
    done = subprocess.run([sys.executable, ROOT / "tools" / "api.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_hook_is_told_in_full():
    hooks = {name: spec for name, spec in vars(specs).items() if hasattr(spec, "hub_spec")}
    assert len(hooks) <= 24
    for name, spec in hooks.items():
        assert "Example: `" in (spec.__doc__ or ""), name


def named_tests(held, line):
    """How many tests a line of a document names; each must exist in the file named before it."""
    known, seen = "", 0
    for word in re.findall(r"`([^`]+)`", held):
        if word.endswith(".py") and (ROOT / "tests" / word).is_file():
            known = (ROOT / "tests" / word).read_text(encoding="utf-8")
        elif re.fullmatch(r"(?:[a-z_]+/)?test_[a-z_]+\.py", word):
            raise AssertionError(f"there is no tests/{word}: {line}")
        elif re.fullmatch(r"[a-z0-9_]+_[a-z0-9_]+|rebinding|leaving|sitemap|revoking", word):
            seen += 1
            assert f"def test_{word}(" in known, f"{word} is no test there: {line}"
    return seen


def test_the_page_of_attacks_names_tests_that_exist():
    page, seen = (ROOT / "docs" / "security.md").read_text(encoding="utf-8"), 0
    for line in re.findall(r"^\| \d.*$", page, re.M):
        held = line.rsplit(" | ", 1)[1] if not line.endswith("| |") else ""
        assert held or "Decision" in line, line
        seen += named_tests(held, line)
    assert seen > 70


def test_the_page_of_the_standard_names_tests_that_exist():
    page, seen = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8"), 0
    for line in re.findall(r"^\| \d.*$", page, re.M):
        number, _, state, where = (part.strip() for part in line.strip("|").split(" | ", 3))
        assert state in ("held", "built", "part", "gap", "operator", "none", "decision"), line
        assert where.strip("| ") or state == "none", line
        assert state != "held" or ".py`" in where, f"{number} is held by no test"
        seen += named_tests(where, line)
    assert seen > 70
