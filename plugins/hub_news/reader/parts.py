"""What the steps of the reader hand to each other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


class NotAFeed(Exception):
    """The answer is no feed: a web page, a picture, nothing known."""


@dataclass
class RawEntry:
    """An entry as the document has it. Texts are HTML or plain as the source wrote them; addresses may be relative to `base`."""

    id: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: dt.datetime | None = None
    updated: dt.datetime | None = None
    author: str = ""
    image: str = ""
    enclosures: list[tuple[str, str]] = field(default_factory=list)  # (address, media type)
    language: str = ""
    base: str = ""


@dataclass
class Document:
    """A feed as read. broken: why it is not well-formed ("" where it is); ttl: minutes between fetches as it asks, 0 unknown."""

    title: str = ""
    home: str = ""
    language: str = ""
    icon: str = ""
    version: str = ""
    ttl: float = 0.0
    hub: str = ""
    topic: str = ""
    broken: str = ""
    entries: list[RawEntry] = field(default_factory=list)


@dataclass
class CleanEntry:
    """An entry that may be shown: plain title and excerpt, safe HTML, whole http(s) addresses, a date that is not ahead."""

    key: str
    url: str
    title: str
    excerpt: str
    html: str
    published: dt.datetime | None
    author: str
    image: str
    media: list[tuple[str, str]]
    language: str
    fingerprint: str
