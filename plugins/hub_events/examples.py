"""Demo content: historical events of the field, and a programme dated around today, with sessions and one registration."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import get_timezone

from hub.api import Content, items, now, session
from hub_events import life
from hub_events.models import Date, Plan, Series, Session

HERE = Path(__file__).parent / "demo"


def load_all(load: Callable[[Any, str], None]) -> None:
    """Load the historical events, then the programme around today, then sessions and places."""
    load(HERE, "event")
    table = tomllib.loads((HERE / "programme" / "around-today.toml").read_text(encoding="utf-8"))
    table["events"] = [date for entry in table["events"] for date in _dates(entry)]
    load([document(entry, table["cities"]) for entry in table["events"]], "event")
    for entry in table["events"]:
        _furnish(f"example-{entry['id']}", entry.get("capacity"))
        _series(entry)
    programmes = tomllib.loads((HERE / "programme" / "sessions.toml").read_text(encoding="utf-8"))
    of_series = {f"example-{e['id']}": programmes.get(f"example-{e['of']}", []) for e in table["events"] if "of" in e}
    _sessions(programmes | of_series)
    session().commit()


def document(entry: dict[str, Any], cities: dict[str, Any]) -> dict[str, Any]:
    """An event of the programme as a document of the demo. day: days from today; `now`: it runs at this moment."""
    zone = ZoneInfo(str(get_timezone()))
    today = now().astimezone(zone)
    if entry.get("now"):
        start = (today - dt.timedelta(minutes=50)).replace(minute=0, second=0, microsecond=0)
        end = start + dt.timedelta(hours=5)
    else:
        clock = life.clock(entry["at"]) or dt.time(18)
        start = dt.datetime.combine(today.date() + dt.timedelta(days=entry["day"]), clock)
        end = start + dt.timedelta(minutes=entry["minutes"])
    data: dict[str, Any] = {
        "starts": f"{start:%Y-%m-%dT%H:%M}", "ends": f"{end:%Y-%m-%dT%H:%M}", "format": entry["format"],
        "attendance": entry["where"], "free": entry.get("free", True), "languages": entry.get("languages", ["ru"]),
        "age": entry.get("age", "6+"), "zone": str(zone),
    }  # fmt: skip
    for name in ("live", "replay", "length", "unconfirmed", "cancelled", "access", "came", "viewers", "replays"):
        if name in entry:
            data[name] = entry[name]
    return {
        "external_id": f"example-{entry['id']}", "example": True, "status": "published", "topics": entry["topics"],
        "places": [cities[entry["city"]]] if entry.get("city") else [], "data": data, "licence": "CC BY 4.0",
        "texts": {code: {"title": entry[code][0], "summary": entry[code][1]} for code in ("en", "ru")},
    }  # fmt: skip


def _dates(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """An example, and the later dates of its series where it has such."""
    later = [
        {**entry, "id": f"{entry['id']}-{n + 1}", "day": entry["day"] + n * 14, "unconfirmed": n > 1, "of": entry["id"]}
        for n in range(1, entry.get("dates", 0) + 1)
    ]
    return [entry, *later]


def _series(entry: dict[str, Any]) -> None:
    """The series that an example is the pattern or a date of. Nobody is asked by mail: examples have no organiser."""
    content = items.find_by_source("event", "demo", f"example-{entry['id']}")
    if content is None or content.starts_at is None or not (entry.get("of") or entry.get("dates")):
        return
    pattern = items.find_by_source("event", "demo", f"example-{entry.get('of', entry['id'])}")
    day = content.starts_at.astimezone(life.zone_of(content)).date()
    if pattern and "of" not in entry and session().get(Series, content.id) is None:
        last = day + dt.timedelta(days=14 * entry["dates"])
        session().add(
            Series(content_id=content.id, rule="fortnight", ahead=entry["dates"], until=last, made_until=last)
        )
        session().flush()
    elif pattern and "of" in entry and session().get(Date, content.id) is None:
        said = "" if entry["unconfirmed"] else "yes"
        session().add(Date(content_id=content.id, series_id=pattern.id, answer=said))


def _furnish(external_id: str, capacity: int | None) -> None:
    """Registration for an example that has places."""
    content = items.find_by_source("event", "demo", external_id)
    if content and capacity and session().get(Plan, content.id) is None:
        session().add(
            Plan(content_id=content.id, is_open=True, capacity=capacity, max_guests=2, told_starts=content.starts_at)
        )


def _sessions(table: dict[str, Any]) -> None:
    """Programmes of the examples, for events that have none yet; day: counted from the first day of the event."""
    for external_id, rows in table.items():
        content = items.find_by_source("event", "demo", external_id)
        if content is None or content.starts_at is None or _has_sessions(content):
            continue
        zone = life.zone_of(content)
        first = content.starts_at.astimezone(zone).date()
        for row in rows:
            start, end = _hours(row, first, content.starts_at, zone)
            session().add(Session(
                content_id=content.id, starts_at=start, ends_at=end, kind=row.get("kind", ""), room=row.get("room", ""),
                speakers=row.get("speakers", ""), team=row.get("team", ""), capacity=row.get("capacity"),
                signup="capacity" in row, texts={code: {"title": row[code]} for code in ("en", "ru")},
            ))  # fmt: skip


def _hours(row: dict[str, Any], first: dt.date, begins: dt.datetime, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """From when until when: hours of the clock on one of the days, or minutes after the event begins."""
    if "after" in row:
        start = begins + dt.timedelta(minutes=row["after"])
        return start, start + dt.timedelta(minutes=row["minutes"])
    date = first + dt.timedelta(days=row.get("day", 0))
    start, end = (dt.datetime.combine(date, life.clock(row[name]) or dt.time(), zone) for name in ("from", "until"))
    return start, end


def _has_sessions(content: Content) -> bool:
    return bool(session().scalar(sa.select(sa.exists().where(Session.content_id == content.id))))
