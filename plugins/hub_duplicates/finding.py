"""Finding what may be the same: by the rarest words of the name, by site and e-mail, and by what stands within 100 metres."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Change, Content, content_type, items, session, setting, writing
from hub_duplicates import likeness
from hub_duplicates.likeness import Known
from hub_duplicates.models import Pair, Word

MOST = 60  # entries that are compared with one
SHOWN = 5


def kinds() -> set[str]:
    """The kinds among which duplicates are looked for."""
    return {kind for kind in setting("duplicates.kinds") if content_type(kind) is not None}


def like(kind: str, doc: Mapping[str, Any], but: int = 0, limit: int = SHOWN) -> list[tuple[int, float]]:
    """(id, likelihood) of published entries of a kind that may be the same as this document."""
    known = Known(doc)
    numbers = (_by_marks(kind, known.marks) | _by_place(kind, known.points)) - {but}
    query = sa.select(Content).where(Content.id.in_(sorted(numbers)[: 2 * MOST]), Content.status == "published", ~Content.elsewhere)
    found = list(session().scalars(query)) if numbers else []
    return likeness.best(known, zip([c.id for c in found], map(Known, items.read_many(found)), strict=True), limit)


def _by_marks(kind: str, marks: set[str]) -> set[int]:
    """Entries that share marks: asked by the rarest first, so that "library" alone brings nobody."""
    mine = (Word.kind == kind, Word.word.in_(marks))
    counted = sa.select(Word.word, sa.func.count()).where(*mine).group_by(Word.word)
    rare = sorted(session().execute(counted).all(), key=lambda row: row[1])
    chosen: list[str] = []
    room = 20 * MOST
    for word, number in rare:
        if chosen and number > room:
            break
        chosen.append(word)
        room -= number
    shared = sa.select(Word.content_id).where(Word.kind == kind, Word.word.in_(chosen))
    shared = shared.group_by(Word.content_id).order_by(sa.func.count().desc(), Word.content_id.desc()).limit(MOST)
    return set(session().scalars(shared)) if chosen else set()


def _by_place(kind: str, points: Sequence[tuple[float, float]]) -> set[int]:
    found: set[int] = set()
    place = items.ContentPlace
    for lat, lon in points[:10]:
        north = likeness.SAME_PLACE / 111_000
        east = north / max(0.05, math.cos(math.radians(lat)))
        near = (place.lat.between(lat - north, lat + north), place.lon.between(lon - east, lon + east))
        query = (
            sa.select(place.content_id).join(Content, Content.id == place.content_id).where(*near, Content.kind == kind)
        )
        found |= set(session().scalars(query.limit(MOST)))
    return found


def read(changes: Sequence[Change]) -> None:
    """Follow the change log: what was published or edited gets its marks and its pairs anew, what is gone loses them."""
    wanted = kinds()
    numbers = {change.content_id for change in changes if change.kind in wanted and change.verb != "touched"}
    if not numbers:
        return
    mine = sa.select(Content).where(Content.id.in_(numbers), Content.status == "published", ~Content.elsewhere)
    contents = session().scalars(mine).all()
    live = [(c.id, c.kind, doc) for c, doc in zip(contents, items.read_many(contents), strict=True)]
    rows = [{"content_id": n, "kind": kind, "word": mark} for n, kind, doc in live for mark in Known(doc).marks]
    session().rollback()
    with writing():
        session().execute(sa.delete(Word).where(Word.content_id.in_(numbers)))
        ends = sa.or_(Pair.low.in_(numbers), Pair.high.in_(numbers))
        session().execute(sa.delete(Pair).where(ends, Pair.state == "open"))
        if rows:
            session().execute(sa.insert(Word), rows)
        session().commit()
    # comparing takes the longest: meanwhile nobody's writing waits
    found = [(kind, *sorted((n, other)), score) for n, kind, doc in live for other, score in like(kind, doc, n)]
    session().rollback()
    with writing():
        for kind, low, high, score in found:
            if session().get(Pair, (low, high)) is None:
                session().add(Pair(low=low, high=high, kind=kind, score=score))
                session().flush()
        session().commit()


def restart() -> None:
    """Read again from the beginning."""
    session().execute(sa.delete(Word))
    session().execute(sa.delete(Pair).where(Pair.state == "open"))
    session().commit()
