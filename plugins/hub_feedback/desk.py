"""The moderators' pages at /desk/feedback/: what waits, by age; one decision for many; ready reasons."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import current_user, gettext, items, needs, ngettext, now, render_page, session
from hub_feedback import guard, letters, pages, report, voices, year
from hub_feedback.models import Canned, Mailing, Voice

PER_PAGE, BULK = 50, 100
DONE = ("pass", "remove", "spam")


def make() -> Blueprint:
    """The desk's pages."""
    desk = Blueprint("feedback_desk", __name__)
    moderator, reader = needs("feedback.moderate"), needs("feedback.report")
    desk.add_url_rule("/", "queue", moderator(queue))
    desk.add_url_rule("/many", "many", moderator(many), methods=["POST"])
    desk.add_url_rule("/mails", "mails", moderator(mails), methods=["POST"])
    desk.add_url_rule("/answers", "answers", moderator(answers), methods=["GET", "POST"])
    desk.add_url_rule("/report", "report", reader(report.page))
    desk.add_url_rule("/report.csv", "report_csv", reader(report.as_csv))
    desk.add_url_rule("/year", "year", reader(year.page))
    desk.add_url_rule("/year.docx", "year_docx", reader(year.as_docx))
    desk.add_url_rule("/year.pdf", "year_pdf", reader(year.as_pdf))
    return desk


def counted() -> dict[str, int]:
    """How many voices wait, and how many were removed."""
    waits = session().scalar(sa.select(sa.func.count()).select_from(Voice).where(voices.waiting())) or 0
    gone = (
        session().scalar(sa.select(sa.func.count()).select_from(Voice).where(Voice.state.in_(("removed", "spam")))) or 0
    )
    return {"waiting": waits, "removed": gone}


def waiting() -> list[tuple[Any, str, int, Any]]:
    """For the desk's list of what waits: voices to be read."""
    counted = sa.select(sa.func.count(), sa.func.min(Voice.created)).where(voices.waiting())
    number, since = session().execute(counted).one()
    return [(gettext("Voices"), url_for("feedback_desk.queue"), number, since)] if number else []


def queue() -> ResponseReturnValue:
    """What waits, oldest first; or what was taken out, newest first."""
    tab = "removed" if request.args.get("tab") == "removed" else "waiting"
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    chosen = sa.select(Voice).where(voices.waiting() if tab == "waiting" else Voice.state.in_(("removed", "spam")))
    chosen = (
        chosen.order_by(Voice.created, Voice.id)
        if tab == "waiting"
        else chosen.order_by(Voice.decided.desc(), Voice.id.desc())
    )
    rows = session().scalars(chosen.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)).all()
    shown = items.load(list({v.content_id or 0 for v in rows}), items.speaking(), 2)
    return render_page(
        "feedback/queue.html", cache=False, tab=tab, rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, page_number=page,
        counts=counted(), items={item.id: item for item in shown}, canned=canned(), age=_age, doubts=guard.DOUBTS,
        daily=session().get(Mailing, getattr(current_user(), "id", 0)) is not None,
    )  # fmt: skip


def _age(voice: Voice) -> str:
    """How long it has waited."""
    days = (now() - voice.created).days
    return ngettext("%(num)s day", "%(num)s days", days) if days else gettext("today")


def many() -> ResponseReturnValue:
    """One decision for all that are ticked."""
    do, numbers = request.form.get("do", ""), request.form.getlist("number", type=int)[:BULK]
    reason, done = _reason(), 0
    if do not in DONE:
        abort(400)
    if not numbers:
        flash(gettext("Tick at least one."), "warn")
        return redirect(url_for("feedback_desk.queue"))
    if do == "remove" and not any(reason.values()):
        flash(gettext("Say why, in words that everybody may read: choose a ready reason or write one."), "warn")
        return redirect(url_for("feedback_desk.queue"))
    for number in numbers:
        voice = session().get(Voice, number, with_for_update=True, populate_existing=True)
        if voice is not None and voice.state == "live":
            _decide(do, voice, reason.get(voice.lang) or next(filter(None, reason.values()), ""))
            done += 1
    items.commit()
    if left := len(numbers) - done:
        flash(ngettext("%(num)s was decided meanwhile.", "%(num)s were decided meanwhile.", left), "warn")
    if done:
        flash(ngettext("%(num)s thing decided.", "%(num)s things decided.", done), "ok")
    return redirect(url_for("feedback_desk.queue"))


def _decide(do: str, voice: Voice, reason: str) -> None:
    editor: Any = current_user()
    if do == "pass":
        fresh = not voice.passed
        voices.passes(voice, editor)
        if fresh:
            letters.announce(voice)
    else:
        voices.remove(voice, editor, reason, spam=do == "spam")


def _reason() -> dict[str, str]:
    """The public reason by language: own words for every language, else the ready one."""
    words = pages.lines(request.form.get("reason", ""))[:1000]
    codes = items.site()["languages"]
    if words:
        return dict.fromkeys(codes, words)
    ready = session().get(Canned, request.form.get("canned", 0, type=int))
    return {code: str((ready.texts if ready else {}).get(code, "")) for code in codes}


def mails() -> ResponseReturnValue:
    """Whether this moderator wants the daily mail."""
    user: Any = current_user()
    wish = session().get(Mailing, user.id)
    if "daily" in request.form and wish is None:
        session().add(Mailing(user_id=user.id))
    elif "daily" not in request.form and wish is not None:
        session().delete(wish)
    session().commit()
    flash(gettext("Saved."), "ok")
    return redirect(url_for("feedback_desk.queue"))


def canned() -> list[tuple[int, str]]:
    """The ready reasons as this editor reads them."""
    rows = session().scalars(sa.select(Canned).order_by(Canned.id))
    return [(row.id, row.texts.get(items.speaking()) or next(filter(None, row.texts.values()), "")) for row in rows]


def answers() -> ResponseReturnValue:
    """The ready reasons; POST adds, changes or deletes one."""
    codes, again = items.site()["languages"], dict[str, str]()
    if request.method == "POST":
        number = request.form.get("number", 0, type=int)
        texts = {code: pages.lines(request.form.get(f"text.{code}", ""))[:1000] for code in codes}
        found = session().get(Canned, number) if number else Canned(texts={})
        if found is not None and request.form.get("do") != "remove" and any(texts.values()):
            found.texts = {**found.texts, **texts}
            session().add(found)
            session().commit()
            flash(gettext("Saved."), "ok")
            return redirect(url_for("feedback_desk.answers"))
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
    return render_page("feedback/answers.html", cache=False, rows=rows, again=again, codes=codes)
