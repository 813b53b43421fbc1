"""Jobs, and what is kept about people: commitments are asked about, cards go in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Content, ngettext, now, session, setting, writing
from hub_labs import letters
from hub_labs.models import Person, Promise, Sheet

HALF_A_YEAR, CONFIRM = dt.timedelta(days=182), dt.timedelta(days=14)


def ask() -> None:
    """The daily job: whoever promised something is asked every half year, until it is done or dropped."""
    with writing():
        session().rollback()
        since = sa.func.coalesce(Promise.asked, Promise.answered, Promise.created)
        due = sa.select(Promise).join(Content, Content.id == Promise.content_id).where(
            Promise.email != "", Promise.state.in_(("promised", "going")), since < now() - HALF_A_YEAR,
            Content.status == "published")  # fmt: skip
        for promise in session().scalars(due.limit(500)).all():
            promise.asked = now()
            letters.ask_promise(promise)
        session().commit()


def forget() -> None:
    """The daily job: cards that were never confirmed, and cards and sheets that have been kept long enough."""
    old = now() - dt.timedelta(days=setting("labs.keep_days"))
    with writing():
        session().rollback()
        never = sa.and_(Person.state == "confirm", Person.created < now() - CONFIRM)
        _delete(Person, sa.or_(never, Person.created < old))
        _delete(Sheet, Sheet.created < old)
        session().commit()


def _delete(model: Any, which: sa.ColumnElement[bool]) -> None:
    session().execute(sa.delete(model).where(which).execution_options(synchronize_session=False))


def exported(user: Any) -> dict[str, Any] | None:
    """What is kept about a person."""
    cards = session().scalars(sa.select(Person).where(_of(user)).order_by(Person.id)).all()
    sheets = session().scalars(sa.select(Sheet).where(Sheet.user_id == user.id).order_by(Sheet.id)).all()
    asked = session().scalars(sa.select(Promise).where(sa.func.lower(Promise.email) == user.email.lower())).all()
    if not (cards or sheets or asked):
        return None
    return {
        "cards in lists of participants": [
            {"lab": c.content_id, "name": c.name, "e-mail": c.email, "seeks": c.seeks, "offers": c.offers, "state": c.state}
            for c in cards
        ],
        "transfer sheets": [
            {"name": s.name, "territory": s.territory, "what would work": s.works, "what stands in the way": s.hinders,
             "first step": s.first_step, "adapted": s.adapted} for s in sheets
        ],
        "asked about commitments": [{"commitment": p.texts, "e-mail": p.email, "state": p.state} for p in asked],
    }  # fmt: skip


def forgotten(db: Any, user: Any) -> None:
    """A person is erased: cards and sheets go; nobody is asked about a commitment at this address any more."""
    still = {"synchronize_session": False}
    db.execute(sa.delete(Person).where(_of(user)).execution_options(**still))
    db.execute(sa.delete(Sheet).where(Sheet.user_id == user.id).execution_options(**still))
    asked = sa.func.lower(Promise.email) == user.email.lower()
    db.execute(sa.update(Promise).where(asked).values(email="").execution_options(**still))


def _of(user: Any) -> sa.ColumnElement[bool]:
    return sa.or_(Person.user_id == user.id, sa.func.lower(Person.email) == user.email.lower())


def left_at(contents: Sequence[int]) -> dict[int, str]:
    """What an undone import would delete with these entries: how many commitments."""
    counted = sa.select(Promise.content_id, sa.func.count()).where(Promise.content_id.in_(contents)).group_by(Promise.content_id)
    return {number: ngettext("%(num)s commitment", "%(num)s commitments", count) for number, count in session().execute(counted)}
