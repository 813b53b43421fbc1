"""The annual report as a Word document: what its page says, number by number, each with the list that it counts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal

from hub.api import gettext, items, ngettext
from hub_feedback import report

if TYPE_CHECKING:
    from hub_feedback.year import Year

REGIONS = {"en": "en-GB", "ru": "ru-RU"}


def document(year: Year, language: str) -> bytes:
    """The report; numbers and titles are links. language: of its words, by which a word processor checks its spelling."""
    made = _begun(year, language)
    made.add_heading(f"{year.name}: {gettext('Annual report %(year)s', year=year.number)}", 0)
    made.add_heading(gettext("The year in figures"), 1)
    table = _table(made, [gettext("What"), gettext("Number")])
    for label, number, address in (*year.lead, *year.figures):
        cells = _row(table, [str(label), ""])
        _link(cells[1].paragraphs[0], format_decimal(number), items.absolute(address) if address else "")
    if year.nothing:
        made.add_paragraph(gettext("Nothing was counted of: %(what)s.", what="; ".join(year.nothing)))
    if year.best:
        made.add_heading(gettext("Rated best"), 1)
    for item, line in year.best:
        entry = made.add_paragraph(style="List Number")
        _link(entry, item.title, items.as_json(item)["url"])
        average = format_decimal(round(line.tally.average or 0, 1))
        entry.add_run(f" — {gettext('%(average)s of 5, %(number)s ratings', average=average, number=line.tally.ratings)}")
    if year.met:
        made.add_heading(gettext("Wishes that came true"), 1)
    for wish, votes in year.met:
        entry = made.add_paragraph(style="List Bullet")
        _link(entry, wish.title, items.as_json(wish)["url"])
        for end in wish.links.get("became", ()):
            entry.add_run(" → ")
            _link(entry, end.title, items.absolute(end.url))
        entry.add_run(f" — {ngettext('%(num)s vote', '%(num)s votes', votes)}")
    _reach(made, year)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _begun(year: Year, language: str) -> Any:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm

    made = Document()
    told, page = made.core_properties, made.sections[0]
    told.title, told.author = gettext("Annual report %(year)s", year=year.number), year.name
    told.language = language
    for spoken in made.styles.element.iter(qn("w:lang")):
        spoken.set(qn("w:val"), REGIONS.get(language, language))
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)
    return made


def _reach(made: Any, year: Year) -> None:
    """Whom the year reached: a table each by kind, format, topic and place."""
    known = year.numbers.known
    if year.reached:
        made.add_heading(gettext("Whom we reached"), 1)
    for title, lines in year.reached:
        made.add_heading(title, 2)
        table = _table(made, [gettext("What"), gettext("Entries counted"), *(_upper(report.REACH[name]) for name in known)])
        for line in lines:
            numbers = [format_decimal(line.reach[name]) if name in line.reach else "—" for name in known]
            _row(table, [_upper(line.label), format_decimal(line.items), *numbers])


def _upper(label: Any) -> str:
    return str(label)[:1].upper() + str(label)[1:]


def _table(made: Any, head: Sequence[str]) -> Any:
    """A table whose head stands again on every page that it goes on to."""
    from docx.oxml import OxmlElement

    table = made.add_table(rows=0, cols=len(head), style="Light List")
    _row(table, head)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    return table


def _row(table: Any, texts: Sequence[str]) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    cells = table.add_row().cells
    for n, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.text = text
        if n:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return cells


def _link(paragraph: Any, text: str, address: str) -> None:
    """A piece of text that leads to an address; python-docx has no call for it."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    if not address:
        paragraph.add_run(text)
        return
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)
