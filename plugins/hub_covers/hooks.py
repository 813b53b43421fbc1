"""What the covers give to the hub: an answer to `illustrate`, and the drawings as files for lists and feeds."""

import re

from flask import Blueprint, Response, abort, request, url_for
from markupsafe import Markup

from hub.api import Block, hookimpl, items
from hub_covers import sharing
from hub_covers.drawing import cover
from hub_covers.palette import worn


def drawing(lang, topic, uid):
    """One drawing as a file of its own, in the colours of the site's theme; it follows light and dark."""
    if not re.fullmatch(r"[0-9a-f-]{36}", uid) or not re.fullmatch(r"[a-z0-9_-]{1,80}", topic):
        abort(404)
    *palettes, name = worn()
    response = Response(cover(uid, "" if topic == "none" else topic, "auto", palettes=palettes), mimetype="image/svg+xml")
    lasting = request.args.get("v") == name  # an address without the colours, or with those of a former theme, is asked for again
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@hookimpl
def blueprints():
    covers = Blueprint("covers", __name__)
    covers.add_url_rule("/<topic>/<uid>.svg", "drawing", drawing)
    covers.add_url_rule("/share/<kind>/<uid>.png", "share", sharing.picture)
    return [covers]


@hookimpl
def blocks(slot, user, subject):
    """In the head of an entry's page: the picture that other sites show beside a link to it."""
    if slot != "head" or getattr(subject, "uid", None) is None or subject.status != "published":
        return []
    if subject.picture is not None:
        shown = subject.picture
        address, size = url_for("site.media", name=shown.name), (shown.width, shown.height)
    else:
        version = sharing.facts(subject)[1]
        address = url_for("covers.share", lang=subject.asked, kind=subject.kind, uid=subject.uid, v=version)
        size = sharing.SIZE
    return [Block("covers/head.html", {"address": items.absolute(address), "size": size, "title": subject.title})]


@hookimpl
def content_changed(changes):
    sharing.forget({change.uid for change in changes})


@hookimpl
def illustrate(item, inline):
    if item.picture is not None:
        return None
    if inline:
        return Markup(cover(item.uid, item.topic_slug))
    address = url_for("covers.drawing", lang=item.asked, topic=item.topic_slug or "none", uid=item.uid, v=worn()[2])
    return Markup('<img class="cover" src="{}" width="600" height="400" alt="" loading="lazy">').format(address)
