"""What the pages of events show beside core's list and item: tabs with counts, days, states, where one can join."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import get_timezone

from hub.api import Item, ListQuery, Result, current_user, gettext, items, now, session, setting
from hub_events import life, places, players, programme, times
from hub_events.models import HOLDING, Plan


def tabs(query: ListQuery, result: Result) -> list[dict[str, Any]]:
    """The tabs of one query, each with its count."""
    found = []
    for when, replay, label in (
        ("now", "", gettext("Live now")), ("coming", "", gettext("Coming")), ("past", "true", gettext("Watch again")),
        ("past", "", gettext("All that is over")), ("", "", gettext("Everything")),
    ):  # fmt: skip
        filters = {name: value for name, value in query.filters.items() if name != "replay"}
        filters |= {"replay": (replay,)} if replay else {}
        on = (query.when, query.filters.get("replay", ())) == (when, (replay,) if replay else ())
        other = replace(query, when=when, filters=filters, limit=1, page=1, after="")
        total = result.total if on else items.find(other).total
        link = query.link(when=when or None, replay=replay or None, sort=None)
        found.append({"label": label, "link": link, "on": on, "total": total, "live": when == "now" and total})
    return found


def periods(query: ListQuery) -> list[tuple[str, str, bool]]:
    """Quick choices of time: (label, query, whether it is on)."""
    today = now().astimezone(ZoneInfo(str(get_timezone()))).date()
    monday = today - dt.timedelta(days=today.weekday())
    month = today.replace(day=1)
    following = (month + dt.timedelta(days=32)).replace(day=1)
    spans = (
        (gettext("today"), today, today), (gettext("tomorrow"), *[today + dt.timedelta(days=1)] * 2),
        (gettext("this week"), monday, monday + dt.timedelta(days=6)),
        (gettext("next week"), monday + dt.timedelta(days=7), monday + dt.timedelta(days=13)),
        (gettext("this month"), month, following - dt.timedelta(days=1)),
        (gettext("next month"), following, (following + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)),
    )  # fmt: skip
    return [
        (label, query.link(**({"from": None, "until": None} if on else {"from": since, "until": until})), on)
        for label, since, until in spans
        for on in [(query.since, query.until) == (since, until)]
    ]


def days(shown: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Items of a list under headings: those that are live, then by day of their beginning, as the list orders them."""

    def heading(item: Item) -> str:
        if life.state(item.row) == "live":
            return gettext("Live now")
        start = item.row.starts_at
        return times.day(start.astimezone(life.zone_of(item.row)).date(), weekday=True) if start else ""

    return [(head, list(group)) for head, group in groupby(shown, heading)]


def state_label(state: str) -> str:
    return {
        "announced": gettext("announced"), "live": gettext("live now"), "pause": gettext("goes on"), "over": gettext("is over"),
        "replay": gettext("can be watched again"), "cancelled": gettext("cancelled"),
    }[state]  # fmt: skip


def about(item: Item) -> dict[str, Any]:
    """What the page of one event shows: its state, times, ways in, programme, registration. The same for every visitor,
    except the signed-in person's own registration."""
    state, plan, user = life.state(item.row), session().get(Plan, item.id), current_user()
    mine = places.find(item.id, user)
    live = life.room(item.row) if mine is not None and mine.state in HOLDING else item.value("live")
    closed = places.closed(plan, item.row)
    windows = life.windows(item.row)
    zone = life.zone_of(item.row)
    replay = item.value("replay") or ""
    live_embed = players.embed(live or "") if state == "live" else ""
    players.allow(players.embed(replay) if state == "replay" else "", live_embed)
    return {
        "state": state, "when": times.when(item.row), "here": times.here(item.row), "mine": mine, "zone": zone,
        "live": live if state in ("announced", "live", "pause") else None, "windows": windows if len(windows) > 1 else [],
        "plan": plan if plan and plan.is_open else None, "closed": closed,
        "left": places.free(plan) if plan and not closed else None,
        "days": by_day(programme.as_dicts(item.id), zone), "embed": players.embed(replay),
        "live_embed": live_embed, "ages": setting("events.age_marks"),
        "chapters": [(row["at"], row["label"], players.moment(replay, row["at"])) for row in item.value("chapters") or ()],
    }  # fmt: skip


def by_day(parts: list[dict[str, Any]], zone: ZoneInfo) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sessions by day in the event's zone."""
    return [
        (times.day(date, weekday=True), list(group))
        for date, group in groupby(parts, lambda part: part["starts_at"].astimezone(zone).date())
    ]
