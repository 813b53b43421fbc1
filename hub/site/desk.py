"""The desk: what waits, lists of every status, the editing form and its steps, plugins, settings, topics, changes."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from hub.content import changes, document, media, workflow
from hub.content.document import Document, Faults
from hub.content.model import STATUSES, Content, ContentText, Revision
from hub.content.texts import clean_line, fold
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType
from hub.people import accounts, partners, permissions
from hub.site import admin, forms, view
from hub.site.guard import needs, signed_in
from hub.site.health import checks
from hub.site.languages import speaking
from hub.site.lists import type_at
from hub.store.db import now, session

PER_PAGE = 50


def make() -> Blueprint:
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    paths = ",".join(t.path for t in hub().types.all())
    word = f"<any({paths}):path>"
    desk.add_url_rule("/", "home", signed_in(home))
    desk.add_url_rule(f"/{word}/", "list", signed_in(content_list))
    desk.add_url_rule(f"/{word}/new", "new", signed_in(edit), methods=["GET", "POST"])
    desk.add_url_rule(f"/{word}/<uid>/", "edit", signed_in(edit), methods=["GET", "POST"])
    desk.add_url_rule(f"/{word}/<uid>/preview", "preview", signed_in(preview))
    desk.add_url_rule(f"/{word}/<uid>/<any({','.join(workflow.MOVES)}):action>", "move", signed_in(move), methods=["POST"])
    desk.add_url_rule("/changes", "changes", needs("content.edit")(change_log))
    admin.register(desk)
    return desk


def home() -> ResponseReturnValue:
    user, db = accounts.signed_in(), session()
    editor = permissions.may(user, "content.edit")
    own = Content.author_id == user.id if editor else _within_reach(user)
    mine = titled(db, sa.select(Content).where(own).order_by(Content.updated.desc()).limit(20))
    waiting = drafts = []
    if editor:
        waiting = titled(db, sa.select(Content).where(Content.status == "review").order_by(Content.updated).limit(20))
        changed = sa.select(Revision.content_id).where(Revision.state == "draft")
        drafts = titled(db, sa.select(Content).where(Content.id.in_(changed), Content.status == "published").limit(20))
    counts = _status_counts(db, user)
    troubles = [c for c in checks() if c.state != "ok"] if permissions.may(user, "desk.settings") else []
    return view.page(
        "desk/home.html", cache=False, waiting=waiting, drafts=drafts, mine=mine, counts=counts, editor=editor,
        desk_blocks=view.blocks("desk"), troubles=troubles,
    )  # fmt: skip


def _within_reach(user: accounts.User) -> Any:
    """What the desk shows somebody: editors everything, others what they wrote or may edit."""
    return sa.true() if permissions.may(user, "content.edit") else sa.or_(Content.author_id == user.id, permissions.editable(user, Content))


def _may_add(user: accounts.User, ctype: ContentType) -> bool:
    return permissions.may(user, "content.edit") or (ctype.members_may_propose and permissions.may(user, "content.propose"))


def _status_counts(db: Any, user: accounts.User) -> dict[str, dict[str, int]]:
    rows = db.execute(sa.select(Content.kind, Content.status, sa.func.count()).where(~Content.elsewhere, _within_reach(user))
                      .group_by(Content.kind, Content.status))  # fmt: skip
    found: dict[str, dict[str, int]] = {}
    for kind, status, count in rows:
        found.setdefault(kind, {})[status] = count
    return found


def titled(db: Any, query: sa.Select[Any]) -> list[dict[str, Any]]:
    """Lines for desk tables: item, its type (kinds that are on only) and a title in the editor's language."""
    found = []
    for content in db.scalars(query.where(Content.kind.in_(hub().types.kinds()))).all():
        if (ctype := hub().types.get(content.kind)) is None:
            continue
        texts = {t.lang: t.title for t in content.texts}
        title = texts.get(speaking()) or next(iter(texts.values()), gettext("(no title)"))
        found.append({"content": content, "type": ctype, "title": title, "languages": sorted(texts)})
    return found


def content_list(path: str) -> ResponseReturnValue:
    ctype, user, db = type_at(path), accounts.signed_in(), session()
    status, words = request.args.get("status", ""), request.args.get("q", "")
    page = min(max(1, request.args.get("page", 1, type=int)), 1_000_000)
    query = sa.select(Content).where(Content.kind == ctype.kind, ~Content.elsewhere, _within_reach(user))
    for word in fold(words).split():
        like = ContentText.folded.contains(word, autoescape=True)
        query = query.where(sa.exists().where(ContentText.content_id == Content.id, like))
    counts = {row[0]: row[1] for row in db.execute(query.with_only_columns(Content.status, sa.func.count()).group_by(Content.status))}
    shown = [status] if status in STATUSES else [name for name in STATUSES if name != "trash"]
    total, query = sum(counts.get(name, 0) for name in shown), query.where(Content.status.in_(shown))
    rows = titled(db, query.order_by(Content.updated.desc(), Content.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return view.page(
        "desk/list.html", cache=False, type=ctype, rows=rows, total=total, status=status, q=words, page_number=page,
        pages=-(-total // PER_PAGE), statuses=STATUSES, counts=counts, may_add=_may_add(user, ctype),
    )  # fmt: skip


def _content(ctype: ContentType, uid: str) -> Content:
    content = session().scalar(sa.select(Content).where(Content.uid == uid, Content.kind == ctype.kind))
    if content is None:
        abort(404)
    if not permissions.may_edit(accounts.current(), content):
        abort(403)
    return content


def edit(path: str, uid: str = "") -> ResponseReturnValue:
    """The form of an item. One language at a time; `goto` saves and goes on in another."""
    ctype, user = type_at(path), accounts.signed_in()
    content = _content(ctype, uid) if uid else None
    if content is None and not _may_add(user, ctype):
        abort(403)
    languages = hub().settings.site.languages
    language = request.values.get("language", "")
    doc, pending = workflow.working_copy(session(), content) if content else (document.empty(), None)
    if language not in languages:
        language = speaking() if not content or speaking() in doc["texts"] else next(iter(doc["texts"]), speaking())
    level = permissions.level(user)
    quick = request.values.get("form", "quick" if not content and level < 2 else "full") == "quick"
    context = {"type": ctype, "content": content, "language": language, "quick": quick, "pending": pending}
    if request.method == "POST":
        return _save(ctype, content, doc, language, level, quick, context)
    token = workflow.token(session(), content) if content else ""
    return _form(forms.build(ctype, doc, language, level, quick=quick), token, doc, {}, context)


def _form(
    sections: list[forms.Section], token: str, doc: Document, faults: dict[str, str], context: dict[str, Any],
    status: int = 200, conflict: bool = False,
) -> ResponseReturnValue:  # fmt: skip
    content = context["content"]
    moves = []
    if content and permissions.may(accounts.current(), "content.publish"):
        moves = [name for name, (sources, _) in workflow.MOVES.items() if content.status in sources and name not in ("submit", "publish")]
    return view.page(
        "desk/edit.html", cache=False, code=status, sections=sections, token=token, doc=doc, faults=faults,
        conflict=conflict, moves=moves, edit_blocks=view.blocks("edit", content),
        may_publish=permissions.may(accounts.current(), "content.publish"), **context,
    )  # fmt: skip


def _save(
    ctype: ContentType, content: Content | None, before: Document, language: str, level: int, quick: bool, context: dict[str, Any]
) -> ResponseReturnValue:
    db, user, token = session(), accounts.signed_in(), request.form.get("base", "")
    typed = forms.parse(ctype, request.form, before, language, level, quick=quick)
    faults = typed.pop("faults")
    if forms.looking(request.form):
        context["quick"] = quick = quick and request.form.get("do") != "look full"
        return _form(forms.build(ctype, typed, language, level, quick=quick), token, typed, {}, context)
    goto = request.form.get("goto") or language
    written = (text.strip() for name, text in request.form.items(multi=True) if "." in name or name == "topics")
    if content is None and goto != language and not any(written):  # nothing to save before the other language
        return redirect(url_for("desk.new", path=ctype.path, language=goto, form="quick" if quick else "full"))
    may, text = permissions.may(user, "content.publish"), request.form.get("publish_at", "")
    planned = content is not None and content.publish_at is not None and text == view.local_input(content.publish_at)
    past = not text or (text[:4].isdecimal() and text <= view.local_input(now()))  # what is no time is a fault, not a reason to hurry
    publish = may and request.form.get("do") == "publish" and (planned or past)  # a time just typed is meant
    timed = may and not publish and "publish_at" in request.form  # publishing now makes it void
    at, picture = _later(faults) if timed else None, _picture(faults, language)
    stored = picture.name if picture else ""
    try:
        if publish and all(text.get("status") == "draft" for text in typed["texts"].values()):
            faults["unfinished"] = gettext("One language at least must be finished before this can be published.")
        if faults:
            _check_rest(ctype, typed, faults)
        if content is None:
            content = workflow.create(db, ctype, {**typed, **_owner(user)}, author_id=user.id)
            if publish:
                workflow.move(db, content, "publish")
        else:
            workflow.save(db, content, ctype, typed, author_id=user.id, base=token, publish=publish)
        if picture is not None:
            picture.content_id = content.id
        if timed and at != content.publish_at:
            workflow.schedule(db, content, at)
        if request.form.get("do") == "submit" and content.status == "draft":
            workflow.move(db, content, "submit")
        changes.commit(db)
    except Faults as error:
        db.rollback()
        media.forget(stored)
        _reread(context)
        sections = forms.build(ctype, typed, language, level, quick=quick, faults=error.faults)
        return _form(sections, token, typed, error.faults, context, 422)
    except workflow.Conflict as clash:
        db.rollback()
        media.forget(stored)
        _reread(context)
        sections = forms.build(ctype, typed, language, level, quick=quick, other=clash.current)
        return _form(sections, clash.token, typed, {}, context, 409, conflict=True)
    _say_saved(content, publish)
    return redirect(url_for("desk.edit", path=ctype.path, uid=content.uid, language=goto, form="quick" if quick else "full"))


def _owner(user: accounts.User) -> dict[str, str]:
    """What a representative of one organisation makes belongs to it."""
    ids = partners.partners_of(user) if user.level < 2 else []
    uids = session().scalars(sa.select(Content.uid).where(Content.id.in_(ids))).all()
    return {"owner": uids[0]} if len(uids) == 1 else {}


def _later(faults: dict[str, str]) -> dt.datetime | None:
    """The time typed as "publish later", in the site's zone."""
    text, at = request.form["publish_at"], None
    try:
        at = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(hub().settings.site.timezone)) if text else None
    except ValueError:
        faults["publish_at"] = gettext("A date and time is expected: 2026-11-20 18:30.")
    if at and at <= now():
        faults["publish_at"] = gettext("This time has passed already.")
    return at


def _reread(context: dict[str, Any]) -> None:
    if context["content"] is not None:
        session().refresh(context["content"])


def _check_rest(ctype: ContentType, typed: Document, faults: dict[str, str]) -> None:
    """Show all faults at once: the unresolved relations with everything else that is wrong."""
    try:
        document.cleaned(ctype, typed, hub().settings.site.languages)
    except Faults as error:
        raise Faults({**error.faults, **faults}) from None
    raise Faults(faults)


def _picture(faults: dict[str, str], language: str) -> Any:
    upload = request.files.get("picture")
    if not upload or not upload.filename:
        return None
    try:
        alt = {language: clean_line(request.form.get("picture_alt", ""))[:300]}
        return media.store(session(), upload.read(media.MAX_BYTES + 1), alt=alt, credit=request.form.get("picture_credit", "")[:300])
    except ValueError as error:
        faults["picture"] = str(error)
        return None


def _say_saved(content: Content, publish: bool) -> None:
    at = dt.datetime.now(ZoneInfo(hub().settings.site.timezone)).strftime("%H:%M")
    if publish:
        flash(gettext("Published at %(time)s.", time=at), "ok")
    elif content.status == "published":
        flash(gettext("Saved at %(time)s as a draft; the site shows the earlier version until you publish.", time=at), "ok")
    elif content.status == "review" and not permissions.may(accounts.current(), "content.edit"):
        flash(gettext("Sent at %(time)s. An editor will read it, usually within two days.", time=at), "ok")
    else:
        flash(gettext("Saved at %(time)s.", time=at), "ok")


def preview(path: str, uid: str) -> ResponseReturnValue:
    """The saved draft as it would look on the site."""
    ctype = type_at(path)
    content = _content(ctype, uid)
    doc, _ = workflow.working_copy(session(), content)
    level = permissions.level(accounts.current())
    fields = [f for f in ctype.fields if AUDIENCES.index(f.audience) <= level]
    return view.page(
        "desk/preview.html", cache=False, type=ctype, content=content, doc=doc, fields=fields,
        language=request.args.get("language", speaking()),
    )  # fmt: skip


def move(path: str, uid: str, action: str) -> ResponseReturnValue:
    ctype = type_at(path)
    content = _content(ctype, uid)
    wanted = "content.propose" if action == "submit" else "content.publish"
    if not permissions.may(accounts.current(), wanted):
        abort(403)
    try:
        workflow.move(session(), content, action, author_id=accounts.signed_in().id)
        changes.commit(session())
    except workflow.NotAllowed:
        session().rollback()
        flash(gettext("This step is not possible any more: somebody was faster. Look at the state below."), "warn")
    else:
        flash(gettext("Done: %(title)s", title=titled(session(), sa.select(Content).where(Content.id == content.id))[0]["title"]), "ok")
    return redirect(url_for("desk.edit", path=ctype.path, uid=content.uid))


def change_log() -> ResponseReturnValue:
    db = session()
    rows = db.scalars(sa.select(changes.ChangeRow).order_by(changes.ChangeRow.id.desc()).limit(200)).all()
    titles = {row["content"].id: row for row in titled(db, sa.select(Content).where(Content.id.in_({r.content_id for r in rows})))}
    return view.page("desk/changes.html", cache=False, rows=rows, titles=titles)
