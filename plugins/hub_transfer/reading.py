"""Files of rows: CSV, JSONL, JSON, XLSX and whatever plugins read, one row at a time."""

from __future__ import annotations

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hub.api import gettext, items

from . import sheets

LOST = "\ufffd"  # stands where bytes are no character
TABLES, LINES = (".csv", ".tsv", ".txt"), (".jsonl", ".ndjson")
Numbered = tuple[int, dict[str, Any] | Exception]


class Unusable(Exception):
    """The file, the mapping or the import cannot be used at all; nothing was done."""


class Source:
    """A file of rows. names: its columns, in order; whole: its rows are documents of an export; total: how many rows;
    maps: "column=field" that the format fixes; notes: what the reader should know."""

    def __init__(self, path: Path, name: str = "") -> None:
        """Look through the file once. Raises Unusable."""
        self.path, self.name = path, name or path.name
        self.suffix = Path(self.name).suffix.lower()
        self.maps: tuple[str, ...] = ()
        self.notes: list[str] = []
        self._kept: list[Numbered] | None = None
        self._flawed = False
        if not path.is_file():
            raise Unusable(gettext("there is no file %(name)s", name=name or path))
        if self.suffix == ".xlsx":
            self._open_sheet()
        elif self.suffix in TABLES:
            self._open_table()
        elif self.suffix in (*LINES, ".json"):
            self._encoding = self._find_encoding()
            if self.suffix == ".json" and not self._kept_by("json"):
                self._kept = list(self._json_list())
            self._look_through()
        else:
            self._open_other()

    def rows(self) -> Iterator[Numbered]:
        """(row number, row or what is wrong with it), from the beginning."""
        if self._kept is not None:
            return iter(self._kept)
        if self.suffix in LINES:
            return self._json_lines()
        if self.suffix == ".xlsx":
            return (pair for pair in self._sheet.rows())
        return self._table_rows()

    def _look_through(self) -> None:
        names: dict[str, None] = {}
        self.whole, self.total, proper = True, 0, 0
        for _, row in self.rows():
            self.total += 1
            if isinstance(row, dict):
                proper += 1
                names.update(dict.fromkeys(row))
                self.whole = self.whole and "kind" in row and ("texts" in row or "topic" in row)
        self.names, self.whole = list(names), self.whole and proper > 0

    # -- tables -----------------------------------------------------------------------------------------------------

    def _open_table(self) -> None:
        csv.field_size_limit(10_000_000)
        self._encoding = self._find_encoding()
        self.whole = False
        try:  # read as a row: a quoted name may hold any of the signs, and a line break
            heads = {sign: self._head(sign) for sign in ",;\t"}
        except StopIteration:
            raise Unusable(gettext("the file is empty")) from None
        except csv.Error:
            raise Unusable(_too_long()) from None
        self._delimiter = max(heads, key=lambda sign: len(heads[sign]))
        self.names = column_names(heads[self._delimiter])
        self.total = sum(1 for _ in self._table_rows())

    def _head(self, delimiter: str) -> list[str]:
        with self._opened() as file:
            return next(csv.reader(file, delimiter=delimiter))

    def _table_rows(self) -> Iterator[Numbered]:
        with self._opened() as file:
            records = _records(file, self._delimiter)
            next(records)
            for number, cells in records:
                if isinstance(cells, Exception):
                    yield number, cells
                elif any(cell.strip() for cell in cells):
                    yield number, self._sound(as_row(self.names, cells))

    def _opened(self) -> Any:
        return self.path.open(encoding=self._encoding, errors="replace", newline="")

    def _find_encoding(self) -> str:
        """The encoding by which all of the file can be read."""
        with self.path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                if not self._decodes("utf-16"):
                    raise Unusable(gettext("%(name)s begins like UTF-16 and is not; save it as UTF-8", name=self.name))
                return "utf-16"
        if self._decodes("utf-8-sig"):
            return "utf-8-sig"
        if self._is_mostly_utf8():
            self._flawed = True
            return "utf-8-sig"
        if self._decodes("windows-1251"):
            self.notes.append(gettext("%(name)s is not UTF-8; it was read as %(encoding)s", name=self.name, encoding="windows-1251"))
            return "windows-1251"
        raise Unusable(gettext("%(name)s is neither UTF-8 nor windows-1251; save it as UTF-8", name=self.name))

    def _decodes(self, encoding: str) -> bool:
        decoder = codecs.getincrementaldecoder(encoding)()
        with self.path.open("rb") as file:
            try:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", True)
            except UnicodeDecodeError:
                return False
        return True

    def _is_mostly_utf8(self) -> bool:
        """Whether only some bytes are broken: read as windows-1251, every letter of such a file would turn into two others."""
        good = broken = 0
        with self.path.open(encoding="utf-8-sig", errors="replace") as file:
            while block := file.read(1 << 20):
                broken += (lost := block.count(LOST))
                good += len(block) - len(block.encode("ascii", "ignore")) - lost
        return good > broken

    def _sound(self, row: dict[str, Any] | Exception) -> dict[str, Any] | Exception:
        """The row, unless some of its bytes could not be read."""
        if self._flawed and isinstance(row, dict) and LOST in json.dumps(row, ensure_ascii=False):
            return ValueError(gettext("it has characters that cannot be read: save the file as UTF-8"))
        return row

    # -- JSON -------------------------------------------------------------------------------------------------------

    def _json_lines(self) -> Iterator[Numbered]:
        with self.path.open(encoding=self._encoding, errors="replace", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, self._sound(_json_object(line))

    def _json_list(self) -> Iterator[Numbered]:
        try:
            body = json.loads(self.path.read_text(encoding=self._encoding, errors="replace"))
        except (ValueError, RecursionError) as error:
            raise Unusable(_no_json(error)) from None
        rows = body.get("items") if isinstance(body, dict) else body
        if not isinstance(rows, list):
            raise Unusable(gettext("a list [{…}, …] or an object with “items” is expected"))
        for number, row in enumerate(rows, 1):
            yield number, self._sound(row) if isinstance(row, dict) else ValueError(gettext("a row must be an object {…}"))

    # -- spreadsheets and formats of plugins --------------------------------------------------------------------------

    def _open_sheet(self) -> None:
        try:
            self._sheet = sheets.Sheet(self.path)
        except ValueError as error:
            raise Unusable(f"{self.name}: {error}") from None
        self.names, self.total, self.whole = self._sheet.names, self._sheet.total, False
        if self._sheet.unread:
            self.notes.append(
                gettext(
                    "Only the first sheet, “%(first)s”, is read, and nothing of: %(others)s. Save those as files of their own.",
                    first=self._sheet.title,
                    others=", ".join(self._sheet.unread),
                )
            )

    def _open_other(self) -> None:
        importer = items.importers().get(self.suffix.removeprefix("."))
        if importer is None:
            more = "".join(f", {label}" for label in dict.fromkeys(str(i.label) for i in items.importers().values()))
            raise Unusable(
                gettext(
                    "%(name)s: CSV, JSONL or JSON, XLSX%(more)s is expected, by the end of the name",
                    name=self.name,
                    more=more,
                )
            )
        self._kept_by(self.suffix.removeprefix("."))
        self._look_through()

    def _kept_by(self, ending: str) -> bool:
        """Let the plugin that reads this ending read it; False where there is none, or where it finds nothing of its own."""
        importer = items.importers().get(ending)
        if importer is None:
            return False
        try:
            kept = [(number, _plain(row)) for number, row in importer.read(self.path.read_bytes())]
        except Exception as error:  # whatever a plugin raises: this file is nothing for it
            reason = str(error) or type(error).__name__
            raise Unusable(
                gettext(
                    "%(name)s cannot be read as %(format)s: %(error)s",
                    name=self.name,
                    format=importer.label,
                    error=reason,
                )
            ) from error
        if kept or ending != "json":
            self._kept, self.maps = kept, importer.maps
        return bool(kept)


def known_endings() -> list[str]:
    """The ends of names that can be read, with their dots."""
    return list(dict.fromkeys((*TABLES, *LINES, ".json", ".xlsx", *(f".{end}" for end in items.importers()))))


def column_names(cells: Iterable[str]) -> list[str]:
    """The names of columns: one that has none gets its number, one that comes twice gets a number behind it."""
    names: list[str] = []
    for n, cell in enumerate(cells, 1):
        name = wanted = " ".join(cell.split()) or gettext("column %(number)s", number=n)
        again = 2
        while name in names:
            name, again = f"{wanted} ({again})", again + 1
        names.append(name)
    return names


def as_row(names: list[str], cells: list[str]) -> dict[str, Any] | Exception:
    """Cells by the names of their columns; empty cells beyond the last column do not count."""
    while len(cells) > len(names) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(names):
        return ValueError(gettext("%(have)s cells where the header has %(names)s", have=len(cells), names=len(names)))
    return dict(zip(names, cells, strict=False))


def _records(file: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str] | Exception]]:
    """(number of its last line, cells) of each record. A quotation mark that is opened and not closed is a fault of its own
    line: the lines that it would swallow, perhaps all to the end of the file, are read as if it were not there."""
    source, again, number = iter(file), deque[str](), 0
    while True:
        taken: list[str] = []
        try:
            cells: list[str] | Exception = next(csv.reader(_recorded(source, again, taken), delimiter=delimiter))
        except StopIteration:
            return
        except csv.Error:
            cells = ValueError(_too_long())
        if len(taken) > 1 and not _is_closed(taken, delimiter):
            cells = ValueError(gettext("a quotation mark is opened and not closed"))
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
        number += len(taken)
        yield number, cells


def _recorded(source: Iterator[str], again: deque[str], taken: list[str]) -> Iterator[str]:
    while (line := again.popleft() if again else next(source, None)) is not None:
        taken.append(line)
        yield line


def _is_closed(lines: list[str], delimiter: str) -> bool:
    """Whether these lines are one record, strictly read."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _json_object(line: str) -> dict[str, Any] | Exception:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return ValueError(_no_json(error, of_line=True))
    return row if isinstance(row, dict) else ValueError(gettext("a row must be an object {…}"))


def _no_json(error: Exception, of_line: bool = False) -> str:
    """Where JSON ends to be JSON, as a sentence."""
    if not isinstance(error, json.JSONDecodeError):
        return gettext("this is not JSON that can be read here: it is nested too deeply, or a number is too long")
    if of_line:
        return gettext("this line is not JSON: look at its character %(column)s", column=error.colno)
    return gettext("the file is not JSON: look at line %(line)s, character %(column)s", line=error.lineno, column=error.colno)


def _too_long() -> str:
    """The one fault that a table can have for its reader."""
    return gettext("a cell is longer than 10 million characters; perhaps a quotation mark is opened and not closed")


def _plain(row: Any) -> dict[str, Any] | Exception:
    return row if isinstance(row, Exception) else dict(row)
