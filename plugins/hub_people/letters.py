"""Letters that do not reach anybody, at `/desk/people/letters/`: which, why in plain words, and the way to send them again."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Base, User, needs, ngettext, now, render_page, session
from hub.api import lazy_gettext as _

from .desk import desk

SHOWN = 200
REASONS = (  # the first that fits what the mail server said
    (r"SMTPUTF8", _("The mail server takes no addresses with such letters.")),
    (r"^(552|4\d\d|5\d\d) ?5?\.?2\.2|quota|mailbox (is )?full|over ?quota", _("The mailbox of the receiver is full.")),
    (r"^5\d\d 5\.1\.|unknown user|user unknown|no such (user|mailbox|recipient)|does ?n[o']t exist|mailbox unavailable",
     _("There is no such mailbox: is the address right?")),
    (r"^(530|534|535|538)", _("The mail server does not take this hub's name or password: see [mail] url in hub.toml.")),
    (r"5\.7\.|relay|spam|blocked|blacklist|policy",
     _("The mail server forwards nothing for this hub or holds it for unwanted: ask whoever runs it.")),
    (r"^4\d\d", _("The mail server asks to wait; it is tried again by itself.")),
    (r"^5\d\d", _("The mail server has refused the letter for good.")),
)  # fmt: skip
AWAY = _("The mail server does not answer, or ends the talk: see [mail] url in hub.toml.")


def why(said: str) -> str:
    """What a mail server said, in words for people who run no mail server."""
    return str(next((words for pattern, words in REASONS if re.search(pattern, said, re.IGNORECASE)), AWAY))


def returned(to: str) -> Any:
    """The newest letter that a mailbox itself did not take: its owner can mend that. None where there is none."""
    mailbox = [pattern for pattern, words in REASONS[1:3]]
    lost = undelivered(to, given_up=True)
    return next((row for row in lost if any(re.search(pattern, row.error, re.IGNORECASE) for pattern in mailbox)), None)


def undelivered(to: str = "", *, given_up: bool = False) -> list[Any]:
    """The letters that have failed and are not sent, newest first. given_up: only those that nobody tries any more."""
    mail = Base.metadata.tables["hub_mail"]
    query = sa.select(mail).where(mail.c.sent.is_(None), mail.c.error != "")
    if to:
        query = query.where(sa.func.lower(mail.c.to) == to.lower())
    if given_up:
        query = query.where(mail.c.attempts >= mail.info["tries"])
    return list(session().execute(query.order_by(mail.c.id.desc()).limit(SHOWN)))


@desk.route("/letters/", methods=["GET", "POST"])
@needs("desk.people")
def letters() -> ResponseReturnValue:
    to = request.args.get("to", "")
    if request.method == "POST":
        _act([row.id for row in undelivered(to)])
        session().commit()
        return redirect(url_for("people_desk.letters", to=to or None))
    rows, tries = undelivered(to), Base.metadata.tables["hub_mail"].info["tries"]
    people = {user.email.lower(): user for user in session().scalars(sa.select(User).where(User.email.in_({row.to for row in rows})))}
    return render_page("people/letters.html", cache=False, rows=rows, people=people, why=why, to=to, tries=tries)


def _act(shown: list[int]) -> None:
    """Try one letter, or all that are shown, from the beginning; or throw one away."""
    mail = Base.metadata.tables["hub_mail"]
    chosen = request.form.get("again", "") or request.form.get("drop", "")
    mine = mail.c.sent.is_(None) & mail.c.id.in_(shown if chosen == "all" else [int(chosen)] if chosen.isdecimal() else [])
    if "drop" in request.form:
        gone = session().execute(sa.delete(mail).where(mine)).rowcount  # type: ignore[attr-defined]
        told = ngettext("%(num)s letter is thrown away.", "%(num)s letters are thrown away.", gone)
    else:
        sent = session().execute(sa.update(mail).where(mine).values(attempts=0, next_try=now())).rowcount  # type: ignore[attr-defined]
        told = ngettext("%(num)s letter is tried again within a minute.", "%(num)s letters are tried again within a minute.", sent)
    flash(told, "ok")
