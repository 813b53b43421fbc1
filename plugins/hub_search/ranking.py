"""In which order: BM25F over the documents that matched, with gentle advantages. Computed as Whoosh does (see tests)."""

from __future__ import annotations

import datetime as dt
import heapq
import math
from array import array
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from .entries import EPOCH, FIELDS
from .matching import Documents, Found, Matching
from .plan import Plan, Widening
from .segments import Segment

# BM25F: what a word in each field weighs, and how much the field's length matters (B)
WEIGHTS = {"title": 4.0, "summary": 1.5, "names": 2.5, "body": 1.0}
LENGTH_MATTERS = {"title": 0.4, "summary": 0.5, "names": 0.1, "body": 0.6}
SATURATION = 1.2
WIDENED = 0.3  # what a match by another name of the concept is worth beside a match by the word itself
OWN_LANGUAGE = 1.15  # items with a text in the reader's language come gently first
FRESH, HALF_LIFE = 0.06, 730  # what was changed today gains so much, and half as much after so many days
WHOLE = 0.06  # what a complete item gains
PINNED = 1e6
TOGETHER, LOOKED_AT = 0.4, 30  # what words gain that stand side by side as typed; how many of the best are looked at

Ranked = list[tuple[float, int, Segment, int]]


class Ranking:
    """Scores of one plan's matches."""

    def __init__(self, matching: Matching, plan: Plan, pins: tuple[int, ...] = ()) -> None:
        self.matching, self.plan = matching, plan
        self.snapshot, self.query = matching.snapshot, matching.query
        self.pins = {number: PINNED * (len(pins) - n) for n, number in enumerate(pins)}
        self._rarity: dict[str, float] = {}

    def page(self, matches: Found, offset: int, limit: int) -> Ranked:
        """The asked page of (score, content id, segment, document); equal scores newest first."""
        start, end = max(0, offset), max(0, offset) + max(0, limit)
        reach = max(end, LOOKED_AT) if end else 0
        best: list[tuple[float, int, Segment]] = []
        for segment, _ in self.matching.segments:
            matched = matches[segment.name]
            if matched and reach:
                scores = self._gentle(segment, self._scores(segment, matched))
                pairs = zip(scores.values(), map(segment.numbers.__getitem__, scores), strict=True)
                best += [(score, number, segment) for score, number in heapq.nlargest(reach, pairs)]
        # content ids differ, so segments are never compared
        page = heapq.nlargest(reach, best)
        ranked = [(score, number, segment, segment.where[number]) for score, number, segment in page]
        return [*self._together(ranked[:LOOKED_AT]), *ranked[LOOKED_AT:]][start:end]

    def _together(self, ranked: Ranked) -> Ranked:
        """The best ones with those first in which neighbours of the query are neighbours too."""
        forms = self.plan.forms
        pairs = (
            [f" {one} {other} " for one, other in pairwise(forms)] if len(self.plan.telling) > 1 and TOGETHER else []
        )
        if not pairs or len(ranked) < 2:
            return ranked
        nearer = []
        for score, number, segment, document in ranked:
            words = self.snapshot.words(segment, document)
            share = sum(pair in words for pair in pairs) / len(pairs)
            nearer.append((score * (1 + TOGETHER * share), number, segment, document))
        return sorted(nearer, key=lambda hit: hit[:2], reverse=True)

    def _gentle(self, segment: Segment, scores: dict[int, float]) -> dict[int, float]:
        """Scores with the advantages of own language, freshness and completeness, and of what is pinned."""
        lift = _lift(segment)
        scores = {document: score * lift[document] for document, score in scores.items()}
        for document in scores.keys() & segment.speaking(self.query.language):
            scores[document] *= OWN_LANGUAGE
        for number, score in self.pins.items():
            if segment.where.get(number) in scores:
                scores[segment.where[number]] = score
        return scores

    def _scores(self, segment: Segment, matched: Documents) -> dict[int, float]:
        total: dict[int, float] = {}
        widened = [(w, self._widened_scores(segment, w, matched)) for w in self.plan.widenings]
        for n, lemmas in enumerate(self.plan.words):
            if not lemmas:
                continue
            best = self._word_scores(segment, lemmas, matched)
            for widening, scores in widened:
                if widening.first <= n <= widening.last:
                    best = _best(best, scores.copy())
            if not total:
                total = best
                continue
            for document, score in best.items():
                total[document] = total.get(document, 0.0) + score
        return total if len(total) == len(matched) else dict.fromkeys(matched, 0.0) | total

    def _widened_scores(self, segment: Segment, widening: Widening, matched: Documents) -> dict[int, float]:
        best = dict.fromkeys(matched & self.matching.by_topic(widening, segment), WIDENED)
        for other in widening.others:
            documents = matched & self.matching.met_by(other, segment)
            if documents:
                sums: Counter[int] = Counter()
                for lemmas in other.words:
                    sums.update(self._word_scores(segment, lemmas, documents))
                best = _best(best, {d: WIDENED * score / len(other.words) for d, score in sums.items()})
        return best

    def _word_scores(self, segment: Segment, lemmas: Iterable[str], documents: Documents) -> dict[int, float]:
        """A word's score per document: that of its best lemma."""
        best: dict[int, float] = {}
        for lemma in lemmas:
            times: dict[int, float] = {}
            for name in FIELDS:
                times = self._add_field(segment, name, lemma, documents, times)
            rare = self._rare(lemma) * (SATURATION + 1)
            best = _best(best, {document: rare * n / (n + SATURATION) for document, n in times.items()})
        return best

    def _add_field(
        self, segment: Segment, name: str, lemma: str, documents: Documents, times: dict[int, float]
    ) -> dict[int, float]:
        """How often, by weight of field and length, with one more field added."""
        numbers, here = self.snapshot.postings(segment, name, lemma)
        if not numbers:
            return times
        weight, share = WEIGHTS[name], LENGTH_MATTERS[name]
        base, slope = 1 - share, share / (self.snapshot.average[name] or 1.0)
        lengths = segment.lengths[name]
        found = {
            document: weight * n / (base + slope * lengths[document])
            for document, n in zip(numbers, here, strict=True)
            if document in documents
        }
        if not times:
            return found
        more, less = (found, times) if len(found) > len(times) else (times, found)
        for document, n in less.items():
            more[document] = more.get(document, 0.0) + n
        return more

    def _rare(self, lemma: str) -> float:
        """Inverse document frequency over all fields, by Whoosh's formula."""
        if lemma not in self._rarity:
            having = sum(len(self.matching.with_(lemma, s)) for s, _ in self.matching.segments)
            self._rarity[lemma] = math.log(max(1, self.snapshot.all_documents) / (having + 1)) + 1
        return self._rarity[lemma]


def _lift(segment: Segment) -> array[float]:
    """Each document's factor for freshness and completeness, made anew once a month."""
    month = (dt.date.today() - EPOCH).days // 30
    if segment.lift is None or segment.lift[0] != month:
        values = array("f")
        for day, whole in zip(segment.days, segment.whole, strict=True):
            fresh = 0.5 ** (max(0, month * 30 - day) / HALF_LIFE) if day else 0.0
            values.append(1 + FRESH * fresh + WHOLE * whole / 100)
        segment.lift = (month, values)
    return segment.lift[1]


def _best(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
    """The larger score of each document."""
    if not one or not other:
        return one or other
    for document, score in other.items():
        if score > one.get(document, 0.0):
            one[document] = score
    return one
