"""A filled form becomes a draft: every answer in its field, the rest in the remarks, and a report of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from babel import Locale

from hub.api import Content, Faults, fold, forms, gettext, items, ngettext
from hub_cases import awardform, formfile
from hub_cases.awardform import Answers
from hub_cases.formfile import Unusable
from hub_cases.practice import PRACTICE

TONGUES = ("en", "ru", "es", "fr", "pt", "ca", "it", "de")
LONG_NAMES = {
    "russian federation": "RU", "united states of america": "US", "usa": "US", "uk": "GB", "great britain": "GB", "england": "GB",
    "scotland": "GB", "republic of korea": "KR", "south korea": "KR", "czech republic": "CZ", "viet nam": "VN", "the netherlands": "NL",
    "holland": "NL", "the gambia": "GM", "plurinational state of bolivia": "BO", "cote d ivoire": "CI",
    "российская федерация": "RU", "рф": "RU",
    "соединенные штаты америки": "US",
}  # fmt: skip
GOES_ON = (
    "ongoing", "present", "in progress", "to date", "continues", "current", "продолжается", "по настоящее время", "в процессе", "н в",
)  # fmt: skip


@dataclass
class Filed:
    """What became of a file. doc: the draft's document; filled: fields with an answer; unplaced: text kept in the remarks."""

    doc: dict[str, Any]
    filled: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    content: Content | None = None

    def told(self) -> list[str]:
        """The report, in sentences."""
        said = [ngettext("%(num)s answer in its field.", "%(num)s answers in their fields.", len(self.filled))]
        ticked = sum(len(v) if isinstance(v, list) else 1 for n, v in self.doc["data"].items() if n in CHOICES)
        said.append(ngettext("%(num)s ticked choice recognised.", "%(num)s ticked choices recognised.", ticked))
        if self.unplaced:
            said.append(ngettext("%(num)s piece of text found no field and stands in the remarks:",
                                 "%(num)s pieces of text found no field and stand in the remarks:", len(self.unplaced)))  # fmt: skip
        return said


CHOICES = {f.name: f for f in PRACTICE.fields if f.type in ("choice", "choices")}


def read(data: bytes, name: str, language: str = "") -> Filed:
    """The draft that a file makes, not stored yet. language: of its answers (default: guessed). Raises Unusable."""
    lines, beside = formfile.lines(data)
    found = awardform.recognise(lines, paragraphs=formfile.is_document(data))
    if not found.recognised:
        raise Unusable(gettext("No question of the award form was found in this file."))
    languages = items.site()["languages"]
    language = language or _guessed(" ".join(found.texts.values()), languages)
    filed = _filed(found, language, PurePath(name).stem)
    known = {fold(line) for line in lines}
    filed.unplaced += [line for line in beside if not awardform.is_furniture(line) and fold(line) not in known]
    return _settled(filed, language)


def store(filed: Filed, author_id: int | None = None) -> Content:
    """Make the draft; who calls commits."""
    filed.content = items.create("case", filed.doc, author_id=author_id)
    return filed.content


def _guessed(text: str, languages: tuple[str, ...]) -> str:
    cyrillic = len(re.findall(r"[а-яё]", text, re.I)) * 2 > len(re.findall(r"[^\W\d_]", text))
    wanted = "ru" if cyrillic else "en"
    return wanted if wanted in languages else languages[0]


def _filed(found: Answers, language: str, stem: str) -> Filed:
    texts, unplaced = dict(found.texts), list(found.unplaced)
    doc = forms.empty()
    text: dict[str, Any] = {"title": texts.pop("title", ""), "summary": "", "body": texts.pop("body", ""), "fields": {}}
    if not text["title"]:
        text["title"] = stem[:200] or gettext("Practice without a title")
    doc["texts"] = {language: text}
    place: dict[str, Any] = {}
    if name := texts.pop("place", ""):
        place["names"] = {language: name[:200]}
        unplaced += [name] if len(name) > 200 else []
    if name := texts.pop("country", ""):
        place["country"] = country(name)
        unplaced += [] if place["country"] else [f"{gettext('Country')}: {name}"]
    doc["places"] = [place] if any(place.values()) else []
    for field_name, typed in texts.items():
        _put(doc, text, unplaced, field_name, typed)
    for field_name, ticked in found.ticks.items():
        _tick(doc, unplaced, field_name, ticked)
    return Filed(doc, [], unplaced)


def _put(doc: dict[str, Any], text: dict[str, Any], unplaced: list[str], name: str, typed: str) -> None:
    declared = PRACTICE.field(name)
    if declared is None:
        unplaced.append(typed)
    elif declared.type == "partialdate":
        value, exact = date(typed, goes_on=name == "end")
        if value:
            doc["data"][name] = value
        unplaced += [] if exact else [f"{declared.label}: {typed}"]
    else:
        text["fields"][name] = typed


def _tick(doc: dict[str, Any], unplaced: list[str], name: str, ticked: list[str]) -> None:
    declared = CHOICES[name]
    if declared.type == "choices":
        doc["data"][name] = ticked
    elif ticked:
        doc["data"][name] = ticked[0]
        labels = {choice.value: str(choice.label) for choice in declared.choices}
        unplaced += [f"{declared.label}: {labels[value]}" for value in ticked[1:]]


def _settled(filed: Filed, language: str) -> Filed:
    """The document as it can be stored: what a field refuses goes into the remarks, and the field stays empty."""
    text = filed.doc["texts"][language]
    if len(text["title"]) > 300:
        filed.unplaced.append(text["title"])
        text["title"] = text["title"][:297].rstrip() + "…"
    for _ in range(len(PRACTICE.fields)):
        if filed.unplaced:
            filed.doc["data"]["remarks"] = "\n\n".join(filed.unplaced)
        try:
            checked = forms.checked(PRACTICE, filed.doc)
        except Faults as error:
            for name in error.faults:
                bare = name.partition(".")[0]
                value = filed.doc["data"].pop(bare, None) or text["fields"].pop(bare, None)
                filed.unplaced.append(f"{bare}: {value}")
            continue
        filed.filled = _filled(checked, language)
        return filed
    raise Unusable(gettext("The answers could not be put into the form."))


def _filled(doc: Mapping[str, Any], language: str) -> list[str]:
    text = doc["texts"].get(language, {})
    places = [part for part in ("names", "country") if doc["places"] and doc["places"][0].get(part)]
    own = [name for name in doc["data"] if name != "remarks"]
    return [*(n for n in ("title", "body") if text.get(n)), *places, *own, *text.get("fields", {})]


def country(name: str) -> str:
    """The two letters of a country named in one of several languages; "" for one that is not known."""
    wanted = _plain(name)
    if wanted in LONG_NAMES:
        return LONG_NAMES[wanted]
    for tongue in TONGUES:
        for code, said in Locale(tongue).territories.items():
            if len(code) == 2 and code.isalpha() and _plain(said) == wanted:
                return str(code)
    return name.strip().upper() if re.fullmatch(r"[A-Z]{2}", name.strip()) and name.strip() in Locale("en").territories else ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def date(typed: str, *, goes_on: bool = False) -> tuple[str, bool]:
    """(a partial date or "ongoing" or "", whether it says all that was typed)."""
    text = _plain(typed)
    if goes_on and any(text == words or text.startswith(words + " ") for words in map(_plain, GOES_ON)):
        return "ongoing", text in map(_plain, GOES_ON)
    for pattern, make in _DATES:
        match = pattern.fullmatch(text)
        if match and (value := make(*match.groups())):
            return value, True
    year = re.search(r"\b(19|20)\d\d\b", text)
    return (year.group(), False) if year else ("", False)


def _month(word: str) -> int:
    if word.isdigit():
        return int(word) if 1 <= int(word) <= 12 else 0
    for tongue in TONGUES:
        for style in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in Locale(tongue).months[style][width].items():
                    if _plain(name) == word:
                        return int(number)
    return 0


def _made(year: str, month: str, day: str = "") -> str:
    number = _month(month)
    if not number:
        return ""
    return f"{year}-{number:02}" + (f"-{int(day):02}" if day and 1 <= int(day) <= 31 else "")


_DATES: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"(\d{4})(?: г(?:од)?)?"), lambda y: y),
    (re.compile(r"(\d{4}) (\d\d?)(?: (\d\d?))?"), lambda y, m, d: _made(y, m, d or "")),
    (re.compile(r"([^\W\d_]+)(?: (?:of|de))? (\d{4})(?: г(?:ода)?)?"), lambda m, y: _made(y, m)),
    (re.compile(r"([^\W\d_]+) (\d\d?)(?:st|nd|rd|th)? (\d{4})"), lambda m, d, y: _made(y, m, d)),
    (re.compile(r"(\d\d?)(?:st|nd|rd|th)? (?:of |de )?([^\W\d_]+|\d\d?)(?: de)? (\d{4})(?: г(?:ода)?)?"), lambda d, m, y: _made(y, m, d)),
    (re.compile(r"(\d\d?) (\d{4})"), lambda m, y: _made(y, m)),
)  # fmt: skip
