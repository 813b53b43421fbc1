"""The files in `instance/data/backups/`: making one, dropping the old ones. `hub restore` brings them back."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import NamedTuple

from hub.api import data_dir, instance, now, setting

PREFIX, SUFFIX, FORM = "nightly-", ".tar.gz", "%Y%m%d-%H%M%S"
STAMP = re.compile(r"\d{8}-\d{6}")
ONE_A_DAY = dt.timedelta(hours=23)  # so that the hour does not wander


class Kept(NamedTuple):
    """A backup: the file's name, when it was made, how large it is (bytes)."""

    name: str
    at: dt.datetime
    size: int


def kept() -> list[Kept]:
    """All that are there, newest first; also those that an upgrade made."""
    found = [Kept(path.name, _made(path), path.stat().st_size) for path in folder().glob(f"*{SUFFIX}")]
    return sorted(found, key=lambda k: k.at, reverse=True)


def _made(path: Path) -> dt.datetime:
    """As the name says, else as the file does."""
    if told := STAMP.search(path.name):
        return dt.datetime.strptime(told[0], FORM).replace(tzinfo=dt.UTC)
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)


def folder() -> Path:
    """Where they lie."""
    return data_dir("backups")


def nightly() -> None:
    """Make one where the newest is a day old, then drop those that are too many."""
    if setting("backups.keep") and not any(k.at > now() - ONE_A_DAY for k in _mine()):
        make()


def make() -> None:
    """Make one now, then drop those that are too many."""
    instance.backup(folder() / f"{PREFIX}{now().strftime(FORM)}{SUFFIX}")
    for old in _mine()[max(1, setting("backups.keep")) :]:
        (folder() / old.name).unlink(missing_ok=True)


def _mine() -> list[Kept]:
    return [k for k in kept() if k.name.startswith(PREFIX)]
