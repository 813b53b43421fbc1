"""All adoptions together: as a list, and as lines that the map draws where it is on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, current_user, gettext, items, level, render_page, session
from hub_cases import adoptions, pages, showing
from hub_cases.models import Adoption

PER_PAGE = 50


def _public(reader: int) -> sa.Select[Any]:
    """The public adoptions of practices that this reader may see."""
    open_to = (Content.status == "published", Content.audience.in_(items.AUDIENCES[: reader + 1]))
    return sa.select(Adoption).join(Content, Content.id == Adoption.content_id).where(adoptions.LIVE, *open_to)


def page(lang: str) -> ResponseReturnValue:
    """The list: who took over what, the latest first."""
    reader, number = level(current_user()), request.args.get("page", "1")
    query, first = _public(reader), (max(1, int(number)) - 1) * PER_PAGE if number.isdigit() and len(number) < 5 else 0
    rows = session().scalars(query.order_by(Adoption.year.desc(), Adoption.id.desc()).offset(first).limit(PER_PAGE + 1)).all()
    shown = rows[:PER_PAGE]
    cases = showing.readable({row.content_id for row in shown}, reader, lang)
    partners = showing.readable({row.adopter_id for row in shown if row.adopter_id}, reader, lang)
    return render_page(
        "cases/adoptions.html", rows=[(row, cases[row.content_id]) for row in shown if row.content_id in cases], spoken=adoptions.spoken,
        partners=partners, stages=pages.labels(), before=first // PER_PAGE, after=first // PER_PAGE + 2 if len(rows) > PER_PAGE else 0,
    )  # fmt: skip


def layers(lang: str) -> list[dict[str, Any]]:
    """The hook `map_lines`: one layer, while there is something to draw."""
    drawn = _public(level(current_user())).where(sa.cast(Adoption.point, sa.Text) != "[]")
    if session().scalar(drawn.limit(1)) is None:
        return []
    return [{"name": gettext("Practices taken over elsewhere"), "data": url_for("cases.all_lines", lang=lang),
             "page": url_for("cases.all_adoptions", lang=lang)}]  # fmt: skip
