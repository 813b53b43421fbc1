"""How long what is kept, what is kept about a person, and taking a person out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import User, ngettext, now, session, setting, writing
from hub_feedback.models import Addressed, Mailing, Quiet, Voice
from hub_feedback.voices import person_of

CONFIRM_DAYS, SPAM_DAYS = 14, 30
PORTION = 500


def forget() -> None:
    """The daily job: what was never confirmed, spam, what was taken back; addresses that have been kept long enough."""
    confirm, spam = now() - dt.timedelta(days=CONFIRM_DAYS), now() - dt.timedelta(days=SPAM_DAYS)
    answered = sa.select(Voice.parent_id).where(Voice.parent_id.is_not(None))
    over = sa.or_(
        sa.and_(Voice.state == "confirm", Voice.created < confirm),
        sa.and_(Voice.state.in_(("spam", "withdrawn")), Voice.decided < spam, Voice.id.not_in(answered)),
    )
    while True:
        with writing():
            session().rollback()
            ids = session().scalars(sa.select(Voice.id).where(over).limit(PORTION)).all()
            session().execute(sa.delete(Voice).where(Voice.id.in_(ids)).execution_options(synchronize_session=False))
            session().commit()
        if len(ids) < PORTION:
            break
    old = now() - dt.timedelta(days=setting("feedback.keep_days"))
    with writing():
        session().rollback()
        kept = sa.update(Voice).where(Voice.email != "", Voice.created < old, Voice.state != "confirm")
        session().execute(kept.values(email="", wants=False).execution_options(synchronize_session=False))
        session().execute(sa.delete(Quiet).where(Quiet.until < now()).execution_options(synchronize_session=False))
        session().commit()


def exported(user: User) -> dict[str, Any] | None:
    """What is kept about a person."""
    rows = session().scalars(sa.select(Voice).where(_of(user)).order_by(Voice.id))
    said = [
        {"what": v.what, "item": v.content_id, "score": v.score, "text": v.text, "name": v.name, "e-mail": v.email, "state": v.state,
         "said": v.created.isoformat(), "wants answers by mail": v.wants, "attended": v.attended, **v.data}
        for v in rows
    ]  # fmt: skip
    decided = sa.select(Voice.id, Voice.state, Voice.reason, Voice.decided).where(Voice.decided_by == user.id)
    done = [
        {"number": number, "state": state, "reason": reason, "at": at.isoformat() if at else ""}
        for number, state, reason, at in session().execute(decided)
    ]
    asked = session().get(Mailing, user.id) is not None
    mine = sa.select(Voice).join(Addressed, Addressed.voice_id == Voice.id).where(Addressed.user_id == user.id, Voice.state == "live")
    got = [{"item": v.content_id, "text": v.text, "said": v.created.isoformat()} for v in session().scalars(mine)]
    if not (said or done or asked or got):
        return None
    return {"voices": said, "notes to you": got, "moderation of voices": done, "daily mail of what waits": asked}


def forgotten(db: Any, user: User) -> None:
    """A person is erased: scores, votes and texts stay, without a way back to them; what was not counted goes."""
    still = {"synchronize_session": False}
    db.execute(sa.delete(Voice).where(_of(user), Voice.state == "confirm").execution_options(**still))
    db.execute(sa.delete(Voice).where(_of(user), Voice.what == "note").execution_options(**still))
    mine = sa.select(Addressed.voice_id).where(Addressed.user_id == user.id)
    db.execute(sa.delete(Voice).where(Voice.id.in_(mine)).execution_options(**still))
    db.execute(sa.delete(Mailing).where(Mailing.user_id == user.id).execution_options(**still))
    values = {"user_id": None, "email": "", "name": "", "person": "", "mark": None, "wants": False}
    db.execute(sa.update(Voice).where(_of(user)).values(**values).execution_options(**still))
    db.execute(sa.update(Voice).where(Voice.decided_by == user.id).values(decided_by=None).execution_options(**still))


def _of(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(
        Voice.user_id == user.id,
        Voice.person == person_of(user.email),
        sa.func.lower(Voice.email) == user.email.lower(),
    )


def left_at(contents: Sequence[int]) -> dict[int, str]:
    """What an undone import would delete with these entries: how many voices."""
    mine = Voice.content_id.in_(contents), Voice.state == "live"
    counted = sa.select(Voice.content_id, sa.func.count()).where(*mine).group_by(Voice.content_id)
    return {number: ngettext("%(num)s voice", "%(num)s voices", count) for number, count in session().execute(counted) if number}
