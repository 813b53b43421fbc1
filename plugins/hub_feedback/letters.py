"""Mails to people who said something: the link that confirms it, answers they asked for, what came of their wish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hub.api import (
    User,
    accounts,
    excerpt,
    fold,
    gettext,
    items,
    may,
    ngettext,
    now,
    send_mail,
    session,
    writing,
)
from hub_feedback import showing, voices
from hub_feedback.models import Mailing, Voice

PORTION = 200


def letter(to: str, language: str, subject: str, parts: Sequence[str | tuple[str, str]]) -> None:
    """Put a mail into the outbox. parts: paragraphs, and (what it does, address) for links."""
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    site = items.site()
    template = current_app.jinja_env.get_template("feedback/letter.html")
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    send_mail(session(), to, " ".join(subject.split()), f"{text}\n\n{site['name']}\n{site['url']}\n", html)


def own_link(voice: Voice) -> str:
    """The address by which a person confirms or takes back what they said."""
    return address(voice.lang, "v", token(voice))


def token(voice: Voice) -> str:
    """The signed word of that address."""
    return accounts.signed("feedback.voice", voice.id, voice.uid)


def by_link(token: str) -> Voice | None:
    """The voice that such a link was made for."""
    known = accounts.unsigned("feedback.voice", token)
    voice = session().get(Voice, known[0]) if len(known) == 2 else None
    return voice if voice is not None and voice.uid == known[1] else None


def address(language: str, *parts: Any) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/feedback/") + "".join(f"{quote(str(part))}/" for part in parts)


def confirm(voice: Voice, title: str) -> None:
    """To somebody without an account: the link from whose button on it counts."""
    about = {"title": excerpt(title, 80)}
    with force_locale(voice.lang):
        said = {
            "rating": gettext("You, or somebody in your name, rated “%(title)s”.", **about),
            "comment": gettext("You, or somebody in your name, commented on “%(title)s”.", **about),
            "vote": gettext("You, or somebody in your name, voted for “%(title)s”.", **about),
            "note": gettext("You, or somebody in your name, wrote a private note about “%(title)s”.", **about),
            "proposal": gettext("You, or somebody in your name, proposed “%(title)s”.", **about),
        }[voice.what]
        then = gettext("It counts as soon as you press the button on this page. If it was not you, do nothing.")
        keep = gettext("The same link takes it back at any time. Do not pass it on.")
        letter(voice.email, voice.lang, gettext("Please confirm: %(title)s", **about), [
            said, then, (gettext("Confirm"), own_link(voice)), keep])  # fmt: skip


def recipient(voice: Voice) -> tuple[str, str]:
    """(address, language) of who said it, "" where nobody knows it any more."""
    user = session().get(User, voice.user_id) if voice.user_id else None
    if user is not None and user.active:
        return user.email, user.language or voice.lang
    return voice.email, voice.lang


def announce(voice: Voice) -> None:
    """A comment can be read now: mails to those in its thread, or named in it, who asked for them."""
    if voice.what != "comment" or not voice.content_id or voice.example:
        return
    thread = [Voice.id == voice.parent_id, Voice.parent_id == voice.parent_id] if voice.parent_id else []
    named = {word for word, _ in showing.parts(voice.text, showing.people(voice.content_id)) if word.startswith("@")}
    asked = sa.select(Voice).where(
        Voice.content_id == voice.content_id, Voice.state == "live", Voice.wants, Voice.person != voice.person
    )
    hears = sa.or_(*thread, Voice.name.is_not(None) if named else sa.false()) if thread or named else sa.false()
    told: set[str] = set()
    for other in session().scalars(asked.where(hears).order_by(Voice.id).limit(500)):
        in_thread = voice.parent_id is not None and voice.parent_id in (other.id, other.parent_id)
        is_named = any(fold(word[1:]).replace("_", " ") in showing.calls(other.name) for word in named)
        to, language = recipient(other)
        if not to or to in told or not (in_thread or is_named):
            continue
        told.add(to)
        _answered(other, voice, to, language)


def _answered(other: Voice, voice: Voice, to: str, language: str) -> None:
    with force_locale(language or other.lang):
        shown = items.load([voice.content_id or 0], language or other.lang)
        title = shown[0].title if shown else ""
        page = address(language or other.lang, shown[0].uid if shown else "") + f"#v{voice.id}"
        said = gettext("%(name)s writes about “%(title)s”:", name=voice.name or gettext("Somebody"), title=title)
        letter(to, language or other.lang, gettext("An answer: %(title)s", title=excerpt(title, 80)), [
            said, excerpt(voice.text, 600), (gettext("Read and answer"), page),
            (gettext("No further mails, or take yours back"), own_link(other))])  # fmt: skip


def remind() -> None:
    """The job: once a day, how much waits, to moderators who asked for it."""
    with writing():
        session().rollback()
        waits = session().scalar(sa.select(sa.func.count()).select_from(Voice).where(voices.waiting())) or 0
        due = sa.or_(Mailing.mailed.is_(None), Mailing.mailed < now() - dt.timedelta(hours=23))
        for wish in session().scalars(sa.select(Mailing).where(due)) if waits else ():
            user = session().get(User, wish.user_id)
            if user is None or not user.active or not may(user, "feedback.moderate"):
                continue
            language = user.language if user.language in items.site()["languages"] else items.site()["languages"][0]
            with force_locale(language):
                said = ngettext("%(num)s voice waits for a moderator", "%(num)s voices wait for a moderator", waits)
                letter(
                    user.email,
                    language,
                    said,
                    [said, (gettext("All that waits"), items.absolute("/desk/feedback/"))],
                )
            wish.mailed = now()
        session().commit()


def tell_voters(proposal: int = 0) -> None:
    """The job: who voted for a wish that has become a public event hears of it, once."""
    while True:
        with writing():
            session().rollback()
            untold = sa.select(Voice).where(
                Voice.content_id == proposal, Voice.what == "vote", Voice.state == "live", Voice.told.is_(None)
            )
            voters = session().scalars(untold.order_by(Voice.id).limit(PORTION)).all()
            for voter in voters:
                _came_true(voter)
                voter.told = now()
                voter.email = ""  # it has served
            session().commit()
        if len(voters) < PORTION:
            return


def _came_true(voter: Voice) -> None:
    to, language = recipient(voter)
    if not to or voter.example:
        return
    language = language if language in items.site()["languages"] else items.site()["languages"][0]
    with force_locale(language):
        shown = items.load([voter.content_id or 0], language, links=True)
        events = shown[0].links.get("became", []) if shown else []
        if not events:
            return
        wish, votes = shown[0], showing.tallies([shown[0].id])[shown[0].id].votes
        said = ngettext(
            "“%(title)s” got %(num)s vote, one of them yours. Now it takes place:",
            "“%(title)s” got %(num)s votes, one of them yours. Now it takes place:", votes, title=wish.title,
        )  # fmt: skip
        parts: list[Any] = [said, *((event.title, items.absolute(event.url)) for event in events)]
        parts.append(gettext("Your address was kept for this mail and is deleted now."))
        letter(to, language, gettext("Your wish comes true: %(title)s", title=excerpt(wish.title, 80)), parts)
