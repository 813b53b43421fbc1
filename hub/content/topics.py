"""Topics: concepts with a name and synonyms per language and a broader concept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import g, has_app_context
from sqlalchemy.orm import Session, joinedload

from hub.content.model import ContentFacet, ContentTopic, Topic, TopicName
from hub.content.texts import clean_line, fold, slug_of
from hub.hooks.here import hub
from hub.store.state import bump, remembered


@dataclass(frozen=True)
class Concept:
    """A topic as pages use it. names and synonyms: language → text(s); chain: own slug, then the broader ones'."""

    id: int
    slug: str
    names: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    chain: tuple[str, ...]

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names.get(hub().settings.default_language) or next(iter(self.names.values()), self.slug)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every name and synonym, folded."""
        found = [*self.names.values(), *(s for many in self.synonyms.values() for s in many)]
        return tuple(dict.fromkeys(fold(word) for word in found))


def concepts(db: Session) -> dict[str, Concept]:
    """All concepts by slug; read once per request, and by each process once per version of the site."""
    if has_app_context() and "hub_concepts" in g:
        return g.hub_concepts
    found = remembered("concepts", "", lambda: _concepts(db))
    if has_app_context():
        g.hub_concepts = found
    return found


def _concepts(db: Session) -> dict[str, Concept]:
    rows = db.scalars(sa.select(Topic).options(joinedload(Topic.names))).unique().all()
    by_id = {row.id: row for row in rows}
    found = {}
    for row in (row for row in rows if row.names):  # one without names was merged into its broader one: see `merge`
        chain, above = [row.slug], row.broader_id
        while above in by_id and by_id[above].slug not in chain:
            chain.append(by_id[above].slug)
            above = by_id[above].broader_id
        found[row.slug] = Concept(row.id, row.slug, {n.lang: n.name for n in row.names},
                                  {n.lang: tuple(n.synonyms) for n in row.names}, tuple(chain))  # fmt: skip
    return found


def aliases(db: Session) -> dict[str, str]:
    """The slugs of topics that were merged into others → what they are called now."""
    merged = sa.select(Topic.slug, Topic.broader_id).where(~Topic.names.any(), Topic.broader_id.is_not(None))
    by_id = {concept.id: concept.slug for concept in concepts(db).values()}
    return {slug: by_id[target] for slug, target in db.execute(merged) if target in by_id}


def known_as(db: Session, slugs: Iterable[str]) -> list[str]:
    """Slugs of topics, those of merged ones replaced by what they are called now."""
    slugs, known = list(slugs), concepts(db)
    renamed = aliases(db) if any(slug not in known for slug in slugs) else {}
    return list(dict.fromkeys(renamed.get(slug, slug) for slug in slugs))


def merge(db: Session, gone: str, into: str) -> list[int]:
    """Make one topic of two: what bore `gone` bears `into`, its names are synonyms, its address leads there.

    Answers the published items whose topics are others now. Raises KeyError for an unknown slug.
    """
    known = concepts(db)
    old, new = known[gone], known[into]
    found = bearers(db, gone)
    both = sa.select(ContentTopic.content_id).where(ContentTopic.topic_id == new.id)
    mine = ContentTopic.topic_id == old.id
    quick = {"synchronize_session": False}
    db.execute(sa.delete(ContentTopic).where(mine, ContentTopic.content_id.in_(both)).execution_options(**quick))
    db.execute(sa.update(ContentTopic).where(mine).values(topic_id=new.id).execution_options(**quick))
    put(db, {"slug": into, **_joined(old, new)})
    row, target = db.get_one(Topic, old.id), db.get_one(Topic, new.id)
    if gone in new.chain:  # a broader one goes into its narrower one, which takes its place
        target.broader_id = row.broader_id
    for other in db.scalars(sa.select(Topic).where(Topic.broader_id == old.id, Topic.id != new.id)):
        other.broader_id = new.id
    row.names, row.broader_id = [], new.id
    db.flush()
    forget_cached()
    return found


def _joined(old: Concept, new: Concept) -> dict[str, Any]:
    """Names and synonyms of both by language: the names are the new one's where it has one."""
    found: dict[str, Any] = {}
    for code in {**new.names, **old.names}:
        said = [*new.synonyms.get(code, ()), *filter(None, [old.names.get(code)]), *old.synonyms.get(code, ())]
        name = new.names.get(code) or said[0]
        folded = {fold(word): word for word in reversed(said) if fold(word) != fold(name)}
        found[code] = {"name": name, "synonyms": list(reversed(folded.values()))}
    return found


def words(db: Session) -> tuple[tuple[str, ...], ...]:
    """The folded names and synonyms of every concept, for search engines."""
    return tuple(concept.words for concept in concepts(db).values())


def forget_cached() -> None:
    g.pop("hub_concepts", None)


def find(db: Session, word: str) -> Concept | None:
    """A concept by slug, name or synonym in any language."""
    known = concepts(db)
    folded = fold(word)
    return known.get(word) or next((c for c in known.values() if folded in c.words), None)


def find_or_make_many(db: Session, words: Iterable[str], language: str) -> dict[str, tuple[Concept, bool]]:
    """Word → its concept and whether it is new; an import makes hundreds, so they are written and announced together."""
    known = dict(concepts(db))
    by_word: dict[str, Concept] = {}
    for concept in known.values():
        for folded in concept.words:
            by_word.setdefault(folded, concept)
    merged = aliases(db)
    by_word |= {fold(slug): known[target] for slug, target in merged.items()}
    found: dict[str, tuple[Concept, bool]] = {}
    rows: list[Topic] = []
    for word in dict.fromkeys(words):
        there = known.get(word) or by_word.get(fold(word))
        if there is None:
            name = clean_line(word)[:120]
            slug, n = slug_of(name, "topic"), 2
            while slug in known or slug in merged:
                slug, n = f"{slug_of(name, 'topic')}-{n}", n + 1
            rows.append(Topic(slug=slug, names=[TopicName(lang=language, name=name, synonyms=[])]))
            there = Concept(0, slug, {language: name}, {language: ()}, (slug,))
            known[slug] = by_word[fold(word)] = by_word[fold(name)] = there
        found[word] = (there, False)
    if rows:
        db.add_all(rows)
        db.flush()
        bump(db, "settings")
        made = {row.slug: replace(known[row.slug], id=row.id) for row in rows}
        if has_app_context():  # none of them is worth reading all the others again
            g.hub_concepts = known | made
        found = {word: (made.get(c.slug, c), c.slug in made) for word, (c, _) in found.items()}
    return found


def put(db: Session, entry: Mapping[str, Any]) -> Topic:
    """Make or update a concept: {"slug", "broader"?, "<language>": {"name", "synonyms"}}; an empty name takes that language out."""
    topic = db.scalar(sa.select(Topic).where(Topic.slug == entry["slug"]))
    if topic is None:
        topic = Topic(slug=entry["slug"])
        db.add(topic)
    for language, words in entry.items():
        if language in ("slug", "broader"):
            continue
        row = next((n for n in topic.names if n.lang == language), None)
        if not words["name"]:
            topic.names = [n for n in topic.names if n is not row]
            continue
        if row is None:
            row = TopicName(lang=language)
            topic.names.append(row)
        row.name, row.synonyms = words["name"], list(words.get("synonyms", []))
    if "broader" in entry:  # empty: none any more
        topic.broader_id = db.scalar(sa.select(Topic.id).where(Topic.slug == entry["broader"]))
    db.flush()
    bump(db, "settings")
    forget_cached()
    return topic


def forget(db: Session, numbers: Sequence[int]) -> None:
    """Take topics back that an import made, except those that something bears or somebody has worked on by now."""
    db.flush()
    wide = sa.orm.aliased(Topic)
    free = sa.select(Topic).where(
        Topic.id.in_(numbers), Topic.broader_id.is_(None), ~sa.exists().where(wide.broader_id == Topic.id),
        ~sa.exists().where(ContentTopic.topic_id == Topic.id),
    )  # fmt: skip
    gone = [t.id for t in db.scalars(free) if len(t.names) == 1 and not t.names[0].synonyms]
    if gone:
        db.execute(sa.delete(Topic).where(Topic.id.in_(gone)).execution_options(synchronize_session="fetch"))
        bump(db, "settings")
        forget_cached()


def bearers(db: Session, slug: str) -> list[int]:
    """The published items of a topic and of narrower ones: they show its name and are found by it."""
    return list(db.scalars(sa.select(ContentFacet.content_id).where(ContentFacet.field == "topic", ContentFacet.value == slug)))


def dump(db: Session) -> list[dict[str, Any]]:
    """All concepts as `put` takes them, broader ones first."""
    known = concepts(db)
    entries = []
    for concept in sorted(known.values(), key=lambda c: (len(c.chain), c.slug)):
        entry: dict[str, Any] = {"slug": concept.slug}
        if len(concept.chain) > 1:
            entry["broader"] = concept.chain[1]
        for language, name in concept.names.items():
            entry[language] = {"name": name, "synonyms": list(concept.synonyms.get(language, ()))}
        entries.append(entry)
    return entries
