"""Pages of speakers: the organiser's list at the desk, the link in a speaker's letter, what stands on the own account's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, accounts, current_user, forms, gettext, items, render_page, session
from hub_events import life, speakers
from hub_events.models import Speaker

PER_HOUR, PER_ADDRESS = 60, 5


def work(again: Callable[[], tuple[Content, Item]]) -> ResponseReturnValue:
    """The desk's list: whom the programme names, who of them is here with an account; POST asks one, or lets one go."""
    content, item = again()
    typed, fault = {"name": "", "email": ""}, ""
    if request.method == "POST":
        typed = {"name": request.form.get("name", ""), "email": request.form.get("email", "").strip()}
        slow = typed["email"] and request.form.get("do") == "ask" and _too_many(typed["email"])
        content, item = again()
        known = {entry.name: entry for entry in speakers.named(content.id)}
        entry = known.get(typed["name"]) or abort(404)
        fault = _act(content, entry, request.form.get("do", ""), typed["email"], bool(slow))
        if not fault:
            items.commit()
            return redirect(url_for("events_desk.speakers", uid=content.uid))
    return render_page(
        "events/desk_speakers.html", cache=False, code=422 if fault else 200, item=item, people=speakers.named(content.id),
        typed=typed, fault=fault, zone=life.zone_of(content),
    )  # fmt: skip


def _act(content: Content, entry: speakers.Named, do: str, address: str, slow: bool) -> str:
    """Do it; answers what is wrong with what was typed."""
    user = current_user()
    if do == "go" and entry.row is not None:
        speakers.let_go(entry.row)
    elif do == "me" and user is not None:
        speakers.accept(speakers.row_of(content.id, entry.name), user)
    elif do == "ask":
        try:
            address = accounts.checked_address(address)
        except ValueError:
            return gettext("This does not look like an e-mail address.")
        if slow:
            return gettext("Too many letters went out from here within an hour. Try again later.")
        speakers.invite(content, entry.name, address, _language(content))
        flash(gettext("A letter goes to %(address)s. The address is not kept.", address=address), "ok")
    else:
        abort(400)
    return ""


def _too_many(address: str) -> bool:
    """Whether very many letters went out by this hand, or to this address. Counting commits by itself: afterwards read anew."""
    user = current_user()
    who = str(user.id if user else "")
    session().rollback()
    return bool(forms.wait("events speakers", who, PER_HOUR, 3600) or forms.wait("events letters", address, PER_ADDRESS, 3600))


def _language(content: Content) -> str:
    """The language of a letter to somebody of whom nothing is known: one that the event is held in and the site speaks."""
    spoken = [code for code in content.data.get("languages") or () if code in items.site()["languages"]]
    return str((spoken or items.site()["languages"])[0])


def answer(lang: str, word: str) -> ResponseReturnValue:
    """The link in a speaker's letter: with an account, a button says "this is me"."""
    row = speakers.by_link(word)
    shown = items.load([row.content_id], lang, 2, drafts=True) if row else []
    if row is None or not shown:
        return render_page("events/gone.html", cache=False, code=404)
    user = current_user()
    if request.method == "POST":
        if user is None:
            abort(403)
        speakers.accept(row, user) if request.form.get("do") == "yes" else speakers.let_go(row)
        items.commit()
        return redirect(url_for("account.home"))
    item = shown[0]
    page = render_page(
        "events/speaker.html", cache=False, item=item, row=row, zone=life.zone_of(item.row),
        sessions=[part for entry in speakers.named(row.content_id) if entry.name == row.name for part in entry.sessions],
    )  # fmt: skip
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def leave(lang: str, number: int) -> ResponseReturnValue:
    """Somebody takes the own account away from a name in a programme (POST)."""
    user, row = current_user(), session().get(Speaker, number) if number < 2**31 else None
    if user is None or row is None or row.user_id != user.id:
        abort(404)
    speakers.let_go(row)
    items.commit()
    return redirect(url_for("account.home"))


def of_account(user: Any, language: str) -> dict[str, Any]:
    """What the page of an account shows."""
    return {"events_own": [(item, parts, row, life.zone_of(item.row)) for item, parts, row in speakers.own(user, language)]}
