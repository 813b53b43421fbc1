"""From the change log to mails. A mail, and that a follower has had its items, are written in one transaction: whenever a
worker dies, nothing is lost and nothing comes twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, get_babel

from hub.api import (
    Change,
    Content,
    Item,
    User,
    accounts,
    enqueue,
    excerpt,
    gather,
    gettext,
    items,
    level,
    ngettext,
    now,
    send_mail,
    session,
    setting,
    writing,
)
from hub_notices import subjects
from hub_notices.models import Follow, Follower, News, Sent

MOST = 30  # items in one mail; the rest comes with the next
KEEP = dt.timedelta(days=60)  # how long something counts as new


def read(changes: Sequence[Change]) -> None:
    """The change reader: notes what was published. The same change read twice changes nothing."""
    fresh = {
        c.content_id: c for c in changes if c.verb == "published" and c.at > now() - KEEP and subjects.is_known(c.kind)
    }
    with writing():
        session().rollback()
        there = set(session().scalars(sa.select(Content.id).where(Content.id.in_(fresh))))
        known = set(session().scalars(sa.select(News.content_id).where(News.content_id.in_(fresh))))
        session().add_all(News(content_id=n, at=change.at) for n, change in fresh.items() if n in there - known)
        if there - known:
            enqueue(session(), "notices.once", dedupe="notices.once", run_at=now() + dt.timedelta(seconds=60))
        session().commit()


def restart() -> None:
    """The log is read from its beginning: what is noted already stays."""


def once() -> None:
    """The job: those who want to hear at once."""
    _to_each(sa.select(Follower.id).where(Follower.mode == "once"))


def weekly() -> None:
    """The hourly job: on the day of the week, those whose last mail is a week ago (and whoever was missed)."""
    moment = now()
    zone = ZoneInfo(str(get_babel().default_timezone))
    today = str(moment.astimezone(zone).isoweekday()) == setting("notices.weekday")
    last = sa.func.coalesce(Follower.mailed, Follower.created)
    pause = dt.timedelta(hours=18) if today else dt.timedelta(days=8)
    waited = sa.or_(Follower.mailed.is_(None), Follower.mailed < moment - dt.timedelta(days=6))
    _to_each(sa.select(Follower.id).where(Follower.mode == "weekly", waited, last < moment - pause))


def _to_each(which: sa.Select[Any]) -> None:
    with writing():
        numbers = list(session().scalars(which.order_by(Follower.id)))
        session().rollback()
    for number in numbers:
        with writing():  # one follower, one transaction: short, and whole or not at all
            follower = session().get(Follower, number, with_for_update=True)
            if follower is not None:
                _one(follower)
            session().commit()


def _one(follower: Follower) -> None:
    user = session().get(User, follower.user_id) if follower.user_id else None
    address = user.email if user else follower.email
    if not address or (user is not None and not user.active):
        return
    mine = sa.select(Follow).where(Follow.follower_id == follower.id, Follow.confirmed).order_by(Follow.id)
    follows = list(session().scalars(mine))
    if not follows:
        return
    if follower.mode == "weekly":
        follower.mailed = now()  # also where nothing is new: the next one comes on its day
    found, brought = news_for(follower, follows, user, address), _brought(follower, user, address)
    if found or brought:
        session().add_all(Sent(follower_id=follower.id, content_id=item.id) for item, _ in found)
        _letter(follower, address, found, brought)
        if len(found) == MOST and follower.mode == "once":  # the rest does not wait until something else is published
            enqueue(session(), "notices.once", dedupe="notices.once", run_at=now() + dt.timedelta(seconds=60))


def _brought(follower: Follower, user: User | None, address: str) -> list[tuple[str, str]]:
    """What other plugins have to say in the weekly mail, two lines each at most."""
    if follower.mode != "weekly":
        return []
    with force_locale(follower.lang):
        said = gather("digest_lines", user=user, address=address, language=follower.lang)
    return [line for _, lines in said for line in list(lines)[:2]]


def news_for(
    follower: Follower, follows: Sequence[Follow], user: User | None, address: str
) -> list[tuple[Item, Follow]]:
    """What is new for somebody, newest first, and for which of their subjects: nothing had before, past, or their own."""
    reader = level(user)
    had = sa.select(Sent.content_id).where(Sent.follower_id == follower.id)
    since = max(min(follow.created for follow in follows), now() - KEEP)
    fresh = sa.select(News.content_id, News.at).where(News.at > since, News.content_id.not_in(had))
    theirs = {follow.id: subjects.belonging(follow, follower.lang, reader, fresh) for follow in follows}
    times = {number: at for found in theirs.values() for number, at in found.items()}
    newest = sorted(times, key=lambda number: (times[number], number), reverse=True)
    open_to = ("public", "members", "editors")[: reader + 1]
    told: list[tuple[Item, Follow]] = []
    for start in range(0, len(newest), 500):
        for item in items.load(newest[start : start + 500], follower.lang, reader, links=True):
            hidden = item.status != "published" or item.row.audience not in open_to
            if hidden or _is_past(item) or _is_own(item, user, address):
                continue
            why = next((f for f in follows if times[item.id] > f.created and item.id in theirs[f.id]), None)
            if why is not None:
                told.append((item, why))
                if len(told) == MOST:
                    return told
    return told


def _is_past(item: Item) -> bool:
    if not item.type.dated:
        return False
    end = item.row.ends_at or item.row.starts_at
    return end is not None and end < now()


def _is_own(item: Item, user: User | None, address: str) -> bool:
    """Written by them, about or of an organisation that they represent, or kept at their address."""
    if user is not None:
        mine = accounts.partners_of(user)
        if item.row.author_id == user.id or item.id in mine or item.row.owner_id in mine:
            return True
    content = session().get(Content, item.id)
    return content is not None and any(kept.lower() == address.lower() for kept, _ in items.keepers(content))


def address_of(language: str, *words: str) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/notices/") + "".join(f"{word}/" for word in words)


def confirm(follower: Follower, follows: Sequence[Follow], mode: str) -> None:
    """To an address that somebody typed: is it yours? mode: how often they want to hear, which counts from the yes on."""
    first, *more = [follow.id for follow in follows]
    link = address_of(follower.lang, "confirm", accounts.signed("notices confirm", first, follower.uid, mode, *more))
    user = session().get(User, follower.user_id) if follower.user_id else None
    with force_locale(follower.lang):
        context = {"link": link, "labels": [subjects.label((f.what, f.value), follower.lang) for f in follows]}
        _send(user.email if user else str(follower.email), follower.lang, gettext("Confirm what you want to follow"), "asked", context)


def stop_link(follower: Follower) -> str:
    """Where all mails end without signing in."""
    return address_of(follower.lang, "stop", accounts.signed("notices stop", follower.id, follower.uid))


def mine_link(follower: Follower) -> str:
    """Where a follower without an account changes what they follow."""
    return address_of(follower.lang, "mine", accounts.signed("notices mine", follower.id, follower.uid))


def _letter(follower: Follower, address: str, found: list[tuple[Item, Follow]], brought: list[tuple[str, str]]) -> None:
    with force_locale(follower.lang):
        lines = [
            {"item": item, "url": items.absolute(item.url), "why": subjects.label((f.what, f.value), follower.lang)}
            for item, f in found
        ]  # fmt: skip
        first = excerpt(found[0][0].title if found else brought[0][0], 60)
        more = len(found) - 1
        subject = (
            ngettext("New: %(title)s and %(num)s more", "New: %(title)s and %(num)s more", more, title=first)
            if more > 0 else gettext("New: %(title)s", title=first)
        )  # fmt: skip
        stop = stop_link(follower)
        told = [(said, items.absolute(path)) for said, path in brought]
        context = {"lines": lines, "brought": told, "stop": stop, "mine": mine_link(follower), "mode": follower.mode}
        _send(address, follower.lang, subject, "letter", context, stop)


def _send(address: str, language: str, subject: str, template: str, context: Mapping[str, Any], stop: str = "") -> None:
    told = {**context, "site": items.site(), "language": language, "subject": subject}
    jinja = current_app.jinja_env
    texts = [jinja.get_template(f"notices/{template}.{shape}").render(**told) for shape in ("txt", "html")]
    send_mail(session(), address, subject, *texts, unsubscribe=stop)
