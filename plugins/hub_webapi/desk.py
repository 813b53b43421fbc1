"""The pages of the desk: one's own tokens, all tokens, webhooks and what was sent to them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import User, current_user, gettext, items, may, needs, now, render_page, session
from hub.api import lazy_gettext as _

from . import tokens, webhooks
from .models import Delivery, Hook, Token

DAYS = ((90, _("three months")), (365, _("a year")), (30, _("a month")), (0, _("until revoked")))


def make() -> Blueprint:
    desk = Blueprint("webapi_desk", __name__)
    own, everything = needs("webapi.own"), needs("webapi.all")
    desk.add_url_rule("/", "tokens", own(token_list), methods=["GET", "POST"])
    desk.add_url_rule("/tokens/<int:number>/revoke", "revoke", own(revoke), methods=["POST"])
    desk.add_url_rule("/hooks", "hooks", everything(hook_list), methods=["GET", "POST"])
    desk.add_url_rule("/hooks/<int:number>", "hook", everything(hook_page), methods=["GET", "POST"])
    return desk


# -- tokens -------------------------------------------------------------------------------------------------------------


def token_list() -> ResponseReturnValue:
    """One's own tokens and the form for a new one; administrators see everybody's."""
    user, secret, faults = _user(), "", {}
    typed: dict[str, Any] = {"name": "", "scopes": ["read"], "days": 90}
    if request.method == "POST":
        name = "".join(c for c in " ".join(request.form.get("name", "").split()) if c.isprintable())
        typed = {"name": name, "scopes": request.form.getlist("scope"),
                 "days": request.form.get("days", -1, type=int)}  # fmt: skip
        faults = _token_faults(user, typed)
        if not faults:
            _, secret = tokens.make(user, typed["name"], typed["scopes"], typed["days"])
            session().commit()
            typed = {"name": "", "scopes": ["read"], "days": 90}
    all_tokens = _with_owners(sa.select(Token, User).join(User, User.id == Token.user_id))
    mine = [pair for pair in all_tokens if pair[1].id == user.id]
    others = [pair for pair in all_tokens if pair[1].id != user.id] if may(user, "webapi.all") else []
    return render_page(
        "webapi/tokens.html", cache=False, code=422 if faults else 200, mine=mine, others=others, secret=secret,
        scopes=tokens.offered(user), scope_name=scope_name, days=DAYS, typed=typed, faults=faults, moment_now=now(),
        api=items.absolute("/api/v1"), manages=may(user, "webapi.all"),
    )  # fmt: skip


def _with_owners(chosen: Any) -> list[tuple[Token, User]]:
    return [(row[0], row[1]) for row in session().execute(chosen.order_by(Token.id.desc()))]


def _token_faults(user: User, typed: dict[str, Any]) -> dict[str, str]:
    faults = {}
    if not typed["name"]:
        faults["name"] = gettext("Write what it is for, such as “import from our old site”.")
    elif len(typed["name"]) > 80:
        faults["name"] = gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(typed["name"]), limit=80)
    if not typed["scopes"] or not set(typed["scopes"]) <= set(tokens.offered(user)):
        faults["scopes"] = gettext("Choose at least one thing that it may do.")
    if typed["days"] not in dict(DAYS):
        faults["days"] = gettext("Choose how long it is valid.")
    return faults


def scope_name(scope: str) -> str:
    """A scope in words."""
    kind = scope.removeprefix("write:")
    named = next((str(ctype.plural) for ctype in items.types() if ctype.kind == kind), kind)
    words = {
        "read": gettext("read what I may read"), "suggest": gettext("suggest new entries to the editors"),
        "admin": gettext("everything I may do"),
    }  # fmt: skip
    return words.get(scope) or gettext("write: %(kind)s", kind=named)


def revoke(number: int) -> ResponseReturnValue:
    user, token = _user(), session().get(Token, number)
    if token is None or (token.user_id != user.id and not may(user, "webapi.all")):
        abort(404)
    session().delete(token)
    session().commit()
    flash(gettext("“%(name)s” is revoked; it opens nothing any more.", name=token.name), "ok")
    return redirect(url_for("webapi_desk.tokens"))


# -- webhooks -----------------------------------------------------------------------------------------------------------


def hook_list() -> ResponseReturnValue:
    faults, secret = {}, ""
    url, kinds = request.form.get("url", ""), request.form.getlist("kind")
    if request.method == "POST":
        try:
            if not set(kinds) <= {ctype.kind for ctype in items.types()}:
                abort(400)
            secret = webhooks.make(url, kinds).secret
            session().commit()
            url, kinds = "", []
        except ValueError as error:
            session().rollback()
            faults["url"] = str(error)
    found = session().scalars(sa.select(Hook).order_by(Hook.id)).all()
    return render_page(
        "webapi/hooks.html", cache=False, code=422 if faults else 200, hooks=found, stuck=webhooks.failing, url=url,
        chosen=kinds, kinds=items.types(), faults=faults, secret=secret, kind_names=kind_names,
    )  # fmt: skip


def kind_names(hook: Hook) -> str:
    """Of which kinds a hook is told, in words."""
    return (
        ", ".join(str(t.plural) for t in items.types() if t.kind in hook.kinds) if hook.kinds else gettext("everything")
    )


def hook_page(number: int) -> ResponseReturnValue:
    """One hook: what was sent to it, and what can be done with it."""
    hook = session().get(Hook, number) or abort(404)
    secret = ""
    if request.method == "POST":
        act = ACTS.get(request.form.get("do", "")) or abort(400)
        secret = act(hook)
        session().commit()
        if request.form["do"] == "delete":
            flash(gettext("The webhook is deleted."), "ok")
            return redirect(url_for("webapi_desk.hooks"))
        if not secret:
            return redirect(url_for("webapi_desk.hook", number=number))
    waiting = sa.select(sa.func.count()).where(Delivery.hook_id == number, Delivery.done.is_(None))
    return render_page(
        "webapi/hook.html", cache=False, hook=hook, secret=secret, messages=webhooks.sent(hook),
        waiting=session().scalar(waiting), stuck=webhooks.failing(hook), kind_names=kind_names,
    )  # fmt: skip


def _test(hook: Hook) -> str:
    webhooks.test(hook)
    flash(gettext("A test is on its way; look again in a few seconds."), "ok")
    return ""


def _off(hook: Hook) -> str:
    hook.state = "off"
    return ""


def _on(hook: Hook) -> str:
    webhooks.resume(hook)
    return ""


def _renew(hook: Hook) -> str:
    hook.secret = webhooks.new_secret()
    return hook.secret


def _delete(hook: Hook) -> str:
    session().delete(hook)
    return ""


ACTS = {"test": _test, "off": _off, "on": _on, "renew": _renew, "delete": _delete}


def _user() -> User:
    return current_user() or abort(403)
