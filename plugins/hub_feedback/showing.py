"""What readers see of voices: figures of items, threads of comments, names that are called in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Content, fold, items, session
from hub_feedback.models import Voice
from hub_feedback.voices import tallies

__all__ = ["bars", "calls", "latest", "parts", "people", "readable", "tallies", "threads"]
PER_PAGE = 20
_CALL = re.compile(r"(@\w[\w.-]*\w)")


def readable() -> sa.ColumnElement[bool]:
    """Voices whose text, or whose removal, the public may read."""
    return sa.or_(
        sa.and_(Voice.state == "live", Voice.passed, Voice.text != ""),
        sa.and_(Voice.state == "removed", Voice.reason != ""),
    )


def threads(content_id: int, page: int = 1, per_page: int = PER_PAGE) -> tuple[list[tuple[Voice, list[Voice]]], bool]:
    """(voice, answers to it) of an item, newest first, and whether there are more; two queries."""
    said = sa.select(Voice).where(
        Voice.content_id == content_id, Voice.what.in_(("rating", "comment")), Voice.parent_id.is_(None), readable()
    )
    rows = session().scalars(
        said.order_by(Voice.counted.desc(), Voice.id.desc()).limit(per_page + 1).offset((page - 1) * per_page)
    ).all()  # fmt: skip
    answers: dict[int, list[Voice]] = {}
    under = sa.select(Voice).where(Voice.parent_id.in_([voice.id for voice in rows[:per_page]]), readable())
    for answer in session().scalars(under.order_by(Voice.counted, Voice.id).limit(1000)) if rows else ():
        answers.setdefault(answer.parent_id or 0, []).append(answer)
    return [(voice, answers.get(voice.id, [])) for voice in rows[:per_page]], len(rows) > per_page


def people(content_id: int) -> dict[str, int]:
    """Who may be called by name in the comments on an item: each form of a name → the number of their newest comment."""
    said = sa.select(Voice.name, Voice.id).where(
        Voice.content_id == content_id, Voice.what == "comment", Voice.name != "", Voice.state == "live", Voice.passed
    )
    rows = session().execute(said.order_by(Voice.id.desc()).limit(500)).all()
    return {form: number for name, number in reversed(rows) for form in calls(name)}


def calls(name: str) -> tuple[str, str]:
    """The forms by which somebody is called: the first name, the whole name."""
    whole = fold(name)
    return whole.partition(" ")[0], whole


def parts(text: str, known: Mapping[str, int]) -> list[tuple[str, int]]:
    """A text in pieces: (words, 0), or (@name, the number of the comment it leads to)."""
    found = []
    for piece in _CALL.split(text):
        number = known.get(fold(piece[1:].replace("_", " ")), 0) if piece.startswith("@") else 0
        if piece:
            found.append((piece, number))
    return found


def bars(scores: Sequence[int]) -> list[tuple[str, int]]:
    """The distribution of ratings as rows of a chart, five first."""
    return [(str(n), scores[n - 1]) for n in range(5, 0, -1)]


def latest(what: str, period: tuple[Any, Any] | None, page: int, per_page: int = 50) -> tuple[list[Voice], int]:
    """The newest counted ratings or comments on public items, and how many there are."""
    chosen = sa.select(Voice).where(public(what, period))
    total = session().scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    rows = chosen.order_by(Voice.counted.desc(), Voice.id.desc()).limit(per_page).offset((page - 1) * per_page)
    return list(session().scalars(rows)), total


def public(what: str, period: tuple[Any, Any] | None = None) -> sa.ColumnElement[bool]:
    """Counted voices of one sort on items that everybody may read, as a condition. period: (from, until) as moments."""
    kinds = [ctype.kind for ctype in items.types()]
    of_all = sa.select(Content.id).where(
        Content.status == "published", Content.audience == "public", Content.kind.in_(kinds)
    )
    wanted = [Voice.what == what, Voice.state == "live", Voice.content_id.in_(of_all)]
    wanted += [Voice.passed.is_(True)] if what == "comment" else []
    wanted += [Voice.counted >= period[0], Voice.counted < period[1]] if period else []
    return sa.and_(*wanted)
