"""One story in several sources: the first entry stands in the river, the others are folded under it, and can be taken out.

A folded entry's item is archived: its page stays, lists and feeds show the main one only.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from hub.api import Content, items, session
from hub_news.models import Entry, Feed

WITHIN = dt.timedelta(hours=72)


def same_story(row: Entry) -> Entry | None:
    """The main entry of the story that this one tells again: same address, or same title within 72 hours, other source."""
    same = []
    if row.url_key:
        same.append(Entry.url_key == row.url_key)
    if row.title_key:
        near = Entry.dated.between(row.dated - WITHIN, row.dated + WITHIN)
        same.append(sa.and_(Entry.title_key == row.title_key, near))
    if not same or row.apart:
        return None
    query = sa.select(Entry).join(Content, Content.id == Entry.content_id).where(
        sa.or_(*same), Entry.feed_id != row.feed_id, Entry.id != row.id, Entry.apart.is_(False),
        Content.status.in_(("published", "archived")),
    )  # fmt: skip
    found = session().scalars(query.order_by(Entry.main_id.is_not(None), Entry.id).limit(1)).first()
    main = session().get(Entry, found.main_id) if found is not None and found.main_id else found
    return main if main is not None and main.content_id and main.id != row.id else None


def others(content_id: int) -> list[tuple[Entry, Feed, Content]]:
    """The other entries of an item's story, with their sources and items: the main one first."""
    own = session().scalar(sa.select(Entry).where(Entry.content_id == content_id))
    if own is None:
        return []
    main = own.main_id or own.id
    query = (
        sa.select(Entry, Feed, Content).join(Feed, Feed.id == Entry.feed_id).join(Content, Content.id == Entry.content_id)
        .where(sa.or_(Entry.id == main, Entry.main_id == main), Entry.id != own.id, Content.status.in_(("published", "archived")))
        .order_by(Entry.main_id.is_not(None), Entry.id).limit(20)
    )  # fmt: skip
    return [tuple(row) for row in session().execute(query)]  # type: ignore[misc]


def take_apart(row: Entry) -> None:
    """Let an entry stand by itself again: a folded one comes back into the river and is not folded again."""
    row.apart, row.main_id = True, None
    content = session().get(Content, row.content_id) if row.content_id else None
    if content is not None and content.status == "archived":
        items.move(content, "publish")
        row.version = content.version


def succeed(row: Entry) -> None:
    """A main entry goes (hidden, expired): the next of its story takes its place."""
    heirs = session().scalars(sa.select(Entry).where(Entry.main_id == row.id).order_by(Entry.id)).all()
    living = [heir for heir in heirs if heir.content_id]
    if not living:
        return
    for heir in heirs:
        heir.main_id = living[0].id if heir is not living[0] else None
    content = session().get(Content, living[0].content_id)
    if content is not None and content.status == "archived":
        items.move(content, "publish")
        living[0].version = content.version
