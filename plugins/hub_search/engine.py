"""Questions to the index: what was found, what was changed to find it, counts by facet. Knows no Flask, no Whoosh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from hub.api import Hit, SearchPage, SearchQuery

from . import analysis, ladder
from .matching import Found, Matching
from .plan import Plan, plan
from .ranking import Ranked, Ranking
from .segments import Segment, Snapshot


class Search:
    """One query against one snapshot.

    pins: content ids that come first. fill: where fewer items have all words, rank those with them that have some.
    """

    def __init__(self, snapshot: Snapshot, query: SearchQuery, pins: tuple[int, ...] = (), fill: int = 0) -> None:
        self.snapshot, self.query, self.pins, self.fill = snapshot, query, pins, fill
        self.matching = Matching(snapshot, query)
        self.plan = plan(query)
        self.changed: list[tuple[str, str, str]] = []
        self.found: Found = {}  # what the text finds
        self.kept: Found = {}  # … and passes the filters

    def run(self) -> SearchPage:
        """Answer the query. Raises index.Unreadable for a damaged index, nothing for any text."""
        if not self.plan.telling and not self.pins:
            return SearchPage((), 0, normalise=analysis.lemma)
        expanded = self._match()
        ranked = self._ranked()
        total = sum(map(len, self.kept.values()))
        searched = self._searched(expanded) if ranked else []
        return SearchPage(
            hits=tuple(Hit(n, round(score, 4), self._why(s, d)) for score, n, s, d in ranked), total=total,
            facets=self._facets(), expanded=expanded, words=tuple(searched), normalise=normaliser(frozenset(searched)),
            changed=tuple(self.changed), instead=self._instead(),
        )  # fmt: skip

    # -- matching ---------------------------------------------------------------------------------------------------

    def _match(self) -> dict[str, tuple[str, ...]]:
        """Fill `found` and `matches`; answers what was widened by what, where that brought something."""
        pinned = self.matching.pinned(self.pins)
        self.plan, self.changed = ladder.settle(self.query, self, found=any(pinned.values()))
        literal = self.matching.find(self.plan) if self.plan.telling else pinned
        self.found = {name: documents | pinned[name] for name, documents in literal.items()}
        self.kept = self.matching.filtered(self.found)
        return self._widen() if self.plan.widenings else {}

    def _widen(self) -> dict[str, tuple[str, ...]]:
        # kept even where it adds nothing under these filters: counts of other facet values must tell what a click gives
        wider = self.matching.find(self.plan, self.plan.widenings)
        self.found = {name: documents | self.found[name] for name, documents in wider.items()}
        wide = self.matching.filtered(self.found)
        added = {name: documents - self.kept[name] for name, documents in wide.items()}
        self.kept = wide
        if not any(added.values()):
            self.plan.widenings = []
            return {}
        told = {}
        for widening in self.plan.widenings:
            others = [other for other in widening.others if other.text != widening.phrase]
            names = [o.text for o in others if self._meets(added, partial(self.matching.met_by, o))]
            if names or self._meets(added, partial(self.matching.by_topic, widening)):
                told[widening.phrase] = tuple(names or (o.text for o in others))
        return told

    def _meets(self, documents: Mapping[str, set[int]], find: Callable[[Segment], set[int]]) -> bool:
        segments = self.matching.segments
        return any(documents[s.name] and not documents[s.name].isdisjoint(find(s)) for s, _ in segments)

    # -- what the ladder asks ---------------------------------------------------------------------------------------

    def matches(self, plan: Plan) -> int:
        return sum(map(len, self.matching.find(plan, plan.widenings).values())) if plan.telling else 0

    def seen(self, lemmas: Sequence[str]) -> int:
        return self.matching.count(lemmas)

    def prefixed(self, prefix: str) -> list[str]:
        return sorted(self.snapshot.lexicon().prefixed(prefix), key=lambda word: (len(word), word))

    def near(self, form: str, slips: int) -> dict[str, int]:
        return self.snapshot.lexicon().near(form, slips)

    def sounding(self, sounds: Iterable[str]) -> Iterable[str]:
        return self.snapshot.lexicon().sounding(sounds)

    def shown(self, lemma: str) -> str:
        if analysis.is_word(lemma):
            return lemma
        forms = self.matching.one_with(lemma).split()
        return next((form for form in forms if lemma in analysis.lemmas(form)), lemma)

    def _instead(self) -> tuple[str, ...]:
        """Other queries to offer where this one finds little or nothing."""
        if self.changed or self.query.literal or self.query.offset or self.pins:
            return ()
        return ladder.instead(self.query, self, sum(map(len, self.found.values())))

    # -- facets -----------------------------------------------------------------------------------------------------

    def _facets(self) -> dict[str, dict[str, int]]:
        """Counts over all matches; a filtered facet is counted without its own filter, so it stays selectable."""
        facets = _grouped(self._tallied(self.kept), ())
        for own, tokens in self.matching.filters.items():
            if own == "kind" and all(segment.kinds <= tokens for segment, _ in self.matching.segments):
                continue
            fields = ("country", "place") if own == "place" else (own,)
            facets.update({name: {} for name in fields})
            facets.update(_grouped(self._tallied(self.matching.filtered(self.found, but=own)), fields))
        return facets

    def _tallied(self, documents: Mapping[str, set[int]]) -> Counter[str]:
        tokens = (map(segment.tokens.__getitem__, documents[segment.name]) for segment, _ in self.matching.segments)
        return Counter(chain.from_iterable(chain.from_iterable(tokens)))

    # -- what to show and tell --------------------------------------------------------------------------------------

    def _ranked(self) -> Ranked:
        ranking = Ranking(self.matching, self.plan, self.pins)
        ranked = ranking.page(self.kept, self.query.offset, self.query.limit)
        return ranked if len(ranked) >= self.fill else self._filled(ranking)

    def _filled(self, ranking: Ranking) -> Ranked:
        """For measuring: items that have some of the words are not left out but ranked with the others."""
        if not any(self.found.values()):
            self.plan = ranking.plan = plan(replace(self.query, text=ladder.partly(self.query.text, self)))
        some = self.matching.filtered(self.matching.some(self.plan, 1))
        return ranking.page({name: some[name] | self.kept[name] for name in some}, 0, self.fill)

    def _why(self, segment: Segment, document: int) -> str:
        """Where the words of the query stand: "title", "text", else "topic" (a name, or the concept)."""
        lemmas = [lemma for word in self.plan.words for lemma in word]
        for name, reason in (("title", "title"), ("summary", "text"), ("body", "text")):
            if any(self.snapshot.stands_in(segment, name, lemma, document) for lemma in lemmas):
                return reason
        return "topic"

    def _searched(self, expanded: Mapping[str, Sequence[str]]) -> list[str]:
        """The lemmas to be highlighted: those of the query and of the names that widened it."""
        found = [lemma for word in self.plan.words for lemma in word]
        for widening in self.plan.widenings:
            names = expanded.get(widening.phrase, ())
            found += [x for other in widening.others if other.text in names for word in other.words for x in word]
        return list(dict.fromkeys(found))


def search(snapshot: Snapshot, query: SearchQuery, pins: tuple[int, ...] = (), fill: int = 0) -> SearchPage:
    """Answer a query from a snapshot of the index; any text is a fine query."""
    return Search(snapshot, query, pins, fill).run()


class _Normal(dict[str, str]):
    """Form → lemma, each looked up once per answer."""

    def __init__(self, searched: frozenset[str]) -> None:
        super().__init__()
        self.searched = searched

    def __missing__(self, form: str) -> str:
        known = analysis.lemmas(form)
        found = self[form] = next((lemma for lemma in known if lemma in self.searched), known[0])
        return found


def normaliser(searched: frozenset[str]) -> Callable[[str], str]:
    """Form → lemma for the highlighter; of two lemmas of an ambiguous form the one that was searched."""
    return _Normal(searched).__getitem__


def _grouped(tally: Counter[str], only: Sequence[str]) -> dict[str, dict[str, int]]:
    """Tokens as name → value → count, the largest first; `only`: names, or empty for all."""
    found: dict[str, dict[str, int]] = {}
    for token, count in sorted(tally.items(), key=lambda pair: (-pair[1], pair[0])):
        name, _, value = token.partition("=")
        if not only or name in only:
            found.setdefault(name, {})[value] = count
    return found
