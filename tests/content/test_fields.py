"""Every field type and every text function, by tables of what people really type (and what attackers do)."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask_babel import force_locale

from hub.content import fields, texts
from hub.content.fields import as_cell, as_text, clean, first_day, last_day, show_partial
from hub.content.types import TermLabel
from hub.hooks.parts import FIELD_TYPES, Choice, Field

BEDS = Choice("beds", TermLabel({"en": "garden beds", "ru": "грядки"}))
TREES = Choice("trees", TermLabel({"en": "trees", "ru": "деревья"}))
OTHER = Choice("other", TermLabel({"en": "something else", "ru": "другое"}))
TERMS = (BEDS, TREES, OTHER)
COLUMNS = (
    Field("value", "number", "Number", required=True), Field("more", "boolean", "more than"),
    Field("unit", "choice", "of what", choices=TERMS, required=True), Field("year", "partialdate", "Year"),
)  # fmt: skip


def field(kind: str, **more: object) -> Field:
    if kind in ("choice", "choices"):
        more.setdefault("choices", TERMS)
    if kind == "rows":
        more.setdefault("columns", COLUMNS)
    return Field("f", kind, "F", **more)


GOOD = [
    ("text", "  two   words\t", "two words"), ("text", "a\x00b\x07c", "abc"), ("text", 42, "42"),
    ("text", "и\u0306", "й"), ("text", "safe\u202egnp.exe", "safegnp.exe"), ("text", "\u2067x\u2069", "x"),
    ("text", "  \n ", None), ("text", "", None), ("text", None, None), ("text", "=1+1", "=1+1"),
    ("text", "\ud83d lonely", "lonely"),
    ("longtext", "one\r\n\r\ntwo  \rthree", "one\n\ntwo\nthree"), ("longtext", "\x1b[31mred", "[31mred"),
    ("longtext", "\n\n", None), ("longtext", "[1, 2]", "[1, 2]"),
    ("choice", "beds", "beds"), ("choice", "BEDS", "beds"), ("choice", " beds ", "beds"),
    ("choice", "garden beds", "beds"), ("choice", "Garden Beds", "beds"), ("choice", "грядки", "beds"),
    ("choice", "Деревья", "trees"), ("choice", "", None),
    ("choices", "trees|beds", ["beds", "trees"]), ("choices", "trees; beds", ["beds", "trees"]),
    ("choices", "beds\ntrees", ["beds", "trees"]), ("choices", ["trees", "beds", "trees"], ["beds", "trees"]),
    ("choices", ("trees",), ["trees"]), ("choices", '["trees", "грядки"]', ["beds", "trees"]),
    ("choices", "деревья|garden beds", ["beds", "trees"]), ("choices", [], None), ("choices", " | ", None),
    ("url", "https://example.org/x?y=1#z", "https://example.org/x?y=1#z"), ("url", "http://example.org", "http://example.org"),
    ("url", "www.example.org", "https://www.example.org"), ("url", "example.org/path", "https://example.org/path"),
    ("url", " example.org ", "https://example.org"), ("url", "https://культура.рф/сад", "https://культура.рф/сад"),
    ("url", "www.lbbd.gov.uk/libraries", "https://www.lbbd.gov.uk/libraries"), ("url", "https://example.org:8443/a", "https://example.org:8443/a"),
    ("url", "HTTPS://Example.org/A", "HTTPS://Example.org/A"), ("url", "http://192.0.2.7/x", "http://192.0.2.7/x"),
    ("url", "http://localhost:8000/en/", "http://localhost:8000/en/"),
    ("email", "a@example.org", "a@example.org"), ("email", " first.last+tag@sub.example.org ", "first.last+tag@sub.example.org"),
    ("email", "почта@пример.рф", "почта@пример.рф"),
    ("phone", "+7 (495) 123-45-67", "+7 (495) 123-45-67"), ("phone", "+7\u00a0495\u00a01234567", "+7 495 1234567"),
    ("phone", "8 800 555 35 35 доб. 12", "8 800 555 35 35 доб. 12"), ("phone", 8800555, "8800555"),
    ("integer", "12", 12), ("integer", "1 000", 1000), ("integer", "98\u00a0000", 98000), ("integer", "1\u202f000", 1000),
    ("integer", 7.0, 7), ("integer", "-3", -3), ("integer", "0", 0), ("integer", 0, 0),
    ("number", "3,5", 3.5), ("number", "3.5", 3.5), ("number", "4.0", 4), ("number", 2, 2), ("number", "1e3", 1000), ("number", "0", 0),
    ("boolean", "yes", True), ("boolean", "Да", True), ("boolean", "TRUE", True), ("boolean", "1", True), ("boolean", 1, True),
    ("boolean", "on", True), ("boolean", True, True), ("boolean", "no", None), ("boolean", "нет", None), ("boolean", False, None),
    ("boolean", 0, None), ("boolean", "off", None),
    ("partialdate", "2017", "2017"), ("partialdate", 2017, "2017"), ("partialdate", "2017-6", "2017-06"),
    ("partialdate", "2017-06", "2017-06"), ("partialdate", "2017-06-24", "2017-06-24"), ("partialdate", "2017-6-4", "2017-06-04"),
    ("partialdate", "24.06.2017", "2017-06-24"), ("partialdate", "4.6.2017", "2017-06-04"), ("partialdate", "06.2017", "2017-06"),
    ("partialdate", "2017-06-24T10:30:00", "2017-06-24"), ("partialdate", "2020-02-29", "2020-02-29"),
    ("partialdate", "1752", "1752"), ("partialdate", "", None),
    ("datetime", "2026-11-20 18:30", "2026-11-20T18:30"), ("datetime", "2026-11-20T18:30:59+03:00", "2026-11-20T18:30+03:00"),
    ("datetime", "20.11.2026 18:30", "2026-11-20T18:30"), ("datetime", "1.2.2027, 9.05", "2027-02-01T09:05"),
    ("languages", "ru|en", ["ru", "en"]), ("languages", ["RU", "tt", "ru"], ["ru", "tt"]), ("languages", "en", ["en"]),
    ("languages", "ru, en", ["ru", "en"]), ("languages", '["ru", "en"]', ["ru", "en"]), ("languages", "ru;chv", ["ru", "chv"]),
    ("rows", [{"value": "98 000", "unit": "trees", "year": "2021"}], [{"value": 98000, "unit": "trees", "year": "2021"}]),
    ("rows", '[{"value": 1, "unit": "грядки", "more": "да"}]', [{"value": 1, "more": True, "unit": "beds"}]),
    ("rows", [{"value": "", "unit": ""}, {"value": 2, "unit": "beds"}], [{"value": 2, "unit": "beds"}]),
    ("rows", [{"value": 2, "unit": "beds", "unknown": "dropped"}], [{"value": 2, "unit": "beds"}]),
    ("rows", [{}], None), ("rows", [], None), ("rows", {}, None), ("rows", [{"value": 0, "unit": "beds"}], [{"value": 0, "unit": "beds"}]),
]  # fmt: skip

BAD = [
    ("text", "x" * 501, "501"), ("text", ["a"], ""), ("text", {"a": 1}, ""), ("longtext", "x" * 100_001, "100001"), ("longtext", ["a"], ""),
    ("choice", "shrubs", "shrubs"), ("choice", ["beds"], ""), ("choice", "beds|trees", ""),
    ("choices", "beds|shrubs", "shrubs"), ("choices", {"a": 1}, ""), ("choices", 5, ""), ("choices", '["beds"', ""),
    ("url", "javascript:alert(1)", ""), ("url", "JaVaScRiPt:alert(1)", ""), ("url", "javascript://example.org/%0aalert(1)", ""),
    ("url", "java\tscript:alert(1).org", ""), ("url", " javascript:alert('a.b')", ""), ("url", "data:text/html,<script>alert(1)</script>", ""),
    ("url", "vbscript:msgbox(1)", ""), ("url", "file:///etc/passwd", ""), ("url", "ftp://example.org/x", ""),
    ("url", "mailto:a@example.org", ""), ("url", "not an address.", ""), ("url", "https://", ""), ("url", "localhost", ""),
    ("url", "http://exa mple.org", ""), ("url", "http://[broken", ""), ("url", "https://example.org/" + "x" * 2000, ""),
    ("url", "java.script:alert(1)", ""), ("url", "https://localhost", ""), ("url", "http://intranet", ""), ("url", "http://localhostx/", ""), ("url", "https://example.org:abc/", ""), ("url", "https://example.org:99999/", ""), ("url", "//", ""), ("url", ["a"], ""),
    ("email", "nobody", "@"), ("email", "a@b", ""), ("email", "a b@example.org", ""), ("email", "a@example.org, b@example.org", ""),
    ("email", "<a@example.org>", ""), ("email", "a@@example.org", ""), ("email", "x" * 250 + "@example.org", ""), ("email", "a@example.", ""),
    ("phone", "1234", ""), ("phone", "<b>1234567</b>", ""), ("phone", "1" * 81, ""), ("phone", "звоните", ""),
    ("integer", "1,5", ""), ("integer", "many", "many"), ("integer", True, ""), ("integer", "1e99", ""), ("integer", "nan", ""),
    ("number", "inf", ""), ("number", "-inf", ""), ("number", "NaN", ""), ("number", "3.5.1", ""), ("number", "1,234,567", ""), ("number", False, ""),
    ("number", ["1"], ""), ("boolean", "maybe", "maybe"), ("boolean", "2", ""),
    ("partialdate", "17", ""), ("partialdate", "2017-13", ""), ("partialdate", "2017-00", ""), ("partialdate", "2017-02-30", ""),
    ("partialdate", "2019-02-29", ""), ("partialdate", "0000", ""), ("partialdate", "June 2017", ""), ("partialdate", "2017/06", ""),
    ("partialdate", "24/06/2017", ""), ("partialdate", "31.04.2017", ""), ("partialdate", "ongoing", ""), ("partialdate", "yesterday", ""),
    ("partialdate", "0001", ""), ("partialdate", "9999-12", ""), ("partialdate", "9999", ""), ("partialdate", "9999-12-31", ""),
    ("datetime", "tomorrow", ""), ("datetime", "2026-02-30 10:00", ""), ("datetime", "31.02.2026 10:00", ""), ("datetime", "0001-01-01 00:00", ""), ("datetime", "9999-12-31 23:59", ""),
    ("languages", "english", ""), ("languages", "e1", ""), ("languages", ["ru", "<b>"], ""), ("languages", 7, ""),
    ("rows", "[{", "JSON"), ("rows", "plain", "JSON"), ("rows", '{"a": 1}', ""), ("rows", [1], "1"), ("rows", [{"value": 1, "unit": "beds"}] * 201, "200"),
    ("rows", [{"value": 1, "unit": "beds"}, {"value": "x", "unit": "beds"}], "2"), ("rows", [{"value": 1}], "of what"),
    ("rows", [{"unit": "trees"}], "Number"), ("rows", [{"value": 1, "unit": "shrubs"}], "shrubs"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _in_english(plain_app):
    """Sentences to people need a language, labels need an application."""
    with plain_app.test_request_context("/en/"), force_locale("en"):
        yield


def test_every_type_is_in_both_tables():
    assert {kind for kind, *_ in GOOD} == {kind for kind, *_ in BAD} == set(FIELD_TYPES)


@pytest.mark.parametrize(("kind", "raw", "stored"), GOOD, ids=lambda v: repr(v)[:40])
def test_good_input_is_stored(kind, raw, stored):
    value = clean(field(kind), raw)
    assert value == stored and type(value) is type(stored)
    assert clean(field(kind), value) == stored, "a stored value must be a fixed point"
    assert clean(field(kind), as_cell(field(kind), value)) == stored, "a CSV cell must be read back unchanged"
    assert isinstance(as_text(field(kind), value), str)
    json.dumps(value)


@pytest.mark.parametrize(("kind", "raw", "named"), BAD, ids=lambda v: repr(v)[:40])
def test_bad_input_is_refused_in_a_sentence(kind, raw, named):
    with pytest.raises(ValueError, match=r"\S") as refused:
        clean(field(kind), raw)
    sentence = str(refused.value)
    assert named in sentence and len(sentence.split()) > 2, sentence
    assert "Traceback" not in sentence and "%(" not in sentence and "Error" not in sentence


def test_bounds_of_a_field_are_its_own():
    assert clean(field("text", max_length=3), "abc") == "abc"
    with pytest.raises(ValueError, match="at most 3"):
        clean(field("text", max_length=3), "abcd")


def test_sentences_speak_the_language_of_the_moment():
    with force_locale("ru"), pytest.raises(ValueError, match=r".") as refused:
        clean(field("choice"), "кусты")
    assert "кусты" in str(refused.value)


@pytest.mark.parametrize("said", ["ongoing", "Ongoing", " ONGOING ", "продолжается", "по настоящее время"])
def test_an_end_may_be_ongoing_a_beginning_may_not(said):
    assert clean(field("partialdate", fills="ends_at"), said) == "ongoing"
    with pytest.raises(ValueError, match="2017"):
        clean(field("partialdate", fills="starts_at"), said)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [("2017", "2017-01-01", "2017-12-31"), ("2017-12", "2017-12-01", "2017-12-31"), ("2017-11", "2017-11-01", "2017-11-30"),
     ("2020-02", "2020-02-01", "2020-02-29"), ("2100-02", "2100-02-01", "2100-02-28"), ("2017-06-24", "2017-06-24", "2017-06-24")],
)  # fmt: skip
def test_a_partial_date_means_a_span_of_days(value, first, last):
    assert first_day(value).isoformat() == first
    assert last_day(value).isoformat() == last


def test_partial_dates_are_shown_in_their_own_precision():
    assert [show_partial(v) for v in ("2017", "2017-06", "2017-06-24")] == ["2017", "June 2017", "24 June 2017"]
    assert show_partial("ongoing") == "ongoing"
    with force_locale("ru"):
        assert show_partial("2017") == "2017" and show_partial("2017-06-24") == "24 июня 2017"


def test_labels_are_shown_in_the_language_of_the_moment():
    kept = field("choices")
    assert as_text(kept, ["beds", "trees"]) == "garden beds, trees"
    with force_locale("ru"):
        assert as_text(kept, ["beds", "trees"]) == "грядки, деревья"
        assert as_text(field("languages"), ["en", "tt"]) == "английский, татарский"
    assert as_text(kept, ["beds", "gone"]) == "garden beds, gone", "a term that is gone stays readable"


def test_labels_of_the_bundled_vocabularies_are_accepted_in_both_languages(demo_app):
    with demo_app.app_context():
        kinds = demo_app.extensions["hub"].types.get("partner").field("kind")
        assert clean(kinds, "Library") == clean(kinds, "library") == "library"
        assert clean(kinds, "house of culture") == "house-of-culture"
        with force_locale("ru"):
            russian = str(next(c.label for c in kinds.choices if c.value == "library"))
        if russian == "library":
            pytest.skip("the Russian catalogue of hub_partners is not written yet")
        assert clean(kinds, russian) == clean(kinds, russian.upper()) == "library"


def test_labels_in_every_language_of_the_site_are_accepted(new_hub):
    app = new_hub([], languages=["en", "tt"])
    with app.app_context():
        term = Choice("garden", TermLabel({"en": "garden", "tt": "бакча"}))
        assert clean(Field("f", "choice", "F", choices=(term,)), "Бакча") == "garden"


# -- texts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ёлка, САД!", "елка сад"), ("е\u0308лка", "елка"), ("«Сад» — (2020)", "сад 2020"), ("  a\n\tB ", "a b"), ("", ""), ("—…!", ""),
     ("Café", "café"), ("Cafe\u0301", "café"), ("ЙОД", "йод"), ("и\u0306од", "йод"), ("don't", "don t"), ("e\u0301té", "été")],
)  # fmt: skip
def test_fold(text, folded):
    assert texts.fold(text) == folded
    assert texts.fold(texts.fold(text)) == texts.fold(text)


def test_sort_key_ignores_quotation_marks_and_has_an_end():
    assert texts.sort_key("«Ёлка»") == "елка" and len(texts.sort_key("x" * 1000)) == 300


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Озеленение дворов", "ozelenenie-dvorov"), ("Ёжик & щука", "ezhik-shchuka"), ("Café déjà vu", "cafe-deja-vu"), ("  A--B  ", "a-b"),
     ("../../etc/passwd", "etc-passwd"), ("<script>", "script"), ("100 %", "100")],
)  # fmt: skip
def test_slugs_are_plain_address_words(title, slug):
    assert texts.slug_of(title) == slug


def test_slugs_are_cut_between_words_and_may_be_empty():
    long = texts.slug_of("сад " * 60)
    assert len(long) <= 80 and not long.endswith("-") and set(long.split("-")) == {"sad"}
    assert texts.slug_of("🌱🌳") == "" and texts.slug_of("🌱🌳", "topic") == "topic"


def test_excerpts_are_cut_between_words():
    text = "One two three four five six, seven — eight"
    assert texts.excerpt(text, 100) == text
    assert texts.excerpt(text, 31) == "One two three four five six…"
    for length in range(5, 40):
        cut = texts.excerpt(text, length)
        assert len(cut) <= length + 1 and cut.endswith("…") and text.startswith(cut[:-1])


@pytest.mark.parametrize(
    ("text", "set_"),
    [("в Казани и в Перми", "в\u00a0Казани и\u00a0в\u00a0Перми"), ("Сад — это труд", "Сад\u00a0— это труд"), ("на крыше", "на\u00a0крыше"),
     ("Она там", "Она там"), ("в\u00a0Казани", "в\u00a0Казани"), ("", ""), ("71 % сказали", "71\u00a0% сказали"), ("15-ю премию", "15-\u2060ю премию"),
     ("что-то и Кто-нибудь", "что-\u2060то и\u00a0Кто-\u2060нибудь"), ("Санкт-Петербург", "Санкт-Петербург"), ("[тут](/wiki/Что-то)", "[тут](/wiki/Что-то)")],
)  # fmt: skip
def test_typography_is_for_russian_only(text, set_):
    assert texts.typo(text, "ru") == set_
    assert texts.typo(text, "en") == text


def test_markdown_becomes_the_usual_html():
    html = texts.render(
        "# A\n\n## B\n\ntext *em* **strong** ~~gone~~\n\n- one\n- two\n\n1. x\n\n> quote\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    for tag in (
        "<h2>A</h2>",
        "<h2>B</h2>",
        "<em>em</em>",
        "<strong>strong</strong>",
        "<ul>",
        "<ol>",
        "<blockquote>",
        "<pre><code>code",
        "<td>1</td>",
    ):
        assert tag in html, tag
    assert "gone</" in html and "<h1" not in html
    assert 'href="https://example.org/x"' in texts.render("see https://example.org/x.")
    assert 'rel="noopener nofollow"' in texts.render("[x](https://example.org)")
    assert texts.render("###### deep") == "<h4>deep</h4>\n"


@pytest.mark.parametrize(
    ("markdown", "words"),
    [("**Bold** and [link](https://example.org)", "Bold and link"), ("a & b < c", "a & b < c"), ("AT&amp;T", "AT&T"),
     ("`&lt;b&gt;`", "&lt;b&gt;"), ("say \"hi\" & 'bye'", "say \"hi\" & 'bye'"), ("# Head\n\npara", "Head para"), ("<b>x</b>", "<b>x</b>"), ("a&nbsp;b", "a b")],
)  # fmt: skip
def test_markdown_as_plain_text(markdown, words):
    assert texts.plain(markdown) == words


ALLOWED = {
    "a": {"href", "title", "rel"}, "img": {"src", "alt"}, "th": {"align"}, "td": {"align"},
    **{key: set() for key in "p br hr em strong del code pre blockquote ul ol li h2 h3 h4 table thead tbody tr s".split()},
}  # fmt: skip


class Judge(HTMLParser):
    """Collects everything in a piece of HTML that a reader's browser might run or load without being asked."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.crimes: list[str] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        if (tag, attrs) == ("div", [("class", "scroll"), ("tabindex", "0")]):
            return  # ours: what a table scrolls in
        if tag not in ALLOWED:
            self.crimes.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ALLOWED.get(tag, ()):
                self.crimes.append(f"<{tag} {name}>")
            if name in ("href", "src"):
                bare = "".join(c for c in value or "" if ord(c) > 32)
                if urlsplit(bare).scheme.lower() not in ("http", "https", "mailto", ""):
                    self.crimes.append(f"{name}={value}")

    def handle_comment(self, data):
        self.crimes.append("comment")

    def handle_decl(self, decl):
        self.crimes.append("declaration")


ATTACKS = [
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></ScRiPt>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<iframe src='javascript:alert(1)'></iframe>", "<body onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))",
    "[x](javascript&#58;alert(1))", "[x](&#x6A;avascript:alert(1))", "[x](java&Tab;script:alert(1))", "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)", "![x](data:image/svg+xml;base64,PHN2Zy8+)", "![x](javascript:alert(1))",
    "[x](vbscript:msgbox(1))", "[x](file:///etc/passwd)", "<javascript:alert(1)>", "<data:text/html,x>", '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))', '![x" onerror="alert(1)](x)', "`<script>alert(1)</script>`", "```\n<script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "<!--<img src=x onerror=alert(1)>-->", "<!doctype html><html>",
    "<math><mtext></p><style><img src=x onerror=alert(1)></style>", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<style>*{background:url(//evil.example)}</style>", "<link rel=stylesheet href=//evil.example>", "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example>", "<object data=x><embed src=x>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>",
    "\x00<script>alert(1)</script>", "<scr\x00ipt>alert(1)</script>", "＜script＞alert(1)＜/script＞", "<<script>script>alert(1)<</script>/script>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |", "[a]: javascript:alert(1)\n\n[a]", "[a]: <javascript:alert(1)>\n\n![a]", "<https://a.example/'onclick='alert(1)>",
    "# <img src=x onerror=alert(1)>", "- <b onmouseover=alert(1)>x</b>", "[![x](x\"onerror=\"alert(1))](https://a.example)",
]  # fmt: skip


def test_a_wide_table_scrolls_by_itself():
    html = texts.render("| a | b |\n|---|---|\n| 1 | 2 |\n\nThen.")
    assert html.startswith('<div class="scroll" tabindex="0"><table>') and "</table></div>" in html and html.count("<div") == 1


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_markdown_runs_anything(attack):
    html = texts.render(attack)
    assert Judge(html).crimes == []
    assert Judge(texts.render("> " + attack + "\n\n1. " + attack)).crimes == []


def test_the_judge_can_convict():
    for html in (
        "<script>",
        "<img src=x onerror=a>",
        "<a href='java\nscript:x'>",
        "<p onclick=a>",
        "<a href='data:,x'>",
        "<!--x-->",
    ):
        assert Judge(html).crimes, html


def test_absurd_markdown_ends_soon(timed):
    for text in (
        "[" * 20_000,
        "<" * 50_000,
        "> " * 2000 + "x",
        "*a_ " * 8_000,
        "`" * 30_000,
        "[a](" * 6_000,
        "![" * 6_000,
    ):
        with timed(5):
            texts.render(text)


@pytest.mark.parametrize("value", ["2017", "2017-06", "2017-06-24"])
def test_dates_keep_their_precision_from_form_to_answer(value, plain_app):
    assert clean(field("partialdate"), fields.as_cell(field("partialdate"), value)) == value
