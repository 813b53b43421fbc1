"""What a self-hoster is given: the guides' commands work as they stand, units and server files are sound."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
GUIDES = [ROOT / "docs" / "self-hosting.md", ROOT / "docs" / "self-hosting.ru.md"]
UNITS = sorted(DEPLOY.glob("*.service"))


def commands(guide: Path) -> list[str]:
    """The lines that are typed, without what follows a #."""
    lines = [line.strip() for line in re.findall(r"^    (\S.*)$", guide.read_text(encoding="utf-8"), re.M)]
    return [line.partition("    #")[0].strip() for line in lines if not re.match(r"[\[#]|\w+ = ", line)]


def test_both_guides_have_the_same_commands():
    english, russian = ([re.sub(r'--name ".*?"|--languages \S+', "", line) for line in commands(guide)] for guide in GUIDES)
    assert english == russian and len(english) > 15


def test_the_guides_name_only_commands_and_files_that_exist(tmp_path):
    from commands import run_here

    text = "".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    for name in sorted(set(re.findall(r"(?:--instance \w+|`hub) (\w[\w-]*)(?: (?:add|password|reset-2fa|off|rebuild))?", text))):
        if name != "search":  # a plugin's, known only inside an instance
            assert "Usage" in run_here(tmp_path / "hub", name, "--help", check=True).out, name
    for name in re.findall(r"deploy/[\w.-]+", text):
        assert (ROOT / name).is_file(), name


@pytest.mark.long
@pytest.mark.parametrize("guide", GUIDES, ids=lambda g: g.name)
def test_the_guide_followed_literally(guide, tmp_path):
    """A machine's first minutes: a virtual environment, the wheel, an instance, and what `doctor` says of it."""
    (tmp_path / "src").symlink_to(ROOT)
    block = guide.read_text(encoding="utf-8").partition("followed by a test -->" if guide == GUIDES[0] else "затем:\n")[2]
    typed = [line.strip() for line in block.lstrip("\n").split("\n\n")[0].splitlines()]
    assert len(typed) == 4, typed
    (tmp_path / "python3").symlink_to(sys.executable)
    for line in typed:
        done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert "FAIL" not in done.stdout and "core.database" in done.stdout
    assert (tmp_path / "instance" / "hub.toml").is_file()


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_units_are_sound(unit, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    copy = tmp_path / unit.name  # its program and its user are not on this machine
    copy.write_text(re.sub(r"/srv/hub/venv/bin/hub", shutil.which("true") or "/bin/true", unit.read_text()).replace("=hub\n", "=root\n"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


def test_units_start_what_exists_and_may_write_only_the_instance():
    for unit in UNITS:
        text = unit.read_text()
        assert "ProtectSystem=strict" in text and "ReadWritePaths=/srv/hub/instance\n" in text and "NoNewPrivileges=true" in text, unit.name


def test_the_proxies_replace_what_visitors_claim():
    """A forwarded address that a visitor sends must not reach the hub."""
    nginx = (DEPLOY / "nginx.conf").read_text()
    for header in ("X-Forwarded-For   $remote_addr", "X-Forwarded-Proto $scheme", "X-Forwarded-Host  $host"):
        assert f"proxy_set_header {header};" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
