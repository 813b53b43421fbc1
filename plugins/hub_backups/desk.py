"""The page /desk/backups/: what is kept, make one now, take one home."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, flash, redirect, send_file, url_for
from flask.typing import ResponseReturnValue

from hub.api import current_user, enqueue, gettext, needs, render_page, session, setting

from . import keeping

log = logging.getLogger("hub.backups")
allowed = needs("backups.take")


def make() -> Blueprint:
    """The pages below /desk/backups/."""
    pages = Blueprint("backups_desk", __name__)
    pages.add_url_rule("/", "home", allowed(home))
    pages.add_url_rule("/", "now", allowed(now), methods=["POST"])
    pages.add_url_rule("/<string:name>", "download", allowed(download))
    return pages


def home() -> Response:
    """All that are there."""
    return render_page("backups/home.html", cache=False, kept=keeping.kept(), nightly=setting("backups.keep"))


def now() -> ResponseReturnValue:
    """Ask for one; the worker makes it."""
    enqueue(session(), "backups.now", dedupe="backups.now")
    session().commit()
    flash(gettext("A backup is being made; it stands here in a moment."), "ok")
    return redirect(url_for("backups_desk.home"), 303)


def download(name: str) -> Response:
    """One of the files; who took it is noted in the server's log."""
    if name not in {k.name for k in keeping.kept()}:
        abort(404)
    user = current_user()
    log.warning("backup %s was downloaded by account %s", name, user.id if user else "?")
    return send_file(keeping.folder() / name, mimetype="application/gzip", as_attachment=True, download_name=name)
