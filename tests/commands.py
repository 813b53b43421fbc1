"""The `hub` command in tests: in this process (quick) or in one of its own (the real door)."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest


class Done(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str


def run_here(folder: Path, *words: str, check: bool = False, **env: str) -> Done:
    """The `hub` command in this process, as its entry point runs it."""
    from hub.cli import main

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("HUB_")]:
            patch.delenv(name)
        for name, value in {"HUB_INSTANCE": str(folder), **env}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["hub", *words])
        for name in ("disable", "freeze"):  # this process goes on: what is frozen, its connections too, would stay open
            patch.setattr(gc, name, lambda: None)
        patch.setattr(sys, "stdin", io.StringIO())
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                status = 0
            except SystemExit as stop:
                status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    done = Done(status, out.getvalue(), err.getvalue())
    assert not check or done.status == 0, done
    return done


def run_beside(folder: Path, *words: str) -> Done:
    """The same in a thread of its own, for browser tests: in theirs runs the event loop of Playwright. Has to succeed."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(run_here, folder, *words, check=True).result()


@pytest.fixture
def command() -> Callable[..., Done]:
    """`command(folder, "plugin", "list")`: the `hub` command in this process."""
    return run_here


@pytest.fixture
def run_hub() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_hub(folder, "plugin", "list")`: the `hub` command in a process of its own."""

    def run(folder: Path, *words: str, check: bool = False, timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "hub", *words], env=environment(folder, **env), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=timeout, cwd=folder.parent,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr or done.stdout
        return done

    return run


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command for the instance at `folder`, without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "HUB_INSTANCE": str(folder), "PYTHONUNBUFFERED": "1", **more}
