"""The editors' pages at /desk/duplicates/: pairs that may be the same, two beside each other, what was merged."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Faults, Item, User, content_type, current_user, gettext, items, needs, render_page, session
from hub_duplicates import merging
from hub_duplicates.merging import Impossible
from hub_duplicates.models import Merge, Pair

desk = Blueprint("duplicates_desk", __name__)
PER_PAGE = 50


def _shown(numbers: set[int]) -> dict[int, Item]:
    return {item.id: item for item in items.load(sorted(numbers), items.speaking(), 2, drafts=True)}


def waiting() -> tuple[int, Any]:
    """How many pairs wait, and since when."""
    row = session().execute(sa.select(sa.func.count(), sa.func.min(Pair.found)).where(Pair.state == "open")).one()
    return row[0], row[1]


@desk.get("/")
@needs("duplicates.merge")
def overview() -> ResponseReturnValue:
    """What may be the same, the likeliest first."""
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    query = sa.select(Pair).where(Pair.state == "open").order_by(Pair.score.desc(), Pair.low, Pair.high)
    rows = session().scalars(query.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)).all()
    shown = _shown({n for pair in rows for n in (pair.low, pair.high)})
    return render_page(
        "duplicates/overview.html", cache=False, pairs=[p for p in rows[:PER_PAGE] if p.low in shown and p.high in shown],
        shown=shown, more=len(rows) > PER_PAGE, page_number=page, number=waiting()[0], typed=request.args,
    )  # fmt: skip


@desk.post("/two")
@needs("duplicates.merge")
def two() -> ResponseReturnValue:
    """Two entries that an editor names by their addresses."""
    first, second = (_named(request.form.get(name, "")) for name in ("first", "second"))
    if first is None or second is None or first.kind != second.kind or first.id == second.id:
        flash(gettext("Two different entries of one kind are needed: the addresses of their pages in the desk."), "bad")
        return redirect(
            url_for("duplicates_desk.overview", first=request.form.get("first"), second=request.form.get("second"))
        )
    return redirect(url_for("duplicates_desk.compare", stays=first.uid, goes=second.uid))


def _named(typed: str) -> Content | None:
    """The entry meant by a uid or by the address of its page in the desk."""
    path = typed.strip().partition("?")[0].partition("#")[0].rstrip("/")
    return session().scalar(sa.select(Content).where(Content.uid == path.rpartition("/")[2])) if path else None


def _both(stays: str, goes: str) -> tuple[Content, Content]:
    found = [session().scalar(sa.select(Content).where(Content.uid == uid)) for uid in (stays, goes)]
    first, second = found
    if (
        first is None
        or second is None
        or first.kind != second.kind
        or first.id == second.id
        or content_type(first.kind) is None
    ):
        abort(404)
    if "trash" in (first.status, second.status) or first.elsewhere or second.elsewhere:
        abort(404)  # what lives at another hub is merged there
    return first, second


@desk.get("/pair/<stays>/<goes>/")
@needs("duplicates.merge")
def compare(stays: str, goes: str) -> ResponseReturnValue:
    """Two entries beside each other; for each value that differs, which one stays."""
    return _page(*_both(stays, goes))


def _page(first: Content, second: Content, code: int = 200, told: str = "") -> ResponseReturnValue:
    ctype = content_type(first.kind) or abort(404)
    mine, theirs = items.read(first), items.read(second)
    known = {name: merging.parts(ctype, doc) for name, doc in (("mine", mine), ("theirs", theirs))}
    rows = [d for d in items.compare(first.kind, mine, theirs) if d.name in known["mine"] or d.name in known["theirs"]]
    shown = _shown({first.id, second.id})
    if len(shown) < 2:
        abort(404)
    return render_page(
        "duplicates/compare.html", cache=False, code=code, told=told, type=ctype, stays=shown[first.id], goes=shown[second.id],
        rows=rows, theirs=known["theirs"], mine=known["mine"], bearers=len(items.pointing_at(second)), ticked=request.form.getlist("take"),
        posted=request.method == "POST",
    )  # fmt: skip


@desk.post("/pair/<stays>/<goes>/")
@needs("duplicates.merge")
def decide(stays: str, goes: str) -> ResponseReturnValue:
    """Merge them, or note that they are two."""
    first, second = _both(stays, goes)
    do = request.form.get("do")
    if do == "different":
        low, high = sorted((first.id, second.id))
        session().merge(Pair(low=low, high=high, kind=first.kind, score=0.0, state="different"))
        session().commit()
        flash(gettext("Noted: these are two."), "ok")
        return redirect(url_for("duplicates_desk.overview"))
    if do != "merge":
        abort(400)
    if second.status == "published" and first.status != "published":
        told = gettext("What would stay is not public. Publish it first, or take the other way round.")
        return _page(first, second, 409, told)
    try:
        row = merging.merge(first, second, request.form.getlist("take"), current_user())
        items.commit()
    except Faults as error:
        items.rollback()
        return _page(*_both(stays, goes), 422, str(error))
    flash(gettext("Merged. The old addresses lead to what stayed; below is what moved."), "ok")
    return redirect(url_for("duplicates_desk.log", _anchor=f"m{row.id}"))


@desk.get("/log")
@needs("duplicates.merge")
def log() -> ResponseReturnValue:
    """What was merged, newest first, with everything that moved."""
    rows = session().scalars(sa.select(Merge).order_by(Merge.id.desc()).limit(PER_PAGE)).all()
    people = {row.user_id for row in rows if row.user_id}
    bearers = {uid for row in rows for uid in row.moved["bearers"]}
    numbers = {c.uid: c.id for c in session().scalars(sa.select(Content).where(Content.uid.in_(bearers)))}
    return render_page(
        "duplicates/log.html", cache=False, rows=rows, numbers=numbers, came={row.id: _came(row) for row in rows},
        shown=_shown({n for row in rows for n in (row.stays_id, row.goes_id)} | set(numbers.values())),
        people={u.id: u for u in session().scalars(sa.select(User).where(User.id.in_(people)))},
    )  # fmt: skip


def _came(row: Merge) -> dict[str, int]:
    """How many rows of which plugin came along."""
    counts: Counter[str] = Counter()
    for table, _column, keys in row.moved["rows"]:
        counts[_keeper(table)] += len(keys)
    return counts


def _keeper(table: str) -> str:
    """The plugin that keeps a table, as people know it; a table's own name says nothing to an editor."""
    plugins = current_app.extensions["hub"].plugins
    name = table.partition("_")[0]
    return str(plugins.card(name).label) if name in plugins.found else table


@desk.post("/log/<int:number>")
@needs("duplicates.merge")
def undo(number: int) -> ResponseReturnValue:
    """Take a merge back."""
    row = session().get(Merge, number, with_for_update=True) or abort(404)
    try:
        whole = merging.undo(row, current_user())
        items.commit()
    except (Impossible, Faults):
        items.rollback()
        flash(gettext("This cannot be undone any more: one of the two is gone or was taken out of the trash."), "bad")
    else:
        flash(gettext("Undone: they are two again.") if whole else gettext(
            "They are two again. What stayed was edited since, so it keeps its text."), "ok")  # fmt: skip
    return redirect(url_for("duplicates_desk.log"))
