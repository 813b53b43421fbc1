"""The organisers' report: what was rated how, whom events reached, what to repeat or move; as page and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, gather, gettext, items, render_page, session
from hub.api import lazy_gettext as _
from hub_feedback import periods, wishes
from hub_feedback.models import Voice
from hub_feedback.voices import ENOUGH, Tally

MOST = 5000  # items in one report
REACH = {
    "registered": _("registered"), "attended": _("came"), "no_show": _("stayed away"), "online": _("watched online"),
    "replays": _("replays opened"), "helpers": _("helped"),
}  # fmt: skip
GOOD, POOR, EMPTY = 4.3, 3.0, 0.3  # averages to repeat and to look at; share of no-shows that speaks for another hour


@dataclass
class Line:
    """Several items together, or one. reach: names of REACH → number."""

    label: str
    url: str = ""
    items: int = 0
    tally: Tally = field(default_factory=Tally)
    reach: dict[str, int] = field(default_factory=dict)
    advice: str = ""

    def add(self, tally: Tally, reach: Mapping[str, int]) -> None:
        self.items += 1
        self.tally.scores = [a + b for a, b in zip(self.tally.scores, tally.scores, strict=True)]
        self.tally.comments += tally.comments
        for name, number in reach.items():
            self.reach[name] = self.reach.get(name, 0) + number


@dataclass
class Report:
    """What a report shows. groups: (title, lines); own: one line per item, with the item."""

    period: periods.Period
    whole: Line
    groups: list[tuple[str, list[Line]]]
    own: list[tuple[Item, Line]]
    known: list[str]
    cut: bool = False


def make(period: periods.Period) -> Report:
    """The report of a period, in the language of the moment; a constant number of queries."""
    language = items.speaking()
    rated = _rated(period)
    held = _held(period)
    ids = list(dict.fromkeys([*rated, *held]))
    cut, ids = len(ids) > MOST, ids[:MOST]
    shown = items.load(ids, language, 2, links=True)
    reach = _reach([item.id for item in shown])
    owners = {o.id: o for o in items.load(list({i.row.owner_id for i in shown if i.row.owner_id}), language)}
    whole, groups = Line(gettext("All together")), {title: dict[str, Line]() for title in _titles()}
    own = []
    for item in shown:
        tally, reached = rated.get(item.id, Tally()), reach.get(item.id, {})
        line = Line(item.title, item.url)
        line.add(tally, reached)
        line.advice = advice(line)
        own.append((item, line))
        whole.add(tally, reached)
        for title, key, label, url in _belongs(item, owners, language):
            groups[title].setdefault(key, Line(label, url)).add(tally, reached)
    by_title = _titles()
    listed = [(by_title[title], _order(title, lines)) for title, lines in groups.items() if lines]
    own.sort(key=lambda pair: (-(pair[1].tally.average or 0), -pair[1].tally.ratings))
    return Report(period, whole, listed, own, [name for name in REACH if name in whole.reach], cut)


def _titles() -> dict[str, str]:
    return {
        "kind": gettext("By kind"), "format": gettext("By format"), "topic": gettext("By topic"),
        "hour": gettext("By hour of the day"), "place": gettext("By place"), "owner": gettext("By organisation"),
    }  # fmt: skip


def _order(title: str, lines: Mapping[str, Line]) -> list[Line]:
    if title == "hour":
        return [lines[key] for key in sorted(lines)]
    return sorted(lines.values(), key=lambda line: (-line.tally.ratings, -line.items, line.label))[:30]


def _belongs(item: Item, owners: Mapping[int, Item], language: str) -> Iterable[tuple[str, str, str, str]]:
    """(group, key, label, address) of everything an item belongs to."""
    path = item.type.path

    def here(**query: Any) -> str:
        return url_for("site.list", lang=language, path=path, **query)

    yield "kind", item.kind, str(item.type.plural), here()
    declared = item.type.field("format")
    if declared is not None and (value := item.value("format")):
        for one in value if isinstance(value, list) else [value]:
            yield (
                "format",
                one,
                item.text("format") if not isinstance(value, list) else one,
                here(format=one) if declared.facet else "",
            )
    for topic in item.topics:
        yield "topic", topic.slug, topic.name(language), url_for("site.topic", lang=language, slug=topic.slug)
    if item.row.starts_at and item.type.dated and item.kind == "event":
        hour = item.row.starts_at.astimezone(periods.zone()).hour
        yield "hour", f"{hour:02}", f"{hour:02}:00", ""
    if item.place and item.place.slug:
        yield "place", item.place.slug, item.place.name(language), here(place=item.place.slug)
    answering = {owner.id: owner for owner in [owners.get(item.row.owner_id)] if owner is not None}
    for end in (answering | {organiser.id: organiser for organiser in item.links.get("organiser", ())}).values():
        yield "owner", str(end.id), end.title, end.url


def people(line: Line) -> int:
    """How many people something reached, there and online."""
    return line.reach.get("attended", 0) + line.reach.get("online", 0)


def reached(found: Report) -> list[tuple[str, list[Line]]]:
    """The groups of a report for a year: lines that reached anybody, those that reached most first; not by hour."""
    groups = [(title, [line for line in lines if any(line.reach.values())]) for title, lines in found.groups]
    wanted = [(title, lines) for title, lines in groups if lines and title != _titles()["hour"]]
    return [(title, sorted(lines, key=lambda line: (-people(line), line.label))) for title, lines in wanted]


def _rated(period: periods.Period) -> dict[int, Tally]:
    """What was said within the period, by item."""
    begin, end = periods.moments(*period)
    said = sa.and_(
        Voice.state == "live", Voice.counted >= begin, Voice.counted < end, Voice.what.in_(("rating", "comment"))
    )
    columns = Voice.content_id, Voice.what, Voice.score, sa.func.count()
    query = (
        sa.select(*columns)
        .where(said, Voice.content_id.is_not(None))
        .group_by(Voice.content_id, Voice.what, Voice.score)
    )
    found: dict[int, Tally] = {}
    for number, what, score, count in session().execute(query):
        tally = found.setdefault(number or 0, Tally())
        if what == "comment":
            tally.comments += count
        elif 1 <= score <= 5:
            tally.scores[score - 1] += count
    public = sa.select(Content.id).where(Content.id.in_(list(found)[:MOST]), Content.status == "published")
    kept = set(session().scalars(public))
    return {number: tally for number, tally in found.items() if number in kept}


def _held(period: periods.Period) -> list[int]:
    """Events that began within the period."""
    begin, end = periods.moments(*period)
    within = sa.and_(Content.starts_at >= begin, Content.starts_at < end)
    query = sa.select(Content.id).where(Content.kind == "event", Content.status == "published", within)
    return list(session().scalars(query.order_by(Content.starts_at).limit(MOST)))


def _reach(ids: list[int]) -> dict[int, dict[str, int]]:
    """What others know of how many people each item reached."""
    found: dict[int, dict[str, int]] = {}
    for _plugin, told in gather("turnout", contents=ids):
        for number, numbers in told.items():
            mine = found.setdefault(number, {})
            for name, count in numbers.items():
                if name in REACH:
                    mine[name] = mine.get(name, 0) + int(count)
    return found


def advice(line: Line) -> str:
    """What the numbers of one item suggest."""
    registered, gone = line.reach.get("registered", 0), line.reach.get("no_show", 0)
    if registered >= 10 and gone / registered >= EMPTY:
        return gettext("Another time or place? Many did not come.")
    if line.tally.average is None:
        return ""
    if line.tally.average >= GOOD:
        return gettext("Worth repeating.")
    return gettext("Read the reasons before it is repeated.") if line.tally.average <= POOR else ""


def page() -> ResponseReturnValue:
    """The report as a page."""
    period, wrong = periods.asked(request.args)
    found = make(period)
    ranked = wishes.ranking(items.speaking(), "open")[:20]
    wished = {item.id: item for item in items.load([number for number, _ in ranked], items.speaking())}
    return render_page(
        "feedback/numbers.html", cache=False, code=400 if wrong else 200, report=found, wrong=wrong, reach=REACH, people=people,
        wishes=[(wished[number], votes) for number, votes in ranked if number in wished], enough=ENOUGH,
        first=period[0].isoformat(), last=period[1].isoformat(),
    )  # fmt: skip


def as_csv() -> ResponseReturnValue:
    """One row per item."""
    period, _wrong = periods.asked(request.args)
    found, out = make(period), io.StringIO()
    names = [
        "uid",
        "kind",
        "title",
        "address",
        "format",
        "topics",
        "begins",
        "place",
        "ratings",
        "average",
        "1",
        "2",
        "3",
        "4",
        "5",
        "comments",
    ]
    rows = csv.writer(out)
    rows.writerow([*names, *REACH])
    for item, line in found.own:
        begins = (
            item.row.starts_at.astimezone(periods.zone()).isoformat(timespec="minutes") if item.row.starts_at else ""
        )
        average = round(line.tally.average, 2) if line.tally.average is not None else ""
        cells = [
            item.uid, item.kind, item.title, items.as_json(item)["url"], item.text("format"), "; ".join(t.slug for t in item.topics),
            begins, item.place.name(items.speaking()) if item.place else "", line.tally.ratings, average, *line.tally.scores,
            line.tally.comments, *(line.reach.get(name, "") for name in REACH),
        ]  # fmt: skip
        rows.writerow([_plain(cell) for cell in cells])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{period[0]}-{period[1]}.csv"'
    return answer


def _plain(cell: Any) -> Any:
    """A cell that no table program takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
