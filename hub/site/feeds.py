"""Lists as feeds: Atom 1.0 (RFC 4287), RSS 2.0, JSON Feed 1.1. Written with ElementTree, so nothing escapes wrongly."""

from __future__ import annotations

import json
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from flask import Response, request

from hub.content import texts
from hub.content.items import Item
from hub.content.queries import ListQuery, Result
from hub.hooks.here import hub
from hub.site import view
from hub.site.languages import speaking
from hub.store.db import now

ATOM = "http://www.w3.org/2005/Atom"


def _addresses(asked: ListQuery) -> tuple[str, str]:
    """This feed's own address and the page it belongs to; names that mean nothing are in neither."""
    absolute, query = hub().settings.site.absolute, asked.link()
    own = absolute(request.path) + (f"?{query}" if query else "")
    stem = request.path.rsplit(".", 2 if request.path.endswith(".feed.json") else 1)[0]
    path = f"/{speaking()}/" if stem.endswith("/feed") or stem == "/feed" else stem + "/"
    if path.split("/")[1] not in hub().settings.site.languages:
        path = f"/{speaking()}{path}"
    return own, absolute(path) + (f"?{query}" if query else "")


def _content(item: Item) -> str:
    return str(texts.render(item.body, hub().settings.site.absolute)) if item.body else ""


def list_atom(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    own, page = _addresses(query)
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": speaking()})

    def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        element = ET.SubElement(parent, name, attributes)
        element.text = texts._CONTROL.sub("", text) or None
        return element

    add(feed, "id", own)
    add(feed, "title", f"{_title(title)} · {view.site_name()}")
    add(feed, "updated", _rfc3339(max((i.updated for i in items), default=now())))
    add(feed, "link", rel="self", type="application/atom+xml", href=own)
    add(feed, "link", rel="alternate", type="text/html", href=page)
    add(feed, "generator", "Hub")
    author = add(feed, "author")
    add(author, "name", view.site_name())
    for item in items:
        entry = add(feed, "entry")
        entry.set("xml:lang", item.lang)
        add(entry, "id", f"urn:uuid:{item.uid}")
        add(entry, "title", item.title)
        add(entry, "updated", _rfc3339(item.updated))
        if item.published:
            add(entry, "published", _rfc3339(item.published))
        add(entry, "link", rel="alternate", type="text/html", href=hub().settings.site.absolute(item.url))
        add(entry, "category", term=item.kind, label=str(item.type.label))
        for topic in item.topics:
            add(entry, "category", term=topic.slug, label=topic.name(item.lang))
        if item.excerpt:
            add(entry, "summary", item.excerpt)
        if body := _content(item):
            add(entry, "content", body, type="html")
    return view.data(_xml(feed), "application/atom+xml")


def list_rss(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    own, page = _addresses(query)
    rss = ET.Element("rss", {"version": "2.0", "xmlns:atom": ATOM})
    channel = ET.SubElement(rss, "channel")

    def add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
        ET.SubElement(parent, name, attributes).text = texts._CONTROL.sub("", text)

    add(channel, "title", f"{_title(title)} · {view.site_name()}")
    add(channel, "link", page)
    add(channel, "description", view.tagline() or view.site_name())
    add(channel, "language", speaking())
    add(channel, "atom:link", "", rel="self", type="application/rss+xml", href=own)
    for item in items:
        entry = ET.SubElement(channel, "item")
        add(entry, "title", item.title)
        add(entry, "link", hub().settings.site.absolute(item.url))
        add(entry, "guid", f"urn:uuid:{item.uid}", isPermaLink="false")
        add(entry, "description", item.excerpt)
        for topic in item.topics:
            add(entry, "category", topic.name(item.lang))
        if item.published:
            add(entry, "pubDate", format_datetime(item.published))
    return view.data(_xml(rss), "application/rss+xml")


def list_jsonfeed(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    own, page = _addresses(query)
    entries = []
    for item in items:
        entry = {
            "id": f"urn:uuid:{item.uid}", "url": hub().settings.site.absolute(item.url), "title": item.title,
            "summary": item.excerpt, "content_html": _content(item) or None,
            "content_text": None if item.body else item.excerpt, "language": item.lang,
            "date_modified": item.updated.isoformat(),
            "date_published": item.published.isoformat() if item.published else None,
            "tags": [topic.name(item.lang) for topic in item.topics],
        }  # fmt: skip
        entries.append({k: v for k, v in entry.items() if v is not None})
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": f"{_title(title)} · {view.site_name()}",
        "home_page_url": page, "feed_url": own, "language": speaking(), "items": entries,
    }  # fmt: skip
    return view.data(json.dumps(feed, ensure_ascii=False), "application/feed+json")


def _title(title: str) -> str:
    ctype = hub().types.at(title)
    return str(ctype.plural) if ctype else title


def _xml(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8")


def _rfc3339(value) -> str:
    return str(value.isoformat()).replace("+00:00", "Z")
