"""How far a rebuild is, in a small file: the worker writes it, the desk reads it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.api import data_dir

STALE = 120  # seconds without a word: the worker was stopped


def _file() -> Path:
    return data_dir("search") / "progress.json"


@contextmanager
def reported(total: int) -> Iterator[Callable[[int], None]]:
    """A function that notes how many items are done; the note is gone at the end, whatever happens."""
    path = _file()

    def tell(done: int) -> None:
        with suppress(OSError):
            path.write_text(json.dumps([done, total]), encoding="utf-8")

    tell(0)
    try:
        yield tell
    finally:
        path.unlink(missing_ok=True)


def read() -> tuple[int, int] | None:
    """(done, of all) while a rebuild is going on, else None."""
    with suppress(OSError, ValueError, TypeError):
        if time.time() - _file().stat().st_mtime < STALE:
            done, total = json.loads(_file().read_text(encoding="utf-8"))
            return int(done), int(total)
    return None
