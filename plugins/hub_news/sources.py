"""What is going on with each source, in plain words: last success, next attempt and why, what is wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from hub.api import Item, current_user, gettext, items, level, now, session
from hub.api import lazy_gettext as _
from hub_news.models import Feed

ERRORS = {
    "refused": _("The address leads to a place where the hub does not go."),
    "unreachable": _("The server cannot be reached."),
    "slow": _("The answer took too long."),
    "big": _("The answer is larger than 10 MB."),
    "answer": _("The server's answer cannot be understood."),
    "page": _("There is a web page instead of a feed."),
    "empty": _("The answer is empty."),
    "unreadable": _("The feed cannot be read."),
    "stored": _("The entries could not be saved; the log of the server says why."),
    "gone": _("The source says that it is closed for good (410)."),
}
STATUS = {
    401: _("The server asks for a password."),
    403: _("The server refuses to answer us."),
    404: _("There is nothing at this address (404)."),
    429: _("The server asks us to come less often (429)."),
    503: _("The server is busy or under repair (503)."),
}
WHY = {
    "new": _("not asked yet"),
    "interval": _("as often as there is something new"),
    "asked": _("as often as the source itself wishes"),
    "retry": _("the server named this time"),
    "failing": _("a longer pause after each failure"),
    "hand": _("an editor asked for it"),
    "pushed": _("seldom: its hub tells us at once what is new"),
}
PAUSED = {
    "editor": _("an editor has paused it"),
    "example": _("an example of the demo: not fetched"),
    "partner": _("the partner is archived"),
    "double": _("it has become the same as another source"),
}


@dataclass(frozen=True)
class Line:
    """One source as pages show it."""

    feed: Feed
    partner: Item | None
    state: str  # ok, warn, bad, off: the mark beside it
    said: str
    next_why: str
    error: str


def in_words(error: str, detail: str = "") -> str:
    """What is wrong, as a sentence; empty where nothing is."""
    if not error:
        return ""
    if error == "status":
        code = int(detail) if detail.isdecimal() else 0
        return str(STATUS.get(code) or gettext("The server answers with the error %(code)s.", code=detail))
    return str(ERRORS.get(error, error))


def lines(language: str, *, partner_id: int = 0) -> list[Line]:
    """Every source, by title."""
    query = sa.select(Feed).order_by(sa.func.lower(Feed.title), Feed.id)
    feeds = session().scalars(query.where(Feed.partner_id == partner_id) if partner_id else query).all()
    ids = sorted({feed.partner_id for feed in feeds if feed.partner_id})
    public = [i for i in ids if _published(i)]
    partners = {item.id: item for item in items.load(public, language, level(current_user()))}
    return [line(feed, partners.get(feed.partner_id or 0)) for feed in feeds]


def _published(number: int) -> bool:
    from hub.api import Content

    found = session().get(Content, number)
    return found is not None and found.status == "published" and found.audience == "public"


def line(feed: Feed, partner: Item | None = None) -> Line:
    """A source as pages show it."""
    error = in_words(feed.error, feed.detail)
    if feed.state == "paused":
        state, said = "off", gettext("paused")
    elif feed.state == "gone":
        state, said = "err", gettext("closed")
    elif feed.error:
        state, said = ("err" if long_dead(feed) else "warn"), gettext("does not answer as it should")
    else:
        state, said = "ok", gettext("works") if feed.succeeded else gettext("waits for its first fetch")
    why = {"active": WHY.get(feed.why, ""), "paused": PAUSED.get(feed.paused_why, PAUSED["editor"])}.get(feed.state, "")
    return Line(feed, partner, state, said, str(why), error)


def long_dead(feed: Feed, days: int = 7) -> bool:
    """Whether a source has failed for days, without a success between."""
    return bool(feed.failing_since and feed.failing_since < now() - dt.timedelta(days=days)) or feed.state == "gone"
