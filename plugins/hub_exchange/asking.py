"""The daily job: whoever keeps a listing whose time is over is asked once by mail; without an answer it is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, format_date

from hub.api import Content, excerpt, gettext, items, now, send_mail, session, setting, writing
from hub_exchange import closing
from hub_exchange.days import today, zone
from hub_exchange.models import Asked

Part = str | tuple[str, str]  # a paragraph, or (what it does, address)


def over() -> sa.ColumnElement[bool]:
    """Published listings whose time is over: their own day has passed, or nothing was heard of them for long (of one that
    names a far day: for two years). Those of other hubs are asked about and closed where they live."""
    unheard = sa.or_(
        sa.and_(Content.ends_at.is_(None), _silent_since(setting("exchange.valid_days"))), _silent_since(closing.LONGEST),
    )  # fmt: skip
    real = sa.and_(Content.kind == "listing", Content.status == "published", Content.example.is_(False))
    return sa.and_(real, ~Content.elsewhere, sa.or_(Content.ends_at < now(), unheard))


def _silent_since(days: int) -> sa.ColumnElement[bool]:
    midnight = dt.datetime.combine(today(), dt.time(), zone()) - dt.timedelta(days=days)
    unchecked = sa.or_(Content.checked_on.is_(None), Content.checked_on < midnight.date())
    return sa.and_(Content.published < midnight, unchecked)


def daily() -> None:
    """Forget questions about what stands again, close what nobody answered for, ask about what is newly over."""
    with writing():
        session().rollback()
        standing = sa.delete(Asked).where(Asked.content_id.not_in(sa.select(Content.id).where(over())))
        session().execute(standing.execution_options(synchronize_session=False))
        session().commit()
    silent = sa.select(Asked.content_id).where(Asked.at < now() - dt.timedelta(days=setting("exchange.answer_days")))
    new = sa.select(Content.id).where(over(), Content.id.not_in(sa.select(Asked.content_id)))
    for numbers, step in ((silent, closing.close), (new.order_by(Content.id).limit(setting("exchange.per_day")), ask)):
        for number in session().scalars(numbers).all():
            with writing():  # one listing, one transaction: a mail and the note of it, or nothing
                session().rollback()
                content = session().get(Content, number, with_for_update=True)
                asked = session().get(Asked, number) is not None
                if content is not None and content.status == "published" and asked == (step is closing.close):
                    step(content)
                items.commit()


def ask(content: Content) -> None:
    """One mail to each who keeps it: does it still stand? Who calls commits."""
    to = items.keepers(content)
    session().add(Asked(content_id=content.id, reached=bool(to)))
    for address, spoken in to:
        language = spoken_by(content, spoken)
        with force_locale(language):
            title, link = entry_of(content, language)
            answer = gettext("Extend it, or close it")
            day = today() + dt.timedelta(days=setting("exchange.answer_days"))
            letter(address, language, gettext("Does it still stand? %(title)s", title=excerpt(title, 80)), [
                gettext("The time of this need or offer is over. Does it still stand, or has it found somebody?"),
                (title, link),
                (answer, own_link(content, address, language)),
                gettext("The link opens a page with three buttons; only they answer. Without an answer it is closed after "
                        "%(day)s, and we do not ask again.", day=format_date(day, "long")),
            ])  # fmt: skip


def send_link(content: Content) -> None:
    """The link to change or close a listing, to the addresses that it has. Who calls commits."""
    for address, spoken in items.keepers(content):
        language = spoken_by(content, spoken)
        with force_locale(language):
            title, link = entry_of(content, language)
            letter(address, language, gettext("Your link: %(title)s", title=excerpt(title, 80)), [
                gettext("Somebody asked for the link of this entry. If it was not you, do nothing."),
                (title, link),
                (gettext("Extend it, or close it"), own_link(content, address, language)),
            ])  # fmt: skip


def spoken_by(content: Content, wanted: str) -> str:
    """The language to write in: the keeper's, else one that the listing has."""
    known = items.site()["languages"]
    written = {text.lang for text in content.texts}
    return wanted if wanted in known else next((code for code in known if code in written), known[0])


def own_link(content: Content, address: str, language: str) -> str:
    return f"{items.site()['url'].rstrip('/')}/{language}/exchange/mine/{closing.token(content, address)}/"


def entry_of(content: Content, language: str) -> tuple[str, str]:
    """Title and whole address of a listing's page."""
    shown = items.load([content.id], language)
    return (shown[0].title, items.absolute(shown[0].url)) if shown else (gettext("(no title)"), items.site()["url"])


def letter(to: str, language: str, subject: str, parts: Sequence[Part]) -> None:
    """Put a mail into the outbox."""
    site = items.site()
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    template = current_app.jinja_env.get_template("exchange/letter.html")
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    send_mail(session(), to, " ".join(subject.split()), f"{text}\n\n{site['name']}\n{site['url']}\n", html)
