"""Who follows, who is blocked, what was refused: the plugin's tables as the inbox, the desk and the jobs use them.

Functions write in the session at hand; the caller commits.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.api import enqueue, now, session

from . import telling
from .actors import Actor, host_of
from .models import Block, Follower, Inbox, Message, Refusal, Seen
from .signatures import WINDOW, Refused

ANSWER = "activitypub.answer"
REMEMBERED = 200  # refusals
MOST = 50_000  # followers
UNANSWERED = dt.timedelta(days=3)
HOUR = dt.timedelta(hours=1)


def follower(actor: str) -> Follower | None:
    return session().scalar(sa.select(Follower).where(Follower.actor == actor))


def add(actor: Actor, asked: str) -> None:
    """Somebody follows (again): they are answered by a job, and told of what is released from now on. Raises Refused("full")."""
    known = follower(actor.url)
    if known is None and (session().scalar(sa.select(sa.func.count()).select_from(Follower)) or 0) >= MOST:
        raise Refused("full", 503)
    box = session().scalar(sa.select(Inbox).where(Inbox.url == actor.inbox))
    if box is None:
        box = Inbox(url=actor.inbox, host=actor.host, sent=newest())
        session().add(box)
        session().flush()
    if known is None:
        telling.begin()
        known = Follower(actor=actor.url)
        session().add(known)
    known.host, known.own_inbox, known.inbox_id = actor.host, actor.own_inbox, box.id
    known.key_id, known.key, known.asked = actor.key_id, actor.key, asked
    known.answered, known.attempts, known.next_try = None, 0, now()
    session().flush()
    enqueue(session(), ANSWER, dedupe=ANSWER)


def newest() -> int:
    """The number of the message that was released last."""
    return session().scalar(sa.select(sa.func.max(Message.number))) or 0


def forget(actor: str) -> bool:
    """Somebody follows no longer: nothing of them is kept."""
    gone = session().execute(sa.delete(Follower).where(Follower.actor == actor).returning(Follower.id)).first()
    forget_inboxes()
    return gone is not None


def forget_inboxes() -> None:
    """Inboxes that nobody follows by any more."""
    lonely = sa.delete(Inbox).where(~sa.exists().where(Follower.inbox_id == Inbox.id))
    session().execute(lonely.execution_options(synchronize_session=False))


def give_up(inbox: int) -> None:
    """An inbox takes nothing any more: whoever followed by it is forgotten."""
    session().execute(sa.delete(Follower).where(Follower.inbox_id == inbox))
    session().execute(sa.delete(Inbox).where(Inbox.id == inbox))


# -- blocked hosts ------------------------------------------------------------------------------------------------------


def is_blocked(host: str) -> bool:
    """Whether a host, or one that it lies below, is blocked."""
    bare = host.partition(":")[0]
    parts = bare.split(".")
    wanted = {host, *(".".join(parts[n:]) for n in range(len(parts)))}
    return session().scalar(sa.select(sa.exists().where(Block.host.in_(wanted)))) is True


def named_host(typed: str) -> str:
    """The host that somebody means by a name, an address or an account. Raises Refused("address")."""
    text = typed.strip().lower()
    text = text.rpartition("@")[2] if "://" not in text else urlsplit(text).netloc
    if not text or ("." not in text.strip(".") and ":" not in text and text != "localhost"):
        raise Refused("address")
    return host_of(f"https://{text.strip('.')}/")


def block(host: str, note: str = "") -> int:
    """Block a host: its followers are forgotten; answers how many those were."""
    if session().get(Block, host) is None:
        session().add(Block(host=host, note=note))
    below = sa.or_(
        Follower.host == host, Follower.host.endswith(f".{host}", autoescape=True),
        Follower.host.startswith(f"{host}:", autoescape=True),
        Follower.host.contains(f".{host}:", autoescape=True),
    )  # fmt: skip
    gone = session().execute(sa.delete(Follower).where(below).returning(Follower.id)).all()
    forget_inboxes()
    return len(gone)


# -- what was seen and refused ------------------------------------------------------------------------------------------


def see(mark: str) -> None:
    """Note a signature that is taken. Raises Refused("again") for one that was."""
    if session().get(Seen, mark) is not None:
        raise Refused("again")
    session().add(Seen(digest=mark))
    session().flush()


def refuse(reason: str, host: str) -> None:
    """Write down that something was refused."""
    row = session().scalar(sa.select(Refusal).where(Refusal.reason == reason, Refusal.host == host))
    if row is None:
        row = Refusal(reason=reason, host=host, times=0)
        session().add(row)
    row.times, row.at = row.times + 1, now()
    session().flush()
    kept = sa.select(Refusal.id).order_by(Refusal.at.desc(), Refusal.id.desc()).limit(REMEMBERED)
    session().execute(sa.delete(Refusal).where(Refusal.id.not_in(kept)).execution_options(synchronize_session=False))


def tidy() -> None:
    """Forget signatures that are too old to come again, who never took our answer, and what everybody has got."""
    moment = now()
    plain = {"synchronize_session": False}
    session().execute(sa.delete(Seen).where(Seen.at < moment - 3 * WINDOW).execution_options(**plain))
    mute = sa.delete(Follower).where(Follower.answered.is_(None), Follower.since < moment - UNANSWERED)
    session().execute(mute.execution_options(**plain))
    forget_inboxes()
    behind = session().scalar(sa.select(sa.func.min(Inbox.sent)))
    last = newest()
    done = last if behind is None else min(behind, last)
    # the last one keeps the count of numbers, those of the last hour that of the hour
    got = sa.delete(Message).where(Message.number <= done, Message.number < last, Message.released < moment - HOUR)
    session().execute(got.execution_options(**plain))
