"""The editors' pages at /desk/contact/: messages by state, one message, many at once, ready answers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Content,
    User,
    current_user,
    gettext,
    items,
    needs,
    ngettext,
    now,
    render_page,
    session,
)
from hub_contact import guard, letters, taking
from hub_contact.models import TABS, Canned, Message, Step
from hub_contact.taking import Decided

PER_PAGE, BULK = 50, 100


def make() -> Blueprint:
    """The desk's pages."""
    desk, editor = Blueprint("contact_desk", __name__), needs("contact.answer")
    desk.add_url_rule("/", "messages", editor(messages))
    desk.add_url_rule("/<int:number>/", "one", editor(one), methods=["GET", "POST"])
    desk.add_url_rule("/many", "many", editor(many), methods=["POST"])
    desk.add_url_rule("/answers", "answers", editor(answers), methods=["GET", "POST"])
    return desk


def counts() -> dict[str, int]:
    """How many messages stand under each tab."""
    rows = session().execute(sa.select(Message.state, sa.func.count()).group_by(Message.state))
    by_state = dict(rows.all())
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def waiting() -> list[tuple[Any, str, int, Any]]:
    """What waits for an answer, for the desk's list of what waits."""
    counted = sa.select(Message.state, sa.func.count(), sa.func.min(Message.moved)).group_by(Message.state)
    rows = session().execute(counted.where(Message.state.in_(("open", "held"))))
    names = {"open": gettext("Messages"), "held": gettext("Messages that look suspicious")}
    return [(names[state], url_for("contact_desk.messages", tab=state), number, since) for state, number, since in rows]


def messages() -> ResponseReturnValue:
    """The messages of one state: open ones oldest first, others newest first."""
    tab = request.args.get("tab", "open")
    tab = tab if tab in TABS else "open"
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    order = (Message.moved, Message.id) if tab in ("open", "held") else (Message.moved.desc(), Message.id.desc())
    query = sa.select(Message).where(Message.state.in_(TABS[tab])).order_by(*order)
    rows = session().scalars(query.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)).all()
    return render_page(
        "contact/messages.html", cache=False, tab=tab, rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, page_number=page,
        counts=counts(), age=age, doubts=doubts_of,
    )  # fmt: skip


def age(message: Message) -> str:
    """How long it has waited."""
    days = (now() - message.moved).days
    return ngettext("%(num)s day", "%(num)s days", days) if days else gettext("today")


def doubts_of(message: Message) -> list[str]:
    """Why it looks suspicious, in words."""
    return [str(guard.DOUBTS[doubt]) for doubt in message.doubts if doubt in guard.DOUBTS]


def one(number: int) -> ResponseReturnValue:
    """One message; POST answers or closes it."""
    if request.method == "POST":
        return _act(number)
    return _page(number)


def _page(number: int, code: int = 200, told: str = "", typed: str = "") -> ResponseReturnValue:
    message = session().get(Message, number)
    if message is None:
        abort(404)
    people = sa.outerjoin(Step, User, Step.user_id == User.id)
    steps = session().execute(
        sa.select(Step, User).select_from(people).where(Step.message_id == number).order_by(Step.id)
    )
    content = session().get(Content, message.content_id) if message.content_id else None
    ready = [
        (row.id, row.texts.get(message.lang) or "") for row in session().scalars(sa.select(Canned).order_by(Canned.id))
    ]
    return render_page(
        "contact/one.html", cache=False, code=code, message=message, steps=steps.all(), told=told, typed=typed,
        about=letters.entry_of(content, message.lang) if content else None, doubts=doubts_of(message),
        canned=[(number, text) for number, text in ready if text],
    )  # fmt: skip


def _act(number: int) -> ResponseReturnValue:
    do, text = request.form.get("do", ""), request.form.get("text", "").replace("\r\n", "\n").strip()[:10_000]
    editor = current_user()
    message = session().get(Message, number, with_for_update=True)
    if message is None or editor is None:
        abort(404)
    steps = session().scalar(sa.select(sa.func.max(Step.id)).where(Step.message_id == number)) or 0
    if str(steps) != request.form.get("seen", ""):
        told = gettext("Somebody was faster: look at what was done meanwhile. Your text is still here.")
        return _page(number, 409, told, text)
    if do == "answer" and request.form.get("canned"):
        ready = session().get(Canned, request.form.get("canned", 0, type=int))
        text = "\n\n".join(part for part in ((ready.texts.get(message.lang, "") if ready else ""), text) if part)
    if do == "answer" and not text:
        return _page(number, 422, gettext("Write the answer first, or choose a ready one."))
    if do == "answer" and not message.email:
        return _page(number, 422, gettext("The sender gave no address; nobody can be answered."), text)
    try:
        taking.act(message, do, editor, text)
    except Decided:
        session().rollback()
        return _page(number, 409, gettext("This step is not possible any more."), text)
    session().commit()
    flash(gettext("The answer is on its way.") if do == "answer" else gettext("Done."), "ok")
    return redirect(url_for("contact_desk.one", number=number))


def many() -> ResponseReturnValue:
    """Close, release or mark as spam whatever is ticked."""
    do, editor, done = request.form.get("do", ""), current_user(), 0
    if do not in ("close", "release", "spam", "open") or editor is None:
        abort(400)
    for number in request.form.getlist("number", type=int)[:BULK]:
        message = session().get(Message, number, with_for_update=True)
        if message is not None:
            try:
                taking.act(message, do, editor, "")
                done += 1
            except Decided:
                continue
    session().commit()
    if done:
        flash(ngettext("%(num)s message done.", "%(num)s messages done.", done), "ok")
    else:
        flash(gettext("Tick at least one line first."), "warn")
    return redirect(url_for("contact_desk.messages", tab=request.form.get("tab", "open")))


def answers() -> ResponseReturnValue:
    """The ready answers, in every language of the site."""
    languages, again = items.site()["languages"], dict[str, str]()
    if request.method == "POST":
        number = request.form.get("number", 0, type=int)
        texts = {code: request.form.get(f"text.{code}", "").replace("\r\n", "\n").strip()[:4000] for code in languages}
        found = session().get(Canned, number) if number else Canned()
        if found is not None and request.form.get("do") != "remove" and any(texts.values()):
            found.texts = {**(found.texts or {}), **texts}
            session().add(found)
            session().commit()
            flash(gettext("Saved."), "ok")
            return redirect(url_for("contact_desk.answers"))
        if found is None:
            again, said = texts, gettext("Somebody deleted it meanwhile. What you wrote stands below.")
        elif number:
            again, said = dict(found.texts or {}), gettext("Deleted. It stands below once more: “Add” brings it back.")
            session().delete(found)
            session().commit()
        else:
            said = gettext("Write the text first, in one language at least.")
        flash(said, "warn")
    rows = session().scalars(sa.select(Canned).order_by(Canned.id)).all()
    return render_page("contact/answers.html", cache=False, rows=rows, again=again, codes=languages)
