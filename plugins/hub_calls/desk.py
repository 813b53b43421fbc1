"""The editors' pages at /desk/calls/…: the stage, the formal check, the jury, results and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from hub.api import Content, User, accounts, gettext, items, needs, render_page, session
from hub_calls import keeping
from hub_calls.call import STAGES
from hub_calls.models import IN_RACE, Entry, Juror

desk = Blueprint("calls_desk", __name__)
RESULTS = ("winner", "mention")


def _language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else ""


def _call(uid: str) -> Content:
    content = items.get("call", uid)
    if content is None or content.status == "trash":
        abort(404)
    return content


@desk.get("/run/<uid>/")
@needs("calls.run")
def run(uid: str) -> ResponseReturnValue:
    """Everything about one call."""
    content = _call(uid)
    rows = [row for row in keeping.entries(content.id) if row.state != "withdrawn"]
    numbers = [row.id for row in rows]
    jurors = session().scalars(sa.select(User).join(Juror, Juror.user_id == User.id).where(Juror.call_id == content.id)).all()
    handed, supports = keeping.sheets(numbers), keeping.supports(numbers)
    means = {number: keeping.mean(sheets) for number, sheets in handed.items()}
    rows.sort(key=lambda row: (row.state == "refused", -(means.get(row.id) or 0), -supports.get(row.id, 0), row.id))
    shown = items.load([content.id], _language(), 2, drafts=True)
    if not shown:
        abort(404)
    return render_page(
        "calls/run.html", cache=False, call=shown[0], stages=STAGES, stage=content.data.get("stage") or "entries", rows=rows,
        title=lambda row: keeping.title(row, _language()), supports=supports, sheets=handed, means=means, jurors=jurors,
        would=keeping.shortlist(content), race=IN_RACE, most=sum(int(c["points"]) for c in keeping.criteria(content)),
        people={user.id: user for user in jurors},
    )  # fmt: skip


@desk.post("/run/<uid>/")
@needs("calls.run")
def act(uid: str) -> ResponseReturnValue:
    """Go to a stage, appoint or dismiss a juror."""
    content = _call(uid)
    if wanted := request.form.get("stage"):
        try:
            keeping.advance(content, wanted)
        except ValueError:
            abort(400)
        flash(gettext("The call is at another stage now."), "ok")
    elif gone := request.form.get("dismiss", 0, type=int):
        session().execute(sa.delete(Juror).where(Juror.call_id == content.id, Juror.user_id == gone))
    elif user := accounts.find_user(session(), request.form.get("email", "").strip()):
        session().merge(Juror(call_id=content.id, user_id=user.id))
    else:
        flash(gettext("There is no account with this address. Invite the person first, then appoint them."), "bad")
    items.commit()
    return redirect(url_for("calls_desk.run", uid=uid))


@desk.post("/entry/<int:number>")
@needs("calls.run")
def decide(number: int) -> ResponseReturnValue:
    """The formal check of an entry; its result and the words to its author."""
    row = session().get(Entry, number, with_for_update=True) or abort(404)
    content = session().get(Content, row.call_id) or abort(404)
    form, do = request.form, request.form.get("do")
    if do in ("accept", "refuse"):
        reason = form.get("reason", "").replace("\r\n", "\n").strip()[:4000]
        if do == "refuse" and not reason:
            flash(gettext("Write what is missing: the author gets it by mail."), "bad")
            return redirect(url_for("calls_desk.run", uid=content.uid, _anchor=f"e{number}"))
        keeping.decide(row, do == "accept", reason)
    elif do == "result":
        row.result = form.get("result", "") if form.get("result") in RESULTS else ""
        row.result_words = " ".join(form.get("words", "").split())[:200]
        row.feedback = form.get("feedback", "").replace("\r\n", "\n").strip()[:4000]
        items.touch()
    else:
        abort(400)
    items.commit()
    flash(gettext("Saved."), "ok")
    return redirect(url_for("calls_desk.run", uid=content.uid, _anchor=f"e{number}"))
