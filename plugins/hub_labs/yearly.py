"""What a year brought to labs, for reports: commitments given and kept; each number leads to the page that lists them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from hub.api import Content, Item, gettext, items, now, render_page, session
from hub_labs import results
from hub_labs.models import Promise

Period = tuple[dt.date, dt.date]
MOST = 2000


def commitments(period: Period, language: str, *, kept: bool) -> list[tuple[results.Kept, Item]]:
    """Commitments given within a period, or kept within it (as who gave them said), of labs whose results everybody may read."""
    zone = ZoneInfo(str(get_timezone()))
    begin, end = (dt.datetime.combine(day, dt.time(), zone) for day in (period[0], period[1] + dt.timedelta(days=1)))
    moment = sa.func.coalesce(Promise.answered, Promise.created) if kept else Promise.created
    wanted = sa.select(Promise).join(Content, Content.id == Promise.content_id).where(
        moment >= begin, moment < end, Content.status == "published", Content.audience == "public")  # fmt: skip
    if kept:
        wanted = wanted.where(Promise.state == "done")
    rows = session().scalars(wanted.order_by(moment.desc(), Promise.id).limit(MOST)).all()
    labs = {item.id: item for item in items.load(list({row.content_id for row in rows}), language) if results.public(item)}
    known = {one.row.id: one for number in labs for one in results.promises(number, language)}
    return [(known[row.id], labs[row.content_id]) for row in rows if row.content_id in labs]


def figures(period: Period) -> list[tuple[str, int, str]]:
    """Lines of the annual report, as feedback's hook of that name asks."""
    language = items.speaking()
    here = f"{url_for('labs.yearly', lang=language)}?from={period[0]}&until={period[1]}"
    given, kept = (len(commitments(period, language, kept=which)) for which in (False, True))
    return [(gettext("Commitments given in labs"), given, here), (gettext("Commitments kept"), kept, f"{here}&kept=yes")]


def page(lang: str) -> ResponseReturnValue:
    """Commitments of a period; without one, of the last twelve months."""
    today = now().astimezone(ZoneInfo(str(get_timezone()))).date()
    period = _day("from") or today - dt.timedelta(days=365), _day("until") or today
    if period[0] > period[1]:
        abort(400)
    kept = request.args.get("kept") == "yes"
    return render_page("labs/yearly.html", rows=commitments(period, lang, kept=kept), period=period, kept=kept)


def _day(name: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(request.args[name]) if request.args.get(name) else None
    except ValueError:
        abort(400)
    return found if found is None or 1990 <= found.year <= 2200 else abort(400)
