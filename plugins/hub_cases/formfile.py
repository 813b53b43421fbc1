"""A filled form as lines of text, out of .docx or plain text; what is huge, broken or no form at all is refused at once."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from hub.api import gettext

LARGEST, UNPACKED, LARGEST_PART, PARTS, LONGEST = 10_000_000, 60_000_000, 6_000_000, 2000, 60_000
BESIDE = re.compile(r"/word/(header|footer|footnotes|endnotes)\d*\.xml")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SKIPPED = ("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback", f"{W}del", f"{W}moveFrom")
DRAWN = "\u2009"  # thin space between a number that stands in no text, but is drawn by the word processor, and its item
TICKS = {"F0FE", "F0FD", "F0FC", "F052", "F0A8", "2611", "2612", "2713", "2714"}  # of Wingdings and of Unicode


class Unusable(Exception):
    """This file cannot be read; the message says why, to whoever sent it."""


def lines(data: bytes) -> tuple[list[str], list[str]]:
    """(lines of the text, lines that stand beside it: headers, footnotes). A table's row is one line with tabs."""
    if len(data) > LARGEST:
        raise Unusable(gettext("The file is larger than 10 MB."))
    if is_document(data):
        main, beside = _docx(data)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unusable(gettext("This is an old .doc file. Open it and save it as .docx."))
    elif data[:5] in (b"%PDF-", b"{\\rtf"):
        raise Unusable(gettext("Only .docx and plain text can be read. Open it and save it as one of these."))
    else:
        main, beside = re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", _decoded(data)), []
    if sum(map(len, main)) + sum(map(len, beside)) > LONGEST:
        raise Unusable(gettext("This is far longer than a filled form."))
    return main, beside


def is_document(data: bytes) -> bool:
    """Whether it comes from a word processor, so that each of its lines is a paragraph."""
    return data[:4] == b"PK\x03\x04"


def _decoded(data: bytes) -> str:
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(name, "replace")
    if sum(byte < 32 and byte not in (9, 10, 11, 12, 13) for byte in data[:20_000]) * 50 > len(data[:20_000]):
        raise Unusable(gettext("Only .docx and plain text can be read. Open it and save it as one of these."))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        high = re.findall(rb"[\xc0-\xff]{3,}", data)
        name = "cp1251" if sum(map(len, high)) * 2 > sum(byte > 127 for byte in data) else "cp1252"
        # where most of it is UTF-8, a few broken letters must not spoil the rest
        kept = data.decode("utf-8", "replace")
        return kept if kept.count("\ufffd") * 20 < len(re.findall(r"[^\x00-\x7f]", kept)) else data.decode(name, "replace")


def check_zip(data: bytes) -> None:
    """Refuse an archive that would unpack to very much, is encrypted or broken, by its table of contents alone: no
    reader unpacks more of a part than is told there."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, UnicodeDecodeError, NotImplementedError) as error:
        raise Unusable(gettext("The file is broken: it cannot be unpacked.")) from error
    huge = len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED
    if huge or any(part.file_size > LARGEST_PART for part in parts if part.filename.endswith((".xml", ".rels"))):
        raise Unusable(gettext("Unpacked, the file would be far larger than any form."))
    if any(part.flag_bits & 1 for part in parts):
        raise Unusable(gettext("The file is locked with a password."))
    if "word/document.xml" not in {part.filename for part in parts}:
        raise Unusable(gettext("This is no .docx document."))


def _docx(data: bytes) -> tuple[list[str], list[str]]:
    import docx
    from docx.exceptions import PythonDocxError
    from docx.oxml import parse_xml
    from lxml.etree import LxmlError

    check_zip(data)
    try:
        document = docx.Document(io.BytesIO(data))
        lists = _Lists(document.part)
        beside = [
            line for part in document.part.package.iter_parts() if BESIDE.fullmatch(str(part.partname))
            for line in _blocks(parse_xml(part.blob), lists)
        ]  # fmt: skip
        return list(_blocks(document.element.body, lists)), [line for line in beside if line.strip()]
    except (LxmlError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, AttributeError, TypeError, OSError,
            NotImplementedError, RecursionError, AssertionError, IndexError, PythonDocxError) as error:  # fmt: skip
        raise Unusable(gettext("The file is broken: it cannot be read as a .docx document.")) from error


def _blocks(root: Any, lists: _Lists) -> Iterator[str]:
    """The lines of a part: a paragraph each, a row of a table each, in whatever they are nested."""
    for block in root.iterchildren():
        if block.tag == f"{W}tbl":
            for row in block.iterchildren(f"{W}tr"):
                cells = [cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is row]
                texts = [[line for line in _blocks(cell, lists) if line.strip()] for cell in cells]
                if max(map(len, texts), default=0) > 1:  # cells with paragraphs of their own stay paragraphs
                    yield from (line for text in texts for line in text)
                else:
                    yield "\t".join(text[0] if text else "" for text in texts)
        elif block.tag == f"{W}p":
            first, *others = _text(block).split("\n")
            yield lists.mark(block) + first if first.strip() else first
            yield from others
        elif block.tag not in SKIPPED:
            yield from _blocks(block, lists)


class _Lists:
    """What a word processor draws before items of lists: it is written in no paragraph."""

    def __init__(self, part: Any) -> None:
        root = next((rel.target_part.element for rel in part.rels.values() if rel.reltype.endswith("/numbering")), None)
        kinds = {} if root is None else {kind.get(f"{W}abstractNumId"): kind for kind in root.iterfind(f"{W}abstractNum")}
        self.formats: dict[tuple[str, str], str] = {}  # (list, level) → format of its numbers
        self.counts: dict[tuple[str, str], int] = {}
        for one in [] if root is None else root.iterfind(f"{W}num"):
            kind = kinds.get(_value(one, "abstractNumId"))
            for level in [] if kind is None else kind.iterfind(f"{W}lvl"):
                self.formats[one.get(f"{W}numId", ""), level.get(f"{W}ilvl", "0")] = _value(level, "numFmt")

    def mark(self, paragraph: Any) -> str:
        """What stands before a paragraph: "- ", its number, or nothing where it is no item."""
        number, level = _value(paragraph, "pPr", "numPr", "numId"), _value(paragraph, "pPr", "numPr", "ilvl") or "0"
        style = _value(paragraph, "pPr", "pStyle")
        if number == "0" or not (number or style.startswith(("ListBullet", "ListNumber"))):
            return ""
        if self.formats.get((number, level), "bullet") in ("bullet", "none", "") and (number or style.startswith("ListBullet")):
            return "- "
        at = (number or style, level)
        self.counts = {known: count for known, count in self.counts.items() if known[0] != at[0] or known[1] <= level}
        self.counts[at] = self.counts.get(at, 0) + 1
        return f"{self.counts[at]}.{DRAWN}"


def _value(element: Any, *path: str) -> str:
    """The value of what lies at a path below an element; empty where there is none."""
    found = element.find("/".join(W + name for name in path))
    return "" if found is None else str(found.get(f"{W}val", ""))


def _text(paragraph: Any) -> str:
    said: list[str] = []
    for piece in paragraph.iter():
        if any(above.tag in SKIPPED for above in piece.iterancestors()):
            continue
        if piece.tag == f"{W}t":
            said.append(piece.text or "")
        elif piece.tag == f"{W}tab" and piece.getparent().tag == f"{W}r":
            said.append("\t")
        elif piece.tag in (f"{W}br", f"{W}cr") or (piece.tag == f"{W}p" and piece is not paragraph):
            said.append("\n")
        elif piece.tag == f"{W}sym":
            said.append("☒" if piece.get(f"{W}char", "").upper() in TICKS else "☐")
        elif piece.tag == f"{W}checkBox":  # a box of an old-style form
            on = piece.find(f"{W}checked")
            on = piece.find(f"{W}default") if on is None else on
            said.append("☐ " if on is None or on.get(f"{W}val", "1") in ("0", "false") else "☒ ")
    return "".join(said)
