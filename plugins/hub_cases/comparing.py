"""Practices side by side, their figures over the years, and which others are like one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal

from hub.api import Content, Item, ListQuery, current_user, excerpt, fold, gettext, items, level, render_page, session
from hub_cases.practice import FIELDS, UNITS

MOST, LENGTH = 4, 700
SKIPPED = ("experience_other", "figures", "links_out")


def compare(lang: str) -> ResponseReturnValue:
    """Two to four practices side by side; with fewer, a list to choose from."""
    wanted = list(dict.fromkeys(uid[:36] for uid in request.args.getlist("c")))[:MOST]
    reader = level(current_user())
    known = sa.select(Content.uid, Content.id).where(Content.kind == "case", Content.uid.in_(wanted))
    known = known.where(Content.status == "published", Content.audience.in_(items.AUDIENCES[: reader + 1]))
    ids = {row.uid: row.id for row in session().execute(known)}
    shown = items.load([ids[uid] for uid in wanted if uid in ids], lang, reader, links=True)
    if len(shown) < 2:
        return render_page("cases/choose.html", chosen={item.uid for item in shown}, items=items.newest("case", 100, "title"), most=MOST)
    return render_page("cases/compare.html", items=shown, rows=table(shown), figures=figures_of(shown), unit=unit)


def table(shown: Sequence[Item]) -> list[tuple[str, list[str], bool]]:
    """(label, a text for each practice, whether it is a long one); questions that none of them answers are left out."""
    found = [
        (gettext("Place"), [item.place.name(item.asked) if item.place else "" for item in shown], False),
        (gettext("Kept by"), [", ".join(end.title for end in item.links.get("holder", [])) for item in shown], False),
        (gettext("Topics"), [", ".join(t.name(item.asked) for t in item.topics) for item in shown], False),
    ]
    for field in FIELDS:
        if field.name not in SKIPPED:
            long = field.type == "longtext"
            texts = [excerpt(item.text(field.name), LENGTH) if long else item.text(field.name) for item in shown]
            found.append((str(field.label), texts, long))
    return [row for row in found if any(row[1])]


def figures_of(shown: Sequence[Item]) -> list[tuple[str, list[str]]]:
    """(unit, the newest figure of each practice) for units that one of them has."""
    newest = [{row["unit"]: row for row in sorted(item.value("figures") or [], key=lambda r: str(r.get("year", "")))} for item in shown]
    units = [choice.value for choice in UNITS if any(choice.value in own for own in newest)]
    return [(unit(u), [_figure(own[u]) if u in own else "" for own in newest]) for u in units]


def _figure(row: dict[str, Any]) -> str:
    more = gettext("more than") + " " if row.get("more") else ""
    return f"{more}{format_decimal(row['value'])}" + (f" ({row['year']})" if row.get("year") else "")


def unit(name: str) -> str:
    """The name of a figure's unit."""
    return next((str(choice.label) for choice in UNITS if choice.value == name), name)


def over_time(item: Item) -> list[tuple[str, list[tuple[str, float]]]]:
    """(unit, (year, number)…) for every unit that has figures of several years, in their order."""
    found: dict[str, dict[str, float]] = {}
    for row in item.value("figures") or []:
        if row.get("year"):
            found.setdefault(row["unit"], {})[str(row["year"])] = row["value"]
    return [(unit(name), sorted(points.items())) for name, points in found.items() if len(points) > 1 and min(points.values()) >= 0]


def related(item: Item, fallback: Sequence[Item] = (), limit: int = 3) -> list[Item]:
    """Other practices like this one: by shared topics and themes, the kind of place, and the words of their texts."""
    topics = tuple(topic.slug for topic in item.topics)
    if item.kind != "case" or not topics:
        return list(fallback)
    found = items.find(ListQuery(("case",), item.asked, item.level, filters={"topic": topics}, limit=40))
    others = items.load([number for number in found.ids if number != item.id], item.asked, item.level)
    mine = _words(item)
    scored = [(_likeness(item, other, mine), -n, other) for n, other in enumerate(others)]
    best = [other for _, _, other in sorted(scored, key=lambda s: s[:2], reverse=True)[:limit]]
    return best + [other for other in fallback if other.id not in {b.id for b in best}][: limit - len(best)]


def _likeness(item: Item, other: Item, mine: Counter[str]) -> float:
    shared = len({t.slug for t in item.topics} & {t.slug for t in other.topics})
    themes = len(set(item.value("themes") or ()) & set(other.value("themes") or ()))
    kinds = len(set(item.value("experience_types") or ()) & set(other.value("experience_types") or ()))
    same_area = item.value("area") is not None and item.value("area") == other.value("area")
    theirs = _words(other)
    union = sum((mine | theirs).values()) or 1
    return 2.0 * shared + themes + kinds + same_area + 20.0 * sum((mine & theirs).values()) / union


def _words(item: Item) -> Counter[str]:
    """The longer words of what a practice is about, cut so that most forms of one word are one."""
    text = " ".join((item.title, item.summary, item.text("objective")[:1500]))
    return Counter(word[:6] for word in fold(text).split() if len(word) > 4)
