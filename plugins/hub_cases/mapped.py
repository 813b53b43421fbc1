"""All adoptions together: as a list (of all, or of a period), as lines that the map draws, as a number of the annual report."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from hub.api import Content, current_user, gettext, items, level, now, render_page, session
from hub_cases import adoptions, pages, showing
from hub_cases.models import Adoption

Period = tuple[dt.date, dt.date]
PER_PAGE = 50
SINCE = sa.func.coalesce(Adoption.decided, Adoption.created)


def _public(reader: int) -> sa.Select[Any]:
    """The public adoptions of practices that this reader may see."""
    open_to = (Content.status == "published", Content.audience.in_(items.AUDIENCES[: reader + 1]))
    return sa.select(Adoption).join(Content, Content.id == Adoption.content_id).where(adoptions.LIVE, *open_to)


def _within(period: Period) -> sa.Select[Any]:
    """Those that everybody may see, became public within a period and do not say that it did not fit: what a report counts."""
    zone = ZoneInfo(str(get_timezone()))
    begin, end = (dt.datetime.combine(day, dt.time(), zone) for day in (period[0], period[1] + dt.timedelta(days=1)))
    return _public(0).where(Adoption.stage != "unfit", begin <= SINCE, end > SINCE)


def _count(query: sa.Select[Any]) -> int:
    return session().scalar(sa.select(sa.func.count()).select_from(query.with_only_columns(Adoption.id).subquery())) or 0


def page(lang: str) -> ResponseReturnValue:
    """The list: who took over what, the latest first. `from` and `until` narrow it to what became public in between."""
    period, number = _period(), request.args.get("page", "1")
    reader = level(current_user()) if period is None else 0
    query = _public(reader) if period is None else _within(period)
    first = (max(1, int(number)) - 1) * PER_PAGE if number.isdecimal() and len(number) < 5 else 0
    order = (Adoption.year.desc(), Adoption.id.desc()) if period is None else (SINCE.desc(), Adoption.id)
    rows = session().scalars(query.order_by(*order).offset(first).limit(PER_PAGE + 1)).all()
    shown = rows[:PER_PAGE]
    cases = showing.readable({row.content_id for row in shown}, reader, lang)
    partners = showing.readable({row.adopter_id for row in shown if row.adopter_id}, reader, lang)
    return render_page(
        "cases/adoptions.html", rows=[(row, cases[row.content_id]) for row in shown if row.content_id in cases], spoken=adoptions.spoken,
        partners=partners, stages=pages.labels(), before=first // PER_PAGE, after=first // PER_PAGE + 2 if len(rows) > PER_PAGE else 0,
        period=period, count=_count(query),
    )  # fmt: skip


def _period() -> Period | None:
    begin, end = _day("from"), _day("until")
    if begin is None and end is None:
        return None
    end = end or now().astimezone(ZoneInfo(str(get_timezone()))).date()
    begin = begin or end - dt.timedelta(days=365)
    return (begin, end) if begin <= end else abort(400)


def _day(name: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(request.args[name]) if request.args.get(name) else None
    except ValueError:
        abort(400)
    return found if found is None or 1990 <= found.year <= 2200 else abort(400)


def figures(period: Period) -> list[tuple[str, int, str]]:
    """Lines of the annual report, as feedback's hook of that name asks."""
    here = f"{url_for('cases.all_adoptions', lang=items.speaking())}?from={period[0]}&until={period[1]}"
    return [(gettext("Practices taken over elsewhere"), _count(_within(period)), here)]


def layers(lang: str) -> list[dict[str, Any]]:
    """The hook `map_lines`: one layer, while there is something to draw."""
    drawn = _public(level(current_user())).where(sa.cast(Adoption.point, sa.Text) != "[]")
    if session().scalar(drawn.limit(1)) is None:
        return []
    return [{"name": gettext("Practices taken over elsewhere"), "data": url_for("cases.all_lines", lang=lang),
             "page": url_for("cases.all_adoptions", lang=lang)}]  # fmt: skip
