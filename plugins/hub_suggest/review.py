"""How one suggestion is shown to an editor: beside what is public, with differences and with controls to edit it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import request

from hub.api import Content, ContentType, Faults, Item, User, content_type, current_user, forms, items, level, session
from hub_suggest import fields, guard, moderation, writing
from hub_suggest.models import Canned, Entry, Step


@dataclass
class Row:
    """One field of a correction. old, new: pieces (mark, text); moved: what the sender saw, where it is no longer so."""

    key: str
    label: str
    lang: str
    old: list[tuple[str, str]]
    new: list[tuple[str, str]]
    control: Any = None
    moved: str = ""
    same: bool = False
    ticked: bool = True
    taken: bool = False


@dataclass
class View:
    """Everything the page of one suggestion shows."""

    entry: Entry
    ctype: ContentType | None
    content: Content | None
    item: Item | None = None
    rows: list[Row] = field(default_factory=list)
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    near: list[tuple[Item, int | None]] = field(default_factory=list)
    steps: list[tuple[Step, str]] = field(default_factory=list)
    token: str = ""
    bound: str = ""
    picture: Any = None


def view(entry: Entry, language: str, *, typed: dict[str, Any] | None = None, ticked: list[str] | None = None,
         faults: dict[str, str] | None = None) -> View:  # fmt: skip
    """What an editor sees. typed, ticked: what stood in the form before, where it comes back."""
    ctype, content = content_type(entry.kind), moderation.item_of(entry)
    made = View(entry, ctype, content, steps=steps(entry_id=entry.id), bound=moderation.bound(entry))
    if content is not None:
        made.token = items.token(content)
        shown = items.load([content.id], language, level(current_user())) if ctype else []
        made.item = shown[0] if shown else None
    if ctype is None:
        return made
    doc = items.read(content) if content else {**forms.empty(), **entry.draft}
    if entry.what in ("new", "member"):
        made.facts = _facts(ctype, doc, language)
        made.picture = made.item.picture if made.item else None
        if content is None or content.status == "review":
            made.near = writing.alike(ctype, doc, language)
    else:
        made.rows = _rows(entry, ctype, doc, language, typed or {}, ticked, faults or {})
    return made


def _facts(ctype: ContentType, doc: Any, language: str) -> list[tuple[str, str, str]]:
    """(label, language, text) of everything filled in."""
    controls = _controls(ctype, doc, language)
    return [
        (fields.label(ctype, key), fields.language_of(key), fields.text_of(ctype, key, value, controls, language))
        for key, value in fields.flat(ctype, doc, 2).items()
    ]


def _controls(ctype: ContentType, doc: Any, language: str, faults: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code in dict.fromkeys([language, *doc["texts"]]):
        sections = forms.build(ctype, doc, code, 0, faults=faults)
        found = {**{c.name: c for s in sections for c in s.controls}, **found}
    return found


def _rows(entry: Entry, ctype: ContentType, doc: Any, language: str, typed: Any, ticked: Any, faults: Any) -> list[Row]:
    live = fields.flat(ctype, doc)
    wished = fields.put(ctype, doc, {**entry.wish, **typed})
    for code in {fields.language_of(key) for key in entry.wish} - {""}:
        wished["texts"].setdefault(code, {"title": "", "summary": "", "body": "", "fields": {}})
    controls = _controls(ctype, wished, language, faults)
    rows = []
    for key, wish in entry.wish.items():
        say = [fields.text_of(ctype, key, v, controls, language) for v in (live.get(key), wish, entry.base.get(key))]
        old, new = fields.difference(say[0], say[1])
        moved = say[2] if fields.mark(live.get(key)) != fields.mark(entry.base.get(key)) else ""
        same = fields.mark(live.get(key)) == fields.mark(wish)
        ticks = key in ticked if ticked is not None else not same
        rows.append(Row(key, fields.label(ctype, key), fields.language_of(key), old, new, controls.get(key),
                        moved if not same else "", same, ticks, key in entry.taken))  # fmt: skip
    return rows


def edited(entry: Entry, ctype: ContentType, content: Content, speaking: str) -> dict[str, Any]:
    """The values that the editor's form holds for the suggested fields; speaking: the page's language. Raises Faults."""
    doc = fields.put(ctype, items.read(content), entry.wish)
    found: dict[str, Any] = {}
    for code in {fields.language_of(key) for key in entry.wish}:
        language = code or speaking
        typed = forms.parse(ctype, request.form, doc, language, 0)
        faults = typed.pop("faults")
        own = {key for key in entry.wish if fields.language_of(key) == code and _sent(key)}
        bare = {key.partition(".")[2] for key in own if key.startswith("r.")}
        if mine := {name: text for name, text in faults.items() if name in bare}:
            raise Faults(mine)
        values = _raw(ctype, typed)
        found.update({key: values.get(key) for key in own})
    checked = forms.checked(ctype, fields.put(ctype, doc, found))
    final = fields.flat(ctype, checked)
    return {key: final.get(key) for key in entry.wish}


def _sent(key: str) -> bool:
    """Whether the form had a control for this field (a tick box that is off sends nothing, but its mark does)."""
    return f"has.{key}" in request.form


def _raw(ctype: ContentType, doc: Any) -> dict[str, Any]:
    """A typed, unchecked document as flat fields."""
    found = fields.flat(ctype, {**doc, "places": []})
    return {**found, "p": doc["places"]}


def steps(*, entry_id: int = 0, content_uid: str = "", limit: int = 100) -> list[tuple[Step, str]]:
    """The audit log of an entry or an item, newest first, each line with the editor's name."""
    own = Step.entry_id == entry_id if entry_id else Step.content_uid == content_uid
    if not entry_id and not content_uid:
        own = Step.entry_id.in_(sa.select(Entry.id).where(moderation.shown()))
    found = session().scalars(sa.select(Step).where(own).order_by(Step.id.desc()).limit(limit)).all()
    users = sa.select(User).where(User.id.in_({step.user_id for step in found if step.user_id}))
    names = {user.id: user.shown_name for user in session().scalars(users)}
    return [(step, names.get(step.user_id or 0, "")) for step in found]


def canned(language: str) -> list[tuple[int, str]]:
    """The ready answers, in a language where they have it."""
    found = session().scalars(sa.select(Canned).order_by(Canned.id)).all()
    return [(c.id, c.texts.get(language) or next((t for t in c.texts.values() if t), "")) for c in found]


def answer_for(entry: Entry) -> str:
    """The reason of this request: a ready answer in the sender's language, what the editor wrote after it."""
    chosen = session().get(Canned, request.form.get("canned", 0, type=int) or 0)
    ready = (chosen.texts.get(entry.lang) or next((t for t in chosen.texts.values() if t), "")) if chosen else ""
    return "\n\n".join(filter(None, (ready, request.form.get("reason", "").strip()[:4000])))


def doubts(entry: Entry) -> list[str]:
    """Why it looks like spam, in words."""
    return [str(guard.DOUBTS[name]) for name in entry.doubts if name in guard.DOUBTS]
