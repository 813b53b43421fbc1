"""`hub plugin check DIR`: a plugin against the rules, in throw-away instances. One line per check, exit 1 where one fails."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from hub.testing import walls

KIT = "hub.testing.conformance"
MINUTES = 10


class Report:
    """Prints as it goes; `failed` counts."""

    def __init__(self) -> None:
        self.failed = 0

    def line(self, ok: bool | None, name: str, text: str = "", details: Iterable[str] = ()) -> None:
        """ok: None where there was nothing to check, with the reason in `text`."""
        mark = {True: "ok  ", False: "FAIL", None: "look"}[ok]
        print(f"{mark}  {name}{': ' if text else ''}{text}", flush=True)
        for detail in details:
            print(f"      {detail}", flush=True)
        self.failed += ok is False


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]).resolve()
    path = path.parent if path.name == "__init__.py" else path
    if path.is_file() and path.suffix != ".py":
        print(f"{path} is neither a plugin's folder nor its file", file=sys.stderr)
        return 2
    print(f"The plugin {walls.plugin_name(path)} in {path}")
    report = Report()
    broken = walls.faults(path)
    report.line(not broken, "walls", "" if broken else "imports, card, names, tables, templates", map(str, broken))
    with tempfile.TemporaryDirectory(prefix="hub-check-") as folder:
        loads(path, Path(folder), report)
        loaded = report.failed == bool(broken)
        own_tests(path, report)
        if loaded:  # else each of the kit's tests fails with the same words
            conformance(path, Path(folder), report)
    print(f"{report.failed} of the checks failed." if report.failed else "Everything fits.")
    return 1 if report.failed else 0


def loads(path: Path, folder: Path, report: Report) -> None:
    """It switches on in a new instance of its own, with its migrations, and the front page answers."""
    from hub.app import create_app
    from hub.plugins.modules import where
    from hub.testing.instances import Instances

    name = walls.plugin_name(path)
    logging.disable(logging.CRITICAL)
    try:
        app = create_app(Instances(folder / "hubs").make([str(path)]))
        found = app.extensions["hub"].plugins.found.get(name)
        if found is None or found.state != "on":
            report.line(False, "loads", found.error if found else f"it is not found under the name {name}")
            return
        if Path(str(found.source)).name != path.name:
            report.line(None, "loads", f"another copy is installed, which goes first ({where(found.source)})")
            return
        answers = {address: app.test_client().get(address).status_code for address in ("/en/", "/ru/")}
        problems = [f"{address} answers {status}" for address, status in answers.items() if status != 200]
        problems += [record.last_error for record in app.extensions["hub"].hooks.records.values() if record.last_error]
        report.line(not problems, "loads", "" if problems else "in a new instance", problems)
    except (Exception, SystemExit) as error:
        report.line(False, "loads", traceback.format_exception_only(error)[-1].strip())
    finally:
        logging.disable(logging.NOTSET)


def own_tests(path: Path, report: Report) -> None:
    if not (path / "tests").is_dir():
        report.line(None, "its own tests", "it has none")
        return
    _pytest(report, "its own tests", path, ["tests"])


def conformance(path: Path, folder: Path, report: Report) -> None:
    """The kit, on a test file that is nothing but the one line plugin authors write."""
    if importlib.util.find_spec(KIT) is None:
        report.line(None, "conformance kit", "it is not part of this version of hub")
        return
    (folder / "kit").mkdir()
    (folder / "kit" / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", "utf-8")
    (folder / "kit" / "test_conformance.py").write_text(f"from {KIT} import *  # noqa: F403\n", "utf-8")
    alone = ["-p", "hub.testing.fixtures", "--hub-plugin", str(path)]  # what else pytest finds here takes seconds, and is not asked
    _pytest(report, "conformance kit", folder / "kit", [*alone, "test_conformance.py"], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def _pytest(report: Report, name: str, folder: Path, arguments: list[str], **more: str) -> None:
    if importlib.util.find_spec("pytest") is None:
        report.line(None, name, "pytest is not installed here; pip install pytest")
        return
    command = [sys.executable, "-m", "pytest", "--no-header", "--tb=short", "-p", "no:cacheprovider", *arguments]
    kept = {n: value for n, value in os.environ.items() if not n.startswith(("HUB_", "PYTEST_"))}
    try:
        done = subprocess.run(
            command, cwd=folder, env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}, text=True, capture_output=True, timeout=60 * MINUTES
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        report.line(False, name, f"it was not done after {MINUTES} minutes")
        return
    lines = (done.stdout + done.stderr).strip().splitlines() or ["pytest said nothing"]
    last = re.sub(r" in [\d.]+s.*|=+", "", lines[-1]).strip()
    report.line(done.returncode == 0, name, last, [] if done.returncode == 0 else lines[:-1][-60:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
