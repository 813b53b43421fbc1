"""Texts: cleaning, folding for plain matching, excerpts, Markdown to safe HTML, slugs, typography."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from slugify import slugify

MAX_MARKDOWN = 200_000  # characters; nh3 is quadratic on absurd nesting
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+")
_TAGS = {
    "a", "p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h2", "h3", "h4",
    "table", "thead", "tbody", "tr", "th", "td", "img",
}  # fmt: skip
# a no-break space after short Russian words and before a dash; authors need not think of it
_SHORT = re.compile(r"(?<![\w\u00a0-])([А-Яа-яЁё]{1,2}) (?=\S)")
_OWN = re.compile(r'(href|src)="(/[^/"][^"]*)"')
_DASH = re.compile(r" (—|%)")
_HYPHEN = re.compile(r"(?<![\w/=&.-])(\d+-(?=[а-яё]{1,3}\b)|[А-Яа-яЁё]+-(?=(?:то|ка|либо|нибудь)\b))")  # not in an address


def clean_line(text: str) -> str:
    """One line: NFC, control and direction-override characters gone, white space folded."""
    return _SPACE.sub(" ", _BIDI.sub("", _CONTROL.sub("", unicodedata.normalize("NFC", text)))).strip()


def clean_text(text: str) -> str:
    """Several lines: NFC, control and direction-override characters gone, line ends unified."""
    text = _BIDI.sub("", _CONTROL.sub("", unicodedata.normalize("NFC", text)))
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def fold(text: str) -> str:
    """The form in which texts are matched plainly: NFC, lower case, ё = е, words parted by single spaces."""
    folded = unicodedata.normalize("NFC", text).lower().replace("ё", "е")
    return " ".join(_WORD.findall(folded))


def sort_key(text: str) -> str:
    """A title as lists sort it: folded, so that quotation marks do not come first."""
    return fold(text)[:300]


def plain(markdown: str) -> str:
    """Markdown as plain text, for excerpts, search and feeds."""
    return _SPACE.sub(" ", unescape(nh3.clean(str(render(markdown)), tags=set()))).strip()


def excerpt(text: str, length: int = 200) -> str:
    """At most `length` characters of a plain text, cut between words."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(" ,.;:—–-") + "…"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])


def render(markdown: str, place: Callable[[str], str] | None = None) -> Markup:
    """Markdown as safe HTML: no raw HTML, headings from h2 down, links to http(s) and mail only.

    place: what makes an address of a path of this hub, for links to its own pages and pictures.
    """
    html = _rendered(markdown)
    return Markup(_OWN.sub(lambda m: f'{m[1]}="{place(m[2])}"', html)) if place else html


@lru_cache(maxsize=512)
def _rendered(markdown: str) -> Markup:
    html = _markdown().render(markdown[:MAX_MARKDOWN])
    html = re.sub(r"<(/?)h[1-6]>", lambda m: f"<{m.group(1)}h{max(2, min(4, int(m.group(0)[-2])))}>", html)
    html = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href", "title"}, "img": {"src", "alt"}, "th": {"align"}, "td": {"align"}},
        url_schemes={"http", "https", "mailto"}, link_rel="noopener nofollow",
    )  # fmt: skip
    # a table may be wider than a phone: it scrolls by itself, by keyboard too
    return Markup(html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>"))


def typo(text: str, language: str) -> str:
    """House typography: in Russian a no-break space after short words, before a dash and %, no break in 15-ю and что-то."""
    return text if language != "ru" else _HYPHEN.sub("\\1\u2060", _DASH.sub("\u00a0\\1", _SHORT.sub("\\1\u00a0", text)))


def slug_of(title: str, fallback: str = "") -> str:
    """An address word from a title: ASCII, at most 80 characters, cut between words."""
    return slugify(title, max_length=80, word_boundary=True, save_order=True) or fallback
