"""/desk/search/: what was not found, what comes first, what means the same, how the index is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, request, url_for

from hub.api import (
    Content,
    SearchQuery,
    current_user,
    enqueue,
    gettext,
    items,
    level,
    log,
    needs,
    render_page,
    session,
)

from . import asked, curated, progress
from .models import Pin, Synonym

desk = Blueprint("search_desk", __name__)
SHOWN = 10


@desk.get("/")
@needs("search.manage")
def home() -> Any:
    """The state of the index, searches without results, pins and synonyms."""
    from .hooks import READER, WHY, chosen, counted, engine, unread

    words = list(session().scalars(sa.select(Pin.text).distinct().order_by(Pin.text)))
    return render_page(
        "search/desk.html", cache=False, status=(status := engine().status()), why=WHY.get(status.problem, status.problem),
        behind=(behind := log.behind(READER)), engine=chosen(), counted=counted(status.documents), unread=unread(behind),
        typed=request.args.get("words", "")[:400],
        progress=progress.read(), missed=asked.shown(), pinned=[(text, _titles(text)) for text in words],
        synonyms=list(session().scalars(sa.select(Synonym).order_by(Synonym.id))),
    )  # fmt: skip


@desk.post("/rebuild")
@needs("search.manage")
def rebuild() -> Any:
    """Have the index made anew by the worker."""
    enqueue(session(), "search.rebuild", dedupe="search.rebuild")
    session().commit()
    flash(gettext("The index is being made anew; searching goes on meanwhile."), "ok")
    return _back()


@desk.post("/synonyms")
@needs("search.manage")
def add_synonyms() -> Any:
    words = curated.add_synonyms(request.form.get("words", ""))
    if len(words) < 2:
        flash(gettext("Write at least two words with commas between."), "bad")
        return _back(url_for("search_desk.home", words=request.form.get("words", "")[:400], _anchor="same"))
    flash(gettext("From now on these find each other: %(words)s.", words=", ".join(words)), "ok")
    return _changed()


@desk.post("/synonyms/<int:number>/remove")
@needs("search.manage")
def remove_synonyms(number: int) -> Any:
    session().delete(session().get(Synonym, number) or abort(404))
    return _changed()


@desk.get("/pins")
@needs("search.manage")
def pins() -> Any:
    """What a query finds now (`?q=`), and items by title to put before it (`?find=`)."""
    from .hooks import engine

    text, title = request.args.get("q", "").strip()[:200], request.args.get("find", "").strip()[:100]
    first = curated.pinned(text)
    reader = level(current_user())
    page = engine().answer(SearchQuery(text, items.speaking(), level=reader, limit=SHOWN), first) if text else None
    found = [hit.content_id for hit in page.hits if hit.content_id not in first] if page else []
    more = (
        [n for n in engine().suggest(title, items.speaking(), reader, limit=SHOWN) if n not in (*first, *found)]
        if title
        else []
    )
    return render_page(
        "search/pins.html", cache=False, text=text, find=title, first=items.load(list(first), items.speaking(), reader),
        found=items.load(found, items.speaking(), reader), more=items.load(more, items.speaking(), reader),
    )  # fmt: skip


@desk.post("/pins")
@needs("search.manage")
def pin() -> Any:
    """Let an item come first for a query."""
    text = request.form.get("q", "")
    content = session().get(Content, request.form.get("id", 0, int)) or abort(404)
    if not curated.pin(text, content):
        flash(gettext("It comes first already, or there is no word in the query."), "bad")
    return _changed(url_for("search_desk.pins", q=text))


@desk.post("/pins/remove")
@needs("search.manage")
def unpin() -> Any:
    text = request.form.get("q", "")
    wanted = sa.select(Pin).where(Pin.text == curated.key(text), Pin.content_id == request.form.get("id", 0, int))
    session().delete(session().scalar(wanted) or abort(404))
    return _changed(url_for("search_desk.pins", q=text))


def _titles(text: str) -> list[str]:
    ids = list(session().scalars(sa.select(Pin.content_id).where(Pin.text == text).order_by(Pin.id)))
    return [item.title for item in items.load(ids, items.speaking(), level(current_user()))]


def _changed(address: str = "") -> Response:
    """Visitors find something else from now on."""
    items.touch()
    session().commit()
    return _back(address)


def _back(address: str = "") -> Response:
    return redirect(address or url_for("search_desk.home"), 303)  # type: ignore[return-value]
