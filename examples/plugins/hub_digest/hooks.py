"""What this plugin gives to the hub: the shape `.letter.txt` of every list, a page, a weekly job, two settings."""

import datetime as dt
import json
import logging
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import force_locale, format_date, get_locale
from hub.api import (
    Exporter,
    Item,
    Job,
    Listing,
    ListQuery,
    NavItem,
    Setting,
    data_dir,
    gettext,
    hookimpl,
    items,
    now,
    render_page,
    send_mail,
    session,
    setting,
    writing,
)
from hub.api import lazy_gettext as _

from .letter import letter

log = logging.getLogger("hub.digest")
WEEK = dt.timedelta(days=7)
MOST = 200  # of one kind; a week that brings more is told by its newest
pages = Blueprint("digest", __name__)


def write_letter(listing: Listing) -> str:
    """Any list as plain text: what the exporter gives, and what is sent."""
    lines = [(str(i.type.label), i.title, i.excerpt, items.absolute(i.url)) for i in listing.items]
    return letter(listing.title, lines, items.absolute(listing.url))


def new_since(moment: dt.datetime, language: str) -> list[Item]:
    """What everybody may read and was published since then, newest first."""
    found: list[Item] = []
    for ctype in items.types():
        if ctype.navigation:
            ids = items.find(ListQuery((ctype.kind,), language, limit=MOST)).ids
            found += [i for i in items.load(ids, language) if i.published and i.published > moment]
    return sorted(found, key=lambda item: str(item.published), reverse=True)


def send_weekly() -> None:
    """Once in seven days, and only where there is something to tell: a letter to every address of the setting.

    Called every hour; when the last letter went out is written in data/digest/, after the mails: a crash between the
    two sends one letter twice rather than never.
    """
    file = data_dir("digest") / "sent.json"
    last = dt.datetime.fromisoformat(json.loads(file.read_text())) if file.is_file() else now() - WEEK
    if file.is_file() and now() - last < WEEK:
        return
    language = items.site()["languages"][0]
    with force_locale(language):
        news = new_since(last, language)
        title = gettext("New in %(name)s", name=items.site()["name"])
        text = write_letter(Listing(news, title, language, url_for_digest(language), len(news)))
    if not news:
        return
    with writing():
        for address in setting("digest.to"):
            try:
                send_mail(session(), address, title, text)
            except ValueError as error:  # one slip of the pen keeps no letter from the others
                log.warning("the setting digest.to: %s", error)
        session().commit()
    file.write_text(json.dumps(now().isoformat()))


def url_for_digest(language: str) -> str:
    return f"/{language}/digest/"  # a job has no request that addresses could be made from


@pages.get("/")
def show(lang: str) -> Response:
    """`/en/digest/`: the last days, whatever was sent."""
    days = setting("digest.days")
    since = now() - dt.timedelta(days=days)
    found = new_since(since, lang)
    return render_page("digest/page.html", items=found, since=format_date(since.date(), "d MMMM"), days=days)


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    return [pages]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot != "footer":
        return []
    return [NavItem(_("Weekly digest"), url_for("digest.show", lang=str(get_locale())))]


@hookimpl
def exporters() -> Sequence[Exporter]:
    return [Exporter("letter.txt", _("Letter"), "text/plain", write_letter)]


@hookimpl
def jobs() -> Sequence[Job]:
    return [Job("weekly", send_weekly, every=3600, label=_("Send the weekly digest where it is due"))]


@hookimpl
def settings() -> Sequence[Setting]:
    return [
        Setting("to", "list", [], label=_("Who gets the digest"), hint=_("One mail address per line.")),
        Setting("days", "int", 7, label=_("How many days the digest's page covers"), minimum=1, maximum=90),
    ]
