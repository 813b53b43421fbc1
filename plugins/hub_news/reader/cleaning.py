"""RawEntry → CleanEntry: safe HTML (and safe again when cleaned again), plain titles, excerpts, dates not ahead of time."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import nh3
from markupsafe import Markup

from hub_news.reader import addresses
from hub_news.reader.parts import CleanEntry, Document, RawEntry

MAX_HTML = 256_000  # nh3 takes time by the square of absurd nesting
MAX_DEPTH = 200
EXCERPT = 420
TAGS = {
    "a", "abbr", "audio", "b", "blockquote", "br", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
    "small", "source", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul",
    "var", "video",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "width", "height", "title"}, "audio": {"src", "controls"},
    "video": {"src", "controls", "poster", "width", "height"}, "source": {"src", "type"}, "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"}, "time": {"datetime"}, "ol": {"start"}, "*": {"lang", "dir"},
}  # fmt: skip
GONE = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "math",
    "object",
    "embed",
    "form",
    "textarea",
    "select",
    "title",
    "iframe",
}
LOADING = {"src", "poster"}
_IMAGE = re.compile(r"<img\b[^>]*>")
_TINY = re.compile(r'\b(?:width|height)="0*[01]?(?:px)?"')
_SRC = re.compile(r'\bsrc="([^"]+)"')
_PLAYED = re.compile(r"<(audio|video)\b.*?</\1>", re.S)
_BEACON = re.compile(
    r"//(?:[^/\"]*\.)?(?:feedburner\.com/~|feeds\.feedburner|doubleclick\.|google-analytics\.|mc\.yandex\.ru|counter\.yadro\.ru|"
    r"top-fwz1\.mail\.ru|pixel\.|stats?\.wordpress\.com|pixel\.wp\.com|b\.scorecardresearch|facebook\.com/tr)", re.I
)  # fmt: skip
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|tr|h[1-6]|blockquote|figure|figcaption|table|ul|ol|hr|td|th|dd|dt|pre)\b[^>]*>", re.I
)
_TAG = re.compile(r'<[^"<>]*(?:"[^"]*"[^"<>]*)*(?:>|$)')
_OPEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>")
_TEASER = re.compile(
    r"\s*(?:\[(?:…|\.\.\.|&hellip;)\]|(?:Read more|Continue reading|Читать далее|Подробнее)\b.{0,80})\s*$", re.I
)
_MARKED = re.compile(r"<[a-zA-Z/!]|&(?:#\d+|#x[0-9a-f]+|[a-z]+\d?);", re.I)
_CYRILLIC, _LATIN = re.compile(r"[а-яё]+"), re.compile(r"[a-z]+")
_MARKER = {
    "ru": re.compile(r"\b(?:и|в|на|что|не|для|как|это|из|мы|по|они|был)\b"),
    "en": re.compile(r"\b(?:the|and|of|to|in|is|for|with|you|are)\b"),
    "uk": re.compile(r"[іїєґ]"), "be": re.compile(r"ў"), "de": re.compile(r"\b(?:der|die|und|das|nicht|ist)\b"),
    "fr": re.compile(r"\b(?:le|les|des|est|pour|une)\b"), "es": re.compile(r"\b(?:el|los|una|para|que|con)\b"),
}  # fmt: skip


def clean(
    document: Document, address: str, moment: dt.datetime, *, languages: tuple[str, ...] = ("en", "ru")
) -> list[CleanEntry]:
    """Every entry that has something to show, in the document's order, each with a key of its own.

    address: the feed's; moment: now. An entry's date is at most `moment`; a missing one stays missing (first sight counts).
    """
    taken: Counter[str] = Counter()
    found: list[CleanEntry] = []
    for raw in document.entries:
        entry = _entry(raw, document, address, moment, languages)
        if entry is None:
            continue
        twin = taken[entry.key]
        taken[entry.key] += 1
        if twin:  # two things under one id: the link tells them apart, else the text; a plain repetition is dropped
            other = _digest(f"{entry.key}\n{addresses.key(entry.url)}\n{entry.title}")
            if any(e.key in (other, entry.key) and _same(e, entry) for e in found):
                continue
            entry.key = other
        found.append(entry)
    return found


def _same(one: CleanEntry, other: CleanEntry) -> bool:
    return (addresses.key(one.url), one.title) == (addresses.key(other.url), other.title)


def _entry(
    raw: RawEntry, document: Document, address: str, moment: dt.datetime, languages: tuple[str, ...]
) -> CleanEntry | None:
    base = addresses.absolute(raw.base, address) or addresses.absolute(document.home, address) or address
    url = addresses.without_trackers(addresses.absolute(raw.link, base))
    if not url and raw.id.startswith(("http://", "https://")):
        url = addresses.without_trackers(addresses.absolute(raw.id))
    body = safe_html(raw.content or raw.summary, base)
    title = plain(raw.title)[:280]
    words = plain(raw.summary) if raw.summary and raw.content else beginning(body)
    if len(words) < EXCERPT + 120:  # else it is cut before the end
        words = _TEASER.sub("", words)
    excerpt = shortened(words, EXCERPT)
    if not (title or excerpt or url):
        return None
    title = title or shortened(excerpt, 90) or addresses.host(url)
    # http or https, tracking or not: the same address is the same entry; an id counts as it stands
    known = raw.id.strip() or addresses.key(url) or f"{title}\n{excerpt}"
    if known.startswith(("http://", "https://")):
        known = addresses.key(addresses.absolute(known)) or known
    image = addresses.absolute(raw.image, base) or _first_image(body)
    media = [
        (addresses.absolute(link, base), kind[:60]) for link, kind in raw.enclosures if not kind.startswith("image/")
    ]
    when = raw.published or raw.updated
    return CleanEntry(
        key=_digest(known), url=url, title=title, excerpt="" if excerpt == title else excerpt, html=body,
        published=min(when, moment) if when else None, author=plain(raw.author)[:200], image=image,
        media=[pair for pair in media if pair[0]][:5],
        language=language_of(f"{title} {excerpt}", raw.language or document.language, languages),
        fingerprint=_digest("\n".join((title, excerpt, body, url, image))),
    )  # fmt: skip


def safe_html(text: str, base: str = "") -> str:
    """HTML by allow-list, addresses whole, images lazy and without those that only count readers. Safe again, unchanged."""
    if not text:
        return ""
    text = _HIDDEN.sub("", text[:MAX_HTML])
    if not _MARKED.search(text):
        return html.escape(text, quote=False).strip()
    return _IMAGE.sub(_kept_image, _cleaner(base).clean(_shallow(text))).strip()


@lru_cache(maxsize=64)
def _cleaner(base: str) -> nh3.Cleaner:
    """The rules, made ready once per source."""
    return nh3.Cleaner(
        tags=TAGS, clean_content_tags=GONE, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow noreferrer", attribute_filter=_whole(base),
        set_tag_attribute_values={"audio": {"preload": "none"}, "video": {"preload": "none"}},
    )  # fmt: skip


def _whole(base: str) -> Callable[[str, str, str], str | None]:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name not in ("href", "src", "poster"):
            return value[:300]
        if tag == "a" and value.startswith("mailto:"):
            return value
        return addresses.without_trackers(addresses.absolute(value, base)) or None

    return attribute


def _kept_image(found: re.Match[str]) -> str:
    tag = found.group()
    if _TINY.search(tag) or not _SRC.search(tag) or _BEACON.search(tag):
        return ""
    return tag.replace("<img", '<img loading="lazy" referrerpolicy="no-referrer"', 1)


def _shallow(text: str) -> str:
    """Absurd nesting is flattened before it costs time: without tags where it goes deeper than anybody writes."""
    if text.count("<") <= MAX_DEPTH:
        return text
    depth = deepest = 0
    for closing, name, alone in _OPEN.findall(text):
        if alone or name.lower() in ("br", "img", "hr", "input", "meta", "link", "p", "li", "td", "tr"):
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return _OPEN.sub(" ", text) if deepest > MAX_DEPTH else text


def shown(text: str, picture: Callable[[str], str] = lambda url: "") -> Markup:
    """Kept HTML for a page: cleaned once more, because what is safe depends on the rules of today.

    picture: where this site shows a picture of another one; those for which it answers nothing are left out. Sound and
    film become links: pages load nothing from others.
    """

    def image(found: re.Match[str]) -> str:
        src = _SRC.search(found.group())
        own = picture(html.unescape(src.group(1))) if src else ""
        return found.group().replace(src.group(), f'src="{html.escape(own)}"') if src and own else ""

    def played(found: re.Match[str]) -> str:
        src = _SRC.search(found.group())
        named = addresses.host(html.unescape(src.group(1))) if src else ""
        return (
            f'<a href="{src.group(1)}" rel="noopener nofollow noreferrer">{html.escape(named)}</a>'
            if src and named
            else ""
        )

    return Markup(_IMAGE.sub(image, _PLAYED.sub(played, safe_html(text))))


def beginning(body: str, length: int = EXCERPT) -> str:
    """The first words of cleaned HTML (at least `length` signs, where there are so many) as one line of plain text."""
    part = body[: 8 * length]
    found = _untagged(part)
    if len(part) < len(body) and len(found) < 2 * length:  # more tags than words
        found = _untagged(body)
    return plain(found) if _MARKED.search(found) else found  # what came escaped twice


def _untagged(body: str) -> str:
    """Cleaned HTML without its tags: nh3 has closed and quoted everything, so nothing needs to be parsed again."""
    return _SPACE.sub(" ", _HIDDEN.sub("", html.unescape(_TAG.sub("", _BLOCK.sub(" ", body))))).strip()


def plain(text: str) -> str:
    """HTML (also escaped twice) as one line of plain text."""
    if not text:
        return ""
    text = text[:MAX_HTML]
    for _ in range(2):  # titles come escaped once and twice
        if not _MARKED.search(text):
            break
        text = nh3.clean(_shallow(_BLOCK.sub(" ", text)), tags=set(), clean_content_tags=GONE)
        text = html.unescape(text)
    return _SPACE.sub(" ", _HIDDEN.sub("", text)).strip()


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut after a sentence where one ends in the last third, else between words."""
    if len(text) <= length:
        return text
    part = text[:length]
    end = max(part.rfind(mark) for mark in (". ", "! ", "? ", "… "))
    if end > length * 2 // 3:
        return part[: end + 1]
    return part.rsplit(" ", 1)[0].rstrip(" ,.;:—–-(«") + "…"


def language_of(text: str, named: str, known: tuple[str, ...]) -> str:
    """The language of a text among those the site has: by its letters and small words, else as the feed says, else the first."""
    low = text.lower()
    cyrillic, latin = (sum(map(len, letters.findall(low))) for letters in (_CYRILLIC, _LATIN))
    said = named.lower().replace("_", "-").partition("-")[0]
    if cyrillic > latin and "ru" in known and not (said in ("uk", "be", "bg", "sr") and said in known):
        return "ru"
    if latin > cyrillic:
        west = {
            code: len(_MARKER[code].findall(low))
            for code in known
            if code in _MARKER and code not in ("ru", "uk", "be")
        }
        best = max(west, key=lambda code: (west[code], code == said), default="")
        if best and west[best]:
            return best
        if said in known and said not in ("ru", "uk", "be"):
            return said
        return next((code for code in known if code not in ("ru", "uk", "be")), known[0])
    return said if said in known else known[0]


def _first_image(body: str) -> str:
    tag = _IMAGE.search(body)
    found = _SRC.search(tag.group()) if tag else None
    return html.unescape(found.group(1)) if found else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
