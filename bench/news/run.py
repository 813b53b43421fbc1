"""How fast feeds are read: parse, resolve and sanitise (nh3) against feedparser with its defaults, on the same documents.

    python bench/news/run.py [FOLDER]

Without a folder: one RSS and one Atom document with 60 entries of HTML each. With one: every well-formed feed below it.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import feedparser
import feedparser.api
from hub_news.reader import cleaning, parsing
from hub_news.reader.parts import NotAFeed

AT = "https://feed.example/feed.xml"
PARAGRAPH = (
    '<p>Соседи посадили <a href="/n?utm_source=rss&id=5">сорок яблонь</a> and wrote <em>every</em> name down. '
    '<img src="/pictures/tree.jpg" alt="A tree" onclick="x()"></p><ul><li>one</li><li>two</li></ul>'
)


def rss(entries: int = 60) -> bytes:
    """An RSS document as blogs send it: escaped HTML in every description."""
    body = html.escape(PARAGRAPH * 6)
    items = "".join(
        f"<item><title>Title {n}</title><link>https://a.example/{n}</link><guid>g{n}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><description>{body}</description></item>"
        for n in range(entries)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>https://a.example/</link>{items}</channel></rss>'.encode()


def atom(entries: int = 60) -> bytes:
    """The same as Atom, with the HTML as escaped content."""
    body = html.escape(PARAGRAPH * 6)
    items = "".join(
        f'<entry><title>Title {n}</title><id>tag:a,{n}</id><link href="https://a.example/{n}"/>'
        f'<updated>2026-11-20T10:00:00Z</updated><content type="html">{body}</content></entry>'
        for n in range(entries)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>x</id><updated>2026-11-20T10:00:00Z</updated>{items}</feed>'.encode()


def ours(data: bytes) -> None:
    """Parse and clean as the reader does."""
    try:
        cleaning.clean(parsing.parse(data, "", AT), AT, dt.datetime.now(dt.UTC))
    except NotAFeed:
        return


def theirs(data: bytes) -> None:
    """feedparser as it comes: with its own sanitiser and address resolving."""
    ours_too = feedparser.api.PREFERRED_XML_PARSERS
    feedparser.api.PREFERRED_XML_PARSERS = ["drv_libxml2"]  # its own choice, without our buffer
    feedparser.parse(io.BytesIO(data), response_headers={"content-type": "application/xml", "content-location": AT})
    feedparser.api.PREFERRED_XML_PARSERS = ours_too


def seconds(read: Callable[[bytes], None], documents: list[bytes], rounds: int = 5) -> float:
    """The best processor time of several rounds over all documents."""
    best = 1e9
    for _ in range(rounds):
        began = time.process_time()
        for data in documents:
            read(data)
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    """Print a line per set of documents."""
    sets = {"RSS": [rss()], "Atom": [atom()]}
    if len(sys.argv) > 1:
        found = [p.read_bytes() for p in sorted(Path(sys.argv[1]).rglob("*.xml"))]
        sets = {"files": [data for data in found if not feedparser.parse(io.BytesIO(data)).bozo]}
    for name, documents in sets.items():
        mine, other = seconds(ours, documents), seconds(theirs, documents)
        size = sum(map(len, documents)) / 1e6
        print(f"{name}: {len(documents)} documents, {size:.2f} MB; hub {mine:.3f} s, feedparser {other:.3f} s: {other / mine:.1f} times")


if __name__ == "__main__":
    main()
