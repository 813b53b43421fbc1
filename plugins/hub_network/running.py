"""A run: ask the hubs that are due, several at once, and take over what they answer, one part of a log after the other.

A hub is read by one worker at a time (a lease that runs out when a worker dies); each part is one transaction together with the
place up to which the log was read. When to ask again stands in the database: a restart changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import sqlalchemy as sa

from hub.api import enqueue, items, now, session, setting, writing

from . import adopting, asking, filters, hubs, identity, taking
from .asking import Answer, Row
from .models import Followed, Kept
from .taking import Done

log = logging.getLogger("hub.network")
AT_ONCE = 4
CLAIM_SECONDS = 15.0  # after that a run begins nothing new, so that other background work is not kept waiting
LEASE = dt.timedelta(seconds=90)
PAUSE = 0.15  # seconds between two parts of one log: here others may write, there others may read
LONGEST = 6 * 3600  # seconds between two attempts at a hub that does not answer
SECOND_LOOKS = 20
EMPTY = 20  # parts without a single change in a row: such a log has no end
ENTRIES_A_DAY = 10  # times `network.most_items`: changes of one hub that are read in a day


@dataclass
class Claim:
    """What is needed to ask a hub, outside any transaction."""

    id: int
    url: str
    since: int
    etag: str
    kinds: list[str]
    empty: int = 0
    restarted: bool = False


@dataclass
class Report:
    """What a run did."""

    asked: int = 0
    failed: int = 0
    created: int = 0
    changed: int = 0
    removed: int = 0
    refused: int = 0

    def add(self, done: Done) -> None:
        self.created, self.changed = self.created + done.created, self.changed + done.changed
        self.removed, self.refused = self.removed + done.removed, self.refused + done.refused


def run(seconds: float = CLAIM_SECONDS, only: Sequence[int] = (), *, by_hand: bool = False) -> Report:
    """Ask every hub that is due (of `only`, where given) until nothing is left to read or the time is over.

    by_hand: also those that are not due yet, unless they fail or asked for peace.
    """
    owner, end, report = f"{os.getpid()}-{uuid.uuid4().hex[:8]}", time.monotonic() + seconds, Report()
    agent, allow, signer = asking.user_agent(), items.site()["trusted"], identity.ready()
    running: dict[Future[Answer], Claim] = {}
    done_with: set[int] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def ask(claim: Claim) -> None:
            question = pool.submit(
                asking.changes, claim.url, claim.since, signer=signer, etag=claim.etag, kinds=claim.kinds, agent=agent, allow=allow,
            )  # fmt: skip
            running[question] = claim

        while True:
            if time.monotonic() < end and len(running) < AT_ONCE:
                for claim in _claim(owner, AT_ONCE - len(running), only, by_hand, done_with):
                    done_with.add(claim.id)
                    report.asked += 1
                    ask(claim)
            if not running:
                break
            finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                claim = running.pop(future)
                following = _finish(claim, future.result(), owner, report, going_on=time.monotonic() < end)
                if following is not None:
                    time.sleep(PAUSE)
                    ask(following)
    return report


def follow_up(only: Sequence[int] = ()) -> None:
    """The job: a run, and another one soon where something is left to read."""
    run(only=only)
    with writing():
        session().rollback()
        more = sa.select(Followed.id).where(Followed.state == "active", Followed.next_at <= now(), Followed.failures == 0)
        if session().scalar(more.limit(1)) is not None:
            enqueue(session(), "network.sync", run_at=now() + dt.timedelta(seconds=1), dedupe="network.more")
        session().commit()


def _claim(owner: str, limit: int, only: Sequence[int], by_hand: bool, done_with: set[int]) -> list[Claim]:
    """Take hubs that are due and that nobody reads at this moment."""
    moment = now()
    idle = sa.or_(Followed.busy_until.is_(None), Followed.busy_until < moment)
    wanted = sa.select(Followed).where(Followed.state == "active", idle, Followed.id.not_in(done_with))
    due = Followed.next_at <= moment
    wanted = wanted.where(sa.or_(due, Followed.failures == 0) if by_hand else due)
    wanted = wanted.where(Followed.id.in_(only)) if only else wanted
    if session().scalar(wanted.with_only_columns(Followed.id).limit(1)) is None:  # look first: idle costs no write lock
        session().rollback()
        return []
    with writing():
        session().rollback()
        claims = []
        for hub in session().scalars(wanted.order_by(Followed.next_at, Followed.id).limit(limit)).all():
            mine = sa.update(Followed).where(Followed.id == hub.id, idle).values(owner=owner, busy_until=moment + LEASE)
            took = session().execute(mine.execution_options(synchronize_session=False))
            if took.rowcount == 1:  # type: ignore[attr-defined]
                claims.append(_question(hub))
        session().commit()
        return claims


def _question(hub: Followed, empty: int = 0, restarted: bool = False) -> Claim:
    kinds = hub.filter.get("kind") or sorted(filters.followable())
    return Claim(hub.id, hub.url, hub.since, hub.etag, list(kinds), empty, restarted)


def _finish(claim: Claim, answer: Answer, owner: str, report: Report, *, going_on: bool) -> Claim | None:
    """Take an answer over; what is to be asked of this hub next, None where it is done with for now."""
    try:
        with writing():
            session().rollback()
            hub = session().get(Followed, claim.id)
            if hub is None or hub.owner != owner or hub.state != "active":
                session().rollback()
                return None
            following = _taken(hub, claim, answer, report)
            if following is None or not going_on:
                hub.owner, hub.busy_until, following = "", None, None
            else:
                hub.busy_until = now() + LEASE
            items.commit()
    except Exception:  # a fault of ours: the hub waits like after a failure, the others go on
        log.exception("what %s says could not be stored", claim.url)
        report.failed += 1
        with writing():
            items.rollback()
            hub = session().get(Followed, claim.id)
            if hub is not None and hub.owner == owner:
                _failed(hub, "stored")
                hub.owner, hub.busy_until = "", None
            items.commit()
        return None
    session().expunge_all()
    if following is None and answer.outcome in ("new", "same"):
        _afterwards(claim.id, report)
    return following


def _taken(hub: Followed, claim: Claim, answer: Answer, report: Report) -> Claim | None:
    hub.asked = now()
    if answer.outcome == "failed":
        report.failed += 1
        if answer.error == "blocked" and hub.key and answer.key == hub.key:
            hubs.shared_no_longer(hub)
        _failed(hub, answer.error, answer.detail, answer.wait)
        return None
    if not _same_hub(hub, answer.key):
        report.failed += 1
        _failed(hub, "key")
        return None
    hub.reached, hub.failing_since, hub.failures, hub.error, hub.detail = now(), None, 0, "", ""
    hub.next_at = now() + dt.timedelta(seconds=setting("network.interval") * (0.9 + 0.1 * random.random()))
    page = answer.page
    if page is None:  # 304
        return None
    hub.etag, hub.head = (answer.etag if not page.more else ""), page.head
    _introduce(hub, page.about)
    if hub.shared and not page.shared:
        hubs.shared_no_longer(hub)
    other = page.shared != hub.shared and claim.since > 0  # it shares more with us, or less: older entries are to be looked at
    hub.shared = page.shared
    if (page.restart or other) and claim.restarted:
        report.failed += 1
        _failed(hub, "log")
        return None
    if page.restart or other:
        # that hub was set back (a backup, a new beginning), too: read anew, then remove what it no longer has
        hub.since, hub.round, hub.etag = 0, hub.round + 1, ""
        hub.next_at = now()
        return _question(hub, restarted=True)
    report.add(taking.apply(hub, page))
    hub.since = page.next
    if not _within_the_day(hub, len(page.rows)):
        return None
    empty = 0 if page.rows else claim.empty + 1
    if page.more and empty >= EMPTY:
        report.failed += 1
        _failed(hub, "endless")
        return None
    if page.more:
        hub.next_at = now()
        return _question(hub, empty, claim.restarted)
    return None


def _same_hub(hub: Followed, key: str) -> bool:
    """Whether an answer is signed with the key that was seen first; another one waits for an editor's word."""
    if not hub.key:  # the first that is seen
        hub.key = key
    hub.new_key = "" if key == hub.key else key or hubs.NO_KEY
    return not hub.new_key


def _within_the_day(hub: Followed, read: int) -> bool:
    """Count what was read today; a hub that tells more than could be of use is left until tomorrow."""
    today, most = now().date(), int(setting("network.most_items")) * ENTRIES_A_DAY
    if hub.day != today.isoformat():
        hub.day, hub.today = today.isoformat(), 0
    hub.today += read
    if hub.today <= most:
        return True
    hub.error, hub.detail = "much", str(most)
    hub.next_at = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), dt.UTC)
    return False


def _introduce(hub: Followed, about: dict[str, object]) -> None:
    """Keep what a hub says of itself, as far as it makes sense. Its name here is an editor's word and stays."""
    kinds, languages, name = about.get("kinds"), about.get("languages"), about.get("name")
    told = {
        "name": name[:200] if isinstance(name, str) else "",
        "languages": [str(code)[:3] for code in languages[:20]] if isinstance(languages, list) else [],
        "kinds": {str(k)[:40]: str(p)[:40] for k, p in list(kinds.items())[:60]} if isinstance(kinds, dict) else {},
    }
    if told != hub.about:
        hub.about = told


def _failed(hub: Followed, error: str, detail: str = "", wait: float = 0.0) -> None:
    """Longer with each failure in a row, six hours at most, and never never. What the other side asks for counts on top."""
    hub.failures += 1
    hub.failing_since = hub.failing_since or now()
    hub.error, hub.detail = error, detail[:500]
    pause = min(LONGEST, 60 * 2 ** min(hub.failures - 1, 10)) * (1 + 0.25 * random.random())
    hub.next_at = now() + dt.timedelta(seconds=max(pause, wait))


def _afterwards(number: int, report: Report) -> None:
    """A log was read to its end: look once more at single entries, join what belongs together, sweep after a new beginning."""
    for row in _stale(number):
        _look_again(number, row, report)
    swept = 1
    while swept:
        with writing():
            session().rollback()
            hub = session().get(Followed, number)
            if hub is None or hub.state != "active" or hub.error or hub.next_at <= now() or hub.since < hub.head:
                session().rollback()  # only a log that was read to its end says what is no longer there
                return
            swept = taking.sweep(hub) if hub.swept < hub.round else 0
            report.removed += swept
            if not swept:
                taking.relink(hub)
                taking.refuse(hub, adopting.offer_some(hub))
                taking.forget(hub, now().date().isoformat())
            items.commit()
            session().expunge_all()


def _stale(number: int) -> list[tuple[str, str]]:
    """(uid, kind) of entries that are to be fetched by themselves: shown again, or changed too often on another day."""
    today = now().date().isoformat()
    quiet = sa.or_(Kept.day != today, Kept.times <= taking.A_DAY)
    query = sa.select(Kept.uid, Kept.kind).where(Kept.hub_id == number, Kept.stale, ~Kept.hidden, quiet).order_by(Kept.id)
    found = [(row.uid, row.kind) for row in session().execute(query.limit(SECOND_LOOKS))]
    session().rollback()
    return found


def _look_again(number: int, entry: tuple[str, str], report: Report) -> None:
    uid, kind = entry
    hub = session().get(Followed, number)
    if hub is None:
        return
    url, kinds, key = hub.url, hub.about.get("kinds", {}), hub.key
    session().rollback()
    path = kinds.get(kind) or getattr(filters.followable().get(kind), "path", "")
    answer = Answer("gone", key=key)
    if path:
        answer = asking.entry(url, path, uid, signer=identity.ready(), agent=asking.user_agent(), allow=items.site()["trusted"])
    if answer.outcome == "failed" or answer.key != key:
        return
    with writing():
        session().rollback()
        hub = session().get(Followed, number)
        if hub is not None and hub.state == "active":
            gone, erased = answer.outcome in ("gone", "erased"), answer.outcome == "erased"
            report.add(taking.take(hub, {uid: Row(0, uid, kind, gone, answer.item, erased)}))
        items.commit()
        session().expunge_all()
