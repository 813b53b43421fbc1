"""The spine: core owns the identity of everything that is published, whatever plugin declared its kind.

Declared fields live as JSON beside the spine (`content.data`, `content_text.fields`); what lists are narrowed by is
kept in `content_facet`, rows that exist only while an item is published. So cross-kind code never meets a plugin's
class, a kind whose plugin is gone cannot break a query, and a new field needs no migration (DECISIONS 3).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.store.db import Base, Json, Utc, new_uid, now

ELSEWHERE = "hub/"  # an origin that begins so: the item lives at another hub, which alone may change it
STATUSES = ("draft", "review", "published", "archived", "trash")


class Content(Base):
    """One row per item of any kind: who it is, its state, its times; everything else hangs on its id."""

    __tablename__ = "content"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=new_uid)
    kind: Mapped[str] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(sa.String(12), default="draft")
    audience: Mapped[str] = mapped_column(sa.String(8), default="public")
    example: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    origin: Mapped[str] = mapped_column(sa.String(120), default="")
    external_id: Mapped[str | None] = mapped_column(sa.String(300))
    source_name: Mapped[str] = mapped_column(sa.String(300), default="")
    source_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    licence: Mapped[str] = mapped_column(sa.String(80), default="")
    import_batch_id: Mapped[int | None] = mapped_column(sa.Integer, index=True)
    version: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    ends_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    timezone: Mapped[str] = mapped_column(sa.String(40), default="")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    updated: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    published: Mapped[dt.datetime | None] = mapped_column(Utc)
    publish_at: Mapped[dt.datetime | None] = mapped_column(Utc, index=True)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(Utc)
    checked_on: Mapped[dt.date | None] = mapped_column()
    checked_by: Mapped[str] = mapped_column(sa.String(120), default="")
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    texts: Mapped[list[ContentText]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    places: Mapped[list[ContentPlace]] = relationship(cascade="all, delete-orphan", passive_deletes=True, order_by="ContentPlace.n")
    links: Mapped[list[ContentLink]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, foreign_keys="ContentLink.from_id",
        order_by="ContentLink.position",
    )  # fmt: skip
    __table_args__ = (
        sa.UniqueConstraint("kind", "origin", "external_id"),
        sa.Index("ix_content_kind_status_published", "kind", "status", "published", "id"),
        sa.Index("ix_content_kind_status_updated", "kind", "status", "updated", "id"),
        sa.Index("ix_content_kind_status_starts_at", "kind", "status", "starts_at"),
        sa.Index("ix_content_status_published", "status", "published"),
        {"sqlite_autoincrement": True},  # a number is never given twice: the log, imports and indexes know items by it
    )

    @hybrid_property
    def elsewhere(self) -> bool:
        """Whether the item lives at another hub: no edits, forms or search engines here, its canonical address is there."""
        return self.origin.startswith(ELSEWHERE)


class ContentText(Base):
    """One language of an item. folded: title, summary and body in plain matching form (see texts.fold)."""

    __tablename__ = "content_text"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    body: Mapped[str] = mapped_column(sa.Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    status: Mapped[str] = mapped_column(sa.String(12), default="live")  # live or draft
    source_rev: Mapped[int | None] = mapped_column()
    sort_title: Mapped[str] = mapped_column(sa.String(300), default="", index=True)
    folded: Mapped[str] = mapped_column(sa.Text, default="")


class ContentSlug(Base):
    __tablename__ = "content_slug"
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    current: Mapped[bool] = mapped_column(default=True)


class ContentPlace(Base):
    """A place of an item. lat, lon in degrees (WGS 84) or both empty; names: language → name; country: ISO 3166-1."""

    __tablename__ = "content_place"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    lat: Mapped[float | None] = mapped_column()
    lon: Mapped[float | None] = mapped_column()
    cell: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    names: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    slug: Mapped[str] = mapped_column(sa.String(120), default="", index=True)
    address: Mapped[str] = mapped_column(sa.String(500), default="")
    country: Mapped[str] = mapped_column(sa.String(2), default="")
    __table_args__ = (sa.Index("ix_content_place_lat_lon", "lat", "lon"),)


class ContentLink(Base):
    __tablename__ = "content_link"
    from_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    relation: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    to_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class ContentFacet(Base):
    """What published items can be narrowed by: declared facets, and topic, country, place, lang, year for every kind.

    level: 0 public, 1 members, 2 editors; the stricter of the item's and the field's audience.
    """

    __tablename__ = "content_facet"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    __table_args__ = (sa.Index("ix_content_facet_kind_field_value", "kind", "field", "value", "level", "content_id"),)


class Topic(Base):
    """A concept; its names and synonyms stand in topic_name."""

    __tablename__ = "topic"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    broader_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id", ondelete="SET NULL"))
    names: Mapped[list[TopicName]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class TopicName(Base):
    __tablename__ = "topic_name"
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True)
    lang: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    synonyms: Mapped[list[Any]] = mapped_column(Json, default=list)


class ContentTopic(Base):
    """A topic of an item."""

    __tablename__ = "content_topic"
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class Media(Base):
    """A stored picture: `name` under `data/media/`, rewritten on upload; alt and credit per language."""

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    alt: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    credit: Mapped[str] = mapped_column(sa.String(300), default="")
    licence: Mapped[str] = mapped_column(sa.String(80), default="")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Revision(Base):
    """A version of an item as a whole document (see document.py). state: draft, scheduled, live, old; proposed by somebody
    who may not publish: review (waits), taken, refused."""

    __tablename__ = "revision"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"))
    base_version: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(12), default="draft")
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    document: Mapped[dict[str, Any]] = mapped_column(Json)


class ChangeRow(Base):
    """One row of the change log. Its id is the order of commits on both databases (see changes.record)."""

    __tablename__ = "hub_change"
    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    content_id: Mapped[int] = mapped_column(index=True)
    uid: Mapped[str] = mapped_column(sa.String(36))
    kind: Mapped[str] = mapped_column(sa.String(40))
    verb: Mapped[str] = mapped_column(sa.String(12))  # published, changed, gone, touched, draft
    public: Mapped[bool] = mapped_column(default=True)
    at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    __table_args__ = {"sqlite_autoincrement": True}


class Cursor(Base):
    __tablename__ = "hub_cursor"
    reader: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    moved: Mapped[dt.datetime] = mapped_column(Utc, default=now)


class Tombstone(Base):
    """What was public once and has been erased: its addresses answer 410."""

    __tablename__ = "content_tombstone"
    uid: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    slugs: Mapped[list[Any]] = mapped_column(Json, default=list)
    erased: Mapped[dt.datetime] = mapped_column(Utc, default=now)
