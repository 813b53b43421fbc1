"""The desk's pages below /desk/cases/: adoptions that wait, a form or file taken in, one fact more, submitting elsewhere, handouts."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Conflict,
    Content,
    Faults,
    current_user,
    forms,
    gettext,
    items,
    level,
    may,
    needs,
    render_page,
    session,
)
from hub_cases import adoptions, completeness, drawing, filing, guard, handouts, leading, pages, submitting
from hub_cases.formfile import LARGEST, Unusable
from hub_cases.models import Adoption
from hub_cases.practice import PRACTICE


def make() -> Blueprint:
    """The desk's pages. Addresses have two words, so that they never meet an item's."""
    desk = Blueprint("cases_desk", __name__)
    own, editor, both = needs("content.propose"), needs("cases.adoptions"), ["GET", "POST"]
    desk.add_url_rule("/adoptions/waiting", "queue", editor(queue), methods=both)
    desk.add_url_rule("/import/form", "import_form", own(import_form), methods=both)
    desk.add_url_rule("/<uid>/fact/<name>", "fact", own(fact), methods=both)
    desk.add_url_rule("/<uid>/forms/", "profiles", own(submitting.profile_list))
    desk.add_url_rule("/<uid>/forms/<profile>", "submit", own(submitting.page))
    desk.add_url_rule("/<uid>/forms/<profile>.<any(docx,pdf,md,csv):shape>", "submit_file", own(submitting.file))
    desk.add_url_rule("/<uid>/forms/<profile>/print", "submit_print", own(submitting.printed))
    desk.add_url_rule("/<uid>/figures/", "draw", own(drawing.desk), methods=both)
    desk.add_url_rule("/<uid>/lead", "lead", needs("cases.lead")(leading.choose), methods=["POST"])
    desk.add_url_rule("/<uid>/handouts/", "handouts", own(handouts.desk), methods=both)
    return desk


# -- adoptions ------------------------------------------------------------------------------------------------------------


def queue() -> ResponseReturnValue:
    """Adoptions that wait for an editor; POST decides one."""
    tab = "decided" if request.args.get("tab") == "decided" else "waiting"
    if request.method == "POST":
        row = session().get(Adoption, request.form.get("number", 0, type=int), with_for_update=True)
        do, user = request.form.get("do", ""), current_user()
        if row is None or do not in ("accept", "refuse", "spam"):
            abort(404)
        if (row.state in ("waiting", "held")) or (row.state == "live" and do == "refuse"):
            adoptions.accept(row, user) if do == "accept" else adoptions.refuse(row, user, spam=do == "spam")
            flash(gettext("Done."), "ok")
        else:
            flash(gettext("Somebody was faster: this has been decided already."), "warn")
        items.commit()
        return redirect(url_for("cases_desk.queue", tab=tab))
    rows = pages.queued(tab)
    shown = {item.id: item for item in items.load([row.content_id for row, _ in rows], items.speaking(), 2)}
    return render_page("cases/queue.html", cache=False, tab=tab, rows=rows, items=shown, stages=pages.labels(), doubts=guard.DOUBTS,
                       spoken=adoptions.spoken, waits=adoptions.waiting()[0])  # fmt: skip


# -- a filled form --------------------------------------------------------------------------------------------------------


def import_form() -> ResponseReturnValue:
    """A filled award form becomes a draft."""
    told = ""
    if request.method == "POST":
        upload = request.files.get("file")
        data = upload.read(LARGEST + 1) if upload and upload.filename else b""
        language = request.form.get("language", "")
        language = language if language in items.site()["languages"] else ""
        user = current_user()
        try:
            if not data:
                raise Unusable(gettext("Choose a file first."))
            filed = filing.read(data, upload.filename or "" if upload else "", language)
            content = filing.store(filed, user.id if user else None)
            items.commit()
        except Unusable as error:
            session().rollback()
            told = str(error)
        else:
            flash(" ".join(filed.told()).rstrip(":") + ("" if filed.told()[-1].endswith(".") else "."), "warn" if filed.unplaced else "ok")
            return redirect(url_for("desk.edit", path=PRACTICE.path, uid=content.uid, form="full"))
    return render_page("cases/import.html", cache=False, code=422 if told else 200, told=told)


# -- one fact more --------------------------------------------------------------------------------------------------------


def fact(uid: str, name: str) -> ResponseReturnValue:
    """One question of the form by itself; POST saves the answer, or that nobody knows it."""
    content = pages.editable(uid)
    if name not in completeness.questions():
        abort(404)
    doc, pending = items.working_copy(content)
    language = request.values.get("language", "")
    if language not in items.site()["languages"]:
        language = items.speaking() if items.speaking() in doc["texts"] or not doc["texts"] else next(iter(doc["texts"]))
    if request.method == "GET":
        return _fact_page(content, name, doc, language, items.token(content))
    only = _only(name)
    typed = forms.parse(only, request.form, doc, language, 0, quick=True)
    faults = typed.pop("faults")
    if request.form.get("do") == "unknown" and name in {choice.value for choice in _unknown()}:
        typed = {**doc, "data": {**doc["data"], "unknown": [*doc["data"].get("unknown", []), name]}}
        faults = {}
    user, publishes = current_user(), may(current_user(), "content.publish") and content.status == "published" and pending is None
    try:
        if faults:
            raise Faults(faults)
        items.save(content, typed, author_id=user.id if user else None, base=request.form.get("base", ""), publish=publishes)
        items.commit()
    except Faults as error:
        session().rollback()
        return _fact_page(pages.editable(uid), name, typed, language, request.form.get("base", ""), error.faults, 422)
    except Conflict as clash:
        session().rollback()
        told = gettext("Somebody else saved this meanwhile. Your answer is still here: look at the entry and save again.")
        return _fact_page(pages.editable(uid), name, typed, language, clash.token, code=409, told=told)
    return _next(uid, publishes)


def _next(uid: str, published: bool) -> ResponseReturnValue:
    """On to the next question, until there is none."""
    content = pages.editable(uid)
    doc, _ = items.working_copy(content)
    state = completeness.of(doc)
    said = gettext("Saved: %(percent)s of the form is known.", percent=f"{state.percent} %")
    if not published and content.status == "published":
        said = f"{said} {gettext('The site shows it once an editor publishes it.')}"
    flash(said, "ok")
    if state.missing:
        return redirect(url_for("cases_desk.fact", uid=uid, name=state.missing[0][0]))
    return redirect(url_for("desk.edit", path=PRACTICE.path, uid=uid))


def _unknown() -> Any:
    field = PRACTICE.field("unknown")
    return field.choices if field else ()


def _only(name: str) -> Any:
    """The content type with nothing but this question in its short form."""
    declared, relation = PRACTICE.field(name), PRACTICE.relation(name)
    return dataclasses.replace(
        PRACTICE, fields=(dataclasses.replace(declared, quick=True),) if declared else (), relations=(relation,) if relation else (),
        places=PRACTICE.places if name == "places" else "none", topics=name == "topics", body_quick=name == "body",
        body_label=PRACTICE.body_label if name == "body" else "",
    )  # fmt: skip


def _fact_page(
    content: Content, name: str, doc: Any, language: str, token: str, faults: Any = None, code: int = 200, told: str = ""
) -> ResponseReturnValue:
    sections = forms.build(_only(name), doc, language, level(current_user()), quick=True, faults=faults or {})
    everywhere = ("title.",) if name == "summary" else ("title.", "summary.")
    controls = [c for section in sections for c in section.controls if not c.name.startswith(everywhere)]
    return render_page(
        "cases/fact.html", cache=False, code=code, content=content, controls=controls, language=language, token=token, told=told,
        state=completeness.of(doc), name=name, title=pages.title_of(doc), can_be_unknown=name in {c.value for c in _unknown()},
        faults=faults or {},
    )  # fmt: skip
