"""The directory as files: OPML for readers of feeds, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

from .showing import Line


def write(lines: Iterable[Line], title: str, language: str) -> bytes:
    """Hubs as OPML 2.0, each with the feed of everything new on it."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    for line in lines:
        spoken = language if language in line.languages else (line.languages or [language])[0]
        feed = f"{line.hub.url}/{spoken}/feed.atom"
        values = {"type": "rss", "text": line.hub.name, "title": line.hub.name, "xmlUrl": feed, "htmlUrl": line.hub.url + "/"}
        ET.SubElement(body, "outline", values)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8")


def as_json(lines: Iterable[Line], own: dict[str, Any]) -> dict[str, Any]:
    """Who we are, and whom we follow."""
    return {"hub": own, "follows": [
        {
            "name": line.hub.name, "url": line.hub.url, "languages": line.languages, "places": line.places,
            "kinds": sorted(line.hub.about.get("kinds", {})), "entries": line.count, "since": line.hub.created.isoformat(),
            "last_contact": line.hub.reached.isoformat() if line.hub.reached else None, "state": line.hub.state,
        }
        for line in lines
    ]}  # fmt: skip
