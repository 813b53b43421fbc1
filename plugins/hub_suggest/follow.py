"""Following the change log: what is decided elsewhere in the desk is decided in the queue; members' items join the queue."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.api import Change, Content, User, enqueue, items, now, session, writing
from hub_suggest import letters, moderation
from hub_suggest.models import OPEN, Entry


def read(changes: Sequence[Change]) -> None:
    """Read a batch of the change log."""
    uids = {change.uid for change in changes}
    with writing():
        session().rollback()
        for entry in (
            session().scalars(sa.select(Entry).where(Entry.content_uid.in_(uids), Entry.state.in_(OPEN))).all()
        ):
            if entry.example and moderation.item_of(entry) is None:  # the demo was taken out
                session().delete(entry)
            elif entry.what in ("new", "member"):
                _settle(entry)
        join()
        session().commit()


def _settle(entry: Entry) -> None:
    """Close an entry whose item is no longer in review, as the item says."""
    content = moderation.item_of(entry)
    status = content.status if content else "gone"
    if status == "review" or (status == "draft" and entry.what == "new"):
        return
    entry.state = "accepted" if status in ("published", "archived") else "refused"
    entry.decided = now()
    moderation.note(entry, entry.state, "system")
    if entry.what == "new":
        letters.decided(entry)


def waiting_elsewhere() -> sa.Select[Content]:
    """Items in review that are not in the queue yet: what members sent in by the desk."""
    queued = sa.exists().where(
        Entry.content_uid == Content.uid, Entry.state.in_(OPEN), Entry.what.in_(("new", "member"))
    )
    kinds = [ctype.kind for ctype in items.types()]
    return sa.select(Content).where(Content.status == "review", Content.kind.in_(kinds), ~queued)


def join() -> int:
    """Put them into the queue; answers how many."""
    found = session().scalars(waiting_elsewhere()).all()
    languages = items.site()["languages"]
    for content in found:
        titles = {text.lang: text.title for text in content.texts}
        author = session().get(User, content.author_id) if content.author_id else None
        speaks = [author.language] if author else []  # who has chosen no language is answered in that of the text
        lang = next((code for code in [*speaks, *(code for code in languages if code in titles)] if code in languages), languages[0])
        session().add(Entry(
            state="waiting", what="member", kind=content.kind, title=titles.get(lang) or next(iter(titles.values()), ""),
            lang=lang, content_id=content.id, content_uid=content.uid, user_id=content.author_id, created=content.updated,
            example=content.example, told=content.example,
        ))  # fmt: skip
    if found:
        enqueue(session(), "suggest.tell", dedupe="suggest.tell")
    return len(found)
