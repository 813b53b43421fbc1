"""Deciding from a mail. Opening the link shows the suggestion; only the button there does something.

The link is an editor's one-time key for this one suggestion as it was when the mail was written: it needs no sign-in,
because whoever reads the mailbox could have a new password sent there anyway. It ends after 14 days, with any change to
the suggestion or the item, with the decision, and when its owner is no longer an editor. Who has switched on a second
factor has said that the mailbox alone is not enough, and signs in.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue

from hub.api import Faults, User, current_user, items, may, render_page, session
from hub_suggest import desk, links, moderation, review
from hub_suggest.models import OPEN, Entry
from hub_suggest.moderation import Decided, Impossible, Stale


def open_link(lang: str, token: str) -> ResponseReturnValue:
    """Remember the link in this browser and go on to an address without it."""
    known = links.read_decision(token)
    if known is None:
        return render_page("suggest/gone.html", cache=False, code=404, editor=True)
    visit[links.DECIDES] = list(known)
    answer = redirect(url_for("suggest.decide", lang=lang))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def decide(lang: str) -> ResponseReturnValue:
    """GET shows the suggestion of the link that was opened, POST takes it over or answers."""
    number, user_id, state = visit.get(links.DECIDES) or (0, 0, "")
    entry, editor = session().get(Entry, number), session().get(User, user_id)
    if entry is None or editor is None or not editor.active or not may(editor, "suggest.moderate"):
        return render_page("suggest/gone.html", cache=False, code=404, editor=True)
    me = current_user()
    sign_in = bool(getattr(editor, "tf_primary_method", None)) and (me is None or me.id != editor.id)
    if request.method == "POST" and not sign_in and request.form.get("do") in ("all", "refuse", "ask"):
        return _act(number, state, editor)
    return _page(entry, state, sign_in=sign_in)


def _page(entry: Entry, state: str, *, sign_in: bool = False, code: int = 200, told: str = "") -> ResponseReturnValue:
    language = items.speaking()
    fresh = entry.state in OPEN and moderation.bound(entry) == state
    return render_page(
        "suggest/decide.html", cache=False, code=code, v=review.view(entry, language), entry=entry, fresh=fresh,
        sign_in=sign_in, told=told, canned=review.canned(language), doubts=review.doubts(entry),
        typed_reason=request.form.get("reason", ""),
    )  # fmt: skip


def _act(number: int, state: str, editor: Any) -> ResponseReturnValue:
    told = ""
    try:
        entry = moderation.locked(number)
        if moderation.bound(entry) != state:
            raise Stale
        desk.act(request.form["do"], entry, editor, by="letter")
        items.commit()
    except (Decided, Stale, LookupError):
        session().rollback()
    except (Impossible, Faults) as error:
        session().rollback()
        told = str(error)
    entry = session().get(Entry, number) or Entry()
    return _page(entry, state, told=told, code=409 if told else 200)
