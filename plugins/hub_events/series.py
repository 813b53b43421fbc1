"""Series with a heartbeat: dates are made some time ahead, stand as "not yet confirmed" until their organiser says that they
take place, and no more are made once three in a row have passed without a word."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Choice, Content, User, items, now, session, writing
from hub.api import lazy_gettext as _
from hub_events import letters, life, programme
from hub_events.models import Date, Plan, Series

RULES = (
    Choice("week", _("every week")), Choice("fortnight", _("every two weeks")),
    Choice("month", _("every month on the same weekday (such as the second Tuesday)")),
)  # fmt: skip
SILENT = 3  # dates in a row without a word, after which a series pauses
MOST_AHEAD, HORIZON = 12, dt.timedelta(days=366)
KEPT = (
    "texts",
    "topics",
    "places",
    "links",
    "audience",
    "owner",
    "licence",
    "timezone",
    "source_name",
    "source_url",
    "example",
)
ONLY_ONCE = ("cancelled", "unconfirmed", "replay", "length", "chapters", "materials", "came", "viewers", "replays")
PLANNED = ("minors_under", "is_open", "capacity", "max_guests", "offer_hours", "remind_hours", "questions", "quotas")


def following(rule: str, first: dt.date, after: dt.date) -> dt.date:
    """The next day of a rule that began on `first`, after a day that is not before it."""
    if rule != "month":
        step = {"week": 7, "fortnight": 14}[rule]
        return first + dt.timedelta(days=((after - first).days // step + 1) * step)
    year, month = after.year, after.month
    while (day := _same_weekday(first, year, month)) <= after:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return day


def _same_weekday(first: dt.date, year: int, month: int) -> dt.date:
    """The second Tuesday of another month, say; the last one where there is no fifth."""
    begins, length = calendar.monthrange(year, month)
    day = 1 + (first.weekday() - begins) % 7 + 7 * ((first.day - 1) // 7)
    return dt.date(year, month, day if day <= length else day - 7)


def locked(content_id: int) -> Series | None:
    """A series by its pattern, locked until the transaction ends."""
    return session().get(Series, content_id, with_for_update=True, populate_existing=True)


def of(content_id: int) -> tuple[Series | None, Date | None]:
    """The series of an event (as its pattern or one of its dates), and the date that it is."""
    date = session().get(Date, content_id)
    return session().get(Series, date.series_id if date else content_id), date


def dates(series: Series) -> list[tuple[Date, Content]]:
    """The dates of a series, as far as they are public, in order."""
    mine = sa.select(Date, Content).join(Content, Content.id == Date.content_id)
    mine = mine.where(Date.series_id == series.content_id, Content.status == "published")
    return [(date, content) for date, content in session().execute(mine.order_by(Content.starts_at))]


def beat() -> None:
    """The job: every running series makes its next dates, asks about those that come near, or pauses."""
    with writing():
        session().rollback()
        running = sa.select(Series.content_id).where(Series.state == "running")
        for number in session().scalars(running).all():
            series = locked(number)
            if series is not None and series.state == "running":
                go_on(series)
            items.commit()


def go_on(series: Series) -> None:
    """Carry a running series on to this moment."""
    pattern, known = session().get_one(Content, series.content_id), dates(series)
    if _fell_silent(known):
        series.state = "paused"
        items.touch()
        for address, language in organisers(series, pattern):
            letters.paused(address, language, pattern)
        return
    if pattern.status == "published" and pattern.starts_at:
        _announce(series, pattern, [content for _, content in known])
    for date, content in dates(series):
        _ask(series, pattern, date, content)


def _fell_silent(known: Sequence[tuple[Date, Content]]) -> bool:
    begun = [date for date, content in known if content.starts_at and content.starts_at <= now()]
    last = begun[-SILENT:]
    if len(last) < SILENT or any(date.answer for date in last):
        return False
    for date in last:
        date.answer = "silent"
    return True


def _announce(series: Series, pattern: Content, known: Sequence[Content]) -> None:
    """Make dates until as many are to come as the series says."""
    zone, today = life.zone_of(pattern), now().date()
    first = pattern.starts_at.astimezone(zone).date() if pattern.starts_at else today
    coming = sum(1 for content in known if content.starts_at and content.starts_at > now())
    after = max(series.made_until, first, today)
    while coming < min(series.ahead, MOST_AHEAD):
        day = following(series.rule, first, after)
        if (series.until and day > series.until) or day > today + HORIZON:
            series.state = "ended" if series.until and not coming else series.state
            return
        _make(series, pattern, day - first)
        series.made_until = after = day
        coming += 1


def _make(series: Series, pattern: Content, later: dt.timedelta) -> None:
    """One date: the pattern with its programme and way of registering, some days later, not yet confirmed."""
    whole = items.read(pattern)
    doc = {name: whole[name] for name in KEPT if name in whole}
    doc["data"] = {name: value for name, value in whole["data"].items() if name not in ONLY_ONCE}
    for name in ("starts", "ends"):
        doc["data"][name] = _moved(doc["data"][name], later, pattern)
    for row in doc["data"].get("days") or ():
        row["day"] = str(dt.date.fromisoformat(row["day"]) + later) if len(row["day"]) == 10 else row["day"]
    doc["data"]["unconfirmed"] = True
    made = items.create("event", doc, author_id=pattern.author_id, status="published")
    session().flush()
    session().add(Date(content_id=made.id, series_id=series.content_id))
    programme.save(made, programme.copied(pattern, made))
    plan = session().get(Plan, pattern.id)
    if plan is not None:
        closes = plan.closes_at.astimezone(life.zone_of(pattern)) + later if plan.closes_at else None  # at the same hour of the clock
        copied = {name: getattr(plan, name) for name in PLANNED}
        session().add(Plan(content_id=made.id, closes_at=closes, told_starts=made.starts_at, **copied))
    session().flush()


def _moved(text: str, later: dt.timedelta, pattern: Content) -> str:
    """A time some days later at the same hour of the clock, whatever summer time does."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(life.zone_of(pattern)).replace(tzinfo=None)
    return (moment + later).isoformat(timespec="minutes")


def _ask(series: Series, pattern: Content, date: Date, content: Content) -> None:
    """Write to the organiser, once, when a date comes near that nobody has spoken about."""
    near = content.starts_at and now() < content.starts_at <= now() + dt.timedelta(days=series.ask_days)
    if near and date.asked_at is None and not date.answer:
        date.asked_at = now()
        for address, language in organisers(series, pattern):
            letters.ask(address, language, content)


def organisers(series: Series, pattern: Content) -> list[tuple[str, str]]:
    """(mail address, language) of those who are asked: who set the series up, else who answers for the event."""
    user = session().get(User, series.user_id) if series.user_id else None
    found = [(user.email, user.language)] if user is not None and user.active else items.keepers(pattern)
    return [(address, language or items.site()["languages"][0]) for address, language in found]


def decide(date: Date, content: Content, takes_place: bool, author_id: int | None = None) -> None:
    """A date takes place, or is cancelled; who is registered hears of the latter by the usual letter."""
    date.answer = "yes" if takes_place else "no"

    def said(doc: dict[str, Any]) -> dict[str, Any]:
        return {**doc, "data": {**doc["data"], "unconfirmed": False, "cancelled": not takes_place}}

    begun, pending = items.working_copy(content)
    items.save(content, said(items.read(content)), author_id=author_id, publish=True)
    if pending is not None:  # an edit that somebody has begun goes on
        items.save(content, said(begun), author_id=pending.author_id)
