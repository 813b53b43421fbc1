"""What the index keeps of one item: lemma counts per field, one line of facts, its words. Pure, no engine in it."""

from __future__ import annotations

import datetime as dt
import math
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import analysis

if TYPE_CHECKING:
    from hub.api import SearchDocument

TEXTS = ("title", "summary", "body")  # in the order of a document's texts
FIELDS = ("title", "summary", "names", "body")


EPOCH = dt.date(2000, 1, 1)
LONG = 100  # words of text of an item that says enough


@dataclass
class Entry:
    """One item ready to be written: lemma counts per field, the forms of its titles, its line of facts, its words.

    day: when it was last changed, in days since 2000 (0 unknown). whole: how complete it is, 0 to 100.
    """

    number: int
    level: int
    day: int
    whole: int
    lengths: tuple[int, ...]
    tokens: tuple[str, ...]
    counts: dict[str, Counter[str]]
    heads: tuple[str, ...]
    words: str

    def size(self) -> int:
        """How many postings it makes."""
        return sum(map(len, self.counts.values())) + len(self.heads)

    def facts(self) -> bytes:
        """The stored line: number, level, day, completeness, lengths, then one `name=value` per line."""
        head = " ".join(map(str, (self.number, self.level, self.day, self.whole, *self.lengths)))
        return "\n".join((head, *self.tokens)).encode("utf-8", "replace")

    def packed(self) -> bytes:
        """The words as they are kept for phrases and for showing a word in a form that somebody wrote."""
        return zlib.compress(self.words.encode("utf-8", "replace"), 1)


def unpacked(data: bytes) -> str:
    """What `packed` made: parts between newlines, each word between two spaces."""
    return zlib.decompress(data).decode("utf-8") if data else ""


def entry(document: SearchDocument) -> Entry:
    """Analyse an item. Lengths are per language, so that a translated item is not taken for a long-winded one."""
    spoken = {lang: text for lang, text in document.texts.items() if any(text)}
    parts = {name: [text[n] for text in spoken.values()] for n, name in enumerate(TEXTS)}
    parts["names"] = list(document.names)
    found, lengths, kept = {}, {}, []
    for name in FIELDS:
        words = [analysis.forms(text) for text in parts[name]]
        kept += words
        found[name] = analysis.counts([form for said in words for form in said], "\n".join(parts[name]))
        length = sum(map(len, words))
        lengths[name] = length if name == "names" else math.ceil(length / max(1, len(spoken)))
    facets = {"lang": tuple(sorted(spoken)), "kind": (document.kind,), **document.facets}
    tokens = {f"{name}={value}".replace("\n", " ") for name, values in facets.items() for value in values}
    return Entry(
        document.content_id, document.level, _day(document), _whole(document, spoken, lengths), tuple(lengths.values()),
        tuple(sorted(tokens)), found, tuple({form for said in kept[: len(spoken)] for form in said}),
        "\n".join(f" {' '.join(said)} " for said in kept if said),
    )  # fmt: skip


def _day(document: SearchDocument) -> int:
    return max(0, (document.updated.date() - EPOCH).days) if document.updated else 0


def _whole(document: SearchDocument, spoken: dict[str, tuple[str, str, str]], lengths: dict[str, int]) -> int:
    """A share of what makes an item useful: summary, enough text, a topic, a place, a second language."""
    has = (
        lengths["summary"] > 0, lengths["body"] >= LONG, bool(document.facets.get("topic")),
        bool(document.facets.get("place") or document.facets.get("country")), len(spoken) > 1,
    )  # fmt: skip
    return 100 * sum(has) // len(has)
