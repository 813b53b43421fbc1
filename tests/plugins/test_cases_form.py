"""Filled award forms: every answer in its field, every tick in its place, nothing lost whatever happens to the file."""

import io
import random
import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from making import folder_of, run_hub
from suggesting import Fields, main, words

from hub.testing.fixtures import sign_in

HERE = Path(__file__).parent
SEEDS = HERE.parents[2] / "shared" / "seeds"
SMALL = HERE.parent / "fixtures" / "forms" / "ticked.txt"


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "cases"]), strict=True)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def seed():
    """The real filled form; skips where it is absent."""
    found = sorted(SEEDS.glob("003*"))
    if not found:
        pytest.skip(f"no filled award form in {SEEDS}")
    return found[0].read_text(encoding="utf-8")


def read(app, data, name="form.txt", language=""):
    from hub_cases import filing

    with app.app_context():
        return filing.read(data if isinstance(data, bytes) else data.encode(), name, language)


def refusal(app, data):
    from hub_cases.formfile import Unusable

    with pytest.raises(Unusable) as told:
        read(app, data)
    return str(told.value)


def agrees(doc, expected):
    text = doc["texts"]["en"]
    assert text["title"] == expected["title"]
    assert doc["places"] == [{"names": {"en": expected["place"]}, "country": expected["country"]}]
    assert {k: v for k, v in doc["data"].items() if k != "remarks"} == expected["data"]
    for name, value in expected["fields"].items():
        assert text["fields"][name] == value
    for name, (first, last, parts) in expected["long"].items():
        answer = text["body"] if name == "body" else text["fields"][name]
        assert answer.startswith(first) and answer.endswith(last), (name, answer)
        assert len([line for line in answer.split("\n") if line.strip()]) == parts, name
    assert set(text["fields"]) == set(expected["fields"]) | set(expected["long"]) - {"body"}


def docx_of(text, beside=""):
    """The form as a word processor would hold it: part 1 as a table, the rest as paragraphs."""
    import docx

    document = docx.Document()
    table = document.add_table(rows=0, cols=3)
    first, second = text.split("PART 2")
    for line in first.split("\n"):
        cells = line.split("\t")
        row = table.add_row().cells
        for cell, value in zip(row, cells, strict=False):
            cell.text = value
    for line in ("PART 2" + second).split("\n"):
        document.add_paragraph(line)
    if beside:
        document.sections[0].header.paragraphs[0].text = beside
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# -- the real form ------------------------------------------------------------------------------------------------------


def test_the_real_form_as_text_and_as_a_document(app, seed):
    expected = tomllib.loads((HERE / "form_of_kazan.toml").read_text(encoding="utf-8"))
    filed = read(app, seed)
    agrees(filed.doc, expected)
    assert filed.unplaced == [] and "remarks" not in filed.doc["data"]
    ticked = {n: v for n, v in filed.doc["data"].items() if n not in ("start", "end")}
    assert [len(v) if isinstance(v, list) else 1 for v in ticked.values()] == [1, 1, 2, 1, 6]
    assert len(expected["long"]) == 10
    agrees(read(app, docx_of(seed), "form.docx").doc, expected)


def test_the_command_makes_a_draft_and_prints_its_uid(app, seed, tmp_path):
    file = tmp_path / "kazan.txt"
    file.write_text(seed, encoding="utf-8")
    status, out, err = run_hub(folder_of(app), "cases", "import-form", str(file))
    assert status == 0 and re.fullmatch(r"[0-9a-f-]{36}\n", out), (out, err)
    assert "11 ticked choices recognised." in err
    from hub.api import items

    with app.app_context():
        content = items.get("case", out.strip())
        assert content.status == "draft" and items.read(content)["texts"]["en"]["title"] == "Cultural Environment"


def test_what_goes_out_as_the_form_comes_in_again(app, seed):
    """The document that the desk makes of a practice is a filled form itself."""
    from hub_cases import filing, profiles, submitting

    from hub.api import items
    from hub.store import db

    before = read(app, seed)
    with app.test_request_context(), db.writing():
        content = filing.store(before)
        items.commit()
        for language, make in (("en", submitting.as_docx), ("en", lambda sheet: submitting.as_markdown(sheet).encode())):
            sheet = next(s for s in submitting.sheets(profiles.bundled("iopd"), content.id) if s.language == language)
            assert sheet.ready == sheet.asked == 21
            again = filing.read(make(sheet), "again.docx")
            assert {k: v for k, v in again.doc["data"].items() if k != "remarks"} == before.doc["data"]
            mine, theirs = again.doc["texts"]["en"]["fields"], before.doc["texts"]["en"]["fields"]
            for name, text in theirs.items():
                assert mine[name].split() == text.split(), name
        items.erase(content)
        items.commit()


# -- damaged ------------------------------------------------------------------------------------------------------------


def _typos(text, chance, seed_):
    order = random.Random(seed_)
    return "".join(c for c in text if not (c.isalpha() and order.random() < chance))


def _shuffled(text, seed_):
    lines = text.split("\n")
    random.Random(seed_).shuffle(lines)
    return "\n".join(lines)


def _without(text, every, at):
    return "\n".join(line for n, line in enumerate(text.split("\n")) if n % every != at)


DAMAGE = {
    "x for +": lambda t: t.replace("\t+", "\tx"), "ticks": lambda t: t.replace("\t+", "\t✓"), "boxes": lambda t: t.replace("\t+", "\t☒"),
    "brackets": lambda t: t.replace("\t+", "\t[x]"), "spaces for tabs": lambda t: t.replace("\t", "   "),
    "windows lines": lambda t: t.replace("\n", "\r\n"), "old mac lines": lambda t: t.replace("\n", "\r"),
    "no blank lines": lambda t: re.sub(r"\n{2,}", "\n", t), "many blank lines": lambda t: t.replace("\n", "\n\n\n"),
    "upper case": str.upper, "lower case": str.lower, "numbered": lambda t: "\n".join(f"{n}. {x}" for n, x in enumerate(t.split("\n"), 1)),
    "bold": lambda t: "\n".join(f"**{x}**" if x.strip() else x for x in t.split("\n")), "bullets": lambda t: "\n".join(f"• {x}" for x in t.split("\n")),
    "quoted": lambda t: "\n".join(f"> {x}" for x in t.split("\n")), "no colons": lambda t: t.replace(":", ""),
    "half of it": lambda t: t[: len(t) // 2], "the other half": lambda t: t[len(t) // 2 :], "twice": lambda t: t + "\n" + t,
    "upside down": lambda t: "\n".join(reversed(t.split("\n"))), "shuffled": lambda t: _shuffled(t, 1), "shuffled again": lambda t: _shuffled(t, 2),
    "a third gone": lambda t: _without(t, 3, 1), "every tenth gone": lambda t: _without(t, 10, 4),
    "letters gone": lambda t: _typos(t, 0.02, 3), "more letters gone": lambda t: _typos(t, 0.1, 4),
    "one line": lambda t: t.replace("\n", " "), "nulls": lambda t: t.replace(" is ", " \0is "),
    "curly quotes": lambda t: t.replace('"', "”").replace("'", "’"), "a letter before it": lambda t: "Dear jury,\nplease find our form.\n\n" + t,
}  # fmt: skip


def kept(filed):
    """Every word of a draft, however it is cut."""
    return set(re.findall(r"\w+", str(filed.doc).casefold().replace("\\n", "\n").replace("\\t", "\t")))


def form_words():
    from hub_cases import profiles

    profile = profiles.bundled("iopd")
    spoken = [*profile.headings, *(q.ask for q in profile.questions), *(o for q in profile.questions for o in q.options.values())]
    said = [str(v) for words in spoken for v in words.values()] + [a for q in profile.questions for a in q.also]
    further = "15th best practice in citizens' participation award application form you may choose more than one specify"
    return set(re.findall(r"\w+", " ".join([*said, further]).casefold()))


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_forms_lose_no_text(app, seed, damage):
    from hub_cases.formfile import Unusable

    text = DAMAGE[damage](seed)
    try:
        filed = read(app, text)
    except Unusable:
        assert damage in ("one line",), "only what has no question at its line's beginning may be refused"
        return
    typed = [word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2]
    known, labels = kept(filed), form_words()
    gone = {word for word in typed if word not in known and word not in labels}
    if "letters" in damage:  # a label with a letter less is a label all the same
        gone = {word for word in gone if not any(len(label) - len(word) in (1, 2, 3, 4) and set(word) <= set(label) for label in labels)}
    # a month and a country are kept in the form of the field
    assert gone <= {"june", "russian", "federation", "kazan"} | {str(n) for n in range(400)}, gone


def test_thirty_kinds_of_damage():
    assert len(DAMAGE) == 30


@pytest.mark.parametrize("damage", ["x for +", "ticks", "boxes", "brackets", "spaces for tabs", "windows lines", "no blank lines",
                                    "many blank lines", "upper case", "numbered", "bold", "bullets", "quoted", "curly quotes"])  # fmt: skip
def test_harmless_damage_changes_no_tick(app, seed, damage):
    data = read(app, DAMAGE[damage](seed)).doc["data"]
    expected = tomllib.loads((HERE / "form_of_kazan.toml").read_text(encoding="utf-8"))["data"]
    assert {k: v for k, v in data.items() if k != "remarks"} == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(app, encoding):
    text = SMALL.read_text(encoding="utf-8").replace("chalk", "craie à la café")
    filed = read(app, text.encode(encoding))
    assert filed.doc["texts"]["en"]["fields"]["innovation"] == "The craie à la café."


# -- a form of our own --------------------------------------------------------------------------------------------------


def test_a_form_of_our_own(app):
    filed = read(app, SMALL.read_bytes())
    doc, text = filed.doc, filed.doc["texts"]["en"]
    assert doc["data"]["start"] == "2019" and doc["data"]["end"] == "2021-05-15" and doc["places"][0]["country"] == "FI"
    assert doc["data"]["candidacy"] == "new" and doc["data"]["area"] == "neighbourhood"
    assert doc["data"]["experience_types"] == ["participatory-budgeting", "urban-planning"]
    assert doc["data"]["aims"] == ["community-empowerment", "decision-quality"] and doc["data"]["themes"] == ["culture"]
    assert "- Education of the jury took an evening." in text["fields"]["achievement"], "an answer's words are no choices"
    assert "Something that the form does not know" in doc["data"]["remarks"]
    assert "experience_other" not in text["fields"]


def test_a_russian_form(app):
    from hub_cases import profiles
    from hub_cases.profiles import in_language

    ask = {q.field: in_language(q.ask, "ru") for q in profiles.bundled("iopd").questions}
    text = f"{ask['title']}: Скамейки\n{ask['country']}: Российская Федерация\n{ask['start']}: июнь 2020 года\n{ask['end']}: по настоящее время\n"
    text += f"{ask['area']}\n☐ Вся территория\n☒ Квартал\n{ask['objective']}\nЧтобы было где сесть.\n"
    filed = read(app, text)
    assert filed.doc["data"] == {"start": "2020-06", "end": "ongoing", "area": "neighbourhood"} and filed.doc["places"][0]["country"] == "RU"
    assert filed.doc["texts"]["ru"]["fields"] == {"objective": "Чтобы было где сесть."}
    assert read(app, text.replace("☐ ", "").replace("☒", "+").encode("cp1251")).doc == filed.doc


def test_what_a_field_refuses_goes_into_the_remarks(app):
    text = "Title of the experience: " + "long " * 100 + "\nCountry: Atlantis\nStart date of the experience: 2021\n"
    text += "End date of the experience: 2019 or so\nInstitution presenting the candidacy: " + "we " * 400
    filed = read(app, text)
    remarks = filed.doc["data"]["remarks"]
    assert "Atlantis" in remarks and "2019 or so" in remarks and remarks.count("we ") > 390 and remarks.count("long") >= 100


# -- documents ----------------------------------------------------------------------------------------------------------


def test_headers_boxes_and_text_boxes_of_documents(app):
    from docx.oxml import parse_xml

    data = docx_of(SMALL.read_text(encoding="utf-8"), beside="Kept in the header only")
    filed = read(app, data, "form.docx")
    assert "Kept in the header only" in filed.doc["data"]["remarks"]
    assert filed.doc["data"]["themes"] == ["culture"]
    import docx

    document = docx.Document(io.BytesIO(data))
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = document.element.body
    body.insert(0, parse_xml(
        f'<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>Country: </w:t></w:r><w:sdt><w:sdtContent><w:r><w:t>Sweden</w:t></w:r></w:sdtContent></w:sdt>'
        '<w:del w:id="1" w:author="a"><w:r><w:delText>Norway</w:delText></w:r></w:del></w:p></w:sdtContent></w:sdt>'))  # fmt: skip
    body.insert(1, parse_xml(f'<w:p {w}><w:r><w:t xml:space="preserve">Territorial area</w:t></w:r></w:p>'))
    body.insert(2, parse_xml(f'<w:p {w}><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t xml:space="preserve"> District</w:t></w:r></w:p>'))
    out = io.BytesIO()
    document.save(out)
    doc = read(app, out.getvalue(), "boxes.docx").doc
    assert doc["places"][0]["country"] == "SE" and doc["data"]["area"] == "district" and "Norway" not in str(doc)


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_bombs_and_broken_files_are_refused_at_once(app):
    import time

    good = docx_of(SMALL.read_text(encoding="utf-8"))
    begun = time.monotonic()
    assert "far larger than any form" in refusal(app, zipped(**{"word/document.xml": b"<a>" + b" " * 70_000_000}))
    assert "far larger than any form" in refusal(app, zipped(**{f"{n}.xml": b"" for n in range(3000)}, **{"word/document.xml": b""}))
    laughs = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '">' + "".join(f'<!ENTITY c{n} "{("&b;" if n == 0 else f"&c{n - 1};") * 10}">' for n in range(9)) + "]>"
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, laughs + "<a>&c8;</a>" if part.filename == "word/document.xml" else old.read(part))
    assert refusal(app, bomb.getvalue())
    assert "no .docx" in refusal(app, zipped(**{"a.txt": b"a"}))
    assert "larger than 10 MB" in refusal(app, b"x" * 10_000_001)
    assert "old .doc" in refusal(app, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert "plain text" in refusal(app, b"%PDF-1.7 ...") and "plain text" in refusal(app, bytes(range(32)) * 50)
    assert "No question" in refusal(app, b"") and "No question" in refusal(app, "Dear all, see you on Monday.")
    assert "far longer" in refusal(app, "Country: x\n" + "word " * 50_000)
    order = random.Random(7)
    for _ in range(40):
        broken = bytearray(good)
        for _ in range(order.randrange(1, 60)):
            broken[order.randrange(4, len(broken))] = order.randrange(256)
        cut = bytes(broken[: order.randrange(20, len(broken))]) if order.random() < 0.5 else bytes(broken)
        from hub_cases.formfile import Unusable

        try:
            read(app, cut)
        except Unusable as error:
            assert str(error)
    assert time.monotonic() - begun < 10


# -- by upload ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["member", "editor", "admin"])
def test_whoever_may_read_a_form_in_finds_the_page_in_the_desk(app, role):
    assert 'href="/desk/cases/import/form"' in sign_in(app, role).get("/desk/").text


def test_upload_in_the_desk(app):
    from hub.api import items

    member = sign_in(app, "member")
    page = member.get("/desk/cases/import/form")
    token = Fields(main(page.text)).values["csrf_token"]
    none = member.post("/desk/cases/import/form", data={"csrf_token": token})
    assert none.status_code == 422 and "Choose a file first." in words(none.text)
    bad = member.post("/desk/cases/import/form", data={"csrf_token": token, "file": (io.BytesIO(b"%PDF-"), "a.pdf")})
    assert bad.status_code == 422 and "save it as one of these" in words(bad.text)
    good = member.post(
        "/desk/cases/import/form", data={"csrf_token": token, "file": (io.BytesIO(SMALL.read_bytes()), "benches.txt")}, follow_redirects=True
    )
    assert "Benches by vote" in words(good.text) and "found no field" in words(good.text)
    assert Fields(main(good.text)).values["f.area"] == ["neighbourhood"]
    with app.app_context():
        content = items.get("case", re.search(r"/desk/cases/([0-9a-f-]{36})/", good.text)[1])
        assert content.status == "draft" and content.author_id
    assert app.test_client().get("/desk/cases/import/form").status_code == 302
