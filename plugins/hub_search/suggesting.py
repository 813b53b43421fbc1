"""Titles that go on from what was typed so far: ids only, of items that this reader may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import analysis, spelling
from .plan import MAX_TEXT
from .segments import Segment, Snapshot

SHORTEST = 2  # letters from which on titles are suggested
FORMS, ENOUGH = 40, 40  # so many completions of the last word are looked at, until so many items are found


def suggest(
    snapshot: Snapshot, text: str, language: str, level: int, kinds: Sequence[str] = (), limit: int = 8
) -> list[int]:
    """Content ids of items whose titles have the words typed, the last one perhaps unfinished; other keyboard too."""
    for forms in readings(text):
        if forms:
            found = _titles(snapshot, forms, language, level, kinds)
            if found:
                return [number for _, number in sorted(found)[:limit]]
    return []


def readings(text: str) -> Iterator[list[str]]:
    """The words typed, on this keyboard and on the other; a single letter that goes on says nothing yet."""
    for typed in (text, spelling.other_keyboard(text)):
        forms = analysis.forms(typed[:MAX_TEXT])[:8]
        while forms and len(forms[-1]) < SHORTEST:
            forms.pop()
        yield forms


def _titles(
    snapshot: Snapshot, forms: list[str], language: str, level: int, kinds: Sequence[str]
) -> list[tuple[tuple[int, bool, int], int]]:
    """(how far from what was typed, content id): whole words first, then own language, then short titles."""
    endings = sorted(snapshot.lexicon("heads").prefixed(forms[-1]), key=lambda form: (len(form), form))[:FORMS]
    parts = []
    for segment, gone in snapshot.segments:
        hidden = gone | segment.above[max(0, level)] if level < 2 else gone
        before = [_with(snapshot, segment, form) for form in forms[:-1]]
        if kinds:
            before.append({d for kind in kinds for d in segment.having.get(f"kind={kind}", ())})
        parts.append((segment, hidden, before, segment.speaking(language)))
    found: dict[int, tuple[int, bool, int]] = {}
    for form in endings:
        for segment, hidden, before, own in parts:
            documents = set(snapshot.postings(segment, "heads", form)[0]).difference(hidden).intersection(*before)
            for document in documents:
                rank = (len(form) - len(forms[-1]), document not in own, segment.lengths["title"][document])
                found.setdefault(segment.numbers[document], rank)
        if len(found) >= ENOUGH:  # longer endings rank lower anyway
            break
    return [(rank, number) for number, rank in found.items()]


def _with(snapshot: Snapshot, segment: Segment, form: str) -> set[int]:
    return set().union(*(snapshot.postings(segment, "title", lemma)[0] for lemma in analysis.lemmas(form)))
