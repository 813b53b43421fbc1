"""What people searched for and did not find: counted by query and day, without persons.

A page that found nothing appends one line to a file in the instance (no database write, so no visitor waits for a lock);
a job counts the lines. Queries that look like a person's own data are not noted at all, and only what was asked three
times or on two days is ever shown. Everything older than ninety days is deleted.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from hub.api import data_dir, now, session, writing

from . import analysis
from .models import Missed

KEPT = 90  # days
TIMES, DAYS = 3, 2
MAX_LENGTH, MAX_FILE = 80, 1_000_000
_PERSONAL = re.compile(r"@|(?:\d[\s()+-]*){6,}|\d{2}\.\d{2}\.\d{2,4}")


@dataclass(frozen=True)
class Asked:
    """A query that found nothing."""

    text: str
    times: int
    days: int
    last: dt.date


def note(text: str) -> None:
    """Write down that a query found nothing. Never raises, never waits."""
    words = " ".join(analysis.forms(text))
    if not words or len(words) > MAX_LENGTH or _PERSONAL.search(text):
        return
    line = json.dumps([now().date().isoformat(), words], ensure_ascii=False) + "\n"
    with suppress(OSError):
        path = _file()
        if not path.exists() or path.stat().st_size < MAX_FILE:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)


def count() -> int:
    """Take the noted lines into the table and forget what is old; answers how many lines there were."""
    taken = Counter(_taken())
    with writing():
        session().rollback()
        session().execute(sa.delete(Missed).where(Missed.day < now().date() - dt.timedelta(days=KEPT)))
        for (day, text), times in sorted(taken.items()):
            row = session().get(Missed, (day, text))
            if row is None:
                session().add(Missed(day=day, text=text, times=times))
            else:
                row.times += times
        session().commit()
    for path in data_dir("search").glob("asked.*.counting"):
        path.unlink(missing_ok=True)
    return taken.total()


def shown(limit: int = 100) -> list[Asked]:
    """The queries that several have asked in vain, the most frequent first."""
    times, days = sa.func.sum(Missed.times), sa.func.count()
    rows = sa.select(Missed.text, times, days, sa.func.max(Missed.day)).group_by(Missed.text)
    rows = rows.having(sa.or_(times >= TIMES, days >= DAYS)).order_by(times.desc(), Missed.text).limit(limit)
    return [Asked(text, int(count), int(on), last) for text, count, on, last in session().execute(rows)]


def _file() -> Path:
    return data_dir("search") / "asked.jsonl"


def _taken() -> Iterator[tuple[dt.date, str]]:
    """The lines noted so far, and those of a count that was killed. Whoever writes meanwhile begins a new file."""
    with suppress(FileNotFoundError):
        _file().rename(data_dir("search") / f"asked.{now():%Y%m%d%H%M%S%f}.counting")
    for path in data_dir("search").glob("asked.*.counting"):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError):
                day, text = json.loads(line)
                yield dt.date.fromisoformat(day), str(text)[:MAX_LENGTH]
