"""Recognising a filled award form: lines of text → answers by field, ticked choices, and what has no place.

Every word of the file ends in an answer, among what has no place, or is a word of the form itself. Labels are known from
the profile `iopd` and may be numbered, in any case, with or without a colon, broken over lines or slightly misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from hub_cases import profiles
from hub_cases.formfile import DRAWN
from hub_cases.profiles import Profile, Question, Spoken

TICK = r"\+|\[\s?[xXхХvV✓+]\s?\]|\(\s?[xXхХ+]\s?\)|[✓✔☑☒√✗✘×]|(?<!\w)[xXхХvV](?!\w)"
BOX = r"[☐□▢◻]|\[\s*\]|\(\s*\)"
_MARK = re.compile(rf"(?P<tick>{TICK})|(?P<box>{BOX})")
_ONLY_MARKS = re.compile(rf"(?:\s|{TICK}|{BOX})+")
_HINT = re.compile(r"\s*\((?:you may|several|specify|можно|укажите|please)[^)]*\)\s*", re.I)
_FURNITURE = re.compile(
    r"\W{0,9}\d{0,3}(st|nd|rd|th)?\W{1,9}best practice in citizens\W{1,9}participation\W{1,9}award\W{0,9}", re.I
)
_JUNK = r"^[\W_]{0,9}(?:\d{1,3}(?:\.\d{1,2}){0,3}[.)]\s{0,3})?[\W_]{0,4}"  # bullets, numbers, marks of Markdown before a label
_BULLET = re.compile(r"^[\s>#*•·–—-]*(?:\d{1,3}[.)]\s+)?[\s*•·–—-]*")
_DRAWN = re.compile(rf"^(?:- |\d{{1,6}}\.{DRAWN})")
_ITEM = re.compile(r"\s*(?:[-*•·–]|\d{1,3}[.)])\s+")
LIKE, WRAPPED = 0.87, 3


@dataclass
class Answers:
    """What a form says. texts: field → text; ticks: field → stored values; unplaced: text that no field takes."""

    texts: dict[str, str] = field(default_factory=dict)
    ticks: dict[str, list[str]] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)
    recognised: int = 0


@dataclass(frozen=True)
class _Label:
    """Words of the form. at: the question they belong to (none: a heading); value: the choice they name."""

    text: str
    pattern: re.Pattern[str]
    at: Question | None = None
    value: str = ""

    @property
    def short(self) -> bool:
        return len(self.text.split()) < 3


def _normal(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _label(words: str, at: Question | None = None, value: str = "") -> _Label:
    parts = re.findall(r"[^\W_]+", _HINT.sub(" ", words))
    pattern = re.compile(_JUNK + r"[\W_]{1,9}".join(map(re.escape, parts)) + r"(?!\w)[.,;?!\"»”’]*", re.I)
    return _Label(_normal(" ".join(parts)), pattern, at, value)


def _worded(spoken: Spoken, also: Iterable[str] = ()) -> list[str]:
    return [text for text in dict.fromkeys([*spoken.values(), *also]) if text]


class Form:
    """The words of a profile, to be found in a text."""

    def __init__(self, profile: Profile) -> None:
        self.questions: list[_Label] = []
        self.options: dict[str, list[_Label]] = {}
        self.headings = [_label(text) for spoken in (profile.label, *profile.headings) for text in _worded(spoken)]
        for question in profile.questions:
            self.questions += [_label(text, question) for text in _worded(question.ask, question.also)]
            self.options[question.field] = [
                _label(text, question, value) for value, spoken in question.options.items() for text in _worded(spoken)
            ]  # fmt: skip
        every = [*self.headings, *self.questions, *(option for many in self.options.values() for option in many)]
        self.known = {label.text for label in every}

    def question(self, line: str) -> tuple[_Label, str] | None:
        """The question a line begins with, and what follows it."""
        found = _longest(self.questions, line)
        if found is not None:
            rest = _HINT.sub(" ", found[1], count=1) if found[1].lstrip().startswith("(") else found[1]
            return found[0], rest
        head, _, rest = line.partition("\t") if "\t" in line else line.partition(":")
        like = _closest(self.questions, _HINT.sub(" ", head))
        return (like, rest) if like is not None else None


def _longest(labels: Iterable[_Label], line: str) -> tuple[_Label, str] | None:
    hits = [(label, match) for label in labels if (match := label.pattern.match(line))]
    if not hits:
        return None
    label, match = max(hits, key=lambda hit: len(hit[0].text))
    return label, line[match.end() :]


def _closest(labels: Iterable[_Label], text: str) -> _Label | None:
    normal = _normal(text)
    near = [label for label in labels if not label.short and abs(len(label.text) - len(normal)) <= len(label.text) // 5]
    best, found = LIKE, None
    for label in near:
        matcher = SequenceMatcher(None, label.text, normal)
        if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best and matcher.ratio() >= best:
            best, found = matcher.ratio(), label
    return found


def recognise(lines: Iterable[str], profile: Profile | None = None, *, paragraphs: bool = False) -> Answers:
    """Read the lines of a filled form. paragraphs: each line is a whole one, as a word processor has them."""
    reader = _Reader(Form(profile or profiles.bundled("iopd")), paragraphs)
    for line in _joined([_trim(line) for line in lines], reader.form):
        reader.take(line)
    return reader.done()


def _trim(line: str) -> str:
    """A line without characters that no text has, and with gaps of a length that patterns can be tried on."""
    return re.sub(r"\s{9,}", lambda gap: "\t" if "\t" in gap.group() else "  ", line.replace("\0", " ").rstrip())


def _joined(lines: list[str], form: Form) -> Iterator[str]:
    """Lines, with labels that were broken over several of them put together again."""
    n = 0
    while n < len(lines):
        head = _normal(lines[n])
        span = 1
        if len(head) > 8 and head not in form.known and any(known.startswith(head + " ") for known in form.known):
            for more in range(2, WRAPPED + 1):
                whole = " ".join(line.strip() for line in lines[n : n + more])
                if any(_normal(_MARK.sub(" ", whole)) == known for known in form.known):
                    span = more
                    break
        yield " ".join(line.strip() for line in lines[n : n + span]) if span > 1 else lines[n]
        n += span


class _Reader:
    def __init__(self, form: Form, paragraphs: bool = False) -> None:
        self.form, self.paragraphs, self.found = form, paragraphs, Answers()
        self.at: Question | None = None
        self.long = False  # reading a long answer
        self.last = ""  # the choice read last, which a mark on a line of its own belongs to
        self.parts: dict[str, list[str]] = {}

    def take(self, line: str) -> None:
        """Read one line."""
        if not line.strip():
            if self.long and self.at:
                self.parts.setdefault(self.at.field, []).append("")
            return
        if self._is_heading(line):
            return
        asked = self.form.question(line)
        if asked is not None and self._may_begin(asked[0], line, asked[1]):
            self._begin(*asked)
        elif self.at is not None and self.at.options:
            self._choices(line)
        else:
            self._text(line)

    def _is_heading(self, line: str) -> bool:
        if _FURNITURE.fullmatch(line):
            return True
        normal = _normal(line)
        if not any(label.text == normal for label in self.form.headings):
            return False
        self.last = ""
        return True

    def _may_begin(self, label: _Label, line: str, rest: str) -> bool:
        """Within a long answer a line may happen to begin like a question; an answer's own words are not to be torn."""
        assert label.at is not None
        if not self.long:
            return not label.short or bool(re.match(r"\s*(?:[:\t*|]|$)", rest)) or label.at is not self.at
        seen = label.at.field in self.parts or label.at.field in self.found.ticks
        alone = not rest.strip(" \t:?*_|.")
        if label.short or not label.at.is_long:
            return not seen and bool(re.match(r"[\W_]*[:\t]", rest) or alone)
        return alone or bool(re.match(r"[\W_]*[:?\t]", rest)) or (not seen and _ITEM.sub("", line).strip()[:1].isupper())

    def _begin(self, label: _Label, rest: str) -> None:
        assert label.at is not None
        self.at, self.long, self.last = label.at, label.at.is_long, ""
        self.found.recognised += 1
        rest = re.sub(r"^[\s:?*_|.]+|[\s*_|]+$", "", rest) if not label.at.options else rest
        if label.at.options:
            self.found.ticks.setdefault(label.at.field, [])
            self._choices(rest)
            return
        kept = self.parts.setdefault(label.at.field, [])
        if kept and self.long:
            kept.append("")  # asked a second time: both answers are kept
        if rest.strip():
            self._text(rest)

    def _text(self, text: str) -> None:
        if self.at is None or self.at.options:
            self.found.unplaced.append(text.strip())
            return
        kept = self.parts.setdefault(self.at.field, [])
        if self.long:
            if self.paragraphs and kept and kept[-1] and not (_ITEM.match(kept[-1]) and _ITEM.match(text)):
                kept.append("")  # else Markdown would run them together
            kept.append(text.rstrip().replace(DRAWN, " ", 1) if _DRAWN.match(text) else text.rstrip())
        elif not any(kept):
            kept.append(" ".join((_DRAWN.sub("", text) if self.paragraphs else text).split()))
        else:
            self.found.unplaced.append(text.strip())

    def _choices(self, line: str) -> None:
        """Choices with their marks, one or several on a line; a mark stands behind its choice, or before it where the
        line begins with one."""
        assert self.at is not None
        rest = _BULLET.sub("", line.strip(" \t:*_|"), count=1)
        if _ONLY_MARKS.fullmatch(rest):
            if re.search(TICK, rest) and self.last:
                self._tick(self.last)
            elif re.search(TICK, rest):
                self.found.unplaced.append(line.strip())
            return
        before, pending, last = bool(_MARK.match(rest)), False, self.last
        while rest := rest.strip(" \t:;,*_|"):
            mark = _MARK.match(rest)
            if mark:
                rest = rest[mark.end() :]
                if mark["tick"] and before:
                    pending = True
                elif mark["tick"] and last:
                    self._tick(last)
                elif mark["tick"] and self.found.unplaced:
                    self.found.unplaced[-1] += " ✓"
                continue
            option = _longest(self.form.options[self.at.field], rest) or self._misspelt(rest)
            if option is None:
                rest, last = self._beside(rest, last)
                continue
            last, rest = option[0].value, option[1]
            if pending:
                self._tick(last)
                pending = False
            if last == "other" and self.at.other:
                rest = self._specified(_HINT.sub(" ", rest, count=1), last)
        self.last = last

    def _misspelt(self, rest: str) -> tuple[_Label, str] | None:
        piece = rest.split("\t")[0]
        mark = _MARK.search(piece)
        head = piece[: mark.start()] if mark else piece
        like = _closest(self.form.options[self.at.field if self.at else ""], head)
        return (like, rest[len(head) :]) if like is not None else None

    def _specified(self, rest: str, value: str) -> str:
        """The words after "other (specify)"; answers the marks behind them."""
        end = len(rest)
        for mark in reversed(list(_MARK.finditer(rest))):
            if rest[mark.end() : end].strip():
                break
            end = mark.start()
        said = rest[:end]
        said = re.sub(r"^[\s:*_|.…-]+|[\s:*_|]+$", "", said)
        if said and self.at and not self.parts.get(self.at.other):
            self.parts[self.at.other] = [" ".join(said.split())]
        elif said:
            self.found.unplaced.append(said)
        return rest[end:]

    def _beside(self, rest: str, last: str) -> tuple[str, str]:
        """Words among the choices that name none of them: up to the next mark they are kept as they are, and that is theirs."""
        mark = next((m for m in _MARK.finditer(rest) if m.start() > 0), None)
        end = mark.start() if mark else len(rest)
        if re.search(r"\w", rest[:end]):
            self.found.unplaced.append(rest[:end].strip())
            last = ""
        return rest[end:], last

    def _tick(self, value: str) -> None:
        assert self.at is not None
        ticked = self.found.ticks.setdefault(self.at.field, [])
        if value not in ticked:
            ticked.append(value)

    def done(self) -> Answers:
        for name, lines in self.parts.items():
            text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
            if text:
                self.found.texts[name] = text
        return self.found


def is_furniture(line: str) -> bool:
    """Whether a line is only the award's own heading, as it stands on top of every page."""
    return bool(_FURNITURE.fullmatch(line)) or _normal(line) == "application form"
