"""Speakers with accounts: who is who, agreed by the speaker's own click; what they see of it. No address is kept or shown."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.api import Content, Item, User, items, level, now, session
from hub_events import letters, links, programme
from hub_events.models import Session, Speaker


@dataclass
class Named:
    """A name of a programme. row: what is known of the account behind it."""

    name: str
    sessions: list[Session] = field(default_factory=list)
    row: Speaker | None = None


def named(content_id: int) -> list[Named]:
    """Everybody whom an event's programme names, in its order; then those who are linked and no longer named."""
    rows = {row.name: row for row in session().scalars(sa.select(Speaker).where(Speaker.content_id == content_id))}
    found: dict[str, Named] = {}
    for part in programme.of(content_id):
        for name in dict.fromkeys(programme.names(part.speakers)):
            found.setdefault(name, Named(name, row=rows.get(name))).sessions.append(part)
    gone = [Named(row.name, row=row) for row in rows.values() if row.name not in found and row.user_id]
    return [*found.values(), *gone]


def row_of(content_id: int, name: str) -> Speaker:
    """The row of a name, made where there is none; it goes into the session."""
    row = session().scalar(sa.select(Speaker).where(Speaker.content_id == content_id, Speaker.name == name))
    if row is None:
        row = Speaker(content_id=content_id, name=name, word="")
        session().add(row)
        session().flush()
    return row


def invite(content: Content, name: str, address: str, language: str) -> None:
    """A letter asks whoever reads it whether they are this speaker; an earlier letter's link no longer works."""
    row = row_of(content.id, name)
    row.user_id, row.asked_at, row.word = None, now(), secrets.token_hex(8)
    session().flush()
    letters.ask_speaker(address, language, content, name, links.address(language, "speaker", links.sign("speaker", [row.id, row.word])))


def by_link(word: str) -> Speaker | None:
    """The speaker that a letter's link is for, as long as nobody has answered it."""
    said = links.read("speaker", word)
    if not isinstance(said, list) or len(said) != 2 or not said[1]:
        return None
    row = session().get(Speaker, said[0])
    return row if row is not None and row.word == said[1] else None


def accept(row: Speaker, user: User) -> None:
    """The person at this account is that speaker."""
    row.user_id, row.word = user.id, ""


def let_go(row: Speaker) -> None:
    """Nobody's account is behind that name any more."""
    session().delete(row)


def events_of(user_id: int) -> sa.Select[Any]:
    """The ids of events that an account speaks at."""
    return sa.select(Speaker.content_id).where(Speaker.user_id == user_id)


def own(user: User, language: str) -> list[tuple[Item, list[Session], Speaker]]:
    """The events somebody speaks at, those to come first, each with the sessions and the link between name and account."""
    mine = session().scalars(sa.select(Speaker).where(Speaker.user_id == user.id)).all()
    shown = items.load([row.content_id for row in mine], language, level(user), drafts=True)
    known = {item.id: item for item in shown if item.status in ("draft", "review", "published")}
    found = [(known[row.content_id], _of(row), row) for row in mine if row.content_id in known]
    moment = now()
    over = [entry for entry in found if (entry[0].row.ends_at or moment) < moment]
    coming = [entry for entry in found if entry not in over]
    begin = lambda entry: entry[0].row.starts_at or moment  # noqa: E731
    return sorted(coming, key=begin) + sorted(over, key=begin, reverse=True)


def _of(row: Speaker) -> list[Session]:
    return [part for part in programme.of(row.content_id) if row.name in programme.names(part.speakers)]


def hearers(content: Any) -> list[dict[str, Any]]:
    """Speakers of an event who can be written to, as feedback's hook of that name asks."""
    rows = session().execute(
        sa.select(Speaker.id, Speaker.name, Speaker.user_id)
        .join(User, User.id == Speaker.user_id)
        .where(Speaker.content_id == content.id, User.active)
        .order_by(Speaker.id)
    )
    return [{"key": f"events-{number}", "name": name, "user_id": user_id} for number, name, user_id in rows]


def tell(part: Session, content: Content) -> None:
    """Who speaks in a session that has moved gets a letter."""
    names = programme.names(part.speakers)
    wanted = sa.select(User).join(Speaker, Speaker.user_id == User.id).where(
        Speaker.content_id == content.id, Speaker.name.in_(names), User.active)  # fmt: skip
    for user in session().scalars(wanted):
        letters.moved_speaker(user.email, user.language or items.site()["languages"][0], content, part)
