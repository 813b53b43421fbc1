"""Two items become one: what points at an item, and addresses that lead to another one from now on."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.content.model import Content, ContentLink, ContentSlug
from hub.hooks.here import hub
from hub.store.db import session

Moved = list[tuple[str, str, bool]]  # language, address word, whether it was the current one


def pointing_at(content: Content) -> Sequence[Content]:
    """Items of any status that are linked to this one or name it as responsible."""
    linked = sa.select(ContentLink.from_id).where(ContentLink.to_id == content.id)
    mine = sa.or_(Content.id.in_(linked), Content.owner_id == content.id)
    return session().scalars(sa.select(Content).where(mine, Content.kind.in_(hub().types.kinds())).order_by(Content.id)).all()


def redirect(content: Content, target: Content) -> Moved:
    """All addresses of an item, its uid too, lead to another of its kind; answers them for `give_back`."""
    db = session()
    db.flush()
    rows = db.scalars(sa.select(ContentSlug).where(ContentSlug.content_id == content.id)).all()
    moved = [(row.lang, row.slug, row.current) for row in rows]
    for row in rows:
        row.content_id, row.current = target.id, False
    lang = hub().settings.default_language
    db.merge(ContentSlug(kind=content.kind, lang=lang, slug=content.uid, content_id=target.id, current=False))
    return moved


def give_back(content: Content, moved: Moved) -> None:
    """Addresses that `redirect` took lead to their item again."""
    db = session()
    db.flush()
    db.execute(sa.delete(ContentSlug).where(ContentSlug.kind == content.kind, ContentSlug.slug == content.uid))
    for lang, slug, current in moved:
        db.merge(ContentSlug(kind=content.kind, lang=lang, slug=slug, content_id=content.id, current=current))
