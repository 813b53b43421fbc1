"""What a year brought to practices, for reports: which were taken over, and where; the number leads to the page that lists them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from hub.api import Content, Item, gettext, items, now, render_page, session
from hub_cases import adoptions, pages
from hub_cases.models import Adoption

Period = tuple[dt.date, dt.date]
MOST = 2000


def taken_over(period: Period, language: str) -> list[tuple[Adoption, Item]]:
    """Adoptions that became public within a period, newest first, each with its practice, as everybody may see them."""
    zone = ZoneInfo(str(get_timezone()))
    begin, end = (dt.datetime.combine(day, dt.time(), zone) for day in (period[0], period[1] + dt.timedelta(days=1)))
    since = sa.func.coalesce(Adoption.decided, Adoption.created)
    wanted = sa.select(Adoption).join(Content, Content.id == Adoption.content_id).where(
        Adoption.state == "live", Adoption.stage != "unfit", since >= begin, since < end,
        Content.status == "published", Content.audience == "public").order_by(since.desc(), Adoption.id).limit(MOST)  # fmt: skip
    rows = session().scalars(wanted).all()
    cases = {item.id: item for item in items.load(list({row.content_id for row in rows}), language)}
    return [(row, cases[row.content_id]) for row in rows if row.content_id in cases]


def figures(period: Period) -> list[tuple[str, int, str]]:
    """Lines of the annual report, as feedback's hook of that name asks."""
    language = pages.speaking()
    here = f"{url_for('cases.yearly', lang=language)}?from={period[0]}&until={period[1]}"
    return [(gettext("Practices taken over elsewhere"), len(taken_over(period, language)), here)]


def page(lang: str) -> ResponseReturnValue:
    """Practices that were taken over within a period; without one, in the last twelve months."""
    today = now().astimezone(ZoneInfo(str(get_timezone()))).date()
    period = _day("from") or today - dt.timedelta(days=365), _day("until") or today
    if period[0] > period[1]:
        abort(400)
    return render_page("cases/yearly.html", rows=taken_over(period, lang), period=period, stages=pages.labels(), spoken=adoptions.spoken)


def _day(name: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(request.args[name]) if request.args.get(name) else None
    except ValueError:
        abort(400)
    return found if found is None or 1990 <= found.year <= 2200 else abort(400)
