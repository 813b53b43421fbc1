"""Text or bytes of a feed → Document: RSS 0.9x and 2.0, RDF, Atom 0.3 and 1.0 (feedparser), JSON Feed (ours).

feedparser's own sanitising and address resolving are off: cleaning does both, once. This is the one file that imports it.
"""

from __future__ import annotations

import html.entities
import io
import json
import re
from typing import Any

import feedparser
import feedparser.api

from hub_news.reader import dates
from hub_news.reader.decoding import decode
from hub_news.reader.parts import Document, NotAFeed, RawEntry

feedparser.api.PREFERRED_XML_PARSERS = ["hub_news.reader.buffered"]
MAX_ENTRIES = 300
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_ENTITIES_DECLARED = re.compile(r"<!DOCTYPE[^>\[]*\[", re.I)
_PAGE = re.compile(r"^\s*(<!--.*?-->\s*)*(<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>])", re.I | re.S)
_FEED_ROOT = re.compile(r"<(\w+:)?(rss|feed|rdf|channel|item|entry)[\s>:/]", re.I)
PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}


def parse(data: bytes, content_type: str = "", address: str = "") -> Document:
    """Read a feed. address: where it was found, for relative links. Raises NotAFeed."""
    text = _CONTROL.sub("", decode(data, content_type)).lstrip("\ufeff \t\r\n")
    if not text:
        raise NotAFeed("empty")
    if text[0] == "{":
        return _json_feed(text)
    found = _xml(text, address)
    if not found.entries and not found.version and (_PAGE.match(text) or not _FEED_ROOT.search(text[:20_000])):
        raise NotAFeed("page" if _PAGE.match(text) else "unknown")
    return found


def _xml(text: str, address: str) -> Document:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": address}
    # feedparser opens what looks like a file's name, so it gets a stream
    read = feedparser.parse(
        io.BytesIO(_whole(text).encode()), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    feed, ttl = read.feed, _number(read.feed.get("ttl"))
    every = PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower(), 0)
    links = {
        link.get("rel"): link.get("href", "") for link in reversed(feed.get("links", [])) if isinstance(link, dict)
    }
    return Document(
        title=_plain(feed, "title"), home=str(feed.get("link") or ""), language=str(feed.get("language") or "")[:20],
        icon=str(feed.get("icon") or feed.get("logo") or (feed.get("image") or {}).get("href") or ""),
        version=read.version or "", ttl=max(ttl, every / max(1.0, _number(feed.get("sy_updatefrequency")) or 1.0)),
        hub=str(links.get("hub") or ""), topic=str(links.get("self") or ""),
        broken=str(read.get("bozo_exception") or "broken")[:200] if read.bozo else "",
        entries=[_entry(entry, address) for entry in read.entries[:MAX_ENTRIES]],
    )  # fmt: skip


def _whole(text: str) -> str:
    """The same document as UTF-8 without a label, HTML's named letters written as numbers, so that XML readers take it."""
    text = _PROLOG.sub("", text)
    if not _ENTITIES_DECLARED.search(text[:2000]):
        text = _ENTITY.sub(_as_number, text)
    return text


def _as_number(found: re.Match[str]) -> str:
    letters = html.entities.html5.get(f"{found.group(1)};")
    return "".join(f"&#{ord(letter)};" for letter in letters) if letters else found.group()


def _entry(entry: Any, address: str) -> RawEntry:
    contents = [part for part in entry.get("content", []) if isinstance(part, dict)]
    longest = max(contents, key=lambda part: len(part.get("value") or ""), default={})
    detail = entry.get("summary_detail") or {}
    media = [*entry.get("enclosures", []), *entry.get("media_content", [])]
    found = [(str(m.get("href") or m.get("url") or ""), str(m.get("type") or "")) for m in media if isinstance(m, dict)]
    thumbs = [str(m.get("url") or "") for m in entry.get("media_thumbnail", []) if isinstance(m, dict)]
    pictures = [url for url, kind in found if kind.startswith("image/")]
    when = entry.get("published") or entry.get("created") or ""
    return RawEntry(
        id=str(entry.get("id") or "").strip(), link=str(entry.get("link") or "").strip(), title=_plain(entry, "title"),
        summary=_escaped(detail, entry.get("summary")), content=_escaped(longest, longest.get("value")),
        published=dates.read(when, entry.get("published_parsed") or entry.get("created_parsed")),
        updated=dates.read(dict.get(entry, "updated"), dict.get(entry, "updated_parsed")),  # without feedparser's stand-ins
        author=str(entry.get("author") or "")[:300], image=next(iter([*thumbs, *pictures]), ""), enclosures=found,
        language=str(longest.get("language") or detail.get("language") or "")[:20],
        base=str(longest.get("base") or detail.get("base") or (entry.get("title_detail") or {}).get("base") or address),
    )  # fmt: skip


def _plain(part: Any, name: str) -> str:
    """A title as HTML: what says that it is plain text is escaped, so that cleaning may treat all alike."""
    return _escaped(part.get(f"{name}_detail") or {}, part.get(name))


def _escaped(detail: Any, value: Any) -> str:
    text = str(value or "")
    return (
        html.escape(text, quote=False) if detail.get("type") == "text/plain" and detail.get("mode") != "html" else text
    )


def _number(value: Any) -> float:
    try:
        return max(0.0, min(float(str(value).strip()), 1e6))
    except (ValueError, TypeError):
        return 0.0


def _json_feed(text: str) -> Document:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeed("json") from error
    if (
        not isinstance(body, dict)
        or "jsonfeed.org" not in str(body.get("version"))
        or not isinstance(body.get("items"), list)
    ):
        raise NotAFeed("json")
    hubs = [hub.get("url") for hub in _list(body.get("hubs")) if isinstance(hub, dict) and hub.get("type") == "WebSub"]
    return Document(
        title=html.escape(_text(body.get("title")), quote=False), home=_text(body.get("home_page_url")),
        language=_text(body.get("language"))[:20],
        icon=_text(body.get("favicon") or body.get("icon")), version="json", hub=_text(hubs[0]) if hubs else "",
        topic=_text(body.get("feed_url")), entries=[_json_entry(item) for item in body["items"][:MAX_ENTRIES] if isinstance(item, dict)],
    )  # fmt: skip


def _json_entry(item: dict[str, Any]) -> RawEntry:
    authors = [_text(a.get("name")) for a in [*_list(item.get("authors")), item.get("author")] if isinstance(a, dict)]
    attached = [a for a in _list(item.get("attachments")) if isinstance(a, dict)]
    plain = html.escape(_text(item.get("content_text")), quote=False)
    return RawEntry(
        id=_text(item.get("id")).strip(), link=_text(item.get("url") or item.get("external_url")).strip(),
        title=html.escape(_text(item.get("title")), quote=False), summary=html.escape(_text(item.get("summary")), quote=False),
        content=_text(item.get("content_html")) or plain, published=dates.read(item.get("date_published")),
        updated=dates.read(item.get("date_modified")), author=", ".join(filter(None, authors))[:300],
        image=_text(item.get("image") or item.get("banner_image")), language=_text(item.get("language"))[:20],
        enclosures=[(_text(a.get("url")), _text(a.get("mime_type"))) for a in attached],
    )  # fmt: skip


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
