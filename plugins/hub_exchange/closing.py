"""Keeping, closing and taking back a need or offer: by whoever may, signed in or by a signed link."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from hub.api import Content, Item, User, accounts, items, now, session, setting
from hub_exchange.days import today
from hub_exchange.models import Asked

LINK_DAYS, LONGEST = 90, 731  # LONGEST: days that one stands without a word of whoever keeps it
VERSIONS = 1_000_000  # all of them
Document = items.Document
ANSWERS = ("keep", "done", "gone")


def may(user: User | None, content: Content) -> bool:
    """Who wrote it, who represents its organisation, editors."""
    return user is not None and (content.author_id == user.id or items.editable(content, user))


def token(content: Content, address: str) -> str:
    """The word of a link for whoever keeps a listing now; it ends when the address is another one."""
    return accounts.signed("exchange", content.id, _mark(address), int(now().timestamp()))


def read(word: str) -> Content | None:
    """The listing a link was made for; None for one that is not ours, too old, or of an address that keeps it no more."""
    known = accounts.unsigned("exchange", word)
    if len(known) != 3 or now().timestamp() - known[2] > LINK_DAYS * 86_400:
        return None
    content = session().get(Content, known[0])
    if content is None or content.kind != "listing":
        return None
    return content if any(_mark(address) == known[1] for address, _ in items.keepers(content)) else None


def _mark(address: str) -> str:
    return hashlib.sha256(address.lower().encode()).hexdigest()[:20]


def later() -> dt.date:
    """Until when a listing stands that is kept without a day of its own."""
    return today() + dt.timedelta(days=setting("exchange.valid_days"))


def offered(content: Content) -> dt.date:
    """The day that whoever extends it is offered: never before the one it names already."""
    try:
        named = dt.date.fromisoformat(str(content.data.get("until") or ""))
    except ValueError:  # none, or a month or year alone
        return later()
    return min(max(named, later()), today() + dt.timedelta(days=LONGEST))


def keep(content: Content, until: dt.date, author_id: int | None = None) -> None:
    """It still stands. Who calls commits."""

    def extend(doc: Document) -> None:
        doc["data"]["until"] = until.isoformat()
        begins = doc["data"].get("from")
        if begins and str(begins) > until.isoformat():
            del doc["data"]["from"]

    _amend(content, extend, author_id)
    items.check(content, today(), "keeper")
    asked = session().get(Asked, content.id)
    if asked is not None:
        session().delete(asked)


def close(content: Content, outcome: str = "", language: str = "", author_id: int | None = None) -> None:
    """It is over: out of the lists, its page stays, with a line on what came of it where there is one; the address for
    answers has served and goes. Who calls commits."""
    if outcome:

        def tell(doc: Document) -> None:
            spoken = language if language in doc["texts"] else next(iter(doc["texts"]))
            doc["texts"][spoken]["fields"]["outcome"] = outcome

        _amend(content, tell, author_id)
    items.move(content, "archive", author_id=author_id)
    drop_address(content)
    asked = session().get(Asked, content.id)
    if asked is not None:
        session().delete(asked)


def _amend(content: Content, change: Callable[[Document], None], author_id: int | None) -> None:
    """Change what is public; a version that an editor has begun is changed alike and stays begun."""
    doc, (begun, pending) = items.read(content), items.working_copy(content)
    change(doc)
    items.save(content, doc, author_id=author_id, publish=True)
    if pending is not None:
        change(begun)
        items.save(content, begun, author_id=pending.author_id, note=pending.note)


def outcome(item: Item) -> tuple[str, str]:
    """(what came of it, its language): told in one language, it is shown to readers of all."""
    for code in dict.fromkeys((item.lang, *item.languages)):
        if said := item.all_texts[code]["fields"].get("outcome"):
            return str(said), code
    return "", item.lang


def drop_address(content: Content, address: str = "") -> None:
    """Take the address for answers, or only this one, out of a listing and all its versions."""

    def goes(data: dict[str, Any]) -> bool:
        held = str(data.get("answers") or "").lower()
        return bool(held) and (not address or held == address.lower())

    if goes(content.data):
        items.mark(content, "answers", None)
    for version in items.revisions(content, VERSIONS):
        data = version.document.get("data", {})
        if goes(data):
            version.document = {
                **version.document,
                "data": {name: value for name, value in data.items() if name != "answers"},
            }
