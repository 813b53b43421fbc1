"""Events as a frab schedule, which apps for visitors of conferences read: every list and event as `.schedule.xml`."""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from flask_babel import get_timezone

from hub.api import Exporter, Item, Listing, items
from hub.api import lazy_gettext as _
from hub_events import calendar, letters, life, programme
from hub_events.models import Session


@dataclass
class Entry:
    """One line of a schedule: a session, or an event that has none."""

    item: Item
    start: dt.datetime
    end: dt.datetime
    room: str
    title: str
    part: Session | None = None


def write(listing: Listing) -> bytes:
    """A listing of events as a schedule: days, in them rooms, in them sessions."""
    entries = sorted(_entries(listing), key=lambda entry: (entry.start.date(), entry.room, entry.start))
    days = sorted({entry.start.date() for entry in entries})
    root = ET.Element("schedule")
    newest = max((item.updated for item in listing.items), default=None)
    _say(root, "version", newest.isoformat(timespec="seconds") if newest else "0")
    conference = ET.SubElement(root, "conference")
    zone = life.zone_of(listing.items[0].row) if listing.items else ZoneInfo(str(get_timezone()))
    for name, value in (
        ("acronym", listing.items[0].slug if len(listing.items) == 1 else "events"), ("title", listing.title),
        ("start", str(days[0]) if days else ""), ("end", str(days[-1]) if days else ""), ("days", str(len(days))),
        ("timeslot_duration", "00:05"), ("base_url", items.site()["url"]), ("time_zone_name", str(zone)),
    ):  # fmt: skip
        _say(conference, name, value)
    for index, (date, of_day) in enumerate(groupby(entries, lambda entry: entry.start.date()), 1):
        many = list(of_day)
        day = ET.SubElement(root, "day", index=str(index), date=str(date), start=min(e.start for e in many).isoformat(),
                            end=max(e.end for e in many).isoformat())  # fmt: skip
        for name, in_room in groupby(many, lambda entry: entry.room):
            room = ET.SubElement(day, "room", name=name)
            for entry in in_room:
                _event(room, entry)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _entries(listing: Listing) -> list[Entry]:
    dated = [item for item in listing.items if item.row.starts_at is not None]
    parts = programme.of_many([item.id for item in dated])
    found = []
    for item in dated:
        zone = life.zone_of(item.row)
        where = item.place.name(item.lang) if item.place else str(item.type.label)
        for part in parts.get(item.id, ()):
            begin, end = part.starts_at.astimezone(zone), part.ends_at.astimezone(zone)
            found.append(Entry(item, begin, end, part.room or where, letters.session_title(part, item.lang), part))
        if item.id not in parts:
            for start, until in life.windows(item.row):
                found.append(Entry(item, start.astimezone(zone), until.astimezone(zone), where, item.title))
    return found


def _event(room: ET.Element, entry: Entry) -> None:
    item, part = entry.item, entry.part
    guid = _guid(entry)
    event = ET.SubElement(room, "event", guid=str(guid), id=str(guid.int % 2**31))
    minutes = max(1, int((entry.end - entry.start).total_seconds() // 60))
    address = calendar.whole_address(item)
    spoken = item.value("languages") or [item.lang]
    kind = part.kind if part else item.value("format") or ""
    for name, value in (
        ("date", entry.start.isoformat()), ("start", f"{entry.start:%H:%M}"), ("duration", f"{minutes // 60:02}:{minutes % 60:02}"),
        ("room", entry.room), ("slug", f"{item.slug}-{part.id}" if part else item.slug), ("url", address),
        ("title", entry.title), ("subtitle", ""), ("track", part.track if part else ""), ("type", kind),
        ("language", spoken[0]), ("abstract", "" if part else item.excerpt), ("description", ""), ("logo", ""),
    ):  # fmt: skip
        _say(event, name, value)
    recording = ET.SubElement(event, "recording")
    _say(recording, "license", item.row.licence)
    _say(recording, "optout", "false")
    persons = ET.SubElement(event, "persons")
    for name in programme.names(part.speakers) if part else ():
        _say(persons, "person", name, id=str(zlib.crc32(name.encode())))
    links = ET.SubElement(event, "links")
    for title, url in ((str(item.type.label), address), ("video", item.value("replay"))):
        if url:
            _say(links, "link", title, href=url)
    ET.SubElement(event, "attachments")


def _guid(entry: Entry) -> uuid.UUID:
    """What a session is known by in every version of the schedule: the id it came with, else one made of ours."""
    own = entry.part.guid if entry.part else ""
    try:
        return uuid.UUID(own)
    except ValueError:
        return uuid.uuid5(uuid.UUID(entry.item.uid), str(entry.part.id) if entry.part else entry.start.isoformat())


def _say(parent: ET.Element, tag: str, text: Any, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = _printable(str(text or ""))


def _printable(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff")


EXPORTER = Exporter(
    "schedule.xml", _("Schedule (frab XML)"), "application/xml", write, needs="dates", narrow=calendar.narrow
)
