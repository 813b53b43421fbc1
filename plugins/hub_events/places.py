"""Places at an event: who gets one, who waits, who is offered one. Every change happens under the lock of the event's plan,
so that two people never get the last place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from hub.api import Content, gettext, items, ngettext, now, session
from hub_events import letters, life, parents
from hub_events.models import HOLDING, Plan, Registration, Seat, Session


class Refused(Exception):
    """A registration cannot be taken; the sentence says why, `field` beside which field."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def locked(content_id: int) -> Plan:
    """The event's plan, locked until the transaction ends. Raises LookupError where there is none."""
    plan = session().get(Plan, content_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise LookupError(content_id)
    return plan


def closed(plan: Plan | None, content: Any) -> str:
    """Why nobody can register any more, as a sentence; empty where one can."""
    if plan is None or not plan.is_open:
        return gettext("There is no registration for this event here.")
    state, end = life.state(content), life.last_end(content)
    if state == "cancelled":
        return gettext("This event is cancelled.")
    if end is None or end <= now():
        return gettext("This event is over.")
    if plan.closes_at and plan.closes_at <= now():
        return gettext("Registration is closed.")
    return ""


def closing(plan: Plan | None, content: Any) -> str:
    """What an organiser should look at before an event: late (registration goes on after its begin), passed, or nothing."""
    if plan is None or not plan.is_open or not plan.closes_at or not content.starts_at or content.starts_at <= now():
        return ""
    return "late" if plan.closes_at > content.starts_at else "passed" if plan.closes_at <= now() else ""


def soon(plan: Plan, content: Any) -> bool:
    """Whether the hours of the reminder have begun: whoever gets a place now has been told all of it."""
    return bool(content.starts_at and plan.remind_hours and content.starts_at <= now() + dt.timedelta(hours=plan.remind_hours))


def taken(content_id: int, quota: str | None = None) -> int:
    """How many places are held, guests counted. quota: only of this partner's ("" = of nobody's)."""
    query = sa.select(sa.func.coalesce(sa.func.sum(1 + Registration.guests), 0)).where(
        Registration.content_id == content_id, Registration.state.in_(HOLDING)
    )
    if quota is not None:
        query = query.where(Registration.quota == quota)
    return int(session().scalar(query) or 0)


def free(plan: Plan, quota: str = "") -> int | None:
    """Places left, of a partner's quota or of those for everybody; None = no limit."""
    kept = {q["code"]: int(q["seats"]) for q in plan.quotas}
    if quota in kept:
        return kept[quota] - taken(plan.content_id, quota)
    return None if plan.capacity is None else plan.capacity - sum(kept.values()) - taken(plan.content_id, "")


def seats_left(entry: Session) -> int | None:
    """Places left in a session; None = no limit."""
    if entry.capacity is None:
        return None
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(1 + Registration.guests), 0)).select_from(Seat)
        .join(Registration, Registration.id == Seat.registration_id)
        .where(Seat.session_id == entry.id, Seat.state == "held", Registration.state.in_(HOLDING))
    )  # fmt: skip
    return entry.capacity - int(session().scalar(query) or 0)


def waiting(content_id: int) -> list[Registration]:
    """Who waits, in order."""
    mine = (Registration.content_id == content_id, Registration.state == "waiting")
    return list(session().scalars(sa.select(Registration).where(*mine).order_by(Registration.queued, Registration.id)))


def position(entry: Registration) -> int:
    """The place of somebody in the waiting list, counted from 1."""
    return 1 + [other.id for other in waiting(entry.content_id)].index(entry.id)


def register(
    content: Content, *, name: str, email: str, lang: str, user_id: int | None = None, guests: int = 0, quota: str = "",
    answers: dict[str, Any] | None = None, sessions: Iterable[int] = (), agreed: bool = False, parent: str = "",
) -> Registration:  # fmt: skip
    """Take a registration. With an account it has its place (or waits) at once, without one when the mail is confirmed;
    where there is the address of a parent, only after their yes.

    Who is registered already (same account or address) gets that registration back. Raises Refused.
    """
    plan = locked(content.id)
    if why := closed(plan, content):
        raise Refused(why)
    if guests > plan.max_guests:
        raise Refused(ngettext("At most one guest.", "At most %(num)s guests.", plan.max_guests), "guests")
    if quota and quota not in {q["code"] for q in plan.quotas}:
        raise Refused(gettext("This link of a partner is not known. Register without it."))
    same = Registration.email == email
    if user_id is not None:  # an account's address is confirmed; what nobody has confirmed for it counts no longer
        session().execute(sa.delete(Registration).where(Registration.content_id == content.id, same, Registration.state == "pending"))
        same = sa.or_(same, Registration.user_id == user_id)
    here = sa.select(Registration).where(Registration.content_id == content.id, same, Registration.state != "cancelled")
    if (known := session().scalar(here)) is not None:
        if user_id is None:  # who lost the letter asks again
            by_state = {"pending": letters.confirm, "offered": letters.offered, "asked": parents.write}
            by_state.get(known.state, letters.placed)(known, content)
        known.user_id = known.user_id or user_id
        return known
    entry = Registration(
        content_id=content.id, name=name, email=email, lang=lang, user_id=user_id, guests=guests, quota=quota,
        answers=answers or {}, agreed=agreed, state="pending",
    )  # fmt: skip
    session().add(entry)
    session().flush()
    if parent:
        session().add(parents.Parent(registration_id=entry.id, email=parent))
    chosen = sa.select(Session.id).where(
        Session.content_id == content.id, Session.signup, Session.id.in_(list(sessions))
    )
    session().add_all(Seat(registration_id=entry.id, session_id=n, state="waiting") for n in session().scalars(chosen))
    session().flush()
    if user_id is None:
        letters.confirm(entry, content)
    else:
        _admit(plan, entry, content)
    return entry


def confirm(entry: Registration, content: Content) -> None:
    """The address is confirmed, a parent has agreed, or an offered place is taken. Raises Refused where that is no longer possible."""
    plan = locked(entry.content_id)
    session().refresh(entry)
    if entry.state == "offered":
        if entry.offered_until and entry.offered_until <= now():
            raise Refused(gettext("The offer has run out. You can register anew."))
        if life.state(content) == "cancelled":
            raise Refused(gettext("This event is cancelled."))
        entry.state, entry.offered_until, entry.reminded = "confirmed", None, soon(plan, content)
        _seat(entry)
        letters.placed(entry, content)
    elif entry.state == "pending" or (entry.state == "asked" and not parents.missing(entry)):
        if why := closed(plan, content):
            raise Refused(why)
        _admit(plan, entry, content)
    items.touch()


def _admit(plan: Plan, entry: Registration, content: Content) -> None:
    """A place where there is one and nobody waits for whom it is enough, else the end of the list; a parent is asked before."""
    if parents.missing(entry):
        entry.state = "asked"
        parents.write(entry, content)
        return
    left = free(plan, entry.quota)
    ahead = any(w.quota == entry.quota and 1 + w.guests <= (left or 0) for w in waiting(plan.content_id))
    if left is None or (left >= 1 + entry.guests and not ahead):
        entry.state, entry.reminded = "confirmed", soon(plan, content)
        _seat(entry)
    else:
        entry.state, entry.queued = "waiting", now()
    session().flush()
    items.touch()
    letters.placed(entry, content)


def _seat(entry: Registration) -> None:
    """Give a registration the places in the sessions that it wishes, as far as there are any."""
    session().flush()
    wished = sa.select(Seat, Session).join(Session, Session.id == Seat.session_id).where(
        Seat.registration_id == entry.id, Seat.state == "waiting")  # fmt: skip
    for seat, part in session().execute(wished).all():
        left = seats_left(part)
        if left is None or left >= 1 + entry.guests:
            seat.state = "held"
            session().flush()


def clash(content_id: int, wanted: Iterable[int], lang: str, known: frozenset[int] = frozenset()) -> str:
    """A sentence where two of these sessions are at the same time and both keep a place; else empty. Sessions without a number of
    places are for looking in, and what somebody has already (known) may have been moved by the organisers."""
    limited = (Session.content_id == content_id, Session.signup, Session.capacity.is_not(None), Session.id.in_(list(wanted)))
    chosen = session().scalars(sa.select(Session).where(*limited).order_by(Session.starts_at, Session.id)).all()
    for one, other in combinations(chosen, 2):
        if other.starts_at < one.ends_at and one.starts_at < other.ends_at and not known >= {one.id, other.id}:
            titles = {"one": letters.session_title(one, lang), "other": letters.session_title(other, lang)}
            return gettext("“%(one)s” and “%(other)s” are at the same time: choose one of them.", **titles)
    return ""


def changeable(entry: Registration, content: Content) -> bool:
    """Whether the own registration can still be changed: guests, sessions, answers."""
    return entry.state in ("confirmed", "waiting", "offered", "asked") and life.state(content) in ("announced", "live", "pause")


def change(entry: Registration, content: Content, *, guests: int, sessions: Iterable[int], answers: dict[str, Any]) -> None:
    """Somebody brings more or fewer guests, wants other sessions, answers anew; the own place stays. Raises Refused.

    Once registration is closed nothing can be added: no guest more, no further session.
    """
    plan = locked(entry.content_id)
    session().refresh(entry)
    if not changeable(entry, content):
        raise Refused(gettext("This registration can no longer be changed."))
    more, why = guests - entry.guests, closed(plan, content)
    if guests > max(plan.max_guests, entry.guests):
        raise Refused(ngettext("At most one guest.", "At most %(num)s guests.", plan.max_guests), "guests")
    if more > 0 and (why or (entry.state in HOLDING and (left := free(plan, entry.quota)) is not None and left < more)):
        raise Refused(why or gettext("There are not so many places left."), "guests")
    wanted = set(sessions)
    seats = session().scalars(sa.select(Seat).where(Seat.registration_id == entry.id)).all()
    if both := clash(content.id, wanted, entry.lang, frozenset(seat.session_id for seat in seats)):
        raise Refused(both, "session")
    for seat in seats:
        part = session().get_one(Session, seat.session_id)
        if part.id not in wanted:
            session().delete(seat)
        elif more > 0 and seat.state == "held" and (room := seats_left(part)) is not None and room < more:
            where = letters.session_title(part, entry.lang)
            raise Refused(gettext("Not so many places are left here: %(session)s", session=where), "guests")
        wanted.discard(part.id)
    entry.guests, entry.answers = guests, answers
    new = sa.select(Session.id).where(Session.content_id == content.id, Session.signup, Session.id.in_(wanted))
    for number in session().scalars(new).all() if not why else ():
        session().add(Seat(registration_id=entry.id, session_id=number, state="waiting"))
    if entry.state == "confirmed":
        _seat(entry)
    session().flush()
    promote(plan, content)
    items.touch()


def add(content: Content, *, name: str, email: str, guests: int, there: bool, lang: str) -> Registration:
    """Somebody whom an organiser writes down: who called, or stands at the door. They have a place, whatever the plan says; with an
    address they get the letter with their code. Raises Refused where the address is on the list already."""
    if session().get(Plan, content.id) is None:  # nobody can register by themselves; the list at the door is kept all the same
        told = {"told_starts": content.starts_at, "told_cancelled": letters.is_off(content)}
        session().add(Plan(content_id=content.id, quotas=[], questions=[], **told))
        session().flush()
    plan = locked(content.id)
    same = (Registration.content_id == content.id, Registration.email == email, Registration.email != "")
    if session().scalar(sa.select(Registration).where(*same, Registration.state.not_in(("cancelled", "pending")))) is not None:
        raise Refused(gettext("This address is on the list already."), "email")
    session().execute(sa.delete(Registration).where(*same, Registration.state == "pending"))  # as if they had never begun by themselves
    entry = Registration(content_id=content.id, name=name, email=email, lang=lang, guests=guests,
                         state="attended" if there else "confirmed", reminded=soon(plan, content))  # fmt: skip
    session().add(entry)
    session().flush()
    if not there:
        letters.placed(entry, content)
    items.touch()
    return entry


def give(entry: Registration, content: Content) -> bool:
    """A place for who waits, out of turn, because an organiser says so; whether they waited."""
    plan = locked(entry.content_id)
    session().refresh(entry)
    if entry.state not in ("waiting", "offered"):
        return False
    entry.state, entry.offered_until, entry.reminded = "confirmed", None, soon(plan, content)
    _seat(entry)
    session().flush()
    letters.placed(entry, content)
    items.touch()
    return True


def cancel(entry: Registration, content: Content, *, told: bool = True) -> None:
    """Give a place back; the next one in the list is offered it."""
    plan = locked(entry.content_id)
    session().refresh(entry)
    if entry.state in ("cancelled", "attended", "noshow"):
        return
    entry.state, entry.offered_until = "cancelled", None
    session().execute(sa.delete(Seat).where(Seat.registration_id == entry.id))
    session().flush()
    if told:
        letters.cancelled(entry, content)
    promote(plan, content)
    items.touch()


def promote(plan: Plan, content: Content) -> int:
    """Offer what is free to who waits, in order; a party that does not fit lets a smaller one pass. Answers how many.

    An offer runs out after the plan's hours (at the latest with the event's begin); until then it holds its places.
    """
    if life.state(content) not in ("announced", "live", "pause"):
        return 0
    offered = 0
    for entry in waiting(plan.content_id):
        left = free(plan, entry.quota)
        if left is not None and left < 1 + entry.guests:
            continue
        until = now() + dt.timedelta(hours=plan.offer_hours)
        if content.starts_at and now() < content.starts_at < until:
            until = content.starts_at
        entry.state, entry.offered_until = "offered", until
        session().flush()
        letters.offered(entry, content)
        offered += 1
    _promote_seats(plan, content)
    return offered


def _promote_seats(plan: Plan, content: Content) -> None:
    """Places in sessions that became free go to those who wished them, in order; they are told."""
    wished = (
        sa.select(Registration, Seat).join(Seat, Seat.registration_id == Registration.id)
        .where(Registration.content_id == plan.content_id, Seat.state == "waiting", Registration.state == "confirmed")
        .order_by(Seat.id)
    )  # fmt: skip
    for entry, seat in session().execute(wished).all():
        part = session().get_one(Session, seat.session_id)
        left = seats_left(part)
        if left is None or left >= 1 + entry.guests:
            seat.state = "held"
            session().flush()
            letters.seated(entry, content, part)


def expire(moment: dt.datetime | None = None) -> int:
    """Offers that have run out: the place goes on to the next. Answers how many."""
    over = sa.select(Registration).where(
        Registration.state == "offered", Registration.offered_until <= (moment or now()))  # fmt: skip
    done = 0
    for entry in session().scalars(over).all():
        content = session().get_one(Content, entry.content_id)
        plan = locked(entry.content_id)
        session().refresh(entry)
        if entry.state != "offered":  # taken or given back while we waited for the lock
            continue
        done += 1
        entry.state, entry.offered_until = "cancelled", None
        session().execute(sa.delete(Seat).where(Seat.registration_id == entry.id))
        session().flush()
        letters.lapsed(entry, content)
        promote(plan, content)
    return done


def came(entry: Registration, there: bool = True) -> None:
    """Somebody is there (or was noted by mistake)."""
    locked(entry.content_id)
    session().refresh(entry)
    if there and entry.state in ("confirmed", "offered", "noshow", "waiting"):
        entry.state = "attended"
    elif not there and entry.state == "attended":
        entry.state = "confirmed"


def find(content_id: int, user: Any) -> Registration | None:
    """The registration of a signed-in person that is not cancelled, or None."""
    if user is None:
        return None
    mine = sa.select(Registration).where(
        Registration.content_id == content_id, Registration.user_id == user.id, Registration.state != "cancelled")  # fmt: skip
    return session().scalar(mine.order_by(Registration.id.desc()))
