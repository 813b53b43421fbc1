"""A request that hangs costs its web process, not the site: the supervisor starts another one at once.

Python cannot stop a thread, so a process whose request has taken too long says where it hung and ends itself.
"""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

log = logging.getLogger("hub.watchdog")


def die_with_parent() -> None:
    """On Linux this process ends when the one that started it was killed, so that nobody of an old run stays on the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def call_this_process(name: str) -> None:
    """On Linux, what `top` and `ps -e` show of this process. name: at most 15 bytes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(15, name.encode())  # PR_SET_NAME


class Watchdog:
    """WSGI middleware. blame(files): told the source files of the hanging call, innermost first."""

    def __init__(self, app: Any, seconds: float, blame: Callable[[list[str], str], None]) -> None:
        self._app, self._seconds, self._blame = app, seconds, blame
        self._running: dict[int, tuple[float, str]] = {}
        threading.Thread(target=self._watch, daemon=True, name="watchdog").start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        me, name = threading.get_ident(), f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"

        def alive() -> None:  # a slow sender is not a hanging page
            self._running[me] = (time.monotonic(), name)

        alive()
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            environ["wsgi.input"] = Patient(environ["wsgi.input"], alive)
        try:
            return self._app(environ, start_response)
        finally:
            self._running.pop(me, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self._seconds / 4))
            now = time.monotonic()
            for thread, (since, name) in list(self._running.items()):
                if now - since > self._seconds:
                    self._end(thread, name)

    def _end(self, thread: int, name: str) -> None:
        frame = sys._current_frames().get(thread)
        files = [f.filename for f in reversed(traceback.extract_stack(frame))] if frame else []
        what = f"{name} took over {self._seconds:g} s; its web process is replaced"
        log.critical("%s", what)
        faulthandler.dump_traceback()
        self._blame(files, what)
        os._exit(70)


class Patient:
    """A request's body that tells when something of it was read."""

    def __init__(self, stream: Any, alive: Callable[[], None]) -> None:
        self._stream, self._alive = stream, alive

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        if not name.startswith("read"):
            return found

        def read(*args: Any) -> Any:
            try:
                return found(*args)
            finally:
                self._alive()

        return read

    def __iter__(self) -> Any:
        for line in self._stream:
            self._alive()
            yield line


def plugin_of(files: list[str], folders: dict[str, Path]) -> str:
    """The plugin whose code the innermost of these files is, or nothing. folders: name → folder or file."""
    for file in files:
        for name, folder in folders.items():
            if Path(file) == folder or Path(file).is_relative_to(folder):
                return name
    return ""
