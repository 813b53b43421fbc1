"""The tutorial is run as it stands: files are written, commands are run in order, and what it says they print is printed.

Only the address of the server differs, and Python is an environment of its own that sees this one's libraries, so that
installing and uninstalling the wheel is real and offline.
"""

import os
import re
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from hub.testing.server import Server

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.M | re.S)


def blocks(name):
    """(language, what is written behind it, text) of each block."""
    return [match.groups() for match in BLOCK.finditer((DOCS / name).read_text(encoding="utf-8"))]


class Terminal:
    """A shell that keeps its folder and variables from block to block."""

    def __init__(self, folder):
        self.home, self.cwd = folder, folder
        venv.create(folder / ".venv", with_pip=False)
        packages = next((folder / ".venv" / "lib").glob("python3*/site-packages"))
        paths = [ROOT, ROOT / "plugins", *site.getsitepackages()]
        (packages / "outside.pth").write_text("".join(f"{path}\n" for path in paths))
        for command, module in (("hub", "hub"), ("pip", "pip")):
            script = folder / ".venv" / "bin" / command
            script.write_text(f'#!/bin/sh\nexec "{folder}/.venv/bin/python" -m {module} "$@"\n')
            script.chmod(0o755)
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("HUB_", "PYTEST_", "VIRTUAL_ENV", "PYTHONPATH"))}
        kept["PYTEST_ADDOPTS"] = os.environ["PYTEST_ADDOPTS"]
        self.environment = kept | {"PATH": f"{folder}/.venv/bin:{os.environ['PATH']}", "PIP_NO_INDEX": "1"}
        self.server = None

    def run(self, line):
        if self.server:
            line = line.replace("http://localhost:8000", self.server.url)
        keep = f'{line}\nstatus=$?\npwd > "{self.home}/.cwd"\nenv -0 > "{self.home}/.environment"\nexit $status'
        done = subprocess.run(["bash", "-c", keep], cwd=self.cwd, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"
        self.cwd = Path((self.home / ".cwd").read_text().strip())
        self.environment = dict(pair.split("=", 1) for pair in (self.home / ".environment").read_text().split("\0") if pair)
        return done.stdout

    def console(self, text):
        for command in re.split(r"^\$ ", text, flags=re.M)[1:]:
            line, *expected = command.strip().splitlines()
            said = self.run(line)
            for words in expected:
                assert words in said, f"$ {line}\n{said}\n… does not say: {words}"

    def serve(self):
        self.server = Server(Path(self.environment["HUB_INSTANCE"]), None, "--reload")
        self.server.start()

    def write(self, name, text):
        path = self.cwd / name.removesuffix("+").strip()
        before = path.read_text(encoding="utf-8") if name.endswith("+") else ""
        path.write_text(before + text, encoding="utf-8")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine, with which the tutorial asks")
def test_the_tutorial_runs_as_it_stands(tmp_path):
    terminal = Terminal(tmp_path)
    try:
        for language, more, text in blocks("plugins.md"):
            if language != "console":
                terminal.write(more, text)
            elif more == "serve":
                terminal.serve()
            else:
                terminal.console(text)
    finally:
        if terminal.server:
            terminal.server.stop()


def test_the_code_of_the_tutorial_is_clean(tmp_path):
    for language, more, text in blocks("plugins.md"):
        if language == "python" and not more.endswith("+"):
            (tmp_path / more.replace("/", "_")).write_text(text)
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--line-length", "120", "--select", "E,F,W,B,UP",
                           str(tmp_path)], capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_both_languages_show_the_same_blocks():
    assert blocks("plugins.md") == blocks("plugins.ru.md")
    english, russian = ((DOCS / name).read_text(encoding="utf-8") for name in ("plugins.md", "plugins.ru.md"))
    assert len(re.findall(r"^## ", english, re.M)) == len(re.findall(r"^## ", russian, re.M))
    prose = BLOCK.sub("", russian)
    assert len(re.findall("[а-яё]", prose)) > 5 * len(re.findall(r"\b(?:the|and|is)\b", prose))


@pytest.mark.parametrize("name", ["plugins.md", "plugins.ru.md"])
def test_its_links_lead_somewhere(name):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", BLOCK.sub("", (DOCS / name).read_text(encoding="utf-8"))):
        assert (DOCS / target).exists(), target
