"""The hook `entrance`: how one comes to an event, for pages of other plugins that show its programme and its one button."""

from __future__ import annotations

from typing import Any

from flask import url_for

from hub.api import Content, current_user, gettext, items, session
from hub_events import guide, life, places, programme, times
from hub_events.models import Plan


def entrance(content: Any) -> dict[str, Any] | None:
    """See specs.py."""
    row = session().get(Content, content.id)
    if row is None or row.kind != "event":
        return None
    plan, mine, zone = session().get(Plan, row.id), places.find(row.id, current_user()), life.zone_of(row)
    why, state = places.closed(plan, row), life.state(row)
    left = places.free(plan) if plan and not (why or mine) else None
    days = [
        (day, [
            {"id": part["id"], "titles": part["titles"], "time": _time(part, zone), "left": part["left"], "room": part["room"],
             "words": [word for word in (programme.kind_label(part["kind"]), part["speakers"], part["room"], part["team"]) if word]}
            for part in parts
        ])
        for day, parts in guide.by_day(programme.as_dicts(row.id), zone)
    ]  # fmt: skip
    return {
        "when": times.when(row), "here": times.here(row), "state": state, "state_label": guide.state_label(state),
        "zone": times.city(zone), "days": days, "left": left,
        "open": bool(mine or (plan and plan.is_open and not why)), "closed": why if plan and plan.is_open else "",
        **_button(row.uid, mine, left),
    }  # fmt: skip


def _button(uid: str, mine: Any, left: int | None) -> dict[str, str]:
    """The one way in: where it leads, and what stands on it."""
    language = items.speaking()
    if mine is not None:
        return {"label": gettext("Your registration"), "url": url_for("events.my", lang=language, uid=mine.uid)}
    label = gettext("Join the waiting list") if left is not None and left <= 0 else gettext("Register")
    return {"label": label, "url": url_for("events.register", lang=language, uid=uid)}


def _time(part: dict[str, Any], zone: Any) -> str:
    return times.between(part["starts_at"].astimezone(zone), part["ends_at"].astimezone(zone))
