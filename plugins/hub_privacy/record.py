"""The record of processing for the administrator, and how long things are kept."""

from __future__ import annotations

import csv
import datetime as dt
import io

import sqlalchemy as sa
from flask import current_app

from hub.api import Base, User, accounts, gettext, now, session, setting

from . import consents, named


def retention() -> dict[str, int]:
    """What is dropped by itself, after how many days."""
    return {name: int(setting(f"privacy.{name}")) for name in ("consent_days", "letter_days", "unconfirmed_days")}


def columns() -> tuple[str, ...]:
    return (gettext("What for"), gettext("Which data"), gettext("Whose data"), gettext("On what basis"), gettext("Who sees it"),
            gettext("How long"))  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """What the hub does with personal data as it is set up now; the operator adds what happens outside of it."""
    days = retention()
    until_left = gettext("until the account is erased")
    found: list[tuple[str, ...]] = [
        (gettext("Accounts and signing in"), gettext("e-mail, name, language, role, password (hashed), second factor, passkeys"),
         gettext("people with an account"), gettext("consent; contract with the network"), gettext("administrators"), until_left),
        (gettext("Seeing and ending one's sessions"), gettext("kind of browser, day of the first and the last visit"),
         gettext("people with an account"), gettext("security of the site"), gettext("the person"),
         gettext("31 days after the last visit")),
        (gettext("Authorship and history of entries"), gettext("who wrote and changed what, when"), gettext("authors"),
         gettext("consent; publishing"), gettext("editors"), gettext("the text stays, the person becomes “former member”")),
        (gettext("Letters"), gettext("address, subject, text"), gettext("people with an account or an invitation"),
         gettext("what the person asked for; consent for news"), gettext("administrators of the server"),
         gettext("%(days)s days after sending", days=days["letter_days"])),
        (gettext("Consents"), gettext("which text, when, by which form"), gettext("people with an account"),
         gettext("duty to prove"), gettext("administrators"), gettext("%(days)s days after withdrawal", days=days["consent_days"])),
        (gettext("People shown in entries"), gettext("what is shown, address for the letter, consent"), gettext("people named in entries"),
         gettext("consent; publishing"), gettext("editors"),
         gettext("until it is taken back; then hashes for %(days)s days, so that it stays out", days=days["consent_days"])),
        (gettext("Slowing down abuse"), gettext("hash of the network address and of the account, for minutes"), gettext("visitors"),
         gettext("security of the site"), gettext("nobody"), gettext("one day")),
    ]  # fmt: skip
    for ctype in current_app.extensions["hub"].types.live():
        if names := [str(field.label) for field in ctype.fields if field.personal]:
            found.append((str(ctype.plural), ", ".join(names), gettext("people named in entries"), gettext("consent; publishing"),
                          gettext("as the field says"), gettext("as long as the entry")))  # fmt: skip
    return found


def as_csv() -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns())
    writer.writerows(rows())
    return out.getvalue()


def forget_old() -> None:
    """Drop what was kept long enough."""
    days, mail = retention(), Base.metadata.tables["hub_mail"]
    consents.forget_old(days["consent_days"])
    named.forget_old(days["consent_days"])
    session().execute(sa.delete(mail).where(mail.c.sent < now() - dt.timedelta(days=days["letter_days"])))
    limit = (now() - dt.timedelta(days=days["unconfirmed_days"])).replace(tzinfo=None)
    unconfirmed = sa.select(User).where(
        User.confirmed_at.is_(None), User.create_datetime < limit, User.email != accounts.FORMER
    )
    from .person import forget

    for user in session().scalars(unconfirmed.limit(500)).all():
        forget(user)
