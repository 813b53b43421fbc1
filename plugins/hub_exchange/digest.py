"""One line for the weekly mail of notices: what newly fits what somebody needs or offers. Told once, never again."""

from __future__ import annotations

import sqlalchemy as sa

from hub.api import Content, User, accounts, excerpt, gettext, items, ngettext, session
from hub_exchange import matching
from hub_exchange.models import Told

MOST = 30  # listings of one keeper that are looked at


def line(user: User | None, address: str, language: str) -> list[tuple[str, str]]:
    """(sentence, path) for whoever keeps listings that something newly fits, and the note that they know: written in the
    session at hand, so that a mail and the note are one transaction."""
    fresh: list[tuple[Content, matching.Match]] = []
    for content in session().scalars(_of(user, address).order_by(Content.id.desc()).limit(MOST)):
        shown = items.load([content.id], language)
        known = set(session().scalars(sa.select(Told.other_id).where(Told.content_id == content.id)))
        fresh += [(content, match) for found in shown for match in matching.of(found) if match.item.id not in known]
    if not fresh:
        return []
    first, match = fresh[0]
    [own] = items.load([first.id], language)
    said = gettext(
        "“%(other)s” fits “%(own)s”: %(why)s",
        other=excerpt(match.item.title, 70),
        own=excerpt(own.title, 70),
        why=match.why,
    )
    if len(fresh) > 1:
        said += " " + ngettext("(and %(num)s more)", "(and %(num)s more)", len(fresh) - 1)
    session().add_all(Told(content_id=content.id, other_id=match.item.id) for content, match in fresh)
    return [(said, own.url)]


def _of(user: User | None, address: str) -> sa.Select[Content]:
    """The public listings that somebody keeps: at their address, written by them, or of an organisation they represent."""
    mine = [sa.func.lower(Content.data["answers"].as_string()) == address.lower()]
    if user is not None:
        mine.append(Content.author_id == user.id)
        if partners := accounts.partners_of(user):
            mine.append(Content.owner_id.in_(partners))
    return sa.select(Content).where(Content.kind == "listing", Content.status == "published", sa.or_(*mine))
