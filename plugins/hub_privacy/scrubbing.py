"""Taking somebody's data out of an entry: out of what is live, of every version of it, and of its pictures.

Every shape of an entry (pages, files, feeds, search, API, cache) is made from its live document, so what is out of that is out of all.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from hub.api import Base, Content, Faults, content_type, fold, gettext, items, session

SHORTEST = 3  # characters: shorter words would be found inside of others


def digest(uid: str, word: str) -> str:
    """A word of one entry as a keyed hash."""
    said = f"{uid} {fold(word)}".encode()
    return hmac.new(str(current_app.secret_key).encode(), said, hashlib.sha256).hexdigest()[:32]


def names(doc: dict[str, Any], kind: str) -> list[str]:
    """What stands in the personal fields of a document, as people would recognise themselves by it."""
    ctype, found = content_type(kind), []
    for field in ctype.fields if ctype else ():
        value = doc.get("data", {}).get(field.name)
        if field.personal and value:
            rows = value if isinstance(value, list) else [value]
            found += [
                " · ".join(str(v) for v in row.values() if isinstance(v, str)) if isinstance(row, dict) else str(row)
                for row in rows
            ]
    return found


def take_out(content: Content, words: list[str], digests: list[str], *, picture: bool = False) -> bool:
    """Take words (as written, and by their hashes) out of an entry, in the session at hand; whether there was anything."""
    is_theirs = _test(content.uid, words, digests)
    changed = _live(content, words, is_theirs)
    for revision in items.revisions(content, 100_000):
        scrubbed = without(revision.document, words, is_theirs)
        if scrubbed != revision.document:
            revision.document, changed = scrubbed, True
    return _pictures(content, words, gone=picture) or changed


def _test(uid: str, words: list[str], digests: list[str]) -> Callable[[str], bool]:
    own, known = {fold(word) for word in words}, set(digests)
    return lambda text: fold(text) in own or (bool(known) and digest(uid, text) in known)


def without(doc: dict[str, Any], words: list[str], is_theirs: Callable[[str], bool]) -> dict[str, Any]:
    """A document without somebody: their rows and values are gone, their name in a text is replaced by a note."""
    found = {**doc, "data": {}, "texts": {}}
    for name, value in doc.get("data", {}).items():
        if isinstance(value, str):
            value = "" if is_theirs(value) else _in_text(value, words, "en")
        elif isinstance(value, list):
            value = [row for row in value if not _is_about(row, is_theirs)]
        if value not in ("", [], None):
            found["data"][name] = value
    for code, text in doc.get("texts", {}).items():
        fields = {k: _in_text(v, words, code) if isinstance(v, str) else v for k, v in text.get("fields", {}).items()}
        spoken = {k: _in_text(text.get(k) or "", words, code) for k in ("title", "summary", "body")}
        found["texts"][code] = {**text, **spoken, "fields": fields}
    found["places"] = [
        {**place, "address": _in_text(place.get("address") or "", words, "en"),
         "names": {code: _in_text(str(name), words, code) for code, name in (place.get("names") or {}).items()}}
        for place in doc.get("places", [])
    ]  # fmt: skip
    return found


def _is_about(row: Any, is_theirs: Callable[[str], bool]) -> bool:
    values = row.values() if isinstance(row, dict) else [row]
    return any(isinstance(value, str) and is_theirs(value) for value in values)


def _in_text(text: str, words: list[str], language: str) -> str:
    wanted = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
    if not wanted or not text:
        return text
    pattern = "|".join(r"\s+".join(re.escape(part) for part in word.split()) for word in wanted)
    with force_locale(language):
        note = gettext("[name removed]")
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", note, text, flags=re.I)


def _live(content: Content, words: list[str], is_theirs: Callable[[str], bool]) -> bool:
    """Bring the live document to one without them; an editor's unpublished work stays one."""
    before = items.read(content)
    after = without(before, words, is_theirs)
    if is_theirs(content.checked_by):
        content.checked_by = ""
    if all(after[part] == before[part] for part in ("data", "texts", "places")):
        return False
    pending, archived = items.working_copy(content)[1], content.status == "archived"
    state = pending.state if pending else ""
    if archived:
        items.move(content, "publish")  # what is archived changes by being published; nobody sees it in between
    try:
        items.settle(content, after, before)
    except Faults:  # it cannot be without them (a field that must be filled): then it is not public
        if content.status == "published":
            items.move(content, "unpublish")
    if archived and content.status == "published":
        items.move(content, "archive")
    if pending is not None:
        pending.state = state
    return True


def _pictures(content: Content, words: list[str], *, gone: bool) -> bool:
    """Delete the pictures of an entry, files and all; or take the name out of what is said of them."""
    media, changed = Base.metadata.tables["media"], False
    for row in session().execute(sa.select(media).where(media.c.content_id == content.id)).all():
        alt = {code: _in_text(str(text), words, code) for code, text in (row.alt or {}).items()}
        credit = _in_text(row.credit, words, "en")
        if gone:
            session().execute(sa.delete(media).where(media.c.id == row.id))
            items.forget_picture(row.name)
        elif alt != row.alt or credit != row.credit:
            session().execute(sa.update(media).where(media.c.id == row.id).values(alt=alt, credit=credit))
        else:
            continue
        changed = True
        items.touch()
    return changed
