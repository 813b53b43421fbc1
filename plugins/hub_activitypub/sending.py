"""Signed messages to followers' servers: each inbox gets them in order, once, with growing pauses while it does not answer.

A worker that is killed between a server's answer and the note of it sends that one message again, under the same id, by
which the server knows it. An inbox that has taken nothing for a week is given up, and whoever followed by it is forgotten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from hub.api import NetError, enqueue, fetch, now, session, writing

from . import actors, documents, following, keys
from .models import Follower, Inbox, Message
from .telling import DELIVER

PATIENCE = dt.timedelta(days=7)
WAITS = (60, 300, 900, 3600, 3 * 3600, 6 * 3600)  # seconds after the first, second … failure; then the last again
DEADLINE = 5.0  # seconds for one answer, and for one round with an inbox
SIDE_BY_SIDE, PORTION = 8, 200
BUSY = dt.timedelta(seconds=60)
WORTH_A_RETRY = (401, 403, 404, 408, 425, 429)  # of the answers 4xx: the server may mean it otherwise tomorrow


def post(url: str, body: bytes) -> tuple[int, str]:
    """One attempt: the answer's status (0 = none), and why it was not taken."""
    headers = keys.signed(keys.ready()[0], documents.key_url(), "POST", url, body) | {"accept": documents.ACCEPT}
    try:
        reply = fetch(url, method="POST", headers=headers, content=body, deadline=DEADLINE, hops=0, max_bytes=100_000,
                      user_agent=actors.agent())  # fmt: skip
    except NetError as error:
        return 0, str(error)[:300]
    return reply.status, "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _wait(attempts: int) -> dt.timedelta:
    return dt.timedelta(seconds=WAITS[min(max(1, attempts), len(WAITS)) - 1])


# -- answers to a Follow --------------------------------------------------------------------------------------------------


def answer() -> None:
    """The job: tell those who follow that they do."""
    due = sa.select(Follower.id).where(Follower.answered.is_(None), Follower.next_try <= now())
    numbers = list(session().scalars(due.order_by(Follower.next_try).limit(PORTION)))
    session().rollback()
    for number in numbers:
        _answer(number)


def _answer(number: int) -> None:
    db, moment = session(), now()
    with writing():
        db.rollback()
        mine = sa.update(Follower).where(Follower.id == number, Follower.answered.is_(None), Follower.next_try <= moment)
        taken = mine.values(next_try=moment + BUSY, attempts=Follower.attempts + 1)
        row = db.execute(
            taken.returning(Follower.actor, Follower.own_inbox, Follower.asked, Follower.attempts)
            .execution_options(synchronize_session=False)
        ).first()  # fmt: skip
        db.commit()
    if row is None:
        return
    word = hashlib.sha256(row.asked.encode()).hexdigest()[:32]
    code, error = post(row.own_inbox, _json(documents.accept(row.actor, row.asked, word)))
    with writing():
        db.rollback()
        own = sa.update(Follower).where(Follower.id == number, Follower.asked == row.asked)
        if code == 410:
            following.forget(row.actor)
        elif error:
            later = now() + _wait(row.attempts)
            db.execute(own.values(next_try=later).execution_options(synchronize_session=False))
            enqueue(db, following.ANSWER, run_at=later, dedupe=f"{following.ANSWER}.{number}")
        else:
            db.execute(own.values(answered=now()).execution_options(synchronize_session=False))
        db.commit()


# -- what is new ----------------------------------------------------------------------------------------------------------


def deliver() -> None:
    """The job: a round of some seconds with every inbox that has something to get, side by side."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    due = list(session().scalars(sa.select(Inbox.id).where(_ready()).order_by(Inbox.next_try).limit(PORTION)))
    session().rollback()
    if not due:
        return
    keys.ready()  # before the threads ask for it all at once
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(due))) as pool:
        for done in [pool.submit(_round, app, number) for number in due]:
            done.result()
    if len(due) == PORTION:
        _again(now())


def _ready() -> sa.ColumnElement[bool]:
    free = sa.or_(Inbox.busy.is_(None), Inbox.busy < now())
    return sa.and_(Inbox.next_try <= now(), free, sa.exists().where(Message.number > Inbox.sent))


def _again(at: dt.datetime, word: str = "") -> None:
    with writing():
        enqueue(session(), DELIVER, run_at=at, dedupe=DELIVER + word)
        session().commit()


def _round(app: Flask, number: int) -> None:
    """Send to one inbox, oldest message first, until it has everything, fails, or the round is over."""
    end = time.monotonic() + DEADLINE
    with app.app_context():
        while (taken := _take(number)) is not None:
            url, message, body = taken
            code, error = post(url, body) if body else (0, "")
            if not _record(number, message, code, error):
                return
            if time.monotonic() > end:
                _again(now())
                return


def _take(number: int) -> tuple[str, int, bytes] | None:
    """Reserve the inbox; its address, the number of its next message and what is to be sent (nothing: pass that by)."""
    db = session()
    with writing():
        db.rollback()
        mine = sa.update(Inbox).where(Inbox.id == number, _ready()).values(busy=now() + BUSY)
        row = db.execute(mine.returning(Inbox.url, Inbox.sent).execution_options(synchronize_session=False)).first()
        db.commit()
    if row is None:
        return None
    next_one = sa.select(Message).where(Message.number > row.sent).order_by(Message.number).limit(1)
    with writing(False):
        message = db.scalar(next_one)
        found = (row.url, message.number or 0, _said(message)) if message else None
        db.rollback()
    return found


def _said(message: Message) -> bytes:
    """What a message says now; nothing where its item has been withdrawn meanwhile (a later message says that)."""
    if message.verb == "delete":
        return _json(documents.activity("delete", message.uid, message.word, None))
    item = documents.published(message.kind, message.uid)
    return _json(documents.activity(message.verb, message.uid, message.word, item)) if item else b""


def _record(number: int, message: int, code: int, error: str) -> bool:
    """Write down what came of an attempt; True where the inbox may get its next message at once."""
    db, moment = session(), now()
    with writing():
        db.rollback()
        inbox = db.get(Inbox, number, populate_existing=True)
        if inbox is None:  # nobody follows by it any more
            db.rollback()
            return False
        inbox.busy = None
        settled = not error or (400 <= code < 500 and code not in (*WORTH_A_RETRY, 410))
        if settled:
            inbox.sent, inbox.attempts, inbox.failing, inbox.error = message, 0, None, error
        else:
            inbox.attempts, inbox.failing, inbox.error = inbox.attempts + 1, inbox.failing or moment, error
            inbox.next_try = moment + _wait(inbox.attempts)
            if code == 410 or moment - inbox.failing > PATIENCE:
                following.give_up(number)
            else:
                enqueue(db, DELIVER, run_at=inbox.next_try, dedupe=f"{DELIVER}.{number}")
        db.commit()
    return settled
