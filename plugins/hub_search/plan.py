"""A query taken apart: its words, their lemmas, its quoted phrases, and the concepts it names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from . import analysis

if TYPE_CHECKING:
    from hub.api import SearchQuery

MAX_TEXT, MAX_TERMS, MAX_PHRASES, MAX_OTHER_NAMES = 4000, 120, 8, 60
_QUOTED = re.compile(r"[\"«“„]([^\"«»“”„]+)[\"»”“]")


@dataclass
class OtherName:
    """Another name of a concept: the lemmas of each of its words, or (slug) the topic itself."""

    text: str
    words: tuple[tuple[str, ...], ...]
    slug: str


@dataclass
class Widening:
    """A phrase of the query that names a concept: words first..last may be met by any of the other names."""

    phrase: str
    first: int
    last: int
    others: list[OtherName]


@dataclass
class Plan:
    """A query taken apart: for each word the lemmas that meet it, the phrases (first and last word), the widenings.

    loose: phrases are met by any forms of their words. least: so many words are enough (0: all of them).
    """

    forms: list[str]
    words: list[tuple[str, ...]]
    phrases: list[tuple[int, int]] = field(default_factory=list)
    widenings: list[Widening] = field(default_factory=list)
    loose: bool = False
    least: int = 0

    @property
    def telling(self) -> list[tuple[str, ...]]:
        """The words that count, each as its lemmas."""
        return [lemmas for lemmas in self.words if lemmas]


Completed = Mapping[str, tuple[str, ...]]  # an unfinished word → the lemmas that complete it


def plan(query: SearchQuery, completed: Completed | None = None) -> Plan:
    """Take a query apart. Stop words are left out unless nothing else is there."""
    forms, phrases = _spoken(query.text[:MAX_TEXT])
    found = Plan(forms, [(completed or {}).get(form) or analysis.lemmas(form) for form in forms], phrases)
    if not query.literal:
        quoted = {n for first, last in phrases for n in range(first, last + 1)}
        found.widenings = [
            w for w in _widenings(forms, query.concepts) if quoted.isdisjoint(range(w.first, w.last + 1))
        ]
    telling = {n for n, form in enumerate(forms) if not analysis.is_stop_word(form)}
    for n in range(len(forms)):
        if telling and n not in telling:
            found.words[n] = ()
    return found


def phrase_check(plan: Plan, first: int, last: int) -> Callable[[str], bool]:
    """A check of an item's words for a phrase: exactly as typed, or (loose) in any forms of its words."""
    if not plan.loose:
        phrase = f" {' '.join(plan.forms[first : last + 1])} "
        return lambda words: phrase in words
    wanted = [set(analysis.lemmas(form)) for form in plan.forms[first : last + 1]]

    def check(words: str) -> bool:
        for part in words.split("\n"):
            said = [analysis.lemmas(form) for form in part.split()]
            for start in range(len(said) - len(wanted) + 1):
                if all(not want.isdisjoint(said[start + n]) for n, want in enumerate(wanted)):
                    return True
        return False

    return check


def _spoken(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of a text, and where its quoted phrases of two or more of them stand."""
    forms: list[str] = []
    phrases: list[tuple[int, int]] = []
    at = 0
    for quoted in _QUOTED.finditer(text):
        forms += analysis.forms(text[at : quoted.start()])
        said = analysis.forms(quoted[1])
        if 1 < len(said) <= MAX_TERMS - len(forms) and len(phrases) < MAX_PHRASES:
            phrases.append((len(forms), len(forms) + len(said) - 1))
        forms += said
        at = quoted.end()
    return (forms + analysis.forms(text[at:]))[:MAX_TERMS], phrases


def _widenings(forms: Sequence[str], concepts: tuple[tuple[str, ...], ...]) -> Iterator[Widening]:
    """Where the query names a concept, in any form of its words: the concept's other names (the longest phrase wins)."""
    spoken = [set(analysis.lemmas(form)) for form in forms]
    for names, keys in zip(concepts, _keys(concepts), strict=True):
        for name, key in keys:
            start = _where(key, spoken)
            if start is not None:
                last = start + len(key) - 1
                others = [_other_name(other) for other in (*(n for n in names if n != name), name)]
                phrase = " ".join(forms[start : last + 1])
                yield Widening(phrase, start, last, [other for other in others if other.words][:MAX_OTHER_NAMES])
                break


def _where(key: tuple[frozenset[str], ...], spoken: Sequence[set[str]]) -> int | None:
    for start in range(len(spoken) - len(key) + 1 if key else 0):
        if all(key[n] & spoken[start + n] for n in range(len(key))):
            return start
    return None


@lru_cache(maxsize=4)
def _keys(concepts: tuple[tuple[str, ...], ...]) -> list[list[tuple[str, tuple[frozenset[str], ...]]]]:
    """Each concept's names with the lemmas of their words, longest first; made once per state of the topics."""
    return [
        [
            (name, tuple(frozenset(analysis.lemmas(form)) for form in analysis.forms(name[:1000])))
            for name in sorted(names, key=lambda n: -len(n.split()))
        ]
        for names in concepts
    ]


@lru_cache(maxsize=4000)
def _other_name(name: str) -> OtherName:
    forms = analysis.forms(name[:100])
    words = [analysis.lemmas(form) for form in forms if not analysis.is_stop_word(form)]
    return OtherName(name, tuple(words), "-".join(forms))
