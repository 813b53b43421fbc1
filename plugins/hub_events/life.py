"""Where an event stands in its life, computed from the time and its facts; nothing of it is stored."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import get_timezone

from hub.api import now

STATES = ("announced", "live", "pause", "over", "replay", "cancelled")
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


def zone_of(row: Any) -> ZoneInfo:
    """The zone of an event's own hours: its own, else the site's."""
    return ZoneInfo(row.timezone or str(get_timezone()))


def clock(text: str) -> dt.time | None:
    """An hour and minute as people type them (18:30, 9.00), or None."""
    found = _CLOCK.fullmatch(text.strip())
    return dt.time(int(found[1]), int(found[2])) if found else None


def room(row: Any) -> str:
    """Where who has a place joins: the address for them alone, else the one for everybody; empty where there is none."""
    return str(row.data.get("live_closed") or row.data.get("live") or "")


def windows(row: Any) -> list[tuple[dt.datetime, dt.datetime]]:
    """When it really takes place: its days with their own hours where it has such, else from begin to end."""
    if row.starts_at is None:
        return []
    end, zone, found = row.ends_at or row.starts_at, zone_of(row), []
    for day in row.data.get("days") or ():
        start, until = clock(day.get("from", "")), clock(day.get("until", ""))
        if start and until and len(day["day"]) == 10:
            date = dt.date.fromisoformat(day["day"])
            last = date if until > start else date + dt.timedelta(days=1)
            found.append((dt.datetime.combine(date, start, zone), dt.datetime.combine(last, until, zone)))
    return sorted(found) or [(row.starts_at, end)]


def state(row: Any, moment: dt.datetime | None = None) -> str:
    """One of STATES. row: the spine's row of an event (`item.row`, or a Content)."""
    moment, times = moment or now(), windows(row)
    if row.data.get("cancelled"):
        return "cancelled"
    if not times or moment < times[0][0]:
        return "announced"
    if any(start <= moment < end for start, end in times):
        return "live"
    if moment < times[-1][1]:
        return "pause"
    return "replay" if row.data.get("replay") else "over"


def last_end(row: Any) -> dt.datetime | None:
    """When it is over."""
    return max((end for _, end in windows(row)), default=None)


def turned(rows: Sequence[Any], since: dt.datetime, until: dt.datetime) -> bool:
    """Whether any of them began or ended in that time."""
    return any(since < moment <= until for row in rows for window in windows(row) for moment in window)
