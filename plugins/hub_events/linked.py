"""An event in schema.org's words, as search engines and calendars of others read it: core's JSON-LD, made exact."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from babel.numbers import get_territory_currencies

from hub.api import Item, items, session
from hub_events import calendar, letters, life, links, places, programme, series
from hub_events.models import Plan, Session

SCHEMA = "https://schema.org/"
TYPES = {
    "lecture": "EducationEvent", "class": "EducationEvent", "exhibition": "ExhibitionEvent", "concert": "MusicEvent",
    "performance": "TheaterEvent", "screening": "ScreeningEvent", "festival": "Festival", "sports": "SportsEvent",
    "meeting": "SocialEvent", "livestream": "BroadcastEvent",
}  # fmt: skip
MODES = {"on-site": "Offline", "online": "Online", "both": "Mixed"}


def event(item: Item, base: str) -> dict[str, Any]:
    """What the page of an event says to machines. base: core's JSON-LD of the item."""
    out: dict[str, Any] = json.loads(base)
    zone, row = life.zone_of(item.row), item.row
    out["@type"] = TYPES.get(item.value("format") or "", "Event")
    if row.starts_at:
        out["startDate"] = row.starts_at.astimezone(zone).isoformat()
        out["endDate"] = (row.ends_at or row.starts_at).astimezone(zone).isoformat()
    if len(windows := life.windows(row)) > 1:
        out["eventSchedule"] = [_day(start, end, zone) for start, end in windows]
    if of_series := _series(item):
        out["superEvent"] = of_series
    cancelled = life.state(row) == "cancelled"
    out["eventStatus"] = SCHEMA + ("EventCancelled" if cancelled else "EventScheduled")
    if mode := _mode(item):
        out["eventAttendanceMode"] = f"{SCHEMA}{mode}EventAttendanceMode"
    if where := _location(item, mode, out["url"]):
        out["location"] = where
    if item.value("languages"):
        out["inLanguage"] = item.value("languages")
    if item.value("age"):
        out["typicalAgeRange"] = item.value("age").replace("+", "-")
    free = bool(item.value("free"))
    out["isAccessibleForFree"] = free
    plan = session().get(Plan, item.id)
    if plan and plan.capacity is not None:
        out["maximumAttendeeCapacity"] = plan.capacity
    if offer := _offer(item, plan, free, out["url"]):
        out["offers"] = offer
    if item.value("replay"):
        out["recordedIn"] = {"@type": "VideoObject", "name": item.title, "url": item.value("replay")}
        if item.value("length"):
            out["recordedIn"]["duration"] = f"PT{item.value('length')}M"
    parts = programme.of(item.id)
    if speakers := sorted({name for part in parts for name in programme.names(part.speakers)}):
        out["performer"] = [{"@type": "Person", "name": name} for name in speakers]
    if parts:
        out["subEvent"] = [_session(part, item, zone, out) for part in parts]
    return out


def _day(start: dt.datetime, end: dt.datetime, zone: Any) -> dict[str, Any]:
    """One of several days that have hours of their own."""
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    return {
        "@type": "Schedule", "startDate": f"{begins:%Y-%m-%d}", "endDate": f"{ends:%Y-%m-%d}", "startTime": f"{begins:%H:%M:%S}",
        "endTime": f"{ends:%H:%M:%S}", "scheduleTimezone": str(zone),
    }  # fmt: skip


def _series(item: Item) -> dict[str, Any] | None:
    """The series that an event is a date of; it is known by the event that it began with."""
    found, date = series.of(item.id)
    known = items.load([found.content_id], item.asked) if found and date else []
    if not known or known[0].status != "published" or known[0].row.audience != "public":
        return None
    return {"@type": "EventSeries", "name": known[0].title, "url": calendar.whole_address(known[0])}


def _mode(item: Item) -> str:
    """Offline, Online or Mixed; what is not said follows from where it takes place."""
    said = MODES.get(item.value("attendance") or "", "")
    there, online = bool(item.places), bool(life.room(item.row))
    return said or ("Mixed" if there and online else "Offline" if there else "Online" if online else "")


def _location(item: Item, mode: str, page: str) -> list[dict[str, Any]]:
    """Places of those who come, and an address of those who watch. A live address that only the registered see is not told:
    then the event's own page stands for it."""
    found = [] if mode == "Online" else [_place(place, item.lang) for place in item.places]
    if mode in ("Online", "Mixed"):
        found.append({"@type": "VirtualLocation", "url": item.value("live") or page})
    return found


def _place(place: Any, language: str) -> dict[str, Any]:
    address = {"@type": "PostalAddress", "addressCountry": place.country, "streetAddress": place.address,
               "addressLocality": place.name(language)}  # fmt: skip
    found: dict[str, Any] = {"@type": "Place", "name": place.name(language) or place.address,
                             "address": {name: value for name, value in address.items() if value}}  # fmt: skip
    if place.lat is not None:
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
    return found


def _offer(item: Item, plan: Plan | None, free: bool, page: str) -> dict[str, Any] | None:
    """How one gets a place. A price in words cannot be given as a number, so only "free" has one."""
    if not (free or (plan and plan.is_open)):
        return None
    offer: dict[str, Any] = {"@type": "Offer", "url": page}
    if free:
        offer |= {"price": 0, "priceCurrency": _currency(item)}
    if plan and plan.is_open:
        offer["url"] = links.address(item.asked, "register", item.uid)
        left = None if places.closed(plan, item.row) else places.free(plan)
        full = bool(places.closed(plan, item.row)) or (left is not None and left <= 0)
        offer["availability"] = SCHEMA + ("SoldOut" if full else "InStock")
        if plan.closes_at:
            offer["validThrough"] = plan.closes_at.isoformat()
    return offer


def _currency(item: Item) -> str:
    """In which money nothing is paid: of the country where it takes place; XXX is the standard's word for none."""
    country = item.places[0].country if item.places else ""
    return next(iter(get_territory_currencies(country)), "XXX") if country else "XXX"


def _session(part: Session, item: Item, zone: Any, whole: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of the programme."""
    found: dict[str, Any] = {
        "@type": "Event", "name": letters.session_title(part, item.lang), "startDate": part.starts_at.astimezone(zone).isoformat(),
        "endDate": part.ends_at.astimezone(zone).isoformat(),
    }  # fmt: skip
    for name in ("eventStatus", "eventAttendanceMode", "location"):
        if name in whole:
            found[name] = whole[name]
    there = [place for place in whole.get("location", ()) if place["@type"] == "Place"]
    if part.room:
        room: dict[str, Any] = {"@type": "Place", "name": part.room}
        room |= {"address": there[0]["address"]} if there else {}
        found["location"] = [room, *(place for place in whole.get("location", ()) if place["@type"] != "Place")]
    if names := programme.names(part.speakers):
        found["performer"] = [{"@type": "Person", "name": name} for name in names]
    return found
