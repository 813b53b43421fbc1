"""How long what is kept: closed messages for a time, spam and unconfirmed ones for less; what a person may see of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from hub.api import User, now, session, setting, writing
from hub_contact.models import Message, Step

SPAM_DAYS, UNCONFIRMED_DAYS = 30, 14


def forget() -> None:
    """The daily job."""
    done = now() - dt.timedelta(days=setting("contact.keep_days"))
    spam, unconfirmed = now() - dt.timedelta(days=SPAM_DAYS), now() - dt.timedelta(days=UNCONFIRMED_DAYS)
    over = sa.or_(
        sa.and_(Message.state.in_(("answered", "closed", "passed")), Message.moved < done),
        sa.and_(Message.state == "spam", Message.moved < spam),
        sa.and_(Message.state == "confirm", Message.created < unconfirmed),
    )
    with writing():
        session().rollback()
        session().execute(sa.delete(Message).where(over).execution_options(synchronize_session=False))
        session().commit()


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    sent = [
        {"subject": m.subject, "text": m.text, "name": m.name, "email": m.email, "sent": m.created.isoformat(), "state": m.state}
        for m in session().scalars(sa.select(Message).where(_of(user)).order_by(Message.id))
    ]  # fmt: skip
    steps = sa.select(Step).where(Step.user_id == user.id).order_by(Step.id)
    answered = [{"step": s.verb, "text": s.text, "at": s.at.isoformat()} for s in session().scalars(steps)]
    return {"messages": sent, "answers to messages": answered} if sent or answered else None


def forgotten(db: Any, user: User) -> None:
    """A person is erased: their messages go, their answers to others stay without their name."""
    quick = {"synchronize_session": False}
    db.execute(sa.delete(Message).where(_of(user)).execution_options(**quick))
    db.execute(sa.update(Step).where(Step.user_id == user.id).values(user_id=None).execution_options(**quick))


def _of(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Message.user_id == user.id, sa.func.lower(Message.email) == user.email.lower())
