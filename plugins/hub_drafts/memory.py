"""The translation memory: passages of public items in two languages, and what of them fits a new passage.

It reads the change log; an item that is no longer public takes its passages with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.api import Change, Content, ContentType, content_type, fold, items, session, setting, writing
from hub_drafts import passages, steps
from hub_drafts.models import Clue, Segment

CLUES, CANDIDATES, CHUNK, LONGEST = 3, 200, 50, 4000
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Offer:
    """A draft for a passage. kind: exact, near or machine; percent: how near the passage is that it comes from."""

    text: str
    kind: str
    percent: int = 100


def read(changes: Sequence[Change]) -> None:
    """The reader of the change log: how texts stand, and what can be learnt from them."""
    numbers = sorted({change.content_id for change in changes})
    for start in range(0, len(numbers), CHUNK):
        with writing():
            session().rollback()
            rows = session().scalars(sa.select(Content).where(Content.id.in_(numbers[start : start + CHUNK])))
            for content in rows:
                if content_type(content.kind) is not None and not steps.borrowed(content):
                    steps.walk(content)
                    learn(content)
            session().commit()


def forget() -> None:
    """The log is read again from its beginning."""
    with writing():
        session().rollback()
        session().execute(sa.delete(Clue))
        session().execute(sa.delete(Segment))
        session().commit()


def learn(content: Content) -> None:
    """Keep the passages of an item that stand in two languages; those it had before go."""
    db, ctype = session(), content_type(content.kind)
    for model in (Clue, Segment):
        db.execute(sa.delete(model).where(model.content_id == content.id))
    if ctype is None or content.status != "published" or content.audience != "public":
        return
    found: dict[tuple[str, str, str, str], None] = {}
    for one, other, left, right in _in_step(content):
        for values in zip(_values(ctype, left), _values(ctype, right), strict=True):
            for a, b in _pairs(*values):
                found[one, other, a, b] = None
    rows = [
        Segment(content_id=content.id, lang_a=one, lang_b=other, text_a=a, text_b=b, key_a=key(a), key_b=key(b))
        for one, other, a, b in found
    ]  # fmt: skip
    db.add_all(rows)
    db.flush()
    clues = {
        (lang, word, row.id): None
        for row in rows
        for lang, text in ((row.lang_a, row.text_a), (row.lang_b, row.text_b)) for word in clue_words(text)
    }  # fmt: skip
    if clues:
        db.execute(
            sa.insert(Clue), [{"lang": x, "word": w, "segment_id": s, "content_id": content.id} for x, w, s in clues]
        )


def offers(passage: str, source: str, target: str) -> list[Offer]:
    """Drafts for a passage, the best first: as a whole, else put together from its sentences."""
    found = _known(passage, source, target)
    parts = passages.pieces(passage)
    if found or len(parts) < 2:
        return found
    drafts = [_known(part, source, target)[:1] for part in parts]
    if not all(drafts):
        return []
    least = min(draft[0].percent for draft in drafts)
    text = ("\n" if "\n" in passage.strip() else " ").join(draft[0].text for draft in drafts)
    return [Offer(text, "exact" if least == 100 else "near", least)]


def key(text: str) -> str:
    """The same for passages that differ in nothing but space."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:32]


def clue_words(text: str) -> list[str]:
    """The longest words of a passage; few enough to keep, rare enough to find it by."""
    words = sorted({word for word in fold(text).split() if len(word) > 2}, key=lambda word: (-len(word), word))
    return [word[:40] for word in words[:CLUES]]


def _in_step(content: Content) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """(language, language, text, text) of what says the same. A text that is behind says what its source said at that time."""
    rows = {text.lang: text for text in content.texts if text.status == "live"}
    texts = {lang: {name: getattr(row, name) for name in steps.PARTS} for lang, row in rows.items()}
    standing = steps.standings(content.id)
    behind = {lang for lang, row in standing.items() if row.behind}
    spoken = [code for code in items.site()["languages"] if code in texts]
    for n, one in enumerate(spoken):
        yield from ((one, other, texts[one], texts[other]) for other in spoken[n + 1 :] if not {one, other} & behind)
    for lang in spoken:
        source, number = (standing[lang].source, rows[lang].source_rev) if lang in behind else ("", None)
        agreed = items.revision(number) if number else None
        if agreed is not None and source in agreed.document["texts"]:
            yield source, lang, agreed.document["texts"][source], texts[lang]


def _values(ctype: ContentType, text: dict[str, Any]) -> Iterator[str]:
    """What everybody may read of a text, in the same order for each language."""
    yield from (str(text.get(name) or "") for name in ("title", "summary", "body"))
    fields = text.get("fields") or {}
    yield from (str(fields.get(f.name) or "") for f in ctype.fields if f.translated and f.audience == "public")


def _pairs(left: str, right: str) -> Iterator[tuple[str, str]]:
    sources, targets = passages.split(left), passages.split(right)
    for i, j in passages.together(sources, targets):
        if i is None or j is None or max(len(sources[i]), len(targets[j])) > LONGEST:
            continue
        yield sources[i], targets[j]
        ours, theirs = passages.pieces(sources[i]), passages.pieces(targets[j])
        if len(ours) == len(theirs) > 1:
            yield from zip(ours, theirs, strict=True)


def _known(passage: str, source: str, target: str) -> list[Offer]:
    exact = [Offer(text, "exact") for _, text in _rows(source, target, passage=passage)]
    return list(dict.fromkeys(exact))[:3] or _near(passage, source, target)


def _near(passage: str, source: str, target: str) -> list[Offer]:
    words = clue_words(passage)
    if not words or len(passage) > LONGEST:
        return []
    shared = sa.select(Clue.segment_id).where(Clue.lang == source, Clue.word.in_(words)).group_by(Clue.segment_id)
    numbers = list(session().scalars(shared.order_by(sa.func.count().desc(), Clue.segment_id).limit(CANDIDATES)))
    least = setting("drafts.near")
    scored = [
        (round(100 * passages.likeness(passage, ours)), ours, theirs)
        for ours, theirs in _rows(source, target, numbers=numbers)
    ]
    best = sorted((row for row in scored if row[0] >= least), key=lambda row: -row[0])
    made = [Offer(_renumbered(passage, ours, theirs), "near", min(percent, 99)) for percent, ours, theirs in best]
    return list({offer.text: offer for offer in reversed(made)}.values())[::-1][:2]


def _rows(source: str, target: str, *, passage: str = "", numbers: Sequence[int] = ()) -> Iterator[tuple[str, str]]:
    """(passage in source, passage in target) of known segments, whichever way they were kept."""
    for lang_a, lang_b, ours, theirs, hashed in (
        (source, target, Segment.text_a, Segment.text_b, Segment.key_a),
        (target, source, Segment.text_b, Segment.text_a, Segment.key_b),
    ):
        query = sa.select(ours, theirs).where(Segment.lang_a == lang_a, Segment.lang_b == lang_b)
        query = query.where(hashed == key(passage)) if passage else query.where(Segment.id.in_(numbers))
        yield from ((a, b) for a, b in session().execute(query.order_by(Segment.id.desc()).limit(CANDIDATES)))


def _renumbered(passage: str, ours: str, theirs: str) -> str:
    """A near passage that differs in one number takes the new number over."""
    old, new = _NUMBER.findall(ours), _NUMBER.findall(passage)
    moved = [(a, b) for a, b in zip(old, new, strict=False) if a != b]
    if len(old) != len(new) or len(moved) != 1 or _NUMBER.findall(theirs).count(moved[0][0]) != 1:
        return theirs
    return re.sub(rf"(?<!\d){moved[0][0]}(?!\d)", moved[0][1], theirs)
