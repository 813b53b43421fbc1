"""A form as a Word document: filled, or empty to be filled in by hand or on a screen. What is written here, `formfile` reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from hub.api import items
from hub_cases.profiles import in_language

if TYPE_CHECKING:
    from markdown_it.token import Token

    from hub_cases.submitting import Sheet

TICKED, EMPTY = "☒", "☐"
REGIONS = {"en": "en-GB", "ru": "ru-RU"}


def as_docx(sheet: Sheet) -> bytes:
    """The form as a document, its long answers with their lists and emphasis as a word processor has them."""
    document = _begun(sheet)
    document.add_heading(in_language(sheet.profile.label, sheet.language), 1)
    for answer in sheet.answers:
        ask = in_language(answer.question.ask, sheet.language)
        if answer.boxes:
            document.add_heading(ask, 2)
            for ticked, words in answer.boxes:
                document.add_paragraph(f"{TICKED if ticked else EMPTY} {words}")
        elif answer.is_long:
            document.add_heading(ask, 2)
            _write(document, answer.text) if answer.text.strip() else document.add_paragraph()
        else:
            document.add_paragraph().add_run(f"{ask.rstrip(':')}: ").bold = True
            document.paragraphs[-1].add_run(answer.text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _begun(sheet: Sheet) -> Any:
    """A new document: A4, black headings, and the language by which a word processor checks its spelling."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Mm, RGBColor

    document = docx.Document()
    told = document.core_properties
    told.title, told.author, told.language = sheet.title, str(items.site()["name"]), sheet.language
    for spoken in document.styles.element.iter(qn("w:lang")):
        spoken.set(qn("w:val"), REGIONS.get(sheet.language, sheet.language))
    for level in (1, 2):
        document.styles[f"Heading {level}"].font.color.rgb = RGBColor(0, 0, 0)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin = page.bottom_margin = Mm(20)
    return document


def _write(document: Any, text: str) -> None:
    """Markdown as paragraphs. A number stands before its item as text: Word would count on from the list before."""
    from docx.shared import Mm

    lists: list[int | None] = []  # of the lists around: the number of the next item, None for bullets
    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(text)
    begins, cells = False, None
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                begins = True
            case "tr_open":
                cells = document.add_paragraph()
            case "tr_close":
                cells = None
            case "fence" | "code_block":
                for line in token.content.rstrip("\n").split("\n"):
                    document.add_paragraph(line)
            case "inline" if cells is not None:
                if cells.runs:
                    cells.add_run("\t")
                _runs(cells, token)
            case "inline":
                bullet = begins and lists[-1] is None
                paragraph = document.add_paragraph(style="List Bullet" if bullet else None)
                paragraph.paragraph_format.left_indent = Mm(7 * len(lists)) if lists else None
                if begins and lists[-1] is not None:
                    paragraph.add_run(f"{lists[-1]}. ")
                    lists[-1] += 1
                begins = False
                _runs(paragraph, token)


def _runs(paragraph: Any, inline: Token) -> None:
    """The words of a line; where a link leads stands behind it, for the paper."""
    bold = italic = struck = 0
    address = ""
    for piece in inline.children or []:
        match piece.type:
            case "strong_open" | "strong_close":
                bold += piece.nesting
            case "em_open" | "em_close":
                italic += piece.nesting
            case "s_open" | "s_close":
                struck += piece.nesting
            case "link_open":
                address = str(piece.attrs.get("href", ""))
            case "link_close":
                if not paragraph.text.endswith(address.removeprefix("mailto:")):
                    paragraph.add_run(f" ({items.absolute(address)})")
            case "hardbreak":
                paragraph.add_run().add_break()
            case _:
                run = paragraph.add_run(" " if piece.type == "softbreak" else piece.content)
                run.bold, run.italic, run.font.strike = bold > 0 or None, italic > 0 or None, struck > 0 or None
