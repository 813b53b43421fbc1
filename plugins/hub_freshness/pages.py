"""What a keeper's link opens: the entry and three answers. Looking changes nothing; a button answers."""

from __future__ import annotations

import sqlalchemy as sa
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, accounts, current_user, enqueue, gettext, items, render_page, session
from hub_freshness import age, asking
from hub_freshness.models import Answer, Asked, Quiet


def item(lang: str, token: str) -> ResponseReturnValue:
    """GET shows the entry as it is now, POST takes the answer about exactly that version."""
    known = asking.read(token)
    if known is None or known[0].status != "published":
        return render_page("freshness/gone.html", cache=False, code=404)
    content, version = known
    wanted = request.values.get("answer", "")
    if request.method == "GET" or wanted not in asking.ANSWERS:
        return _page(content, lang, wanted if wanted in asking.ANSWERS else "right", items.token(content) != version)
    if request.form.get("version") != items.token(content):
        return _page(content, lang, wanted, True, code=409)
    note = request.form.get("note", "").replace("\r\n", "\n").strip()[:4000]
    if wanted == "edit" and not note:
        return _page(content, lang, wanted, False, code=422, fault=gettext("Say in a few words what has changed."))
    take(content, wanted, note)
    items.commit()
    return redirect(url_for("freshness.thanks", lang=lang, answer=wanted))


def take(content: Content, answer: str, note: str) -> None:
    """A keeper's answer: right is noted at once, all else waits for an editor."""
    asked = session().get(Asked, content.id)
    if asked is not None:
        asked.times = 2  # no reminder
    if answer == "right":
        items.check(content, age.today(), "keeper")
        return
    same = sa.select(Answer.id).where(Answer.content_id == content.id, Answer.answer == answer, Answer.note == note, Answer.done.is_(False))
    if session().scalar(same.limit(1)) is not None:
        return  # a button pressed twice
    session().add(Answer(content_id=content.id, answer=answer, note=note))
    enqueue(session(), "freshness.tell", dedupe="freshness.tell")


def _page(
    content: Content, lang: str, wanted: str, changed: bool, *, code: int = 200, fault: str = ""
) -> ResponseReturnValue:
    shown = items.load([content.id], lang)
    user = current_user()
    answer = render_page(
        "freshness/item.html", cache=False, code=code, item=shown[0], wanted=wanted, changed=changed, fault=fault,
        note=request.form.get("note", ""), version=items.token(content), may_edit=bool(user and items.editable(content)),
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def thanks(lang: str) -> ResponseReturnValue:
    """What becomes of the answer."""
    answer = request.args.get("answer", "")
    return render_page("freshness/thanks.html", cache=False, answer=answer if answer in asking.ANSWERS else "right")


def quiet(lang: str, token: str) -> ResponseReturnValue:
    """No questions by mail any more: GET shows, POST ends them (also as one click of a mail program)."""
    known = accounts.unsigned("freshness quiet", token)
    if not known:
        return render_page("freshness/gone.html", cache=False, code=404)
    if request.method == "POST":
        session().merge(Quiet(hash=asking.hashed(str(known[0]))))
        session().commit()
    answer = render_page("freshness/quiet.html", cache=False, done=request.method == "POST")
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
