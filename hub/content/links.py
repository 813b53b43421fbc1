"""Links between items: their ends are named by uid or by "origin:external_id", and kept as rows."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.content.model import Content, ContentLink
from hub.hooks.parts import ContentType


class Ends:
    """Where named ends lead, looked up for all of them together."""

    def __init__(self, db: Session, names: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(str(name) for name in names))
        found = db.execute(sa.select(Content.uid, Content.id).where(Content.uid.in_(wanted))) if wanted else ()
        self._by_uid = {row.uid: row.id for row in found}
        sources: dict[str, list[str]] = {}
        for name in wanted:
            if name not in self._by_uid and ":" in name:
                origin, _, external = name.partition(":")
                sources.setdefault(origin, []).append(external)
        self._by_source: dict[tuple[str, str], int] = {}
        for origin, numbers in sources.items():
            query = sa.select(Content.kind, Content.external_id, Content.id).order_by(Content.id)
            for row in db.execute(query.where(Content.origin == origin, Content.external_id.in_(numbers))):
                for kind in (row.kind, ""):
                    self._by_source.setdefault((kind, f"{origin}:{row.external_id}"), row.id)

    def get(self, name: str, kind: str = "") -> int | None:
        """The item's id, or None; kind: only of this kind, where the end is named by its source."""
        return self._by_uid.get(name) or self._by_source.get((kind, name))


def resolve(db: Session, name: str) -> int | None:
    """An item's id by uid or by "origin:external_id"."""
    return Ends(db, [name]).get(name)


def uids(db: Session, ids: Iterable[int]) -> dict[int, str]:
    """The uids of items by id."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    return {row.id: row.uid for row in db.execute(sa.select(Content.id, Content.uid).where(Content.id.in_(wanted)))}


def sorted_out(ctype: ContentType, links: dict[str, list[str]], ends: Ends, own: int) -> tuple[list[tuple[str, int]], list[str]]:
    """(relation, id) of what can be linked, in order, and "relation: name" of what leads to nothing yet."""
    wanted, lost = [], []
    for relation, names in links.items():
        declared = ctype.relation(relation)
        if declared is None:
            continue
        for name in dict.fromkeys(names if declared.many else names[:1]):
            found = ends.get(name, declared.to)
            if found is None:
                lost.append(f"{relation}: {name}")
            elif found != own and (relation, found) not in wanted:
                wanted.append((relation, found))
    return wanted, lost


def store(db: Session, content: Content, ctype: ContentType, links: dict[str, list[str]]) -> list[str]:
    """Write an item's links; answers what leads to nothing yet."""
    wanted, lost = sorted_out(ctype, links, Ends(db, (n for names in links.values() for n in names)), content.id)
    present = {(link.relation, link.to_id): link for link in content.links}
    for position, key in enumerate(wanted):
        link = present.pop(key, None)
        if link is None:
            content.links.append(ContentLink(relation=key[0], to_id=key[1], position=position))
        else:
            link.position = position
    for link in present.values():
        content.links.remove(link)
    return lost
