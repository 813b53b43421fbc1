"""Words and their normal forms, the same when indexing, searching and highlighting. Pure functions, bounded caches.

The script of a word chooses the language: Cyrillic words become Russian dictionary lemmas, Latin words English stems,
everything else (numbers, mixed forms) stays as it is. So mixed texts and mixed queries need no language label.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

RULES = 3  # raise it when what is kept of items changes, say other lemmas: every index is then rebuilt by itself
CACHE_SIZE = 200_000  # forms; about 40 MB at the very most, far less in practice
MAX_WORD = 64  # longer "words" are noise (base64, glued lines); they are cut, not refused
SECOND_LEMMA = 0.1  # a second reading of a form is kept when at least this probable

# combining marks, soft hyphens and zero-width joiners belong to the word they stand in
_MARKS = "\u00ad\u0300-\u036f\u200b-\u200d\u2060"
_PART = re.compile(r"[-\u2010\u2011]")
_EDGE = ".,;:!?()[]«»\"'…—–-"
_WHOLE = re.compile(r"[^\W_]+")
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
_NOISE = re.compile(rf"[{_MARKS}]")
_RUSSIAN = re.compile(r"[а-я]+")
_LATIN = re.compile(r"[a-z]+")
_GERUND_LOOK = re.compile(r"[а-я]{2,}[иы]в")

_STOP = """
    а без бы в во вот для до его ее если же за и из или им их к как ко ли мы на над не но о об обо он она они оно от
    по под при про с со так также то у уж что чтобы это я
    a an and are as at be been but by did do does for from had has have he her his i if in into is it its of on or our
    she so than that the their them then there these they this to was we were what when where which who will with you
"""
STOP_WORDS = frozenset(_STOP.split())


def fold(word: str) -> str:
    """A surface form as it is compared: lower case, ё = е, й kept, stress marks and Latin accents gone."""
    word = unicodedata.normalize("NFC", word[: 2 * MAX_WORD].lower())
    if not word.isascii():
        # й and ё are one letter each in NFC; what is still combining afterwards is a stress mark
        word = _NOISE.sub("", word.replace("ё", "е"))
        if not _RUSSIAN.search(word):
            word = _NOISE.sub("", unicodedata.normalize("NFKD", word))
    return word[:MAX_WORD]


def forms(text: str) -> list[str]:
    """The folded words of a text in order; the parts of a hyphenated word are words."""
    return [form for form in map(_folded.__getitem__, _WORD.findall(text)) if form]


def compounds(text: str) -> list[str]:
    """What is also written in one word: "wi-fi" → wifi, "С.Ш.А." → сша (folded)."""
    found = []
    for chunk in [c for c in text.split() if "-" in c or c[1:2] == "."]:
        parts = _PART.split(chunk.strip(_EDGE)) if "-" in chunk else chunk.strip('(),;:«»"').split(".")
        if len(parts) > 1 and ("-" in chunk or (all(len(part) == 1 for part in parts[:-1]) and len(parts[-1]) < 2)):
            found.append(fold("".join(parts)))
    return [form for form in found if len(form) > 1 and _WHOLE.fullmatch(form)]


def is_stop_word(form: str) -> bool:
    """Whether a folded form says nothing by itself ("и", "the")."""
    return form in STOP_WORDS


def is_word(lemma: str) -> bool:
    """Whether a lemma is a word of the Russian dictionary, and so fit to be shown."""
    return bool(_RUSSIAN.fullmatch(lemma)) and bool(_morph().word_is_known(lemma))


def lemmas(word: str) -> tuple[str, ...]:
    """The one or two normal forms of a word, the most probable first.

    Two where the form is truly ambiguous (`парки`: парка, парк); both are indexed and both are searched, so that
    every form of a word finds every other.
    """
    found = _cache.get(word)
    return found if found is not None else _remember(word)


def lemma(word: str) -> str:
    """The most probable normal form of a word."""
    return lemmas(word)[0]


def words(text: str) -> list[tuple[int, int, str]]:
    """Every word of a text as (start, end, lemma), for highlighting; offsets are those of the text as given."""
    return [(m.start(), m.end(), lemma(m.group())) for m in _WORD.finditer(text)]


def counts(spoken: list[str], text: str = "") -> Counter[str]:
    """How often each lemma stands among the folded words of a text, with what the text writes apart and others in one."""
    found: Counter[str] = Counter()
    known = _cache.get
    for word, times in Counter(spoken).items():
        for normal in known(word) or _remember(word):
            found[normal] += times
    for word in compounds(text):
        found.update(lemmas(word))
    return found


def fingerprint() -> str:
    """What the normal forms depend on; an index made with another fingerprint is rebuilt."""
    return " ".join([f"rules-{RULES}", *(f"{name}-{_version(name)}" for name in ("pymorphy3-dicts-ru", "PyStemmer"))])


def known() -> dict[str, tuple[str, ...]]:
    """The forms this process has met, for another one."""
    return dict(_cache)


def remember(forms: dict[str, tuple[str, ...]]) -> None:
    """Take over what another process has met."""
    _cache.update(forms)


class _Folded(dict[str, str]):
    """Words as they stand in texts → folded; as bounded as the lemmas."""

    def __missing__(self, word: str) -> str:
        if len(self) >= CACHE_SIZE:
            self.clear()
        form = self[word] = fold(word)
        return form


_folded = _Folded()
_cache: dict[str, tuple[str, ...]] = {}
_lock = threading.Lock()  # the stemmers are C objects with state


def _remember(word: str) -> tuple[str, ...]:
    with _lock:
        found = _analyse(fold(word))
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        _cache[word] = found
    return found


def _analyse(form: str) -> tuple[str, ...]:
    if _RUSSIAN.fullmatch(form):
        return _russian(form)
    if _LATIN.fullmatch(form):
        return (_stemmers()[1].stemWord(form),)
    return (form,)


def _russian(form: str) -> tuple[str, ...]:
    morph = _morph()
    if len(form) > 2 and not morph.word_is_known(form):
        return (_stem(form),)
    chances: dict[str, float] = {}
    for reading in morph.parse(form):
        normal = reading.normal_form.replace("ё", "е")
        chances[normal] = chances.get(normal, 0.0) + reading.score
    if not chances:
        return (form,)
    # equal chances are settled by length and alphabet, so that every process chooses alike
    ranked = sorted(chances, key=lambda normal: (-round(chances[normal], 6), len(normal), normal))
    rest = [normal for normal in ranked[1:] if normal == form or chances[normal] >= SECOND_LEMMA]
    # a form that is itself a dictionary word comes before other second readings (`банка`: банк, банка)
    rest.sort(key=lambda normal: normal != form)
    return (ranked[0], *rest[:1])


def stem(form: str) -> str:
    """The stem of a Cyrillic or Latin form, for telling misspelled forms apart; other forms as they are."""
    with _lock:
        if _RUSSIAN.fullmatch(form):
            return _stem(form)
        return str(_stemmers()[1].stemWord(form)) if _LATIN.fullmatch(form) else form


def _stem(form: str) -> str:
    """The stem of a word the dictionary does not know.

    Snowball takes a final -ив for a gerund and cuts it off, which parts креатив from креатива; it is left on.
    """
    if _GERUND_LOOK.fullmatch(form):
        return form
    return str(_stemmers()[0].stemWord(form))


@lru_cache(maxsize=1)
def _morph() -> Any:
    import pymorphy3  # 21 MB and 0.1-0.3 s: only processes that index or search Russian pay for it

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=1)
def _stemmers() -> tuple[Any, Any]:
    import Stemmer

    return Stemmer.Stemmer("russian", 0), Stemmer.Stemmer("english", 0)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
