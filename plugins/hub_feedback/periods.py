"""Days and moments of the site's calendar: years, and the period that a report is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask_babel import get_timezone

from hub.api import now

Period = tuple[dt.date, dt.date]


def zone() -> ZoneInfo:
    """The site's time zone."""
    return ZoneInfo(str(get_timezone()))


def today() -> dt.date:
    return now().astimezone(zone()).date()


def year(number: int) -> Period:
    """The first and the last day of a year."""
    return dt.date(number, 1, 1), dt.date(number, 12, 31)


def moments(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From the beginning of one day until the end of another."""
    return dt.datetime.combine(first, dt.time(), zone()), dt.datetime.combine(
        last + dt.timedelta(days=1), dt.time(), zone()
    )


def asked(args: Mapping[str, str]) -> tuple[Period, str]:
    """The period of a query's `from` and `to` (default: the last twelve months), and what is wrong with it."""
    last, first, wrong = today(), today() - dt.timedelta(days=365), ""
    try:
        first = dt.date.fromisoformat(args["from"]) if args.get("from") else first
        last = dt.date.fromisoformat(args["to"]) if args.get("to") else last
        if first > last or not 1990 <= first.year <= last.year <= 2200:
            raise ValueError
    except ValueError:
        wrong, last, first = "period", today(), today() - dt.timedelta(days=365)
    return (first, last), wrong
