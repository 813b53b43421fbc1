"""How long what is kept, and what a person may see of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from hub.api import User, now, session, writing
from hub_notices.models import Follow, Follower, News
from hub_notices.sending import KEEP

UNCONFIRMED_DAYS, OFF_DAYS = 14, 365
QUICK = {"synchronize_session": False}


def forget() -> None:
    """The daily job: what was not confirmed, addresses without anything followed, what is no news any more."""
    old, off = now() - dt.timedelta(days=UNCONFIRMED_DAYS), now() - dt.timedelta(days=OFF_DAYS)
    some = sa.exists().where(Follow.follower_id == Follower.id)
    with writing():
        session().rollback()
        steps = (
            sa.delete(Follow).where(Follow.confirmed.is_(False), Follow.created < old),
            sa.delete(Follower).where(Follower.created < old, ~some),
            sa.delete(Follower).where(Follower.user_id.is_(None), Follower.mode == "off", Follower.created < off),
            sa.delete(News).where(News.at < now() - KEEP),
        )
        for step in steps:
            session().execute(step.execution_options(**QUICK))
        session().commit()


def of_account(user: User) -> Follower | None:
    """The follower that a person with an account is, also by what they followed at the same address before."""
    return session().scalar(sa.select(Follower).where(_of(user)).order_by(Follower.user_id.is_(None)).limit(1))


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    found = session().scalars(sa.select(Follower).where(_of(user))).all()
    told = []
    for follower in found:
        mine = session().scalars(sa.select(Follow).where(Follow.follower_id == follower.id).order_by(Follow.id))
        follows = [{"what": f.what, "value": f.value, "since": f.created.isoformat()} for f in mine]
        told.append({"mails": follower.mode, "language": follower.lang, "follows": follows})
    return {"notices": told} if told else None


def forgotten(db: Any, user: User) -> None:
    """A person is erased: they follow nothing any more."""
    db.execute(sa.delete(Follower).where(_of(user)).execution_options(**QUICK))


def _of(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Follower.user_id == user.id, Follower.email == user.email.lower())
