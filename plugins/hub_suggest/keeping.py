"""How long what is kept: spam and unconfirmed ones go after a month, senders' names and addresses some time after a decision."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from hub.api import User, items, now, session, setting, writing
from hub_suggest import moderation
from hub_suggest.models import FINAL, Entry, Mailing, Step

SPAM_DAYS = 30
PORTION = 200


def forget() -> None:
    """The daily job."""
    old, older = now() - dt.timedelta(days=SPAM_DAYS), now() - dt.timedelta(days=setting("suggest.keep_days"))
    unwanted = sa.or_(
        sa.and_(Entry.state.in_(("spam", "withdrawn")), Entry.decided < old),
        sa.and_(Entry.state == "confirm", Entry.created < old),
    )
    while _delete(sa.select(Entry).where(unwanted).limit(PORTION)):
        pass
    named = sa.or_(Entry.name != "", Entry.email != "", Entry.note != "")
    with writing():
        session().rollback()
        done = sa.update(Entry).where(Entry.state.in_(FINAL), Entry.decided < older, named)
        session().execute(done.values(name="", email="", note="").execution_options(synchronize_session=False))
        session().commit()


def _delete(which: sa.Select[Entry]) -> int:
    """Delete a portion, with the items in the trash that came of them; how many."""
    with writing():
        session().rollback()
        found = session().scalars(which).all()
        for entry in found:
            content = moderation.item_of(entry)
            if entry.what == "new" and content is not None and content.status == "trash":
                items.erase(content)
            moderation.drop_picture(entry)
            session().delete(entry)
        items.commit()
    return len(found)


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    mine = sa.select(Entry).where(_of(user)).order_by(Entry.id)
    sent = [
        {"title": e.title, "what": e.what, "state": e.state, "sent": e.created.isoformat(), "name": e.name, "email": e.email,
         "message": e.note, "fields": e.wish, "answer": e.reason}
        for e in session().scalars(mine)
    ]  # fmt: skip
    decided = sa.select(Step).where(Step.user_id == user.id).order_by(Step.id)
    done = [
        {"title": s.title, "step": s.verb, "at": s.at.isoformat(), "reason": s.reason}
        for s in session().scalars(decided)
    ]
    wish = session().get(Mailing, user.id)
    if not (sent or done or wish):
        return None
    return {"suggestions": sent, "moderation": done, "mails about suggestions": wish.mails if wish else ""}


def forgotten(db: Any, user: User) -> None:
    """A person is erased: suggestions and the audit log stay, without them."""
    values = {"name": "", "email": "", "note": "", "user_id": None}
    db.execute(sa.update(Entry).where(_of(user)).values(**values).execution_options(synchronize_session=False))
    db.execute(
        sa.update(Entry)
        .where(Entry.decided_by == user.id)
        .values(decided_by=None)
        .execution_options(synchronize_session=False)
    )
    db.execute(
        sa.update(Step).where(Step.user_id == user.id).values(user_id=None).execution_options(synchronize_session=False)
    )
    db.execute(sa.delete(Mailing).where(Mailing.user_id == user.id).execution_options(synchronize_session=False))


def _of(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Entry.user_id == user.id, sa.func.lower(Entry.email) == user.email.lower())
