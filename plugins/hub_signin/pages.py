"""The way there and back: `/<language>/signin/<provider>`; the code that confirms a first visit; links on one's own page.

Language and goal of whoever leaves wait in the session, because the address that they come back to is always the same.
"""

from __future__ import annotations

import logging
from typing import Any

import flask
import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_security.signals import user_registered
from flask_security.utils import _get_post_login_redirect as goal

from hub.api import User, accounts, current_user, gettext, items, now, render_page, session
from hub.api import lazy_gettext as _

from . import providers
from .models import Link

log = logging.getLogger("hub.signin")
pages = Blueprint("signin", __name__)


@pages.get("/<provider>")
def begin(lang: str, provider: str) -> ResponseReturnValue:
    if provider not in providers.configured():
        abort(404)
    try:
        address, kept = providers.begin(provider, _back(provider))
    except providers.Failed as error:
        return _failed(provider, error, request.args.get("next"))
    flask.session["signin"] = {**kept, "lang": lang, "next": request.args.get("next")}
    return redirect(address)


@pages.get("/<provider>/back")
def back(lang: str, provider: str) -> ResponseReturnValue:
    """They come back with a code; GET, because the other side sends them so. Nothing here belongs to an account yet."""
    kept = flask.session.pop("signin", None)
    if kept is None or kept["provider"] != provider or provider not in providers.configured():
        return _failed(provider, providers.Failed("nobody asked"))
    try:
        person = providers.finish(kept, request.args, _back(provider))
    except providers.Failed as error:
        return _failed(provider, error, kept["next"], kept["lang"])
    flask.session["signin_as"] = [provider, person.subject, _usable(person.email), person.name, now().timestamp()]
    return redirect(url_for("signin.enter", lang=kept["lang"], next=kept["next"]))


@pages.route("/enter", methods=["GET", "POST"])
def enter(lang: str) -> ResponseReturnValue:
    """Known: sign in. Signed in here: link. Otherwise a code by mail proves that the address is theirs here, too."""
    provider, subject, email, name, at = flask.session.get("signin_as") or ["", "", "", "", 0]
    if now().timestamp() - at > 900 or provider not in providers.configured():
        return redirect(url_for("security.login", next=request.args.get("next")))
    label = providers.configured()[provider]
    link, me = session().get(Link, (provider, subject)), current_user()
    known = accounts.find_user(session(), email) if email else None
    step = "link" if me else "known" if link else "code" if email and (known or _open()) else "no"
    if request.method == "POST" and step in ("link", "known"):
        return _linked(provider, subject, me, link)
    fault = ""
    if request.method == "POST" and step == "code":
        if "code" not in request.form:
            user = known or _new(email, name, lang)
            if user.is_active:
                accounts.send_code(user, f"link {provider}", _("Your code to link an account"))
            session().commit()
            flask.session["signin_sent"] = True
            return redirect(url_for("signin.enter", lang=lang, next=request.args.get("next")))
        if known and accounts.check_code(known, f"link {provider}", request.form["code"]):
            accounts.prove_address(known)
            return _linked(provider, subject, None, Link(provider=provider, subject=subject, user_id=known.id))
        session().commit()
        fault = gettext("This code does not fit or is over. Look at the newest letter, or ask for another code.")
    return render_page(
        "signin/enter.html", cache=False, code=422 if fault else 200, step=step, label=label, email=email, fault=fault,
        sent=bool(flask.session.get("signin_sent")), new=known is None, open=_open(),
    )  # fmt: skip


@pages.post("/<provider>/unlink")
def unlink(lang: str, provider: str) -> ResponseReturnValue:
    user = current_user() or abort(403)
    session().execute(sa.delete(Link).where(Link.provider == provider, Link.user_id == user.id))
    session().commit()
    flash(gettext("That account no longer signs you in."), "ok")
    return redirect(url_for("account.home"))


def _open() -> bool:
    return accounts.registration() == "open"


def _new(email: str, name: str, lang: str) -> User:
    """An account that counts once its address is confirmed by the code."""
    user = accounts.add_user(session(), email, None, "member", name[:120])
    user.confirmed_at, user.language = None, lang
    session().flush()
    user_registered.send(current_app._get_current_object(), user=user)  # type: ignore[attr-defined]  # who keeps consents hears of it
    return user


def _linked(provider: str, subject: str, me: User | None, link: Link | None) -> ResponseReturnValue:
    for name in ("signin_as", "signin_sent"):
        flask.session.pop(name, None)
    if me is not None:  # whoever is signed in here and there may say that both are them
        link = session().merge(Link(provider=provider, subject=subject, user_id=me.id))
        session().commit()
        flash(gettext("From now on that account signs you in here."), "ok")
        return redirect(url_for("account.home"))
    assert link is not None
    link = session().merge(link)
    user = session().get(User, link.user_id)
    try:
        answer: Any = accounts.sign_in(user, provider) if user else None
    except PermissionError:
        return _failed(provider, providers.Failed("the account here is disabled"))
    session().commit()
    return answer or redirect(goal())


def _back(provider: str) -> str:
    """Where they come back to: one address per provider, because it is registered there."""
    settings = current_app.extensions["hub"].settings
    return str(settings.site.url) + url_for("signin.back", lang=settings.site.languages[0], provider=provider)


def _usable(email: str) -> str:
    """The address as it is kept here; none where it cannot be one."""
    try:
        return accounts.checked_address(email) if email else ""
    except ValueError:
        return ""


def _failed(provider: str, error: Exception, goal: str | None = None, lang: str | None = None) -> ResponseReturnValue:
    log.warning("sign-in by %s failed: %s", provider, error)
    with force_locale(lang or items.speaking()):
        if isinstance(error, providers.Cancelled):
            flash(gettext("You have not signed in over there. Try again, or sign in another way."), "warn")
        else:
            flash(gettext("Signing in over there did not work. Try again, or sign in another way."), "error")
    return redirect(url_for("security.login", next=goal))
