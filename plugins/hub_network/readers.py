"""The desk's pages at `/desk/network/readers`: which hubs read this one, and what an administrator shares with them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for

from hub.api import current_user, gettext, may, needs, render_page, session

from . import filters, identity, inner, sharing
from .models import Followed, Reader


def add_to(desk: Blueprint) -> None:
    """Add these pages to the plugin's desk."""
    desk.add_url_rule("/readers", "readers", readers, methods=["GET", "POST"])
    desk.add_url_rule("/readers/<int:number>", "reader", one, methods=["GET", "POST"])


@needs("network.edit")
def readers() -> Any:
    """Every hub that reads this one and says so; entering one that has not asked yet."""
    if request.method == "GET":
        return _list()
    if not may(current_user(), "network.share"):
        abort(403)
    typed = {name: request.form.get(name, "").strip() for name in ("key", "name")}
    try:
        made = sharing.enter(typed["key"], typed["name"])
    except sharing.Refused as error:
        return _list(400, faults={error.name: str(error)}, typed=typed)
    session().commit()
    return redirect(url_for(".reader", number=made.id))


def _list(code: int = 200, **context: Any) -> Any:
    defaults: dict[str, Any] = {"faults": {}, "typed": {"key": "", "name": ""}}
    return render_page(
        "network/readers.html", cache=False, code=code, rows=sharing.everybody(), followed=_followed(), own_key=identity.own_key(),
        fingerprint=identity.fingerprint, shares=may(current_user(), "network.share"), **{**defaults, **context},
    )  # fmt: skip


def _followed() -> dict[str, Followed]:
    """Key → the hub that we follow by it: then we know whose it is."""
    return {hub.key: hub for hub in session().scalars(sa.select(Followed).where(Followed.key != ""))}


@needs("network.edit")
def one(number: int) -> Any:
    """One hub: whose key it is, what it gets."""
    reader = session().get(Reader, number) or abort(404)
    if request.method == "GET":
        return _one(reader)
    if not may(current_user(), "network.share"):
        abort(403)
    what, state, name = request.form.get("do", ""), request.form.get("state", ""), request.form.get("name", "")
    if what == "forget":
        sharing.forget(reader)
        flash(gettext("Taken off the list. Should this hub ask again, it is new."), "ok")
    elif what == "save" and state in sharing.STATES:
        sharing.decide(reader, state, request.form.getlist("kind"), name)
        flash(gettext("Saved. It counts from its next question on."), "ok")
    else:
        abort(400)
    session().commit()
    return redirect(url_for(".readers"))


def _one(reader: Reader) -> Any:
    return render_page(
        "network/reader.html", cache=False, reader=reader, known=_followed().get(reader.key), kinds=filters.followable(),
        counts=inner.counts(), fingerprint=identity.fingerprint(reader.key), shares=may(current_user(), "network.share"),
    )  # fmt: skip
