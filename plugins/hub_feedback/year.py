"""Year in one click: an annual report made from the rows, each number with the list that it counts; as page and DOCX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import Item, ListQuery, gather, gettext, instance, items, render_page, session
from hub_feedback import periods, report, showing, wishes, yearfile
from hub_feedback.models import Voice

Figure = tuple[str, int, str]
SHEET = Path(__file__).parent / "paper.css"


@dataclass
class Year:
    """What an annual report says. lead, figures: (label, number, address), first what other plugins tell of the year, then what
    there is and what was said; nothing: what was counted and is zero; best: (item, line); met: (wish, votes);
    reached: (title, lines) of whom it reached."""

    number: int
    name: str
    lead: list[Figure]
    figures: list[Figure]
    nothing: list[str]
    best: list[tuple[Item, report.Line]]
    met: list[tuple[Item, int]]
    numbers: report.Report
    reached: list[tuple[str, list[report.Line]]]


def make(number: int) -> Year:
    """The annual report of a year, in the language of the moment."""
    period = periods.year(number)
    language = items.speaking()
    told = [(plugin, tuple(row)) for plugin, rows in gather("figures", period=period) for row in rows]
    lead = [row for plugin, row in told if plugin != "feedback" and row[1]]
    own = [row for plugin, row in told if plugin == "feedback" and row[1]]
    nothing = [f"{str(row[0])[:1].lower()}{str(row[0])[1:]}" for _plugin, row in told if not row[1]]  # they stand in a sentence
    numbers = report.make(period)
    best = [pair for pair in numbers.own if pair[1].tally.average is not None][:10]
    ranked = wishes.ranking(language, "met", number)
    met = {item.id: item for item in items.load([n for n, _ in ranked[:50]], language, links=True)}
    name = instance.name()
    wished = [(met[n], votes) for n, votes in ranked[:50] if n in met]
    return Year(number, name, lead, own, nothing, best, wished, numbers, report.reached(numbers))


def _whole_year(period: periods.Period) -> int:
    return period[0].year if period == periods.year(period[0].year) else 0


def core_figures(period: periods.Period) -> list[Figure]:
    """Public content by kind: what is of this year (begun then or, without dates, published then) and what there is in all."""
    language, year, found = items.speaking(), _whole_year(period), []
    for ctype in items.types():
        if not ctype.navigation or ctype.kind == "proposal":
            continue
        if year:
            link = url_for("site.list", lang=language, path=ctype.path, year=year)
            label = gettext("%(kind)s of the year %(year)s", kind=ctype.plural, year=year)
            found.append((label, _total(ctype.kind, language, year=str(year)), link))
        link = url_for("site.list", lang=language, path=ctype.path)
        found.append((gettext("%(kind)s in all", kind=ctype.plural), _total(ctype.kind, language), link))
    return found


def _total(kind: str, language: str, **filters: str) -> int:
    wanted = {name: (value,) for name, value in filters.items()}
    return items.find(ListQuery((kind,), language, filters=wanted, limit=1)).total


def own_figures(period: periods.Period) -> list[Figure]:
    """Ratings, comments, wishes and votes."""
    language, year = items.speaking(), _whole_year(period)
    moments = periods.moments(*period)

    def counted(condition: Any) -> int:
        return session().scalar(sa.select(sa.func.count()).select_from(Voice).where(condition)) or 0

    def newest(what: str) -> str:
        return url_for("feedback.newest", lang=language, what=what, year=year) if year else ""

    found = [
        (gettext("Ratings given"), counted(showing.public("rating", moments)), newest("rating")),
        (gettext("Comments written"), counted(showing.public("comment", moments)), newest("comment")),
    ]
    if year:
        proposed, met = wishes.ranking(language, "", year), wishes.ranking(language, "met", year)
        here = url_for("site.list", lang=language, path="proposals", year=year)
        found.append((gettext("Wishes proposed"), len(proposed), here))
        votes = gettext("Votes for these wishes")
        found.append((votes, sum(n for _, n in proposed), url_for("feedback.most", lang=language, year=year)))
        link = url_for("feedback.most", lang=language, state="met", year=year)
        found.append((gettext("Of these wishes came true"), len(met), link))
    return found


def _asked() -> int:
    number = request.args.get("year", periods.today().year, type=int)
    return number if 1990 <= number <= 2200 else abort(400)


def page() -> ResponseReturnValue:
    """The annual report as a page to read and to print."""
    number = _asked()
    years = range(periods.today().year, max(periods.today().year - 10, 1990), -1)
    return render_page("feedback/year.html", cache=False, year=make(number), years=years, reach=report.REACH,
                       paper=instance.pdf_maker() is not None)  # fmt: skip


def as_docx() -> ResponseReturnValue:
    """The annual report as a document. text: its language."""
    number, language = _asked(), request.args.get("text", items.speaking())
    if language not in items.site()["languages"]:
        abort(400)
    with force_locale(language):
        body = yearfile.document(make(number), language)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    answer = Response(body, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{number}-{language}.docx"'
    return answer


def as_pdf() -> ResponseReturnValue:
    """The annual report on paper, where somebody makes PDF. text: its language."""
    number, language = _asked(), request.args.get("text", items.speaking())
    printer = instance.pdf_maker()
    if printer is None:
        abort(404)
    if language not in items.site()["languages"]:
        abort(400)
    with force_locale(language):
        html = render_template("feedback/year_paper.html", year=make(number), reach=report.REACH, language=language)
        body = printer(html, SHEET.read_text(encoding="utf-8"))
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{number}-{language}.pdf"'
    return answer
