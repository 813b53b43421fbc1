"""How alike two names are, whatever their alphabet: «Зелёная библиотека», "Zelyonaya biblioteka" and "Zelenaja Biblioteka" are one.

Names become words in plain Latin letters in which the usual ways of transliteration fall together; letters are counted, not
bytes. Legal forms and small words weigh nothing; numbers must agree, for school no. 3 is not school no. 5.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

from slugify import slugify

SAME_PLACE, ELSEWHERE = 100.0, 1000.0  # metres
PREFIX = 6  # letters of a word by which entries are found: endings differ, beginnings seldom
# ways of transliteration, longest first: after these a sound is written in one way
_SOUNDS = [(re.compile(pattern), letter) for pattern, letter in (
    ("shch|sch|sh|sc(?=[eiy])", "s"), ("zh", "z"), ("kh|gh", "h"), ("tch|ch|tsch", "c"), ("ts|tz|cz", "c"), ("ck|q", "k"),
    ("ph", "f"), ("w", "v"), ("x", "ks"), ("[yji]+o(?=[^aeiou]|$)|[yj]e|ie", "e"), ("[yji]+a", "a"), ("[yji]+u", "u"),
    ("[yj]", "i"), (r"([a-z])\1+", r"\1"),
)]  # fmt: skip
_PLAIN = (
    "ooo oao zao pao ao ano nko anoo mbu mbuk mku muk mau mauk gbu gbuk guk gau gauk fgbuk fgbu mbudo mou nou chou too ip ltd "
    "limited llc llp inc plc cic gmbh ggmbh ev ag sa srl sarl oy ab as the of and in at for a an und der die das des de la le du "
    "i v na po pri im imeni g gor gorod no nr"
)


def words(name: str) -> tuple[str, ...]:
    """The words of a name that say something, in one spelling."""
    plain = slugify(name, separator=" ", max_length=300)
    found = [w if w.isdigit() else _sounds(w) for w in plain.split()]
    kept = [w for w in found if w not in _EMPTY]
    return tuple(kept or found)


def _sounds(word: str) -> str:
    for pattern, letter in _SOUNDS:
        word = pattern.sub(letter, word)
    return word


_EMPTY = frozenset(_sounds(word) for word in _PLAIN.split())


def alike(a: Sequence[str], b: Sequence[str]) -> float:
    """How alike two names are as words, 0 to 1."""
    if not a or not b:
        return 0.0
    numbers = [{w for w in name if w.isdigit()} for name in (a, b)]
    if all(numbers) and numbers[0] != numbers[1]:
        return 0.0
    less = 0.85 if any(numbers) and not all(numbers) else 1.0
    mine, theirs = set(a), set(b)
    if (mine <= theirs or theirs <= mine) and min(len(mine), len(theirs)) > 1:
        return 0.9 * less if mine != theirs else 1.0
    in_order = SequenceMatcher(None, " ".join(a), " ".join(b), autojunk=False).ratio()
    sorted_ = SequenceMatcher(None, " ".join(sorted(a)), " ".join(sorted(b)), autojunk=False).ratio()
    return max(in_order, sorted_) * less


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far two points (latitude, longitude) lie apart."""
    north, east = math.radians(a[0] - b[0]), math.radians(a[1] - b[1])
    half = (
        math.sin(north / 2) ** 2 + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    )
    return 12_742_000 * math.asin(min(1.0, math.sqrt(half)))


class Known:
    """What of an entry is compared: its names, points, towns, site and e-mail."""

    def __init__(self, doc: Mapping[str, Any]) -> None:
        self.names = [
            words(str(text.get("title") or "")) for text in doc.get("texts", {}).values() if text.get("title")
        ]
        places = doc.get("places", [])
        self.points = [
            (p["lat"], p["lon"])
            for p in places
            if isinstance(p.get("lat"), int | float) and isinstance(p.get("lon"), int | float)
        ]
        self.towns = {words(str(name)) for p in places for name in (p.get("names") or {}).values() if str(name).strip()}
        data = doc.get("data", {})
        self.site, self.email = _site(str(data.get("website") or "")), str(data.get("email") or "").lower().strip()

    @property
    def marks(self) -> set[str]:
        """By what it is found among many."""
        found = {w[:PREFIX] for name in self.names for w in name if len(w) > 2}
        return found | {f"{sign}:{text}"[:80] for sign, text in (("w", self.site), ("m", self.email)) if text}


def _site(address: str) -> str:
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
    except ValueError:
        return ""


def score(a: Known, b: Known) -> float:
    """How likely two entries are the same, 0 to 1; 0 for all that need not be looked at."""
    name = max((alike(mine, theirs) for mine in a.names for theirs in b.names), default=0.0)
    apart = min((metres(p, q) for p in a.points for q in b.points), default=None)
    linked = bool((a.site and a.site == b.site) or (a.email and a.email == b.email))
    if apart is not None and apart <= SAME_PLACE:
        return round(0.5 + name / 2, 3) if name >= 0.6 else 0.0
    if apart is not None and apart > ELSEWHERE:
        return round(name * 0.8, 3) if linked and name >= 0.95 else 0.0
    if linked and name >= 0.5:
        return round(0.4 + name / 2, 3)
    towns = not a.towns or not b.towns or bool(a.towns & b.towns)
    return round(name * (0.9 if towns else 0.8), 3) if name >= (0.85 if towns else 1.0) else 0.0


def best(one: Known, others: Iterable[tuple[int, Known]], limit: int) -> list[tuple[int, float]]:
    """Those of the others that may be the same, the likeliest first."""
    scored = [(number, found) for number, other in others if (found := score(one, other)) > 0]
    return sorted(scored, key=lambda entry: -entry[1])[:limit]
