"""Mails of labs, through the outbox: confirm a card, a letter passed on, how a commitment stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import current_app
from flask_babel import force_locale

from hub.api import Content, accounts, gettext, items, send_mail, session
from hub_labs import board, results
from hub_labs.models import Person, Promise


def letter(to: str, language: str, subject: str, parts: Sequence[str | tuple[str, str]], reply_to: str = "") -> None:
    """Put a mail into the outbox. parts: paragraphs, and (what it does, address) for links."""
    site = items.site()
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    template = current_app.jinja_env.get_template("labs/letter.html")
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    subject = " ".join(subject.split())
    send_mail(session(), to, subject, f"{text}\n\n{site['name']}\n{site['url']}\n", html, reply_to=reply_to)


def address(language: str, *parts: Any) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/labs/") + "".join(f"{quote(str(part))}/" for part in parts)


def word(use: str, row: Person | Promise) -> str:
    """The signed word of a link to somebody's own row; nothing of it is stored."""
    return accounts.signed(f"labs {use}", row.id, row.uid)


def by_word(use: str, given: str, model: Any) -> Any:
    """The row that such a word was made for, or None."""
    known = accounts.unsigned(f"labs {use}", given)
    row = session().get(model, known[0]) if len(known) == 2 else None
    return row if row is not None and row.uid == known[1] else None


def lab_title(content_id: int, language: str) -> str:
    content = session().get(Content, content_id)
    item = board.shown(content, language) if content else None
    return item.title if item else ""


def confirm(person: Person) -> None:
    """The link by which a card in the list of participants is confirmed, changed and taken out."""
    with force_locale(person.lang):
        title = lab_title(person.content_id, person.lang)
        letter(person.email, person.lang, gettext("Your card in the list of participants: %(title)s", title=title), [
            gettext("Open the link and press the button; then your card stands in the list. If it was not you, do nothing."),
            (gettext("Your card"), address(person.lang, "card", word("card", person))),
            gettext("The same link takes the card out at any time. Do not pass it on."),
        ])  # fmt: skip


def not_here(email: str, language: str, content_id: int) -> None:
    """Somebody gave an address that belongs to nobody at the lab: its owner reads so, and nobody else."""
    with force_locale(language):
        title = lab_title(content_id, language)
        letter(email, language, gettext("Your card in the list of participants: %(title)s", title=title), [
            gettext("Somebody, perhaps you, wanted to stand in the list of participants with this address. If it was not you, do nothing."),
            gettext("This address is not registered for the lab. Take the one you registered with, or open the link of your group first."),
        ])  # fmt: skip


def pass_on(person: Person, name: str, email: str, said: str) -> None:
    """A letter to a participant; the answer goes straight to who wrote."""
    with force_locale(person.lang):
        title = lab_title(person.content_id, person.lang)
        letter(person.email, person.lang, gettext("A letter from “%(title)s”", title=title), [
            gettext("%(name)s found you in the list of participants and writes:", name=name), said,
            gettext("Just answer this mail: your answer goes to %(email)s. Until then nobody is shown your address.", email=email),
            (gettext("Your card: change it or take it out"), address(person.lang, "card", word("card", person))),
        ], reply_to=email)  # fmt: skip


def ask_promise(promise: Promise) -> None:
    """Half-yearly: how does the commitment stand? One link; its page has one button for each answer."""
    language = promise.lang or items.site()["languages"][0]
    with force_locale(language):
        title = lab_title(promise.content_id, language)
        kept = next(k for k in results.promises(promise.content_id, language) if k.row.id == promise.id)
        letter(promise.email, language, gettext("How does it stand? %(title)s", title=title), [
            gettext("At the lab “%(title)s” this was promised:", title=title), results.promise_line(kept, language),
            gettext("Say how it stands: one click on the page behind this link. We ask again in half a year."),
            (gettext("Say how it stands"), address(language, "promise", word("promise", promise))),
        ])  # fmt: skip
