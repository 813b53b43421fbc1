"""The words of the index in memory, for completing and mending them. It only grows: what is gone is found nowhere."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from . import analysis, spelling


class Lexicon:
    """Words of all segments that this process has met; about 0.3 kB each once typing errors were looked for."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._sorted: list[str] = []
        self._slips, self._sounds = _Slips(), _Sounds()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, words: Iterable[str]) -> None:
        """Take up the words that are new."""
        with self._lock:
            fresh = set(words) - self._known
            if fresh:
                self._known |= fresh
                self._sorted = sorted([*self._sorted, *fresh])

    def prefixed(self, prefix: str) -> list[str]:
        """The words that begin with a prefix."""
        words = self._sorted
        start = bisect_left(words, prefix)
        return words[start : bisect_left(words, prefix + "\U0010ffff", start)]

    def near(self, form: str, slips: int) -> dict[str, int]:
        """Words within that many slips of a form: the word itself, or its stem of the form's stem → how many slips.

        The first two letters or the last two must be right.
        """
        with self._lock:
            self._slips.extend(self._known)
        return self._slips.near(form, slips)

    def sounding(self, sounds: Iterable[str]) -> list[str]:
        """Words that sound like one of these (see spelling.sound)."""
        with self._lock:
            self._sounds.extend(self._known)
        return [word for sound in sounds for word in self._sounds.having.get(sound, ())]


class _Slips:
    """Words and their stems by length and first or last two letters, each with its letters as bits."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.keys: list[str] = []
        self.owners: list[str] = []
        self.masks = array("Q")
        self.buckets: dict[tuple[int, str, bool], array[int]] = {}

    def extend(self, words: set[str]) -> None:
        if len(self.done) == len(words):
            return
        for word in sorted(words - self.done):
            self.done.add(word)
            stem = analysis.stem(word)
            for key in {word, stem} if len(word) > 2 and not word.isdigit() else ():
                self.buckets.setdefault((len(key), key[:2], True), array("I")).append(len(self.keys))
                if key == stem:  # thousands of words share an ending, few the end of a stem
                    self.buckets.setdefault((len(key), key[-2:], False), array("I")).append(len(self.keys))
                self.keys.append(key)
                self.owners.append(word)
                self.masks.append(spelling.mask(key))

    def near(self, form: str, slips: int) -> dict[str, int]:
        found: dict[str, int] = {}
        keys, masks, twice = self.keys, self.masks, 2 * slips
        for wanted in {form, analysis.stem(form)}:
            letters = spelling.mask(wanted)
            for length in range(max(3, len(wanted) - slips), len(wanted) + slips + 1):
                for where in ((length, wanted[:2], True), (length, wanted[-2:], False)):
                    bucket = self.buckets.get(where, ())
                    for n in [n for n in bucket if (masks[n] ^ letters).bit_count() <= twice]:
                        away = spelling.distance(wanted, keys[n], slips)
                        if away <= slips and away < found.get(self.owners[n], slips + 1):
                            found[self.owners[n]] = away
        return found


class _Sounds:
    """Words by the sound of them and of their stems."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.having: dict[str, tuple[str, ...]] = {}

    def extend(self, words: set[str]) -> None:
        if len(self.done) == len(words):
            return
        for word in sorted(words - self.done):
            self.done.add(word)
            for sound in {spelling.sound(word), spelling.sound(analysis.stem(word))} if len(word) > 2 else ():
                self.having[sound] = (*self.having.get(sound, ()), word)
