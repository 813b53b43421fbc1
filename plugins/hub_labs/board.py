"""The board of a platform: what it wrote, votes, merging. Who calls commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.api import Content, Item, fold, items, session
from hub_labs.models import Entry, Platform, Vote

LONGEST, MOST = 500, 600  # letters of an entry, entries of a platform


class Refused(Exception):
    """It cannot be taken; the sentence says why."""


@dataclass(frozen=True)
class Row:
    """An entry with its votes."""

    entry: Entry
    votes: int

    @property
    def id(self) -> int:
        return self.entry.id

    @property
    def texts(self) -> dict[str, str]:
        return self.entry.texts


def of(content_id: int) -> list[Platform]:
    """The platforms of a lab in order."""
    mine = sa.select(Platform).where(Platform.content_id == content_id)
    return list(session().scalars(mine.order_by(Platform.position, Platform.id)))


def by_code(code: str) -> Platform | None:
    """The platform whose link somebody has."""
    return session().scalar(sa.select(Platform).where(Platform.code == code.strip().upper()))


def best(texts: Mapping[str, Any], language: str) -> tuple[str, str]:
    """(language, text) of texts by language: the asked one, else one that is there."""
    for code in (language, *items.site()["languages"], *texts):
        if texts.get(code):
            return code, texts[code]
    return language, ""


def title(platform: Platform, language: str) -> str:
    return str(best({code: text.get("title") for code, text in platform.texts.items()}, language)[1])


def rows(platforms: Iterable[Platform], *, hidden: bool = False) -> dict[int, list[Row]]:
    """The entries of platforms by platform, those with most votes first. hidden: with what the moderator took out."""
    numbers = [platform.id for platform in platforms]
    votes = sa.select(Vote.entry_id, sa.func.count().label("n")).group_by(Vote.entry_id).subquery()
    count = sa.func.coalesce(votes.c.n, 0)
    query = sa.select(Entry, count).outerjoin(votes, votes.c.entry_id == Entry.id).where(Entry.platform_id.in_(numbers))
    found: dict[int, list[Row]] = {number: [] for number in numbers}
    for entry, number in session().execute(query.order_by(count.desc(), Entry.id)):
        if hidden or not entry.hidden:
            found[entry.platform_id].append(Row(entry, number))
    return found


def add(
    platform: Platform, question: int | None, text: str, language: str, voter: str = "", stakeholder: str = ""
) -> Entry:
    """Write something down. What a phone sends and is there already in the same words becomes a vote for it. Raises Refused."""
    known = list(session().scalars(sa.select(Entry).where(Entry.platform_id == platform.id)))
    if voter:
        for entry in known:
            if entry.question == question and not entry.hidden and _same(text, entry.texts.values()):
                vote(entry, voter, only_on=True)
                return entry
    if len(known) >= MOST:
        raise Refused
    entry = Entry(
        platform_id=platform.id, question=question, stakeholder=stakeholder, texts={language: text}, live=bool(voter)
    )
    session().add(entry)
    session().flush()
    if voter:
        session().add(Vote(entry_id=entry.id, voter=voter))
    items.touch()
    return entry


def _same(text: str, others: Iterable[str]) -> bool:
    plain = fold(text).strip(" .!?;")
    return any(fold(other).strip(" .!?;") == plain for other in others)


def vote(entry: Entry, voter: str, *, only_on: bool = False) -> None:
    """Vote for an entry; a second time takes the vote back (only_on: it stays)."""
    known = session().get(Vote, (entry.id, voter))
    if known is None:
        session().add(Vote(entry_id=entry.id, voter=voter))
    elif not only_on:
        session().delete(known)
    session().flush()
    items.touch()


def voted(voter: str, entries: Sequence[Row]) -> set[int]:
    """For which of these a browser has voted."""
    numbers = [row.id for row in entries]
    mine = sa.select(Vote.entry_id).where(Vote.voter == voter, Vote.entry_id.in_(numbers))
    return set(session().scalars(mine)) if voter else set()


def merge(target: Entry, others: Sequence[Entry]) -> None:
    """Make several entries one: it keeps its words, everybody's vote counts once, languages it lacks come from the others."""
    have = set(session().scalars(sa.select(Vote.voter).where(Vote.entry_id == target.id)))
    for other in others:
        for voter in session().scalars(sa.select(Vote.voter).where(Vote.entry_id == other.id)).all():
            if voter not in have:
                have.add(voter)
                session().add(Vote(entry_id=target.id, voter=voter))
        target.texts = {**other.texts, **target.texts}
        session().delete(other)
    session().flush()
    items.touch()


def content_of(platform: Platform) -> Content:
    return session().get_one(Content, platform.content_id)


def shown(content: Content, language: str, level: int = 0) -> Item | None:
    """A lab as its groups see it, published or not."""
    found = items.load([content.id], language, level, links=True, drafts=True)
    return found[0] if found else None
