"""The engine in PostgreSQL: the same lemmas in a tsvector, facts in an array, both with GIN; visible at the commit.

Rows are written by the reader of the change log as the embedded index is, so both engines answer alike. What was typed
never gets into SQL as text: words become quoted lexemes, everything else is bound.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.api import session, writing

from . import analysis, spelling
from .engines import Progress, Status
from .entries import FIELDS, Entry, entry
from .pgsearch import ENTRY, WORD, PgSearch, lexeme, suggest

if TYPE_CHECKING:
    from hub.api import Change, SearchDocument, SearchPage, SearchQuery

log = logging.getLogger("hub.search")
ABOUT = sa.table("search_about", sa.column("name"), sa.column("value"))
CHUNK = 500
LETTERS = {"title": "A", "names": "B", "summary": "C", "body": "D"}
MOST_TIMES, LAST_POSITION = 12, 16_000  # a lexeme has at most 255 positions, of which none is above 16,383


class PostgresEngine:
    """Rows of `search_entry` beside the content they are made of. load, published: as for the embedded index."""

    def __init__(
        self,
        load: Callable[[Sequence[int]], Mapping[int, SearchDocument]],
        published: Callable[[], Iterable[list[int]]],
    ) -> None:
        self._load, self._published = load, published

    def answer(self, query: SearchQuery, pins: tuple[int, ...] = ()) -> SearchPage | None:
        """Answer a query; None where the tables are not there."""
        try:
            with session().begin_nested():
                return PgSearch(session(), query, pins).run()
        except sa.exc.DBAPIError:
            log.exception("the search tables cannot be read")
            return None

    def suggest(self, text: str, language: str, level: int, kinds: Sequence[str] = (), limit: int = 8) -> list[int]:
        """Content ids of visible items whose titles go on from the text."""
        try:
            with session().begin_nested():
                return suggest(session(), text, language, level, kinds, limit)
        except sa.exc.DBAPIError:
            log.exception("the search tables cannot be read")
            return []

    def kinds(self) -> list[str]:
        """The kinds of the items in it."""
        tokens = sa.select(sa.func.unnest(ENTRY.c.tokens)).distinct()
        return sorted(token[5:] for token in session().scalars(tokens) if token.startswith("kind="))

    def refresh(self) -> None:
        """Nothing to do: what is committed is visible."""

    def status(self) -> Status:
        """How many rows there are, up to which change, made with which dictionary."""
        try:
            with session().begin_nested():
                count = session().scalar(sa.select(sa.func.count()).select_from(ENTRY)) or 0
                about = self._about()
        except sa.exc.DBAPIError as error:
            return Status(problem=str(error.orig or error).strip().splitlines()[0])
        made_with = about.get("analysis")
        problem = "" if made_with == analysis.fingerprint() else "it was made with another dictionary"
        return Status(count, 1, int(about.get("position", 0)), problem if made_with else "there is no index yet")

    def read(self, changes: Sequence[Change]) -> None:
        """Bring the items of a batch of changes up to date, in one transaction."""
        if self.status().problem:
            self.rebuild()
        self._replace(sorted({change.content_id for change in changes if change.verb != "draft"}), changes[-1:])

    def restart(self) -> None:
        """Begin again with empty tables."""
        with writing():
            session().execute(sa.delete(ENTRY))
            self._tell(position="0", analysis=analysis.fingerprint())
            session().commit()

    def tidy(self) -> int:
        """Compare the rows with what is published, mend the difference, forget words that nothing has."""
        if self.status().problem:
            return self.rebuild()
        published = {number for ids in self._published() for number in ids}
        indexed = set(session().scalars(sa.select(ENTRY.c.content_id)))
        wrong = sorted(published ^ indexed)
        for start in range(0, len(wrong), CHUNK):
            self._replace(wrong[start : start + CHUNK])
        self._forget_words()
        return len(indexed - published) + len(set(self._indexed(wrong)) - indexed)

    def rebuild(self, progress: Progress = lambda done: None) -> int:
        """Write every row anew, some hundred at a time; nobody waits and nothing is missing meanwhile."""
        done, seen = 0, set()
        for ids in self._published():
            self._replace(ids)
            seen |= set(ids)
            done += len(ids)
            progress(done)
        gone = sorted(set(session().scalars(sa.select(ENTRY.c.content_id))) - seen)
        self._replace(gone)
        with writing():
            self._tell(analysis=analysis.fingerprint())
            session().commit()
        self._forget_words()
        return session().scalar(sa.select(sa.func.count()).select_from(ENTRY)) or 0

    # -- inside -----------------------------------------------------------------------------------------------------

    def _indexed(self, ids: Sequence[int]) -> Iterable[int]:
        return session().scalars(sa.select(ENTRY.c.content_id).where(ENTRY.c.content_id.in_(ids)))

    def _replace(self, ids: Sequence[int], changes: Sequence[Change] = ()) -> None:
        rows = [_row(entry(document)) for document in self._load(ids).values()] if ids else []
        with writing():
            session().rollback()
            session().execute(sa.delete(ENTRY).where(ENTRY.c.content_id.in_(list(ids))))
            if rows:
                session().execute(sa.insert(ENTRY), [row for row, _ in rows])
                self._learn({lemma for _, lemmas in rows for lemma in lemmas})
            if changes:
                self._tell(position=str(changes[-1].id))
            session().commit()

    def _learn(self, lemmas: set[str]) -> None:
        ordered = sorted(lemmas)  # in one order, so that two writers never wait for each other crosswise
        for start in range(0, len(ordered), 2000):
            values = [_word(word) for word in ordered[start : start + 2000]]
            session().execute(pg.insert(WORD).on_conflict_do_nothing(), values)

    def _forget_words(self) -> None:
        with writing():
            session().rollback()
            session().execute(
                sa.text(
                    "DELETE FROM search_word WHERE word NOT IN (SELECT word FROM ts_stat('SELECT vector FROM search_entry'))"
                )
            )
            session().commit()

    def _about(self) -> dict[str, str]:
        return {row.name: row.value for row in session().execute(sa.select(ABOUT.c.name, ABOUT.c.value))}

    def _tell(self, **facts: str) -> None:
        for name, value in facts.items():
            made = pg.insert(ABOUT).values(name=name, value=value)
            session().execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _word(word: str) -> dict[str, Any]:
    stem = analysis.stem(word)
    return {"word": word, "stem": stem, "sounds": list({spelling.sound(word), spelling.sound(stem)})}


def _row(made: Entry) -> tuple[dict[str, Any], set[str]]:
    """A row, and the lemmas in it. Positions only carry weights: they are counted up field by field."""
    positions: dict[str, list[str]] = {}
    at = 0
    for name in FIELDS:
        for lemma, times in made.counts[name].items():
            for _ in range(min(times, MOST_TIMES)):
                at = min(at + 1, LAST_POSITION)
                positions.setdefault(lemma, []).append(f"{at}{LETTERS[name]}")
    vector = " ".join(f"{lexeme(lemma)}:{','.join(where[:200])}" for lemma, where in positions.items())
    row = {
        "content_id": made.number, "level": made.level, "day": made.day, "whole": made.whole, "title_words": made.lengths[0],
        "tokens": list(made.tokens), "vector": vector, "heads": " ".join(map(lexeme, made.heads)),
        "words": made.words.encode("utf-8", "replace").decode(),
    }  # fmt: skip
    return row, set(positions)
