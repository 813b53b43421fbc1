"""What happens to a suggestion: taken in, put into the queue, decided, taken back. Every step goes into the audit log.

All functions write in the session at hand; whoever calls them ends the transaction with `items.commit()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from hub.api import (
    Content,
    ContentType,
    NotAllowed,
    content_type,
    data_dir,
    enqueue,
    gettext,
    items,
    now,
    session,
    setting,
)
from hub_suggest import fields
from hub_suggest.models import OPEN, Entry, Step

ORIGIN = "suggest"


class Decided(Exception):
    """Somebody was faster; `entry` is as they left it."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.state)
        self.entry = entry


class Stale(Exception):
    """The item, or the suggestion, changed while the editor was looking at it."""


class Impossible(Exception):
    """It cannot be done now; the message says why and what to do."""


class Erased(Impossible):
    """The item it is about is gone for good."""

    def __init__(self) -> None:
        super().__init__(
            gettext("The entry this is about has been erased. Nothing can be taken over; refuse it with a reason.")
        )


def shown() -> sa.ColumnElement[bool]:
    """Entries of kinds that are switched on; those of others are kept and told to nobody."""
    return Entry.kind.in_([ctype.kind for ctype in items.types()])


def locked(number: int, version: int = 0) -> Entry:
    """The entry, held by this transaction until it ends. Raises Decided, LookupError, and Stale where it was rewritten."""
    entry = session().get(Entry, number, with_for_update=True, populate_existing=True)
    if entry is None:
        raise LookupError(number)
    if entry.state not in OPEN:
        raise Decided(entry)
    if version and entry.version != version:
        raise Stale
    return entry


def item_of(entry: Entry) -> Content | None:
    """The item it makes or is about, in any status; None before there is one, and after it was erased."""
    return items.get(entry.kind, entry.content_uid) if entry.content_uid else None


def bound(entry: Entry) -> str:
    """What an editor's link is bound to: this text of the suggestion, and the item as it is now."""
    content = item_of(entry)
    return f"{entry.version}.{entry.revision_id or 0}.{items.token(content) if content else 0}"


def note(
    entry: Entry, verb: str, by: str = "editor", user: Any = None, reason: str = "", keys: Sequence[str] = ()
) -> None:
    """Write one line of the audit log."""
    session().add(Step(
        entry_id=entry.id, content_uid=entry.content_uid, title=entry.title, verb=verb, by=by,
        user_id=user.id if user is not None else None, reason=reason, fields=list(keys),
    ))  # fmt: skip


# -- in ------------------------------------------------------------------------------------------------------------------


def take_in(entry: Entry, picture: bytes = b"") -> None:
    """A new suggestion: into the queue, aside where it is suspicious, or waiting for its address to be confirmed."""
    entry.state = "held" if entry.doubts else "waiting"
    if entry.state == "waiting" and setting("suggest.confirm") and entry.user_id is None:
        entry.state = "confirm"
    session().add(entry)
    session().flush()
    note(entry, "sent", "member" if entry.user_id else "sender")
    if entry.state == "waiting":
        queue(entry, picture)
    elif picture:
        _picture_file(entry).write_bytes(picture)


def queue(entry: Entry, picture: bytes = b"") -> None:
    """Let it wait for an editor: as an item in review, or as a revision in review beside what is public."""
    ctype = kind_of(entry)
    if entry.what == "new" and entry.content_id is None:
        doc = {**entry.draft, "origin": ORIGIN, "example": entry.example}
        content = items.create(entry.kind, doc, author_id=entry.user_id, status="review")
        entry.content_id, entry.content_uid, entry.draft = content.id, content.uid, {}
        _attach(entry, content, picture)
    elif entry.wish and not entry.example:  # an example must not keep the demo's item from being taken out
        _propose(entry, ctype)
    entry.state = "waiting"
    _announce(entry)


def _announce(entry: Entry) -> None:
    """Let editors who want it so hear of it at once (again, where the sender has changed it: earlier links have ended)."""
    entry.told = entry.example
    if entry.state == "waiting" and not entry.example:
        enqueue(session(), "suggest.tell", dedupe="suggest.tell")


def _propose(entry: Entry, ctype: ContentType) -> None:
    content = item_of(entry)
    if content is None:
        return
    _answer_revision(entry, "old")
    wished = fields.put(ctype, items.read(content), entry.wish)
    told = gettext("Suggestion %(number)s", number=entry.id)
    revision = items.propose(content, wished, author_id=entry.user_id, note=told)
    session().flush()
    entry.revision_id = revision.id


def _attach(entry: Entry, content: Content, picture: bytes) -> None:
    file = _picture_file(entry)
    if not picture and file.is_file():
        picture = file.read_bytes()
    if picture:
        items.attach_picture(content, picture, alt={}, credit=entry.name)
    file.unlink(missing_ok=True)


def drop_picture(entry: Entry) -> None:
    """Delete the picture that came with what never became an item."""
    _picture_file(entry).unlink(missing_ok=True)


def _picture_file(entry: Entry) -> Any:
    return data_dir("suggest") / f"{entry.uid}.picture"


def kind_of(entry: Entry) -> ContentType:
    """The content type it belongs to. Raises Impossible while that is switched off."""
    ctype = content_type(entry.kind)
    if ctype is None:
        told = gettext(
            "The part of the site this belongs to (%(kind)s) is switched off; switch it on first.", kind=entry.kind
        )
        raise Impossible(told)
    return ctype


# -- by the sender -------------------------------------------------------------------------------------------------------


def rewrite(entry: Entry, values: Mapping[str, Any], message: str) -> None:
    """The sender changes what still waits; only the fields that were changed are touched. Raises Faults."""
    ctype, content = kind_of(entry), item_of(entry)
    if entry.what != "new":
        entry.wish = {**entry.wish, **values}
        if entry.state == "waiting":
            _propose(entry, ctype)
    elif content is None:
        entry.draft = fields.put(ctype, entry.draft, dict(values))
    elif values:
        items.save(content, fields.put(ctype, items.read(content), dict(values)), author_id=entry.user_id)
    titles = [value for key, value in values.items() if key.startswith("title.") and value]
    entry.title = str(titles[0]) if titles and entry.what == "new" else entry.title
    entry.note, entry.version = message, entry.version + 1
    note(entry, "rewritten", "sender", keys=list(values))
    _announce(entry)


def reply(entry: Entry, text: str) -> None:
    """The sender answers a question."""
    entry.note, entry.version = f"{entry.note}\n\n{text}".strip(), entry.version + 1
    note(entry, "answered", "sender")
    _announce(entry)


def withdraw(entry: Entry) -> None:
    """The sender takes it back."""
    _away(entry)
    _close(entry, "withdrawn")
    note(entry, "withdrawn", "sender")


def forget_sender(entry: Entry) -> None:
    """Take out who sent it; what was suggested stays."""
    entry.name = entry.email = entry.note = ""
    entry.user_id = None


# -- by the editors ------------------------------------------------------------------------------------------------------


def accept(
    entry: Entry, editor: Any, *, keys: Sequence[str] | None = None, edited: Mapping[str, Any] | None = None,
    base: str = "", reason: str = "", by: str = "editor",
) -> None:  # fmt: skip
    """Publish it: a new item wholly, of a correction the fields `keys` (None: all), with the editor's own values for some.

    base: the item's token as the editor saw it. Raises Stale, Impossible and Faults; nothing is changed then.
    """
    ctype = kind_of(entry)
    if entry.state == "held":
        queue(entry)
    content = item_of(entry)
    if content is None:
        raise Erased
    if base and base != items.token(content):
        raise Stale
    author = editor.id if editor is not None else None
    if entry.what in ("new", "member"):
        try:
            items.move(content, "publish", author_id=author)
        except NotAllowed:
            raise Impossible(gettext("It is in the trash; restore it in the desk first.")) from None
        entry.state, entry.taken = "accepted", []
    else:
        chosen = list(entry.wish) if keys is None else [key for key in entry.wish if key in keys]
        values = {key: (edited or {}).get(key, entry.wish[key]) for key in chosen}
        if values:
            _apply(content, ctype, values, author)
        entry.taken = chosen
        entry.state = "accepted" if len(chosen) == len(entry.wish) else "partly" if chosen else "refused"
        _answer_revision(entry, "taken" if chosen or not entry.wish else "refused")
    _close(entry, entry.state, editor, reason)
    note(entry, entry.state, by, editor, reason, entry.taken)


def _apply(content: Content, ctype: ContentType, values: Mapping[str, Any], author: int | None) -> None:
    """Set fields of the live version, and of what an editor has begun beside it, so that publishing that keeps them."""
    begun, pending = items.working_copy(content)
    told = gettext("from a suggestion")
    if content.status == "trash":
        raise Impossible(gettext("It is in the trash; restore it in the desk first."))
    if content.status == "archived":  # not put back on the site by the way: the change waits as a draft
        items.save(content, fields.put(ctype, begun, dict(values)), author_id=author, note=told)
        return
    live = fields.put(ctype, items.read(content), dict(values))
    items.save(content, live, author_id=author, publish=content.status == "published", note=told)
    if pending is not None and content.status == "published":
        items.save(content, fields.put(ctype, begun, dict(values)), author_id=pending.author_id, note=pending.note)


def refuse(entry: Entry, editor: Any, reason: str = "", *, spam: bool = False, by: str = "editor") -> None:
    """Say no, with a reason for the sender; a new item goes to the trash, a member's back to its author as a draft."""
    _away(entry)
    verb = "spam" if spam else "refused"
    _close(entry, verb, editor, reason)
    note(entry, verb, by, editor, reason)


def _away(entry: Entry) -> None:
    content = item_of(entry) if entry.what in ("new", "member") else None
    if content is not None:
        with suppress(NotAllowed):  # published or thrown away by other means: that stays as it is
            items.move(content, "return" if entry.what == "member" else "trash")
    _answer_revision(entry, "refused")
    drop_picture(entry)


def release(entry: Entry, editor: Any) -> None:
    """Not spam: from the suspicious ones into the queue."""
    if entry.state == "held":
        queue(entry)
        note(entry, "released", "editor", editor)


def question(entry: Entry, editor: Any, text: str) -> None:
    """Ask the sender something; it goes on waiting."""
    note(entry, "asked", "editor", editor, text)


def change_at_once(entry: Entry) -> None:
    """A sender's change to the own published entry where the site lets such changes go out by themselves."""
    session().add(entry)
    entry.state = "waiting"
    session().flush()
    accept(entry, None, by="sender")


def _answer_revision(entry: Entry, state: str) -> None:
    revision = items.revision(entry.revision_id) if entry.revision_id else None
    if revision is not None and revision.state == "review" and revision.content_id == entry.content_id:
        revision.state = state


def _close(entry: Entry, state: str, editor: Any = None, reason: str = "") -> None:
    entry.state, entry.reason, entry.decided = state, reason, now()
    entry.decided_by = editor.id if editor is not None else None
