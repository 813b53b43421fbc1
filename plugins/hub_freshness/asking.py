"""The mails: so many a day, those who keep several entries get one mail; links that end when the entry changes hands."""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hub.api import Content, accounts, excerpt, gettext, items, ngettext, now, send_mail, session, setting, writing
from hub_freshness import age
from hub_freshness.models import Asked, Quiet

AT_ONCE = 10  # entries in one mail
YEAR = dt.timedelta(days=365)
LINK_DAYS = 90
ANSWERS = ("right", "edit", "gone")


def hashed(address: str) -> str:
    """What is kept of an address that wants no mails."""
    return hashlib.sha256(f"{current_app.config['SECRET_KEY']}\0{address.lower()}".encode()).hexdigest()


def due(limit: int) -> list[Content]:
    """Items to ask about, those longest not checked first: never asked, asked a year ago, or once more without an answer."""
    ageing, _ = age.limits()
    later = now() - dt.timedelta(days=setting("freshness.remind_days"))
    again = sa.or_(Asked.content_id.is_(None), Asked.at < now() - YEAR, sa.and_(Asked.at < later, Asked.times < 2))
    wanted = sa.and_(Content.status == "published", Content.kind.in_(age.kinds()), Content.example.is_(False), ~Content.elsewhere)
    query = sa.select(Content).outerjoin(Asked, Asked.content_id == Content.id).where(wanted, age.before(ageing), again)
    known = sa.func.coalesce(Content.checked_on, sa.func.date(Content.published))
    return list(session().scalars(query.order_by(known, Content.id).limit(limit)))


def ask_due() -> None:
    """The daily job: as many mails as the setting allows within 24 hours, however often it runs."""
    if not setting("freshness.mails"):
        return
    with writing():
        session().rollback()
        since = now() - dt.timedelta(hours=23)
        sent = session().scalar(sa.select(sa.func.count()).where(Asked.at > since)) or 0
        ask(due(max(0, setting("freshness.per_day") - sent)))
        session().commit()


def ask(contents: list[Content]) -> int:
    """Write to those who keep these items; answers how many items have somebody to ask. Who calls commits."""
    by_address: dict[tuple[str, str], list[Content]] = {}
    asked = 0
    for content in contents:
        people = [pair for pair in items.keepers(content) if session().get(Quiet, hashed(pair[0])) is None]
        row = session().get(Asked, content.id)
        if row is None:
            session().add(Asked(content_id=content.id, times=1 if people else 2))
        else:  # a year later it begins anew
            row.times, row.at = (1 if row.at < now() - YEAR else row.times + 1), now()
        for pair in people:
            by_address.setdefault(pair, []).append(content)
        asked += bool(people)
    for (address, language), many in by_address.items():
        for n in range(0, len(many), AT_ONCE):
            _letter(address, language, many[n : n + AT_ONCE])
    return asked


def link(content: Content, language: str, answer: str = "") -> str:
    """A keeper's link to one item as it is now."""
    token = accounts.signed("freshness", content.id, items.token(content), int(now().timestamp()))
    return _address(language, "item", token) + (f"?answer={answer}" if answer else "")


def read(token: str) -> tuple[Content, str] | None:
    """The item a link was made for and the version it showed; None for one that is not ours or older than 90 days."""
    known = accounts.unsigned("freshness", token)
    if len(known) != 3 or now().timestamp() - known[2] > LINK_DAYS * 86_400:
        return None
    content = session().get(Content, known[0])
    return (content, str(known[1])) if content is not None else None


def entry_of(content: Content, language: str) -> tuple[str, str]:
    """Title and whole address of an item's page."""
    shown = items.load([content.id], language)
    return (shown[0].title, items.absolute(shown[0].url)) if shown else (gettext("(no title)"), items.absolute("/"))


def _address(language: str, *words: str) -> str:
    return items.absolute(f"/{language}/freshness/") + "".join(f"{word}/" for word in words)


def _letter(address: str, wanted: str, contents: list[Content]) -> None:
    site = items.site()
    language = wanted if wanted in site["languages"] else _spoken(contents[0], site["languages"])
    quiet = _address(language, "quiet", accounts.signed("freshness quiet", address.lower()))
    with force_locale(language):
        entries = []
        for content in contents:
            title, url = entry_of(content, language)
            answers = [(label, link(content, language, answer)) for answer, label in words()]
            entries.append({"title": title, "url": url, "known": age.known_on(content), "answers": answers})
        number = len(entries)
        subject = (
            gettext("Is “%(title)s” still right?", title=excerpt(str(entries[0]["title"]), 80)) if number == 1
            else ngettext("Is %(num)s entry still right?", "Are %(num)s entries still right?", number)
        )  # fmt: skip
        told = {"site": site, "language": language, "subject": subject, "entries": entries, "quiet": quiet}
        texts = [
            current_app.jinja_env.get_template(f"freshness/letter.{shape}").render(**told) for shape in ("txt", "html")
        ]
        send_mail(session(), address, subject, *texts, unsubscribe=quiet)


def words() -> list[tuple[str, str]]:
    """The three answers, in words."""
    return [
        ("right", gettext("All right")),
        ("edit", gettext("Something has changed")),
        ("gone", gettext("It exists no more")),
    ]


def _spoken(content: Content, known: tuple[str, ...]) -> str:
    """The language to write in where the keeper's is not known: one that the item has."""
    written = {text.lang for text in content.texts}
    return next((code for code in known if code in written), known[0])
