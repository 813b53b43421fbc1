"""Icons of sources: asked for seldom, decoded and written anew, served by this site.

Looked for in this order: what the feed names, what the site's page names, `/favicon.ico`; a failure is remembered for a fortnight.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, g, has_app_context, url_for

from hub.api import items, now, session, setting, writing
from hub_news import pictures
from hub_news.kind import FEEDS
from hub_news.models import Feed, Icon
from hub_news.reader import addresses, asking, leases
from hub_news.reader.decoding import decode

AGAIN, FAILED, LATER = dt.timedelta(days=60), dt.timedelta(days=14), dt.timedelta(hours=1)
MAX_BYTES, AT_ONCE = 300_000, 20
RELS = {"icon", "apple-touch-icon"}


def noticed(feed: Feed, named: str) -> None:
    """A source was read: note the icon it names. In the session at hand."""
    if not feed.id or feed.example:
        return
    row, whole = session().get(Icon, feed.id), addresses.absolute(named, feed.home or feed.url)
    if row is None:
        session().add(Icon(feed_id=feed.id, named=whole))
    elif row.named != whole:
        row.named, row.next_at = whole, now()


def fetch() -> int:
    """The job: icons that were never asked for, or long ago; answers how many were found."""
    if not setting("news.icons"):
        return 0
    due = sa.select(Icon, Feed).join(Feed, Feed.id == Icon.feed_id).where(Icon.next_at <= now(), Feed.state == "active")
    rows = session().execute(due.order_by(Icon.next_at).limit(AT_ONCE)).all()
    wanted = [(feed.id, feed.host, feed.home or feed.url, row.named) for row, feed in rows]
    session().rollback()
    found = 0
    for number, host, home, named in wanted:
        with leases.borrowed(host) as free:
            png = look(home, named) if free else None
        found += png is not None
        with writing():
            session().rollback()
            row = session().get(Icon, number)
            if row is not None:
                row.next_at = now() + (LATER if not free else AGAIN if png else FAILED)
                if png:
                    row.png, row.mark = png, hashlib.sha256(png).hexdigest()[:12]
                    items.touch()
            session().commit()
    return found


def look(home: str, named: str) -> bytes | None:
    """The icon of a site as a small PNG: three places at most, one request each (and one for the page)."""
    tried = [named] if named else []
    if png := _first(tried):
        return png
    page = _ask(home, "text/html", 1_000_000)
    if page.outcome == "new" and (png := _first([url for url in of_page(page, home) if url not in tried][:1])):
        return png
    return _first([addresses.absolute("/favicon.ico", home)])


def _first(urls: list[str]) -> bytes | None:
    for url in urls:
        answer = _ask(url, "image/*", MAX_BYTES) if url else None
        png = pictures.small(answer.body) if answer is not None and answer.outcome == "new" else None
        if png:
            return png
    return None


def _ask(url: str, accept: str, most: int) -> asking.Answer:
    from hub_news.reader.running import user_agent

    return asking.ask(
        url, user_agent=user_agent(), allow=items.site()["trusted"], seconds=8, accept=accept, max_bytes=most
    )


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.icons: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "link" and RELS & set(named.get("rel", "").lower().split()) and "svg" not in named.get("type", ""):
            size = named.get("sizes", "").partition("x")[0]
            side = int(size) if size.isdecimal() and len(size) < 5 else 32
            if not named.get("href", "").lower().endswith(".svg"):
                self.icons.append((abs(side - 48), named.get("href", "")))


def of_page(page: asking.Answer, address: str) -> list[str]:
    """The icons that a page names, those nearest to our size first; none that can hold a program."""
    links = _Links()
    with suppress(ValueError, AssertionError):
        links.feed(decode(page.body[:200_000], page.headers.get("content-type", "")))
    found = [addresses.absolute(href, page.url or address) for _, href in sorted(links.icons)]
    return [url for url in found if url]


def marks() -> dict[int, str]:
    """Source → the mark of its icon, looked up once per request."""
    if "news_icons" not in g:
        g.news_icons = dict(session().execute(sa.select(Icon.feed_id, Icon.mark).where(Icon.mark != "")).all())
    return dict(g.news_icons)


def address(shown: Any) -> str:
    """Where the icon of a source, or of an item's source, is; empty where there is none."""
    origin = "" if isinstance(shown, Feed) else str(shown.row.origin)
    word = origin.removeprefix(FEEDS) if origin.startswith(FEEDS) else ""
    number = shown.id if isinstance(shown, Feed) else int(word) if word.isdecimal() else 0
    mark = marks().get(number) if number and has_app_context() else None
    return url_for("news_root.icon", number=number, mark=mark) if mark else ""


def show(number: int, mark: str) -> Response:
    """An icon; its address changes with it, so it may be kept for ever."""
    row = session().get(Icon, number)
    if row is None or row.png is None or row.mark != mark:
        abort(404)
    response = Response(row.png, mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
