"""Public pages: registering, one's own registration, check-in by the code on a ticket, the personal programme."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, abort, redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hub.api import Content, Item, User, current_user, forms, gettext, instance, items, level, may, render_page, session
from hub_events import calendar, life, links, parents, places, programme, questions, speakers, times
from hub_events.models import Plan, Registration, Seat, Session, Star
from hub_events.places import Refused

OPENED = "events"  # registrations that this browser opened by their secret link
PER_HOUR, PER_ADDRESS = 200, 5  # of one address: a class, or a hall, registers from behind one
MOST = 30  # registrations on the page of an account


def event(uid: str, *, drafts: bool = False) -> Content:
    """The published event of that uid that this reader may see, or 404. drafts: in any status, for who may edit it."""
    content = items.get("event", uid)
    if content is None or not (drafts or content.status in ("published", "archived")):
        abort(404)
    if content.audience not in items.AUDIENCES[: level(current_user()) + 1]:
        abort(404)
    return content


def shown(content: Content, lang: str) -> Item:
    """The event as this reader sees it, or 404."""
    found = items.load([content.id], lang, level(current_user()), links=True)
    return found[0] if found else abort(404)


def register(lang: str, uid: str) -> ResponseReturnValue:
    """The form of registration; POST takes it."""
    if request.method == "POST":
        session().rollback()  # counting commits by itself
        wait = forms.wait("events register", request.remote_addr or "", PER_HOUR, 3600)
        for address in ("email", "parent"):  # nobody's letter box is filled from here
            if not wait and (email := request.form.get(address, "").strip().lower()):
                wait = forms.wait("events letters", email, PER_ADDRESS, 3600)
        if wait:
            answer = render_page("events/slow.html", cache=False, code=429)
            answer.headers["Retry-After"] = str(wait)
            return answer
    content, user = event(uid), current_user()
    plan, faults = session().get(Plan, content.id), {}
    known = places.find(content.id, user)
    if known:
        return redirect(url_for("events.my", lang=lang, uid=known.uid))
    if request.method == "POST" and plan and request.form.get("homepage_url", "") == "":
        try:
            return _take(lang, content, plan)
        except Refused as error:
            session().rollback()
            faults[error.field or "form"] = str(error)
        except questions.Missing as error:
            session().rollback()
            faults |= error.faults
        content, plan = event(uid), session().get(Plan, content.id)
    parts = [(part, places.seats_left(part)) for part in programme.of(content.id) if part.signup]
    quota = request.values.get("quota", "")
    return render_page(
        "events/register.html", cache=False, code=422 if faults else 200, item=shown(content, lang), plan=plan, faults=faults,
        why=places.closed(plan, content), left=places.free(plan, quota) if plan else None, parts=parts, typed=request.form,
        quota=quota, zone=life.zone_of(content), asked=plan.questions if plan else [],
    )  # fmt: skip


def _take(lang: str, content: Content, plan: Plan) -> ResponseReturnValue:
    form, user = request.form, current_user()
    faults: dict[str, str] = {}
    name, email = form.get("name", "").strip()[:120], form.get("email", "").strip().lower()
    if user:
        name, email = name or user.email, user.email
    if not name:
        faults["name"] = gettext("Write your name.")
    if not user and ("@" not in email or "." not in email.rpartition("@")[2] or " " in email or len(email) > 254):
        faults["email"] = gettext("This does not look like an e-mail address.")
    if not form.get("consent"):
        faults["consent"] = gettext("Without your consent we cannot keep your registration.")
    wished = [_number(n) for n in form.getlist("session")]
    if both := places.clash(content.id, wished, lang):
        faults["session"] = both
    parent, wrong = parents.read(form, plan.minors_under, email.lower())
    faults |= wrong
    try:
        answers = questions.read(plan.questions, form)
    except questions.Missing as error:
        raise questions.Missing({**faults, **error.faults}) from None
    if faults:
        raise questions.Missing(faults)
    entry = places.register(
        content, name=name, email=email, lang=lang, user_id=user.id if user else None, answers=answers,
        guests=_number(form.get("guests", "0")), quota=form.get("quota", "")[:40],
        sessions=wished, agreed=bool(form.get("agreed")), parent=parent,
    )  # fmt: skip
    items.commit()
    if user:
        return redirect(url_for("events.my", lang=lang, uid=entry.uid))
    return render_page("events/sent.html", cache=False, item=shown(content, lang), email=email, parent=parent)


def open_place(lang: str, word: str) -> ResponseReturnValue:
    """The secret link of a registration: remembered in this browser, then an address without the secret."""
    entry = links.registration(word)
    if entry is None:
        return render_page("events/gone.html", cache=False, code=404)
    visit[OPENED] = [*[n for n in visit.get(OPENED, []) if n != entry.id][-19:], entry.id]
    answer = redirect(url_for("events.my", lang=lang, uid=entry.uid))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def mine(uid: str) -> tuple[Registration, Content]:
    """A registration and its event, for who opened its link or made it with an account; 404 for others."""
    entry, user = session().scalar(sa.select(Registration).where(Registration.uid == uid)), current_user()
    if entry is None or not (entry.id in visit.get(OPENED, []) or (user and entry.user_id == user.id)):
        abort(404)
    return entry, session().get_one(Content, entry.content_id)


def my(lang: str, uid: str) -> ResponseReturnValue:
    """One's own registration; POST confirms it, takes an offered place or gives it back."""
    entry, content = mine(uid)
    fault, faults = "", dict[str, str]()
    if request.method == "POST":
        try:
            if request.form.get("do") == "cancel":
                places.cancel(entry, content)
            elif request.form.get("do") == "confirm":
                places.confirm(entry, content)
            elif request.form.get("do") == "change":
                _change(entry, content)
            items.commit()
            return redirect(url_for("events.my", lang=lang, uid=uid))
        except Refused as error:
            session().rollback()
            entry, content = mine(uid)
            faults = {error.field: str(error)} if error.field else {}
            fault = "" if faults else str(error)
        except questions.Missing as error:
            session().rollback()
            entry, content = mine(uid)
            faults = error.faults
    item = shown(content, lang)
    wished = (
        sa.select(Seat, Session).join(Session, Session.id == Seat.session_id).where(Seat.registration_id == entry.id)
    )
    seats, plan = session().execute(wished.order_by(Session.starts_at)).all(), session().get(Plan, content.id)
    chosen = [("session", str(part.id)) for _seat, part in seats]
    parts = [(part, places.seats_left(part)) for part in programme.of(content.id) if part.signup]
    return render_page(
        "events/my.html", cache=False, code=422 if faults else 200, item=item, entry=entry, fault=fault, faults=faults,
        state=life.state(item.row), room=life.room(item.row),
        position=places.position(entry) if entry.state == "waiting" else 0, zone=life.zone_of(content),
        until=times.moment(entry.offered_until, content), seats=seats, plan=plan, parts=parts,
        asked=plan.questions if plan else [], changeable=places.changeable(entry, content),
        typed=request.form if faults else MultiDict([("guests", str(entry.guests)), *chosen, *entry.answers.items()]),
    )  # fmt: skip


def _change(entry: Registration, content: Content) -> None:
    """What somebody typed into the form of the own registration."""
    form, plan = request.form, session().get(Plan, content.id)
    places.change(
        entry, content, guests=_number(form.get("guests", "0")), answers=questions.read(plan.questions if plan else [], form),
        sessions=[_number(n) for n in form.getlist("session")],
    )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def registrations(user: Any, lang: str) -> list[tuple[Registration, Item]]:
    """For one's own page: where a person has registered, what is to come first, then the latest."""
    mine = sa.select(Registration, Content).join(Content, Content.id == Registration.content_id).where(
        Registration.user_id == user.id, Registration.state != "cancelled", Content.status.in_(("published", "archived")))  # fmt: skip
    found = session().execute(mine.order_by(Content.starts_at.desc()).limit(MOST)).all()
    shown = {item.id: item for item in items.load([content.id for _entry, content in found], lang, level(user))}
    rows = [(entry, shown[content.id]) for entry, content in found if content.id in shown]
    coming = [row for row in rows if life.state(row[1].row) in ("announced", "live", "pause")]
    return [*reversed(coming), *(row for row in rows if row not in coming)]


def ticket(lang: str, uid: str) -> Response:
    """The code on a ticket as a drawing; it holds a plain link that opens the check-in."""
    entry, _content = mine(uid)
    address = links.address(lang, "here", links.token(entry))
    return Response(instance.qr_code(address), mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})


def certificate(lang: str, uid: str) -> ResponseReturnValue:
    """A page to print for who was there."""
    entry, content = mine(uid)
    if entry.state != "attended":
        abort(404)
    return render_page("events/certificate.html", cache=False, item=shown(content, lang), entry=entry)


def here(lang: str, word: str) -> ResponseReturnValue:
    """The link on a ticket: whoever runs the event checks its owner in (POST); everybody else comes to the ticket."""
    entry = links.registration(word)
    if entry is None:
        return render_page("events/gone.html", cache=False, code=404)
    content = session().get_one(Content, entry.content_id)
    user = current_user()
    if not may(user, "events.run", content):
        return open_place(lang, word) if request.method == "GET" else abort(403)
    if request.method == "POST":
        places.came(entry, request.form.get("do") != "undo")
        items.commit()
        return redirect(url_for("events.here", lang=lang, word=word))
    return render_page("events/here.html", cache=False, entry=entry, item=shown(content, lang))


def own_programme(lang: str) -> ResponseReturnValue:
    """The personal programme: marked events and registrations of an account. uid: what the browser keeps, asked for by its script."""
    user, word = current_user(), ""
    mine = sa.and_(Content.kind == "event", Content.uid.in_(request.args.get("uid", "").split(",")[:100]))
    if user:
        marked = sa.select(Star.content_id).where(Star.user_id == user.id).union(speakers.events_of(user.id))
        placed = sa.select(Registration.content_id).where(
            Registration.user_id == user.id, Registration.state.in_(("confirmed", "waiting", "offered", "attended")))  # fmt: skip
        mine, word = sa.or_(mine, Content.id.in_(marked), Content.id.in_(placed)), links.sign("calendar", user.id)
    wanted = sa.select(Content.id).where(
        mine, Content.status == "published", Content.audience.in_(items.AUDIENCES[: level(user) + 1])
    )
    found = items.load(list(session().scalars(wanted.order_by(Content.starts_at))), lang, level(user))
    return render_page("events/mine.html", cache=False, items=found, word=word)


def star(lang: str, uid: str) -> ResponseReturnValue:
    """Put an event into one's programme, or take it out (POST, with an account)."""
    content, user = event(uid), current_user()
    if user is None:
        abort(403)
    known = session().get(Star, (user.id, content.id))
    if known:
        session().delete(known)
    else:
        session().add(Star(user_id=user.id, content_id=content.id))
    session().commit()
    return redirect(url_for("events.own_programme", lang=lang))


def own_calendar(lang: str, word: str) -> Response:
    """One's own programme as a calendar to subscribe to, by a secret address."""
    from hub.api import Listing

    number = links.read("calendar", word)
    if not isinstance(number, int) or session().get(User, number) is None:
        abort(404)
    marked = sa.select(Star.content_id).where(Star.user_id == number).union(speakers.events_of(number))
    placed = sa.select(Registration.content_id).where(
        Registration.user_id == number, Registration.state.in_(("confirmed", "attended")))  # fmt: skip
    wanted = sa.select(Content.id).where(
        Content.status == "published", Content.audience == "public",
        sa.or_(Content.id.in_(marked), Content.id.in_(placed)))  # fmt: skip
    found: list[Any] = items.load(list(session().scalars(wanted.order_by(Content.starts_at))), lang)
    body = calendar.write(Listing(found, gettext("My programme"), lang, request.url, len(found)))
    return Response(body, mimetype="text/calendar", headers={"Cache-Control": "private, no-cache"})
