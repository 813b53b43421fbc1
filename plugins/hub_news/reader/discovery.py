"""Feeds of a web page: those that it names in its head, else well-known addresses; only what really parses is offered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from hub_news.reader import addresses, asking, cleaning, running
from hub_news.reader.decoding import decode

TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "text/xml",
    "application/xml",
}
WELL_KNOWN = ("feed/", "rss.xml", "atom.xml", "feed.xml", "rss/", "index.xml", "feed.json")
MOST = 6


@dataclass
class Found:
    """A feed that was found, with what it answered."""

    url: str
    title: str
    got: running.Got


class _Head(HTMLParser):
    """The links of a page's head; `<base href>` counts."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.base, self.links = address, list[tuple[str, str]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "base" and named.get("href"):
            self.base = addresses.absolute(named["href"], self.base) or self.base
        elif tag == "link" and "alternate" in named.get("rel", "").lower().split():
            kind = named.get("type", "").lower().partition(";")[0].strip()
            if kind in TYPES and "/wp-json/" not in named.get("href", ""):
                self.links.append((named.get("href", ""), named.get("title", "")))


def named(page: bytes, content_type: str, address: str) -> list[tuple[str, str]]:
    """(address, title) of every feed that a page names, each once."""
    head = _Head(address)
    # html.parser gives up on a few broken declarations; what came before counts
    with suppress(ValueError, AssertionError):
        head.feed(decode(page[:500_000], content_type))
    found: dict[str, tuple[str, str]] = {}
    for href, title in head.links:
        whole = addresses.absolute(href, head.base)
        if whole:
            found.setdefault(addresses.key(whole), (whole, cleaning.plain(title)[:200]))
    return list(found.values())


def find(page: bytes, content_type: str, address: str, user_agent: str, site: Mapping[str, Any]) -> list[Found]:
    """The feeds of a page that parse. Each is asked once, and the answer is kept for whoever takes it."""
    found = _tried(named(page, content_type, address)[:MOST], user_agent, site)
    if not found:
        guesses = [(addresses.absolute(word, address.rstrip("/") + "/"), "") for word in WELL_KNOWN]
        found = _tried([guess for guess in guesses if guess[0]], user_agent, site, first=True)
    return found


def _tried(
    candidates: list[tuple[str, str]], user_agent: str, site: Mapping[str, Any], first: bool = False
) -> list[Found]:
    found = []
    for url, title in candidates:
        answer = asking.ask(url, user_agent=user_agent, allow=site["trusted"], seconds=10)
        if first and answer.url and answer.url != url:
            continue  # a guess that leads elsewhere is no feed of this page
        got = running.read(answer, url, site["languages"])
        if got.document is not None:
            found.append(Found(url, title or cleaning.plain(got.document.title) or url, got))
            if first:
                break
    return found
