"""Sources: added (also from a site's address), moved, paused, taken up again, deleted with what they brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.api import Content, gettext, items, now, session, writing
from hub_news.kind import FEEDS
from hub_news.models import Entry, Feed, Host
from hub_news.reader import addresses, schedule, storing
from hub_news.reader.asking import Answer


class Refused(Exception):
    """A source cannot be added; the message says why, in the language of the moment."""


@dataclass
class Added:
    """A new source, or (feed empty) the feeds that a site offers, for somebody to choose from."""

    feed: Feed | None = None
    offered: list[tuple[str, str]] = field(default_factory=list)


def known(url: str) -> Feed | None:
    """The source of this address in any spelling, or None."""
    return session().scalar(sa.select(Feed).where(Feed.url_key == storing.digest(addresses.key(url))))


def _no_address(url: str) -> Refused:
    return Refused(gettext("“%(url)s” is not a web address: it begins with http:// or https://.", url=url[:120]))


def _double(found: Feed) -> Refused:
    return Refused(gettext("This source is here already: %(title)s.", title=found.title or found.url))


def _meant(url: str) -> str:
    """The whole address that somebody typed, perhaps without https://. Raises Refused."""
    if not url:
        raise Refused(gettext("Write the address of a feed, or of a site that has one."))
    whole = addresses.absolute(url if "://" in url else f"https://{url}")
    if not whole or ("://" not in url and "." not in addresses.host(whole)):  # a word is nobody's server
        raise _no_address(url)
    return whole


def note(url: str, **values: object) -> Feed:
    """A new source in the session at hand, asked for the first time at the next run. Raises Refused."""
    whole = addresses.absolute(url)
    if not whole:
        raise _no_address(url)
    if found := known(whole):
        raise _double(found)
    host = addresses.host(whole)
    if session().get(Host, host) is None:
        session().add(Host(name=host))
    feed = Feed(url=whole, url_key=storing.digest(addresses.key(whole)), host=host, next_at=now(), **values)
    session().add(feed)
    session().flush()
    return feed


def add(url: str, **values: object) -> Added:
    """Fetch an address once: a feed becomes a source with its entries, a page's feeds are offered (one alone is taken).

    Raises Refused. Asks the network outside any transaction.
    """
    from hub_news.reader import asking, discovery, running

    url = url.strip()
    whole = _meant(url)
    if found := known(whole):
        raise _double(found)
    session().rollback()
    site, name = items.site(), running.user_agent()
    answer = asking.ask(whole, user_agent=name, allow=site["trusted"])
    if answer.error == "unreachable" and "://" not in url:  # old sites speak http only
        plain = whole.replace("https://", "http://", 1)
        second = asking.ask(plain, user_agent=name, allow=site["trusted"])
        if second.error != "unreachable":
            whole, answer = plain, second
    got = running.read(answer, whole, site["languages"])
    if got.document is None:
        if answer.error != "page":
            raise Refused(_why(answer))
        offered = discovery.find(answer.body, answer.headers.get("content-type", ""), answer.url or whole, name, site)
        if not offered:
            raise Refused(
                gettext("There is no feed at this address, and the page names none. Look for “RSS” on the site.")
            )
        if len(offered) > 1:
            return Added(offered=[(page.url, page.title) for page in offered])
        whole, got = offered[0].url, offered[0].got
    with writing():
        session().rollback()
        feed = note(whole, **values)
        running.take(feed, got)
        items.commit()
    return Added(feed)


def _why(answer: Answer) -> str:
    from hub_news.sources import in_words

    if answer.error == "refused":  # what exactly: an inner network, a circle of redirects …
        return answer.detail
    return in_words("gone" if answer.outcome == "gone" else answer.error, answer.detail)


def move(feed: Feed, url: str) -> None:
    """Somebody says where a source is read from now on. Raises Refused."""
    whole = _meant(url.strip())
    other = known(whole)
    if other is not None and other is not feed:
        raise _double(other)
    change_address(feed, whole)
    resume(feed)


def change_address(feed: Feed, url: str) -> None:
    """Let a source live at another address; one that is there already takes over instead."""
    whole = addresses.absolute(url)
    other = known(whole) if whole else None
    feed.moved_to, feed.moved_since, feed.moved_seen, feed.offered_url = "", None, 0, ""
    if not whole or whole == feed.url:
        return
    if other is not None and other is not feed:  # itself in another spelling is a move too: https for http, www. or none
        feed.state, feed.paused_why = "paused", "double"
        return
    host = addresses.host(whole)
    if session().get(Host, host) is None:
        session().add(Host(name=host))
    feed.previous_url, feed.url, feed.url_key, feed.host = feed.url, whole, storing.digest(addresses.key(whole)), host
    feed.etag = feed.modified = feed.body_hash = ""
    feed.asked = None  # there


def pause(feed: Feed, why: str = "editor") -> None:
    """Ask a source no more, until somebody (or its partner's return) says otherwise."""
    feed.state, feed.paused_why = "paused", why


def resume(feed: Feed) -> None:
    """Ask a source again, from the next run on; where it was asked a moment ago, pausing is no way around its peace."""
    feed.state, feed.paused_why, feed.failures, feed.failing_since = "active", "", 0, None
    feed.error, feed.detail, feed.mailed = "", "", None
    feed.next_at = max(now(), feed.asked + dt.timedelta(seconds=schedule.BY_HAND)) if feed.asked else now()
    feed.why = "hand" if feed.asked else "new"


def hurry(feed: Feed) -> dt.datetime | None:
    """Let a source be asked at the next run; where it was asked a moment ago or wants peace, from when on that is possible."""
    moment, host = now(), session().get(Host, feed.host)
    earliest = (feed.asked + dt.timedelta(seconds=schedule.BY_HAND)) if feed.asked else moment
    if feed.why == "retry":
        earliest = max(earliest, feed.next_at)
    if host is not None and host.free_at:
        earliest = max(earliest, host.free_at if host.free_at > moment + dt.timedelta(minutes=1) else moment)
    if feed.state == "active" and earliest <= moment:
        feed.next_at, feed.why = moment, "hand"
        return None
    return earliest


def delete(feed: Feed) -> int:
    """A source and every item that it brought go for good, except those an editor has promoted; answers how many."""
    kept = sa.select(Entry.content_id).where(Entry.feed_id == feed.id, Entry.promoted)
    query = sa.select(Content).where(
        Content.kind == "news", Content.origin == f"{FEEDS}{feed.id}", Content.id.not_in(kept)
    )
    gone: Sequence[Content] = session().scalars(query).all()
    items.erase_many(gone)
    session().execute(sa.delete(Entry).where(Entry.feed_id == feed.id))
    session().delete(feed)
    return len(gone)
