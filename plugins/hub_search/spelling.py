"""How words are misspelled: other letters, the other keyboard, the other alphabet. Pure functions over folded words."""

from __future__ import annotations

import re

_EN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RU = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_TO_RUSSIAN = str.maketrans(_EN + _EN.upper() + '~{}:"<>', _RU + _RU.upper() + "ЁХЪЖЭБЮ")
_TO_ENGLISH = str.maketrans(_RU + _RU.upper(), _EN + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>')
_CYRILLIC, _LATIN = re.compile(r"[а-яё]", re.I), re.compile(r"[a-z]", re.I)

# one sign per sound, whichever alphabet and scheme it was written in
_SOUNDS = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "J", "з": "z", "и": "i", "й": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "C",
    "ш": "S", "щ": "S", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "ё": "e",
})  # fmt: skip
_LETTERS = (
    ("shch", "S"), ("šč", "S"), ("sch", "S"), ("shh", "S"), ("sh", "S"), ("š", "S"), ("ŝ", "S"), ("zh", "J"), ("ž", "J"),
    ("ch", "C"), ("č", "C"), ("tch", "C"), ("kh", "h"), ("ts", "c"), ("tz", "c"), ("cz", "c"), ("ck", "k"), ("yo", "io"),
    ("q", "k"), ("w", "v"), ("y", "i"), ("j", "i"), ("é", "e"), ("è", "e"), ("ë", "e"), ("â", "ia"), ("û", "iu"),
    ("'", ""), ("’", ""), ("`", ""), ("ʹ", ""), ("ʺ", ""),
)  # fmt: skip
_OTHER_READINGS = (("io", "e"), ("x", "h"), ("x", "ks"), ("c", "k"), ("g", "J"))
_RUNS = re.compile(r"i+")

# the usual letters of a Latin spelling, so that an inflected word can be led back to its stem
_CYRILLIC_FOR = (
    ("shch", "щ"), ("sch", "щ"), ("sh", "ш"), ("zh", "ж"), ("ch", "ч"), ("kh", "х"), ("ts", "ц"), ("yu", "ю"), ("ju", "ю"),
    ("iu", "ю"), ("ya", "я"), ("ja", "я"), ("yo", "е"), ("jo", "е"), ("ye", "е"), ("yi", "ый"), ("yj", "ый"), ("iy", "ий"),
    ("ia", "ия"), ("š", "ш"), ("ž", "ж"), ("č", "ч"), ("'", "ь"), ("’", "ь"),
)  # fmt: skip
_SINGLE = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопкрстуввхыз")


def other_keyboard(text: str) -> str:
    """The text as the same keys type it on the other layout (`ghbdtn` → привет, `пфквут` → garden); "" for neither."""
    if _LATIN.search(text):
        return "" if _CYRILLIC.search(text) else text.translate(_TO_RUSSIAN).lower()
    return text.translate(_TO_ENGLISH).lower() if _CYRILLIC.search(text) else ""


def sound(word: str) -> str:
    """A word's sound, the same for инициатива, iniciativa and initsiativa."""
    word = word.lower()
    return _merged(word.translate(_SOUNDS) if _CYRILLIC.search(word) else _signs(word))


def sounds(word: str) -> list[str]:
    """The sounds a word may have: its usual one, for Latin spellings also those of other schemes."""
    found = {sound(word): None}
    if is_latin(word):
        plain = _signs(word.lower())
        found |= {_merged(plain.replace(sign, other)): None for sign, other in _OTHER_READINGS if sign in plain}
        if "j" in word.lower():
            found[_merged(_signs(word.lower().replace("j", "zh")))] = None
    return list(found)


def _signs(word: str) -> str:
    for letters, sign in _LETTERS:
        if letters in word:
            word = word.replace(letters, sign)
    return word


def _merged(word: str) -> str:
    return _RUNS.sub("i", word).replace("ie", "e")


def cyrillic(word: str) -> str:
    """A Latin spelling in Russian letters, by the commonest reading."""
    word = word.lower()
    for letters, sign in _CYRILLIC_FOR:
        word = word.replace(letters, sign)
    return word.translate(_SINGLE)


def is_latin(word: str) -> bool:
    return bool(_LATIN.search(word)) and not _CYRILLIC.search(word)


def allowed(word: str) -> int:
    """How many slips a word may have: none below four letters (and in numbers), one below eight, else two."""
    return 0 if len(word) < 4 or not word.isalpha() else 1 if len(word) < 8 else 2


def mask(word: str) -> int:
    """The letters of a word as bits: a slip changes at most two of them."""
    found = 0
    for letter in word:
        found |= 1 << (ord(letter) & 63)
    return found


def distance(one: str, other: str, most: int) -> int:
    """Letters to change, add, leave out or swap with their neighbour; most + 1 where it is more than that."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    start, short = 0, min(len(one), len(other))
    while start < short and one[start] == other[start]:
        start += 1
    end = 0
    while end < short - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not one or not other:
        return max(len(one), len(other))
    if most == 1:
        return 1 if len(one) == len(other) == 1 or (len(one) == 2 and one == other[::-1]) else 2
    return _table(one, other, most)


def _table(one: str, other: str, most: int) -> int:
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
