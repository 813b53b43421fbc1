"""What the lists and pages of labs show beside their text: when, how one comes to the event, platforms, what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import format_date, get_locale

from hub.api import Content, Item, ask, session
from hub_labs import board, lab, live, results


def speaking(item: Item) -> str:
    return str(getattr(get_locale(), "language", item.asked))


def about(item: Item) -> dict[str, Any]:
    """What a lab's page shows: its event (`entrance`: when, programme, the one button), its platforms, its commitments."""
    language, public = speaking(item), results.public(item)
    event = next(iter(item.links.get("event", ())), None)
    entrance = ask("entrance", content=event) if event else None
    places = {part["id"]: part for _day, parts in entrance["days"] for part in parts} if entrance else {}
    groups = [
        {"platform": platform, "title": board.title(platform, language), "case": live.case_of(platform, item),
         "place": places.get(platform.session_id)}
        for platform in board.of(item.id)
    ]  # fmt: skip
    return {
        "event": event, "entrance": entrance, "groups": groups, "questions": lab.questions_of(item, language), "public": public,
        "promises": results.promises(item.id, language) if public else [],
    }  # fmt: skip


def briefs(shown: Sequence[Item]) -> dict[int, str]:
    """The first day of each lab's event, as it is said in a list."""
    events = {item.id: end.id for item in shown for end in item.links.get("event", ())[:1]}
    wanted = sa.select(Content.id, Content.starts_at, Content.timezone).where(Content.id.in_(events.values()))
    days = {row.id: _day(row.starts_at, row.timezone) for row in session().execute(wanted)}
    return {number: days.get(event, "") for number, event in events.items()}


def _day(moment: dt.datetime | None, zone: str) -> str:
    return str(format_date(moment.astimezone(ZoneInfo(zone or "UTC")).date(), "d MMMM y")) if moment else ""
