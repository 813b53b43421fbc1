"""The page of a parent: what a child wants to come to; agree, refuse, and take it back later."""

from __future__ import annotations

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue

from hub.api import Content, items, now, render_page, session
from hub_events import keeping, links, parents, places
from hub_events.models import Plan, Registration

OPENED = "events parent"


def enter(lang: str, word: str) -> ResponseReturnValue:
    """The secret link of a letter: remembered in this browser, then an address without the secret."""
    uid = links.read("parent", word)
    entry = session().scalar(sa.select(Registration).where(Registration.uid == uid)) if isinstance(uid, str) else None
    if entry is None or parents.of(entry) is None:
        return render_page("events/gone.html", cache=False, code=404)
    visit[OPENED] = [*[n for n in visit.get(OPENED, []) if n != entry.id][-19:], entry.id]
    answer = redirect(url_for("events.parent", lang=lang, uid=entry.uid))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def page(lang: str, uid: str) -> ResponseReturnValue:
    """What is agreed to, and its buttons; for who opened the link only."""
    entry = session().scalar(sa.select(Registration).where(Registration.uid == uid))
    parent = parents.of(entry) if entry is not None and entry.id in visit.get(OPENED, []) else None
    if entry is None or parent is None:
        abort(404)
    content, fault = session().get_one(Content, entry.content_id), ""
    if request.method == "POST":
        try:
            act(entry, content, request.form.get("do", ""), lang)
            items.commit()
            return redirect(url_for("events.parent", lang=lang, uid=uid))
        except places.Refused as error:
            session().rollback()
            fault, content = str(error), session().get_one(Content, content.id)
            entry, parent = session().get_one(Registration, entry.id), session().get_one(parents.Parent, entry.id)
    shown = items.load([content.id], lang) if content.status in ("published", "archived") else []
    said, document, _version = parents.text(content, lang)
    return render_page(
        "events/parent.html", cache=False, item=shown[0] if shown else None, row=content, entry=entry, parent=parent, fault=fault,
        said=said, document=document, plan=session().get(Plan, content.id),
    )  # fmt: skip


def act(entry: Registration, content: Content, do: str, lang: str) -> None:
    """Agree: the child has a place, or waits for one. Otherwise it is given back and what is kept of the child deleted."""
    places.locked(content.id)
    parent = session().get_one(parents.Parent, entry.id, populate_existing=True)
    if parent.withdrawn is not None:
        return
    if do == "agree" and parent.given is None:
        parent.version, parent.form, parent.language, parent.given = (
            parents.text(content, lang)[2], f"/{lang}/events/parent/", lang, now(),
        )  # fmt: skip
        places.confirm(entry, content)
    elif do == "withdraw":
        parent.withdrawn, parent.email = now(), ""
        places.cancel(entry, content)
        keeping.blank(Registration.id == entry.id)
        items.touch()
