"""Mails about messages: to senders in their language, to keepers and editors in theirs; through the outbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hub.api import (
    Content,
    User,
    accounts,
    enqueue,
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
from hub_contact.models import Message

LISTED = 30
Part = str | tuple[str, str]  # a paragraph, or (what it does, address)


def letter(to: str, language: str, subject: str, parts: Sequence[Part], reply_to: str = "") -> None:
    """Put a mail into the outbox."""
    site = items.site()
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    template = current_app.jinja_env.get_template("contact/letter.html")
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    send_mail(session(), to, subject, f"{text}\n\n{site['name']}\n{site['url']}\n", html, reply_to=reply_to)


def address(language: str, *words: str) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/contact/") + "".join(f"{word}/" for word in words)


def confirm(message: Message) -> None:
    """To the sender: please confirm that it is yours. The text is not in it: nobody can send mails through us."""
    with force_locale(message.lang):
        link = address(message.lang, "confirm", accounts.signed("contact confirm", message.id, message.uid))
        letter(message.email, message.lang, gettext("Confirm your message"), [
            gettext("You, or somebody in your name, wrote a message on our site. It is sent as soon as you confirm it."),
            (gettext("Look at the message and confirm it"), link),
            gettext("If it was not you, do nothing: the message is deleted after two weeks."),
        ])  # fmt: skip


def passed_on(message: Message, content: Content) -> bool:
    """To the keeper of an item: somebody's question; their answer goes straight to whoever asked. False: no keeper."""
    to = items.keepers(content)
    title, link = entry_of(content, message.lang)
    site, known = items.site()["name"], items.site()["languages"]
    for mail, spoken in to:
        language = spoken if spoken in known else message.lang
        with force_locale(language):
            who = f"{message.name} ({message.email})" if message.name else message.email
            letter(mail, language, gettext("A question about “%(title)s”", title=excerpt(title, 80)), [
                gettext("%(who)s asks through %(site)s:", who=who, site=site),
                message.text,
                (title, link),
                gettext("Just answer this mail: your answer goes straight to %(email)s. Until then nobody is shown your "
                        "address.", email=message.email),
            ], reply_to=message.email)  # fmt: skip
    return bool(to)


def entry_of(content: Content, language: str) -> tuple[str, str]:
    """Title and whole address of an item's page."""
    shown = items.load([content.id], language)
    if not shown:
        return gettext("(no title)"), items.site()["url"]
    return shown[0].title, items.absolute(shown[0].url)


def answered(message: Message, text: str) -> None:
    """To the sender: an editor's answer, and the way to write again."""
    with force_locale(message.lang):
        again = address(message.lang, "again", accounts.signed("contact again", message.id, message.uid))
        letter(message.email, message.lang, gettext("Re: %(subject)s", subject=excerpt(message.subject, 120)), [
            text,
            (gettext("Answer here"), again),
            gettext("You wrote:") + "\n" + message.text,
        ], reply_to=setting("contact.address"))  # fmt: skip


def later() -> None:
    """Somebody has written: editors hear of it in five minutes (many messages, one mail), once a day, or not."""
    wanted = setting("contact.mails")
    if wanted != "off":
        pause = dt.timedelta(minutes=5) if wanted == "once" else dt.timedelta(hours=24)
        enqueue(session(), "contact.tell", dedupe="contact.tell", run_at=now() + pause)


def tell() -> None:
    """The job: one mail about everything that has newly come in."""
    with writing():
        session().rollback()
        fresh = sa.select(Message).where(Message.told.is_(False), Message.state.in_(("open", "held")))
        messages = list(session().scalars(fresh.order_by(Message.id).limit(200)))
        for mail, language in _editors() if messages else ():
            with force_locale(language):
                told = ngettext("%(num)s new message", "%(num)s new messages", len(messages))
                desk = items.absolute("/desk/contact/")
                lines: list[Part] = [(excerpt(m.subject or m.text, 80), f"{desk}{m.id}/") for m in messages[:LISTED]]
                letter(mail, language, told, [told, *lines, (gettext("All messages"), desk)])
        for message in messages:
            message.told = True
        session().commit()


def _editors() -> list[tuple[str, str]]:
    """(address, language) of the editors' mailbox where there is one, else of every editor."""
    known = items.site()["languages"]
    if setting("contact.address"):
        return [(setting("contact.address"), known[0])]
    role = User.roles.property.mapper.class_
    some = sa.select(User).where(User.active, User.roles.any(role.name.in_(("editor", "admin"))))
    people = [user for user in session().scalars(some) if may(user, "contact.answer")]
    return [(user.email, user.language if user.language in known else known[0]) for user in people]
