"""Public pages: the directory of the network; and the guard that keeps forms about entries of other hubs closed."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request

from hub.api import Content, current_user, items, level, render_page, session

from . import opml, showing

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
OWN = ("site", "network", "network_desk", "webapi_root", "desk")  # the hub itself answers for these


def make() -> Blueprint:
    """The blueprint of the public pages."""
    public = Blueprint("network", __name__)
    public.add_url_rule("/", "directory", directory)
    public.add_url_rule("/hubs.json", "data", data)
    public.add_url_rule("/hubs.opml", "outlines", outlines)
    public.before_app_request(guard)
    return public


def directory(lang: str) -> Any:
    """Which hubs are followed, where they are, what they share, when they were last heard of. Never kept: it changes by itself."""
    return render_page("network/directory.html", cache=False, lines=showing.lines(lang, public=True), own=_own())


def data(lang: str) -> Response:
    """The directory as JSON."""
    body = opml.as_json(showing.lines(lang, public=True), _own())
    return _file(json.dumps(body, ensure_ascii=False), "application/json")


def outlines(lang: str) -> Response:
    """The directory as OPML."""
    response = _file(opml.write(showing.lines(lang, public=True), items.site()["name"], lang), "text/x-opml")
    response.headers["Content-Disposition"] = 'attachment; filename="network.opml"'
    return response


def _file(body: str | bytes, mimetype: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _own() -> dict[str, Any]:
    site = items.site()
    kinds = sorted(ctype.kind for ctype in items.types() if ctype.navigation)
    return {"name": site["name"], "url": site["url"], "languages": list(site["languages"]), "kinds": kinds}


def guard() -> Any:
    """A form of whatever plugin about an entry that lives elsewhere is not here: its page leads to the origin.

    Blocks of plugins are not shown there anyway (`Block.elsewhere`); this closes the addresses behind them, too.
    """
    rule, uid = request.url_rule, str((request.view_args or {}).get("uid", ""))
    if rule is None or len(uid) != 36 or not WRITING & (rule.methods or set()) or request.blueprint in OWN:
        return None
    found = session().execute(sa.select(Content.id, Content.kind).where(Content.uid == uid, Content.elsewhere)).first()
    if found is None:
        return None
    shown = items.load([found.id], items.speaking(), level(current_user())) if request.method in ("GET", "HEAD") else []
    return redirect(shown[0].url) if shown else abort(403)
