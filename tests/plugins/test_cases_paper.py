"""Forms on paper and as documents: filled from a practice, empty for a meeting, and back into the library."""

import io
import re

import docx
import pytest
from suggesting import Fields, main, words

from hub.store import db
from hub.testing.fixtures import sign_in

STORY = """Five sessions:

- **First Saturday.** A walk, in the *rain*.
- Second: [witnesses](https://example.org/w).

1. Draw lots.
2. Listen.

And it was built."""


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "cases"]), strict=True)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def told(app):
    """A practice with lists, emphasis and a link in its answers."""
    from hub.api import items

    with app.app_context(), db.writing():
        texts = {"en": {"title": "A jury", "fields": {"achievement": STORY, "objective": "To *listen*."}},
                 "ru": {"title": "Жюри", "fields": {"achievement": "Сначала **так**."}}}  # fmt: skip
        uid = items.create("case", {"texts": texts, "data": {"start": "2021-09", "aims": ["equality"]}}, status="published").uid
        items.commit()
    return uid


def opened(answer):
    assert answer.status_code == 200
    return docx.Document(io.BytesIO(answer.data))


def imported(editor, document, language="en"):
    """The draft that the desk makes of a document: what stands in its form, by name."""
    out = io.BytesIO()
    document.save(out)
    page = editor.get("/desk/cases/import/form")
    sent = {**Fields(main(page.text)).values, "file": (io.BytesIO(out.getvalue()), "form.docx"), "language": language}
    answer = editor.post("/desk/cases/import/form", data=sent, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == 200
    return Fields(main(answer.text)).values


def test_a_document_has_lists_and_emphasis_and_no_marks_of_markdown(app, told):
    document = opened(sign_in(app, "editor").get(f"/desk/cases/{told}/forms/iopd.docx?language=en"))
    said = [p.text for p in document.paragraphs]
    assert not [line for line in said if "**" in line or "](" in line or line.startswith("- ")]
    first = next(p for p in document.paragraphs if p.text == "First Saturday. A walk, in the rain.")
    assert first.style.name == "List Bullet" and [r.text for r in first.runs if r.bold] == ["First Saturday."]
    assert [r.text for r in first.runs if r.italic] == ["rain"]
    assert "Second: witnesses (https://example.org/w)." in said and "1. Draw lots." in said and "2. Listen." in said
    assert "To listen." in said, "a short answer to a long question, too"


@pytest.mark.parametrize(("language", "region"), [("en", "en-GB"), ("ru", "ru-RU")])
def test_a_document_is_of_this_paper_and_says_its_language(app, told, language, region):
    document = opened(sign_in(app, "editor").get(f"/desk/cases/{told}/forms/iopd.docx?language={language}"))
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert document.core_properties.language == language and f'w:val="{region}"' in document.styles.element.xml
    styles = [p.style.name for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert set(styles) == {"Heading 1", "Heading 2"}, "no level is left out"


def test_what_went_out_as_a_document_comes_in_with_its_lists_and_paragraphs(app, told):
    editor = sign_in(app, "editor")
    fields = imported(editor, opened(editor.get(f"/desk/cases/{told}/forms/iopd.docx?language=en")))
    answer = fields["t.achievement.en"][0]
    assert answer == (
        "Five sessions:\n\n- First Saturday. A walk, in the rain.\n- Second: witnesses (https://example.org/w).\n"
        "1. Draw lots.\n2. Listen.\n\nAnd it was built."
    )
    assert not fields["f.remarks"][0], "the heading of the form is no answer"


def test_paragraphs_of_a_foreign_document_stay_paragraphs(app):
    """A word processor's list is drawn by a number of its own, and its paragraphs have no empty lines between."""
    document = docx.Document()
    for line in ("Title of the experience: Lots", "How have you achieved this objective?", "We wrote letters.", "We waited."):
        document.add_paragraph(line)
    bullets, numbers = 3, 5  # lists of the library's own template
    for line, drawn in (("By post", bullets), ("By hand", bullets), ("First", numbers), ("2. is typed", numbers)):
        item = document.add_paragraph(line)
        item._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = drawn
    document.add_paragraph("Most answered.")
    title = document.paragraphs[0].insert_paragraph_before("Another title", style="List Number")
    title.insert_paragraph_before("Title of the experience")
    document.paragraphs[2]._p.getparent().remove(document.paragraphs[2]._p)
    fields = imported(sign_in(app, "editor"), document)
    assert fields["t.achievement.en"][0] == (
        "We wrote letters.\n\nWe waited.\n\n- By post\n- By hand\n1. First\n2. 2. is typed\n\nMost answered."
    )
    assert fields["title.en"][0] == "Another title", "a number that is only drawn is no part of a short answer"


def test_the_filled_form_is_printed_alone_and_in_one_language(app, told):
    editor = sign_in(app, "editor")
    numbers = editor.get(f"/desk/cases/{told}/forms/iopd").text
    address = next(found for found in re.findall(r'href="([^"]+/print[^"]*)"', numbers) if "language=ru" in found)
    page = editor.get(address.replace("&amp;", "&"))
    assert page.status_code == 200 and "Жюри" in page.text and "A jury" not in page.text
    assert "<strong>так</strong>" in page.text and "filled in" not in page.text and "☒" in page.text
    assert sign_in(app, "member").get(f"/desk/cases/{told}/forms/iopd/print").status_code == 403
    assert editor.get(f"/desk/cases/{told}/forms/none/print").status_code == 404


@pytest.mark.parametrize(("lang", "title", "choice"), [("en", "Title of the experience", "Citizen jury"),
                                                       ("ru", "Название практики", "Гражданское жюри")])  # fmt: skip
def test_an_empty_form_is_printed_filled_in_and_read(app, lang, title, choice):
    """Whoever collects practices at a meeting prints it without an account; a document that comes back becomes a draft."""
    visitor, editor = app.test_client(), sign_in(app, "editor")
    address = f"/{lang}/cases/tools/form/iopd/"
    assert address in editor.get("/desk/cases/import/form" if lang == "en" else f"/{lang}/cases/", follow_redirects=True).text
    page = visitor.get(address)
    assert page.status_code == 200 and title in page.text and f"☐ {choice}" in page.text and "☒" not in page.text
    assert page.text.count("<i></i>") > 50, "room to write"
    document = opened(visitor.get(address[:-1] + ".docx"))
    for paragraph in document.paragraphs:
        if paragraph.text.startswith(f"{title}:"):
            paragraph.add_run("Lots")
        if choice in paragraph.text:
            paragraph.runs[0].text = f"☒ {choice}"
    fields = imported(editor, document, lang)
    assert fields[f"title.{lang}"] == ["Lots"] and fields["f.experience_types"] == ["jury"] and not fields["f.remarks"][0]
    assert visitor.get(f"/{lang}/cases/tools/form/none/").status_code == 404


def test_an_empty_form_says_how_long_an_answer_may_be(app):
    page = words(app.test_client().get("/en/cases/tools/form/un-habitat/").text)
    assert "Summary words, at most: 300" in page and "Contact person" in page
    assert "makes a draft" not in page, "only the award's form is read"
