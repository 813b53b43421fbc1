"""Clean entries → items: new ones made, changed ones brought up to date in place, everything else left alone."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from hub.api import Content, fold, items, session, setting
from hub_news import stories
from hub_news.kind import FEEDS
from hub_news.models import Entry, Feed
from hub_news.reader import addresses
from hub_news.reader.parts import CleanEntry

FIRST = 30  # of a new source only so many become items: nobody wants its whole past at once
TITLE_WORDS = 4  # shorter titles ("Announcement") say nothing about being the same story


@dataclass
class Stored:
    """What one answer brought."""

    created: int = 0
    changed: int = 0
    folded: int = 0


def store(feed: Feed, found: list[CleanEntry], moment: dt.datetime) -> Stored:
    """Write a source's entries in the session at hand. Run again with the same entries, nothing changes."""
    rows = session().scalars(sa.select(Entry).where(Entry.feed_id == feed.id)).all()
    known, by_url = {row.key: row for row in rows}, {row.url_key: row for row in rows if row.url_key}
    links = [digest(addresses.key(entry.url)) for entry in found if entry.url]
    done, fresh = Stored(), list[tuple[Entry, CleanEntry]]()
    for entry in found:
        url_key = digest(addresses.key(entry.url)) if entry.url else ""
        row = known.get(entry.key)
        if row is None and links.count(url_key) == 1 and (row := by_url.get(url_key)):
            row.key = entry.key  # the source gives new ids to old entries: the address tells
        if row is None:
            row = _row(feed, entry, url_key, moment)
            known[entry.key] = row
            fresh.append((row, entry))
        elif row.fingerprint != entry.fingerprint:
            done.changed += _refresh(feed, row, entry)
    _create(feed, fresh, bool(rows), moment, done)
    return done


def digest(text: str) -> str:
    """A key of fixed length."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def title_key(title: str) -> str:
    """The same for titles that differ in case and signs only; empty where a title is too short to tell."""
    words = fold(title)
    return digest(words) if len(words.split()) >= TITLE_WORDS else ""


def _row(feed: Feed, entry: CleanEntry, url_key: str, moment: dt.datetime) -> Entry:
    return Entry(
        feed_id=feed.id, key=entry.key, fingerprint=entry.fingerprint, url_key=url_key, title_key=title_key(entry.title),
        dated=entry.published or moment, seen=moment, html=entry.html if feed.full_text else "", media=[list(m) for m in entry.media],
        image=entry.image,
    )  # fmt: skip


def _create(
    feed: Feed, fresh: list[tuple[Entry, CleanEntry]], seen_before: bool, moment: dt.datetime, done: Stored
) -> None:
    """Make the items. What is too old, or too much of a source's past, is only known (a tombstone)."""
    oldest = moment - dt.timedelta(days=setting("news.keep_days"))
    fresh.sort(key=lambda pair: pair[0].dated, reverse=True)
    made = [pair for pair in fresh if pair[0].dated >= oldest]
    if not seen_before:
        made = made[:FIRST]
    session().add_all([row for row, _ in fresh])
    session().flush()
    partner = session().get(Content, feed.partner_id) if feed.partner_id else None
    ready = []
    for row, entry in made:
        main = stories.same_story(row)
        row.main_id = main.id if main else None
        doc = document(feed, entry, partner.uid if partner else "", row.dated)
        ready.append((row, items.prepare("news", doc, "archived" if main else "published")))
        done.folded += main is not None
    items.create_many([new for _, new in ready])
    for row, new in ready:
        row.content_id, row.version = new.id, new.version
        _forget_versions(session().get_one(Content, new.id))
    done.created += len(ready)


def document(feed: Feed, entry: CleanEntry, partner: str, dated: dt.datetime) -> items.Document:
    """The item of an entry, as `hub.api.items` takes it."""
    data = {"origin": "feed", **({"rubric": feed.rubric} if feed.rubric else {})}
    text = {"title": entry.title, "summary": entry.excerpt, "fields": {"authors": entry.author} if entry.author else {}}
    return {
        "origin": f"{FEEDS}{feed.id}", "external_id": entry.key, "source_name": feed.title[:300], "source_url": entry.url,
        "published": dated.isoformat(), "topics": list(feed.topics), "places": [], "data": data, "example": feed.example,
        "links": {"partner": [partner]} if partner else {}, "texts": {entry.language: text},
    }  # fmt: skip


def _refresh(feed: Feed, row: Entry, entry: CleanEntry) -> int:
    """Bring a changed entry up to date, unless its item is gone or an editor has worked on it."""
    row.fingerprint = entry.fingerprint
    content = session().get(Content, row.content_id) if row.content_id else None
    if content is None or content.version != row.version or content.status not in ("published", "archived"):
        return 0
    before = items.read(content)
    language = next(iter(before["texts"]), entry.language)
    text = {"title": entry.title, "summary": entry.excerpt, "fields": {"authors": entry.author} if entry.author else {}}
    doc = {**before, "source_url": entry.url or before["source_url"], "texts": {language: text}, "slugs": {}}
    row.title_key, row.html = title_key(entry.title), entry.html if feed.full_text else ""
    row.media, row.image = [list(pair) for pair in entry.media], entry.image
    changed = items.settle(content, {**doc, "updated": None}, before)
    _forget_versions(content)
    row.version = content.version
    return int(changed)


def _forget_versions(content: Content) -> None:
    """What a source writes and writes over is no version of ours: versions begin with the first edit at the desk."""
    for revision in items.revisions(content):
        session().delete(revision)
    session().flush()
