"""`hub.api.items`: reading and writing content of any kind. A document is the JSON form of `hub/content/document.py`:

{"texts": {"en": {"title", "summary", "body", "fields": {}}}, "data": {field: value}, "topics": [slug],
 "places": [{"lat", "lon", "names": {"en": …}, "country"}], "links": {relation: [uid]}, "origin", "external_id", …}

Writing functions write in the session at hand; end the transaction with `commit`, inside `hub.api.writing()` in jobs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask_babel import get_locale, gettext

from hub.content import bulk, changes, differences, document, finding, items, media, searchdocs, topics, workflow
from hub.content.bulk import Fresh
from hub.content.differences import Difference
from hub.content.document import Document
from hub.content.fields import as_cell, as_text
from hub.content.items import Item
from hub.content.keepers import keepers
from hub.content.merging import give_back, pointing_at, redirect
from hub.content.model import STATUSES, Content, ContentPlace, ContentTopic, Media, Revision, Tombstone
from hub.content.queries import ListQuery, Result
from hub.content.topics import Concept
from hub.content.workflow import mark
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType, Importer, SearchDocument
from hub.people import accounts, permissions
from hub.people.accounts import User
from hub.site import lists
from hub.site.lists import answer, count_by, newest
from hub.site.lists import context as list_context
from hub.site.shapes import absolute, local, table
from hub.site.shapes import item_json as as_json
from hub.site.shapes import list_body as list_json
from hub.site.view import data
from hub.store import state
from hub.store.db import session

__all__ = [
    "AUDIENCES", "STATUSES", "ContentPlace", "ContentTopic", "Difference", "Document", "Fresh", "Media", "Revision", "absolute",
    "answer", "as_cell", "as_json", "as_text", "attach_picture", "attempt", "check", "commit", "compare", "concept_words",
    "concepts", "count_by", "create", "create_many", "dangling", "data", "drafted", "editable", "erase", "erase_many", "erased",
    "find", "find_by_source", "find_many", "forget_picture", "forget_topics", "gathering", "get", "give_back", "importers",
    "keep_picture", "keepers", "list_context", "list_json", "load", "local", "mark", "matching", "move", "newest", "page_query",
    "picture_file", "pointing_at", "prepare", "propose", "published_ids", "put_topic", "read", "read_many", "read_query",
    "redirect", "relink", "revision", "revisions", "rollback", "save", "schedule", "search_documents", "settle", "site", "speaking",
    "table", "token", "topic_dump", "topic_slugs", "touch", "type_at", "types", "version", "working_copy",
]  # fmt: skip
forget_picture, keep_picture, picture_file = media.forget, media.keep, media.path


def types() -> list[ContentType]:
    """The content types that are switched on, in menu order."""
    return hub().types.live()


def site() -> dict[str, Any]:
    """name (in the main language), url (no slash at its end), languages (the main one first), trusted ([net] allow), hosts."""
    settings = hub().settings
    name = settings.text(settings.site.name, settings.default_language)
    return {
        "name": name, "url": settings.site.url, "languages": tuple(settings.site.languages),
        "trusted": tuple(settings.net.allow), "hosts": settings.cluster.hosts,
    }  # fmt: skip


def speaking() -> str:
    """The language of the page, or of the letter, that is being made."""
    return str(getattr(get_locale(), "language", hub().settings.default_language))


def read_query(ctype: ContentType, level: int) -> ListQuery:
    """What this request's query asks of lists of a type (data shapes). A bad value of a known name answers 400 naming it."""
    return lists.read_query([ctype], data=True, level=level)


def page_query(types: Sequence[ContentType], *, data: bool = False) -> ListQuery:
    """What this request's query asks of a list of these types, by a reader who is who they are. Answers 400 like lists."""
    return lists.read_query(types, data=data)


def importers() -> dict[str, Importer]:
    """What plugins that are on read beside the usual formats, by the end of a file's name (no dot)."""
    return {end: importer for end, (plugin, importer) in hub().importers.items() if hub().hooks.is_on(plugin)}


def find(query: ListQuery, *, facets: bool = False) -> Result:
    """The ids (with total and, where asked, facet counts) of published items; only what `query.level` may see."""
    return finding.run(session(), query, facets=facets)


def matching(query: ListQuery) -> list[Any]:
    """All that a query matches, as parts that `content_id.in_(…)` takes one after the other (a subquery, or lists of ids)."""
    return finding.matching(session(), query)


def version() -> tuple[Any, ...]:
    """Another value after any change that readers can see: what is remembered of a query is remembered with it."""
    return state.version(session())


def load(ids: list[int], language: str, level: int = 0, *, links: bool = False, drafts: bool = False) -> list[Item]:
    """Items ready to be shown, in the order of `ids`, without the fields that this level may not see. Whether it may
    see the item at all is for the caller to know (`find` does). drafts: with texts that are not finished, too."""
    return items.load(session(), ids, language, level, links=links, live_only=not drafts)


def get(kind: str, uid: str) -> Content | None:
    """The item of that kind in any status, or None."""
    return session().scalar(sa.select(Content).where(Content.uid == uid, Content.kind == kind))


def erased(uid: str) -> bool:
    """Whether an item of this uid was public once and has been deleted for good (its addresses answer 410)."""
    return session().get(Tombstone, uid) is not None


def type_at(path: str) -> ContentType | None:
    """The switched-on content type with this address word, or None."""
    found: ContentType | None = hub().types.at(path)
    return found


def dangling(kind: str, doc: Document) -> dict[str, str]:
    """What `create` and `save` would leave out without a word, by its place ("topics.0", "links.holder.1"), as sentences."""
    known, ctype = topics.concepts(session()), _type(kind)
    found = {f"topics.{n}": gettext("There is no topic “%(slug)s”.", slug=slug)
             for n, slug in enumerate(doc.get("topics", [])) if slug not in known}  # fmt: skip
    for name, ends in doc.get("links", {}).items():
        relation = ctype.relation(name)
        for n, end in enumerate(ends):
            if relation is None or not _is_there(end, relation.to):
                found[f"links.{name}.{n}"] = gettext("This leads to nothing: %(end)s", end=end)
    return found


def find_by_source(kind: str, origin: str, external_id: str) -> Content | None:
    """The item that came from this source under this id, or None."""
    return session().scalar(sa.select(Content).where(Content.kind == kind, Content.origin == origin, Content.external_id == external_id))


def published_ids() -> Iterator[list[int]]:
    """The ids of everything published, in portions."""
    return searchdocs.published_ids(session())


def search_documents(ids: list[int]) -> dict[int, SearchDocument]:
    """What a search engine indexes of those of the ids that are published and of a kind that is on."""
    return searchdocs.documents(session(), ids)


def concepts() -> list[Concept]:
    """All topics, with names and synonyms by language."""
    return list(topics.concepts(session()).values())


def concept_words() -> tuple[tuple[str, ...], ...]:
    """The folded names and synonyms of every topic, in all languages: what `SearchQuery.concepts` wants."""
    return topics.words(session())


def read(content: Content) -> Document:
    """The live document of an item."""
    return document.read(session(), content)


def working_copy(content: Content) -> tuple[Document, Revision | None]:
    """What an editor goes on with: the newest unpublished revision's document, else the live one (and None)."""
    return workflow.working_copy(session(), content)


def revisions(content: Content, limit: int = 100) -> list[Revision]:
    """The versions of an item, newest first; each with document, author_id, state, note and created."""
    query = sa.select(Revision).where(Revision.content_id == content.id).order_by(Revision.id.desc()).limit(limit)
    return list(session().scalars(query))


def compare(kind: str, old: Document, new: Document) -> list[Difference]:
    """What differs between two documents in fields that the signed-in user may see; `words` of each goes word by word."""
    return differences.differences(_type(kind), old, new, permissions.level(accounts.current()))


def editable(content: Content, user: User | None = None) -> bool:
    """Whether the signed-in user (or the given one) may edit this item."""
    return permissions.may_edit(user or accounts.current(), content)


def token(content: Content) -> str:
    """What a form carries so that `save` can tell whether somebody else was faster."""
    return workflow.token(session(), content)


def create(kind: str, doc: Document, *, author_id: int | None = None, status: str = "draft") -> Content:
    """Make an item. Raises Faults (bad values, by field) and KeyError for a kind that is not switched on."""
    return workflow.create(session(), _type(kind), doc, author_id=author_id, status=status)


def save(
    content: Content, doc: Document, *, author_id: int | None = None, base: str | None = None, publish: bool = False, note: str = ""
) -> Revision:
    """Save an edit; what is published stays as it is unless `publish`. base: the `token` the edit began from.

    Raises Faults, Conflict (the item has moved on) and KeyError for a kind that is not switched on.
    """
    ctype = _type(content.kind)
    return workflow.save(session(), content, ctype, doc, author_id=author_id, base=base, publish=publish, note=note)


def propose(content: Content, doc: Document, *, author_id: int | None = None, note: str = "") -> Revision:
    """Keep a proposed version in review, beside what is public and what editors have begun.

    Whoever decides sets the revision's state to "taken" or "refused". Raises Faults and KeyError for a kind that is off.
    """
    return workflow.propose(session(), content, _type(content.kind), doc, author_id=author_id, note=note)


def revision(number: int) -> Revision | None:
    """The revision of that number, or None."""
    return session().get(Revision, number)


def move(content: Content, step: str, *, author_id: int | None = None) -> None:
    """Take a step: submit, publish, unpublish, archive, trash, restore or return. Raises NotAllowed."""
    workflow.move(session(), content, step, author_id=author_id)


def check(content: Content, day: dt.date, by: str) -> None:
    """Note on which day who found a published item right: no edit, but readers see it and lists can be sorted by it."""
    workflow.check(session(), content, day, by)


def schedule(content: Content, at: Any) -> None:
    """Publish at a later time (a datetime with a zone), or no longer (None)."""
    workflow.schedule(session(), content, at)


def erase(content: Content) -> None:
    """Delete an item for good; what was public once answers 410 from then on."""
    workflow.erase_many(session(), [content])


def attach_picture(content: Content | None, picture: bytes, *, alt: dict[str, str], credit: str = "", licence: str = "") -> Media:
    """Rewrite a picture and make it the item's (None: nobody's yet). Raises ValueError with a sentence for who sent it."""
    made = media.store(session(), picture, alt=alt, credit=credit, licence=licence)
    made.content_id = content.id if content else None
    return made


def touch() -> None:
    """Something that visitors see has changed and is no edit (a vote, places left): pages are made anew within a second."""
    changes.touch(session())


def commit() -> None:
    """Commit, and tell plugins what changed."""
    changes.commit(session())
    topics.forget_cached()


# -- many at once, for importers ------------------------------------------------------------------------------------------


def prepare(kind: str, doc: Document, status: str = "published") -> Fresh:
    """A new item, checked wholly and not made yet; asks no database. status: where the document names none.

    Unlike `create` it takes the document's own uid and times. Raises Faults, ValueError and KeyError (kind is off).
    """
    return bulk.prepare(_type(kind), doc, status)


def create_many(many: Sequence[Fresh], *, author_id: int | None = None, batch_id: int | None = None) -> None:
    """Make what `prepare` gave, with a few statements for all; afterwards each knows its id, version and lost links."""
    bulk.create_many(session(), many, author_id=author_id, batch_id=batch_id)


def find_many(uids: Iterable[str], sources: Iterable[tuple[str, str, str]]) -> list[Content]:
    """The items with one of these uids or of one of these (kind, origin, external id)."""
    return bulk.find_many(session(), uids, sources)


def read_many(contents: Sequence[Content]) -> list[Document]:
    """The live documents of several items."""
    return document.read_many(session(), contents)


def settle(content: Content, doc: Document, before: Document, *, author_id: int | None = None) -> bool:
    """Bring an item to what a document says; False where it says so already. before: what `read` gives. Raises Faults."""
    return bulk.settle(session(), content, _type(content.kind), doc, before, author_id=author_id)


def relink(content: Content, doc: Mapping[str, Any]) -> list[str]:
    """Try a document's links and owner again; answers "relation: end" of what still leads to nothing."""
    return bulk.relink(session(), content, _type(content.kind), doc)


def drafted(ids: Sequence[int]) -> set[int]:
    """Which of these items have an edit that is not published yet."""
    return workflow.drafted(session(), ids)


def erase_many(contents: Sequence[Content]) -> None:
    """Delete several items for good, as `erase` does."""
    workflow.erase_many(session(), contents)


@contextmanager
def gathering() -> Iterator[None]:
    """Within it changes are noted, and written together by each `commit`: whoever writes much, logs once."""
    changes.gather(session())
    try:
        yield
    finally:
        session().info.pop("gathered", None)


@contextmanager
def attempt() -> Iterator[None]:
    """A part of the transaction that may fail by itself; what it wrote and noted goes with it, and the error comes on."""
    noted: list[Any] = session().info.get("gathered", [])
    before = len(noted)
    try:
        with session().begin_nested(), session().no_autoflush:
            yield
    except BaseException:
        del noted[before:]
        topics.forget_cached()
        raise


def rollback() -> None:
    """Take back everything since the last `commit`."""
    session().rollback()
    session().info.get("gathered", []).clear()
    topics.forget_cached()


def topic_slugs(words: Iterable[str], language: str) -> dict[str, tuple[str, int]]:
    """Word → the slug of the topic of that name, synonym or slug, and 0; where there is none, of a new one, and its id."""
    found = topics.find_or_make_many(session(), words, language)
    return {word: (concept.slug, concept.id if new else 0) for word, (concept, new) in found.items()}


def put_topic(entry: Mapping[str, Any]) -> None:
    """Make or change a topic: {"slug", "broader"?, "<language>": {"name", "synonyms"}}."""
    topics.put(session(), entry)


def topic_dump() -> list[dict[str, Any]]:
    """Every topic as `put_topic` takes it, broader ones first."""
    return topics.dump(session())


def forget_topics(numbers: Sequence[int]) -> None:
    """Delete topics (by id), except those that something bears or somebody has worked on."""
    topics.forget(session(), numbers)


def _is_there(end: str, kind: str) -> bool:
    origin, _, external = end.partition(":")
    named = sa.or_(Content.uid == end, sa.and_(Content.origin == origin, Content.external_id == external))
    return session().scalar(sa.select(sa.exists().where(Content.kind == kind, named))) is True


def _type(kind: str) -> ContentType:
    found: ContentType | None = hub().types.get(kind)
    if found is None:
        raise KeyError(kind)
    return found
