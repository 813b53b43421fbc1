"""What can be written: an item made, replaced, changed, taken through the steps of its workflow, and its picture.

Every view is one transaction, ended by `writes`. An edit names the version it began from (If-Match), so that nobody
overwrites what somebody else has saved meanwhile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from hub.api import Content, ContentType, Faults, NotAllowed, gettext, items, level, may, session

from . import documents, repeats
from .documents import Document
from .problems import answer, refuse
from .reading import find, type_at
from .tokens import Caller, needed

STEPS = ("submit", "publish", "unpublish", "archive", "trash", "restore", "return", "erase")
MAX_BODY = 2_000_000
MAX_UPLOAD = 9_000_000  # a picture of 8 MB and what describes it
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def writes(view: Callable[..., Response]) -> Callable[..., Response]:
    """A view that writes, for whoever has a token; its first argument is the `Caller`. Honours Idempotency-Key."""

    @wraps(view)
    def guarded(**where: str) -> Response:
        if (request.content_length or 0) > (MAX_UPLOAD if view is picture else MAX_BODY):
            refuse(413, gettext("This is larger than the API takes: %(most)s bytes.", most=MAX_UPLOAD if view is picture else MAX_BODY))
        who, key = needed(), request.headers.get("Idempotency-Key", "")
        number = who.token.id
        if key and (before := repeats.taken(number, key)) is not None:
            return before
        try:
            done = view(who, **where)
            if key:
                repeats.keep(number, key, done)
            items.commit()
        except BaseException as error:
            session().rollback()
            if key:
                repeats.release(number, key)
            if isinstance(error, sa.exc.IntegrityError):
                refuse(409, gettext("Somebody else wrote the same at this moment. Look and try again."))
            raise
        return done

    return guarded


def create(who: Caller, path: str) -> Response:
    """Make an item; its status is a draft, or in review where the token only suggests."""
    ctype = type_at(path)
    kind, typed = ctype.kind, body()
    if not who.suggests(kind):
        _scope(f"write:{kind}")
    editor = may(who.user, "content.edit")
    if not editor and not (ctype.members_may_propose and may(who.user, "content.propose")):
        refuse(403, gettext("Your role does not allow this."))
    status = typed.pop("status", None) or ("draft" if who.writes(kind) else "review")
    if status not in ("draft", "review", "published"):
        refuse(422, _faulty(), {"/status": gettext("Choose one of: %(known)s.", known="draft, review, published")})
    if status != "review" and not who.writes(kind):
        _scope(f"write:{kind}")
    if status == "published" and not may(who.user, "content.publish"):
        refuse(403, gettext("Your role does not allow this."))
    doc, faults = documents.made(ctype, typed, level(who.user))
    if Content(origin=doc.get("origin") or "").elsewhere:
        faults = {**faults, "/origin": gettext("Entries of other hubs come by following them, not by this way.")}
    _check(ctype, doc, faults)
    if doc.get("external_id"):
        present = items.find_by_source(kind, doc.get("origin", ""), doc["external_id"])
        if present is not None:
            at = documents.address(ctype, present.uid)
            refuse(409, gettext("There is already an item with this external_id of this origin."), Location=at)
    try:
        content = items.create(kind, doc, author_id=who.user.id, status=status)
    except Faults as error:
        _refuse_faults(ctype, error)
    shown = _shown(who, ctype, content, 201)
    shown.headers["Location"] = documents.address(ctype, content.uid)
    return shown


def replace(who: Caller, path: str, uid: str) -> Response:
    """PUT: the whole document. What it leaves out is emptied, what tells of the publication stays."""
    ctype = type_at(path)
    typed = body()
    return _save(who, ctype, _own(who, ctype, uid), lambda seen: typed)


def change(who: Caller, path: str, uid: str) -> Response:
    """PATCH: a merge patch on the document."""
    ctype = type_at(path)
    patch = body("application/merge-patch+json")
    return _save(who, ctype, _own(who, ctype, uid), lambda seen: documents.patched(seen, patch))


def _save(who: Caller, ctype: ContentType, content: Content, edit: Callable[[Document], Document]) -> Response:
    """Save an edit. Of a published item it is published at once, except where an unpublished edit waits already
    (that would go along) or `?publish=false` asks for a draft beside it."""
    _match(who, ctype, content)
    seen = documents.shown(content, ctype, level(who.user))
    doc, faults = documents.changed(content, ctype, edit(seen), level(who.user))
    _check(ctype, doc, faults)
    wish = request.args.get("publish", "")
    if wish not in ("", "true", "false"):
        refuse(400, "publish: true, false")
    publish = wish == "true" or (not wish and content.status == "published" and not seen["pending"])
    if publish and not may(who.user, "content.publish"):
        refuse(403, gettext("Your role does not allow this."))
    if publish and not who.writes(ctype.kind):
        _scope(f"write:{ctype.kind}")
    try:
        items.save(content, doc, author_id=who.user.id, publish=publish)
    except Faults as error:
        _refuse_faults(ctype, error)
    return _shown(who, ctype, content)


def trash(who: Caller, path: str, uid: str) -> Response:
    """DELETE: into the trash, from where `restore` brings it back."""
    ctype = type_at(path)
    content = _own(who, ctype, uid)
    _match(who, ctype, content)
    _move(who, ctype, content, "trash")
    return Response(status=204)


def step(who: Caller, path: str, uid: str, step: str) -> Response:
    """POST …/STEP: one step of the workflow. `erase` deletes for good what lies in the trash."""
    ctype = type_at(path)
    content = _own(who, ctype, uid)
    _match(who, ctype, content, needed=False)
    if step != "erase":
        _move(who, ctype, content, step)
        return _shown(who, ctype, content)
    if not who.is_admin:
        _scope("admin")
    if content.status != "trash":
        refuse(409, gettext("Only what lies in the trash is deleted for good."))
    items.erase(content)
    return Response(status=204)


def picture(who: Caller) -> Response:
    """POST /media: a picture for an item, as multipart/form-data with file, item (uid), alt, lang, credit, licence."""
    if request.mimetype != "multipart/form-data":
        refuse(415, gettext("Send %(type)s.", type="multipart/form-data"))
    upload, uid = request.files.get("file"), _UNSTORABLE.sub("", request.form.get("item", ""))
    ctype = next((t for t in items.types() if items.get(t.kind, uid)), None)
    if ctype is None or upload is None:
        name = "/file" if ctype else "/item"
        refuse(
            422,
            _faulty(),
            {name: gettext("This is needed.") if ctype else gettext("This leads to nothing: %(end)s", end=uid)},
        )
    content = _own(who, ctype, uid)
    if not (who.writes(ctype.kind) and (content.status != "published" or may(who.user, "content.publish"))):
        _scope(f"write:{ctype.kind}")
    languages = items.site()["languages"]
    lang = request.form.get("lang") or languages[0]
    about = {name: _UNSTORABLE.sub("", request.form.get(name, ""))[:limit] for name, limit in
             (("alt", 300), ("credit", 300), ("licence", 80))}  # fmt: skip
    if lang not in languages:
        refuse(422, _faulty(), {"/lang": gettext("Choose one of: %(known)s.", known=", ".join(languages))})
    try:
        made = items.attach_picture(
            content, upload.read(), alt={lang: about["alt"]}, credit=about["credit"], licence=about["licence"]
        )
    except ValueError as error:
        refuse(422, _faulty(), {"/file": str(error)})
    items.touch()
    url = items.absolute(f"/media/{made.name}")
    return answer({"url": url, "width": made.width, "height": made.height, "item": uid}, 201, Location=url)


# -- what they share ----------------------------------------------------------------------------------------------------


def body(also: str = "") -> Any:
    """The JSON object that was sent. 415 for another type, 400 for no JSON, 422 for a list."""
    if request.mimetype not in ("application/json", also or "application/json"):
        refuse(415, gettext("Send %(type)s.", type=also or "application/json"))
    try:
        found = json.loads(request.get_data(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        refuse(400, gettext("This is not JSON: %(why)s", why=str(error)[:200]))
    if isinstance(found, list):
        refuse(422, gettext("One document at a time. Many at once are read by the command `hub import`."))
    if not isinstance(found, dict):
        refuse(422, gettext("An object is expected here."))
    if at := _unstorable(found):
        refuse(422, _faulty(), {at: gettext("This text has characters that cannot be stored.")})
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _unstorable(value: Any, at: str = "") -> str:
    """Where a text stands that no database takes (NUL, half a character); empty where there is none."""
    if isinstance(value, dict):
        found = (
            (_unstorable(name) and (at or "/")) or _unstorable(part, f"{at}/{documents.escaped(name)}")
            for name, part in value.items()
        )
        return next(filter(None, found), "")
    if isinstance(value, list):
        return next(filter(None, (_unstorable(part, f"{at}/{n}") for n, part in enumerate(value))), "")
    return (at or "/") if isinstance(value, str) and _UNSTORABLE.search(value) else ""


def _faulty() -> str:
    return gettext("The document cannot be taken as it is.")


def _check(ctype: ContentType, doc: Document, faults: dict[str, str]) -> None:
    if not faults:
        faults = {documents.pointer(ctype, name): text for name, text in items.dangling(ctype.kind, doc).items()}
    if faults:
        refuse(422, _faulty(), faults)


def _refuse_faults(ctype: ContentType, error: Faults) -> Any:
    refuse(422, _faulty(), {documents.pointer(ctype, name): text for name, text in error.faults.items()})


def _scope(wanted: str) -> Any:
    """403: the token has not this scope."""
    told = f'Bearer realm="hub", error="insufficient_scope", scope="{wanted}"'
    refuse(
        403,
        gettext("The token lacks the scope %(scope)s, or its owner's role does not go so far.", scope=wanted),
        WWW_Authenticate=told,
    )


def _own(who: Caller, ctype: ContentType, uid: str) -> Content:
    """The item, held against other writers until the transaction ends, where this token may edit it."""
    content = find(ctype, uid)
    session().refresh(content, with_for_update=True)
    if not who.suggests(ctype.kind):
        _scope(f"write:{ctype.kind}")
    if not who.writes(ctype.kind) and (content.author_id != who.user.id or content.status not in ("draft", "review")):
        _scope(f"write:{ctype.kind}")
    if not items.editable(content, who.user):
        refuse(403, gettext("Your role does not allow this."))
    return content


def _match(who: Caller, ctype: ContentType, content: Content, *, needed: bool = True) -> None:
    """The request was made for the item as it is now: 428 where it does not say, 412 where it is another."""
    tag = items.token(content)
    if not request.if_match:
        if needed:
            refuse(428, gettext("Say which version you have seen: If-Match with the ETag of your last answer."))
        return
    if not request.if_match.contains(tag):
        current = documents.shown(content, ctype, level(who.user))
        told = gettext("Somebody else has changed this meanwhile; `current` is how it is now.")
        refuse(412, told, more={"current": current}, ETag=f'"{tag}"')


def _move(who: Caller, ctype: ContentType, content: Content, step: str) -> None:
    if step != "submit" and not who.writes(ctype.kind):
        _scope(f"write:{ctype.kind}")
    if not may(who.user, "content.propose" if step == "submit" else "content.publish"):
        refuse(403, gettext("Your role does not allow this."))
    try:
        items.move(content, step, author_id=who.user.id)
    except NotAllowed:
        refuse(
            409,
            gettext("The step “%(step)s” does not begin at the status “%(status)s”.", step=step, status=content.status),
        )
    except Faults as error:
        _refuse_faults(ctype, error)


def _shown(who: Caller, ctype: ContentType, content: Content, status: int = 200) -> Response:
    session().flush()
    session().expire(content, ["texts", "places", "links"])
    response = answer(documents.shown(content, ctype, level(who.user)), status)
    response.set_etag(items.token(content))
    return response
