"""Unsaved text is kept on the server while somebody types, and offered when they come back; who else is in the form."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import format_time
from sqlalchemy.orm import Session

from hub.api import (
    Content,
    ContentType,
    Faults,
    User,
    content_type,
    current_user,
    forms,
    gettext,
    items,
    level,
    may,
    now,
    render_page,
    session,
    writing,
)

from .models import Kept, Visit
from .versions import found

HERE = dt.timedelta(seconds=90)  # a browser says every half minute that its form is open
KEEP = dt.timedelta(days=14)
LONGEST = 200_000  # characters of one preview


def keep(kind: str, uid: str = "") -> Response:
    """A browser's word: this form is open, and this stands in it. Answers who else is there."""
    ctype, user = _type(kind), _user()
    content = _begun(ctype, uid, user)
    language = request.form.get("language", "")
    before = items.working_copy(content)[0] if content else forms.empty()
    typed = forms.parse(ctype, request.form, before, language, level(user), quick=request.form.get("form") == "quick")
    typed.pop("faults", None)
    db = session()
    if content is not None:
        db.merge(Visit(content_id=content.id, user_id=user.id, at=now()))
    if typed == before or request.form.get("leaving") == "saved":
        db.execute(sa.delete(Kept).where(*_own(user, kind, uid)))
    elif "quiet" not in request.form:
        db.merge(Kept(user_id=user.id, kind=kind, uid=uid, base=request.form.get("base", ""), document=typed, at=now()))
    db.commit()
    return jsonify(
        others=others(content, user) if content else [],
        kept=gettext("Kept at %(time)s, not saved yet.", time=format_time(now(), "HH:mm")),
    )


def decide(kind: str, uid: str = "") -> Any:
    """Take kept text over as a draft, or throw it away."""
    ctype, user = _type(kind), _user()
    content = _begun(ctype, uid, user)
    row = session().get(Kept, (user.id, kind, uid))
    target = url_for("desk.edit", path=ctype.path, uid=uid) if uid else url_for("desk.new", path=ctype.path)
    if row is None:
        return redirect(target)
    if request.form.get("do") == "take":
        document = _titled(row.document)
        if content is not None and row.base and row.base != items.token(content):  # somebody has saved since it was typed
            return _form(ctype, content, document, {}, target, items.token(content), items.working_copy(content)[0])
        try:
            content = _take(ctype, content, document, user)
        except Faults as error:  # one bad value must not lock up all the rest
            session().rollback()
            try:
                content = _take(ctype, content, _without(document, error.faults), user)
            except Faults as still:
                session().rollback()
                return _form(ctype, found(kind, uid) if uid else None, document, still.faults, target, row.base)
            flash(gettext("This could not be kept: %(why)s", why=_said(ctype, error.faults)), "warn")
        flash(gettext("Your text is back, as a draft."), "ok")
        target = url_for("desk.edit", path=ctype.path, uid=content.uid, form="full")
    session().delete(row)
    items.commit()
    return redirect(target)


def _form(
    ctype: ContentType, content: Content | None, document: dict[str, Any], faults: dict[str, str], target: str, base: str,
    theirs: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The kept text in a form of its own, what is missing said beside its field: a draft without it cannot be. The row stays until then.
    theirs: what somebody else has saved meanwhile, shown beside each field that differs."""
    document = {**(items.read(content) if content else forms.empty()), **document}
    written = [code for code, text in document["texts"].items() if text.get("title") or text.get("body")]
    language = items.speaking() if items.speaking() in written or not written else written[0]
    return render_page(
        "editor/back.html", cache=False, code=409 if theirs else 422, type=ctype, language=language, faults=faults, target=target,
        sections=forms.build(ctype, document, language, level(_user()), faults=faults, other=theirs), token=base, conflict=bool(theirs),
    )  # fmt: skip


def saved(response: Response) -> Response:
    """After a new entry was saved: what was kept of its form is no longer unsaved."""
    if request.endpoint == "desk.new" and request.method == "POST" and response.status_code == 302:
        user, ctype = current_user(), items.type_at((request.view_args or {})["path"])
        if user and ctype and not str(response.location).partition("?")[0].endswith("/new"):  # there it only went to another language
            with writing():
                session().execute(sa.delete(Kept).where(*_own(user, ctype.kind, "")))
                session().commit()
    return response


def _said(ctype: ContentType, faults: dict[str, str]) -> str:
    """Faults in sentences, each behind the name that its field has in the form."""
    labels = {field.name: str(field.label) for field in ctype.fields}
    return " ".join(f"{labels.get(name, name)}: {text}" for name, text in faults.items())


def _take(ctype: ContentType, content: Content | None, document: dict[str, Any], user: User) -> Content:
    if content is None:
        return items.create(ctype.kind, document, author_id=user.id)
    items.save(content, {**items.read(content), **document}, author_id=user.id)
    return content


def _titled(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a title in every language that has words: who was interrupted may not have thought of one yet."""
    texts = {code: dict(text) for code, text in document["texts"].items()}
    for text in texts.values():
        if any(text.get(name) for name in ("summary", "body", "fields")):
            text["title"] = text.get("title") or gettext("(no title)")
    return {**document, "texts": texts}


def _without(document: dict[str, Any], faults: dict[str, str]) -> dict[str, Any]:
    """The document without the fields, relations and other values that are at fault."""
    rest = {name: value for name, value in document.items() if name not in faults}
    for room in ("data", "links"):
        rest[room] = {name: value for name, value in document.get(room, {}).items() if name not in faults}
    return rest


def preview() -> Response:
    """Markdown as the site will show it."""
    return Response(render_template("editor/preview.html", text=request.form.get("text", "")[:LONGEST]))


def others(content: Content, user: User) -> list[str]:
    """The names of the other people who have this form open at this moment."""
    query = sa.select(User).join(Visit, Visit.user_id == User.id).where(
        Visit.content_id == content.id, Visit.at > now() - HERE, User.id != user.id)  # fmt: skip
    return [other.shown_name for other in session().scalars(query)]


def waiting(user: User, path: str, content: Content | None) -> Kept | None:
    """What this person typed here and did not save; nothing where a later version holds it."""
    ctype = content_type(content.kind) if content else items.type_at(path)
    row = session().get(Kept, (user.id, ctype.kind, content.uid if content else "")) if ctype else None
    if row is None or content is None:
        return row
    newest = items.revisions(content, 1)
    mine = newest and newest[0].author_id == user.id and newest[0].created >= row.at
    return None if mine else row


def forget(db: Session, user_id: int) -> None:
    """Take a person out of both tables."""
    db.execute(sa.delete(Kept).where(Kept.user_id == user_id))
    db.execute(sa.delete(Visit).where(Visit.user_id == user_id))


def tidy() -> None:
    """Forget visits of yesterday and text that nobody came back for (a job)."""
    with writing():
        session().execute(sa.delete(Visit).where(Visit.at < now() - dt.timedelta(days=1)))
        session().execute(sa.delete(Kept).where(Kept.at < now() - KEEP))
        session().commit()


def _own(user: User, kind: str, uid: str) -> tuple[Any, ...]:
    return (Kept.user_id == user.id, Kept.kind == kind, Kept.uid == uid)


def _type(kind: str) -> ContentType:
    ctype = content_type(kind)
    if ctype is None:
        abort(404)
    return ctype


def _begun(ctype: ContentType, uid: str, user: User) -> Content | None:
    """The entry of a form, None for a new one; 403 where this person could not open that form either."""
    if uid:
        return found(ctype.kind, uid)
    if not (may(user, "content.edit") or (ctype.members_may_propose and may(user, "content.propose"))):
        abort(403)
    return None


def _user() -> User:
    user = current_user()
    if user is None:
        abort(401)
    return user
