"""What readers of the index hold: segments, their postings and words, as of one commit. With index.py the only file
that knows Whoosh.

Whoosh stores postings (lemma → items, how often), one line of facts and the words of each item; evaluation is ours
(`matching.py`, `ranking.py`), term at a time over whole posting lists, because Whoosh's own matcher tree costs
microseconds per posting (research/performance.md A.7). A *Snapshot* never changes and needs no lock, and everything it
may need later is opened at once, since a writer in another process deletes the files of merged segments.
"""

from __future__ import annotations

import errno
import re
import sys
import threading
import weakref
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from whoosh import writing
from whoosh.reading import TermNotFound

from .entries import FIELDS, unpacked
from .lexicon import Lexicon

CACHED_POSTINGS = 4_000_000  # 8 bytes each: the posting cache of one process stays below about 32 MB
# a full disk, a missing right or too many open files are no damage: rebuilding would not help
NO_DAMAGE = {
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
}  # fmt: skip


class Unreadable(Exception):
    """The index is missing or damaged and has to be rebuilt."""


class Busy(Exception):
    """Another process is writing the index and did not finish in time; the next run will do the work."""


@contextmanager
def damage_is_told() -> Iterator[None]:
    """Whatever a damaged file makes Whoosh raise (and it may be anything) becomes Unreadable."""
    try:
        yield
    except (Unreadable, Busy, MemoryError):
        raise
    except OSError as error:
        if error.errno in NO_DAMAGE:
            raise
        raise Unreadable(f"{type(error).__name__}: {error.strerror}") from error
    except writing.LockError:
        raise Busy("another process writes the index") from None
    except Exception as error:
        raise Unreadable(re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200]) from error


@dataclass
class Segment:
    """One immutable part of the index; its documents are numbered from 0. Deletions stand in the snapshot."""

    name: str
    reader: Any
    numbers: array[int]  # document → content id
    where: dict[int, int]  # content id → document
    above: tuple[frozenset[int], frozenset[int]]  # documents closed to visitors, and closed to members
    days: array[int]  # document → when it was changed, in days since 2000
    whole: array[int]  # document → how complete it is, in per cent
    lengths: dict[str, array[int]]
    tokens: list[tuple[str, ...]]  # document → its `name=value` facts
    having: dict[str, array[int]]  # fact → documents
    kinds: frozenset[str]  # all `kind=…` facts in it
    texts: Any  # document → its words, packed
    lift: tuple[int, array[float]] | None = None  # kept by ranking.py
    spoken: dict[str, frozenset[int]] = field(default_factory=dict)

    def speaking(self, language: str) -> frozenset[int]:
        """Documents with a text in a language, as a set that is made once."""
        if language not in self.spoken and f"lang={language}" in self.having:
            self.spoken[language] = frozenset(self.having[f"lang={language}"])
        return self.spoken.get(language, frozenset())


Postings = tuple[array, array]  # documents (ascending) and how often the lemma stands there
_NOTHING: Postings = (array("I"), array("f"))


class Memory:
    """Decoded postings, least recently used out first; shared by all snapshots of one process."""

    def __init__(self, limit: int = CACHED_POSTINGS) -> None:
        self._kept: OrderedDict[tuple[str, str, str], Postings] = OrderedDict()
        self._size, self._limit = 0, limit
        self.lexicons = {"lemmas": Lexicon(), "heads": Lexicon()}
        self._read: set[tuple[str, str]] = set()
        self._lock = threading.Lock()  # also guards Whoosh's files, which have one position each

    def postings(self, segment: Segment, name: str, lemma: str) -> Postings:
        """Documents and frequencies of a lemma in a field of a segment. Raises Unreadable for damaged files."""
        key = (segment.name, name, lemma)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
            found = self._kept[key] = _decode(segment.reader, name, lemma)
            self._size += len(found[0]) + 32
            while self._size > self._limit:
                _, old = self._kept.popitem(last=False)
                self._size -= len(old[0]) + 32
            return found

    def lexicon(self, segments: Iterable[Segment], name: str) -> Lexicon:
        """The lemmas of these segments and others of this process ("lemmas"), or the forms in their titles ("heads")."""
        for segment in segments:
            if (segment.name, name) not in self._read:
                words: set[str] = set()
                for part in FIELDS if name == "lemmas" else (name,):
                    terms = _terms(segment.reader, part)
                    while chunk := self._some(terms):
                        words.update(chunk)
                self.lexicons[name].add(words)
                self._read.add((segment.name, name))
        return self.lexicons[name]

    def _some(self, terms: Iterator[str]) -> list[str]:
        """The next two thousand; between them others may read."""
        with self._lock, damage_is_told():
            return list(islice(terms, 2000))

    def words(self, segment: Segment, document: int) -> str:
        """The folded words of a document."""
        with self._lock, damage_is_told():
            data = bytes(segment.texts[document])
        with damage_is_told():
            return unpacked(data)


@dataclass(frozen=True)
class Snapshot:
    """The index as of one commit: segments, each with the documents deleted from it."""

    generation: int
    segments: tuple[tuple[Segment, frozenset[int]], ...]
    memory: Memory
    average: Mapping[str, float]

    @property
    def all_documents(self) -> int:
        """Documents including deleted ones that still stand in the segments (what rarity is measured against)."""
        return sum(len(segment.numbers) for segment, _ in self.segments)

    def __len__(self) -> int:
        return sum(len(segment.numbers) - len(deleted) for segment, deleted in self.segments)

    def numbers(self) -> set[int]:
        """The content ids of everything in the index."""
        return {n for s, deleted in self.segments for d, n in enumerate(s.numbers) if d not in deleted}

    def postings(self, segment: Segment, name: str, lemma: str) -> Postings:
        return self.memory.postings(segment, name, lemma)

    def stands_in(self, segment: Segment, name: str, lemma: str, document: int) -> bool:
        """Whether a lemma stands in that field of one document."""
        documents = self.postings(segment, name, lemma)[0]
        at = bisect_left(documents, document)
        return at < len(documents) and documents[at] == document

    def words(self, segment: Segment, document: int) -> str:
        return self.memory.words(segment, document)

    def warm(self) -> None:
        """Read all words now, so that nobody's first slip waits for it."""
        with suppress(Unreadable, OSError, ValueError):
            self.lexicon("heads")
            self.lexicon().near("warm", 1)

    def lexicon(self, name: str = "lemmas") -> Lexicon:
        """The lemmas in it, or the forms in titles ("heads")."""
        return self.memory.lexicon((segment for segment, _ in self.segments), name)


def load(name: str, reader: Any) -> Segment:
    """Read a segment's facts into memory: about 15 µs and 0.5 kB per document, once per segment and process."""
    numbers, levels, days, whole, tokens = array("q"), array("B"), array("H"), array("B"), []
    lengths = {field_name: array("I") for field_name in FIELDS}
    having: dict[str, array[int]] = {}
    facts = reader.column_reader("facts", translate=False)
    for line in facts:
        head, *own = bytes(line).decode("utf-8").split("\n")
        number, level, day, share, *sizes = map(int, head.split())
        for token in own:
            having.setdefault(token, array("I")).append(len(numbers))
        numbers.append(number)
        levels.append(level)
        days.append(day)
        whole.append(share)
        for field_name, size in zip(FIELDS, sizes, strict=True):
            lengths[field_name].append(size)
        tokens.append(tuple(map(sys.intern, own)))
    if len(numbers) != reader.doc_count_all():
        raise Unreadable(f"segment {name} holds {len(numbers)} of {reader.doc_count_all()} documents")
    facts._dbfile.close()  # whoever only holds postings open needs two files a segment
    where = {number: document for document, number in enumerate(numbers)}
    closed = [frozenset(d for d, level in enumerate(levels) if level > reach) for reach in (0, 1)]
    kinds = frozenset(token for token in having if token.startswith("kind="))
    texts = reader.column_reader("words", translate=False)
    segment = Segment(
        name, reader, numbers, where, (closed[0], closed[1]), days, whole, lengths, tokens, having, kinds, texts
    )
    weakref.finalize(segment, _close, reader, texts)  # once no snapshot holds it any more
    return segment


def _close(reader: Any, texts: Any) -> None:
    reader._terms.close()
    texts._dbfile.close()


def _terms(reader: Any, name: str) -> Iterator[str]:
    """All terms of a field, straight from the dictionary (Whoosh's cursor costs ten times as much)."""
    for found, word in reader._terms.terms_from(name, b""):
        if found != name:
            return
        yield word.decode("utf-8")


def _decode(reader: Any, name: str, lemma: str) -> Postings:
    """A whole posting list, block by block. Uses the block buffers of whoosh3 3.54 (pinned); see tests."""
    with damage_is_told():
        try:
            matcher = reader._terms.matcher(name, lemma.encode("utf-8", "replace"), reader.schema[name].format)
        except (TermNotFound, KeyError):
            return _NOTHING
        documents, times = array("I"), array("f")
        while matcher.is_active():
            if hasattr(matcher, "_read_ids"):
                matcher._read_ids()
                matcher._read_weights()
                documents.extend(matcher._ids)
                times.extend(matcher._weights)
                matcher._next_block()
            else:  # a short list kept inside the dictionary
                documents.append(matcher.id())
                times.append(matcher.weight())
                matcher.next()
        return documents, times
