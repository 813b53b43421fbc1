"""Calendars: every list and event as .ics, and events read from .ics files. Here alone icalendar is used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from flask_babel import get_timezone

from hub.api import Exporter, Importer, Listing, ListQuery, gettext, items, now
from hub.api import lazy_gettext as _
from hub_events import life

PAST = 90  # days that a calendar reaches back where no time is asked for
MAX_BYTES, MAX_EVENTS, MAX_DATES = 5_000_000, 2000, 200
AHEAD = dt.timedelta(days=366)
TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
STATES = {"cancelled": "CANCELLED"}
MAPS = ("title=title", "body=body", "uid=external_id", "starts=starts", "ends=ends", "zone=zone",
        "place=place", "source_url=source_url", "cancelled=cancelled")  # fmt: skip


def narrow(query: ListQuery) -> ListQuery:
    """Without dates a calendar gives the last 90 days and all to come."""
    if query.when or query.since or query.until:
        return query
    return replace(query, since=now().date() - dt.timedelta(days=PAST), sort="soon")


def write(listing: Listing) -> bytes:
    """A listing of events as a calendar."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Hub//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", listing.title)
    calendar.add("method", "PUBLISH")
    site = items.site()["url"]
    for item in listing.items:
        if item.row.starts_at is None:
            continue
        for number, (start, end) in enumerate(life.windows(item.row)):
            calendar.add_component(_event(item, site, number, start, end))
    return bytes(calendar.to_ical())


def _event(item: Any, site: str, number: int, start: dt.datetime, end: dt.datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{item.uid}{f'-{number}' if number else ''}@{site.partition('://')[2]}")
    event.add("dtstamp", item.updated)
    event.add("last-modified", item.updated)
    event.add("dtstart", start.astimezone(dt.UTC))
    event.add("dtend", max(end, start).astimezone(dt.UTC))
    event.add("summary", item.title)
    event.add("url", whole_address(item))
    body = item.excerpt
    event.add("description", "\n\n".join(part for part in (body, item.value("live"), whole_address(item)) if part))
    where = ", ".join(filter(None, (p.name(item.lang) for p in item.places)))
    if where:
        event.add("location", ", ".join(filter(None, (where, item.places[0].address))))
    if item.places and item.places[0].lat is not None:
        event.add("geo", (item.places[0].lat, item.places[0].lon))
    if item.topics:
        event.add("categories", [topic.name(item.lang) for topic in item.topics])
    tentative = "TENTATIVE" if item.value("unconfirmed") else "CONFIRMED"
    event.add("status", STATES.get(life.state(item.row), tentative))
    return event


def whole_address(item: Any) -> str:
    """The address of an item's page for the world."""
    return items.absolute(item.url)


def read(data: bytes) -> Iterator[tuple[int, Mapping[str, Any] | Exception]]:
    """Events of a file as rows for the import; dates that recur become an event each, within a year, at most 200.

    What cannot be taken is an exception with a sentence. Raises ValueError where the file as a whole is none.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(gettext("This calendar is too large: at most %(num)s MB.", num=MAX_BYTES // 1_000_000))
    try:
        found = icalendar.Calendar.from_ical(data, multiple=True)
    except Exception as error:
        raise ValueError(gettext("This calendar cannot be read: %(why)s", why=str(error)[:200])) from None
    number = 0
    for calendar in found:
        parts = list(calendar.walk("VEVENT")) if hasattr(calendar, "walk") else []
        if len(parts) > MAX_EVENTS:
            raise ValueError(gettext("More than %(num)s events in one file.", num=MAX_EVENTS))
        for part in parts:
            for each in _dates(part, parts):
                number += 1
                yield number, each


def _dates(part: Any, parts: list[Any]) -> Iterator[Mapping[str, Any] | Exception]:
    try:
        if "RRULE" not in part and "RDATE" not in part:
            yield row(part, "RECURRENCE-ID" in part)
            return
        refuse_bombs(part)
        dates = occurrences(part, parts)
        for each in dates:
            yield row(each, True)
        if not dates:
            yield ValueError(gettext("None of its dates lies between a year ago and a year ahead."))
    except Exception as error:
        yield ValueError(str(error) if isinstance(error, ValueError) else gettext(
            "This event cannot be read: %(why)s", why=f"{type(error).__name__} {error}"[:200]))  # fmt: skip


def refuse_bombs(part: Any) -> None:
    """Refuse rules that recur too often to be events. Raises ValueError."""
    rules = part.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = [str(value).upper() for value in rule.get("FREQ", [])]
        if any(word in TOO_OFTEN for word in often) or any(name in rule for name in ("BYSECOND", "BYMINUTE", "BYHOUR")):
            raise ValueError(gettext("It recurs more often than daily; such rules are not imported."))
    start = part.decoded("DTSTART")
    if start.year < 1990:
        raise ValueError(gettext("A rule that begins before 1990 is not imported."))


def occurrences(part: Any, parts: list[Any]) -> list[Any]:
    """The dates of a rule from a year ago to a year ahead, at most 200; dates that have an entry of their own are left out."""
    calendar = icalendar.Calendar()
    calendar.add_component(part)
    named = {
        other.decoded("RECURRENCE-ID")
        for other in parts if "RECURRENCE-ID" in other and other.get("UID") == part.get("UID")
    }  # fmt: skip
    found = []
    for each in recurring_ical_events.of(calendar).between(now() - AHEAD, now() + AHEAD):
        if each.decoded("DTSTART") not in named:
            found.append(each)
        if len(found) > MAX_DATES:
            raise ValueError(gettext("More than %(num)s dates of one rule; shorten it.", num=MAX_DATES))
    return found


def row(part: Any, recurring: bool = False) -> dict[str, Any]:
    """One event as a row of the import."""
    if "DTSTART" not in part:
        raise ValueError(gettext("It has no beginning."))
    start = part.decoded("DTSTART")
    whole_day = not isinstance(start, dt.datetime)
    end = part.decoded("DTEND") if "DTEND" in part else None
    if end is None and "DURATION" in part:
        end = start + part.decoded("DURATION")
    if end is None:
        end = start + (dt.timedelta(days=1) if whole_day else dt.timedelta(hours=1))
    if end == start and not whole_day:
        end = start + dt.timedelta(hours=1)
    if whole_day:
        zone = ZoneInfo(str(get_timezone()))
        start = dt.datetime.combine(start, dt.time(), zone)
        end = dt.datetime.combine(end, dt.time(), zone) - dt.timedelta(minutes=1)
    start, end, zone_name = _in_zone(start, end)
    if end < start:
        raise ValueError(gettext("The end lies before the beginning."))
    uid = str(part.get("UID") or f"{part.get('SUMMARY')}-{start.isoformat()}")
    if recurring:
        uid = f"{uid}-{start:%Y%m%dT%H%M}"
    text = str(part.get("DESCRIPTION") or "").strip()
    url = str(part.get("URL") or "")
    return {
        "title": str(part.get("SUMMARY") or "").strip() or gettext("Untitled event"), "body": text, "uid": uid[:300],
        "starts": start.isoformat(timespec="minutes"), "ends": end.isoformat(timespec="minutes"), "zone": zone_name,
        "place": str(part.get("LOCATION") or "").strip()[:200], "source_url": url if url.startswith("http") else "",
        "cancelled": "true" if str(part.get("STATUS")).upper() == "CANCELLED" else "",
    }  # fmt: skip


def _in_zone(start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime, str]:
    """Local times without a zone and the zone's name, where it is one that events know; else times with their offset."""
    from hub_events.event import ZONES

    name = str(getattr(start.tzinfo, "key", "") or getattr(start.tzinfo, "zone", "") or "")
    if start.tzinfo is None:
        return start, end.replace(tzinfo=None), ""
    if name in ZONES:
        zone = ZoneInfo(name)
        return start.replace(tzinfo=None), (end.astimezone(zone) if end.tzinfo else end).replace(tzinfo=None), name
    own = ZoneInfo(str(get_timezone()))
    return start.astimezone(own).replace(tzinfo=None), end.astimezone(own).replace(tzinfo=None), ""


EXPORTER = Exporter("ics", _("Calendar (.ics)"), "text/calendar", write, needs="dates", narrow=narrow)
IMPORTER = Importer(("ics",), _("Calendar (.ics)"), read, MAPS)
