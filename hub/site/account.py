"""A person's own pages at `/account/`: name and language, second factor, passkeys, sessions; sign-in by a code."""

from __future__ import annotations

from typing import Any

import flask
import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_security.utils import _get_post_login_redirect as goal

from hub.content.model import Content
from hub.content.texts import clean_line
from hub.hooks.here import hub
from hub.people import accounts, codes, partners, permissions, sessions
from hub.site import paper, view
from hub.site.desk import titled
from hub.site.guard import signed_in
from hub.store.db import session

OPENED = {"confirm": "confirm_email", "change-email": "change_email_confirm"}  # Flask-Security acts when they are opened


def make() -> Blueprint:
    pages = Blueprint("account", __name__, url_prefix="/account")
    pages.add_url_rule("/", "home", signed_in(home), methods=["GET", "POST"])
    pages.add_url_rule("/sessions", "sessions", signed_in(end_sessions), methods=["POST"])
    pages.add_url_rule("/code", "code", code, methods=["GET", "POST"])
    pages.add_url_rule("/code/enter", "enter", enter, methods=["GET", "POST"])
    pages.add_url_rule("/code/<word>", "link", enter, methods=["GET", "POST"])
    pages.add_url_rule("/second-factor/<token>", "factor", signed_in(factor), methods=["POST"])
    for path, name in OPENED.items():
        pages.add_url_rule(f"/{path}/<token>", name, opened, methods=["POST"])
    pages.before_app_request(only_shown)
    current_app.jinja_env.globals.update(qr_code=paper.qr_code, registration=accounts.registration)
    return pages


def only_shown() -> ResponseReturnValue | None:
    """Links of letters show a button: what a mail program opens to look for viruses must not act."""
    if request.method in ("GET", "HEAD") and request.endpoint in {f"security.{name}" for name in OPENED.values()}:
        return view.page("account/opened.html", cache=False, new=request.endpoint == "security.change_email_confirm")
    return None


def opened(token: str) -> ResponseReturnValue:
    """What the button under such a link does: what Flask-Security would have done at once."""
    name = str(request.endpoint).partition(".")[2]
    answer: Any = current_app.view_functions[f"security.{name}"](token=token)
    return answer


def factor(token: str) -> ResponseReturnValue:
    """The first code of a new app; after a wrong one the same page again, with the key that the app holds by then."""
    views: Any = current_app.view_functions
    answer = views["security.two_factor_setup_validate"](token=token)
    if "tf_totp_secret" not in flask.session:
        return answer
    flask.session.pop("_flashes", None)  # the page says it beside the field
    return views["security.two_factor_setup"]()


def home() -> ResponseReturnValue:
    user = accounts.signed_in()
    if request.method == "POST":
        user.name = clean_line(request.form.get("name", ""))[:120]
        wanted = request.form.get("language", "")
        user.language = wanted if wanted in hub().settings.site.languages else ""
        session().commit()
        flash(gettext("Saved."), "ok")
        return redirect(url_for("account.home"))
    mine = sa.select(Content).where(Content.id.in_(partners.partners_of(user)))
    return view.page(
        "account/home.html", cache=False, browsers=sessions.of(user), organisations=titled(session(), mine),
        spare_codes=len(current_app.extensions["security"].mf_recovery_codes_util.get_recovery_codes(user)),
        lines=view.menu("account", user), may_propose=permissions.may(user, "content.propose"),
    )  # fmt: skip


def end_sessions() -> ResponseReturnValue:
    """Sign one browser out, or all of them."""
    user = accounts.signed_in()
    if number := request.form.get("id"):
        sessions.end(user, number)
    else:
        sessions.end_all(user)
    session().commit()
    flash(gettext("Signed out there.") if number else gettext("Signed out everywhere."), "ok")
    return redirect(url_for("account.home" if number else "security.login"))


def code() -> ResponseReturnValue:
    """Ask for a code by mail; the answer is the same whether or not there is such an account."""
    if request.method == "GET":
        return view.page("account/code.html", cache=False)
    email = request.form.get("email", "").strip()
    user = accounts.find_user(session(), email)
    if user is not None and user.is_active and user.confirmed_at:
        codes.send(user, "sign-in", _("Your code to sign in"), path="/account/code/")
        session().commit()
    flask.session["code_email"] = email[:255]
    return redirect(url_for("account.enter", next=request.args.get("next") or None))


def enter(word: str = "") -> ResponseReturnValue:
    """Sign in with the code, typed or carried by the link (which only shows a button: mail programs open links too)."""
    fault, typed = "", request.form.get("code", "")
    known = codes.unsigned("sign-in", word) if word else []
    if word and not known:
        word, fault = "", gettext("This link is not whole. Type the code from the letter, or ask for another one.")
    if request.method == "POST":
        user = session().get(accounts.User, known[0]) if known else None
        user = user or accounts.find_user(session(), flask.session.get("code_email", ""))
        right = user is not None and codes.check(user, "sign-in", known[1] if known else typed)
        session().commit()
        if right and user is not None and user.is_active:
            flask.session.pop("code_email", None)
            return accounts.sign_in(user, "email") or redirect(goal())
        fault = gettext("This code does not fit or is over. Look at the newest letter, or ask for another code.")
    email = flask.session.get("code_email", "")
    return view.page("account/enter.html", cache=False, code=422 if fault else 200, fault=fault, word=word, email=email)
