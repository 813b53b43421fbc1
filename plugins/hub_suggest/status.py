"""The sender's pages: what became of a suggestion, changing it, taking it back; all by the secret link, without an account."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Faults, content_type, current_user, forms, items, render_page, session
from hub_suggest import fields, guard, links, moderation, pages, writing
from hub_suggest.models import Entry, Step
from hub_suggest.writing import Typed

TOLD = ("asked", "accepted", "partly", "refused", "spam", "withdrawn", "rewritten", "sent")  # steps a sender sees


def open_link(lang: str, token: str) -> ResponseReturnValue:
    """The secret link: remember it in this browser and go on to an address without it."""
    known = links.read_status(token)
    entry = session().get(Entry, known[0]) if known else None
    if known is None or entry is None or entry.uid != known[1]:
        return render_page("suggest/gone.html", cache=False, code=404)
    links.open_entry(entry.uid)
    answer = redirect(url_for("suggest.status", lang=lang, uid=entry.uid))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def mine(uid: str) -> Entry:
    """The entry, for who opened its link or sent it as a member; 404 for others."""
    entry = session().scalar(sa.select(Entry).where(Entry.uid == uid))
    user = current_user()
    if entry is None or not (uid in links.opened() or (user and entry.user_id == user.id)):
        abort(404)
    return entry


def status(lang: str, uid: str) -> ResponseReturnValue:
    """What became of it; POST confirms, takes back, answers a question or takes the sender's name out."""
    entry = mine(uid)
    if request.method == "POST":
        return _act(lang, entry)
    ctype = content_type(entry.kind)
    content = moderation.item_of(entry)
    public = items.load([content.id], lang) if content and content.status == "published" else []
    steps = (
        session().scalars(sa.select(Step).where(Step.entry_id == entry.id, Step.verb.in_(TOLD)).order_by(Step.id)).all()
    )
    later = session().scalars(sa.select(Entry).where(Entry.parent_id == entry.id).order_by(Entry.id)).all()
    labels = {key: fields.label(ctype, key) for key in entry.wish} if ctype else {}
    return render_page(
        "suggest/status.html", cache=False, entry=entry, type=ctype, public=public[0] if public else None, steps=steps,
        later=later, labels=labels, link=links.status_link(entry, lang), thanks="thanks" in request.args,
        may_change=ctype is not None and _may_change(entry, content),
    )  # fmt: skip


def _act(lang: str, entry: Entry) -> ResponseReturnValue:
    entry = session().get(Entry, entry.id, with_for_update=True, populate_existing=True) or entry
    do, back = request.form.get("do"), redirect(url_for("suggest.status", lang=lang, uid=entry.uid))
    if do == "confirm" and entry.state == "confirm":
        moderation.queue(entry)
        moderation.note(entry, "confirmed", "sender")
    elif do == "withdraw" and entry.state in ("confirm", "waiting", "held"):
        moderation.withdraw(entry)
    elif do == "forget":
        moderation.forget_sender(entry)
    elif do == "answer" and entry.state in ("waiting", "held") and request.form.get("answer", "").strip():
        moderation.reply(entry, request.form["answer"].strip()[:4000])
    items.commit()
    return back


def _may_change(entry: Entry, content: Any) -> bool:
    if entry.state in ("confirm", "waiting", "held"):
        return True
    ours = entry.what == "new" and entry.state == "accepted" and content is not None
    return ours and content.status == "published" and content.audience == "public"


def edit(lang: str, uid: str) -> ResponseReturnValue:
    """The sender goes on: what waits is rewritten, a published own entry gets a change that is moderated as the site decides."""
    entry = mine(uid)
    ctype, content = content_type(entry.kind), moderation.item_of(entry)
    if ctype is None or not _may_change(entry, content):
        return redirect(url_for("suggest.status", lang=lang, uid=uid))
    doc = _document(entry, content)
    language = request.values.get("text", "")
    if language not in items.site()["languages"]:
        language = entry.lang if entry.lang in doc["texts"] else next(iter(doc["texts"]), lang)
    if request.method == "GET":
        return _form(entry, ctype, language, Typed(doc, note=entry.note), fields.marks(fields.flat(ctype, doc)))
    if forms.looking(request.form):
        return _form(entry, ctype, language, writing.read(ctype, doc, language, look=True), request.form.get("shown", ""))
    wait, flood = pages.count()
    entry = mine(uid)
    typed, shown = writing.read(ctype, doc, language), request.form.get("shown", "")
    typed.faults.pop("email", None)
    if wait or typed.faults:
        return _form(entry, ctype, language, typed, shown, 429 if wait else 422, pages.wait_words(wait) if wait else "")
    try:
        target = _save(entry, ctype, content, typed, doc, flood)
    except Faults as error:
        session().rollback()
        typed.faults = error.faults
        return _form(mine(uid), ctype, language, typed, shown, 422)
    items.commit()
    return redirect(url_for("suggest.status", lang=lang, uid=target.uid))


def _document(entry: Entry, content: Any) -> Any:
    """What the sender's form begins with."""
    if content is None:
        return {**forms.empty(), **entry.draft}
    doc = items.read(content)
    ctype = content_type(entry.kind)
    return fields.put(ctype, doc, entry.wish) if entry.wish and entry.decided is None and ctype else doc


def _save(entry: Entry, ctype: Any, content: Any, typed: Typed, doc: Any, flood: bool) -> Entry:
    entry = session().get(Entry, entry.id, with_for_update=True, populate_existing=True) or entry
    if entry.decided is None:
        live = fields.flat(ctype, items.read(content)) if content else {}
        if entry.what != "new":
            entry.base = {**{key: live.get(key) for key in typed.values}, **entry.base}
        moderation.rewrite(entry, typed.values, typed.note)
        fresh = guard.doubts(
            {"shown_at": request.form.get("shown_at", "")}, guard.texts_of(typed.values, typed.note), "", flood, True
        )
        entry.doubts = sorted({*entry.doubts, *fresh})
        return entry
    if not typed.values:
        return entry
    shown = items.load([content.id], entry.lang)
    change = pages.correction(shown[0], ctype, entry.lang, typed, items.read(content), "change")
    change.parent_id, change.name, change.email, change.user_id = entry.id, entry.name, entry.email, entry.user_id
    change.doubts = pages.doubts(change, typed.values, flood)
    if writing.changes_of_senders(entry.kind) == "publish" and not change.doubts:
        moderation.change_at_once(change)
    else:
        moderation.take_in(change)
        if change.state == "confirm":  # whoever holds the link has confirmed it before
            moderation.queue(change)
    session().flush()
    links.open_entry(change.uid)
    return change


def _form(
    entry: Entry, ctype: Any, language: str, typed: Typed, shown: str, code: int = 200, told: str = ""
) -> ResponseReturnValue:
    sections = forms.build(ctype, typed.doc, language, 0, quick=False, faults=typed.faults)
    content = moderation.item_of(entry)
    at_once = entry.decided is not None and writing.changes_of_senders(entry.kind) == "publish"
    return render_page(
        "suggest/edit.html", cache=False, code=code, entry=entry, type=ctype, sections=sections, language=language,
        typed=typed, faults=typed.faults, shown=shown, stamp=links.stamp(), trap=guard.TRAP, told=told, at_once=at_once,
        looking=forms.looking(request.form), live=content is not None and content.status == "published",
    )  # fmt: skip
