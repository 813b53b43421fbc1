"""Which documents match: sets of documents, term at a time, only those that the reader may see. No order, no counts.

A query is words that must all match (AND). A word matches an item when any of its lemmas stands in any field, or when
the phrase it belongs to names a concept and another name of that concept is in the item (widening). A quoted phrase is
looked for in the words of the documents that have all its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from hub.api import SearchQuery

from .entries import FIELDS
from .plan import OtherName, Plan, Widening, phrase_check
from .segments import Segment, Snapshot

Documents = set[int]
Found = dict[str, Documents]  # segment → documents


class Matching:
    """The documents of one snapshot, as one query's reader and conditions see them."""

    def __init__(self, snapshot: Snapshot, query: SearchQuery) -> None:
        self.snapshot, self.query = snapshot, query
        self._containing: dict[tuple[str, str], Documents] = {}

    @property
    def segments(self) -> tuple[tuple[Segment, frozenset[int]], ...]:
        return self.snapshot.segments

    # -- by words ---------------------------------------------------------------------------------------------------

    def find(self, plan: Plan, widenings: Sequence[Widening] = ()) -> Found:
        """Visible documents that have every word and phrase (or enough words, where the plan says how many)."""
        if plan.least:
            return self.some(plan, plan.least)
        found = {}
        for segment, gone in self.segments:
            documents = self._visible(segment, gone, self._all_words(segment, plan, widenings))
            for first, last in plan.phrases if documents else ():
                said = phrase_check(plan, first, last)
                documents = {d for d in documents if said(self.snapshot.words(segment, d))}
            found[segment.name] = documents
        return found

    def some(self, plan: Plan, least: int) -> Found:
        """Visible documents that have at least so many of the words."""
        found = {}
        for segment, gone in self.segments:
            times: Counter[int] = Counter()
            for lemmas in plan.telling:
                times.update(self.with_any(segment, lemmas))
            enough = {document for document, count in times.items() if count >= least}
            found[segment.name] = self._visible(segment, gone, enough)
        return found

    def count(self, lemmas: Sequence[str]) -> int:
        """How many visible documents have one of the lemmas."""
        return sum(len(self._visible(s, gone, self.with_any(s, lemmas))) for s, gone in self.segments)

    def one_with(self, lemma: str) -> str:
        """The words of a visible document that has a lemma, its title first; "" where there is none."""
        for segment, gone in self.segments:
            for document in sorted(self._visible(segment, gone, self.with_(lemma, segment)))[:1]:
                return self.snapshot.words(segment, document)
        return ""

    def pinned(self, numbers: Iterable[int]) -> Found:
        """Those of the content ids that are there and visible."""
        return {
            s.name: self._visible(s, gone, {s.where[number] for number in numbers if number in s.where})
            for s, gone in self.segments
        }

    def _all_words(self, segment: Segment, plan: Plan, widenings: Sequence[Widening]) -> Documents:
        """Documents in which every word is met, by itself or by a widening of a phrase it belongs to."""
        met_by_phrase = [(w, self._met_by_any(segment, w)) for w in widenings]
        found: Documents | None = None
        for n, lemmas in enumerate(plan.words):
            if not lemmas:
                continue
            met = self.with_any(segment, lemmas)
            wider = [documents for w, documents in met_by_phrase if w.first <= n <= w.last]
            if wider:
                met = met.union(*wider)
            found = met if found is None else found & met
            if not found:
                return set()
        return found or set()

    def _met_by_any(self, segment: Segment, widening: Widening) -> Documents:
        found = self.by_topic(widening, segment)
        return found.union(*(self.met_by(other, segment) for other in widening.others))

    def met_by(self, other: OtherName, segment: Segment) -> Documents:
        """Documents that have every word of another name."""
        parts = [self.with_any(segment, lemmas) for lemmas in other.words]
        return set.intersection(*parts) if parts else set()

    def by_topic(self, widening: Widening, segment: Segment) -> Documents:
        """Documents of a topic whose slug is one of the names ("urban gardening" → urban-gardening)."""
        return set().union(*(segment.having.get(f"topic={other.slug}", ()) for other in widening.others))

    def with_any(self, segment: Segment, lemmas: Sequence[str]) -> Documents:
        parts = [self.with_(lemma, segment) for lemma in lemmas]
        return parts[0] if len(parts) == 1 else set().union(*parts)

    def with_(self, lemma: str, segment: Segment) -> Documents:
        key = (segment.name, lemma)
        if key not in self._containing:
            lists = [self.snapshot.postings(segment, name, lemma)[0] for name in FIELDS]
            self._containing[key] = set().union(*lists)
        return self._containing[key]

    # -- by what this reader may see and asked for ------------------------------------------------------------------

    @cached_property
    def filters(self) -> dict[str, frozenset[str]]:
        """Facet name → tokens, of which an item needs one; across names all must hold."""
        wanted = {name: facet_tokens(name, values) for name, values in self.query.filters.items() if values}
        if self.query.kinds:
            own = facet_tokens("kind", self.query.kinds)
            wanted["kind"] = own & wanted["kind"] if "kind" in wanted else own
        return wanted

    def _visible(self, segment: Segment, deleted: frozenset[int], documents: Documents) -> Documents:
        """Those of the documents that are still there and open to the reader's level."""
        kept = documents - deleted if deleted else documents
        return kept - segment.above[max(0, self.query.level)] if self.query.level < 2 else kept

    def filtered(self, documents: Mapping[str, Documents], but: str = "") -> Found:
        """Those of the documents that lie within what was asked for and pass every filter (but one)."""
        found, within = {}, self.query.within
        for segment, _ in self.segments:
            kept = documents[segment.name]
            if within is not None:
                kept = {d for d in kept if segment.numbers[d] in within}
            for name, tokens in self.filters.items():
                if name != but and not (name == "kind" and segment.kinds <= tokens):
                    kept = set().union(*(kept.intersection(segment.having.get(token, ())) for token in tokens))
            found[segment.name] = kept
        return found


def facet_tokens(name: str, values: Iterable[str]) -> frozenset[str]:
    """The stored tokens of a filter; under `place` two capital letters are a country."""
    return frozenset(
        _clean(f"country={v}" if name == "place" and len(v) == 2 and v.isalpha() and v.isupper() else f"{name}={v}")
        for v in values
    )


def _clean(token: str) -> str:
    """Without what no stored token has and databases refuse."""
    return token.replace("\0", "").encode("utf-8", "ignore").decode()
