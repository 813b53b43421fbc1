"""Public pages: results, the big screen, participants with seek and offer, letters passed on, how a commitment stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, ask, current_user, gettext, items, level, may, now, render_page, session
from hub_labs import board, letters, live, results
from hub_labs.lab import STATES
from hub_labs.models import Person, Promise

CARDS = "labs_cards"  # in the visitor's session: cards whose link was opened
TOP = 7  # answers to a question that fit on a screen


def lab(uid: str, lang: str) -> tuple[Content, Item]:
    """The published lab of that uid as this reader may see it, or 404."""
    content, reader = items.get("lab", uid), level(current_user())
    if (
        content is None
        or content.status not in ("published", "archived")
        or content.audience not in items.AUDIENCES[: reader + 1]
    ):
        abort(404)
    found = items.load([content.id], lang, reader, links=True)
    return content, found[0] if found else abort(404)


def open_results(uid: str, lang: str) -> tuple[Content, Item]:
    """The same where its results are published, or where this reader runs it."""
    content, item = lab(uid, lang)
    if not (results.public(item) or may(current_user(), "labs.run", content)):
        abort(404)
    return content, item


def show_results(lang: str, uid: str) -> ResponseReturnValue:
    """Everything that a lab found, made from the rows."""
    _content, item = open_results(uid, lang)
    return render_page("labs/results.html", item=item, found=results.gather(item, lang), public=results.public(item))


def screen(lang: str, uid: str) -> ResponseReturnValue:
    """The answers in letters for a hall; it loads itself anew while groups are open."""
    _content, item = open_results(uid, lang)
    found = results.gather(item, lang)
    number = request.args.get("platform", 0, type=int)
    shown = next((group for group in found.groups if group.platform.id == number), None)
    return render_page("labs/screen.html", item=item, found=found, shown=shown, top=TOP,
                       live=any(group.platform.is_open for group in found.groups))  # fmt: skip


# -- participants ---------------------------------------------------------------------------------------------------------


def people(lang: str, uid: str) -> ResponseReturnValue:
    """Who took part and agreed to be found, with what they seek and offer; no addresses."""
    content, item = lab(uid, lang)
    cards = (
        sa.select(Person)
        .where(Person.content_id == content.id, Person.state == "live")
        .order_by(Person.name, Person.id)
    )
    return render_page("labs/people.html", item=item, cards=list(session().scalars(cards)))


def join(lang: str, uid: str) -> ResponseReturnValue:
    """Put oneself into the list: with an account at once, otherwise when the mail is confirmed."""
    where = request.remote_addr or "?"
    wait = live.slow("join", where) if request.method == "POST" else 0  # everybody at a lab sits behind one address
    content, item = lab(uid, lang)
    user, faults = current_user(), dict[str, str]()
    typed = SimpleNamespace(
        name=live.line("name", 120), email=user.email if user else live.line("email", 254).lower(), seeks=live.text("seeks", 1000),
        offers=live.text("offers", 1000),
    )  # fmt: skip
    if request.method == "POST":
        faults = _faults(typed, content, user)
        if wait:
            faults = {"form": live.wait_words(wait)}
        elif not faults and not request.form.get("homepage_url"):
            content_id, own = content.id, user.id if user else None
            if own is None and live.slow("card mail", typed.email, 5):  # nobody's letter box is filled from here
                return redirect(url_for("labs.sent", lang=lang, uid=uid))
            person = None
            if own is not None or took_part(session().get_one(Content, content_id), typed.email, None):
                person = _card(content_id, typed, lang, own)
            else:  # who is registered is told to nobody but the owner of the address
                letters.not_here(typed.email, lang, content_id)
            items.commit()
            if own is not None and person is not None:
                return redirect(url_for("labs.people", lang=lang, uid=uid, _anchor=f"p{person.id}"))
        if not faults:
            return redirect(url_for("labs.sent", lang=lang, uid=uid))
    return render_page("labs/join.html", cache=False, code=429 if wait else 422 if faults else 200, item=item, typed=typed,
                       faults=faults)  # fmt: skip


def _faults(typed: Any, content: Content, user: Any) -> dict[str, str]:
    faults = {}
    if not typed.name:
        faults["name"] = gettext("Write your name.")
    if not (typed.seeks or typed.offers):
        faults["seeks"] = gettext("Write what you seek or what you offer; either is enough.")
    if not user and ("@" not in typed.email or "." not in typed.email.rpartition("@")[2]):
        faults["email"] = gettext("This does not look like an e-mail address.")
    elif user and not took_part(content, typed.email, user):
        faults["email"] = gettext(
            "This address is not registered for the lab. Take the one you registered with, or open the link of your group first."
        )
    if not request.form.get("agreed"):
        faults["agreed"] = gettext("Without your consent the card cannot be shown.")
    return faults


def took_part(content: Content, email: str, user: Any) -> bool:
    """Whether somebody belongs to a lab: opened the link of one of its groups, or has a place at its event."""
    codes = {platform.code for platform in board.of(content.id)}
    if codes & set(visit.get(live.GROUPS, [])):
        return True
    event = event_of(content)
    guest = user or SimpleNamespace(id=None, email=email)
    return event is not None and ask("attendance", user=guest, content=event) is not None


def event_of(content: Content) -> Content | None:
    """The event that a lab belongs to."""
    number = next((link.to_id for link in content.links if link.relation == "event"), None)
    return session().get(Content, number) if number else None


def _card(content_id: int, typed: Any, lang: str, user_id: int | None) -> Person:
    """A new card, or the one of this address: a stranger changes nothing of it, the letter goes out again."""
    here = sa.select(Person).where(Person.content_id == content_id, Person.email == typed.email)
    person = session().scalar(here)
    if person is None or user_id is not None:
        person = person or Person(content_id=content_id, email=typed.email, lang=lang)
        person.name, person.seeks, person.offers, person.user_id = typed.name, typed.seeks, typed.offers, user_id
        person.state = "live" if user_id is not None else "confirm"
        session().add(person)
        session().flush()
        items.touch()
    if user_id is None:
        letters.confirm(person)
    return person


def sent(lang: str, uid: str) -> ResponseReturnValue:
    _content, item = lab(uid, lang)
    return render_page("labs/sent.html", cache=False, item=item)


def open_card(lang: str, word: str) -> ResponseReturnValue:
    """The link in the mail: remembered in this browser, then an address without the secret."""
    person = letters.by_word("card", word, Person)
    if person is None:
        return live.gone()
    visit[CARDS] = [*[uid for uid in visit.get(CARDS, []) if uid != person.uid][-9:], person.uid]
    answer = redirect(url_for("labs.own_card", lang=lang, uid=person.uid))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def own_card(lang: str, uid: str) -> ResponseReturnValue:
    """One's own card: POST confirms it, changes it or takes it out."""
    person, user = session().scalar(sa.select(Person).where(Person.uid == uid)), current_user()
    if person is None or not (uid in visit.get(CARDS, []) or (user and person.user_id == user.id)):
        abort(404)
    content = session().get_one(Content, person.content_id)
    item = board.shown(content, lang) or abort(404)
    fault = ""
    if request.method == "POST":
        if request.form.get("do") == "remove":
            session().delete(person)
        elif not (live.text("seeks", 1000) or live.text("offers", 1000)):
            fault = gettext("Write what you seek or what you offer; either is enough.")
        else:
            person.seeks, person.offers, person.state = live.text("seeks", 1000), live.text("offers", 1000), "live"
        if not fault:
            items.touch()
            items.commit()
            return redirect(url_for("labs.people", lang=lang, uid=content.uid))
    return render_page("labs/card.html", cache=False, code=422 if fault else 200, item=item, person=person, fault=fault)


def write(lang: str, uid: str) -> ResponseReturnValue:
    """A letter to a participant, passed on by mail. For who is signed in, or stands in the list too (so that nobody
    writes in somebody else's name)."""
    user, own = current_user(), _own_live_card()
    person = session().scalar(sa.select(Person).where(Person.uid == uid, Person.state == "live"))
    if person is None:
        abort(404)
    content = session().get_one(Content, person.content_id)
    _content, item = lab(content.uid, lang)
    name, email = (user.name or "", user.email) if user else (own.name, own.email) if own else ("", "")
    said, fault, wait = live.text("text"), "", 0
    if request.method == "POST" and email:
        number, title = person.id, name or live.line("name", 120)
        wait = live.slow("letter", email, 10) or live.slow(f"letters to {number}", "", 20)
        person = session().get_one(Person, number)
        if wait:
            fault = live.wait_words(wait)
        elif not said:
            fault = gettext("Write a few words first.")
        else:
            letters.pass_on(person, title or email, email, said)
            session().commit()
            return redirect(url_for("labs.people", lang=lang, uid=item.uid, _anchor="sent"))
    return render_page("labs/write.html", cache=False, code=429 if wait else 422 if fault else 200, item=item, person=person,
                       email=email, name=name, said=said, fault=fault)  # fmt: skip


def _own_live_card() -> Person | None:
    mine = sa.select(Person).where(Person.uid.in_(visit.get(CARDS, [])), Person.state == "live")
    return session().scalar(mine.order_by(Person.id.desc()).limit(1))


# -- commitments ----------------------------------------------------------------------------------------------------------


def promise(lang: str, word: str) -> ResponseReturnValue:
    """The half-yearly question about a commitment: GET shows it, one button each answers it."""
    row = letters.by_word("promise", word, Promise)
    if row is None:
        return live.gone()
    if request.method == "POST":
        if (state := request.form.get("state", "")) not in {choice.value for choice in STATES}:
            abort(400)
        row.state, row.answered = state, now()
        items.touch()
        items.commit()
        return redirect(url_for("labs.promise", lang=lang, word=word, _anchor="kept"))
    kept = next(k for k in results.promises(row.content_id, lang) if k.row.id == row.id)
    title = letters.lab_title(row.content_id, lang)
    answer = render_page("labs/promise.html", cache=False, kept=kept, title=title, states=STATES[1:])
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
