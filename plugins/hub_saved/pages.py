"""The page of what was saved, the lines a browser asks for, and saving into an account."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, User, current_user, gettext, items, level, ngettext, render_page, session
from hub_saved.models import Saved

MOST = 500  # entries in an account
AT_ONCE = 100  # lines that a browser gets at once
_UID = re.compile(r"[0-9a-f-]{36}")


def mine(lang: str) -> ResponseReturnValue:
    """What the account has saved, newest first; without one a script shows what the browser has."""
    user = current_user()
    rows = sa.select(Saved.content_id).where(Saved.user_id == (user.id if user else 0)).order_by(Saved.at.desc())
    shown = readable(list(session().scalars(rows)), lang, user)
    return render_page("saved/mine.html", cache=False, items=shown)


def lines(lang: str) -> ResponseReturnValue:
    """The lines of entries (`uid=` with commas between) that visitors may read, for the script of the page."""
    uids = [uid for uid in request.args.get("uid", "").split(",") if _UID.fullmatch(uid)][:AT_ONCE]
    found = {c.uid: c.id for c in session().scalars(sa.select(Content).where(Content.uid.in_(uids)))}
    shown = readable([found[uid] for uid in uids if uid in found], lang, None)
    return render_page("saved/lines.html", items=shown)


def save(lang: str) -> ResponseReturnValue:
    """Save an entry into the account, or take it out; with many uids: what a browser had, taken over."""
    user, do = current_user(), request.form.get("do", "")
    if user is None:
        return redirect(url_for("security.login", next=url_for("saved.mine", lang=lang)))
    uids = [uid for uid in request.form.get("uid", "").split(",") if _UID.fullmatch(uid)][:MOST]
    known = {c.id for c in session().scalars(sa.select(Content).where(Content.uid.in_(uids)))}
    if do not in ("keep", "drop"):
        abort(400)
    mine = set(session().scalars(sa.select(Saved.content_id).where(Saved.user_id == user.id)))
    if do == "drop":
        session().execute(sa.delete(Saved).where(Saved.user_id == user.id, Saved.content_id.in_(known)))
    else:
        fresh = [item.id for item in readable(sorted(known - mine), lang, user)][: MOST - len(mine)]
        session().add_all(Saved(user_id=user.id, content_id=number) for number in fresh)
        if len(uids) > 1:
            flash(ngettext("%(num)s entry is saved.", "%(num)s entries are saved.", len(fresh)), "ok")
        elif known - mine and not fresh:
            flash(gettext("There is no room for more saved entries; take some out first."), "warn")
    session().commit()
    back = request.form.get("back", "")
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()  # browsers read "/<tab>/" as "//"
    return redirect(back if inside else url_for("saved.mine", lang=lang))


def readable(ids: Sequence[int], lang: str, user: User | None) -> list[Item]:
    """Those of the items that this reader may see, in this order."""
    reader = level(user)
    open_to = ("public", "members", "editors")[: reader + 1]
    shown = items.load(list(ids), lang, reader)
    return [i for i in shown if i.status in ("published", "archived") and i.row.audience in open_to]


def has(user: User, item: Item) -> bool:
    """Whether the account has saved an item."""
    return session().get(Saved, (user.id, item.id)) is not None
