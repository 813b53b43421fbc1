"""XLSX in and out. In: the first sheet, checked before it is unpacked, cells as people see them. Out: no formulas."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from hub.api import Listing, gettext, items

ENTRIES, UNPACKED = 2000, 200_000_000  # a workbook has some dozens of parts; 100,000 rows unpack to about 60 MB
STRINGS = 60_000_000  # of these the texts, which are held in memory
HEADER_WITHIN = 20  # rows above the names of the columns
CELL = 32_767  # characters, more no spreadsheet takes
MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARED = re.compile(rb"<!(?!--)")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def check(path: Path) -> None:
    """Refuse what is no workbook or unpacks to too much, by the archive's list of contents alone. Raises ValueError."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
            if len(parts) > ENTRIES or texts > STRINGS or sum(part.file_size for part in parts) > UNPACKED:
                raise ValueError(gettext("this workbook unpacks to more than we take; save the sheet as CSV"))
            if not any(part.filename == "[Content_Types].xml" for part in parts):
                raise ValueError(gettext("this is no XLSX workbook"))
            for part in parts:  # no part of a real workbook declares a document type; entities hide there
                if part.filename.endswith((".xml", ".rels")) and _DECLARED.search(archive.open(part).read(500)):
                    raise ValueError(gettext("this is no XLSX workbook"))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise ValueError(gettext("this is no XLSX workbook")) from None


class Sheet:
    """The first sheet of a workbook: names of the columns, then rows. unread: the names of further sheets with something in them."""

    def __init__(self, path: Path) -> None:
        """Find the row with the names. Raises ValueError."""
        check(path)
        self.path = path
        top: list[list[str]] = []
        opened = self._worksheet()
        with opened as rows:
            self.total = 0
            for cells in rows:
                if len(top) < HEADER_WITHIN:
                    top.append(cells)
                self.total += 1 if any(cells) else 0
            first, *further = opened.book.worksheets
            self.title, self.unread = first.title, [sheet.title for sheet in further if _has_cells(sheet)]
        self._header = _header(top)
        from .reading import column_names

        self.names = column_names(_trimmed(top[self._header]))
        self.total -= sum(1 for cells in top[: self._header + 1] if any(cells))

    def rows(self) -> Iterator[tuple[int, dict[str, Any] | Exception]]:
        """(row of the sheet, cells by column)."""
        from .reading import as_row

        with self._worksheet() as rows:
            for number, cells in enumerate(rows, 1):
                if number > self._header + 1 and any(cell.strip() for cell in cells):
                    yield number, as_row(self.names, cells)

    def _worksheet(self) -> Any:
        return _Opened(self.path)


class _Opened:
    """The first sheet's rows while the workbook is open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Iterator[list[str]]:
        from openpyxl import load_workbook

        try:
            self.book = load_workbook(self.path, read_only=True, data_only=True, keep_links=False)
            sheet = self.book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong one
        except Exception as error:  # openpyxl raises whatever comes up in a damaged file
            raise ValueError(gettext("this is no XLSX workbook")) from error
        return self._rows(sheet)

    def __exit__(self, *_: object) -> None:
        self.book.close()

    def _rows(self, sheet: Any) -> Iterator[list[str]]:
        try:
            for row in sheet.iter_rows():
                yield [as_seen(cell.value, cell.number_format) if cell.value is not None else "" for cell in row]
        except Exception as error:
            raise ValueError(gettext("this workbook is damaged; open it, save it anew and try again")) from error


def _has_cells(sheet: Any) -> bool:
    """Whether the first rows of a sheet hold anything: old programs give every workbook two empty sheets more."""
    sheet.reset_dimensions()
    with suppress(Exception):  # damaged, and nothing of it is wanted
        return any(cell.value is not None for row in sheet.iter_rows(max_row=HEADER_WITHIN) for cell in row)
    return False


def _header(top: Sequence[Sequence[str]]) -> int:
    """The first row that names at least half as many columns as the widest of the first rows fills."""
    widths = [sum(1 for cell in cells if cell.strip()) for cells in top]
    if not any(widths):
        raise ValueError(gettext("the first sheet is empty"))
    return next(n for n, width in enumerate(widths) if width and width * 2 >= max(widths))


def _trimmed(cells: Sequence[str]) -> list[str]:
    last = max((n for n, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return list(cells[:last])


def as_seen(value: Any, shown: str = "General") -> str:
    """A cell's value as the sheet shows it: dates as exactly as their format, whole numbers whole, codes with their zeros.

    Decimal places stay as they are stored, for a coordinate that is shown short must not become short.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime | dt.date):
        return _date(value, _QUOTED.sub("", shown.split(";")[0]).lower())
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, int | float):
        return _number(value, _QUOTED.sub("", shown.split(";")[0]))
    text = str(value)
    return "" if text.startswith("#") and text.rstrip("!?").isupper() and len(text) < 9 else text  # #N/A, #REF!


def _date(value: dt.date, shown: str) -> str:
    if isinstance(value, dt.datetime) and ("h" in shown or value.time() != dt.time()):
        return f"{value:%Y-%m-%d %H:%M}"
    if "d" in shown or not re.search(r"[my]", shown):
        return f"{value:%Y-%m-%d}"
    return f"{value:%Y-%m}" if "m" in shown else f"{value:%Y}"


def _number(value: float, shown: str) -> str:
    if "%" in shown:
        return f"{_number(round(value * 100, 10), '')}%"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and re.fullmatch(r"0{2,}", shown):
        return f"{value:0{len(shown)}d}"
    return repr(value) if isinstance(value, int) or abs(value) >= 1e-4 else f"{value:.15f}".rstrip("0")


class Writer:
    """A workbook of one sheet, written row by row; `cut` counts the texts that were too long for a cell."""

    def __init__(self) -> None:
        from openpyxl import Workbook

        self.book = Workbook(write_only=True)
        self.sheet = self.book.create_sheet()
        self.cut = 0

    def row(self, cells: Iterable[Any]) -> None:
        """Add a row; a text stays a text, whatever it begins with, and numbers are numbers."""
        from openpyxl.cell import WriteOnlyCell

        row = []
        for value in cells:
            if isinstance(value, str):
                value = _UNSEEN.sub("", value)
                self.cut += len(value) > CELL
            cell = WriteOnlyCell(self.sheet, value[:CELL] if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
            row.append(cell)
        self.sheet.append(row)

    def save(self, file: IO[bytes] | Path) -> None:
        self.book.save(file)


NUMERIC = ("lat", "lon")


def list_as_xlsx(listing: Listing) -> bytes:
    """A list as a workbook: the same cells as its CSV."""
    writer, out = Writer(), io.BytesIO()
    names: list[str] = []
    for cells in items.table(listing.items):
        if not names:
            names = cells
            writer.row(cells)
        else:
            writer.row(float(c) if c and n in NUMERIC else c for n, c in zip(names, cells, strict=True))
    writer.save(out)
    return out.getvalue()
