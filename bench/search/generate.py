"""Bilingual documents and queries for the benchmark, the same for every engine and every run (seeded).

Half of the documents are Russian, half English, one in seven of each half also has sentences in the other language.
Russian words are real ones in all their forms (from the dictionary of pymorphy3), English ones are invented roots with
real endings; frequencies follow Zipf's law, a third of all words are stop words, bodies have about 220 words.

    python bench/search/generate.py 20000 /tmp/search-bench     writes documents.jsonl and queries.txt
"""

from __future__ import annotations

import bisect
import itertools
import json
import random
import sys
from pathlib import Path

RU_STOP = "и в не на что с а как по но к у из за от о для или до при наш свой где это бы так же".split()
EN_STOP = "the of and to a in is that for on are with as his at this from or by but we an their our it was be".split()
KINDS = ("case", "partner", "event", "news")
LEMMAS = 14_000


def russian_words(dice: random.Random, count: int = LEMMAS) -> list[list[str]]:
    """That many dictionary words, each as the list of its forms."""
    import pymorphy3

    morph = pymorphy3.MorphAnalyzer(lang="ru")
    letters = "абвгдежзиклмнопрстуфхцчшэя"
    found: dict[str, set[str]] = {}
    for start in dice.sample([a + b for a in letters for b in "аеиоурлн"], 110):
        for form, tag, normal, _, _ in morph.dictionary.iter_known_words(start):
            if tag.POS in ("NOUN", "ADJF", "INFN", "VERB") and len(normal) > 2 and "-" not in form:
                found.setdefault(normal, set()).add(form)
    chosen = dice.sample(sorted(found), min(count, len(found)))
    return [[normal, *sorted(found[normal] - {normal})][:14] for normal in chosen]


def english_words(dice: random.Random, count: int = LEMMAS) -> list[list[str]]:
    """Invented roots of two or three syllables with the endings of English."""
    heads, middles, tails = (
        "b c d f g l m n p r s t br cl gr pl st tr sh".split(),
        "aeiou",
        "n r l t d m p ck nt st".split(),
    )
    roots: dict[str, None] = {}
    while len(roots) < count:
        root = "".join(dice.choice(heads) + dice.choice(middles) for _ in range(dice.choice((1, 2, 2, 3))))
        roots[root + dice.choice(tails)] = None
    return [[root, root + "s", root + "ing", root + "ed", root + "er"] for root in roots]


class Language:
    """Draws words: lemmas by Zipf's law, forms at will."""

    def __init__(self, dice: random.Random, words: list[list[str]], stop: list[str]) -> None:
        self.dice, self.words, self.stop = dice, words, stop
        self.steps = list(itertools.accumulate(1 / (n + 3) ** 1.02 for n in range(len(words))))

    def word(self) -> str:
        at = bisect.bisect(self.steps, self.dice.random() * self.steps[-1])
        return self.dice.choice(self.words[min(at, len(self.words) - 1)])

    def text(self, length: int, stop: float = 0.36) -> str:
        said = [self.dice.choice(self.stop) if self.dice.random() < stop else self.word() for _ in range(length)]
        sentences = [said[n : n + 12] for n in range(0, len(said), 12)]
        return " ".join(" ".join(s).capitalize() + "." for s in sentences)


def documents(count: int, seed: int = 7):
    """Yield that many documents as dictionaries."""
    dice = random.Random(seed)
    ru = Language(dice, russian_words(dice), RU_STOP)
    en = Language(dice, english_words(dice), EN_STOP)
    for number in range(1, count + 1):
        own, other, code = (ru, en, "ru") if number % 2 else (en, ru, "en")
        body = own.text(max(20, int(dice.lognormvariate(5.2, 0.6))))
        if dice.random() < 1 / 7:
            body += " " + other.text(20)
        yield {
            "id": number, "lang": code, "kind": dice.choice(KINDS), "level": 0 if number % 20 else 1,
            "title": own.text(dice.randint(3, 8), 0.2).rstrip("."), "summary": own.text(15), "body": body,
            "topic": f"topic-{int(dice.paretovariate(0.7)) % 40}", "place": f"place-{int(dice.paretovariate(0.5)) % 300}",
            "year": str(dice.randint(2010, 2025)),
        }  # fmt: skip


def queries(made: list[dict], count: int = 200, seed: int = 11) -> list[str]:
    """Words that stand together in some document: one to three, ten of two hundred in both languages."""
    dice = random.Random(seed)
    found = []
    while len(found) < count:
        words = [w.strip(".").lower() for w in dice.choice(made)["body"].split()]
        words = [w for w in words if w not in RU_STOP and w not in EN_STOP]
        if len(words) > 5:
            found.append(" ".join(dice.sample(words, dice.choice((1, 2, 2, 3)))))
    return found


def main() -> None:
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    with (folder / f"documents-{count}.jsonl").open("w", encoding="utf-8") as file:
        for made in documents(count):
            file.write(json.dumps(made, ensure_ascii=False) + "\n")
            if made["id"] % 97 == 0:
                kept.append(made)
    (folder / f"queries-{count}.txt").write_text("\n".join(queries(kept)), encoding="utf-8")


if __name__ == "__main__":
    main()
