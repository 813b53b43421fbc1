"""What search engines get: every published item as one plain document with the texts of all its languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import Session

from hub.content import items, texts
from hub.content.fields import as_text
from hub.content.model import Content, ContentFacet, ContentLink
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, SearchDocument

WORDLESS = frozenset("url email phone partialdate languages boolean".split())  # fields that hold nothing to find


def documents(db: Session, ids: Sequence[int]) -> dict[int, SearchDocument]:
    """Search documents of those of the ids that are published and of a switched-on kind.

    Only fields of the item's own audience are in them: what a reader may not see must not be findable either.
    """
    published = sa.select(Content.id).where(Content.id.in_(ids), Content.status == "published", Content.kind.in_(hub().types.kinds()))
    wanted = list(db.scalars(published))
    facets: dict[int, dict[str, tuple[str, ...]]] = {}
    rows = sa.select(ContentFacet.content_id, ContentFacet.field, ContentFacet.value, ContentFacet.level).where(
        ContentFacet.content_id.in_(wanted)
    )
    found = {item.id: item for item in _as_their_readers_see(db, wanted)}
    for number, name, value, level in db.execute(rows):
        if number in found and level <= AUDIENCES.index(found[number].row.audience):
            own = facets.setdefault(number, {})
            own[name] = (*own.get(name, ()), value)
    made = {number: _document(item, facets.get(number, {})) for number, item in found.items()}
    for number, part in _parts(db, wanted):
        if number in made and AUDIENCES.index(part.row.audience) <= made[number].level:
            for code, told in _document(part, {}).texts.items():
                title, summary, body = made[number].texts.get(code, told)
                made[number].texts[code] = (title, summary, "\n".join((body, *told)))  # type: ignore[index]
    return made


def _parts(db: Session, ids: Sequence[int]) -> Iterator[tuple[int, items.Item]]:
    """(id, item) of what is part of these items (`ContentType.part_of`): readers find it by them."""
    for ctype in hub().types.live():
        if ctype.part_of and ids:
            leads = sa.select(ContentLink.from_id, ContentLink.to_id).join(Content, Content.id == ContentLink.from_id).where(
                ContentLink.to_id.in_(ids), ContentLink.relation == ctype.part_of, Content.kind == ctype.kind,
                Content.status == "published")  # fmt: skip
            whole = {row.from_id: row.to_id for row in db.execute(leads)}
            yield from ((whole[item.id], item) for item in _as_their_readers_see(db, list(whole)))


def _as_their_readers_see(db: Session, ids: Sequence[int]) -> Iterator[items.Item]:
    """Each item at the level of its own audience: a link to something stricter is not even known by name."""
    audiences = {row.id: row.audience for row in db.execute(sa.select(Content.id, Content.audience).where(Content.id.in_(ids)))}
    for level, audience in enumerate(AUDIENCES):
        mine = [number for number in ids if audiences[number] == audience]
        yield from items.load(db, mine, hub().settings.default_language, level, links=True)


def published_ids(db: Session, batch: int = 500) -> Iterator[list[int]]:
    """The ids of everything published, in batches, for rebuilding an index."""
    last = 0
    while True:
        query = sa.select(Content.id).where(Content.id > last, Content.status == "published").order_by(Content.id)
        ids = list(db.scalars(query.limit(batch)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _document(item: items.Item, facets: dict[str, tuple[str, ...]]) -> SearchDocument:
    level = AUDIENCES.index(item.row.audience)
    open_fields = [f for f in item.type.fields if f.searched and AUDIENCES.index(f.audience) <= level]
    spoken = {}
    for code, text in item.all_texts.items():
        parts = [texts.plain(text["body"])]
        with force_locale(code):
            for field in open_fields:
                value = text["fields"].get(field.name) if field.translated else item.row.data.get(field.name)
                if value is not None and field.type not in WORDLESS:
                    parts.append(texts.plain(value) if field.type == "longtext" else as_text(field, value))
        spoken[code] = (text["title"], text["summary"], "\n".join(part for part in parts if part))
    names = [name for place in item.places for name in place.names.values()]
    names += [name for topic in item.topics for name in topic.names.values()]
    names += [end.title for ends in item.links.values() for end in ends]
    return SearchDocument(
        content_id=item.id, kind=item.kind, level=level, texts=spoken, names=tuple(dict.fromkeys(names)),
        facets={**facets, "kind": (item.kind,)}, updated=item.updated,
    )  # fmt: skip
