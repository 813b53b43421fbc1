"""Times as people read them, with the zone in which they are meant."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from flask_babel import get_locale, get_timezone, gettext

from hub_events import life


def city(zone: ZoneInfo) -> str:
    """A zone by its city in the language of the moment."""
    return str(get_timezone_location(zone, locale=get_locale() or "en", return_city=True))


def day(date: dt.date, *, year: bool = True, weekday: bool = False) -> str:
    pattern = ("EEEE, " if weekday else "") + "d MMMM" + (" y" if year else "")
    return str(format_date(date, pattern, locale=get_locale() or "en"))


def between(first: dt.datetime, last: dt.datetime) -> str:
    """The hours of a day: "18:30–20:00". A word joiner keeps them on one line, on narrow pages and in letters alike."""
    return f"{first:%H:%M}–\u2060{last:%H:%M}"


def span(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    """A time span in one zone: "20 November 2026, 18:30–20:00"."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return f"{day(first.date())}, {between(first, last)}"
    return f"{day(first.date())}, {first:%H:%M} – {day(last.date())}, {last:%H:%M}"


def when(row: Any) -> str:
    """When an event takes place, in its own zone, the zone said."""
    if row.starts_at is None:
        return ""
    zone = life.zone_of(row)
    said = span(row.starts_at, row.ends_at or row.starts_at, zone)
    return gettext("%(time)s (time of %(city)s)", time=said, city=city(zone))


def days(row: Any) -> str:
    """The days of an event in its own zone: "20–21 November 2026"."""
    if row.starts_at is None:
        return ""
    zone = life.zone_of(row)
    first, last = row.starts_at.astimezone(zone).date(), (row.ends_at or row.starts_at).astimezone(zone).date()
    if first == last:
        return day(last)
    if first.replace(day=1) == last.replace(day=1):
        return f"{first.day}–\u2060{day(last)}"
    return f"{day(first, year=first.year != last.year)} – {day(last)}"


def moment(value: dt.datetime | None, row: Any) -> str:
    """One moment in an event's own zone, the zone said."""
    if value is None:
        return ""
    zone = life.zone_of(row)
    said = f"{day(value.astimezone(zone).date())}, {value.astimezone(zone):%H:%M}"
    return gettext("%(time)s (time of %(city)s)", time=said, city=city(zone))


def hours(row: Any) -> str:
    """The same below the heading of its day: only the hours, where it is over on the same day."""
    zone = life.zone_of(row)
    first, last = row.starts_at.astimezone(zone), (row.ends_at or row.starts_at).astimezone(zone)
    if first.date() != last.date():
        return when(row)
    return gettext("%(time)s (time of %(city)s)", time=between(first, last), city=city(zone))


def here(row: Any) -> str:
    """The same in the site's zone, where that is another one; else empty."""
    own, zone = life.zone_of(row), ZoneInfo(str(get_timezone()))
    if row.starts_at is None or own.utcoffset(row.starts_at.astimezone(own).replace(tzinfo=None)) == zone.utcoffset(
        row.starts_at.astimezone(zone).replace(tzinfo=None)
    ):
        return ""
    said = span(row.starts_at, row.ends_at or row.starts_at, zone)
    return gettext("%(time)s (time of %(city)s)", time=said, city=city(zone))
