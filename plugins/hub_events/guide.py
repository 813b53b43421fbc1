"""What the pages of events show beside core's list and item: tabs with counts, days, states, where one can join."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from flask_babel import get_timezone

from hub.api import Item, ListQuery, Result, current_user, gettext, items, now, session, setting
from hub_events import life, places, programme, times
from hub_events.models import Plan


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
    live = item.value("live") if item.value("live_for") != "registered" or mine else None
    closed = places.closed(plan, item.row)
    windows = life.windows(item.row)
    zone = life.zone_of(item.row)
    return {
        "state": state, "when": times.when(item.row), "here": times.here(item.row), "mine": mine, "zone": zone,
        "live": live if state in ("announced", "live", "pause") else None, "windows": windows if len(windows) > 1 else [],
        "plan": plan if plan and plan.is_open else None, "closed": closed,
        "left": places.free(plan) if plan and not closed else None,
        "days": by_day(programme.as_dicts(item.id), zone), "embed": embed(item.value("replay") or ""),
        "live_embed": embed(live or "") if state == "live" else "", "ages": setting("events.age_marks"),
        "chapters": [(row["at"], row["label"], moment(item.value("replay") or "", row["at"])) for row in item.value("chapters") or ()],
    }  # fmt: skip


def by_day(parts: list[dict[str, Any]], zone: ZoneInfo) -> list[tuple[str, list[dict[str, Any]]]]:
    """Sessions by day in the event's zone."""
    return [
        (times.day(date, weekday=True), list(group))
        for date, group in groupby(parts, lambda part: part["starts_at"].astimezone(zone).date())
    ]


PLAYERS = {  # host → how the address of its player is made from that of the video's page
    "www.youtube-nocookie.com": "https://www.youtube-nocookie.com/embed/", "rutube.ru": "https://rutube.ru/play/embed/",
    "vk.com": "https://vk.com/video_ext.php",
}  # fmt: skip


def embed(url: str) -> str:
    """The address of the player for a video's page, of the hosts that are known; else empty (a link leads there)."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www.").removeprefix("m."), parts.path.strip("/")
    words = path.split("/")
    if host == "youtu.be" and words[0]:
        return PLAYERS["www.youtube-nocookie.com"] + words[0]
    if host == "youtube.com":
        name = parse_qs(parts.query).get("v", [""])[0] or (
            words[1] if words[0] in ("live", "embed") and len(words) > 1 else ""
        )
        return PLAYERS["www.youtube-nocookie.com"] + name if name else ""
    if host == "rutube.ru" and words[0] == "video" and len(words) > 1:
        return PLAYERS["rutube.ru"] + words[1]
    if host in ("vk.com", "vkvideo.ru") and words[0].startswith("video") and "_" in words[0]:
        owner, _, number = words[0].removeprefix("video").partition("_")
        return f"{PLAYERS['vk.com']}?oid={owner}&id={number}"
    return ""


def moment(url: str, at: str) -> str:
    """The address of a recording from a moment on, of the hosts that can; else empty."""
    seconds = 0
    for part in at.split(":"):
        if not part.strip().isdigit():
            return ""
        seconds = seconds * 60 + int(part)
    host = urlsplit(url).hostname or ""
    if not embed(url):
        return ""
    return f"{url}{'&' if '?' in url else '?'}t={seconds}{'s' if 'youtu' in host else ''}"
