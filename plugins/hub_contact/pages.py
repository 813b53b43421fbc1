"""The public pages: write to the editors, ask whoever keeps an item, confirm a message, write again."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Content,
    Item,
    accounts,
    current_user,
    gettext,
    items,
    level,
    ngettext,
    now,
    render_page,
    session,
    setting,
)
from hub_contact import guard, letters, taking
from hub_contact.models import Message, Step

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+\.[^\s@<>()\[\]\\,;:\".]+")
DID = ("editors", "holder", "confirm")


def write(lang: str) -> ResponseReturnValue:
    """To the editors."""
    return _form_page(lang, None) if request.method == "GET" else _send(lang, None)


def ask(lang: str, uid: str) -> ResponseReturnValue:
    """To whoever keeps an item."""
    item = readable(uid, lang)
    if not setting("contact.holders") or item is None:
        abort(404)
    content = session().get(Content, item.id)
    if content is None or not items.keepers(content):
        return render_page("contact/nobody.html", cache=False, code=404, item=item)
    return _form_page(lang, item) if request.method == "GET" else _send(lang, item)


def thanks(lang: str) -> ResponseReturnValue:
    """It is on its way; what happens next."""
    did = request.args.get("did", "")
    return render_page("contact/thanks.html", cache=False, did=did if did in DID else "editors")


def confirm(lang: str, token: str) -> ResponseReturnValue:
    """GET shows the message, POST sends it."""
    message = _signed(token, "contact confirm")
    if message is None:
        return render_page("contact/gone.html", cache=False, code=404)
    done = message.state != "confirm"
    if request.method == "POST" and not done:
        busy = message.to_holder and guard.too_many_for(str(message.content_id))
        message = session().get(Message, message.id, with_for_update=True)
        if message is not None and message.state == "confirm":
            message.state = "held" if busy else "open"
            taking.go_on(message)
        session().commit()
        return redirect(
            url_for("contact.thanks", lang=lang, did="holder" if message and message.to_holder else "editors")
        )
    content = session().get(Content, message.content_id) if message.content_id else None
    about = letters.entry_of(content, lang) if content else None
    answer = render_page("contact/confirm.html", cache=False, message=message, about=about, done=done)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def again(lang: str, token: str) -> ResponseReturnValue:
    """The sender answers an editor's answer."""
    message = _signed(token, "contact again")
    if message is None or message.state not in ("open", "answered", "closed"):
        return render_page("contact/gone.html", cache=False, code=404)
    number, told = message.id, ""
    text = _lines(request.form.get("text", ""), 5000)
    if request.method == "POST":
        seconds = guard.wait(request.remote_addr or "?")
        if seconds:
            told = wait_words(seconds)
        elif not text:
            told = gettext("Write a few words first.")
        else:
            message = session().get(Message, number, with_for_update=True)
            if message is not None:
                message.state, message.told, message.moved = "open", False, now()
                taking.note(message, "wrote", None, text)
                letters.later()
                session().commit()
            return redirect(url_for("contact.thanks", lang=lang, did="editors"))
        message = session().get(Message, number)
    said = sa.select(Step).where(Step.message_id == number, Step.verb.in_(("answered", "wrote"))).order_by(Step.id)
    steps = session().scalars(said).all()
    answer = render_page("contact/again.html", cache=False, code=422 if told else 200, message=message, steps=steps,
                         told=told, text=text)  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def readable(uid: str, lang: str) -> Item | None:
    """The published item of that uid as this reader may see it, or None."""
    for ctype in items.types():
        content = items.get(ctype.kind, uid)
        if content is not None:
            open_to = ("public", "members", "editors")[: level(current_user()) + 1]
            shown = (
                items.load([content.id], lang) if content.status == "published" and content.audience in open_to else []
            )
            return shown[0] if shown and ctype.navigation else None
    return None


def _signed(token: str, purpose: str) -> Message | None:
    known = accounts.unsigned(purpose, token)
    message = session().get(Message, known[0]) if len(known) == 2 else None
    return message if message is not None and message.uid == known[1] else None


def _send(lang: str, item: Item | None) -> ResponseReturnValue:
    form = request.form
    seconds = guard.wait(request.remote_addr or "?")
    user_id, own = (user.id, (user.name, user.email)) if (user := current_user()) else (None, ("", ""))
    message = Message(
        to_holder=item is not None, content_id=item.id if item else None, lang=lang, user_id=user_id,
        subject=_lines(form.get("subject", ""), 150).replace("\n", " "), text=_lines(form.get("text", ""), 5000),
        name=own[0] or _lines(form.get("name", ""), 120).replace("\n", " "),
        email=own[1] or form.get("email", "").strip()[:254],
    )  # fmt: skip
    if item is not None:
        message.subject = item.title[:150]
    faults = _faults(message)
    if seconds:
        return _form_page(lang, item, message, told=wait_words(seconds), code=429)
    if faults:
        return _form_page(lang, item, message, faults=faults, code=422)
    if guard.age(form.get("shown_at", "")) is None:
        told = gettext("This page was open for very long. Your text is still here: please send it once more.")
        return _form_page(lang, item, message, told=told, code=422)
    message.subject = message.subject or message.text.split("\n")[0][:80]
    message.digest = guard.digest(message.text, item.uid if item else "")
    message.doubts = guard.doubts(form, message, user_id is not None)
    if item is not None and not taking.needs_confirming(message) and guard.too_many_for(str(item.id)):
        message.doubts = [*message.doubts, "many"]
    taking.take_in(message)
    did = "confirm" if taking.needs_confirming(message) else "holder" if item else "editors"
    session().commit()
    return redirect(url_for("contact.thanks", lang=lang, did=did))


def _faults(message: Message) -> dict[str, str]:
    faults = {}
    if not message.text:
        faults["text"] = gettext("Write a few words first.")
    if message.email and not _ADDRESS.fullmatch(message.email):
        faults["email"] = gettext("This does not look like an e-mail address: %(text)s", text=message.email)
    if not message.email and (message.to_holder or setting("contact.confirm") == "all"):
        faults["email"] = gettext("An address is needed here: the answer goes to it.")
    return faults


def _form_page(
    lang: str, item: Item | None, message: Message | None = None, *, faults: dict[str, str] | None = None, told: str = "",
    code: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    before = request.form.get("shown_at", "")
    return render_page(
        "contact/write.html", cache=False, code=code, item=item, message=message, faults=faults or {}, told=told,
        stamp=before if guard.age(before) is not None else guard.stamp(), trap=guard.TRAP,
        must_confirm=setting("contact.confirm") == "all" or (setting("contact.confirm") == "holders" and item is not None),
    )  # fmt: skip


def wait_words(seconds: int) -> str:
    """What somebody is told who has to wait."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minute.",
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minutes.", minutes,
    )  # fmt: skip


def _lines(text: str, limit: int) -> str:
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()[:limit]
