"""What is done for sources over time: items expire, dead sources become a task and one letter, reads are summed up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from flask_babel import force_locale

from hub.api import Change, Content, data_dir, gettext, items, now, send_mail, session, setting, writing
from hub_news import keeping, sources, stories
from hub_news.kind import FEEDS
from hub_news.models import Entry, Feed, Pin, Reads

CHUNK = 200


def expire() -> int:
    """Delete entries of feeds that are older than the set time, except what is pinned, linked or promoted.

    What is known of them stays, so that they do not come back (a tombstone); answers how many went.
    """
    oldest, gone = now() - dt.timedelta(days=setting("news.keep_days")), 0
    query = (
        sa.select(Entry).join(Content, Content.id == Entry.content_id)
        .where(Entry.dated < oldest, Entry.promoted.is_(False), Entry.content_id.not_in(sa.select(Pin.content_id)))
        .where(Content.kind == "news", Content.origin.startswith(FEEDS), Content.version == Entry.version)
    )  # fmt: skip
    last = 0
    while True:
        with writing():
            rows = session().scalars(query.where(Entry.id > last).order_by(Entry.id).limit(CHUNK)).all()
            if not rows:
                session().rollback()
                return gone
            last = rows[-1].id
            gone += _let_go(rows)
            items.commit()


def _let_go(rows: Sequence[Entry]) -> int:
    ids = [row.content_id for row in rows if row.content_id]
    linked = {item.id for item in items.load(ids, items.site()["languages"][0], 2, links=True) if item.inverse}
    leaving = [row for row in rows if row.content_id and row.content_id not in linked]
    for row in leaving:
        stories.succeed(row)
    contents = session().scalars(sa.select(Content).where(Content.id.in_([row.content_id for row in leaving]))).all()
    items.erase_many(contents)
    for row in leaving:
        row.content_id, row.html, row.media = None, "", []
    return len(contents)


def watch_partners(changes: Sequence[Change]) -> None:
    """A partner that is withdrawn pauses its sources, one that comes back takes them up; examples go with their partner."""
    changed = {change.content_id: change for change in changes if change.kind == "partner"}
    if not changed:
        return
    with writing():
        session().rollback()
        for number, change in changed.items():
            partner = session().get(Content, number)
            living = partner is not None and partner.status == "published"
            for feed in session().scalars(sa.select(Feed).where(Feed.partner_id == number)).all():
                if not living and feed.state == "active" and not feed.example:
                    keeping.pause(feed, "partner")
                elif living and feed.state == "paused" and feed.paused_why == "partner":
                    keeping.resume(feed)
            if partner is None and change.gone:
                orphans = sa.select(Feed).where(Feed.example, Feed.partner_id.is_(None))
                for feed in session().scalars(orphans).all():
                    keeping.delete(feed)
        items.commit()


def tend() -> None:
    """Once an hour: who was silent for a week becomes a task at the desk, and its publisher gets one polite letter."""
    with writing():
        query = sa.select(Feed).where(
            Feed.failing_since.is_not(None), Feed.alive_asked.is_(None), Feed.state != "paused"
        )
        for feed in session().scalars(query).all():
            if sources.long_dead(feed):
                feed.alive_asked = now()
                _write_to(feed)
        items.commit()


SEARCHED = 5  # dead sources in one run


def search_again() -> int:
    """Once an hour: look at the pages of sources that are dead for a week for a new feed, each once a week.

    What is found is offered at the desk and never taken by itself; answers how many were.
    """
    from hub_news.reader import asking, discovery, leases, running

    week = now() - dt.timedelta(days=7)
    with writing():
        session().rollback()
        dead = sa.select(Feed).where(
            Feed.failing_since < week, Feed.state != "paused", Feed.home != "", Feed.example.is_(False),
            sa.or_(Feed.searched.is_(None), Feed.searched < week),
        )  # fmt: skip
        feeds = session().scalars(dead.order_by(Feed.id).limit(SEARCHED)).all()
        wanted = [(feed.id, feed.host, feed.home) for feed in feeds]
        for feed in feeds:
            feed.searched = now()
        session().commit()
    found, site, agent = 0, items.site(), running.user_agent()
    for number, host, home in wanted:
        with leases.borrowed(host) as free:
            page = asking.ask(home, user_agent=agent, allow=site["trusted"], accept="text/html") if free else None
            offered = []
            if page is not None and page.outcome == "new":
                offered = discovery.find(page.body, page.headers.get("content-type", ""), page.url or home, agent, site)
        with writing():
            session().rollback()
            new = next((one.url for one in offered if keeping.known(one.url) is None), "")
            source = session().get(Feed, number)
            if source is not None and not free:
                source.searched = None  # its server was just being asked: the next run looks
            elif source is not None and source.error and new:
                source.offered_url = new
                found += 1
            session().commit()
    return found


def _write_to(feed: Feed) -> None:
    """One letter per failure that lasts, to the partner's own public address."""
    partner = session().get(Content, feed.partner_id) if feed.partner_id else None
    address = str((partner.data if partner else {}).get("email") or "")
    if not address or feed.mailed or not setting("news.write_to_publishers"):
        return
    site = items.site()
    spoken = [text.lang for text in partner.texts] if partner else []
    language = next((code for code in site["languages"] if code in spoken), site["languages"][0])
    with force_locale(language):
        text = gettext(
            "Good day,\n\nwe show your news at %(site)s and read them from %(url)s. For a week we have not been able to: %(error)s\n\n"
            "If the feed has moved, please tell us its new address by answering this letter or at %(bot)s. If you have closed it, "
            "you need do nothing. This is the only letter about it.\n\n%(name)s",
            site=site["url"], url=feed.url, error=sources.in_words(feed.error, feed.detail), bot=items.absolute("/bot"), name=site["name"],
        )  # fmt: skip
        try:
            send_mail(session(), address, gettext("Your news feed no longer answers"), text)
            feed.mailed = now()
        except ValueError:
            feed.mailed = None  # the partner's entry holds no usable address: the task at the desk is enough


# -- reads: one line per opened page in a file of the hour, summed up when the hour is over ---------------------------------


def _folder() -> Path:
    folder = data_dir("news") / "reads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def note_read(uid: str) -> None:
    """Somebody has opened an item; nothing about them is written."""
    with (_folder() / f"{now():%Y%m%d%H}").open("a") as file:
        file.write(uid + "\n")


def sum_up() -> int:
    """Add the hours that are over to the table; answers how many reads."""
    total, current = 0, f"{now():%Y%m%d%H}"
    for path in sorted(_folder().glob("[0-9]" * 10)):
        if path.name >= current:
            continue
        counts: dict[str, int] = {}
        for uid in path.read_text().split():
            counts[uid] = counts.get(uid, 0) + 1
        hour = dt.datetime.strptime(path.name, "%Y%m%d%H").replace(tzinfo=dt.UTC)
        with writing():
            found = session().execute(
                sa.select(Content.uid, Content.id).where(Content.uid.in_(counts), Content.kind == "news")
            )
            for uid, number in found.all():
                row = session().get(Reads, (number, hour))
                if row is None:
                    session().add(Reads(content_id=number, hour=hour, count=counts[uid]))
                else:
                    row.count += counts[uid]
                total += counts[uid]
            items.touch()
            items.commit()
        path.unlink()
    return total


def reads(content_id: int) -> int:
    """How often an item was opened, up to the last full hour."""
    return session().scalar(sa.select(sa.func.sum(Reads.count)).where(Reads.content_id == content_id)) or 0
