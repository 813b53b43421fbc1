"""The demo: own articles, and three small feeds read through the reader's own steps, without any network."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.api import items, now, session
from hub_news import keeping
from hub_news.models import Feed
from hub_news.reader import cleaning, parsing, storing

HERE = Path(__file__).parent / "demo"
# file → the demo's partner that publishes it, and what is set at the source
FEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "lower-quay.rss": ("example-lower-quay-library", {"topics": ["reading"], "full_text": True}),
    "old-sawmill.atom": ("example-old-sawmill-centre", {"topics": ["culture"]}),
    "linden.json": ("example-linden-foundation", {"topics": ["park"], "rubric": "news"}),
}
_WHEN = re.compile(r"\{(?:ago:(\d+)|last:(\d\d)-(\d\d)(?:-(\d))?)(:mail)?\}")


def load_all(load: Callable[[list[dict[str, Any]], str], None]) -> None:
    """Load our own articles, then what the feeds of the demo's partners say."""
    load([_article(path) for path in sorted((HERE / "news").glob("*.toml"))], "news")
    _read(HERE / "feeds")


def dated(text: str, day: dt.datetime) -> str:
    """Times put in, all of them before `day`: {ago:12} is so many days earlier, {last:02-14} the latest 14 February,
    {last:02-14-1} that of a year before; `:mail` at the end writes them as mails and RSS do."""

    def when(found: re.Match[str]) -> str:
        ago, month, date, years, mail = found.groups()
        moment = day.replace(microsecond=0) - dt.timedelta(days=int(ago or 1), hours=3)
        if month:
            year = moment.year - ((moment.month, moment.day) < (int(month), int(date))) - int(years or 0)
            moment = moment.replace(year=year, month=int(month), day=int(date))
        return format_datetime(moment) if mail else moment.isoformat()

    return _WHEN.sub(when, text)


def _article(path: Path) -> dict[str, Any]:
    """An article of ours, dated around the day of its first loading; later it keeps that date."""
    doc = tomllib.loads(dated(path.read_text(encoding="utf-8"), now()))
    known = items.find_by_source("news", "demo", doc["external_id"])
    return {name: value for name, value in doc.items() if known is None or name != "published"}


def _read(folder: Path) -> None:
    """Make or refresh the demo's sources; again = nothing new. Those without their partner are left out."""
    for name, (partner, told) in FEEDS.items():
        content = items.find_by_source("partner", "demo", partner)
        if content is None or content.status != "published":
            continue
        url = f"https://feeds.example.org/{name}"
        feed = session().scalar(sa.select(Feed).where(Feed.url == url)) or keeping.note(
            url, partner_id=content.id, example=True, **told
        )
        keeping.pause(feed, "example")
        _store(feed, (folder / name).read_text(encoding="utf-8"))


def _store(feed: Feed, text: str) -> None:
    moment = now()
    # dated around the day of the demo, but the same on each later load: counted from the source's own first day
    document = parsing.parse(dated(text, feed.created).encode(), "", feed.url)
    feed.title, feed.home = cleaning.plain(document.title), document.home
    feed.succeeded = feed.asked = moment
    storing.store(feed, cleaning.clean(document, feed.url, moment, languages=items.site()["languages"]), moment)
