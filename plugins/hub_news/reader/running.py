"""A run of the reader: claim what is due, ask several servers at once, store one source after the other.

Each server is asked by one worker at a time (a lease in the database, which runs out when a worker dies), each source is
stored in a transaction of its own, and its next time stands in the database: a restart changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.api import enqueue, items, now, session, writing
from hub_news import icons, keeping, websub
from hub_news.models import Feed, Host
from hub_news.reader import addresses, asking, cleaning, leases, parsing, schedule, storing
from hub_news.reader.asking import Answer
from hub_news.reader.parts import CleanEntry, Document, NotAFeed

log = logging.getLogger("hub.news")
AT_ONCE = 8
CLAIM_SECONDS = 15.0  # after that a run takes nothing new, so that other background work is not kept waiting
MOVED_SEEN, MOVED_FOR = 5, dt.timedelta(days=3)  # a new address is adopted when it was confirmed so often, for so long


@dataclass
class Claim:
    """What a worker needs to know of a source to ask it, outside any transaction."""

    id: int
    url: str
    host: str
    etag: str
    modified: str
    body_hash: str


@dataclass
class Got:
    """A source's answer, read as far as it can be read without a database."""

    answer: Answer
    document: Document | None = None
    entries: list[CleanEntry] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Report:
    """What a run did."""

    asked: int = 0
    created: int = 0
    changed: int = 0
    failed: int = 0


def run(seconds: float = CLAIM_SECONDS, only: Sequence[int] = ()) -> Report:
    """Ask every source that is due (of `only`, where given); takes nothing new after `seconds`."""
    owner, end, report = leases.owner(), time.monotonic() + seconds, Report()
    name, allow, languages = user_agent(), items.site()["trusted"], items.site()["languages"]
    running: dict[Future[Got], Claim] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            if time.monotonic() < end and len(running) < AT_ONCE:
                for claim in claim_due(owner, AT_ONCE - len(running), only):
                    running[pool.submit(get, claim, name, allow, languages)] = claim
            if not running:
                if time.monotonic() < end and waiting(only):  # its server wants a pause between two questions
                    time.sleep(0.25)
                    continue
                break
            done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                claim = running.pop(future)
                _count(report, finish(claim, future.result(), owner))
    if not only and waiting(()):
        with writing():
            enqueue(session(), "news.fetch", run_at=now() + dt.timedelta(seconds=3), dedupe="news.more")
            session().commit()
    return report


def _count(report: Report, done: storing.Stored | None) -> None:
    report.asked += 1
    if done is None:
        report.failed += 1
    else:
        report.created += done.created
        report.changed += done.changed


def user_agent() -> str:
    """Who asks, where to complain, and how many readers share this request."""
    return f"Hub/0.1 (+{items.site()['url']}/bot; 1 fetch for the whole site)"


def _due(moment: dt.datetime, only: Sequence[int]) -> sa.Select[Feed]:
    query = sa.select(Feed).where(Feed.state == "active", Feed.next_at <= moment).order_by(Feed.next_at, Feed.id)
    return query.where(Feed.id.in_(only)) if only else query


def waiting(only: Sequence[int]) -> bool:
    """Whether a source is due whose server will be free within seconds."""
    moment = now()
    soon = sa.or_(Host.free_at.is_(None), Host.free_at < moment + dt.timedelta(seconds=schedule.HOST_PAUSE + 1))
    idle = sa.or_(Host.busy_until.is_(None), Host.busy_until < moment)
    found = session().scalar(_due(moment, only).join(Host, Host.name == Feed.host).where(soon, idle).limit(1))
    session().rollback()
    return found is not None


def claim_due(owner: str, limit: int, only: Sequence[int] = ()) -> list[Claim]:
    """Take due sources, each with its server; those whose server is busy or wants a pause stay."""
    claims: list[Claim] = []
    with writing():
        db, moment = session(), now()
        db.rollback()
        for feed in db.scalars(
            _due(moment, only).join(Host, Host.name == Feed.host).where(leases.free(moment)).limit(200)
        ).all():
            if len(claims) == limit:
                break
            if leases.take(feed.host, owner, moment):
                claims.append(Claim(feed.id, feed.url, feed.host, feed.etag, feed.modified, feed.body_hash))
        db.commit()
    return claims


def get(claim: Claim, name: str, allow: Sequence[str], languages: Sequence[str]) -> Got:
    """Ask, parse, clean; in a thread of its own, without a database. Never raises."""
    began = time.monotonic()
    answer = asking.ask(
        claim.url, etag=claim.etag, modified=claim.modified, body_hash=claim.body_hash, user_agent=name, allow=allow
    )
    got = read(answer, claim.url, languages)
    got.seconds = time.monotonic() - began
    return got


def read(answer: Answer, url: str, languages: Sequence[str]) -> Got:
    """Parse and clean what an answer holds; an answer that is no feed becomes a failure."""
    if answer.outcome != "new":
        return Got(answer)
    try:
        document = parsing.parse(answer.body, answer.headers.get("content-type", ""), answer.url or url)
        return Got(answer, document, cleaning.clean(document, answer.url or url, now(), languages=tuple(languages)))
    except NotAFeed as error:
        answer.outcome, answer.error, answer.detail = "failed", "page" if str(error) != "empty" else "empty", ""
    except Exception as error:  # one strange document must not stop the others
        log.exception("source %s could not be read", url)
        answer.outcome, answer.error, answer.detail = "failed", "unreadable", f"{type(error).__name__}: {error}"[:300]
    return Got(answer)


def finish(claim: Claim, got: Got, owner: str) -> storing.Stored | None:
    """Write down what came of it, and give the server back; None where it failed."""
    done: storing.Stored | None = None
    try:
        with writing():
            session().rollback()
            feed = session().get(Feed, claim.id)
            if feed is not None and leases.holds(claim.host, owner):
                done = take(feed, got)
                leases.release(claim.host, owner)
            items.commit()
    except Exception as error:  # a fault of ours: the source waits like after a failure, the others go on
        log.exception("source %s could not be stored", claim.url)
        with writing():
            items.rollback()
            feed = session().get(Feed, claim.id)
            if feed is not None:
                _failed(feed, Answer("failed", error="stored", detail=f"{type(error).__name__}"))
            leases.release(claim.host, owner)
            items.commit()
    outcome = got.answer.error or got.answer.outcome
    log.info("source %s: %s %s in %.1f s", claim.id, got.answer.status or "-", outcome, got.seconds)
    return done


def take(feed: Feed, got: Got) -> storing.Stored | None:
    """Bring a source and its entries up to date with an answer, in the session at hand; None where it failed."""
    answer, moment = got.answer, now()
    feed.asked = moment
    if answer.outcome == "failed":
        _failed(feed, answer)
        return None
    if answer.outcome == "gone":
        feed.state, feed.error, feed.detail = "gone", "gone", "410"
        feed.failing_since = feed.failing_since or moment
        return None
    done, ttl = storing.Stored(), 0.0
    if got.document is not None:
        _describe(feed, got.document)
        ttl = got.document.ttl
        websub.noticed(feed, got.document, answer.headers)
        icons.noticed(feed, got.document.icon)
        done = storing.store(feed, got.entries, moment)
    _remember(feed, answer)
    _moved(feed, answer, moment)
    feed.succeeded, feed.failing_since, feed.failures, feed.error, feed.detail = moment, None, 0, "", ""
    if got.document is not None and got.document.broken:
        feed.detail = got.document.broken
    feed.offered_url, feed.mailed, feed.alive_asked = "", None, None
    feed.interval = schedule.learned(feed.interval, done.created)
    pushed = websub.relied_on(feed, done.created)
    _next(feed, schedule.after_success(feed.interval, answer.headers, ttl, random.random(), pushed=pushed))
    return done


def _remember(feed: Feed, answer: Answer) -> None:
    """The validators of an answer. A 304 changes those it names; after a 200 without any, the old ones are forgotten."""
    etag, modified = answer.headers.get("etag", "")[:1000], answer.headers.get("last-modified", "")[:200]
    if answer.status == 304:
        feed.etag, feed.modified = etag or feed.etag, modified or feed.modified
    else:
        feed.etag, feed.modified, feed.body_hash = etag, modified, answer.body_hash


def _describe(feed: Feed, document: Document) -> None:
    feed.title = cleaning.plain(document.title)[:300] or feed.title or feed.host
    feed.home = addresses.absolute(document.home, feed.url) or feed.home


def _failed(feed: Feed, answer: Answer) -> None:
    moment = now()
    feed.asked, feed.failures, feed.error, feed.detail = moment, feed.failures + 1, answer.error, answer.detail
    feed.failing_since = feed.failing_since or moment
    wait_for = schedule.after_failure(feed.failures, answer.headers, answer.status, moment, random.random())
    if answer.status in (429, 503):  # the server asks for peace: it gets it from all sources of ours
        pause = max(schedule.retry_after(answer.headers, moment), schedule.LEAST if answer.status == 429 else 0)
        until = moment + dt.timedelta(seconds=pause)
        session().execute(sa.update(Host).where(Host.name == feed.host).values(free_at=until))
    _next(feed, wait_for)


def _next(feed: Feed, then: schedule.Next) -> None:
    """Write down the next time, in a minute that no other source of the same server has."""
    at = now() + dt.timedelta(seconds=then.seconds)
    query = sa.select(Feed.next_at).where(Feed.host == feed.host, Feed.id != feed.id, Feed.state == "active")
    taken = {moment.replace(second=0, microsecond=0) for moment in session().scalars(query)}
    while at.replace(second=0, microsecond=0) in taken:
        at += dt.timedelta(minutes=1)
    feed.next_at, feed.why = at, then.why


def _moved(feed: Feed, answer: Answer, moment: dt.datetime) -> None:
    """Adopt a permanent redirect once it was confirmed often enough, for days, and led to a feed each time."""
    if not answer.moved_to or answer.moved_to == feed.url:
        feed.moved_to, feed.moved_since, feed.moved_seen = "", None, 0
        return
    if answer.moved_to != feed.moved_to:
        feed.moved_to, feed.moved_since, feed.moved_seen = answer.moved_to[:2000], moment, 0
    feed.moved_seen += 1
    if feed.moved_seen < MOVED_SEEN or moment - (feed.moved_since or moment) < MOVED_FOR:
        return
    keeping.change_address(feed, feed.moved_to)
