"""What the library gives to the hub: its pages, pictures in the right size, a block beside every form."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, url_for
from markupsafe import Markup

from hub.api import Block, Content, Job, NavItem, Setting, hookimpl, items, may, needs, session
from hub.api import lazy_gettext as _
from hub_pictures import desk, library, sizes


@hookimpl
def blueprints() -> list[Blueprint]:
    pages, files = Blueprint("pictures_desk", __name__), Blueprint("pictures_root", __name__)
    editor, member = needs("content.edit"), needs("content.propose")
    pages.add_url_rule("/", "overview", editor(desk.overview))
    pages.add_url_rule("/many", "many", editor(desk.many), methods=["POST"])
    pages.add_url_rule("/choose", "choose", editor(desk.choose), methods=["POST"])
    pages.add_url_rule("/upload", "upload", member(desk.upload), methods=["POST"])
    pages.add_url_rule("/picture/<name>/", "picture", member(desk.picture), methods=["GET", "POST"])
    files.add_url_rule("/pictures/<name>/<int:width>-<int:x>x<int:y>.webp", "cut", sizes.cut)
    return [pages, files]


@hookimpl
def settings() -> list[Setting]:
    return [
        Setting("days", "int", 30, label=_("Days for which a removed picture can be brought back"), minimum=1, maximum=3650)
    ]  # fmt: skip


@hookimpl
def jobs() -> list[Job]:
    return [Job("purge", library.purge, every=86_400)]


@hookimpl
def illustrate(item: Any, inline: bool) -> Markup | None:
    return sizes.image(item.picture, wide=inline) if item.picture is not None else None


@hookimpl
def navigation(slot: str, user: Any) -> list[NavItem]:
    if slot != "desk" or not may(user, "content.edit"):
        return []
    return [NavItem(_("Pictures"), url_for("pictures_desk.overview"), order=40)]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> list[Block]:
    """Beside the form of an item: its picture, the way to the library, pictures dropped into the text."""
    if slot != "edit" or user is None:
        return []
    picture = None
    if isinstance(subject, Content):
        query = sa.select(items.Media).where(items.Media.content_id == subject.id).order_by(items.Media.id.desc())
        picture = session().scalar(query.limit(1))
    context = {
        "content": subject, "picture": picture, "editor": may(user, "content.edit"), "address": sizes.address,
        "missing": [code for code in items.site()["languages"] if picture is not None and not picture.alt.get(code)],
    }  # fmt: skip
    return [Block("pictures/beside.html", context, order=55)]  # after the editor, whose row of buttons its own joins
