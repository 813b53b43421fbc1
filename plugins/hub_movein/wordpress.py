"""The export of a WordPress site (WXR) as rows of an import: pages and articles as whole documents, with their topics.

An entry's `external_id` is its old address without the host: by that a second import finds it again, and the old address leads to
it (see addresses.py). XML is read without entities, without the network and piece by piece; a file that declares a document
type is refused, because no WordPress writes one.
"""

from __future__ import annotations

import codecs
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from hub.api import Importer, content_type, excerpt, gettext, items
from hub.api import lazy_gettext as _

from . import illustrations, prose

MOST = 20_000  # entries of one export
LONGEST = 190_000  # characters of one text
ORIGIN = "wordpress:"
STATES = {"publish": "published", "draft": "draft", "pending": "draft", "future": "draft", "private": "draft"}
MEDIA = ("audio", "embed", "soundcloud", "video", "vimeo", "youtube")  # shortcodes of which the address is left
_SHORTCODE = re.compile(r"\[(/?)([a-z][\w-]*)((?:[\s=][^\[\]]{0,2000})?)\]")
_KNOWN = re.compile(r"(caption|gallery|playlist|vc_\w+|et_pb_\w+|[a-z0-9]+([-_][a-z0-9]+)+)")
_SETTING = re.compile(r"\s+[\w-]+\s*=\s*[\w\"'“«]")
_UNFIT = bytes({*range(32)} - {9, 10, 13})  # what XML does not allow, and texts pasted from elsewhere hold
FEED = _("this is a feed: the page “Moving in” at the desk takes its address and makes drafts of its entries")
FOREIGN = {  # root of a file → the kind without which it is nothing here, and what it is
    "schedule": ("event", _("this is the schedule of a conference (frab, pentabarf): it goes into the programme of an event, "
                            "on the page “Programme” of that event at the desk")),
    "opml": ("news", _("this is a list of feeds (OPML): it goes to the page “Sources of news” at the desk")),
    "rss": ("page", FEED), "feed": ("page", FEED), "RDF": ("page", FEED),
}  # fmt: skip
Row = tuple[int, Mapping[str, Any] | Exception]


def importer() -> Importer:
    """The format, by the end of the file's name."""
    return Importer(("xml", "wxr"), _("WordPress export (WXR)"), read)


def read(content: bytes) -> list[Row]:
    """The pages and posts of an export. Raises ValueError where the file is none."""
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", content[:65_536], re.I):
        raise ValueError(gettext("a WordPress export declares no document type or entities; this file is not taken"))
    rows: list[Row] = []
    site = Site()
    if not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.translate(None, _UNFIT)
    try:
        for tag, element in _elements(content):
            if tag == "item":
                if len(rows) >= MOST:
                    raise ValueError(gettext("more than %(most)s entries; split the export by year", most=MOST))
                if (row := _row(element, site)) is not None:
                    rows.append((len(rows) + 1, row))
            else:
                site.note(tag, element)
    except etree.XMLSyntaxError as error:
        if not rows:
            raise ValueError(gettext("this is not XML (line %(line)s of the file)", line=error.lineno)) from None
        told = gettext("the file breaks off here: its line %(line)s is not XML, and nothing behind it is read", line=error.lineno)
        rows.append((len(rows) + 1, ValueError(told)))
    for _number, row in rows:
        if isinstance(row, dict):
            site.gallery.illustrate(row)
    if not site.is_wordpress:
        raise ValueError(_foreign(site.root))
    if not rows:
        raise ValueError(gettext("there are no pages and articles in it"))
    return rows


def _elements(content: bytes) -> Iterator[tuple[str, Any]]:
    """("", the root), then (name, element) of what stands directly in the channel, each forgotten afterwards."""
    events = etree.iterparse(
        io.BytesIO(content), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    depth = 0
    for event, element in events:
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 1 and element.getroottree().docinfo.doctype:
            raise ValueError(
                gettext("a WordPress export declares no document type or entities; this file is not taken")
            )
        if event == "start" and depth == 1:
            yield "", element
        if event == "end" and depth == 2:
            yield etree.QName(element).localname, element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _foreign(root: str) -> str:
    """What a file is that is no export, and where it goes; the name of its root where that is not known."""
    kind, told = FOREIGN.get(root, ("", ""))
    if kind and content_type(kind):
        return str(told)
    if (importer := items.importers().get(root)) is not None:
        return gettext("this is %(format)s: let the file’s name end in .%(end)s", format=importer.label, end=root)
    told = _("this is XML that begins with <%(root)s>, but no WordPress export (Tools → Export in WordPress makes one)")
    return str(told) % {"root": root[:40]}


class Site:
    """What the head of an export says: its address, its language, how its authors are called. root: the file's first element."""

    def __init__(self) -> None:
        self.host, self.language, self.root, self.is_wordpress = "", "", "", False
        self.authors: dict[str, str] = {}
        self.gallery = illustrations.Gallery()

    def note(self, tag: str, element: Any) -> None:
        """Take up one line of the head."""
        text = (element.text or "").strip()
        if not tag:
            self.root = etree.QName(element).localname
        if tag in ("wxr_version", "base_blog_url"):
            self.is_wordpress = True
        if tag in ("link", "base_blog_url") and not self.host:
            self.host, self.gallery.base = urlsplit(text).netloc.lower().removeprefix("www."), text
        if tag == "language":
            self.language = text.lower()[:2]
        if tag == "author":
            self.authors[_text(element, "author_login")] = _text(element, "author_display_name")


def _row(element: Any, site: Site) -> Mapping[str, Any] | Exception | None:
    """One entry as a document; None for what is none (attachments, menus, revisions, what lies in the trash)."""
    sort, state = _text(element, "post_type"), _text(element, "status")
    if sort == "attachment":
        caption, alt = _text(element, "encoded", "excerpt"), _meta(element, "_wp_attachment_image_alt")
        site.gallery.note(_text(element, "post_id"), _text(element, "attachment_url"), alt, caption)
    if sort not in ("post", "page") or state not in STATES:
        return None
    html, address = _text(element, "encoded", "content"), old_address(_text(element, "link"), _text(element, "post_id"))
    body, shown = _body(html)
    title = prose.plain(_text(element, "title")) or excerpt(prose.plain(_without_shortcodes(html[: prose.LARGEST])), 80)
    if not title:
        return ValueError(gettext("it has neither a title nor a text: %(address)s", address=address))
    if len(body) > LONGEST:
        return ValueError(
            gettext("“%(title)s”: the text is longer than %(most)s characters", title=title[:80], most=LONGEST)
        )
    news = content_type("news") if sort == "post" else None
    language = prose.language_of(title + body, site.language)
    summary = prose.plain(_text(element, "encoded", "excerpt"))
    text: dict[str, Any] = {
        "title": title[:300], "body": body, "fields": {},
        "summary": excerpt(summary, 900),
    }  # fmt: skip
    author = site.authors.get(_text(element, "creator"), "")
    if news and author and news.field("authors"):
        text["fields"] = {"authors": author}
    status = "draft" if _text(element, "post_password") else STATES[state]
    doc: dict[str, Any] = {
        "kind": "news" if news else "page", "status": status, "texts": {language: text},
        "origin": (ORIGIN + site.host)[:120], "external_id": address,
        "data": {"origin": "own"} if news and news.field("origin") else {},
        "topic_words": _topics(element) if news else [], "slugs": {language: _text(element, "post_name")},
        "shown": shown, "thumbnail": _meta(element, "_thumbnail_id"),
    }  # fmt: skip
    moment = _moment(_text(element, "post_date_gmt"))
    return doc | ({"created": moment} | ({"published": moment} if status == "published" else {}) if moment else {})


def _text(element: Any, name: str, module: str = "") -> str:
    """The text of a child by its name without the namespace; module: a word that the namespace holds."""
    for child in element:
        qualified = etree.QName(child)
        if qualified.localname == name and module in (qualified.namespace or ""):
            return "".join(child.itertext()).strip()
    return ""


def _meta(element: Any, key: str) -> str:
    """The value that an entry keeps under a key."""
    kept = (child for child in element if etree.QName(child).localname == "postmeta")
    return next((_text(one, "meta_value") for one in kept if _text(one, "meta_key") == key), "")


def _body(html: str) -> tuple[str, list[dict[str, str]]]:
    """The text as Markdown with marks for pictures, and what those say. The old editor writes no paragraphs but empty lines."""
    html, shown = illustrations.marked(html[: prose.LARGEST])
    html = _without_shortcodes(html)
    if not re.search(r"<(p|div|h[1-6]|ul|ol|table|blockquote)\b", html, re.I):
        html = "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", html) if part.strip())
    return prose.from_html(html), shown


def _without_shortcodes(html: str) -> str:
    """Without the marks in brackets that WordPress replaces by something of a plugin's; a bracketed word of the text stays."""
    closed = {m[2] for m in _SHORTCODE.finditer(html) if m[1]}

    def left(mark: re.Match[str]) -> str:
        closing, name, more = mark.groups()
        address = re.search(r"https?://[^\s\"'<>]+", more)
        if name in MEDIA:
            return f" {address[0]} " if address else " "
        gone = closing or name in closed or (_KNOWN.fullmatch(name) and "<" not in more) or (_SETTING.match(more) and "<" not in more)
        return " " if gone else mark[0]

    return _SHORTCODE.sub(left, html)


def _topics(element: Any) -> list[str]:
    """Categories and tags by their names, without the one that WordPress gives to everything."""
    named = [child for child in element if etree.QName(child).localname == "category"]
    words = [prose.plain(child.text or "")[:80] for child in named if child.get("nicename") not in ("uncategorized", "без-рубрики")
             and child.get("domain") in ("category", "post_tag")]  # fmt: skip
    return list(dict.fromkeys(word for word in words if word))[:20]


def old_address(link: str, number: str) -> str:
    """The path by which an entry was known on the old site."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return f"/?p={number}"
    path = re.sub(r"[\x00-\x1f\ud800-\udfff]", "", unquote(parts.path)) or "/"
    numbered = path == "/" or re.match(r"(p|page_id)=\d", parts.query)  # drafts, and sites without permalinks
    whole = f"{path}?{parts.query}" if numbered and parts.query else path
    return whole if whole != "/" and len(whole) <= 300 else f"/?p={number}"


def _moment(text: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    except ValueError:
        return ""
    return moment.isoformat() if moment.year > 1970 and moment < dt.datetime.now(dt.UTC) else ""  # what was to come is dated anew
