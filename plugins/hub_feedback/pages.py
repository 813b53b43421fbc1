"""The public pages: all voices about an item, the forms to say something, the link from the mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
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
    render_page,
    session,
    setting,
)
from hub_feedback import guard, letters, notes, periods, showing, voices
from hub_feedback.models import Voice
from hub_feedback.voices import Refused

LONGEST = {"rating": 2000, "comment": 5000, "note": 5000, "proposal": 2000, "vote": 0}


@dataclass
class Typed:
    """A form as it was sent. faults: field → what is wrong."""

    text: str = ""
    name: str = ""
    email: str = ""
    score: int = 0
    wants: bool = False
    title: str = ""
    format: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def subject(uid: str, lang: str) -> Item:
    """The published item of that uid as this reader may see it; 404 for any other."""
    content = session().scalar(sa.select(Content).where(Content.uid == uid, Content.status == "published"))
    reader = level(current_user())
    if content is None or content.audience not in items.AUDIENCES[: reader + 1]:
        abort(404)
    shown = items.load([content.id], lang, reader, links=True)
    if not shown:
        abort(404)
    return shown[0]


def about(lang: str, uid: str) -> ResponseReturnValue:
    """Everything that was said about an item."""
    item = subject(uid, lang)
    if not (voices.asks_for("rating", item.kind) or voices.asks_for("comment", item.kind) or item.kind == "proposal"):
        abort(404)
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    said, more = showing.threads(item.id, page)
    return render_page("feedback/about.html", page_number=page, more=more, **context(item), threads=said)


def context(item: Item) -> dict[str, Any]:
    """What the pieces of an item's page need."""
    known = showing.people(item.id)
    return {
        "item": item, "tally": showing.tallies([item.id])[item.id], "bars": showing.bars, "open": voices.is_open(item.row),
        "rated": voices.asks_for("rating", item.kind), "commented": voices.asks_for("comment", item.kind),
        "quiet": guard.quiet(item.id), "parts": lambda text: showing.parts(text, known),
    }  # fmt: skip


def rate(lang: str, uid: str) -> ResponseReturnValue:
    """The form of a rating."""
    return say(lang, uid, "rating")


def comment(lang: str, uid: str) -> ResponseReturnValue:
    """The form of a comment."""
    return say(lang, uid, "comment")


def vote(lang: str, uid: str) -> ResponseReturnValue:
    """The form of a vote for a wish."""
    return say(lang, uid, "vote")


def note(lang: str, uid: str) -> ResponseReturnValue:
    """The form of a private note."""
    return say(lang, uid, "note")


def say(lang: str, uid: str, what: str, parent: Voice | None = None) -> ResponseReturnValue:
    """The form of a rating, comment, vote or note; POST keeps it."""
    wait = guard.too_many(request.remote_addr or "?") if request.method == "POST" else 0
    item = subject(uid, lang)
    if not voices.asks_for(what, item.kind) and not (parent is not None and voices.asks_for("rating", item.kind)):
        abort(404)
    typed, told_before = (read(what), "") if request.method == "POST" else _begun(item, what, parent)
    if what == "note" and (told := notes.fault(item, request.form.get("to", ""))):
        typed.faults["to"] = told
    closed = _closed(item, what)
    if closed or wait or typed.faults or request.method == "GET":
        code = 409 if closed and request.method == "POST" else 429 if wait else 422 if typed.faults else 200
        return _form(item, what, typed, parent, code, closed or (wait_words(wait) if wait else told_before))
    user, content = current_user(), session().get(Content, item.id)
    voice = Voice(
        what=what, content_id=item.id, parent_id=(parent.parent_id or parent.id) if parent else None, score=typed.score,
        text=typed.text, lang=lang, name=typed.name, email=typed.email, wants=typed.wants,
    )  # fmt: skip
    return keep(voice, item.title, content, user, lambda told: _form(item, what, typed, parent, 409, told))


def keep(voice: Voice, title: str, content: Content | None, user: Any, again: Any) -> ResponseReturnValue:
    """Take in what was typed, write the mail that confirms it, and lead on."""
    number, lang = voice.content_id, voice.lang
    writes = user is None and not request.form.get(guard.TRAP) and guard.may_write_to(voice.email)
    content = session().get(Content, number) if number else None
    person = current_user() if user else None
    twin = voices.twin(voice, person.email if person else voice.email)
    try:
        if twin is None:
            voices.take_in(voice, request.form, person, content)
    except Refused as error:
        session().rollback()
        return again(refusal(error))
    if voice.what == "note":
        notes.address_to(voice, request.form.get("to", ""))
    voice = twin or voice
    if writes and voice.state == "confirm":
        letters.confirm(voice, title)
    if user is not None and twin is None:
        _counted(voice, content)
    items.commit()
    uid = content.uid if content else ""
    if user is None:
        return redirect(
            url_for("feedback.sent", lang=lang, uid=uid) if uid else url_for("feedback.sent_new", lang=lang)
        )
    flash(_thanks(voice), "ok")
    return redirect(_where(voice, lang))


def _counted(voice: Voice, content: Content | None) -> None:
    """What follows when it counts from now on."""
    if voice.what == "note" and content is not None:
        notes.send(voice, content)
    elif voice.passed:
        letters.announce(voice)


def _where(voice: Voice, lang: str) -> str:
    """The page where what was said can be seen."""
    content = session().get(Content, voice.content_id) if voice.content_id else None
    if content is None:
        return url_for("site.list", lang=lang, path="proposals")
    if content.kind == "proposal" and voice.what == "vote":
        return url_for("site.item", lang=lang, path="proposals", slug=content.uid)
    return url_for("feedback.about", lang=lang, uid=content.uid) + (
        f"#v{voice.id}" if voice.passed and voice.text else ""
    )


def _thanks(voice: Voice) -> str:
    if voice.what == "note":
        return gettext("Your note is on its way.")
    if not voice.passed and (voice.text or voice.what == "proposal"):
        return gettext("Thank you. A moderator reads the text before it appears.")
    return gettext("Thank you, it counts.")


def refusal(error: Refused) -> str:
    """Why something does not count, to whoever tried."""
    if str(error):
        return gettext("A moderator removed what you said here before: %(reason)s", reason=str(error))
    return gettext("It counts already.")


def read(what: str) -> Typed:
    """What this request typed; nothing raises, faults come with it."""
    form = request.form
    typed = Typed(
        text=lines(form.get("text", "")), name=lines(form.get("name", "")).replace("\n", " ")[:120],
        email=form.get("email", "").strip()[:254], wants="wants" in form, title=lines(form.get("title", "")).replace("\n", " "),
        score=int(form["score"]) if form.get("score") in ("1", "2", "3", "4", "5") else 0, format=form.get("format", ""),
    )  # fmt: skip
    limit = LONGEST[what]
    if len(typed.text) > limit:
        typed.faults["text"] = ngettext(
            "At most %(num)s character, please; it is %(have)s now.",
            "At most %(num)s characters, please; it is %(have)s now.", limit, have=len(typed.text),
        ) if limit else ""  # fmt: skip
    if what == "rating" and not typed.score:
        typed.faults["score"] = gettext("Choose one of the five.")
    if what in ("comment", "note") and not typed.text:
        typed.faults["text"] = gettext("Write something here.")
    if current_user() is None:
        try:
            typed.email = accounts.checked_address(typed.email)
        except ValueError:
            typed.faults["email"] = gettext(
                "We need your address here, such as name@example.org, to send you the link."
            )
        if what == "comment" and not typed.name:
            typed.faults["name"] = gettext("How shall others address you? A first name is enough.")
    return typed


def lines(text: str) -> str:
    """A text with plain line ends and without control characters."""
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()


def _closed(item: Item, what: str) -> str:
    if what == "rating" and not voices.is_open(item.row):
        if item.row.data.get("cancelled"):
            return gettext("It was cancelled, so there is nothing to rate.")
        return gettext("It has not begun yet. It can be rated from its beginning on.")
    if what == "vote" and item.links.get("became"):
        return gettext("This wish has come true; votes are closed.")
    return ""


def _begun(item: Item, what: str, parent: Voice | None) -> tuple[Typed, str]:
    """The form as it opens. A rating that this account gave stands in it: sending takes its place, text and all."""
    user = current_user()
    before = voices.given(what, item.id, user) if user else None
    if before is None:
        return Typed(text=_called(parent)), ""
    if what == "vote":
        return Typed(), gettext("You have voted for it already, and your vote counts.")
    return Typed(text=before.text, score=before.score), gettext("You have rated it already. What you send now takes the place of that.")


def _called(parent: Voice | None) -> str:
    return f"@{parent.name.replace(' ', '_')} " if parent is not None and parent.parent_id and parent.name else ""


def _form(item: Item, what: str, typed: Typed, parent: Voice | None, code: int, told: str) -> ResponseReturnValue:
    waits = setting("feedback.moderation") == "before" or (
        setting("feedback.moderation") == "visitors" and not current_user()
    )
    return render_page(
        "feedback/say.html", cache=False, code=code, item=item, what=what, typed=typed, faults=typed.faults, told=told,
        parent=parent, stamp=kept_stamp(), trap=guard.TRAP, limit=LONGEST[what], waits=waits,
        closed=code == 409 or bool(_closed(item, what)), to=request.values.get("to", ""),
        hearers=notes.hearers(session().get(Content, item.id)) if what == "note" else (),
    )  # fmt: skip


def kept_stamp() -> str:
    """A form that comes back with faults keeps its time, as long as that is ours."""
    before = request.form.get("shown_at", "")
    return before if guard.age(before) is not None else guard.stamp()


def wait_words(seconds: int) -> str:
    """What somebody is told who has to wait."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minute.",
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minutes.", minutes,
    )  # fmt: skip


def sent(lang: str, uid: str = "") -> ResponseReturnValue:
    """After a form without an account: the link is in the mail."""
    return render_page("feedback/sent.html", item=subject(uid, lang) if uid else None)


def answer(lang: str, number: int) -> ResponseReturnValue:
    """An answer to a comment or a rating."""
    parent = public_voice(number)
    content = session().get(Content, parent.content_id)
    if content is None or parent.what not in ("rating", "comment"):
        abort(404)
    return say(lang, content.uid, "comment", parent)


def public_voice(number: int) -> Voice:
    """A voice that everybody can read; 404 for any other."""
    voice = session().get(Voice, number) if number < 2**31 else None
    if voice is None or voice.state != "live" or not voice.passed or not voice.text or voice.content_id is None:
        abort(404)
    return voice


def report(lang: str, number: int) -> ResponseReturnValue:
    """Somebody finds a voice out of place; POST tells the moderators."""
    where = request.remote_addr or "?"
    wait = guard.too_many(where) if request.method == "POST" else 0
    again = wait or (request.method == "POST" and guard.reported(where, number))
    voice = public_voice(number)
    content = session().get(Content, voice.content_id)
    item = subject(content.uid if content else "", lang)
    if request.method == "POST" and not wait:
        if not again and not request.form.get(guard.TRAP):
            voices.report(voice, lines(request.form.get("why", ""))[:1000])
            items.commit()
        return render_page("feedback/report.html", cache=False, voice=voice, item=item, done=True)
    return render_page(
        "feedback/report.html", cache=False, code=429 if wait else 200, voice=voice, item=item, done=False,
        stamp=kept_stamp(), trap=guard.TRAP, told=wait_words(wait) if wait else "", why=request.form.get("why", ""),
    )  # fmt: skip


def own(lang: str, token: str) -> ResponseReturnValue:
    """The link from a mail: GET shows what it is about; POST confirms it, takes it back or ends mails about answers."""
    voice = letters.by_link(token)
    if voice is None:
        return _private("feedback/gone.html", code=404)
    told = ""
    if request.method == "POST":
        held = session().get(Voice, voice.id, with_for_update=True, populate_existing=True)
        try:
            told = _act(held, request.form.get("do", "")) if held else ""
            items.commit()
        except Refused as error:
            session().rollback()
            told = refusal(error)
        voice = letters.by_link(token)  # a later link of the same person may have taken its place by now
        if voice is None:
            return _private("feedback/gone.html", code=404)
    shown = items.load([voice.content_id], lang) if voice.content_id else []
    title = shown[0].title if shown else voice.data.get("title", "")
    return _private("feedback/own.html", voice=voice, item=shown[0] if shown else None, title=title, told=told)


def _act(voice: Voice, do: str) -> str:
    content = session().get(Content, voice.content_id) if voice.content_id else None
    if do == "confirm" and voice.state == "confirm":
        if content is not None and voice.what == "rating" and not voices.is_open(content):
            raise Refused
        voices.count(voice)
        _counted(voice, content)
        return _thanks(voice)
    if do == "withdraw" and voice.state in ("confirm", "live"):
        voices.withdraw(voice)
        return gettext("You have taken it back.")
    if do == "quiet" and voice.wants:
        voice.wants = False
        voice.email = voice.email if voice.what == "vote" else ""
        return gettext("No further mails about answers.")
    return ""


def _private(template: str, **more: Any) -> ResponseReturnValue:
    answer = render_page(template, cache=False, **more)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def newest(lang: str) -> ResponseReturnValue:
    """The newest ratings or comments everywhere; `year` narrows them."""
    what = "comment" if request.args.get("what") == "comment" else "rating"
    year = request.args.get("year", 0, type=int)
    period = periods.moments(*periods.year(year)) if 1990 <= year <= 2200 else None
    page = min(max(1, request.args.get("page", 1, type=int)), 1000)
    rows, total = showing.latest(what, period, page)
    about_items = {item.id: item for item in items.load(list({v.content_id or 0 for v in rows}), lang)}
    return render_page(
        "feedback/newest.html", rows=rows, total=total, items=about_items, what=what, year=year if period else 0,
        page_number=page, more=total > page * 50,
    )  # fmt: skip


def offers(item: Item) -> dict[str, Any]:
    """What a reader can do about an item, as links to the forms."""
    return {
        "item": item, "rated": voices.asks_for("rating", item.kind) and voices.is_open(item.row),
        "commented": voices.asks_for("comment", item.kind), "voted": item.kind == "proposal" and not item.links.get("became"),
    }  # fmt: skip


def of(user: Any) -> dict[str, Any]:
    """The newest things a person with an account said, with the page to take each back."""
    said = sa.select(Voice).where(Voice.user_id == user.id, Voice.state.in_(("live", "removed")))
    rows = session().scalars(said.order_by(Voice.id.desc()).limit(30)).all()
    language = items.speaking()
    titles = {item.id: item.title for item in items.load(list({v.content_id or 0 for v in rows}), language)}
    listed = [
        (
            v,
            titles.get(v.content_id or 0) or v.data.get("title", ""),
            url_for("feedback.own", lang=language, token=letters.token(v)),
        )
        for v in rows
    ]
    return {"feedback_own": listed, "feedback_notes": notes.received(user)}
