"""Which of our topics a topic of another hub is: by itself where name or word are the same, else as an editor says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Content, enqueue, fold, items, session, writing

from . import models
from .models import Followed, Kept

MOST = 2000  # topics of one hub that are known here
CHUNK = 100


class Atlas:
    """The topics of one hub and ours for them, for the length of a transaction."""

    def __init__(self, hub: Followed) -> None:
        self.hub = hub
        self.rows = {row.slug: row for row in session().scalars(sa.select(models.Mapping).where(models.Mapping.hub_id == hub.id))}
        self.concepts = {concept.slug: concept for concept in items.concepts()}
        self.words = {word: concept.slug for concept in reversed(items.concepts()) for word in concept.words}

    def ours(self, theirs: Sequence[Mapping[str, Any]]) -> list[str]:
        """Our topics for those of an entry; what is new is noted."""
        found = [self._row(one) for one in theirs]
        return self.known([row.slug for row in found if row])

    def known(self, slugs: Iterable[str]) -> list[str]:
        """Our topics for theirs by their slugs."""
        found = [self.rows[slug].topic for slug in slugs if slug in self.rows]
        return list(dict.fromkeys(topic for topic in found if topic in self.concepts))

    def names(self, theirs: Sequence[Mapping[str, Any]], ours: Sequence[str]) -> set[str]:
        """All topics by which a filter may know an entry: theirs and ours, each with the broader ones."""
        found = {slug for one in theirs for slug in (one["slug"], *one["broader"])}
        return found | {slug for topic in ours for slug in self.concepts[topic].chain}

    def _row(self, one: Mapping[str, Any]) -> models.Mapping | None:
        row = self.rows.get(one["slug"])
        if row is None:
            if len(self.rows) >= MOST:
                return None
            row = self.rows[one["slug"]] = models.Mapping(hub_id=self.hub.id, slug=one["slug"], state="open", topic="")
            session().add(row)
        row.url = one["url"] or row.url or ""
        if one["names"] and row.names != one["names"]:
            row.names = one["names"]
        if row.state in ("open", "auto") and row.topic not in self.concepts:
            row.topic = self._same(one)
            row.state = "auto" if row.topic else "open"
        return row

    def _same(self, one: Mapping[str, Any]) -> str:
        """Our topic of the same address word, name or synonym; empty where there is none."""
        if one["slug"] in self.concepts:
            return str(one["slug"])
        return next((self.words[fold(name)] for name in one["names"].values() if fold(name) in self.words), "")


def choose(row: models.Mapping, wanted: str) -> bool:
    """Take over an editor's word: one of our topics, "-" (none of ours) or nothing (by itself). False where nothing changes."""
    before = (row.topic, row.state)
    concepts = {concept.slug for concept in items.concepts()}
    if wanted == "-":
        row.topic, row.state = "", "ignored"
    elif wanted in concepts:
        if row.topic != wanted:
            row.topic, row.state = wanted, "chosen"
    else:
        row.topic, row.state = "", "open"
        hub = session().get_one(Followed, row.hub_id)
        Atlas(hub).ours([{"slug": row.slug, "names": row.names, "broader": [], "url": row.url}])
    return before != (row.topic, row.state)


def later(hub: Followed) -> None:
    """Bring what is kept of a hub to the topics as they are chosen now, in the background."""
    enqueue(session(), "network.remap", dedupe=f"network.remap:{hub.id}", hub=hub.id)


def remap(hub: int) -> int:
    """The job: give the entries of a hub the topics that are chosen now; answers how many have changed."""
    last = changed = 0
    while True:
        with writing():
            session().rollback()
            session().expunge_all()
            followed = session().get(Followed, hub)
            rows = _portion(hub, last) if followed else []
            if followed is None or not rows:
                return changed
            atlas = Atlas(followed)
            contents = {c.id: c for c in session().scalars(sa.select(Content).where(Content.id.in_([row.content_id for row in rows])))}
            for row in rows:
                content = contents.get(row.content_id or 0)
                if content is not None:
                    before = items.read(content)
                    changed += items.settle(content, {**before, "topics": atlas.known(row.topics)}, before)
                    forget_versions(content)
            last = rows[-1].id
            items.commit()


def _portion(hub: int, last: int) -> list[Kept]:
    query = sa.select(Kept).where(Kept.hub_id == hub, Kept.id > last, Kept.content_id.is_not(None))
    return list(session().scalars(query.order_by(Kept.id).limit(CHUNK)))


def forget_versions(content: Content) -> None:
    """What another hub writes and writes over is no version of ours."""
    for revision in items.revisions(content):
        session().delete(revision)
    session().flush()
