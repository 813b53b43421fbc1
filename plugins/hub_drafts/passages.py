"""Texts as passages: split at empty lines, joined again, matched with those of an earlier text or of another language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

_GAP = re.compile(r"\n[ \t]*\n+")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"»”)]?\s+(?=[\"«“(]?[A-ZА-ЯЁ0-9])")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
_EDGE = re.compile(r"\A(?:[ \t]*\n)+|\s+\Z")
_WORD = re.compile(r"\w+|[^\w\s]")
Pairs = list[tuple[int | None, int | None]]
MOST, LONG = 160_000, 20_000  # pairs of passages that are looked at; letters of two passages that are compared in their order


def split(text: str) -> list[str]:
    """The passages of a text: what stands between empty lines."""
    return [part.strip("\n") for part in _GAP.split(text.strip()) if part.strip()]


def join(parts: Sequence[str]) -> str:
    """Passages as one text; empty ones leave no gap, and what is set in stays so: by that it belongs to the item of a list above."""
    return "\n\n".join(_EDGE.sub("", part) for part in parts if part.strip())


def pieces(passage: str) -> list[str]:
    """The lines of a list, the sentences of a paragraph."""
    lines = [line for line in passage.split("\n") if line.strip()]
    return lines if len(lines) > 1 else [part for part in _SENTENCE.split(passage) if part.strip()]


def shape(passage: str) -> str:
    """What kind of passage it is: a heading, a list, a quotation, a table, or plain text."""
    sign = passage.lstrip()[:2]
    if re.match(r"\d+[.)]\s", passage.lstrip()):
        return "list"
    return {"#": "heading", "-": "list", "*": "list" if sign == "* " else "", ">": "quote", "|": "table"}.get(
        sign[:1], ""
    )


def entries(words: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """A passage, as the differences of two texts are told, item by item of the list that it is."""
    lines: list[list[tuple[str, str]]] = [[]]
    for sign, text in words:
        first, *others = text.split("\n")
        lines[-1].append((sign, first))
        lines += [[(sign, other)] for other in others]
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        if found and not _ITEM.match("".join(text for _, text in line)):  # a further line of the item above
            found[-1] += [("=", "\n"), *line]
        else:
            found.append(line)
    return found


def likeness(one: str, other: str) -> float:
    """0 to 1: how much of two passages of one language is the same, by words."""
    if one == other:
        return 1.0
    left, right = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    quick = matcher.quick_ratio()
    return quick if len(one) + len(other) > LONG else matcher.ratio() if quick > 0.3 else 0.0


def renders(one: str, other: str) -> float:
    """0 to 1: how likely two passages of different languages say the same, by shape and length."""
    if shape(one) != shape(other):
        return 0.05
    short, long = sorted((len(one), len(other)))
    return 0.3 + 0.7 * short / max(long, 1)


def match(old: Sequence[str], new: Sequence[str], alike: Callable[[str, str], float], least: float) -> Pairs:
    """Both sequences in order, as pairs of indices; None where a passage has no partner of at least that likeness."""
    if len(old) * len(new) > MOST:
        return _match_many(old, new, alike, least)
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    gain = {}
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            gain[i, j] = alike(old[i], new[j])
            together = gain[i, j] + best[i + 1][j + 1] if gain[i, j] >= least else -1.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    found: Pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if gain[i, j] >= least and best[i][j] == gain[i, j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            found.append((i, None))
            i += 1
        else:
            found.append((None, j))
            j += 1
    return found + [(n, None) for n in range(i, len(old))] + [(None, n) for n in range(j, len(new))]


def _match_many(old: Sequence[str], new: Sequence[str], alike: Callable[[str, str], float], least: float) -> Pairs:
    """The same for very many passages: what is equal at both ends goes together, between that they are matched, or go one to one."""
    most = min(len(old), len(new))
    head = next((n for n in range(most) if old[n] != new[n]), most)
    tail = next((n for n in range(most - head) if old[-1 - n] != new[-1 - n]), most - head)
    ours, theirs = old[head : len(old) - tail], new[head : len(new) - tail]
    few = len(ours) * len(theirs) <= MOST
    pairs = match(ours, theirs, alike, least) if few else list(zip_longest(range(len(ours)), range(len(theirs))))
    between: Pairs = [(None if i is None else i + head, None if j is None else j + head) for i, j in pairs]
    return [(n, n) for n in range(head)] + between + [(len(old) - tail + n, len(new) - tail + n) for n in range(tail)]


def changes(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """The way from an earlier text to a later one of the same language."""
    return match(old, new, likeness, 0.3)


def together(source: Sequence[str], target: Sequence[str]) -> Pairs:
    """Which passage renders which; texts of as many passages go one to one."""
    if len(source) == len(target):
        return [(n, n) for n in range(len(source))]
    return match(source, target, renders, 0.3)
