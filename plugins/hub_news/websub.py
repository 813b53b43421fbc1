"""WebSub (https://www.w3.org/TR/websub/): a source's hub tells us of what is new, and we tell ours.

We ask for a lease with a secret of its own per source; the hub confirms by calling a word that nobody can guess. What
it then delivers counts only with the right signature; else, and where the source's server is being asked just now, the
delivery is dropped, or only hurries the next look. Looks go on, twelve times more seldom, and often again as soon as one finds
what the hub had not told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import sqlalchemy as sa

from hub.api import Change, NetError, enqueue, fetch, items, now, session, setting, writing
from hub_news.models import Feed, Push
from hub_news.reader import addresses
from hub_news.reader.parts import Document

log = logging.getLogger("hub.news")
LEASE = 10 * 86_400  # seconds that we ask for
RENEW = dt.timedelta(days=1)  # before the end
SHORTEST, LONGEST = 3600, 30 * 86_400  # of what a hub grants
CONFIRM = dt.timedelta(hours=6)  # time for the hub to confirm
MAX_BYTES = 2_000_000
METHODS = {"sha1", "sha256", "sha384", "sha512"}
_LINK = re.compile(r'<([^<>]{1,2000})>\s*;([^<>]*?\brel\s*=\s*"?([^",;]+)"?[^<>]*)')
AT_ONCE = 20


def named(document: Document, headers: Mapping[str, str], address: str) -> tuple[str, str]:
    """(hub, topic) of a source: its headers before its document; both empty where it names no hub."""
    found: dict[str, str] = {}
    for url, _, rels in _LINK.findall(headers.get("link", "")[:5000]):
        for rel in rels.lower().split():
            found.setdefault(rel, addresses.absolute(url, address))
    hub = found.get("hub") or addresses.absolute(document.hub, address)
    topic = found.get("self") or addresses.absolute(document.topic, address) or address
    return (hub, topic) if hub else ("", "")


def noticed(feed: Feed, document: Document, headers: Mapping[str, str]) -> None:
    """A source was read: note its hub, or that it has another one or none any more. In the session at hand."""
    hub, topic = named(document, headers, feed.url) if setting("news.push") else ("", "")
    row = session().get(Push, feed.id) if feed.id else None
    if row is not None and (row.hub, row.topic) != (hub, topic):
        session().delete(row)
        session().flush()
        row = None
    if row is None and hub and not feed.example and _can_be_called():
        word, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        session().add(Push(feed_id=feed.id, hub=hub, topic=topic, word=word, secret=secret))


def _can_be_called() -> bool:
    """Whether a hub somewhere else could reach this site."""
    return items.site()["url"].startswith("https://")


def relied_on(feed: Feed, fresh: int) -> bool:
    """Whether a source need not be looked at often. fresh: new entries that the look of this moment found by itself."""
    row = session().get(Push, feed.id)
    if row is None or row.state != "on" or not row.until or row.until < now():
        return False
    row.missed = row.missed or fresh > 0
    return not row.missed


# -- asking hubs ------------------------------------------------------------------------------------------------------------


def subscribe() -> int:
    """The job: ask for leases that are new, to be renewed, or were never confirmed; answers how many were asked for."""
    with writing():
        session().rollback()
        due = sa.select(Push).join(Feed, Feed.id == Push.feed_id).where(Push.next_at <= now(), Feed.state == "active")
        rows = session().scalars(due.order_by(Push.next_at).limit(AT_ONCE)).all()
        for row in rows:  # written down first: whoever dies here asks once more, later
            row.tried += 1
            row.next_at = now() + min(dt.timedelta(hours=2**row.tried), dt.timedelta(days=1))
            row.state = row.state if row.state == "on" else "asked"
        asked = [(row.feed_id, row.hub, row.topic, row.word, row.secret) for row in rows]
        session().commit()
    for number, hub, topic, word, secret in asked:
        values = {
            "hub.mode": "subscribe", "hub.topic": topic, "hub.callback": address(word), "hub.secret": secret,
            "hub.lease_seconds": str(LEASE),
        }  # fmt: skip
        error = _post(hub, values)
        with writing():
            session().rollback()
            kept = session().get(Push, number)
            if kept is not None and kept.word == word:
                kept.error = error
            session().commit()
    return len(asked)


def address(word: str) -> str:
    """What a hub calls."""
    return items.absolute(f"/news-push/{word}")


def _post(hub: str, values: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Ask a hub; why it did not take it, empty where it did."""
    from hub_news.reader.running import user_agent

    try:
        reply = fetch(
            hub, method="POST", content=urlencode(values).encode(), deadline=15, max_bytes=100_000, user_agent=user_agent(),
            headers={"content-type": "application/x-www-form-urlencoded"}, allow=items.site()["trusted"],
        )  # fmt: skip
    except NetError as error:
        return str(error)[:500]
    return "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"


# -- what hubs say ----------------------------------------------------------------------------------------------------------


def confirm(word: str, asked: Mapping[str, str]) -> str | None:
    """A hub wants to know whether we meant it; the challenge to be sent back, None where we did not."""
    with writing():
        session().rollback()
        row = session().scalar(sa.select(Push).where(Push.word == word))
        if row is None or asked.get("hub.topic") != row.topic or row.state not in ("asked", "on", "refused"):
            return None
        mode, challenge = asked.get("hub.mode"), asked.get("hub.challenge", "")
        if mode == "denied":
            row.state, row.error = "refused", asked.get("hub.reason", "")[:500]
            session().commit()
            return ""
        if mode != "subscribe" or not challenge or len(challenge) > 1000 or not row.tried:
            return None
        granted = asked.get("hub.lease_seconds", "")
        seconds = int(granted) if granted.isdecimal() and len(granted) < 12 else LEASE
        seconds = max(SHORTEST, min(seconds, LONGEST))
        row.state, row.error, row.tried = "on", "", 0
        row.until = now() + dt.timedelta(seconds=seconds)
        row.next_at = row.until - min(RENEW, dt.timedelta(seconds=seconds / 2))
        session().commit()
        return challenge


def signed(row: Push, signature: str, body: bytes) -> bool:
    """Whether a delivery comes from whoever knows our secret."""
    method, _, told = signature.strip().partition("=")
    if method not in METHODS:
        return False
    return hmac.compare_digest(hmac.new(row.secret.encode(), body, method).hexdigest(), told.strip().lower())


def deliver(word: str, signature: str, content_type: str, body: bytes) -> int:
    """A hub brings what is new; the status to answer. Without the right signature it is dropped, as the standard wants."""
    from hub_news.reader import leases, running, storing
    from hub_news.reader.asking import Answer

    row = session().scalar(sa.select(Push).where(Push.word == word))
    feed = session().get(Feed, row.feed_id) if row else None
    if row is None or feed is None or feed.state != "active":
        return 410
    if row.state != "on" or not signed(row, signature, body):
        log.warning("source %s: a delivery without the right signature was dropped", feed.id)
        return 202
    number, url = feed.id, feed.url
    session().rollback()
    answer = Answer("new", 200, {"content-type": content_type}, body, hashlib.sha256(body).hexdigest(), url)
    got, who = running.read(answer, url, items.site()["languages"]), leases.owner()
    with writing():
        session().rollback()
        feed, row = session().get(Feed, number), session().get(Push, number)
        if feed is None or row is None:
            return 410
        row.told, row.missed = now(), False
        if got.document is None or not leases.take(feed.host, who, now(), pausing=True):
            feed.next_at, feed.why = now(), "pushed"  # it is asked itself, as soon as its server is free
        else:
            storing.store(feed, got.entries, now())
            leases.release(feed.host, who)
        items.commit()
    return 202


# -- telling our own hubs -----------------------------------------------------------------------------------------------------


def read(changes: Sequence[Change]) -> None:
    """The change reader: our feeds have changed; our hubs are told half a minute later, of everything at once."""
    kinds = sorted({change.kind for change in changes if change.public and change.verb != "touched"})
    if not kinds or not our_hubs():
        return
    with writing():
        session().rollback()
        for kind in kinds:
            enqueue(
                session(),
                "news.publish",
                run_at=now() + dt.timedelta(seconds=30),
                dedupe=f"news.publish.{kind}",
                kind=kind,
            )
        session().commit()


def our_hubs() -> list[str]:
    """The hubs that are told of what is new here: the lines of the setting that are addresses."""
    return [address for line in setting("news.hubs") if (address := addresses.absolute(line))]


def publish(kind: str) -> None:
    """The job: name the feeds that a change of this kind is in to every hub of ours. One that fails lets it come again."""
    failed = []
    for hub in our_hubs():
        values = [("hub.mode", "publish"), *(("hub.url", url) for url in feeds_with(kind))]
        if error := _post(hub, values):
            failed.append(f"{hub}: {error}")
    if failed:
        raise RuntimeError("; ".join(failed))


def feeds_with(kind: str) -> list[str]:
    """The addresses of the feeds in which items of a kind stand."""
    site = items.site()
    ctype = next((found for found in items.types() if found.kind == kind), None)
    stems = ["feed", *([ctype.path] if ctype else [])]
    return [
        items.absolute(f"/{code}/{stem}.{shape}")
        for code in site["languages"]
        for stem in stems
        for shape in ("atom", "rss")
    ]


_OURS = re.compile(r"^/[a-z]{2,3}/[a-z0-9-]+\.(?:atom|rss)$")


def link_header(path: str, query: bytes) -> str:
    """What a feed of ours says of its hubs in the header Link; empty for everything else."""
    if query or not _OURS.match(path) or not (hubs := our_hubs()):
        return ""
    own = items.absolute(path)
    return ", ".join([*(f'<{hub}>; rel="hub"' for hub in hubs), f'<{own}>; rel="self"'])
