"""Handouts for labs: the beginning of a practice with questions; how it went on appears at a moment that was set."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from hub.api import Content, current_user, gettext, instance, items, now, render_page, session
from hub_cases import pages
from hub_cases.models import Handout

CONTEXT = ("before", "objective", "coordination")
OUTCOME = ("achievement", "extent", "innovation", "coresponsibility", "feasibility", "transferability", "evaluation", "lessons")


def questions() -> str:
    """What a lab asks where its leader writes nothing else."""
    return "\n".join((
        gettext("What troubles do you see here?"), gettext("What ways exist to overcome them?"),
        gettext("What would you do yourselves, and with whom?"), gettext("How would you notice that it works?"),
    ))  # fmt: skip


def desk(uid: str) -> ResponseReturnValue:
    """The handouts of a practice; POST makes or removes one."""
    content, user = pages.editable(uid), current_user()
    typed = {"title": request.form.get("title", "").strip()[:200], "opens": request.form.get("opens", ""),
             "questions": request.form.get("questions", questions()).replace("\r\n", "\n").strip()[:4000]}  # fmt: skip
    told = ""
    if request.method == "POST" and request.form.get("do") == "remove":
        if "sure" in request.form:
            number = request.form.get("number", 0, type=int)
            session().execute(sa.delete(Handout).where(Handout.id == number, Handout.content_id == content.id))
            session().commit()
            flash(gettext("Done."), "ok")
        else:
            flash(gettext("Nothing was deleted: say first that you are sure."), "warn")
        return redirect(url_for("cases_desk.handouts", uid=uid))
    if request.method == "POST":
        try:
            opens = dt.datetime.fromisoformat(typed["opens"]).replace(tzinfo=ZoneInfo(str(get_timezone()))).astimezone(dt.UTC)
        except (ValueError, OverflowError):  # the first and the last hours of the calendar exist in some zones only
            told = gettext("Say from when on the outcome can be read: a day and a time.")
        else:
            made = Handout(content_id=content.id, opens=opens, title=typed["title"], questions=typed["questions"],
                           user_id=user.id if user else None)  # fmt: skip
            session().add(made)
            session().commit()
            flash(gettext("The handout is ready: its address is below."), "ok")
            return redirect(url_for("cases_desk.handouts", uid=uid))
    rows = session().scalars(sa.select(Handout).where(Handout.content_id == content.id).order_by(Handout.opens.desc())).all()
    shown = items.load([content.id], items.speaking(), 2, drafts=True)
    return render_page("cases/handouts.html", cache=False, code=422 if told else 200, content=content, rows=rows, typed=typed, told=told,
                       title=shown[0].title if shown else "", lang_of=items.speaking())  # fmt: skip


def code(lang: str, uid: str) -> Response:
    """The address of a handout as a drawing: who holds the paper reads the outcome on a phone."""
    if session().scalar(sa.select(Handout.id).where(Handout.uid == uid)) is None:
        abort(404)
    drawing = instance.qr_code(items.absolute(url_for("cases.handout", lang=lang, uid=uid)))
    return Response(drawing, mimetype="image/svg+xml")


def show(lang: str, uid: str) -> ResponseReturnValue:
    """The handout: never kept, because what it shows turns with the clock and not with an edit."""
    made = session().scalar(sa.select(Handout).where(Handout.uid == uid))
    content = session().get(Content, made.content_id) if made is not None else None
    if made is None or content is None:
        abort(404)
    item = pages.subject(content.uid, lang)
    fields = {f.name: f for f in item.type.fields}
    context = [(fields[name].label, item.value(name)) for name in CONTEXT if item.value(name)]
    outcome = [(fields[name].label, item.value(name)) for name in OUTCOME if item.value(name)]
    facts = [(fields[n].label, item.text(n)) for n in ("institution", "start", "experience_types", "area", "themes") if item.value(n)]
    return render_page(
        "cases/handout.html", cache=False, item=item, made=made, context=context, outcome=outcome, facts=facts, is_open=made.opens <= now(),
        questions=[line.strip(" -") for line in made.questions.split("\n") if line.strip(" -")], alone=not context,
    )  # fmt: skip
