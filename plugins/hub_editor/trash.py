"""The trash: what lies in it, back to a draft, or gone for good."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for

from hub.api import (
    Content,
    content_type,
    current_user,
    gettext,
    items,
    may,
    ngettext,
    now,
    render_page,
    session,
    setting,
    writing,
)

from .bulk import title_of

SHOWN, CHUNK = 200, 100


def page() -> Any:
    """Everything of ours in the trash, newest first; chosen items are restored or (by administrators) deleted for good."""
    user = current_user()
    if request.method == "POST":
        return _act(request.form.getlist("uid"), request.form.get("do", ""))
    query = sa.select(Content).where(Content.status == "trash", ~Content.elsewhere).order_by(Content.deleted_at.desc(), Content.id.desc())
    rows = [row for row in session().scalars(query.limit(SHOWN)) if content_type(row.kind)]
    days = setting("editor.trash_days")
    return render_page(
        "editor/trash.html", cache=False, rows=[(row, content_type(row.kind), title_of(row) or gettext("(no title)")) for row in rows],
        days=days, last=lambda row: row.deleted_at + dt.timedelta(days=days), may_erase=may(user, "desk.settings"), full=len(rows) == SHOWN,
    )  # fmt: skip


def _act(uids: list[str], what: str) -> Any:
    if what not in ("restore", "erase"):
        abort(400)
    if what == "erase" and not may(current_user(), "desk.settings"):
        abort(403)
    chosen = sa.select(Content).where(Content.uid.in_(uids[:SHOWN]), Content.status == "trash", ~Content.elsewhere)
    rows = session().scalars(chosen).all()
    for content in rows:
        if what == "restore":
            items.move(content, "restore")
        else:
            items.erase(content)
    items.commit()
    count = len(rows)
    if not count:
        flash(gettext("Tick the items first."), "warn")
    elif what == "restore":
        flash(ngettext("%(num)s item is a draft again.", "%(num)s items are drafts again.", count), "ok")
    else:
        flash(ngettext("%(num)s item is gone for good.", "%(num)s items are gone for good.", count), "ok")
    return redirect(url_for(".trash"))


def empty() -> None:
    """Delete for good what has lain in the trash for longer than the setting says (a job)."""
    days = setting("editor.trash_days")
    while days:
        with writing():
            old = sa.select(Content).where(
                Content.status == "trash", Content.deleted_at < now() - dt.timedelta(days=days)
            )
            rows = session().scalars(old.limit(CHUNK)).all()
            for content in rows:
                items.erase(content)
            items.commit()
        if not rows:
            break
