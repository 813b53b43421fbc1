"""Dates of feeds, however they are written; feedparser reads most, here are Russian names and what is left."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from email.utils import parsedate_to_datetime
from typing import Any

MONTHS = {
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "мае": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9, "окт": 10,
    "ноя": 11, "дек": 12,
}  # fmt: skip
_WORDS = re.compile(
    r"(\d{1,2})(?:-?го)?[\s.-]+([а-яё]{3})[а-яё]*\.?[\s,.-]+(\d{4}|\d{2})(?:\s*г(?:ода|\.)?)?"
    r"(?:[\s,в]*(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(?:([+-])(\d{2}):?(\d{2})|(мск|msk))?", re.I
)  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[\s,]+(\d{1,2}):(\d{2}))?")
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)


def read(text: Any, parsed: Any = None) -> dt.datetime | None:
    """A moment in UTC; None where nothing can be made of it. parsed: feedparser's struct_time."""
    found = _from_struct(parsed) or _iso(text) or _mail(text) or _russian(text)
    return found if found and found >= EARLIEST else None


def _from_struct(parsed: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(calendar.timegm(parsed), dt.UTC) if parsed else None
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _iso(text: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text).strip())
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _mail(text: Any) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(str(text))
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _russian(text: Any) -> dt.datetime | None:
    low = str(text or "").lower()[:200]
    if words := _WORDS.search(low):
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes, moscow = words.groups()
        number = MONTHS.get(month, 0)
    elif numbers := _NUMBERS.search(low):
        day, month, year, hour, minute = numbers.groups()
        number, second, sign, zone_hours, zone_minutes, moscow = int(month), "", "", "", "", ""
    else:
        return None
    offset = (
        dt.timedelta(hours=3) if moscow else dt.timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    )
    try:
        full = int(year) + (2000 if len(year) == 2 else 0)
        local = dt.datetime(full, number, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=dt.UTC)
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        return None
