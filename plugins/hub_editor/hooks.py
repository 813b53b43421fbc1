"""What the editing tools give to the hub: pages of the desk, blocks beside forms and under lists, the audit log, jobs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, request, url_for

from hub.api import Block, Job, NavItem, Setting, hookimpl, items, may, needs, session
from hub.api import lazy_gettext as _

from . import bulk, kept, log, trash, versions
from . import waiting as waiting_for
from .models import Bulk, Deed, Kept


@hookimpl
def blueprints() -> list[Blueprint]:
    desk = Blueprint("editor_desk", __name__)
    member, editor = needs("content.propose"), needs("content.publish")
    desk.add_url_rule("/<kind>/<uid>/history", "history", member(versions.history))
    desk.add_url_rule("/<kind>/<uid>/restore", "restore", member(versions.restore), methods=["POST"])
    desk.add_url_rule("/<kind>/keep", "keep_new", member(kept.keep), methods=["POST"])
    desk.add_url_rule("/<kind>/<uid>/keep", "keep", member(kept.keep), methods=["POST"])
    desk.add_url_rule("/<kind>/kept", "kept_new", member(kept.decide), methods=["POST"])
    desk.add_url_rule("/<kind>/<uid>/kept", "kept", member(kept.decide), methods=["POST"])
    desk.add_url_rule("/preview", "preview", member(kept.preview), methods=["POST"])
    desk.add_url_rule("/trash", "trash", editor(trash.page), methods=["GET", "POST"])
    desk.add_url_rule("/<kind>/bulk", "take", editor(bulk.take), methods=["POST"])
    desk.add_url_rule("/bulk/<int:number>/", "bulk", editor(bulk.page))
    desk.add_url_rule("/bulk/<int:number>/undo", "undo", editor(bulk.undo), methods=["POST"])
    administrator = needs("desk.settings")
    desk.add_url_rule("/log", "log", administrator(log.page))
    desk.add_url_rule("/log.csv", "log_file", administrator(log.as_csv))
    desk.after_app_request(log.note)
    desk.after_app_request(kept.saved)
    return [desk]


@hookimpl
def settings() -> list[Setting]:
    hint = _("Items in the trash for longer than this are deleted for good. 0: never.")
    return [
        Setting("trash_days", "int", 30, label=_("Days in the trash"), hint=hint, minimum=0, maximum=3650),
        Setting("log_days", "int", 365, label=_("Days in the audit log"), minimum=1, maximum=3650),
    ]


@hookimpl
def jobs() -> list[Job]:
    return [Job("empty_trash", trash.empty, every=86_400), Job("tidy", tidy, every=86_400)]


def tidy() -> None:
    """Forget what nobody needs any more (a job)."""
    kept.tidy()
    bulk.forget_old()
    log.forget_old()


@hookimpl
def navigation(slot: str, user: Any) -> list[NavItem]:
    if slot != "desk" or not may(user, "content.publish"):
        return []
    lines = [NavItem(_("Trash"), url_for("editor_desk.trash"), order=65)]
    return lines + [NavItem(_("Audit log"), url_for("editor_desk.log"), order=90)] * bool(may(user, "desk.settings"))


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> list[Block]:
    """Over the form of an item who else is here and what was typed and not saved, beside it its versions."""
    if slot == "desk" and user is not None:
        return waiting_for.block(user)
    if slot == "rows" and user is not None:
        return bulk.block(user, subject)
    if slot not in ("edit", "above") or user is None:
        return []
    path = (request.view_args or {}).get("path", "")
    if slot == "edit":
        versions = len(items.revisions(subject)) if subject else 0
        return [Block("editor/beside.html", {"content": subject, "path": path, "versions": versions})]
    others, unsaved = kept.others(subject, user) if subject else [], kept.waiting(user, path, subject)
    return [Block("editor/above.html", {"content": subject, "path": path, "others": others, "kept": unsaved})]


@hookimpl(optionalhook=True)
def waiting(user: Any) -> list[tuple[Any, str, int, Any]]:
    return waiting_for.reviews(user)


@hookimpl
def user_exported(user: Any) -> dict[str, Any]:
    rows = session().scalars(sa.select(Kept).where(Kept.user_id == user.id))
    deeds = session().scalars(sa.select(Deed).where(Deed.user_id == user.id).order_by(Deed.id))
    done = session().scalars(sa.select(Bulk).where(Bulk.user_id == user.id).order_by(Bulk.id))
    return {
        "unsaved texts": [{"kind": row.kind, "at": row.at.isoformat(), "document": row.document} for row in rows],
        "done at the desk": [{"at": deed.at.isoformat(), "where": deed.path, "word": deed.word} for deed in deeds],
        "many at once": [{"at": row.at.isoformat(), "kind": row.kind, "step": row.step} for row in done],
    }


@hookimpl
def user_forgotten(session: Any, user: Any) -> None:
    kept.forget(session, user.id)
    for table in (Bulk, Deed):  # what was done stays, without the name of who did it
        session.execute(sa.update(table).where(table.user_id == user.id).values(user_id=None))
