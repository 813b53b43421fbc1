"""Webhooks: every public change is posted to the addresses that asked for it, in order, until it is taken.

Messages wait in a table. A job sends to all hooks side by side, a few seconds at a time; a hook that does not answer
waits longer each time and keeps nobody else waiting. Signed as https://www.standardwebhooks.com describes it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, current_app

from hub.api import Change, NetError, enqueue, fetch, gettext, items, log, now, session, writing

from .documents import address
from .models import Delivery, Hook

JOB = "webapi.deliver"
WAITS = (15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600)  # seconds after the first, second … failure; then the last again
PATIENCE = dt.timedelta(days=3)
DEADLINE = 5.0  # seconds for one answer, and for one round with a hook
SLOW = 2.0  # an answer that takes longer is followed by a pause of four times its time
SIDE_BY_SIDE = 8
BUSY = dt.timedelta(seconds=60)
SHOWN = 100
PREFIX = "whsec_"


def make(url: str, kinds: Sequence[str]) -> Hook:
    """A new hook, told of what changes from now on; its first message is a test. Raises ValueError as `check`."""
    hook = Hook(url=check(url), kinds=list(kinds), secret=new_secret(), since=log.head())
    session().add(hook)
    session().flush()
    test(hook)
    return hook


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check(url: str) -> str:
    """The address, where messages may be sent to it. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    plain = url.strip().isprintable() and " " not in url.strip() and len(url) <= 2000
    if not plain or not parts.hostname or parts.username or parts.scheme not in ("http", "https"):
        raise ValueError(gettext("This does not look like a web address. An example: https://example.org"))
    if parts.scheme == "http" and f"{parts.hostname}:{port}" not in items.site()["trusted"]:
        raise ValueError(
            gettext("The address must begin with https://; inner ones are named in [net] allow of hub.toml.")
        )
    return url.strip()


def sign(secret: str, number: str, moment: int, body: bytes) -> str:
    """The signature of a message: base64 of HMAC-SHA-256 over "number.moment.body", after its version."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return (
        "v1," + base64.b64encode(hmac.new(key, f"{number}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
    )


# -- what is to be sent -------------------------------------------------------------------------------------------------


def read(changes: Sequence[Change]) -> None:
    """The change log has grown: put a message for every hook that wants it into the table. Nothing is sent here."""
    with writing():
        session().rollback()
        for hook in session().scalars(sa.select(Hook).where(Hook.state == "on")).all():
            fill(hook)
        session().commit()


def fill(hook: Hook) -> None:
    """Messages for the public changes that the hook has not got yet, committed in portions."""
    types = {ctype.kind: ctype for ctype in items.types()}
    while True:
        session().refresh(hook, with_for_update=True)  # of two who fill, one goes on where the other ended
        rows = log.since(hook.since)
        if not rows:
            break
        for change in rows:
            if change.verb != "touched" and change.kind in types and change.kind in (hook.kinds or types):
                _put(hook, {
                    "id": change.id, "kind": change.kind, "uid": change.uid, "gone": change.gone,
                    "at": change.at.isoformat(), "url": address(types[change.kind], change.uid),
                }, change.id)  # fmt: skip
        hook.since = rows[-1].id
        session().commit()
    enqueue(session(), JOB, dedupe=JOB)


def test(hook: Hook) -> None:
    """Put a test message into the hook's row of messages, and try at once what it has not taken yet."""
    hook.next_try = now()
    _put(hook, {"test": True, "at": now().isoformat()}, None)
    enqueue(session(), JOB, dedupe=JOB)


def resume(hook: Hook) -> None:
    """Go on with a hook that was off or dead: with the message that it did not take, then with all it has missed."""
    hook.state, hook.error, hook.next_try = "on", "", now()
    session().flush()
    own = sa.update(Delivery).where(Delivery.hook_id == hook.id, Delivery.done.is_(None))
    session().execute(own.values(first=None, attempts=0))
    fill(hook)


def _put(hook: Hook, body: dict[str, Any], change_id: int | None) -> None:
    session().add(Delivery(hook_id=hook.id, change_id=change_id, uid=str(uuid.uuid4()), body=json.dumps(body)))


# -- sending ------------------------------------------------------------------------------------------------------------


def deliver() -> None:
    """The job: a round of some seconds with every hook that has something to get, side by side."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    waiting = sa.exists().where(Delivery.hook_id == Hook.id, Delivery.done.is_(None))
    due = list(session().scalars(sa.select(Hook.id).where(_ready(), waiting).order_by(Hook.next_try)))
    session().rollback()
    if not due:
        return
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(due))) as pool:
        for done in [pool.submit(_round, app, number) for number in due]:
            done.result()


def _ready() -> sa.ColumnElement[bool]:
    free = sa.or_(Hook.busy.is_(None), Hook.busy < now())
    return sa.and_(Hook.state == "on", Hook.next_try <= now(), free)


def _round(app: Flask, number: int) -> None:
    """Send to one hook, oldest message first, until it has everything, fails, or the round is over."""
    end = time.monotonic() + DEADLINE
    with app.app_context():
        while (taken := _take(number)) is not None:
            hook_url, secret, message_id, uid, body = taken
            started = time.monotonic()
            code, error = _post(hook_url, secret, uid, body)
            more = _record(number, message_id, code, error, time.monotonic() - started)
            if not more:
                return
            if time.monotonic() > end:
                with writing():
                    enqueue(session(), JOB, dedupe=JOB)
                    session().commit()
                return


def _take(number: int) -> tuple[str, str, int, str, bytes] | None:
    """Reserve the hook and answer its oldest message; None where somebody else has it or nothing waits."""
    db = session()
    with writing():
        db.rollback()
        mine = sa.update(Hook).where(Hook.id == number, _ready()).values(busy=now() + BUSY)
        if not db.execute(mine.returning(Hook.id).execution_options(synchronize_session=False)).first():
            db.rollback()
            return None
        hook = db.get(Hook, number, populate_existing=True)
        oldest = sa.select(Delivery).where(Delivery.hook_id == number, Delivery.done.is_(None)).order_by(Delivery.id)
        message = db.scalar(oldest.limit(1))
        if hook is None or message is None:
            db.execute(sa.update(Hook).where(Hook.id == number).values(busy=None))
            db.commit()
            return None
        found = (hook.url, hook.secret, message.id, message.uid, message.body.encode())
        db.commit()
    return found


def _post(url: str, secret: str, uid: str, body: bytes) -> tuple[int, str]:
    """One attempt: the answer's status (0 = none) and, where the message was not taken, why."""
    moment = int(now().timestamp())
    headers = {
        "content-type": "application/json", "webhook-id": uid, "webhook-timestamp": str(moment),
        "webhook-signature": sign(secret, uid, moment, body),
    }  # fmt: skip
    try:
        reply = fetch(
            url, method="POST", headers=headers, content=body, deadline=DEADLINE, hops=0, max_bytes=100_000,
            user_agent="hub-webhook",
        )  # fmt: skip
    except NetError as error:
        return 0, str(error)[:500]
    return reply.status, "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"


def _record(number: int, message_id: int, code: int, error: str, took: float) -> bool:
    """Write down what came of an attempt; True where the hook may get its next message at once."""
    db, moment = session(), now()
    with writing():
        db.rollback()
        hook, message = (
            db.get(Hook, number, populate_existing=True),
            db.get(Delivery, message_id, populate_existing=True),
        )
        if hook is None or message is None:  # taken away meanwhile
            db.rollback()
            return False
        hook.busy = None
        message.attempts, message.code, message.error = message.attempts + 1, code, error
        message.first = message.first or moment
        wait = 4 * took if took > SLOW else 0.0
        if not error:
            message.done = moment
        elif code == 410 or moment - message.first > PATIENCE:
            hook.state, hook.error = "dead", error
        else:
            wait = WAITS[min(message.attempts, len(WAITS)) - 1]
        hook.next_try = moment + dt.timedelta(seconds=wait)
        if wait and hook.state == "on":
            enqueue(db, JOB, run_at=hook.next_try, dedupe=f"{JOB}.{number}")
        go_on = not error and not wait and hook.state == "on"
        db.commit()
    return go_on


# -- looking ------------------------------------------------------------------------------------------------------------


def failing(hook: Hook) -> Delivery | None:
    """The message that the hook has not taken in spite of an attempt, or None."""
    tried = sa.select(Delivery).where(Delivery.hook_id == hook.id, Delivery.done.is_(None), Delivery.attempts > 0)
    return session().scalar(tried.order_by(Delivery.id).limit(1))


def sent(hook: Hook) -> list[Delivery]:
    """The newest messages of a hook, newest first."""
    own = sa.select(Delivery).where(Delivery.hook_id == hook.id)
    return list(session().scalars(own.order_by(Delivery.id.desc()).limit(SHOWN)))


def forget_old() -> None:
    """Keep the newest messages of each hook that were taken; the caller commits."""
    for hook in session().scalars(sa.select(Hook)).all():
        own = sa.select(Delivery.id).where(Delivery.hook_id == hook.id, Delivery.done.is_not(None))
        limit = session().scalar(own.order_by(Delivery.id.desc()).offset(SHOWN - 1).limit(1))
        if limit is not None:
            old = sa.and_(Delivery.hook_id == hook.id, Delivery.done.is_not(None), Delivery.id < limit)
            session().execute(sa.delete(Delivery).where(old))
