"""The index: one SQLite file with an FTS5 table of word stems. Knows no Flask and no database of the hub."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import Stemmer
from hub.api import Hit, SearchDocument, SearchPage, SearchQuery, fold

SCHEMA = """
CREATE TABLE IF NOT EXISTS doc (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, level INTEGER, facets TEXT);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (title, summary, body, names);
"""
Row = tuple[int, float, str, dict[str, list[str]]]  # id, score (less is better), kind, facets
WEIGHTS = "4.0, 1.5, 1.0, 2.0"  # of the four columns


def stem(word: str) -> str:
    """A word form in the form that all forms share; what is written in Cyrillic is taken for Russian."""
    word = fold(word)
    return str(Stemmer.Stemmer("russian" if re.search("[а-я]", word) else "english").stemWord(word))


def stems(text: str) -> list[str]:
    """The stems of all words of a text."""
    return [stem(word) for word in re.findall(r"\w+", text)]


class Index:
    """An index in a file, made when it is not there. Writing waits its turn; reading goes on meanwhile."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=30)) as db, db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(SCHEMA)
            yield db

    def write(self, documents: Mapping[int, SearchDocument], gone: Iterable[int] = (), *, clear: bool = False) -> None:
        """Put documents in, in place of what they were; take out what is gone; clear: everything else goes."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            for table, key in (("doc", "id"), ("words", "rowid")):
                if clear:
                    db.execute(f"DELETE FROM {table}")
                else:
                    db.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(n,) for n in {*documents, *gone}])
            for number, document in documents.items():
                facets = {name: list(values) for name, values in document.facets.items()}
                row = (number, document.kind, document.level, json.dumps(facets))
                db.execute("INSERT INTO doc VALUES (?, ?, ?, ?)", row)
                columns = [*zip(*document.texts.values(), strict=True), document.names]
                cells = [" ".join(stems("\n".join(texts))) for texts in columns]
                db.execute(
                    "INSERT INTO words (rowid, title, summary, body, names) VALUES (?, ?, ?, ?, ?)", (number, *cells)
                )

    def count(self) -> int:
        """How many items can be found."""
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM doc").fetchone()[0])

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer a query: every word must be there, in any form, or another name of the topic that it names."""
        words = re.findall(r"\w+", query.text)
        if not words:
            return SearchPage((), 0, normalise=stem)
        names = {word: other_names(word, () if query.literal else query.concepts) for word in words}
        match = " AND ".join("(" + " OR ".join(_phrase(name) for name in (word, *names[word])) + ")" for word in words)
        found = self._matching(match, query)
        kept = [row for row in found if _fits(row[3], query.filters)]
        page = kept[query.offset : query.offset + query.limit]
        return SearchPage(
            hits=tuple(Hit(number, -score) for number, score, _, _ in page),
            total=len(kept),
            facets=_counts(found, kept, query.filters),
            expanded={word: others for word, others in names.items() if others},
            words=tuple(s for word in words for name in (word, *names[word]) for s in stems(name)),
            normalise=stem,
        )

    def _matching(self, match: str, query: SearchQuery) -> list[Row]:
        marks = ", ".join("?" * len(query.kinds))
        kinds = f"AND doc.kind IN ({marks})" if query.kinds else ""
        statement = (
            f"SELECT doc.id, bm25(words, {WEIGHTS}) AS score, doc.kind, doc.facets "
            "FROM words JOIN doc ON doc.id = words.rowid "
            f"WHERE words MATCH ? AND doc.level <= ? {kinds} ORDER BY score, doc.id"
        )
        with self._open() as db:
            rows = db.execute(statement, (match, query.level, *query.kinds)).fetchall()
        return [(number, score, kind, json.loads(facets)) for number, score, kind, facets in rows]


def other_names(word: str, concepts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The other names, in every language, of the topics that this word names."""
    own, found = [stem(word)], dict[str, None]()
    for concept in concepts:
        if any(stems(name) == own for name in concept):
            found |= dict.fromkeys(name for name in concept if stems(name) not in ([], own))
    return tuple(found)


def _phrase(name: str) -> str:
    return '"' + " ".join(stems(name)) + '"'  # stems are letters and digits: nothing in them can end the quotation


def _fits(facets: dict[str, list[str]], filters: Mapping[str, tuple[str, ...]], but: str = "") -> bool:
    """Whether an item passes every filter: one of its values, or several, where several are chosen of one facet."""
    for name, wanted in filters.items():
        own = {*facets.get(name, ()), *(facets.get("country", ()) if name == "place" else ())}
        if name != but and not own & set(wanted):
            return False
    return True


def _counts(found: list[Row], kept: list[Row], filters: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, int]]:
    """How many items each value of each facet has; a facet that is narrowed by is counted without its own filter."""
    counts: dict[str, Counter[str]] = {}
    names = {name for *_, facets in found for name in facets}
    for name in sorted(names, key=lambda name: (name != "kind", name)):  # a list of one kind shows its own "kind" last
        own = "place" if name == "country" else name
        rows = [row for row in found if _fits(row[3], filters, but=own)] if own in filters else kept
        counts[name] = Counter(value for *_, facets in rows for value in facets.get(name, ()))
    return {name: dict(values.most_common()) for name, values in counts.items()}
