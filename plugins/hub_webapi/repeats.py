"""Idempotency keys: a request that is sent again with its key gets the first answer and is not carried out twice.

The key is taken in a transaction of its own before the work begins; the answer is kept in the transaction of the work.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import sqlalchemy as sa
from flask import Response, request

from hub.api import gettext, now, session

from .models import Kept
from .problems import refuse

KEEP = dt.timedelta(hours=48)
LEASE = dt.timedelta(minutes=2)  # a first request that has not ended by then has died
HEADERS = ("Location", "ETag")


def taken(token_id: int, key: str) -> Response | None:
    """Take a key: None where the request is to be carried out, else the answer it got before.

    422: the key belongs to another request. 409: the first one is still at work.
    """
    if not (key.isascii() and key.isprintable() and len(key) <= 128):
        refuse(400, gettext("An idempotency key has at most 128 plain characters."))
    db, mark = session(), _mark()
    db.rollback()
    db.add(Kept(token_id=token_id, key=key, request=mark))
    try:
        db.commit()
    except sa.exc.IntegrityError:
        db.rollback()
    else:
        return None
    row = db.get(Kept, (token_id, key), populate_existing=True)
    if row is None:  # the first one came to nothing just now
        refuse(409, gettext("The first request with this key is still being worked on."), Retry_After="1")
    if row.at < now() - KEEP:
        _again(row, mark)
        return None
    if row.request != mark:
        refuse(422, gettext("This idempotency key was used for another request."))
    if not row.status:
        if row.at > now() - LEASE:
            refuse(409, gettext("The first request with this key is still being worked on."), Retry_After="1")
        _again(row, mark)
        return None
    answer = Response(row.body, status=row.status, mimetype="application/json" if row.body else None)
    answer.headers.update({**row.headers, "Idempotency-Replayed": "true"})
    db.rollback()
    return answer


def keep(token_id: int, key: str, answer: Response) -> None:
    """Keep the answer, in the transaction of what was done."""
    kept = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    values = {"status": answer.status_code, "headers": kept, "body": answer.get_data(as_text=True)}
    session().execute(sa.update(Kept).where(Kept.token_id == token_id, Kept.key == key).values(**values))


def release(token_id: int, key: str) -> None:
    """The request came to nothing; it may be mended and sent again with its key."""
    db = session()
    db.rollback()
    db.execute(sa.delete(Kept).where(Kept.token_id == token_id, Kept.key == key, Kept.status == 0))
    db.commit()


def forget_old() -> None:
    """Drop what was kept long enough; the caller commits."""
    session().execute(sa.delete(Kept).where(Kept.at < now() - KEEP))


def _again(row: Kept, mark: str) -> None:
    """Take over a key that was left behind; of several who try, one does."""
    own = sa.update(Kept).where(Kept.token_id == row.token_id, Kept.key == row.key, Kept.at == row.at)
    taken_over = session().execute(own.values(at=now(), request=mark, status=0, headers={}, body=""))
    session().commit()
    if not taken_over.rowcount:  # type: ignore[attr-defined]
        refuse(409, gettext("The first request with this key is still being worked on."), Retry_After="1")


def _mark() -> str:
    """What tells this request from others: method, address, body."""
    asked = json.dumps([request.method, request.full_path, request.mimetype]).encode()
    return hashlib.sha256(asked + b"\0" + request.get_data()).hexdigest()
