"""Writing postings term at a time: what Whoosh does posting by posting costs three times as much (measured).

The files are Whoosh's own (W3 codec), read by its reader; only how they come about is different. Uses the block buffers
of whoosh3 3.54 (pinned exactly).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from operator import sub
from typing import Any

from whoosh import fields, formats
from whoosh.codec.whoosh3 import W3PostingsWriter


class Times(formats.Frequency):
    """How often a term stands in a document is its weight; no value is kept beside it."""

    posting_size = 0


class Lemmas(fields.FieldType):
    """A field whose postings come ready (lemma → times): analysis happens before Whoosh, without its token objects."""

    def __init__(self) -> None:
        super().__init__(Times(), None, scorable=False)  # type: ignore[arg-type]


class Inverted:
    """Postings in memory by field and term. Stands where Whoosh's sorting pool stands; merging fills it by `add`."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, tuple[array[int], array[float]]]] = {}

    def put(self, name: str, document: int, counts: Mapping[str, int]) -> None:
        """The lemmas of one field of a document; documents come in ascending order."""
        terms = self._fields.setdefault(name, {})
        for lemma, times in counts.items():
            term = lemma.encode("utf-8", "replace")
            postings = terms.get(term)
            if postings is None:
                postings = terms[term] = (array("I"), array("f"))
            postings[0].append(document)
            postings[1].append(times)

    def add(self, posting: tuple[str, bytes, int, float, bytes]) -> None:
        name, term, document, weight, _ = posting
        documents, times = self._fields.setdefault(name, {}).setdefault(term, (array("I"), array("f")))
        documents.append(document)
        times.append(weight)

    def iter_postings(self) -> Inverted:
        return self

    def cleanup(self) -> None:
        self._fields.clear()

    def write(self, writer: Any, schema: Any) -> None:
        """All terms through Whoosh's field writer, whole blocks at a time."""
        for name, terms in sorted(self._fields.items()):
            writer.start_field(name, schema[name])
            post = writer._postwriter
            post.__class__ = _Blocks
            for term in sorted(terms):
                writer.start_term(term)
                post.put(*terms[term])
                writer.finish_term()
            writer.finish_field()


class _Blocks(W3PostingsWriter):
    """Blocks made from slices instead of single postings."""

    def put(self, documents: array[int], times: array[float]) -> None:
        size = self._blocklimit
        for start in range(0, len(documents), size):
            if start:
                self._write_block()
            self._ids, self._weights = documents[start : start + size], times[start : start + size]
            self._maxweight = max(self._weights)

    def _mini_ids(self) -> tuple[int, ...]:
        return tuple(map(sub, self._ids, [0, *self._ids[:-1]]))

    def _mini_weights(self) -> Any:
        first = self._weights[0]
        if self._weights.count(first) == len(self._weights):
            return None if first == 1.0 else first
        return tuple(self._weights)

    def _mini_values(self) -> None:
        return None


def take_over(writer: Any) -> Inverted:
    """Let a Whoosh writer that was just made collect its postings in an `Inverted`, which is answered."""
    pool = Inverted()
    writer.pool.cleanup()
    writer.pool = pool

    def add_postings(schema: Any, _lengths: Any, postings: Iterable[Any]) -> None:
        assert postings is pool
        pool.write(writer.fieldwriter, schema)

    writer.fieldwriter.add_postings = add_postings
    return pool
