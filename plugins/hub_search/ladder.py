"""What to try when nothing has the words as they were typed. Pure: engines answer the questions, nothing is hidden here.

Word by word, and only for words that no visible item has: unfinished → one slip → the other keyboard → the other
alphabet → two slips. Then, where every word is known but no item has them all, one word at a time. Every step is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from . import analysis, spelling
from .plan import MAX_TEXT, Plan, plan

if TYPE_CHECKING:
    from hub.api import SearchQuery

Changes = list[tuple[str, str, str]]  # how, typed, searched

QUOTES = "\"«»“”„'’"
MAX_WORDS = 12  # longer queries are sentences; their words are not mended
MAX_COMPLETIONS, TOLD = 40, 5
SENTENCE, MOST = 6, 0.4  # so many telling words are a sentence: that share of them is enough
FEW = 3  # so few items: perhaps another spelling was meant
LESS = 5  # did you mean: another spelling must have that many times the items


class Shelf(Protocol):
    """What the ladder asks an engine; every answer is about items that this reader may see."""

    def matches(self, plan: Plan) -> int:
        """How many items a plan finds, other names of concepts included."""

    def seen(self, lemmas: Sequence[str]) -> int:
        """How many items have one of these lemmas."""

    def prefixed(self, prefix: str) -> list[str]:
        """Known lemmas that begin so, the shortest first."""

    def near(self, form: str, slips: int) -> dict[str, int]:
        """Known lemmas within that many slips → how many."""

    def sounding(self, sounds: Iterable[str]) -> Iterable[str]:
        """Known lemmas with one of these sounds."""

    def shown(self, lemma: str) -> str:
        """A form of a lemma that people write."""


@dataclass
class Mended:
    """A query that finds something: its words, what was changed ((how, typed, searched)…), completed words."""

    text: str
    changes: Changes = field(default_factory=list)
    completed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def settle(query: SearchQuery, shelf: Shelf, *, found: bool = False) -> tuple[Plan, Changes]:
    """The plan that is followed for a query, and what was changed: nothing where it finds something as it is (found)."""
    asked = plan(query)
    if not asked.telling or query.literal or found or shelf.matches(asked):
        return asked, []
    if asked.phrases:
        loose = replace(asked, loose=True)
        if shelf.matches(loose):
            return loose, [("forms", " ".join(asked.forms[a : b + 1]), "") for a, b in asked.phrases]
    if mended := climb(query.text, shelf, query):
        return _only_seen(plan(replace(query, text=mended.text), mended.completed), mended, shelf)
    if len(asked.telling) >= SENTENCE and not asked.phrases:
        some = replace(asked, least=math.ceil(len(asked.telling) * MOST), widenings=[])
        if shelf.matches(some):
            return some, [("some", query.text, "")]
    return asked, []


def _only_seen(followed: Plan, mended: Mended, shelf: Shelf) -> tuple[Plan, Changes]:
    """Only completions that this reader's own results contain are told: others may stand in hidden items."""
    changes = mended.changes
    for n, form in enumerate(followed.forms):
        if form in mended.completed:
            words = followed.words
            met = [w for w in words[n] if shelf.matches(replace(followed, words=[*words[:n], (w,), *words[n + 1 :]]))]
            followed.words[n] = tuple(met)
            told = ", ".join(map(shelf.shown, met[:TOLD]))
            changes = [(how, was, told if how == "prefix" else now) for how, was, now in changes]
    return followed, changes


def climb(text: str, shelf: Shelf, query: SearchQuery) -> Mended | None:
    """The nearest query that finds something, or None."""
    chunks = text[:MAX_TEXT].split()
    if not 0 < len(chunks) <= MAX_WORDS:
        return None
    mender = _Mender(shelf)
    pieces = [mender.mend(chunk) for chunk in chunks]
    if None not in pieces:
        found = _joined([piece for piece in pieces if piece])
        if found.changes and _tells(found.text) and _finds(shelf, query, found):
            return found
        return next(iter(_one_at_a_time([p for p in pieces if p], mender, query)), None)
    return None


def _tells(text: str) -> bool:
    """Whether a mended query says anything: “d” on the other keyboard is «в», which half of all items have."""
    return any(
        not analysis.is_stop_word(form) and not all(map(analysis.is_stop_word, analysis.lemmas(form))) for form in analysis.forms(text)
    )


def instead(query: SearchQuery, shelf: Shelf, total: int) -> tuple[str, ...]:
    """Other queries to offer for one that found so many items: with fewer words, or in another spelling."""
    if not total:
        return with_fewer(query, shelf)
    other = did_you_mean(query, shelf, total) if total <= FEW else ""
    return (other,) if other else ()


def did_you_mean(query: SearchQuery, shelf: Shelf, total: int) -> str:
    """Another spelling of a query that finds little: "" where none finds much more."""
    chunks = query.text[:MAX_TEXT].split()
    for n, chunk in enumerate(chunks if len(chunks) <= MAX_WORDS else ()):
        forms = analysis.forms(chunk)
        if len(forms) == 1 and spelling.allowed(forms[0]) and not analysis.is_stop_word(forms[0]):
            own = max(shelf.seen(analysis.lemmas(forms[0])), total)
            for word in _likely(shelf, forms[0], 1, but=analysis.lemmas(forms[0])):
                other = " ".join([*chunks[:n], shelf.shown(word), *chunks[n + 1 :]])
                if shelf.seen((word,)) >= LESS * max(1, own) and _finds(shelf, query, Mended(other)) >= LESS * max(
                    1, total
                ):
                    return other
    return ""


def partly(text: str, shelf: Shelf) -> str:
    """The words of a query that items have, mended where needed; the others are left out."""
    mender = _Mender(shelf)
    pieces = [mender.mend(chunk) for chunk in text[:MAX_TEXT].split()[:MAX_WORDS]]
    return " ".join(piece.text for piece in pieces if piece)


def with_fewer(query: SearchQuery, shelf: Shelf) -> tuple[str, ...]:
    """Queries with fewer words that find something, for a query that finds nothing."""
    typed = query.text[:MAX_TEXT].split()
    chunks = [bare for chunk in typed if (bare := _bare(chunk))]
    if not 1 < len(chunks) <= MAX_WORDS:
        return ()
    known = partly(" ".join(chunks), shelf).split()
    found = [" ".join(known)] if len(known) < len(chunks) or chunks != typed else []  # the same words, but apart
    found += [" ".join([*known[:n], *known[n + 1 :]]) for n in range(len(known) if len(known) > 1 else 0)]
    counted = {other: _finds(shelf, query, Mended(other)) for other in dict.fromkeys(found) if _tells(other)}
    return tuple(sorted((other for other in counted if counted[other]), key=lambda other: -counted[other])[:3])


def _finds(shelf: Shelf, query: SearchQuery, other: Mended) -> int:
    return shelf.matches(plan(replace(query, text=other.text), other.completed))


def _joined(pieces: Sequence[Mended]) -> Mended:
    found = Mended(" ".join(piece.text for piece in pieces))
    for piece in pieces:
        found.changes += piece.changes
        found.completed |= piece.completed
    return found


def _one_at_a_time(pieces: list[Mended], mender: _Mender, query: SearchQuery) -> Iterator[Mended]:
    """Every word is known, but not together: the last may be unfinished, or one of them a slip that is a word too."""
    for n in reversed(range(len(pieces))):
        if pieces[n].changes:
            continue
        forms = analysis.forms(pieces[n].text)
        others = [mender.completed(pieces[n].text, forms)] if n == len(pieces) - 1 else []
        said = [x for piece in pieces for form in analysis.forms(piece.text) for x in analysis.lemmas(form)]
        others += [mender.replaced(pieces[n].text, forms, 1, said)]
        for other in others:
            if other:
                found = _joined([*pieces[:n], other, *pieces[n + 1 :]])
                if _finds(mender.shelf, query, found):
                    yield found


def _likely(shelf: Shelf, form: str, slips: int, but: Sequence[str] = ()) -> list[str]:
    """Words near a form that visible items have: the nearest first, then the most frequent."""
    away = shelf.near(form, slips)
    nearest = sorted((word for word in away if word not in but), key=lambda w: (away[w], abs(len(w) - len(form)), w))
    seen = {word: shelf.seen((word,)) for word in nearest[:12]}
    return sorted((word for word in seen if seen[word]), key=lambda w: (away[w], -seen[w], w))


class _Mender:
    """Mends single words of a query. Each step answers None where it does not help."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def mend(self, chunk: str) -> Mended | None:
        """A chunk between spaces, as it is or mended; None where nothing helps."""
        forms = analysis.forms(chunk)
        if all(self._known(form) for form in forms):
            return Mended(chunk)
        steps: tuple[Callable[[], Mended | None], ...] = (
            lambda: self.joined(chunk, forms), lambda: self.completed(chunk, forms), lambda: self.replaced(chunk, forms, 1),
            lambda: self.retyped(chunk), lambda: self.rewritten(chunk, forms), lambda: self.replaced(chunk, forms, 2),
        )  # fmt: skip
        return next((found for step in steps if (found := step())), None)

    def _known(self, form: str) -> bool:
        return analysis.is_stop_word(form) or bool(self.shelf.seen(analysis.lemmas(form)))

    def joined(self, chunk: str, forms: list[str]) -> Mended | None:
        """Parts that others write in one word (wi-fi → wifi)."""
        whole = "".join(forms)
        if len(forms) > 1 and self.shelf.seen(analysis.lemmas(whole)):
            return _mended(chunk, whole, "typo")
        return None

    def completed(self, chunk: str, forms: list[str]) -> Mended | None:
        """An unfinished word of three letters or more."""
        if len(forms) != 1 or len(forms[0]) < 3:
            return None
        known = {word: self.shelf.seen((word,)) for word in self.shelf.prefixed(forms[0])[: 2 * MAX_COMPLETIONS]}
        words = sorted((word for word in known if known[word]), key=lambda word: (-known[word], word))
        if not words:
            return None
        told = ", ".join(self.shelf.shown(word) for word in words[:TOLD])
        return Mended(chunk, [("prefix", _bare(chunk), told)], {forms[0]: tuple(words[:MAX_COMPLETIONS])})

    def replaced(self, chunk: str, forms: list[str], slips: int, but: Sequence[str] = ()) -> Mended | None:
        """Words with slips: the nearest known ones (but for those)."""
        found = []
        for form in forms:
            if len(forms) > 1 and self._known(form):
                found.append(form)
            elif spelling.allowed(form) < slips:
                return None
            elif likely := _likely(self.shelf, form, slips, but=(*analysis.lemmas(form), *but)):
                found.append(self.shelf.shown(likely[0]))
            else:
                return None
        return _mended(chunk, "-".join(found), "typo") if found else None

    def retyped(self, chunk: str) -> Mended | None:
        """Typed on the other keyboard."""
        bare = _bare(chunk)
        for typed in dict.fromkeys((bare, bare.rstrip(",.;!?"))):  # a comma is a letter over there
            other = spelling.other_keyboard(typed)
            forms = analysis.forms(other)
            if forms and all(self._known(form) for form in forms):
                return _mended(chunk, other, "layout")
            if found := self.completed(other, forms):
                return Mended(found.text, [("layout", bare, found.changes[0][2])], found.completed)
        return None

    def rewritten(self, chunk: str, forms: list[str]) -> Mended | None:
        """Written in the letters of the other alphabet."""
        typed = "".join(sign for sign in chunk if sign.isalpha() or sign in "'’").strip("'’")
        bare = typed.replace("'", "").replace("’", "")
        if not bare:
            return None
        latin = spelling.is_latin(bare)
        if latin and analysis.is_stop_word(spelling.cyrillic(bare)):
            return _mended(chunk, spelling.cyrillic(bare), "translit")
        heard = spelling.sounds(typed.lower())
        if latin:
            heard += [spelling.sound(stem) for stem in {analysis.stem(spelling.cyrillic(bare))} if len(stem) > 2]
        other = {
            word: self.shelf.seen((word,)) for word in self.shelf.sounding(heard) if spelling.is_latin(word) != latin
        }
        usual = analysis.lemmas(spelling.cyrillic(typed)) if latin else ()
        best = max(other, key=lambda word: (bool(other[word]) and word in usual, other[word], word), default="")
        return _mended(chunk, self.shelf.shown(best), "translit") if best and other[best] else None


def _bare(chunk: str) -> str:
    return chunk.strip(QUOTES)


def _mended(chunk: str, text: str, how: str) -> Mended:
    """A chunk with its word exchanged; its quotation marks stay."""
    start = chunk[: len(chunk) - len(chunk.lstrip(QUOTES))]
    end = chunk[len(chunk.rstrip(QUOTES)) :]
    return Mended(f"{start}{text}{end}", [(how, _bare(chunk), text)])
