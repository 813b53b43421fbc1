"""Whom events reached: numbers by event for the organisers' report, lines of the annual report, and the list they count.

People are counted with their guests. What an organiser typed in (`came`, `viewers`, `replays`) goes before what was counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from hub.api import Content, Item, gettext, items, now, render_page, session
from hub.api import lazy_gettext as _
from hub_events.event import EVENT
from hub_events.models import HOLDING, Registration

Period = tuple[dt.date, dt.date]
MOST, PORTION = 5000, 500
COLUMNS = (
    ("registered", _("Registered")), ("attended", _("Came")), ("online", _("Watched online")), ("replays", _("Recordings opened")),
)  # fmt: skip


def turnout(contents: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many people each of these events reached, as feedback's hook of that name asks; other kinds are left out."""
    found: dict[int, dict[str, int]] = {}
    for start in range(0, len(contents), PORTION):
        ids = list(contents[start : start + PORTION])
        states = _states(ids)
        of_kind = sa.select(Content).where(Content.kind == "event", Content.id.in_(ids))
        for content in session().scalars(of_kind):
            numbers = _numbers(content, states.get(content.id, {}))
            if numbers and _takes_place(content):
                found[content.id] = numbers
    return found


def _takes_place(content: Content) -> bool:
    return not (content.data.get("cancelled") or content.data.get("unconfirmed"))


def _states(ids: list[int]) -> dict[int, dict[str, int]]:
    """event → state → people."""
    people = sa.func.sum(1 + Registration.guests)
    counted = sa.select(Registration.content_id, Registration.state, people).where(
        Registration.content_id.in_(ids), Registration.state.in_(HOLDING)
    )
    found: dict[int, dict[str, int]] = {}
    for number, state, count in session().execute(counted.group_by(Registration.content_id, Registration.state)):
        found.setdefault(number, {})[state] = int(count)
    return found


def _numbers(content: Content, states: dict[str, int]) -> dict[str, int]:
    """The numbers of one event. Where people were checked in, who was not did not come."""
    data, numbers = content.data, {}
    over = content.ends_at is not None and content.ends_at <= now()
    if states:
        checked = states.get("attended", 0)
        numbers = {"registered": sum(states.values()), "attended": checked, "no_show": states.get("noshow", 0)}
        if checked and over:
            numbers["no_show"] += states.get("confirmed", 0)
    for name, typed in (("attended", "came"), ("online", "viewers"), ("replays", "replays")):
        if over and (value := data.get(typed)) is not None:
            numbers[name] = max(0, int(value))
    if helpers := _helpers(content):
        numbers["helpers"] = len(helpers)
    return numbers


def _helpers(content: Content) -> set[str]:
    return {row["name"].strip().casefold() for row in content.data.get("helpers") or () if row.get("name", "").strip()}


@dataclass
class Reach:
    """A period's events that took place, each with its numbers; the sums; who took part."""

    rows: list[tuple[Item, dict[str, int]]]
    sums: dict[str, int] = field(default_factory=dict)
    partners: list[Any] = field(default_factory=list)
    helpers: int = 0


def held(period: Period) -> list[Content]:
    """Public events of a period that took place: over, not cancelled, their dates confirmed."""
    zone = ZoneInfo(str(get_timezone()))
    begin, end = (dt.datetime.combine(day, dt.time(), zone) for day in (period[0], period[1] + dt.timedelta(days=1)))
    wanted = sa.select(Content).where(
        Content.kind == "event", Content.status == "published", Content.audience == "public",
        Content.starts_at >= begin, Content.starts_at < end, Content.ends_at <= now(),
    )  # fmt: skip
    found = session().scalars(wanted.order_by(Content.starts_at, Content.id).limit(MOST))
    return [content for content in found if _takes_place(content)]


def make(period: Period, language: str, partners: Sequence[int] = ()) -> Reach:
    """The reach of a period, as everybody may see it. partners: only of events in which one of these has a part."""
    contents = held(period)
    shown = items.load([content.id for content in contents], language, links=True)
    if partners:
        shown = [item for item in shown if {end.id for end in _ends(item)} & set(partners)]
    contents = [content for content in contents if content.id in {item.id for item in shown}]
    numbers = turnout([content.id for content in contents])
    found = Reach([(item, numbers.get(item.id, {})) for item in shown])
    found.sums = {name: sum(row.get(name, 0) for row in numbers.values()) for name, _label in COLUMNS}
    ends = {end.id: end for item in shown for end in _ends(item)}
    found.partners = sorted(ends.values(), key=lambda end: end.title.casefold())
    found.helpers = len(set().union(*(_helpers(content) for content in contents)))
    return found


def _ends(item: Item) -> list[Any]:
    """The organisations that have a part in an event."""
    return [end for relation in EVENT.relations for end in item.links.get(relation.name, ())]


def counted(partners: Sequence[int], years: Sequence[int]) -> list[dict[str, Any]]:
    """The reach of these partners' events, year by year, as the hook of that name of practices asks."""
    language, found = items.speaking(), []
    known = items.load(list(partners), language)
    for year in years if known else ():
        period = dt.date(year, 1, 1), dt.date(year, 12, 31)
        reach = make(period, language, partners)
        here = f"{url_for('events.reach', lang=language)}?from={period[0]}&until={period[1]}"
        here += "".join(f"&organisation={partner.uid}" for partner in known)
        came, online = reach.sums["attended"], reach.sums["online"]
        for unit, value, said in (
            ("events", len(reach.rows), gettext("events that took place")),
            ("participants", came + online, gettext("came: %(came)s, watched online: %(online)s", came=came, online=online)),
            ("views", reach.sums["replays"], gettext("recordings opened")),
            ("partners", len(reach.partners), gettext("organisations that took part, these included")),
            ("volunteers", reach.helpers, gettext("people who helped at events")),
        ):
            if value:
                found.append({"year": year, "unit": unit, "value": value, "said": said, "url": here})
    return found


def figures(period: Period) -> list[tuple[str, int, str]]:
    """Lines of the annual report; each number leads to the events that it counts."""
    language = items.speaking()
    reach = make(period, language)
    here = f"{url_for('events.reach', lang=language)}?from={period[0]}&until={period[1]}"
    found = [(gettext("Events held"), len(reach.rows), here)]
    told = {"registered": gettext("People registered for events"), "attended": gettext("People who came to events"),
            "online": gettext("People who watched online"), "replays": gettext("Recordings opened")}  # fmt: skip
    found += [(label, reach.sums[name], f"{here}#{name}") for name, label in told.items()]
    return [
        *found,
        (gettext("Organisations that took part in events"), len(reach.partners), f"{here}#partners"),
        (gettext("People who helped at events"), reach.helpers, f"{here}#helpers"),
    ]


def page(lang: str) -> ResponseReturnValue:
    """The events of a period that took place, and whom they reached. Without a period: the last twelve months."""
    today = now().astimezone(ZoneInfo(str(get_timezone()))).date()
    period = _day("from") or today - dt.timedelta(days=365), _day("until") or today
    if period[0] > period[1]:
        abort(400)
    asked = sa.select(Content.id).where(
        Content.kind == "partner", Content.status == "published", Content.audience == "public",
        Content.uid.in_(request.args.getlist("organisation")[:20]),
    )  # fmt: skip
    partners = list(session().scalars(asked)) if request.args.get("organisation") else []
    if request.args.get("organisation") and not partners:
        abort(404)
    of = items.load(partners, lang)
    return render_page("events/reach.html", reach=make(period, lang, partners), period=period, columns=COLUMNS, of=of)


def _day(name: str) -> dt.date | None:
    text: Any = request.args.get(name, "")
    try:
        found = dt.date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)
    return found if found is None or 1990 <= found.year <= 2200 else abort(400)
