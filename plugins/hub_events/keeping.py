"""Turns of time and keeping: events that begin or end, offers that run out, reminders, changes told, names forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.api import Content, data_dir, items, ngettext, now, session, setting, writing
from hub_events import letters, life, parents, places
from hub_events.models import HOLDING, Plan, Registration, Series, Speaker, Star

EVERY = 30  # seconds between two looks at the clock


def turn() -> None:
    """The job: pages are made anew when an event begins or ends; offers run out; who is registered hears of changes."""
    with writing():
        session().rollback()
        moment, looked = now(), _last_look()
        near = sa.select(Content).where(
            Content.kind == "event",
            Content.status == "published",
            Content.starts_at <= moment,
            Content.ends_at > looked,
        )
        if life.turned(list(session().scalars(near)), looked, moment):
            items.touch()
        places.expire(moment)
        _tell_changes(moment)
        items.commit()
    _clock().write_text(moment.isoformat(), encoding="utf-8")


def _clock() -> Path:
    return data_dir("events") / "looked-at"


def _last_look() -> dt.datetime:
    """When the clock was looked at last: what turned while no worker ran counts as well (of the last week)."""
    week = now() - dt.timedelta(days=7)
    try:
        return max(week, dt.datetime.fromisoformat(_clock().read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return week


def _tell_changes(moment: dt.datetime) -> None:
    changed = sa.select(Plan, Content).join(Content, Content.id == Plan.content_id).where(
        Content.status.in_(("published", "trash")), Content.ends_at > moment)  # fmt: skip
    for plan, content in session().execute(changed).all():
        off = letters.is_off(content)
        if plan.told_starts in (None, content.starts_at) and plan.told_cancelled == off:
            continue
        again = plan.told_cancelled and not off
        plan.told_starts, plan.told_cancelled = content.starts_at, off
        for entry in _placed(content.id, ("confirmed", "offered", "waiting")):
            entry.reminded = False
            letters.changed(entry, content, again=again)


def _placed(content_id: int, states: tuple[str, ...]) -> list[Registration]:
    mine = sa.select(Registration).where(Registration.content_id == content_id, Registration.state.in_(states))
    return list(session().scalars(mine))


def remind() -> None:
    """The job: a reminder, once, to who has a place."""
    with writing():
        session().rollback()
        moment = now()
        soon = sa.select(Plan, Content).join(Content, Content.id == Plan.content_id).where(
            Content.status == "published", Content.starts_at > moment, Plan.remind_hours > 0,
            Content.starts_at < moment + dt.timedelta(days=31))  # fmt: skip
        for plan, content in session().execute(soon).all():
            if content.data.get("cancelled") or not places.soon(plan, content):
                continue
            for entry in _placed(content.id, ("confirmed",)):
                if not entry.reminded:
                    entry.reminded = True
                    letters.remind(entry, content)
        session().commit()


def forget() -> None:
    """The job: after the time that the settings name, names, addresses and answers go; the numbers stay."""
    with writing():
        session().rollback()
        limit = now() - dt.timedelta(days=setting("events.keep_days"))
        ended = sa.select(Content.id).where(Content.kind == "event", Content.ends_at < limit)
        unconfirmed = sa.and_(Registration.state == "pending", Registration.created < now() - dt.timedelta(days=3))
        session().execute(sa.delete(Registration).where(sa.or_(unconfirmed, parents.unanswered())))
        blank(Registration.content_id.in_(ended))
        session().commit()


def blank(which: sa.ColumnElement[bool]) -> None:
    """Forget who registered (and their parents); the number stays."""
    parents.blank(which)
    session().execute(sa.update(Registration).where(which, Registration.forgotten.is_(False)).values(
        name="", email="", answers={}, agreed=False, user_id=None, forgotten=True
    ).execution_options(synchronize_session=False))  # fmt: skip


def exported(user: Any) -> dict[str, Any]:
    """What is kept of a person, for their own copy."""
    mine = sa.select(Registration).where(sa.or_(Registration.user_id == user.id, Registration.email == user.email))
    marked = sa.select(Content.uid).join(Star, Star.content_id == Content.id).where(Star.user_id == user.id)
    led = sa.select(Content.uid).join(Series, Series.content_id == Content.id).where(Series.user_id == user.id)
    spoken = sa.select(Content.uid, Speaker.name).join(Speaker, Speaker.content_id == Content.id)
    return {
        "registrations": [
            {"event": session().get_one(Content, e.content_id).uid, "name": e.name, "email": e.email, "state": e.state,
             "guests": e.guests, "answers": e.answers, "created": e.created.isoformat()}
            for e in session().scalars(mine)
        ],
        "asked as a parent": parents.exported(user),
        "marked events": list(session().scalars(marked)),
        "series": list(session().scalars(led)),
        "speaks at": [{"event": uid, "as": name} for uid, name in session().execute(spoken.where(Speaker.user_id == user.id))],
    }  # fmt: skip


def forgotten(db: Any, user: Any) -> None:
    """A person is erased: coming places are free again, what is over stays as a number."""
    mine = sa.or_(Registration.user_id == user.id, Registration.email == user.email)
    over = sa.select(Content.id).where(Content.kind == "event", Content.ends_at < now())
    db.execute(sa.delete(Registration).where(mine, Registration.content_id.not_in(over)))
    blank(mine)
    parents.forgotten(user)
    db.execute(sa.delete(Star).where(Star.user_id == user.id))
    db.execute(sa.delete(Speaker).where(Speaker.user_id == user.id))
    db.execute(sa.update(Series).where(Series.user_id == user.id).values(user_id=None))


def attendance(user: Any, content: Any) -> str | None:
    """None, "registered" or "attended"."""
    if user is None:
        return None
    theirs = Registration.email == user.email
    if user.id:  # a guest who is known by a confirmed address has none
        theirs = sa.or_(theirs, Registration.user_id == user.id)
    states = set(session().scalars(sa.select(Registration.state).where(
        Registration.content_id == content.id, theirs, Registration.state.in_(HOLDING))))  # fmt: skip
    return "attended" if "attended" in states else "registered" if states else None


def left_at(contents: Sequence[int]) -> dict[int, str]:
    """What an undone import would delete with these entries: how many registrations."""
    mine = Registration.content_id.in_(contents), Registration.state != "cancelled"
    counted = sa.select(Registration.content_id, sa.func.count()).where(*mine).group_by(Registration.content_id)
    return {number: ngettext("%(num)s registration", "%(num)s registrations", count) for number, count in session().execute(counted)}
