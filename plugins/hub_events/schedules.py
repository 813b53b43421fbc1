"""Schedules of conferences: frab (pentabarf) XML and pretalx JSON read as rows of a programme, frab XML written.

Reading opens no entity and loads nothing. A session is known again by the schedule's own id (`guid`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from hub.api import gettext, items

MAX_BYTES = 5_000_000
KINDS = {"talk": "lecture", "panel": "discussion", "podium": "discussion"}
CALENDAR_NAMES = ("title", "start", "end", "time_zone_name", "acronym", "day_change")


@dataclass
class Schedule:
    """What a file says: the conference's name, first and last day and zone, and its sessions as rows of a programme."""

    title: str
    zone: ZoneInfo
    first: dt.date | None = None
    last: dt.date | None = None
    rows: list[dict[str, str]] = field(default_factory=list)


def is_one(data: bytes) -> bool:
    """Whether a file looks like a schedule rather than a table."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{")


def read(data: bytes, zone: ZoneInfo) -> Schedule:
    """A schedule of either format; rows are in `zone`, which also counts where the file names none. Raises ValueError."""
    if len(data) > MAX_BYTES:
        raise ValueError(gettext("This file is too large: at most %(num)s MB.", num=MAX_BYTES // 1_000_000))
    conference, sessions = _xml(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else _json(data)
    own = _zone(conference.get("time_zone_name", "")) or zone
    found = Schedule(conference.get("title", ""), own, _day(conference.get("start")), _day(conference.get("end")))
    for number, (day, entry) in enumerate(sessions, 1):
        try:
            found.rows.append(_row(day, entry, conference, own, zone))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(
                gettext("Session %(number)s cannot be read: %(why)s", number=number, why=str(error)[:200])
            ) from None
    if not found.rows:
        raise ValueError(gettext("This schedule holds no sessions."))
    return found


Sessions = list[tuple[str, dict[str, Any]]]  # (day, values by the names of the format)


def _xml(data: bytes) -> tuple[dict[str, str], Sessions]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(gettext("This schedule cannot be read: %(why)s", why=str(error)[:200])) from None
    if root.tag != "schedule":
        raise ValueError(gettext("A schedule is expected: frab (pentabarf) XML or pretalx JSON."))
    conference = {name: (root.findtext(f"conference/{name}") or "").strip() for name in CALENDAR_NAMES}
    sessions = []
    for day in root.iter("day"):
        for room in day.iter("room"):
            for event in room.iterfind("event"):
                entry: dict[str, Any] = {child.tag: (child.text or "").strip() for child in event}
                entry |= {"guid": event.get("guid"), "id": event.get("id")}
                entry["room"] = entry.get("room") or room.get("name") or ""
                entry["persons"] = [(person.text or "").strip() for person in event.iterfind("persons/person")]
                sessions.append((day.get("date") or "", entry))
    return conference, sessions


def _json(data: bytes) -> tuple[dict[str, str], Sessions]:
    try:
        body = json.loads(data.decode("utf-8-sig"))
        conference = body["schedule"]["conference"]
        days = list(conference["days"])
        sessions = [
            (str(day.get("date", "")), {**entry, "room": entry.get("room") or room, "persons": _people(entry)})
            for day in days for room, entries in day["rooms"].items() for entry in entries
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(gettext("A schedule is expected: frab (pentabarf) XML or pretalx JSON.")) from None
    return {name: str(conference.get(name) or "") for name in CALENDAR_NAMES}, sessions


def _people(entry: Mapping[str, Any]) -> list[str]:
    return [
        str(person.get("public_name") or person.get("name") or "") if isinstance(person, dict) else str(person)
        for person in entry.get("persons") or ()
    ]


def _row(
    day: str, entry: dict[str, Any], conference: Mapping[str, str], own: ZoneInfo, zone: ZoneInfo
) -> dict[str, str]:
    """A session as a row of the programme's table."""
    start = _start(day, entry, conference, own).astimezone(zone)
    length = _minutes(str(entry.get("duration") or "01:00"))
    end = start + dt.timedelta(minutes=length)
    if not 0 < length <= 24 * 60:
        raise ValueError(gettext("it lasts %(minutes)s minutes", minutes=length))
    languages = items.site()["languages"]
    language = str(entry.get("language") or "")[:2].lower()
    titles = [part for part in (_line(entry.get("title")), _line(entry.get("subtitle"))) if part]
    kind = _line(entry.get("type"))
    known = str(entry.get("guid") or "") or "-".join(
        filter(None, (conference.get("acronym"), str(entry.get("id") or "")))
    )
    return {
        "id": "", "day": f"{start:%Y-%m-%d}", "from": f"{start:%H:%M}", "until": f"{end:%H:%M}", "guid": known[:80],
        f"title.{language if language in languages else languages[0]}": ". ".join(titles)[:300],
        "kind": KINDS.get(kind.casefold(), kind), "room": _line(entry.get("room")), "track": _line(entry.get("track")),
        "speakers": ", ".join(name for name in map(_line, entry["persons"]) if name),
    }  # fmt: skip


def _line(value: Any) -> str:
    """A text in one line. What has one name per language gives its first."""
    if isinstance(value, dict):
        value = next(iter(value.values()), "")
    return " ".join(str(value or "").split())


def _start(day: str, entry: Mapping[str, Any], conference: Mapping[str, str], own: ZoneInfo) -> dt.datetime:
    """When it begins. Without a full date, hours before the conference's change of day belong to the next date."""
    if full := str(entry.get("date") or ""):
        moment = dt.datetime.fromisoformat(full)
        return moment if moment.tzinfo else moment.replace(tzinfo=own)
    clock = dt.time.fromisoformat(str(entry.get("start") or "")[:5].rjust(5, "0"))
    date = dt.date.fromisoformat(day[:10])
    change = conference.get("day_change") or ""
    if change and clock < dt.time.fromisoformat(change[:5].rjust(5, "0")):
        date += dt.timedelta(days=1)
    return dt.datetime.combine(date, clock, own)


def _minutes(text: str) -> int:
    """A length such as 1:30, 00:45 or 00:45:00."""
    parts = text.split(":")
    return int(parts[0]) * 60 + int(parts[1]) if len(parts) > 1 else int(parts[0])


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def merged(known: list[dict[str, str]], read_rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of a programme with those of a schedule laid over: what has the same guid is changed and keeps its sign-ups,
    places, group and title in the other language; what is new comes after."""
    fresh = {row["guid"]: row for row in read_rows if row.get("guid")}
    rows = []
    for row in known:
        newer = fresh.pop(row.get("guid", ""), None)
        rows.append({**row, **{name: value for name, value in newer.items() if name != "id"}} if newer else row)
    left = [row for row in read_rows if not row.get("guid") or row["guid"] in fresh]
    return rows + left
