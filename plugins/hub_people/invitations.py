"""Inviting people: a letter with a signed link that works for 14 days and once; the page behind the link."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.signals import user_registered

from hub.api import User, accounts, current_user, gettext, items, now, render_page, session
from hub.api import lazy_gettext as _

from .models import Invitation

LIFE = dt.timedelta(days=14)


def invite(email: str, role: str, partner_id: int | None, language: str, by: User | None) -> None:
    """Send an invitation; an earlier one to the same address for the same organisation ends. Raises ValueError."""
    if role not in accounts.ROLES:
        raise ValueError(f"unknown role '{role}'; the roles are {', '.join(accounts.ROLES)}")
    email = accounts.checked_address(email)
    session().execute(sa.delete(Invitation).where(Invitation.email == email, Invitation.partner_id == partner_id))
    row = Invitation(email=email, role=role, partner_id=partner_id, language=language, until=now() + LIFE)
    row.invited_by = by.id if by else None
    session().add(row)
    session().flush()
    path = f"/{language}/people/invited/{accounts.signed('invitation', row.id)}"
    accounts.write(email, language, "people/invitation", _("You are invited"), user=None, path=path, by=by)


def waiting() -> list[Invitation]:
    """Invitations that nobody has accepted yet and that still hold."""
    held = sa.select(Invitation).where(Invitation.until > now())
    return list(session().scalars(held.order_by(Invitation.created.desc())))


def forget_old() -> None:
    """Drop invitations that are over for a month (a daily job): they hold addresses of people who did not want to."""
    session().execute(sa.delete(Invitation).where(Invitation.until < now() - dt.timedelta(days=30)))


def pages() -> Blueprint:
    found = Blueprint("people", __name__)
    found.add_url_rule("/invited/<word>", "invited", invited, methods=["GET", "POST"])
    return found


def invited(lang: str, word: str) -> ResponseReturnValue:
    """An invitation: make the account it is for, or give the account that is there what it carries."""
    number = accounts.unsigned("invitation", word)
    row = session().get(Invitation, number[0]) if number else None
    if row is None or row.until < now() or accounts.registration() == "closed":
        return render_page("people/invited.html", cache=False, code=410, row=None)
    known, fault = accounts.find_user(session(), row.email), ""
    if request.method == "POST":
        try:
            user = known or _join(row, request.form)
        except ValueError:
            fault = gettext("A password needs at least 10 characters. Leave it empty to sign in by codes sent by mail.")
        else:
            return _accept(row, user, new=known is None)
    chosen = items.load([row.partner_id], lang, 2) if row.partner_id else []
    return render_page(
        "people/invited.html", cache=False, code=422 if fault else 200, row=row, known=known, fault=fault,
        organisation=chosen[0].title if chosen else "", typed=request.form,
    )  # fmt: skip


def _join(row: Invitation, form: Any) -> User:
    name = " ".join(form.get("name", "").split())[:120]
    user = accounts.add_user(session(), row.email, form.get("password") or None, "member", name)
    user.language = row.language
    user_registered.send(current_app._get_current_object(), user=user)  # type: ignore[attr-defined]  # who keeps consents hears of it
    return user


def _accept(row: Invitation, user: User, *, new: bool) -> ResponseReturnValue:
    """Give a person what an invitation carries (never a lower role than theirs); it is used up."""
    new = new or user.confirmed_at is None
    accounts.prove_address(user)
    if accounts.ROLES.index(row.role) + 1 > user.level:
        accounts.set_role(session(), user, row.role)
    if row.partner_id is not None:
        accounts.appoint(user, row.partner_id)
    session().delete(row)
    session().commit()
    if new and current_user() is None:
        accounts.sign_in(user, "invitation")
        session().commit()
    flash(gettext("Welcome. What the invitation promised is yours."), "ok")
    return redirect(url_for("account.home"))
