"""The desk's pages at `/desk/network/`: hubs, one hub, its topics, leaving it; what editors do with single entries."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for

from hub.api import current_user, gettext, items, may, needs, ngettext, render_page, session

from . import filters, hubs, identity, mapping, models, showing, words
from .models import Followed, Kept, Refusal

PER_PAGE = 30
SHOWS = ("", "featured", "hidden")


def make() -> Blueprint:
    """The blueprint of the desk's pages."""
    desk = Blueprint("network_desk", __name__)
    both = ["GET", "POST"]
    desk.add_url_rule("/", "home", home, methods=both)
    desk.add_url_rule("/<int:number>/", "hub", one, methods=both)
    desk.add_url_rule("/<int:number>/topics", "topics", topics, methods=both)
    desk.add_url_rule("/<int:number>/leave", "leave", leave, methods=both)
    desk.add_url_rule("/entry/<int:number>", "entry", entry, methods=["POST"])
    return desk


def _hub(number: int) -> Followed:
    return session().get(Followed, number) or abort(404)


@needs("network.edit")
def home() -> Any:
    """Every hub with its state; following another one."""
    if request.method == "POST":
        if not may(current_user(), "network.follow"):
            abort(403)
        return _follow()
    return _home()


def _home(code: int = 200, **context: Any) -> Any:
    defaults: dict[str, Any] = {"faults": {}, "typed": "", "filter": _whole({})}
    narrowed = any(any(values) for values in context.get("filter", {}).values())
    return render_page(
        "network/hubs.html", cache=False, code=code, lines=showing.lines(items.speaking()), narrowed=narrowed,
        fingerprint=identity.fingerprint(identity.own_key()),
        follows=may(current_user(), "network.follow"), **_choices(), **{**defaults, **context},
    )  # fmt: skip


def _choices() -> dict[str, Any]:
    concepts = sorted(items.concepts(), key=lambda concept: concept.name(items.speaking()))
    return {"kinds": filters.followable(), "concepts": concepts, "spoken": items.site()["languages"], "own": items.speaking()}


def _whole(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """A filter with every name there is."""
    return {name: wanted.get(name, []) for name in filters.NAMES}


def _typed_filter() -> dict[str, list[str]]:
    """The filter as the form gives it. Raises BadFilter."""
    words_of = [(name, value) for name in ("kind", "lang") for value in request.form.getlist(name)]
    for name in ("topic", "place"):
        words_of += [(name, part.strip()) for part in request.form.get(name, "").replace(";", ",").split(",") if part.strip()]
    return filters.checked(words_of)


def _as_typed() -> dict[str, list[str]]:
    return {"kind": request.form.getlist("kind"), "lang": request.form.getlist("lang"),
            "topic": [request.form.get("topic", "")], "place": [request.form.get("place", "")]}  # fmt: skip


def _page() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), 100_000)


def _follow() -> Any:
    url = request.form.get("url", "").strip()
    try:
        hub = hubs.follow(url, _typed_filter())
    except hubs.Refused as error:
        return _home(400, faults={"url": str(error)}, typed=url, filter=_as_typed())
    except filters.BadFilter as error:
        return _home(400, faults={error.name: str(error)}, typed=url, filter=_as_typed())
    flash(gettext("Followed: %(name)s. Its entries appear within a minute.", name=hub.name), "ok")
    return redirect(url_for(".hub", number=hub.id))


@needs("network.edit")
def one(number: int) -> Any:
    """One hub: how it is, what is followed, what was refused, its entries."""
    hub = _hub(number)
    if request.method == "POST":
        if not may(current_user(), "network.follow") and request.form.get("do") != "sync":
            abort(403)
        return _act(hub, request.form.get("do", ""))
    return _one(hub)


def _one(hub: Followed, code: int = 200, **context: Any) -> Any:
    show, text, page = request.args.get("show", ""), request.args.get("q", "").strip()[:100], _page()
    chosen = sa.select(Kept).where(Kept.hub_id == hub.id, Kept.gone.is_(False))
    if show == "featured":
        chosen = chosen.where(Kept.featured.is_not(None))
    elif show == "hidden":
        chosen = chosen.where(Kept.hidden)
    if text:
        chosen = chosen.where(Kept.title.icontains(text, autoescape=True))
    total = session().scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    rows = session().scalars(chosen.order_by(Kept.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    here = {item.id: item for item in items.load([row.content_id for row in rows if row.content_id], items.speaking(), 2)}
    refusals = session().scalars(
        sa.select(Refusal).where(Refusal.hub_id == hub.id).order_by(Refusal.at.desc(), Refusal.id.desc()).limit(50)
    )
    unsorted = sa.select(sa.func.count()).select_from(models.Mapping).where(models.Mapping.hub_id == hub.id, models.Mapping.state == "open")
    defaults: dict[str, Any] = {"filter": _whole(hub.filter), "faults": {}, "typed": {"name": hub.name, "where": hub.place}}
    address = partial(url_for, ".hub", number=hub.id, show=show or None, q=text or None)
    return render_page(
        "network/hub.html", cache=False, code=code, hub=hub, line=showing.line(hub, items.speaking()), rows=rows, here=here, total=total,
        page_number=page, pages=-(-total // PER_PAGE), address=address, show=show if show in SHOWS else "", q=text, refusals=refusals.all(),
        reason=words.reason, fingerprint=identity.fingerprint, no_key=hubs.NO_KEY,
        unsorted=session().scalar(unsorted) or 0, follows=may(current_user(), "network.follow"),
        **_choices(), **{**defaults, **context},
    )  # fmt: skip


def _save(hub: Followed) -> Any:
    """Take over its name here and what is followed; the page with what is wrong where that cannot be."""
    typed, faults = {name: request.form.get(name, "").strip() for name in ("name", "where")}, {}
    if not typed["name"]:
        faults["name"] = gettext("Give it a name: readers see it on each of its entries.")
    try:
        wanted = _typed_filter()
    except filters.BadFilter as error:
        faults[error.name] = str(error)
    if faults:
        return _one(hub, 400, faults=faults, filter=_as_typed(), typed=typed)
    hubs.rename(hub, typed["name"], typed["where"])
    hubs.narrow(hub, wanted)
    return None


def _act(hub: Followed, what: str) -> Any:
    if what == "save":
        if (refused := _save(hub)) is not None:
            return refused
        flash(gettext("Saved."), "ok")
    elif what == "sync":
        going = hubs.sync_now(hub)
        soon = gettext("It is being read. Look again in a moment.")
        told = soon if going else gettext("Not yet: it does not answer, or asks us to wait.")
        flash(told, "ok" if going else "warn")
    elif what == "again" and hub.state == "active":
        hubs.again(hub)
        hubs.sync_now(hub)
        flash(gettext("Its changes are read once more from the beginning."), "ok")
    elif what == "pause" and hub.state == "active":
        hubs.pause(hub)
    elif what == "resume" and hub.state == "paused":
        hubs.resume(hub)
    elif what == "accept" and hub.state == "active" and hub.new_key:
        hubs.accept(hub)
        flash(gettext("Its new key is accepted; it is read on."), "ok")
    elif what == "unblock" and hub.state == "blocked":
        hubs.unblock(hub)
    else:
        abort(400)
    items.touch()
    items.commit()
    return redirect(url_for(".hub", number=hub.id))


@needs("network.follow")
def leave(number: int) -> Any:
    """Before a hub is left or blocked: what goes with it, and that a pause would keep it."""
    hub = _hub(number)
    if request.method == "GET":
        return render_page("network/leave.html", cache=False, hub=hub, line=showing.line(hub, items.speaking()))
    what = request.form.get("do", "")
    if what == "pause" and hub.state == "active":
        hubs.pause(hub)
    elif what == "leave":
        hubs.leave(hub)
        flash(gettext("%(name)s is followed no longer; its entries are being removed.", name=hub.name), "ok")
    elif what == "block":
        hubs.block(hub)
        flash(gettext("%(name)s is blocked; its entries are being removed.", name=hub.name), "ok")
    else:
        abort(400)
    items.commit()
    return redirect(url_for(".home") if what != "pause" else url_for(".hub", number=hub.id))


@needs("network.edit")
def topics(number: int) -> Any:
    """Which of our topics each of its topics is; those that nobody has sorted first."""
    hub = _hub(number)
    order, page = (models.Mapping.state != "open", models.Mapping.slug), _page()
    mine = sa.select(models.Mapping).where(models.Mapping.hub_id == hub.id)
    if request.method == "POST":
        named = [int(name[2:]) for name in request.form if name.startswith("t.") and name[2:].isdecimal() and len(name) < 12]
        rows = session().scalars(mine.where(models.Mapping.id.in_(named))).all()
        changed = sum(mapping.choose(row, request.form[f"t.{row.id}"]) for row in rows)
        if changed:
            if hub.filter.get("topic"):
                hubs.again(hub)
            mapping.later(hub)
        items.commit()
        flash(ngettext("%(num)s topic was sorted anew.", "%(num)s topics were sorted anew.", changed), "ok")
        return redirect(url_for(".topics", number=hub.id))
    total = session().scalar(sa.select(sa.func.count()).select_from(mine.subquery())) or 0
    rows = session().scalars(mine.order_by(*order).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return render_page(
        "network/topics.html", cache=False, hub=hub, rows=rows, page_number=page, pages=-(-total // PER_PAGE),
        address=partial(url_for, ".topics", number=hub.id), **_choices(),
    )  # fmt: skip


@needs("network.edit")
def entry(number: int) -> Any:
    """Hide an entry, show it again, put it first or no longer."""
    kept = session().get(Kept, number) or abort(404)
    what, title = request.form.get("do", ""), kept.title
    if what == "hide":
        hubs.hide(kept)
        flash(gettext("Hidden: %(title)s", title=title), "ok")
    elif what == "show" and kept.hidden:
        hubs.show(kept)
        flash(gettext("It is fetched again and appears within a minute: %(title)s", title=title), "ok")
    elif what in ("feature", "unfeature") and kept.content_id:
        hubs.feature(kept, what == "feature")
        told = gettext("It stands first on the front page: %(title)s", title=title)
        flash(told if what == "feature" else gettext("It stands first no longer: %(title)s", title=title), "ok")
    else:
        abort(400)
    number = kept.hub_id
    items.commit()
    return redirect(url_for(".hub", number=number, show="hidden" if what == "show" else None))
