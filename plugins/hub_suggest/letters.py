"""Mails: to senders in their language, to editors in theirs; each with a text and an HTML part, through the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hub.api import (
    User,
    content_type,
    excerpt,
    gettext,
    items,
    may,
    ngettext,
    now,
    send_mail,
    session,
    setting,
    writing,
)
from hub_suggest import links, moderation
from hub_suggest.models import Entry, Mailing

SINGLE_MAILS = 5  # more at once come as one list
LISTED = 30


def letter(to: str, language: str, subject: str, parts: Sequence[str | tuple[str, str]]) -> None:
    """Put a mail into the outbox. parts: paragraphs, and (what it does, address) for links."""
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    template = current_app.jinja_env.get_template("suggest/letter.html")
    site = items.site()
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    send_mail(session(), to, subject, f"{text}\n\n{site['name']}\n{site['url']}\n", html)


def recipient(entry: Entry) -> str:
    """Where an answer goes: the given address, a member's own, or nowhere."""
    user = session().get(User, entry.user_id) if entry.user_id else None
    return user.email if user else entry.email


def received(entry: Entry) -> None:
    """To the sender: it has come in; here is the link to it. What is suspicious sends no mail to whoever it names."""
    if not entry.email or entry.user_id or entry.state == "held":
        return
    title = excerpt(entry.title, 60)
    with force_locale(entry.lang):
        if entry.state == "confirm":
            said = gettext(
                "You, or somebody in your name, suggested “%(title)s”. Open the link and confirm it, then an editor reads "
                "it. If it was not you, do nothing.", title=title,
            )  # fmt: skip
        else:
            said = gettext(
                "Thank you for suggesting “%(title)s”. An editor reads it, usually within two days.", title=title
            )
        keep = gettext("The link shows what became of it, and lets you change it or take it back. Do not pass it on.")
        letter(
            entry.email,
            entry.lang,
            gettext("Your suggestion"),
            [said, (gettext("Your suggestion"), links.status_link(entry)), keep],
        )


def decided(entry: Entry) -> None:
    """To the sender: what became of it, with the editor's words."""
    to = recipient(entry)
    if not to or entry.example or entry.state in ("spam", "withdrawn"):
        return
    with force_locale(entry.lang):
        words = {
            "accepted": gettext("“%(title)s”: taken over, thank you. It is on the site.", title=entry.title),
            "partly": gettext("“%(title)s”: a part of it was taken over, thank you.", title=entry.title),
            "refused": gettext("“%(title)s” was not taken over.", title=entry.title),
        }
        parts: list[Any] = [words[entry.state]]
        parts += [entry.reason] if entry.reason else []
        if entry.what != "member":
            parts.append((gettext("Your suggestion"), links.status_link(entry)))
        letter(to, entry.lang, gettext("Your suggestion: %(title)s", title=entry.title), parts)


def asked(entry: Entry, text: str) -> bool:
    """To the sender: an editor's question. False where there is no address to write to."""
    to = recipient(entry)
    if to:
        with force_locale(entry.lang):
            said = gettext("An editor asks about your suggestion “%(title)s”:", title=entry.title)
            told = gettext("A question about %(title)s", title=entry.title)
            letter(to, entry.lang, told, [said, text, (gettext("Answer here"), links.status_link(entry))])
    return bool(to)


# -- to the editors ------------------------------------------------------------------------------------------------------


def editors(when: str) -> Iterator[tuple[User, Mailing | None]]:
    """Who decides suggestions and wants mails "once" or "daily"."""
    role = User.roles.property.mapper.class_
    some = sa.select(User).where(User.active, User.roles.any(role.name.in_(("editor", "admin"))))
    wishes = {wish.user_id: wish for wish in session().scalars(sa.select(Mailing))}
    for user in session().scalars(some):
        wish = wishes.get(user.id)
        if (wish.mails if wish else setting("suggest.mails")) == when and may(user, "suggest.moderate"):
            yield user, wish


def tell() -> None:
    """The job: mails at once about what has newly come in."""
    with writing():
        session().rollback()
        fresh = (
            sa.select(Entry)
            .where(Entry.told.is_(False), Entry.state == "waiting", moderation.shown())
            .order_by(Entry.id)
            .limit(200)
        )
        entries = list(session().scalars(fresh))
        for user, _ in editors("once") if entries else ():
            with force_locale(language_of(user)):
                if len(entries) > SINGLE_MAILS:
                    _list(user, entries)
                else:
                    for entry in entries:
                        _single(user, entry)
        for entry in entries:
            entry.told = True
        session().commit()


def daily() -> None:
    """The job: once a day, everything that waits, to those who want it so."""
    with writing():
        session().rollback()
        waiting = sa.select(Entry).where(Entry.state == "waiting", Entry.example.is_(False), moderation.shown())
        entries = list(session().scalars(waiting.order_by(Entry.created, Entry.id).limit(LISTED)))
        for user, wish in editors("daily") if entries else ():
            if wish is None:
                wish = Mailing(user_id=user.id, mails="daily")
                session().add(wish)
            if wish.mailed is None or now() - wish.mailed > dt.timedelta(hours=23):
                with force_locale(language_of(user)):
                    _list(user, entries)
                wish.mailed = now()
        session().commit()


def language_of(user: User) -> str:
    known: tuple[str, ...] = items.site()["languages"]
    return user.language if user.language in known else known[0]


def _single(user: User, entry: Entry) -> None:
    language = language_of(user)
    link = links.decision_link(entry, user.id, moderation.bound(entry), language)
    parts = [
        _named(entry),
        (gettext("Look at it; approve or answer"), link),
        gettext("The link is for you alone and works for 14 days, as long as nothing about it has changed."),
        (gettext("All that waits"), _queue()),
    ]
    letter(user.email, language, gettext("It waits for an editor: %(title)s", title=entry.title), parts)


def _list(user: User, entries: Sequence[Entry]) -> None:
    language, parts = language_of(user), []
    for entry in entries[:LISTED]:
        parts.append((_named(entry), links.decision_link(entry, user.id, moderation.bound(entry), language)))
    waiting = session().scalar(sa.select(sa.func.count()).where(Entry.state == "waiting", moderation.shown())) or 0
    told = ngettext("%(num)s thing waits for an editor", "%(num)s things wait for an editor", waiting)
    letter(user.email, language, told, [told, *parts, (gettext("All that waits"), _queue())])


def _named(entry: Entry) -> str:
    """What it is, in the site's own words, and what it is called."""
    ctype = content_type(entry.kind)
    return f"{ctype.label}: {entry.title}" if ctype else entry.title


def _queue() -> str:
    return items.absolute("/desk/suggest/")
