"""What a group wrote on paper: a pasted list or a Word file becomes rows, sorted where its headings say how."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from zipfile import BadZipFile, ZipFile

from flask_babel import force_locale

from hub.api import fold, gettext, items
from hub_labs.board import LONGEST
from hub_labs.lab import STAKEHOLDERS

Found = tuple[str, int | None, str]  # text, number of the question, stakeholder
MAX_ROWS, MAX_BYTES, MAX_UNPACKED = 300, 4_000_000, 40_000_000
STEM = 5  # letters of a stakeholder's name that stay the same in every case ("бизнес", "Требования к бизнесу")
_MARK = re.compile(r"^\s*(?:[-–—*•·▪◦●]+|\(?\d{1,3}[.)]|[a-zа-яё][.)])\s+", re.I)
_ASKS = re.compile(r"\b(require\w*|demand\w*|требован\w*|обращен\w*)\b", re.I)


def from_docx(data: bytes) -> list[str]:
    """The paragraphs of a Word file, those in tables included. Raises ValueError with a sentence."""
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    problem = gettext("This file cannot be read as a Word document (.docx). Save it anew from Word, or paste the text.")
    if len(data) > MAX_BYTES:
        raise ValueError(gettext("The file is larger than 4 MB. Paste the text, or save it without pictures."))
    try:
        with ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise ValueError(problem)
        made = Document(io.BytesIO(data))
        found = [paragraph.text for paragraph in made.paragraphs]
        found += [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    except (BadZipFile, PackageNotFoundError, KeyError, OSError, SyntaxError):  # SyntaxError: lxml's for broken XML
        raise ValueError(problem) from None
    return found


def sort(paragraphs: Sequence[str], questions: Sequence[Sequence[str]]) -> list[Found]:
    """Rows of a list. questions: the key questions in each language. A line that repeats a key question, or names a
    stakeholder ("Requirements to business:"), sorts what follows it. Raises ValueError where there is too much."""
    found: list[Found] = []
    question: int | None = None
    stakeholder, seen = "", set[tuple[str, int | None, str]]()
    for line in _lines(paragraphs):
        heading = _heading(line, questions)
        if heading is not None:
            question, stakeholder = heading
            continue
        row = (_MARK.sub("", line).strip()[:LONGEST], question, stakeholder)
        if row[0] and row not in seen:
            seen.add(row)
            found.append(row)
    if len(found) > MAX_ROWS:
        raise ValueError(gettext("More than %(num)s lines at once. Take them in several parts.", num=MAX_ROWS))
    return found


def _lines(paragraphs: Sequence[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from (line.strip() for line in paragraph.replace("\r", "\n").split("\n") if line.strip())


def _plain(text: str) -> str:
    return fold(_MARK.sub("", text)).strip(" :?.!")


def _heading(line: str, questions: Sequence[Sequence[str]]) -> tuple[int | None, str] | None:
    """What a line sorts, where it is a heading: (question, "") or (None, stakeholder)."""
    plain = _plain(line)
    for asked in questions:
        for number, question in enumerate(asked):
            if plain == _plain(question):
                return number, ""
    if len(plain) > 90 or not (line.rstrip().endswith(":") or _ASKS.search(line)):
        return None
    words = plain.split()
    for choice in STAKEHOLDERS:
        for code in items.site()["languages"]:
            with force_locale(code):
                stems = [word[:STEM] for word in fold(str(choice.label)).split()]
            if all(any(word.startswith(stem) for word in words) for stem in stems):
                return None, choice.value
    return None
