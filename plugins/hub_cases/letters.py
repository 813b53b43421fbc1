"""Mails about adoptions: to who sent one, and to those who keep the practice; opening a link shows, only its button acts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask_babel import force_locale

from hub.api import Content, User, accounts, excerpt, gettext, items, session
from hub_cases.models import Adoption

SENDER, HOLDER = "cases adoption", "cases holder"


def link(adoption: Adoption, purpose: str, language: str) -> str:
    """The address by which who sent it, or those who keep the practice, act on an adoption."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    word = "mine" if purpose == SENDER else "confirm"
    return items.absolute(f"/{language}/cases/{word}/{quote(accounts.signed(purpose, adoption.id, adoption.uid))}/")


def by_link(token: str, purpose: str) -> Adoption | None:
    """The adoption that such a link was made for."""
    known = accounts.unsigned(purpose, token)
    found = session().get(Adoption, known[0]) if len(known) == 2 else None
    return found if found is not None and found.uid == known[1] else None


def _title(adoption: Adoption, language: str) -> str:
    shown = items.load([adoption.content_id], language, 2)
    return excerpt(shown[0].title, 90) if shown else ""


def _write(to: str, language: str, subject: str, *parts: Any) -> None:
    """parts: paragraphs, and (what it does, address) for links."""
    accounts.write(to, language, "cases/letter", subject, parts=parts, site=items.site())


def confirm(adoption: Adoption) -> None:
    """To somebody without an account: the link from whose button on it goes to the editors."""
    to, language = adoption.email, adoption.lang
    with force_locale(language):
        title = _title(adoption, language)
        _write(to, language, gettext("Please confirm: %(title)s", title=title),
               gettext("You, or somebody in your name, wrote that “%(title)s” was taken over or tried elsewhere.", title=title),
               gettext("It goes on to the editors as soon as you press the button on this page. If it was not you, do nothing."),
               (gettext("Confirm"), link(adoption, SENDER, language)),
               gettext("By the same link you can take it back at any time. Keep it to yourself."))  # fmt: skip

def ask_holder(adoption: Adoption) -> None:
    """To those who keep the practice: do they know of it?"""
    content = session().get(Content, adoption.content_id)
    if content is None or adoption.example:
        return
    for to, wanted in items.keepers(content):
        language = wanted or items.site()["languages"][0]
        with force_locale(language):
            title, who = _title(adoption, language), next(iter(adoption.names.values()), "")
            _write(to, language, gettext("Taken over? %(title)s", title=title),
                   gettext("%(who)s writes about your practice “%(title)s”:", who=who, title=title),
                   excerpt(next(iter(adoption.texts.values()), ""), 600),
                   gettext("Do you know of it? Opening the link changes nothing; the buttons on its page do."),
                   (gettext("Look at it and answer"), link(adoption, HOLDER, language)))  # fmt: skip


def decided(adoption: Adoption) -> None:
    """To who sent it: what became of it."""
    user = session().get(User, adoption.user_id) if adoption.user_id else None
    to, language = (user.email, user.language or adoption.lang) if user is not None and user.active else (adoption.email, adoption.lang)
    if not to or adoption.example:
        return
    with force_locale(language):
        title = _title(adoption, language)
        if adoption.state == "live":
            said = gettext("What you wrote about “%(title)s” is on the site now.", title=title)
        else:
            said = gettext("What you wrote about “%(title)s” was not taken over.", title=title)
        page = items.absolute(f"/{language}/cases/{_uid(adoption)}/")
        back = (gettext("Take back what you sent"), link(adoption, SENDER, language))
        _write(to, language, title, said, (gettext("The practice"), page), back)


def _uid(adoption: Adoption) -> str:
    content = session().get(Content, adoption.content_id)
    return content.uid if content is not None else ""
