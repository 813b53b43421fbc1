"""Results of a lab, made from the rows: by platform and question, requirements by stakeholder, commitments; one text of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, format_date

from hub.api import Content, Item, content_type, gettext, items, session
from hub_labs import board
from hub_labs.board import Refused, Row
from hub_labs.lab import questions_of, stakeholder, state_label
from hub_labs.models import Platform, Promise

NOTE = "results"


@dataclass
class Group:
    """A platform with what it found. answers: (question, rows); case: the case it worked on, as a link, or None."""

    platform: Platform
    title: str
    case: Any = None
    answers: list[tuple[str, list[Row]]] = field(default_factory=list)


@dataclass
class Kept:
    """A commitment as it is shown. who: the organisation's name; url: its page, where it has one."""

    row: Promise
    who: str
    url: str


@dataclass
class Results:
    """Everything a lab found. requirements: (stakeholder's name, [(row, title of the platform)])."""

    groups: list[Group]
    requirements: list[tuple[str, list[tuple[Row, str]]]]
    promises: list[Kept]

    @property
    def any(self) -> bool:
        return bool(any(group.answers for group in self.groups) or self.requirements or self.promises)

    @property
    def example(self) -> bool:
        """Whether the demo made it up."""
        rows = [row for group in self.groups for _, said in group.answers for row in said]
        return any(row.entry.example for row in (*rows, *(row for _, needs in self.requirements for row, _ in needs)))


def gather(item: Item, language: str) -> Results:
    """The results of a lab as they are at this moment."""
    platforms = board.of(item.id)
    found, ends = board.rows(platforms), {end.id: end for end in item.links.get("case", ())}
    pairs = [(Group(p, board.title(p, language), ends.get(p.case_id or 0)), found[p.id]) for p in platforms]
    return arrange(pairs, questions_of(item, language), promises(item.id, language))


def arrange(pairs: Sequence[tuple[Group, list[Row]]], asked: Sequence[str], kept: list[Kept]) -> Results:
    """Rows of platforms, sorted under their questions and stakeholders."""
    needs: dict[str, list[tuple[Row, str]]] = {}
    for group, rows in pairs:
        for number, question in enumerate(asked):
            if said := [row for row in rows if row.entry.question == number]:
                group.answers.append((question, said))
        for row in rows:
            if row.entry.stakeholder:
                needs.setdefault(row.entry.stakeholder, []).append((row, group.title))
    ordered = sorted(needs.items(), key=lambda pair: stakeholder(pair[0]))
    return Results([group for group, _ in pairs], [(stakeholder(name), said) for name, said in ordered], kept)


def promises(content_id: int, language: str) -> list[Kept]:
    """The commitments made in a lab, those due first before others."""
    mine = sa.select(Promise).where(Promise.content_id == content_id)
    kept = list(session().scalars(mine.order_by(Promise.due.is_(None), Promise.due, Promise.id)))
    numbers = [row.partner_id for row in kept if row.partner_id]
    live = sa.select(Content.id).where(
        Content.id.in_(numbers), Content.status == "published", Content.audience == "public"
    )
    partners = {item.id: item for item in items.load(list(session().scalars(live)), language)}
    return [
        Kept(row, partners[row.partner_id].title, partners[row.partner_id].url) if row.partner_id in partners
        else Kept(row, row.name or gettext("an organisation"), "")
        for row in kept
    ]  # fmt: skip


def public(item: Item) -> bool:
    """Whether the results are published: then, and only then, the lab has them as a text."""
    return any(text["fields"].get("outcome") for text in item.all_texts.values())


def as_text(found: Results, language: str) -> str:
    """The results as one Markdown text in a language. The locale is that language's."""
    parts = [f"*{invented()}*"] if found.example else []
    for group in found.groups:
        if group.answers:
            parts.append(f"## {_plain(group.title)}")
        if group.answers and group.platform.leader:
            parts.append(gettext("Led by %(name)s", name=_plain(group.platform.leader)))
        for question, said in group.answers:
            parts += [f"### {_plain(question)}", _list((row.texts for row in said), language)]
    if found.requirements:
        parts.append("## " + gettext("Requirements to those who decide"))
    for name, needs in found.requirements:
        parts += [f"### {gettext('To: %(name)s', name=name)}", _list((row.texts for row, _ in needs), language)]
    if found.promises:
        parts += [
            "## " + gettext("Commitments"),
            "\n".join(f"- {_plain(promise_line(kept, language))}" for kept in found.promises),
        ]
    return "\n\n".join(parts)


def invented() -> str:
    """What stands above results that the demo made up."""
    return gettext(
        "The answers, requirements and commitments here are examples: they show the form and were said by nobody."
    )


def promise_line(kept: Kept, language: str) -> str:
    """A commitment in one line: who, what, until when, how it stands."""
    due = gettext("until %(day)s", day=format_date(kept.row.due, "d MMMM y")) if kept.row.due else ""
    said = ", ".join(part for part in (due, state_label(kept.row.state)) if part)
    return f"{kept.who}: {board.best(kept.row.texts, language)[1]} ({said})"


def _list(many: Iterable[Mapping[str, Any]], language: str) -> str:
    return "\n".join(f"- {_plain(board.best(texts, language)[1])}" for texts in many)


def _plain(text: str) -> str:
    """One line that says in Markdown what it says in letters."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in " ".join(text.split()))


def publish(content: Content, author_id: int | None, *, take_back: bool = False) -> None:
    """Write the results as the lab's text in every language it has (or take them back). Raises Refused."""
    item = board.shown(content, items.site()["languages"][0])
    if item is None or not (take_back or gather(item, item.lang).any):
        raise Refused(gettext("There are no results yet: no answer, requirement or commitment."))
    if items.drafted([content.id]):
        raise Refused(gettext("The lab's text has an edit that is not published. Publish or discard it first."))
    doc = items.read(content)
    for code, text in doc["texts"].items():
        with force_locale(code):
            told = "" if take_back else as_text(gather(item, code), code)
        text["fields"] = {**text.get("fields", {}), "outcome": told}
    items.save(content, doc, author_id=author_id, publish=content.status == "published", note=NOTE)


def draft_case(item: Item, group: Platform, author_id: int) -> Content | None:
    """A result begins to be a case: a draft with what the group wrote, in every language. None: no cases here."""
    if content_type("case") is None:
        return None
    texts = {}
    for code in item.languages:
        with force_locale(code):
            found = next(g for g in gather(item, code).groups if g.platform.id == group.id)
            said = [f"## {_plain(q)}\n\n{_list((row.texts for row in rows), code)}" for q, rows in found.answers]
            lab = item.all_texts[code]["title"]
            texts[code] = {
                "title": f"{found.title} ({lab})"[:200],
                "summary": "",
                "fields": {},
                "body": gettext("Begun from the results of the lab “%(title)s”.", title=lab)
                + "\n\n"
                + "\n\n".join(said),
            }
    doc = {"texts": texts, "topics": [topic.slug for topic in item.topics], "places": [], "links": {}, "data": {},
           "source_name": item.title[:300], "example": item.example or gather(item, item.lang).example}  # fmt: skip
    return items.create("case", doc, author_id=author_id)
