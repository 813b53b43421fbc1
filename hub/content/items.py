"""Items as readers meet them: one view object per item, in the reader's language, stripped to the reader's audience.

`load` needs the same small number of queries for one item or a thousand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.content import texts, topics
from hub.content.fields import as_text
from hub.content.model import (
    ELSEWHERE,
    Content,
    ContentLink,
    ContentPlace,
    ContentSlug,
    ContentText,
    ContentTopic,
    Media,
    Topic,
)  # fmt: skip
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType, Field
from hub.store.db import Utc

_spine = Content.__table__


def item_url(language: str, ctype: ContentType, slug: str) -> str:
    """The address of an item's page on this site."""
    return f"{hub().settings.site.root}/{language}/{ctype.path}/{slug}/"


@dataclass(frozen=True)
class Place:
    """A place of an item, as readers see it. lat, lon in degrees or both empty; names: language → name."""

    lat: float | None
    lon: float | None
    names: dict[str, str]
    slug: str
    address: str
    country: str

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names.get(hub().settings.default_language) or next(iter(self.names.values()), "")


@dataclass(frozen=True)
class Linked:
    """The other end of a relation: enough for a line in a list."""

    id: int
    uid: str
    kind: str
    title: str
    url: str


@dataclass
class Item:
    """One item for one reader. `lang` is the language its texts really have; `fallback` when that is not the asked one."""

    id: int
    uid: str
    type: ContentType
    row: Any
    lang: str
    asked: str
    level: int
    title: str
    summary: str
    body: str
    slug: str
    languages: tuple[str, ...]
    data: dict[str, Any]
    places: tuple[Place, ...] = ()
    topics: tuple[topics.Concept, ...] = ()
    links: dict[str, list[Linked]] = field(default_factory=dict)
    inverse: dict[tuple[str, str], list[Linked]] = field(default_factory=dict)
    picture: Media | None = None
    all_texts: dict[str, dict[str, Any]] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.type.kind

    @property
    def fallback(self) -> bool:
        return self.lang != self.asked

    @property
    def status(self) -> str:
        return str(self.row.status)

    @property
    def example(self) -> bool:
        return bool(self.row.example)

    @property
    def elsewhere(self) -> bool:
        """Whether the item lives at another hub, at `row.source_url`."""
        return bool(self.row.origin.startswith(ELSEWHERE))

    @property
    def updated(self) -> dt.datetime:
        return self.row.updated

    @property
    def published(self) -> dt.datetime | None:
        return self.row.published

    @property
    def url(self) -> str:
        """The address of the item's page in the asked language."""
        return item_url(self.asked, self.type, self.slug)

    def url_in(self, language: str) -> str:
        return item_url(language, self.type, self.slugs.get(language) or self.slug)

    @property
    def place(self) -> Place | None:
        return self.places[0] if self.places else None

    @property
    def topic_slug(self) -> str:
        return self.topics[0].slug if self.topics else ""

    def shows(self, declared: Field) -> bool:
        return AUDIENCES.index(declared.audience) <= self.level

    def value(self, name: str) -> Any:
        """A declared field's stored value as this reader may see it; None where empty or not theirs to see."""
        return self.data.get(name)

    def text(self, name: str) -> str:
        """A declared field as plain text in the language of the moment."""
        declared = self.type.field(name)
        return as_text(declared, self.data.get(name)) if declared else ""

    @property
    def excerpt(self) -> str:
        """The summary, or the beginning of the text."""
        return self.summary or texts.excerpt(texts.plain(self.body[:2000]), 220)


def load(db: Session, ids: Sequence[int], language: str, level: int = 0, *, links: bool = False, live_only: bool = True) -> list[Item]:
    """Items in the order of `ids`, in `language` where they have it; ids of kinds that are off are left out.

    level: the reader's (0 visitor, 1 member, 2 editor): fields of a higher audience are not in the result.
    """
    if not ids:
        return []
    rows, all_texts, slugs, pictures = _spoken(db, ids, live_only)
    places, own_topics = _places_and_topics(db, ids)
    linked, inverse = _links(db, ids, language, level) if links else ({}, {})
    items = []
    for number in ids:
        row = rows.get(number)
        ctype = hub().types.get(row.kind) if row else None
        if row is None or ctype is None or not all_texts.get(number):
            continue
        mine = all_texts[number]
        spoken = _best(mine, language)
        shown = mine[spoken]
        own_slugs = {code: slug for code, slug in slugs.get(number, {}).items() if code in mine}
        data = {f.name: (shown["fields"] if f.translated else row.data).get(f.name)
                for f in ctype.fields if AUDIENCES.index(f.audience) <= level}  # fmt: skip
        items.append(Item(
            id=number, uid=row.uid, type=ctype, row=row, lang=spoken, asked=language, level=level,
            title=shown["title"], summary=shown["summary"], body=shown["body"],
            slug=own_slugs.get(language) or own_slugs.get(spoken) or next(iter(own_slugs.values()), row.uid),
            languages=tuple(sorted(mine)), data={k: v for k, v in data.items() if v is not None},
            places=tuple(places.get(number, ())), topics=tuple(own_topics.get(number, ())),
            links=linked.get(number, {}), inverse=inverse.get(number, {}), picture=pictures.get(number),
            all_texts=mine, slugs=own_slugs,
        ))  # fmt: skip
    return items


def _best(available: dict[str, Any], language: str) -> str:
    return next((code for code in (language, *hub().settings.site.languages) if code in available), next(iter(available)))


INVERSE_LIMIT = 60
_ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)  # statements are made once: making one costs as much as running it


@cache
def _spoken_statement(live_only: bool) -> Any:
    text = ContentText.__table__.c
    columns = (text.lang, text.title, text.summary, text.body, text.fields, ContentSlug.slug)
    word = sa.and_(ContentSlug.content_id == text.content_id, ContentSlug.lang == text.lang, ContentSlug.current)
    return (
        sa.select(_spine, *columns, Media).join(ContentText.__table__, text.content_id == _spine.c.id)
        .outerjoin(ContentSlug, word).outerjoin(Media, Media.content_id == _spine.c.id)
        .where(_spine.c.id.in_(_ids), sa.true() if not live_only else text.status == "live")
    )  # fmt: skip


def _spoken(db: Session, ids: Sequence[int], live_only: bool) -> tuple[Any, Any, Any, Any]:
    """By id: the spine's row, texts and current address words by language, the picture; in one statement."""
    rows: dict[int, Any] = {}
    texts: dict[int, dict[str, dict[str, Any]]] = {}
    slugs: dict[int, dict[str, str]] = {}
    pictures: dict[int, Media] = {}
    known = hub().settings.site.languages
    for row in db.execute(_spoken_statement(live_only), {"ids": list(set(ids))}):
        if row.lang in known:
            rows[row.id] = row
            said = {"title": row.title, "summary": row.summary, "body": row.body, "fields": row.fields}
            texts.setdefault(row.id, {})[row.lang] = said
            slugs.setdefault(row.id, {}).update({row.lang: row.slug} if row.slug else {})
            if row.Media is not None and (row.id not in pictures or row.Media.id > pictures[row.id].id):
                pictures[row.id] = row.Media  # the newest
    return rows, texts, slugs, pictures


@cache
def _places_and_topics_statement() -> Any:
    place = ContentPlace.__table__.c
    columns = (place.lat, place.lon, place.names, place.address, place.country)
    stood = sa.select(place.content_id, place.n, place.slug, *columns).where(place.content_id.in_(_ids))
    borne = (
        sa.select(ContentTopic.content_id, ContentTopic.position, Topic.slug, *(sa.cast(sa.null(), c.type) for c in columns))
        .join(Topic, Topic.id == ContentTopic.topic_id).where(ContentTopic.content_id.in_(_ids))
    )  # fmt: skip
    rows = sa.union_all(stood, borne).subquery()
    return sa.select(rows).order_by(rows.c.content_id, rows.c.n)


def _places_and_topics(db: Session, ids: Sequence[int]) -> tuple[dict[int, list[Place]], dict[int, list[topics.Concept]]]:
    """Both by id, in their order and in one statement."""
    known = topics.concepts(db)
    places: dict[int, list[Place]] = {}
    own: dict[int, list[topics.Concept]] = {}
    for number, _, slug, lat, lon, names, address, country in db.execute(_places_and_topics_statement(), {"ids": list(ids)}):
        if country is None:
            own.setdefault(number, []).append(known[slug])
        else:
            places.setdefault(number, []).append(Place(lat, lon, names, slug, address, country))
    return places, own


def _links(db: Session, ids: Sequence[int], language: str, level: int) -> tuple[dict[int, Any], dict[int, Any]]:
    """Relations with published items of switched-on kinds: by id, name → where they lead; (kind, name) → what points here."""
    link, none = ContentLink, sa.literal(None, Utc)
    out = sa.select(sa.literal(0).label("way"), link.from_id, link.relation, link.to_id, link.position, none.label("at"))
    back = (
        sa.select(sa.literal(1), link.from_id, link.relation, link.to_id, sa.literal(0), Content.published)
        .join(Content, Content.id == link.from_id)
        .where(link.to_id.in_(ids), Content.status == "published", Content.kind.in_(hub().types.kinds()))
        .order_by(Content.published.desc()).limit(INVERSE_LIMIT * len(ids)).subquery()
    )  # fmt: skip
    pairs = sa.union_all(out.where(link.from_id.in_(ids)), sa.select(back)).subquery()
    text, spine, pair = ContentText.__table__.c, _spine.c, pairs.c
    word = sa.and_(ContentSlug.content_id == text.content_id, ContentSlug.lang == text.lang, ContentSlug.current)
    end = (spine.id, spine.uid, spine.kind, text.lang, text.title, ContentSlug.slug)
    query = (
        sa.select(pair.way, pair.from_id, pair.relation, pair.to_id, *end).select_from(pairs)
        .join(_spine, spine.id == sa.case((pair.way == 0, pair.to_id), else_=pair.from_id))
        .join(ContentText.__table__, text.content_id == spine.id).outerjoin(ContentSlug, word)
        .where(spine.status == "published", spine.kind.in_(hub().types.kinds()), spine.audience.in_(AUDIENCES[: level + 1]),
               text.status == "live", text.lang.in_(hub().settings.site.languages))
        .order_by(pair.way, pair.position, pair.at.desc())
    )  # fmt: skip
    rows = db.execute(query).all()
    said: dict[int, dict[str, Any]] = {}
    for row in rows:
        said.setdefault(row.id, {})[row.lang] = row
    ends = {number: _linked(texts, language) for number, texts in said.items()}
    linked: dict[int, dict[str, list[Linked]]] = {}
    inverse: dict[int, dict[tuple[str, str], list[Linked]]] = {}
    for way, source, relation, to in dict.fromkeys(tuple(row[:4]) for row in rows):
        if way:
            inverse.setdefault(to, {}).setdefault((ends[source].kind, relation), []).append(ends[source])
        else:
            linked.setdefault(source, {}).setdefault(relation, []).append(ends[to])
    return linked, inverse


def _linked(texts: dict[str, Any], language: str) -> Linked:
    """The other end of a relation, from its row in each of its languages."""
    row = texts[_best(texts, language)]
    slug = texts[language].slug if language in texts else None
    url = item_url(language, hub().types.get(row.kind), slug or row.slug or row.uid)
    return Linked(row.id, row.uid, row.kind, row.title, url)
