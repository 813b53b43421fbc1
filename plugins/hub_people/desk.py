"""Accounts at `/desk/people/`: who there is, roles, invitations, disabling, lost second factors, representatives."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Content,
    Item,
    User,
    accounts,
    content_type,
    current_user,
    forms,
    gettext,
    instance,
    items,
    needs,
    render_page,
    session,
)  # fmt: skip

from . import invitations
from .models import Invitation

log = logging.getLogger("hub.people")
PER_PAGE = 50
ORGANISATION = "partner"  # the kind that people represent
desk = Blueprint("people_desk", __name__)


@desk.get("/")
@needs("desk.people")
def people() -> ResponseReturnValue:
    words, role = request.args.get("q", "").strip(), request.args.get("role", "")
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    query = sa.select(User).where(User.email != accounts.FORMER)
    if words:
        columns = (User.email, User.name)
        query = query.where(sa.or_(*(sa.func.lower(c).contains(words.lower(), autoescape=True) for c in columns)))
    if role in accounts.ROLES:
        query = query.where(User.roles.any(accounts.Role.name == role))
    elif role == "representative":
        query = query.where(User.id.in_(sa.select(accounts.Representative.user_id)))
    total = session().scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    query = query.order_by(sa.func.lower(User.email)).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    waiting = invitations.waiting()
    return render_page(
        "people/people.html", cache=False, rows=session().scalars(query).all(), total=total, q=words, role=role,
        page_number=page, pages=-(-total // PER_PAGE), waiting=waiting, roles=accounts.ROLES, typed=request.args,
        organisations=_titles(row.partner_id for row in waiting), how=accounts.REGISTRATION[accounts.registration()],
        organisation=content_type(ORGANISATION), titles=forms.titles(ORGANISATION),
    )  # fmt: skip


def _titles(ids: Any) -> dict[int, Item]:
    wanted = sorted({number for number in ids if number})
    return {item.id: item for item in items.load(wanted, items.speaking(), 2)}


@desk.route("/<int:number>", methods=["GET", "POST"])
@needs("desk.people")
def person(number: int) -> ResponseReturnValue:
    user, me = session().get(User, number), current_user()
    if user is None or me is None or user.email == accounts.FORMER:
        abort(404)
    if request.method == "POST":
        do = request.form.get("do", "")
        if user.id == me.id and do in ("role", "disable"):
            flash(
                gettext("Another administrator has to do this: whoever locks themselves out cannot come back."), "bad"
            )
        elif do in CHANGES:
            CHANGES[do](user)
            session().commit()
            log.info("account %d: %s, by account %d", user.id, do, me.id)
            flash(gettext("Saved."), "ok")
        return redirect(url_for("people_desk.person", number=number))
    written = session().scalar(sa.select(sa.func.count()).where(Content.author_id == user.id))
    return render_page(
        "people/person.html", cache=False, person=user, roles=accounts.ROLES, written=written,
        organisations=_titles(accounts.partners_of(user)).values(),
    )  # fmt: skip


def _set_role(user: User) -> None:
    if request.form.get("role") not in accounts.ROLES:
        abort(400)
    accounts.set_role(session(), user, request.form["role"])


CHANGES = {
    "role": _set_role,
    "disable": lambda user: accounts.set_active(user, False),
    "enable": lambda user: accounts.set_active(user, True),
    "reset": accounts.reset_factors,
}


@desk.post("/invite")
@needs("desk.people")
def invite() -> ResponseReturnValue:
    """Send an invitation, or take one back (`withdraw`)."""
    form = request.form
    if number := form.get("withdraw", type=int):
        session().execute(sa.delete(Invitation).where(Invitation.id == number))
        session().commit()
        flash(gettext("The invitation is withdrawn; its link no longer works."), "ok")
        return redirect(url_for("people_desk.people"))
    typed = form.get("partner", "").strip()
    uid, fault = forms.chosen(ORGANISATION, typed) if typed else ("", "")
    partner = _content(uid)
    if fault:
        flash(fault, "bad")
    elif _invite(form.get("email", ""), form.get("role", "member"), partner):
        return redirect(url_for("people_desk.people"))
    return redirect(url_for("people_desk.people", email=form.get("email"), partner=form.get("partner"),
                            language=form.get("language"), give=form.get("role")))  # fmt: skip  # `role` narrows the list


def _content(typed: str) -> Content | None:
    """What was meant by a uid or by the address of a page in the desk."""
    path = typed.strip().partition("?")[0].rstrip("/")
    return session().scalar(sa.select(Content).where(Content.uid == path.rpartition("/")[2])) if path else None


def _invite(email: str, role: str, partner: Content | None) -> bool:
    language = request.form.get("language") or items.speaking()
    number = partner.id if partner else None
    if accounts.registration() == "closed":
        flash(gettext("Registration is closed. Allow invitations in the settings first."), "bad")
        return False
    try:
        invitations.invite(email.strip(), role, number, language, current_user())
    except ValueError:
        flash(gettext("This is not an e-mail address: %(email)s", email=email), "bad")
        return False
    session().commit()
    if instance.sends_mail():
        flash(gettext("An invitation is on its way to %(email)s.", email=email), "ok")
    else:
        told = gettext("The invitation to %(email)s waits: this hub sends no mail yet. Set [mail] url in hub.toml, and it goes out.",
                       email=email)  # fmt: skip
        flash(told, "warn")
    return True


@desk.post("/representatives/<uid>")
@needs("content.publish")
def representatives(uid: str) -> ResponseReturnValue:
    """Appoint somebody for an organisation (who has no account gets an invitation), or dismiss them."""
    partner = _content(uid) or abort(404)
    email = request.form.get("email", "").strip()
    if gone := request.form.get("dismiss", type=int):
        accounts.dismiss(gone, partner.id)
        session().commit()
        flash(gettext("They no longer represent this organisation."), "ok")
    elif user := accounts.find_user(session(), email):
        accounts.appoint(user, partner.id)
        session().commit()
        flash(gettext("%(email)s represents this organisation now.", email=email), "ok")
    else:
        _invite(email, "member", partner)
    return _back(partner, "representatives")


@desk.post("/owner/<uid>")
@needs("content.publish")
def owner(uid: str) -> ResponseReturnValue:
    """Say which organisation is responsible for an item: its representatives may edit it."""
    content = _content(uid) or abort(404)
    typed = request.form.get("partner", "").strip()
    partner = _content(typed)
    if typed and (partner is None or partner.id == content.id):
        flash(gettext("There is no organisation with this address or uid."), "bad")
        return _back(content, "owner")
    doc, pending = items.working_copy(content)
    doc["owner"] = partner.uid if partner else None
    author = current_user()
    items.save(
        content, doc, author_id=author.id if author else None, publish=content.status == "published" and pending is None
    )
    items.commit()
    if pending is not None:
        flash(gettext("Saved with the draft; it counts once the draft is published."), "ok")
    else:
        flash(gettext("Saved."), "ok")
    return _back(content, "owner")


def _back(content: Content, part: str) -> ResponseReturnValue:
    ctype = content_type(content.kind)
    path = ctype.path if ctype else ""
    return redirect(url_for("desk.edit", path=path, uid=content.uid, _anchor=part))
