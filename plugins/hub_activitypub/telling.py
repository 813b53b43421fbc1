"""What followers are told: a reader of the change log puts it into a row, a job lets it out at a pace.

An item that is corrected within the minute after it came out is told once. What nobody was told of is neither corrected
nor withdrawn. Whatever waits is looked at again when its time comes: only what visitors can read then goes out.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from hub.api import Change, enqueue, log, now, session, setting, writing

from . import documents
from .models import ONLY, Follower, Message, Place, Told

RELEASE, DELIVER = "activitypub.release", "activitypub.deliver"
SETTLE = dt.timedelta(seconds=60)
NEWS = dt.timedelta(days=7)  # what came out earlier, or has waited longer, is no news
MOST_WAITING = 100  # an import of thousands is not poured out over people
PORTION = 500
HOUR = dt.timedelta(hours=1)


def read(changes: Sequence[Change]) -> None:
    """The change log has grown. Reads from a place of its own, so that nothing is told twice when the log is read anew."""
    with writing():
        session().rollback()
        while _portion():
            session().commit()
        session().commit()


def begin() -> None:
    """From here on followers are told: the first time the log is read, or when the first of them comes."""
    if session().get(Place, ONLY) is None:
        session().add(Place(id=ONLY, since=log.head()))


def _portion() -> bool:
    """Read on; False at the end."""
    place = session().get(Place, ONLY, with_for_update=True, populate_existing=True)
    if place is None:
        begin()
        return False
    rows = log.since(place.since)
    if not rows:
        return False
    first = session().scalar(sa.select(sa.func.min(Follower.since)))  # what was there before belongs to the outbox
    kinds = {ctype.kind for ctype in documents.told_types()}
    for change in rows:
        if change.verb != "touched" and (change.gone or (first and change.at >= first)):
            _note(change, change.kind in kinds)
    place.since = rows[-1].id
    if any(change.gone for change in rows):
        enqueue(session(), RELEASE, dedupe=f"{RELEASE}.now")
    enqueue(session(), RELEASE, run_at=now() + SETTLE, dedupe=RELEASE)
    return True


def _note(change: Change, wanted: bool) -> None:
    told = session().get(Told, change.uid)
    known = told is not None and told.gone is None
    waiting = session().scalar(sa.select(Message).where(Message.uid == change.uid, Message.number.is_(None)))
    if change.gone:
        if waiting is not None and waiting.verb == "create":
            session().delete(waiting)
        elif waiting is not None:
            waiting.verb, waiting.due = "delete", now()
        elif known:
            _put(change, "delete", now())
    elif waiting is not None:
        waiting.verb = "update" if waiting.verb == "delete" else waiting.verb
    elif known and wanted:
        _put(change, "update", now() + SETTLE)
    elif wanted and change.verb == "published" and _waiting() < MOST_WAITING:
        _put(change, "create", now() + SETTLE)
    session().flush()


def _put(change: Change, verb: str, due: dt.datetime) -> None:
    session().add(Message(uid=change.uid, kind=change.kind, verb=verb, word=str(uuid.uuid4()), due=due))


def _waiting() -> int:
    return session().scalar(sa.select(sa.func.count()).where(Message.number.is_(None))) or 0


def release() -> None:
    """Let out what is due, at most so much in an hour; what is withdrawn goes at once."""
    with writing():
        session().rollback()
        session().get(Place, ONLY, with_for_update=True)  # one at a time gives numbers
        moment = now()
        due = sa.select(Message).where(Message.number.is_(None), Message.due <= moment)
        rows = session().scalars(due.order_by(Message.verb != "delete", Message.id).limit(PORTION)).all()
        recent = sa.select(sa.func.count()).where(Message.released > moment - HOUR, Message.verb != "delete")
        room = int(setting("activitypub.an_hour")) - (session().scalar(recent) or 0)
        number = session().scalar(sa.select(sa.func.max(Message.number))) or 0
        for message in rows:
            if not _stands(message, moment):
                session().delete(message)
            elif message.verb == "delete" or room > 0:
                number += 1
                room -= message.verb != "delete"
                _let_out(message, number, moment)
        if rows:
            enqueue(session(), DELIVER, dedupe=DELIVER)
        session().commit()


def _stands(message: Message, moment: dt.datetime) -> bool:
    """Whether it is still to be told."""
    if message.verb == "delete":
        return True
    item = documents.published(message.kind, message.uid)
    if item is None:
        return False
    return message.verb == "update" or min(message.at, item.published or message.at) > moment - NEWS


def _let_out(message: Message, number: int, moment: dt.datetime) -> None:
    message.number, message.released = number, moment
    told = session().get(Told, message.uid)
    if told is None:
        told = Told(uid=message.uid, kind=message.kind)
        session().add(told)
    told.gone = moment if message.verb == "delete" else None
    session().flush()
