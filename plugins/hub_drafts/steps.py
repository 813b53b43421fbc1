"""How the languages of an item keep in step, told from its published versions and from what translators said.

A text that changes alone leads; those that agreed with it fall behind, and know the revision they agreed with
(`content_text.source_rev`). Texts published in one version are in step. One that is behind comes into step by a translator's
word only: who mends a comma in it has not caught up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Content, content_type, items, session
from hub_drafts.models import Mark, Standing, Walked

Texts = dict[str, dict[str, Any]]
PARTS = ("title", "summary", "body", "fields")


def walk(content: Content) -> None:
    """Follow the versions that were published since the last time."""
    db = session()
    db.execute(sa.select(Content.id).where(Content.id == content.id).with_for_update())  # one at a time
    walked = db.get(Walked, content.id)
    since = walked.revision if walked else 0
    revision = items.Revision
    query = sa.select(revision).where(
        revision.content_id == content.id, revision.state == "live", revision.id > since
    )  # fmt: skip
    fresh = list(db.scalars(query.order_by(revision.id)))
    if not fresh:
        return
    before = items.revision(since) if since else None
    state = standings(content.id)
    revs = {text.lang: text.source_rev for text in content.texts}
    marks = list(db.scalars(sa.select(Mark).where(Mark.content_id == content.id, Mark.revision > since)))
    for later in fresh:
        due = [m for m in marks if (before.id if before else since) < m.revision <= later.id]
        _step(content.id, state, revs, before, later, due)
        before = later
    _settle(state, revs, finished(fresh[-1].document))
    for text in content.texts:
        text.source_rev = revs.get(text.lang)
    db.merge(Walked(content_id=content.id, revision=fresh[-1].id))
    db.flush()


def standings(number: int) -> dict[str, Standing]:
    """language → how it stands."""
    rows = session().scalars(sa.select(Standing).where(Standing.content_id == number))
    return {row.lang: row for row in rows}


def finished(document: dict[str, Any]) -> Texts:
    """The texts of a document that readers see."""
    return {code: text for code, text in document.get("texts", {}).items() if text.get("status") != "draft"}


def same(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Whether two texts say the same, letter by letter."""
    return one is not None and other is not None and all(one.get(p) == other.get(p) for p in PARTS)


def agree(content: Content, lang: str, source: str, revision: int, *, live: bool) -> None:
    """A translator's word on a revision: at once where it is the published one, else when it is published."""
    db = session()
    db.merge(Mark(revision=revision, lang=lang, content_id=content.id, source=source))
    db.flush()
    walk(content)
    walked = db.get(Walked, content.id)
    if live and walked is not None and walked.revision == revision:
        row = standings(content.id).get(lang)
        if row is not None:
            row.source, row.behind, row.since = source, False, None
        for text in content.texts:
            if text.lang == lang:
                text.source_rev = revision
    db.flush()


def base(content: Content, lang: str, source: str, pending: Any) -> dict[str, Any] | None:
    """The text in `source` that the one in `lang` agrees with; None where that is not known."""
    db = session()
    mark = db.get(Mark, (pending.id, lang)) if pending is not None else None
    number = pending.id if mark is not None and mark.source == source else None
    if number is None:
        row = standings(content.id).get(lang)
        if row is not None and row.source not in ("", source):
            return None
        number = next((text.source_rev for text in content.texts if text.lang == lang), None)
    found = items.revision(number) if number else None
    text: dict[str, Any] | None = found.document.get("texts", {}).get(source) if found else None
    return text


def borrowed(content: Content) -> bool:
    """Whether it is somebody else's text, which is not ours to translate."""
    ctype = content_type(content.kind)
    return ctype is None or bool(ctype.borrowed and content.origin.startswith(ctype.borrowed))


def _step(
    number: int, state: dict[str, Standing], revs: dict[str, int | None], before: Any, later: Any, marks: Sequence[Mark]
) -> None:
    was, now = finished(before.document) if before else {}, finished(later.document)
    for lang in set(state) - set(now):
        state[lang].source, state[lang].behind, state[lang].since = "", False, None
    for lang in now:
        if lang not in state:
            state[lang] = _made(number, lang)
        state[lang].machine = False  # whoever made it visible has read it
    changed = [lang for lang in now if not same(was.get(lang), now[lang])]
    added = [lang for lang in changed if lang not in was]
    spoken = {mark.lang: mark for mark in marks}
    if len(changed) == len(now):
        for lang in now:
            revs[lang], state[lang].behind, state[lang].since = later.id, False, None
    else:
        for lang in added:
            others = [code for code in now if code not in added]
            lead = next((code for code in others if not state[code].source), others[0])
            _catch_up(state[lang], lead)
            revs[lang] = later.id
        for lang in changed:
            if lang not in added and lang not in spoken and not state[lang].behind:
                _lead(lang, state, revs, now, changed, before.id, later)
    for lang, mark in spoken.items():
        marked = items.revision(mark.revision)
        then = marked.document.get("texts", {}) if marked else {}
        if lang in now and mark.source in now and (lang in changed or same(then.get(lang), now[lang])):
            _catch_up(state[lang], mark.source)
            current = same(then.get(mark.source), now[mark.source])
            revs[lang], state[lang].behind = (later.id, False) if current else (mark.revision, True)
            state[lang].since = None if current else later.created


def _lead(
    lang: str, state: dict[str, Standing], revs: dict[str, int | None], now: Texts, changed: Sequence[str], agreed: int,
    later: Any,
) -> None:  # fmt: skip
    """`lang` changed: texts that were in step with it and stood still are behind it from here on."""
    state[lang].source = ""
    revs[lang] = None
    for other in now:
        row = state[other]
        if other == lang or row.behind:
            continue
        row.source = lang
        if other in changed:
            revs[other] = later.id
        else:
            row.behind, row.since, revs[other] = True, later.created, agreed


def _settle(state: dict[str, Standing], revs: dict[str, int | None], now: Texts) -> None:
    """What was changed and changed back is in step again."""
    for lang, row in state.items():
        number = revs.get(lang)
        if row.behind and number:
            agreed = items.revision(number)
            if agreed and same(agreed.document.get("texts", {}).get(row.source), now.get(row.source)):
                row.behind, row.since = False, None


def _catch_up(row: Standing, source: str) -> None:
    row.source, row.behind, row.since = source, False, None


def _made(number: int, lang: str) -> Standing:
    row = Standing(content_id=number, lang=lang, source="", behind=False, machine=False)
    session().add(row)
    return row
