"""Lists of sources as OPML: in (nested, odd, broken; each row reported), and out so that in again is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from lxml import etree

from hub.api import gettext
from hub_news.models import Feed
from hub_news.reader import addresses
from hub_news.reader.cleaning import plain
from hub_news.reader.decoding import decode

MAX_BYTES, MAX_ROWS = 5_000_000, 5000
_NOT_FEEDS = {"link", "include", "song", "note"}


class NotOpml(Exception):
    """The file is no list of sources; the message says so in the language of the moment."""


@dataclass
class Row:
    """One outline that names (or should name) a feed. fault: why it cannot be taken, empty where it can."""

    line: int
    url: str = ""
    title: str = ""
    home: str = ""
    folder: str = ""
    fault: str = ""


def read(data: bytes) -> list[Row]:
    """The rows of an OPML file. Raises NotOpml where it is none."""
    if len(data) > MAX_BYTES:
        raise NotOpml(gettext("The file is larger than 5 MB."))
    text = decode(data)
    start = text.find("<")
    text = text[start:] if start >= 0 else ""
    if text.startswith("<?xml"):
        text = text[text.find("?>") + 2 :]
    # nothing outside is loaded and no entity is opened; what is broken is read as far as it goes
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(text.encode(), parser) if text.strip() else None
    except etree.XMLSyntaxError:
        root = None
    if (
        root is None
        or not isinstance(root.tag, str)
        or (root.tag.lower() != "opml" and root.find(".//outline") is None)
    ):
        raise NotOpml(gettext("This is not an OPML file: there is no list of outlines in it."))
    rows: list[Row] = []
    for outline in root.iterchildren():
        _walk(outline, "", rows, 0)
    return rows


def _walk(node: etree._Element, folder: str, rows: list[Row], depth: int) -> None:
    if not isinstance(node.tag, str) or len(rows) >= MAX_ROWS or depth > 50:
        return
    named = {str(name).lower(): str(value) for name, value in node.attrib.items()}
    title = plain(named.get("title") or named.get("text") or "")[:300]
    below = folder
    if node.tag.lower() == "outline":
        kind, url = named.get("type", "").strip().lower(), named.get("xmlurl", "").strip()
        if url or kind in ("rss", "atom", "feed"):
            whole = addresses.absolute(url)
            fault = "" if whole else _fault(url)
            rows.append(
                Row(node.sourceline or 0, whole, title, addresses.absolute(named.get("htmlurl", "")), folder, fault)
            )
        elif not len(node) and kind not in _NOT_FEEDS and title:
            rows.append(Row(node.sourceline or 0, "", title, "", folder, gettext("no address of a feed (xmlUrl)")))
        elif title:
            below = f"{folder} / {title}".strip(" /")[:200]
    for child in node.iterchildren():
        _walk(child, below, rows, depth + 1)


def _fault(url: str) -> str:
    if not url:
        return gettext("no address of a feed (xmlUrl)")
    return gettext("“%(url)s” is not a web address", url=url[:100])


def write(feeds: Iterable[Feed], title: str) -> bytes:
    """Sources as OPML 2.0, by folder."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {"": body}
    for feed in feeds:
        parent = body
        path = ""
        for name in filter(None, feed.folder.split(" / ")):
            path = f"{path} / {name}".strip(" /")
            if path not in folders:
                folders[path] = ET.SubElement(parent, "outline", text=name)
            parent = folders[path]
        values = {"type": "rss", "text": feed.title or feed.url, "title": feed.title or feed.url, "xmlUrl": feed.url}
        ET.SubElement(parent, "outline", {**values, **({"htmlUrl": feed.home} if feed.home else {})})
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8")
