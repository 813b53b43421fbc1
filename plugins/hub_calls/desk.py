"""The editors' pages at /desk/calls/…: the stage, the formal check, the jury, results and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, User, accounts, gettext, items, needs, ngettext, render_page, session
from hub_calls import dealing, keeping
from hub_calls.call import STAGES
from hub_calls.models import IN_RACE, Entry, Juror

desk = Blueprint("calls_desk", __name__)
RESULTS = ("winner", "mention")


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
    known = sa.select(Juror, User).join(User, User.id == Juror.user_id).where(Juror.call_id == content.id).order_by(Juror.user_id)
    jurors = [(row[0], row[1]) for row in session().execute(known)]
    handed, supports = keeping.sheets(numbers), keeping.supports(numbers)
    means = {number: keeping.mean(sheets) for number, sheets in handed.items()}
    rows.sort(key=lambda row: (row.state == "refused", -(means.get(row.id) or 0), -supports.get(row.id, 0), row.id))
    shown = items.load([content.id], items.speaking(), 2, drafts=True)
    if not shown:
        abort(404)
    return render_page(
        "calls/run.html", cache=False, call=shown[0], stages=STAGES, stage=content.data.get("stage") or "entries", rows=rows,
        title=lambda row: keeping.title(row, items.speaking()),
        category=lambda row: keeping.category(row, content, items.speaking()), supports=supports, sheets=handed, means=means, jurors=jurors,
        would=keeping.shortlist(content), race=IN_RACE, most=sum(int(c["points"]) for c in keeping.criteria(content)),
        people={user.id: user for _juror, user in jurors}, panel=dealing.Panel(content), languages=items.site()["languages"],
        lacks=keeping.lacking(content),
    )  # fmt: skip


@desk.post("/run/<uid>/")
@needs("calls.run")
def act(uid: str) -> ResponseReturnValue:
    """Go to a stage, appoint, dismiss or remind jurors, deal the shortlist out or take that back."""
    content = _call(uid)
    if wanted := request.form.get("stage"):
        if wanted == "decided" and "sure" not in request.form and (lacks := keeping.lacking(content)):
            for what in lacks:
                flash(what, "bad")
            return redirect(url_for("calls_desk.run", uid=uid))
        try:
            keeping.advance(content, wanted)
        except ValueError:
            abort(400)
        flash(gettext("The call is at another stage now."), "ok")
    elif gone := request.form.get("dismiss", 0, type=int):
        dealing.gather_in(content, gone)
        session().execute(sa.delete(Juror).where(Juror.call_id == content.id, Juror.user_id == gone))
        flash(gettext("Removed from the jury. Sheets that were handed in stay."), "ok")
    elif request.form.get("do") in ("deal", "gather"):
        _deal(content, request.form["do"] == "deal")
    elif request.form.get("do") == "tell":
        told = dealing.tell_all(content) if keeping.stage(content) == "jury" else 0
        flash(ngettext("%(num)s juror gets a letter.", "%(num)s jurors get a letter.", told), "ok" if told else "warn")
    elif user := accounts.find_user(session(), request.form.get("email", "").strip()):
        reads = [code for code in items.site()["languages"] if code in request.form.getlist("languages")]
        if not keeping.is_juror(content, user):
            dealing.named(content, user)
            flash(gettext("%(name)s is in the jury now and gets a letter.", name=user.shown_name), "ok")
        session().merge(Juror(call_id=content.id, user_id=user.id, languages=reads))
    else:
        flash(gettext("There is no account with this address. Invite the person first, then appoint them."), "bad")
    items.commit()
    return redirect(url_for("calls_desk.run", uid=uid))


def _deal(content: Content, out: bool) -> None:
    typed = request.form.get("readers", "").strip()
    if not out:
        dealing.gather_in(content)
        flash(gettext("Everybody in the jury reads everything again. Sheets that were begun are kept."), "ok")
    elif keeping.stage(content) != "jury" or not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 100):
        flash(gettext("Say how many jurors read each entry: a whole number from 1, when the jury reads."), "bad")
    else:
        dealing.deal(session().get_one(Content, content.id, with_for_update=True), int(typed))
        lacks = sum(dealing.Panel(content).missing.values())
        flash(gettext("Dealt out. Whoever has something new to read gets a letter."), "ok")
        if lacks:
            flash(ngettext("But %(num)s reader is missing: see below.", "But %(num)s readers are missing: see below.", lacks), "warn")


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
