"""The versions of an item: who saved what when, what differs between two, and back to an earlier one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for

from hub.api import (
    Conflict,
    Content,
    Faults,
    User,
    content_type,
    current_user,
    gettext,
    items,
    may,
    render_page,
    session,
)

DATES = ("created", "updated", "published")


def found(kind: str, uid: str) -> Content:
    """The item, for somebody who may edit it."""
    content = items.get(kind, uid) if content_type(kind) else None
    if content is None:
        abort(404)
    if not items.editable(content):
        abort(403)
    return content


def history(kind: str, uid: str) -> Any:
    """All versions; two of them word by word (default: the newest and the last one before it that says something else)."""
    content, differences = found(kind, uid), []
    revisions = items.revisions(content)
    by_id = {revision.id: revision for revision in revisions}
    new = by_id.get(request.args.get("new", 0, int)) or (revisions[0] if revisions else None)
    older = [r for r in revisions if new is not None and r.id < new.id]
    old = by_id.get(request.args.get("old", 0, int))
    for candidate in [old] if old else older:
        old, differences = candidate, items.compare(kind, candidate.document, new.document) if new else []
        if differences:
            break
    ids = {revision.author_id for revision in revisions}
    authors = {u.id: u.shown_name for u in session().scalars(sa.select(User).where(User.id.in_(ids)))}
    return render_page(
        "editor/history.html", cache=False, type=content_type(kind), content=content, revisions=revisions, old=old, new=new,
        differences=differences, authors=authors, restorable=content.status != "trash",
    )  # fmt: skip


def restore(kind: str, uid: str) -> Any:
    """Make an earlier version the one to go on with: as a new version, so that nothing is lost."""
    content, user = found(kind, uid), current_user()
    wanted = request.form.get("revision", 0, int)
    revision = next((r for r in items.revisions(content) if r.id == wanted), None)
    if revision is None or user is None:
        abort(404)
    doc = {**items.read(content), **{k: v for k, v in revision.document.items() if k not in DATES}}
    when = revision.created.strftime("%Y-%m-%d %H:%M UTC")
    note = gettext("back to the version of %(when)s", when=when)
    try:
        items.save(content, doc, author_id=user.id, base=request.form.get("base"), note=note)
        items.commit()
    except Conflict:
        session().rollback()
        flash(gettext("Somebody has saved meanwhile; look at the newest version first."), "warn")
        return redirect(url_for(".history", kind=kind, uid=uid))
    except Faults as error:
        session().rollback()
        flash(gettext("That version does not fit any more: %(why)s", why=str(error)), "bad")
        return redirect(url_for(".history", kind=kind, uid=uid))
    text = gettext("The earlier version is back.")
    if content.status == "published" and may(user, "content.publish"):
        text = gettext("The earlier version is back as a draft; publish it when it is right.")
    flash(text, "ok")
    return redirect(url_for("desk.edit", path=content_type(kind).path, uid=uid, form="full"))  # type: ignore[union-attr]
