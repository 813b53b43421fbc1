"""Three small feeds of the demo: bundled files, read through the reader's own steps, without any network."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import sqlalchemy as sa

from hub.api import Content, items, now, session
from hub_news import keeping
from hub_news.models import Feed
from hub_news.reader import cleaning, parsing, storing

FILES = {  # file → the demo's partner that publishes it
    "lower-quay.rss": "example-lower-quay-library",
    "old-sawmill.atom": "example-old-sawmill-centre",
    "linden.json": "example-linden-foundation",
}
_AGO = re.compile(r"\{ago:(\d+)(?::(\w+))?\}")


def read(folder: Path) -> None:
    """Make or refresh the demo's sources; again = nothing new. Those without their partner are left out."""
    for name, partner in FILES.items():
        content = items.find_by_source("partner", "demo", partner)
        if content is None or content.status != "published":
            continue
        url = f"https://feeds.example.org/{name}"
        feed = session().scalar(sa.select(Feed).where(Feed.url == url)) or keeping.note(
            url, partner_id=content.id, example=True
        )
        keeping.pause(feed, "example")
        _store(feed, (folder / name).read_text(encoding="utf-8"), content)


def _store(feed: Feed, text: str, partner: Content) -> None:
    moment = now()
    # dated around the day of the demo, but the same on each later load: counted from the source's own first day
    first = feed.created

    def ago(found: re.Match[str]) -> str:
        when = first - dt.timedelta(days=int(found.group(1)), hours=3)
        return (
            when.strftime("%a, %d %b %Y %H:%M:%S +0000")
            if found.group(2) == "mail"
            else when.strftime("%Y-%m-%dT%H:%M:%SZ")
        )

    document = parsing.parse(_AGO.sub(ago, text).encode(), "", feed.url)
    feed.title, feed.home = cleaning.plain(document.title), document.home
    feed.succeeded = feed.asked = moment
    storing.store(feed, cleaning.clean(document, feed.url, moment, languages=items.site()["languages"]), moment)
