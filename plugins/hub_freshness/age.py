"""How old the word on an item is: fresh, ageing or stale, and which items are due."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import get_timezone

from hub.api import Content, items, now, setting

STATES = ("stale", "ageing", "fresh")
BY = ("keeper", "editors")  # what `checked_by` holds for checks made here; imported names stand as they are


def kinds() -> list[str]:
    """The kinds whose entries are asked about, of those that are on."""
    wanted = setting("freshness.kinds")
    return [ctype.kind for ctype in items.types() if ctype.kind in wanted]


def today() -> dt.date:
    """The day on which somebody checks, where the site is: in Vladivostok Greenwich's is yesterday until ten in the morning."""
    return now().astimezone(ZoneInfo(str(get_timezone()))).date()


def limits() -> tuple[dt.date, dt.date]:
    """The days before which an entry is ageing, and stale."""
    this = today()
    return months_before(this, setting("freshness.months")), months_before(this, setting("freshness.stale_months"))


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day some months earlier (the last one of a shorter month)."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def known_on(content: Any) -> dt.date | None:
    """The day on which an item was last known to be right: checked, else published."""
    return content.checked_on or (content.published.date() if content.published else None)


def state(content: Any) -> str:
    """fresh, ageing or stale."""
    ageing, stale = limits()
    day = known_on(content)
    return "fresh" if day is None or day >= ageing else "ageing" if day >= stale else "stale"


def condition(wanted: str) -> sa.ColumnElement[bool]:
    """Published items of the kinds asked about that are in a state."""
    ageing, stale = limits()
    older = {
        "fresh": sa.not_(before(ageing)),
        "ageing": sa.and_(before(ageing), sa.not_(before(stale))),
        "stale": before(stale),
    }
    return sa.and_(Content.status == "published", Content.kind.in_(kinds()), ~Content.elsewhere, older[wanted])


def before(day: dt.date) -> sa.ColumnElement[bool]:
    """Items last known to be right before a day."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    checked = sa.and_(
        Content.checked_on.is_not(None), Content.checked_on < day
    )  # of an empty day SQL knows no "not before"
    return sa.or_(checked, sa.and_(Content.checked_on.is_(None), Content.published < midnight))
