"""Entries for members as followers who may read them are told of them: a second log beside the public one, kept by a reader.

It names only what was once published for members, so that nothing of drafts and of editors' entries is told, not even that
there is one. It goes by the numbers of the hub's own change log, so that both are read as one.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.api import Change, Content, items, session, writing

from .models import ONLY, Inner, Place

VERBS = ("published", "changed", "gone")
AUDIENCE = "members"


def open_to_members() -> sa.ColumnElement[bool]:
    """Of items: published here, for members."""
    return sa.and_(Content.status == "published", Content.audience == AUDIENCE, ~Content.elsewhere)


def read(changes: Sequence[Change]) -> None:
    """Note what these changes mean for members' entries, in one transaction with the place up to which that is known."""
    newest = {change.uid: change for change in changes if change.verb in VERBS}
    with writing():
        session().rollback()
        known = {row.uid: row for row in session().scalars(sa.select(Inner).where(Inner.uid.in_(newest)))}
        is_open = set(session().scalars(sa.select(Content.uid).where(Content.uid.in_(newest), open_to_members())))
        for uid, change in newest.items():
            row = known.get(uid)
            if row is None and uid in is_open:
                row = Inner(uid=uid, content_id=change.content_id, kind=change.kind, gone=False, change=0)
                session().add(row)
            if row is not None and not (row.gone and uid not in is_open):
                row.gone, row.change, row.at = uid not in is_open, max(row.change, change.id), change.at
        place = _place()
        place.change = max(place.change, changes[-1].id)
        session().commit()


def restart() -> None:
    """The place in the log was lost: begin anew, and let those who follow do so, too."""
    with writing():
        session().rollback()
        session().execute(sa.delete(Inner))
        place = _place()
        place.change, place.epoch = 0, place.epoch + 1
        session().commit()


def _place() -> Place:
    found = session().get(Place, ONLY)
    if found is None:
        found = Place(id=ONLY, change=0, epoch=0)
        session().add(found)
    return found


def place() -> tuple[int, int]:
    """(up to which change this is known, how often it was begun anew)."""
    found = session().get(Place, ONLY)
    return (found.change, found.epoch) if found else (0, 0)


def since(position: int, limit: int, kinds: Sequence[str]) -> list[Change]:
    """Changes of members' entries of these kinds after a position, oldest first."""
    query = sa.select(Inner).where(Inner.change > position, Inner.kind.in_(kinds)).order_by(Inner.change).limit(limit)
    return [
        Change(row.change, row.kind, row.uid, row.content_id, row.gone, False, "gone" if row.gone else "changed", row.at)
        for row in session().scalars(query)
    ]


def head(kinds: Sequence[str]) -> int:
    """The number of the newest of them."""
    return session().scalar(sa.select(sa.func.max(Inner.change)).where(Inner.kind.in_(kinds))) or 0


def counts() -> dict[str, int]:
    """Kind → how many entries for members there are now."""
    kinds = [ctype.kind for ctype in items.types()]
    query = sa.select(Inner.kind, sa.func.count().label("number")).where(Inner.kind.in_(kinds), ~Inner.gone).group_by(Inner.kind)
    return {row.kind: row.number for row in session().execute(query)}
