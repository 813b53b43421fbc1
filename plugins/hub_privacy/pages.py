"""At `/account/` and below `/<language>/privacy/`: consents, a copy of everything, leaving; at `/desk/privacy/` the record."""

from __future__ import annotations

import datetime as dt
import logging

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from hub.api import User, accounts, current_user, gettext, items, needs, now, render_page, session, setting, writing
from hub.api import lazy_gettext as _

from . import consents, named, person, record
from .models import Consent, Leaving

log = logging.getLogger("hub.privacy")
pages = Blueprint("privacy", __name__)
desk = Blueprint("privacy_desk", __name__)
pages.add_url_rule("/named/<word>", "named", named.page, methods=["GET", "POST"])
desk.add_url_rule("/named/<kind>/<uid>/", "named", needs("content.propose")(named.desk), methods=["GET", "POST"])


def _me() -> User:
    return current_user() or abort(redirect(url_for("security.login", next=url_for("account.home"))))


@pages.post("/consents")
def change_consents(lang: str) -> ResponseReturnValue:
    """The form of one's own page: what is ticked holds, what is not ticked is taken back."""
    user = _me()
    held = consents.current(user)
    for purpose in consents.PURPOSES:
        wanted = purpose in request.form
        content = consents.document(purpose)
        if wanted and content is not None:
            if purpose not in held or held[purpose].version != consents.version(content):
                consents.give(user, purpose, lang, "/account/")
        elif not wanted and purpose in held:
            consents.withdraw(user, purpose)
    session().commit()
    flash(gettext("Your consents are recorded as you see them."), "ok")
    return redirect(url_for("account.home", _anchor="privacy"))


def no_account_without_consent() -> ResponseReturnValue | None:
    """Whoever makes an account, by whatever form, agrees to the processing first; the browser asks for the tick, too."""
    asked = request.method == "POST" and (request.endpoint == "security.register" or "consent_asked" in request.form)
    if not asked or "processing" in request.form:
        return None
    if consents.document("processing") is None:
        return None
    flash(gettext("Without your consent to the processing of your data there can be no account."), "error")
    if {"email", "name"} & set(request.form):
        request.method = "GET"  # the view that shows this form does so again, with what was typed; nothing is made
        return None
    return redirect(request.script_root + request.full_path.rstrip("?"))


def consent_of_registration(app: object, user: User, **more: object) -> None:
    if "processing" in request.form:
        consents.give(user, "processing", str(get_locale() or ""), str(request.url_rule))


@pages.route("/withdraw/<word>", methods=["GET", "POST"])
def withdraw(lang: str, word: str) -> ResponseReturnValue:
    """A link in letters: shows what is taken back, and does it at the press of a button."""
    known = accounts.unsigned("withdraw consent", word)
    user = session().get(User, known[0]) if known else None
    if user is None or known[1] not in consents.PURPOSES:
        abort(404)
    if request.method == "POST":
        consents.withdraw(user, known[1])
        session().commit()
    return render_page(
        "privacy/withdraw.html", cache=False, done=request.method == "POST", what=consents.PURPOSES[known[1]][1]
    )


@pages.post("/copy")
def copy(lang: str) -> ResponseReturnValue:
    user = _me()
    try:
        packed = person.copy(user)
    except person.Refused as error:
        log.error("no copy for account %d: %s", user.id, error)
        flash(gettext("The copy could not be made: %(error)s. Tell the administrators.", error=error), "bad")
        return redirect(url_for("account.home", _anchor="privacy"))
    answer = Response(packed, mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return answer


@pages.route("/leave", methods=["GET", "POST"])
def leave(lang: str) -> ResponseReturnValue:
    """Ask to be erased: confirmed by the password or by a code sent by mail; a job does it days later."""
    user = _me()
    days, fault = int(setting("privacy.days_to_leave")), ""
    if request.method == "POST" and request.form.get("do") == "code":
        accounts.send_code(user, "leave", _("Your code to leave"))
        session().commit()
        flash(gettext("A letter with a code is on its way to %(email)s.", email=user.email), "ok")
        return redirect(url_for("privacy.leave", lang=lang, _anchor="code"))
    if request.method == "POST":
        right = _confirmed(user, request.form.get("password", ""), request.form.get("code", ""))
        if right and _last_administrator(user):
            fault = gettext("You are the only administrator. Make somebody else one first.")
        elif right:
            return _going(user, lang, days)
        else:
            fault = gettext("Neither the password nor a code was right.")
        session().commit()
    waiting = session().get(Leaving, user.id)
    return render_page(
        "privacy/leave.html",
        cache=False,
        code=422 if fault else 200,
        fault=fault,
        waiting=waiting,
        days=days,
        word=_word(user),
    )


def _confirmed(user: User, password: str, code: str) -> bool:
    if password and user.password and user.verify_and_update_password(password):
        return True
    return bool(code) and accounts.check_code(user, "leave", code)


def _last_administrator(user: User) -> bool:
    admins = (
        sa.select(sa.func.count()).select_from(User).where(User.roles.any(accounts.Role.name == "admin"), User.active)
    )
    return user.role == "admin" and (session().scalar(admins) or 0) < 2


def _note(user: User, lang: str, days: int) -> None:
    """From now on the days run; a letter with the way back is on its way."""
    row = session().merge(Leaving(user_id=user.id, asked=now(), due=now() + dt.timedelta(days=days), error=""))
    path, subject = f"/{lang}/privacy/stay/{_word(user)}", _("Your account will be erased")
    accounts.write(user.email, user.language or lang, "privacy/leaving", subject, user=user, due=row.due, path=path)
    session().commit()


def _going(user: User, lang: str, days: int) -> ResponseReturnValue:
    _note(user, lang, days)
    flash(gettext("Your account will be erased. A letter with a link to take it back is on its way."), "warn")
    return redirect(url_for("account.home", _anchor="privacy"))


def _word(user: User) -> str:
    return accounts.signed("stay", user.id)


@pages.route("/stay/<word>", methods=["GET", "POST"])
def stay(lang: str, word: str) -> ResponseReturnValue:
    """Take it back, without signing in: the link came by mail."""
    known = accounts.unsigned("stay", word)
    row = session().get(Leaving, known[0]) if known else None
    if known and request.method == "POST" and row is not None:
        session().delete(row)
        session().commit()
        return render_page("privacy/stay.html", cache=False, state="back")
    return render_page("privacy/stay.html", cache=False, code=200 if row else 410, state="waiting" if row else "none")


def erase_due() -> None:
    """Erase those whose days are over (a job), each in one transaction; whom a plugin keeps back is told to the desk."""
    with writing():
        due = list(session().scalars(sa.select(Leaving.user_id).where(Leaving.due <= now())))
        session().rollback()
    for number in due:
        with writing():
            row, user = session().get(Leaving, number), session().get(User, number)
            if row is None or user is None or row.due > now():
                session().rollback()
                continue
            email, language, asked = user.email, user.language, row.asked
            try:
                person.forget(user)
                accounts.write(email, language, "privacy/gone", _("Your account is erased"), user=None)
                items.touch()
                items.commit()
                log.info("account %d is erased", number)
            except person.Refused as error:
                session().rollback()
                session().merge(
                    Leaving(user_id=number, asked=asked, due=now() + dt.timedelta(hours=6), error=str(error))
                )
                session().commit()
                log.error("account %d cannot be erased: %s", number, error)


def forget_old() -> None:
    """What has been kept long enough (a job): withdrawn consents, delivered letters, accounts nobody confirmed."""
    with writing():
        record.forget_old()
        session().commit()


@desk.get("/")
@needs("desk.people")
def home() -> ResponseReturnValue:
    documents = {purpose: consents.document(purpose) for purpose in consents.PURPOSES}
    versions = {purpose: consents.version(content) for purpose, content in documents.items() if content}
    waiting = session().scalar(sa.select(sa.func.count()).select_from(Leaving)) or 0
    stuck = session().scalars(sa.select(Leaving).where(Leaving.error != "")).all()
    return render_page(
        "privacy/desk.html", cache=False, purposes=consents.PURPOSES, documents=documents, versions=versions,
        counts=consents.counts(), waiting=waiting, stuck=stuck, rows=record.rows(), retention=record.retention(),
    )  # fmt: skip


@desk.post("/erase/<int:number>")
@needs("desk.people")
def erase(number: int) -> ResponseReturnValue:
    """Erase the account of somebody who asked an administrator for it, or take that back; same days, same letter as by oneself."""
    user, back = session().get(User, number), redirect(f"{request.script_root}/desk/people/{number}#erase")
    if user is None or user.email == accounts.FORMER:
        abort(404)
    waiting = session().get(Leaving, number)
    if request.form.get("do") == "keep" and waiting is not None:
        session().delete(waiting)
        session().commit()
        flash(gettext("The account stays."), "ok")
    elif user == current_user() or _last_administrator(user):
        flash(gettext("Nobody erases themselves or the only administrator here."), "bad")
    elif request.form.get("email", "").strip().lower() != user.email.lower():
        flash(gettext("That is not the address of this account; nothing was erased."), "bad")
    else:
        _note(user, user.language or items.speaking(), int(setting("privacy.days_to_leave")))
        flash(gettext("The account will be erased. A letter with a link to take it back is on its way."), "warn")
    return back


@desk.get("/record.csv")
@needs("desk.people")
def record_file() -> ResponseReturnValue:
    answer = Response("\ufeff" + record.as_csv(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="record-of-processing.csv"'
    return answer


def exported(user: User) -> dict[str, object]:
    rows = session().scalars(sa.select(Consent).where(Consent.user_id == user.id).order_by(Consent.id))
    shown = named.exported(user)
    return {**({"named in entries": shown} if shown else {}), "consents": [
        {"purpose": r.purpose, "version": r.version, "language": r.language, "form": r.form, "given": r.given.isoformat(),
         "withdrawn": r.withdrawn and r.withdrawn.isoformat()} for r in rows
    ]}  # fmt: skip
