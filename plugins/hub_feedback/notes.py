"""Private notes: to whom one can write, who reads which, the letter that brings one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import (
    Content,
    Item,
    User,
    accounts,
    current_user,
    excerpt,
    gather,
    gettext,
    items,
    level,
    may,
    render_page,
    session,
)
from hub_feedback import letters, voices
from hub_feedback.models import Addressed, Voice


@dataclass(frozen=True)
class Hearer:
    """Somebody with an account to whom a note can be addressed. key: what the form says for them."""

    key: str
    name: str
    user_id: int


def hearers(content: Content | None) -> list[Hearer]:
    """Everybody to whom a note about this item can be addressed, beside those who answer for it."""
    found = [] if content is None else gather("hearers", content=content)
    return [Hearer(str(one["key"]), str(one["name"]), int(one["user_id"])) for _plugin, told in found for one in told or ()]


def fault(item: Item, key: str) -> str:
    """What is wrong with the one whom a form names: the note must not go to others instead."""
    known = not key or any(hearer.key == key for hearer in hearers(session().get(Content, item.id)))
    return "" if known else gettext("This person can no longer be written to here. Choose again.")


def address_to(voice: Voice, key: str) -> None:
    """Let a note go to the one whom the form named; without one, to whoever answers for the item."""
    content = session().get(Content, voice.content_id) if voice.content_id else None
    if one := next((hearer for hearer in hearers(content) if hearer.key == key), None):
        session().add(Addressed(voice_id=voice.id, user_id=one.user_id, name=one.name))
        session().flush()


def send(voice: Voice, content: Content) -> None:
    """A note goes by mail to the one it is addressed to, else to whoever answers for the item; where nobody does, it waits on
    the item's page of notes."""
    one = session().get(Addressed, voice.id)
    if one is not None:
        numbers = [one.user_id] if one.user_id else []
    else:
        numbers = accounts.representatives(content.owner_id or content.id) or ([content.author_id] if content.author_id else [])
    for user in session().scalars(sa.select(User).where(User.id.in_(numbers), User.active)):
        language = user.language or items.site()["languages"][0]
        with force_locale(language):
            shown = items.load([content.id], language)
            title = shown[0].title if shown else ""
            parts: list[Any] = [gettext("A private note about “%(title)s”:", title=title), voice.text]
            parts += [gettext("From: %(name)s", name=voice.name)] if voice.name else []
            parts.append((gettext("All notes"), letters.address(language, content.uid, "notes")))
            letters.letter(user.email, language, gettext("A note: %(title)s", title=excerpt(title, 80)), parts)


def page(lang: str, uid: str) -> ResponseReturnValue:
    """The private notes about an item: to whoever answers for it those that are addressed to nobody else, to a speaker the own."""
    user = current_user()
    content = session().scalar(sa.select(Content).where(Content.uid == uid, Content.status == "published"))
    if content is None or user is None or content.audience not in items.AUDIENCES[: level(user) + 1]:
        abort(404)
    nobodys = content.owner_id is None and content.author_id is None
    answers = voices.answers_for(user, content) or (nobodys and may(user, "feedback.moderate"))
    mine = Addressed.user_id == user.id
    hears = any(hearer.user_id == user.id for hearer in hearers(content)) or session().scalar(_notes(content).where(mine).limit(1))
    shown = items.load([content.id], lang, level(user))
    if not (answers or hears) or not shown:
        abort(404)
    wanted = sa.or_(Addressed.voice_id.is_(None), mine) if answers else mine
    rows = session().scalars(_notes(content).where(wanted).order_by(Voice.counted.desc()).limit(200)).all()
    own = {row.voice_id for row in session().scalars(sa.select(Addressed).where(mine))}
    return render_page("feedback/notes.html", cache=False, item=shown[0], rows=rows, own=own)


def _notes(content: Content) -> sa.Select[Any]:
    said = sa.select(Voice).outerjoin(Addressed, Addressed.voice_id == Voice.id)
    return said.where(Voice.content_id == content.id, Voice.what == "note", Voice.state == "live")


def received(user: User) -> list[tuple[Item, int]]:
    """The items about which somebody was written to personally, each with how many notes there are."""
    counted = sa.select(Voice.content_id, sa.func.count()).join(Addressed, Addressed.voice_id == Voice.id).where(
        Addressed.user_id == user.id, Voice.state == "live").group_by(Voice.content_id)  # fmt: skip
    numbers = {number or 0: count for number, count in session().execute(counted)}
    language = items.speaking()
    shown = items.load(list(numbers), language, level(user))
    return [(item, numbers[item.id]) for item in shown if item.status == "published"]
