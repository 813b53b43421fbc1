"""The public pages: what can be suggested, the form of a new item, the form of a correction."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from hub.api import (
    ContentType,
    Item,
    current_user,
    forms,
    gettext,
    items,
    level,
    ngettext,
    render_page,
    session,
    setting,
)
from hub_suggest import fields, guard, letters, links, moderation, writing
from hub_suggest.models import Entry
from hub_suggest.writing import Typed

FRONT = 5  # controls of the quick form that stand in front, so that it is one screen of a phone; others are folded away
SHORT = ("line", "select", "url", "email", "tel")


def start(lang: str) -> ResponseReturnValue:
    """What can be suggested here."""
    offered = writing.offered()
    closed = [ctype for ctype in items.types() if writing.allowed(ctype) == "members" and ctype not in offered]
    return render_page("suggest/start.html", cache=False, offered=offered, closed=closed, mine=_opened())


def _opened() -> list[Entry]:
    """The suggestions that this browser may see, in the order in which it opened them."""
    uids = links.opened()
    found = session().scalars(sa.select(Entry).where(Entry.uid.in_(uids)))
    return sorted(found, key=lambda entry: uids.index(entry.uid))


def new(lang: str, path: str) -> ResponseReturnValue:
    """The short form of a new item."""
    ctype = next((t for t in items.types() if t.path == path), None)
    if ctype is None:
        abort(404)
    if not writing.may_suggest(ctype):
        return _closed(ctype)
    before = forms.empty()
    if request.method == "GET":
        return new_form(ctype, lang, Typed(before), fields.marks({}))
    if sent := _sent_before():
        return _thanks(sent)
    if forms.looking(request.form):
        return new_form(ctype, lang, writing.read(ctype, before, lang, quick=True, look=True), request.form.get("shown", ""))
    wait, flood = count()
    typed = writing.read(ctype, before, lang, quick=True)
    shown = request.form.get("shown", "")
    if wait:
        return new_form(ctype, lang, typed, shown, code=429, told=wait_words(wait))
    if typed.faults:
        return new_form(ctype, lang, typed, shown, code=422)
    if links.age(request.form.get("shown_at", "")) is None:
        return new_form(ctype, lang, typed, shown, code=422, told=_old())
    near = [] if request.form.get("another") else writing.alike(ctype, typed.doc, lang)
    if near:
        return new_form(ctype, lang, typed, shown, near=near)
    user = current_user()
    values = fields.flat(ctype, typed.doc)
    entry = Entry(
        what="new", kind=ctype.kind, title=typed.doc["texts"][lang]["title"], lang=lang, draft=typed.doc, note=typed.note,
        name=typed.name, email=typed.email, user_id=user.id if user else None,
        digest=guard.digest(ctype.kind, "", values, ""),
    )  # fmt: skip
    return _take_in(entry, typed, values, flood, lambda: new_form(ctype, lang, typed, shown, code=422))


def correct(lang: str, uid: str) -> ResponseReturnValue:
    """The form of a correction to a published item, field by field."""
    item, ctype = published(uid, lang)
    if not writing.may_suggest(ctype):
        return _closed(ctype)
    content = items.get(ctype.kind, uid)
    doc = items.read(content) if content else {}
    language = request.values.get("text", "")
    if language not in items.site()["languages"]:
        language = lang if lang in doc["texts"] else item.lang
    if request.method == "GET":
        return correction_form(item, ctype, language, Typed(doc), fields.marks(fields.flat(ctype, doc)))
    if sent := _sent_before():
        return _thanks(sent)
    if forms.looking(request.form):
        typed = writing.read(ctype, doc, language, look=True)
        return correction_form(item, ctype, language, typed, request.form.get("shown", ""))
    wait, flood = count()
    typed = writing.read(ctype, doc, language)
    shown = request.form.get("shown", "")
    if wait:
        return correction_form(item, ctype, language, typed, shown, code=429, told=wait_words(wait))
    if not typed.faults and not typed.values and not typed.note:
        typed.faults["note"] = gettext("Change a field below, or say here what is wrong or missing.")
    if typed.faults:
        return correction_form(item, ctype, language, typed, shown, code=422)
    if links.age(request.form.get("shown_at", "")) is None:
        return correction_form(item, ctype, language, typed, shown, code=422, told=_old())
    entry = correction(item, ctype, lang, typed, doc)
    return _take_in(entry, typed, typed.values, flood, lambda: correction_form(item, ctype, language, typed, shown, code=422))  # fmt: skip


def correction(item: Item, ctype: ContentType, lang: str, typed: Typed, doc: Any, what: str = "correction") -> Entry:
    """The entry of a correction: which fields, from what to what."""
    live, user = fields.flat(ctype, doc), current_user()
    return Entry(
        what=what, kind=ctype.kind, title=item.title, lang=lang, content_id=item.id, content_uid=item.uid,
        base={key: live.get(key) for key in typed.values}, wish=typed.values, note=typed.note, name=typed.name,
        email=typed.email, user_id=user.id if user else None,
        digest=guard.digest(ctype.kind, item.uid, typed.values, typed.note),
    )  # fmt: skip


def count() -> tuple[int, bool]:
    """Count this request; what was read before is read anew after it."""
    return guard.too_many(request.remote_addr or "?")


def doubts(entry: Entry, values: dict[str, Any], flood: bool) -> list[str]:
    """Why this request looks like spam."""
    known = current_user() is not None
    return guard.doubts(request.form, guard.texts_of(values, entry.note), entry.digest, flood, known)


def _take_in(entry: Entry, typed: Typed, values: dict[str, Any], flood: bool, again: Any) -> ResponseReturnValue:
    twice = next((known for known in _opened() if known.digest == entry.digest), None)
    if twice is not None:  # the button was pressed twice
        return _thanks(twice)
    session().rollback()
    entry.uid = links.uid_of(request.form.get("once", "")) or str(uuid4())
    quiet = not guard.may_write_to(entry.email)
    entry.doubts = doubts(entry, values, flood)
    try:
        moderation.take_in(entry, typed.picture)
    except IntegrityError:  # the same one, sent twice at the same moment
        session().rollback()
        if (sent := _sent_before()) is None:
            raise
        return _thanks(sent)
    except ValueError as error:  # the picture
        session().rollback()
        typed.faults["picture"] = str(error)
        return again()
    if not quiet:
        letters.received(entry)
    items.commit()
    return _thanks(entry)


def _thanks(entry: Entry) -> ResponseReturnValue:
    links.open_entry(entry.uid)
    return redirect(url_for("suggest.status", lang=entry.lang, uid=entry.uid, thanks=1))


def _sent_before() -> Entry | None:
    """What a browser sent with the key of this request, and never heard of: it waited for a network and lost it again."""
    uid = links.uid_of(request.form.get("once", ""))
    return session().scalar(sa.select(Entry).where(Entry.uid == uid)) if uid else None


def published(uid: str, lang: str) -> tuple[Item, ContentType]:
    """The published item of that uid as this reader may see it; 404 for any other."""
    for ctype in items.types():
        content = items.get(ctype.kind, uid)
        if content is None:
            continue
        reader = level(current_user())
        if content.status == "published" and content.audience in ("public", "members", "editors")[: reader + 1]:
            shown = items.load([content.id], lang)
            if shown:
                return shown[0], ctype
        break
    abort(404)


def new_form(
    ctype: ContentType, lang: str, typed: Typed, shown: str, *, code: int = 200, told: str = "", near: Any = ()
) -> ResponseReturnValue:
    """The page of a new item, again with what was typed."""
    controls = [c for s in forms.build(ctype, typed.doc, lang, 0, quick=True, faults=typed.faults) for c in s.controls]
    first = [c for c in controls if c.required or c.name.startswith(("title.", "summary.")) or c.name == "p"]
    short = [c for c in controls if c not in first and c.widget in SHORT and not c.hint]
    first += short[: max(0, FRONT - len(first))]
    rest = [c for c in controls if c not in first]
    return render_page(
        "suggest/new.html", cache=False, code=code, type=ctype, first=first, rest=rest, near=near, told=told,
        **_common(typed, shown),
    )  # fmt: skip


def correction_form(
    item: Item, ctype: ContentType, language: str, typed: Typed, shown: str, *, code: int = 200, told: str = ""
) -> ResponseReturnValue:
    """The page of a correction: each field by itself, with what stands there now."""
    sections = forms.build(ctype, typed.doc, language, 0, faults=typed.faults)
    controls = {c.name: c for s in sections for c in s.controls}
    content = items.get(ctype.kind, item.uid)
    stands = fields.flat(ctype, {**forms.empty(), **(items.read(content) if content else typed.doc)})
    wanted = fields.flat(ctype, {**forms.empty(), **typed.doc})
    now_shown = {key: fields.text_of(ctype, key, value, controls, language) for key, value in stands.items() if key in controls}
    touched = {key for key in controls if typed.faults and fields.mark(stands.get(key)) != fields.mark(wanted.get(key))}
    return render_page(
        "suggest/correct.html", cache=False, code=code, item=item, type=ctype, sections=sections, language=language,
        now_shown=now_shown, touched=touched, told=told, **_common(typed, shown),
    )  # fmt: skip


def _common(typed: Typed, shown: str) -> dict[str, Any]:
    confirm = bool(current_user() is None and setting("suggest.confirm"))
    return {
        "typed": typed,
        "faults": typed.faults,
        "shown": shown,
        "stamp": _stamp(),
        "trap": guard.TRAP,
        "least": setting("suggest.seconds"),
        "confirm": confirm,
        "looking": forms.looking(request.form),
    }


def _stamp() -> str:
    """A form that comes back with faults keeps its time, as long as that is ours."""
    before = request.form.get("shown_at", "")
    return before if links.age(before) is not None else links.stamp()


def wait_words(seconds: int) -> str:
    """What somebody is told who has to wait."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minute.",
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minutes.", minutes,
    )  # fmt: skip


def _old() -> str:
    return gettext("This page was open for very long. Your text is still here: please send it once more.")


def _closed(ctype: ContentType) -> ResponseReturnValue:
    members = writing.allowed(ctype) == "members" and current_user() is None
    return render_page("suggest/closed.html", cache=False, code=403, type=ctype, members=members)
