"""The desk's page at `/desk/activitypub/`: what is given out, how many follow, what was refused, blocked hosts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for

from hub.api import current_user, gettext, items, may, needs, ngettext, now, render_page, session

from . import documents, following, words
from .models import Block, Follower, Inbox, Message, Refusal
from .signatures import Refused
from .telling import HOUR

SHOWN = 50


def make() -> Blueprint:
    """The blueprint of the desk's page."""
    desk = Blueprint("activitypub_desk", __name__)
    desk.add_url_rule("/", "home", needs("activitypub.edit")(home), methods=["GET", "POST"])
    return desk


def home() -> Any:
    """Everything on one page; blocking a host and taking that back."""
    if request.method == "GET":
        return _page()
    what, typed = request.form.get("do", ""), request.form.get("host", "")
    if what == "unblock":
        row = session().get(Block, typed) or abort(404)
        session().delete(row)
        flash(gettext("%(host)s is blocked no longer.", host=typed), "ok")
    elif what == "block":
        note = " ".join(request.form.get("note", "").split())
        try:
            host = following.named_host(typed)
        except Refused:
            told = gettext("This is no name of a server. An example: social.example.org")
            return _page(422, faults={"host": told}, typed=typed, note=note)
        if len(note) > 200:
            told = gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(note), limit=200)
            return _page(422, faults={"note": told}, typed=typed, note=note)
        gone = following.block(host, note)
        told = ngettext("%(host)s is blocked; %(num)s follower is forgotten.", "%(host)s is blocked; %(num)s followers are forgotten.",
                        gone, host=host)  # fmt: skip
        flash(told, "ok")
    else:
        abort(400)
    session().commit()
    return redirect(url_for(".home"))


def _page(code: int = 200, **context: Any) -> Any:
    defaults: dict[str, Any] = {"faults": {}, "typed": "", "note": ""}
    count = sa.func.count()
    hosts = sa.select(Follower.host, count).group_by(Follower.host).order_by(count.desc(), Follower.host).limit(SHOWN)
    refusals = sa.select(Refusal).order_by(Refusal.at.desc(), Refusal.id.desc()).limit(SHOWN)
    stuck = sa.select(Inbox).where(Inbox.error != "").order_by(Inbox.failing.desc(), Inbox.id).limit(SHOWN)
    return render_page(
        "activitypub/desk.html", cache=False, code=code, account=documents.account(), actor=documents.actor_url(),
        outbox=documents.address("outbox"), kinds=documents.told_types(), hosts=[tuple(row) for row in session().execute(hosts)],
        followers=_count(Follower.id > 0), unanswered=_count(Follower.answered.is_(None)), waiting=_count(Message.number.is_(None)),
        out=_count(Message.released > now() - HOUR), refusals=session().scalars(refusals).all(),
        stuck=session().scalars(stuck).all(), blocked=session().scalars(sa.select(Block).order_by(Block.host)).all(),
        reason=words.reason, settings=may(current_user(), "desk.settings"), secure=items.site()["url"].startswith("https://"),
        below=items.local("/") != "/", **{**defaults, **context},
    )  # fmt: skip


def _count(condition: Any) -> int:
    return session().scalar(sa.select(sa.func.count()).where(condition)) or 0
