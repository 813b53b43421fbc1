"""Many entries at once: the form under a list of the desk, what became of each row, and the way back in one click."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for

from hub.api import (
    Block,
    Content,
    ContentType,
    Faults,
    NotAllowed,
    content_type,
    current_user,
    fold,
    forms,
    gettext,
    items,
    may,
    ngettext,
    now,
    render_page,
    session,
    writing,
)
from hub.api import lazy_gettext as _

from .models import Bulk

MOST, PORTION = 500, 50  # entries in one go; so many in a transaction, and between two others write
STATUSES = ("draft", "review", "published", "archived", "trash")
KEEP = dt.timedelta(days=90)
STEPS = {
    "publish": _("Publish"), "unpublish": _("Take off the site, as drafts"), "archive": _("Archive"),
    "trash": _("Put into the trash"), "restore": _("Restore from the trash, as drafts"), "topic": _("Give the topic"),
    "untopic": _("Take the topic away"), "owner": _("Hand over to the organisation"),
}  # fmt: skip
ENDS = {"publish": "published", "unpublish": "draft", "restore": "draft", "archive": "archived", "trash": "trash"}
BACK = {  # (status before, status now) → the steps that lead back
    ("draft", "published"): ("unpublish",), ("review", "published"): ("unpublish", "submit"), ("archived", "published"): ("archive",),
    ("published", "draft"): ("publish",), ("published", "archived"): ("publish",), ("published", "trash"): ("restore", "publish"),
    ("draft", "trash"): ("restore",), ("review", "trash"): ("restore", "submit"), ("archived", "trash"): ("restore", "publish", "archive"),
    ("trash", "draft"): ("trash",),
}  # fmt: skip


class Unfit(ValueError):
    """This entry is left as it is; the text says why."""


def block(user: Any, ctype: ContentType) -> list[Block]:
    """The form under a list of the desk."""
    if not may(user, "content.publish"):
        return []
    steps = [(name, label) for name, label in STEPS.items() if ctype.topics or "topic" not in name]
    if content_type("partner") is None:
        steps = [step for step in steps if step[0] != "owner"]
    topics = sorted(items.concepts(), key=lambda concept: concept.name(items.speaking())) if ctype.topics else []
    context = {
        "steps": steps,
        "topics": topics,
        "organisations": forms.titles("partner"),
        "kind": ctype.kind,
        "total": session().scalar(sa.select(sa.func.count()).select_from(_list_of(ctype).subquery())),
    }
    return [Block("editor/ticked.html", context)]


def take(kind: str) -> Any:
    """Take a step on the ticked entries; each succeeds or is left alone by itself."""
    ctype, user, step = content_type(kind), current_user(), request.form.get("step", "")
    if ctype is None or user is None:
        abort(404)
    uids = list(dict.fromkeys(request.form.getlist("uid")))
    whole = "all" in request.form
    if step not in STEPS or not (uids or whole):
        flash(gettext("Tick entries, choose what is to be done with them, and send again."), "warn")
        return _again(ctype, uids)
    try:
        value, shown = _value(step, kind)
    except Unfit as fault:
        flash(str(fault), "bad")
        return _again(ctype, uids)
    if whole:
        uids = list(session().scalars(_list_of(ctype).where(_not_so_yet(step, value))))
    done = Bulk(user_id=user.id, kind=kind, step=step, what=shown[:300], rows=[])
    session().add(done)
    for start in range(0, min(len(uids), MOST), PORTION):
        rows = []
        for uid in uids[start : min(start + PORTION, MOST)]:
            content = items.get(kind, uid)
            if content is not None and items.editable(content, user):
                rows.append(_one(content, ctype, step, value, user.id))
        done.rows = [*done.rows, *rows]
        items.commit()
    if (more := len(uids) - MOST) > 0:
        flash(ngettext(
            "%(most)s entries at a time: %(num)s more is as it was. Do the same again for it.",
            "%(most)s entries at a time: %(num)s more are as they were. Do the same again for them.", more, most=MOST), "warn")  # fmt: skip
    return redirect(url_for("editor_desk.bulk", number=done.id, **_list()))


def _list_of(ctype: ContentType) -> sa.Select[Any]:
    """The uids of the whole list under which the form stands, on all its pages, as the desk's list shows them."""
    text = sa.inspect(Content).relationships["texts"].entity.class_
    status = request.values.get("status", "")
    query = sa.select(Content.uid).where(Content.kind == ctype.kind, ~Content.elsewhere)
    query = query.where(Content.status == status if status in STATUSES else Content.status != "trash")
    for word in fold(request.values.get("q", "")).split():
        query = query.where(sa.exists().where(text.content_id == Content.id, text.folded.contains(word, autoescape=True)))
    return query.order_by(Content.updated.desc(), Content.id.desc())


def _not_so_yet(step: str, value: str) -> sa.ColumnElement[bool]:
    """What of a list the step would change, so that doing the same again goes on where it stopped."""
    if step in ENDS:
        return Content.status != ENDS[step]
    if step == "owner":
        owner = items.get("partner", value) if value else None
        return Content.owner_id.is_distinct_from(owner.id if owner else None)
    given = sa.exists().where(items.ContentTopic.content_id == Content.id, items.ContentTopic.topic_id.in_(
        [concept.id for concept in items.concepts() if concept.slug == value]))  # fmt: skip
    return given if step == "untopic" else ~given


def _again(ctype: ContentType, uids: list[str]) -> Any:
    """The same page of the list, with the same ticks and choices: who forgot one thing does not begin anew."""
    kept: dict[str, Any] = {name: request.form.get(name) or None for name in ("step", "topic", "owner", "all")}
    return redirect(url_for("desk.list", path=ctype.path, uid=[] if kept["all"] else uids[:PORTION], **kept, **_list()))


def _list() -> dict[str, Any]:
    """Which page of which list the ticks were on."""
    return {name: request.values.get(name) or None for name in ("status", "q", "page")}


def _value(step: str, kind: str) -> tuple[str, str]:
    """What a step needs beside the entries (a topic's slug, an organisation's uid), and how it is called."""
    if "topic" in step:
        wanted = request.form.get("topic", "")
        concept = next((concept for concept in items.concepts() if concept.slug == wanted), None)
        if concept is None:
            raise Unfit(gettext("Choose the topic."))
        return concept.slug, concept.name(items.speaking())
    if step != "owner":
        return "", ""
    name = request.form.get("owner", "").strip()
    if not name:
        return "", gettext("nobody")
    uid, why = forms.chosen("partner", name)
    if why:
        raise Unfit(why)
    return uid, name


def _one(content: Content, ctype: ContentType, step: str, value: str, user_id: int) -> dict[str, Any]:
    """Take the step on one entry; answers its row."""
    row: dict[str, Any] = {
        "uid": content.uid, "title": title_of(content) or gettext("(no title)"),
        "status": content.status, "at": content.publish_at.isoformat() if content.publish_at else "", "why": "",
    }  # fmt: skip
    try:
        with items.attempt():
            if step in ("topic", "untopic", "owner"):
                row["before"] = _set(content, ctype, step, value, user_id)
            else:
                _move(content, step, user_id)
            row["version"] = content.version
    except NotAllowed:
        row["why"] = gettext("this step does not start from its state")
    except (Unfit, Faults) as fault:
        row["why"] = str(fault)
    return row


def _move(content: Content, step: str, user_id: int) -> None:
    if step == "publish":
        doc, pending = items.working_copy(content)
        if content.status == "published":
            raise Unfit(gettext("it is published already"))
        if pending is not None:
            raise Unfit(gettext("an edit of it waits to be published; look at it first"))
        if all(text.get("status") == "draft" for text in doc["texts"].values()):
            raise Unfit(gettext("no language of it is finished"))
    items.move(content, step, author_id=user_id)


def _set(content: Content, ctype: ContentType, step: str, value: str, user_id: int) -> dict[str, Any]:
    """Set topic or owner in the live document; answers what they were."""
    if content.status == "trash":
        raise Unfit(gettext("it lies in the trash"))
    if items.working_copy(content)[1] is not None:
        raise Unfit(gettext("an edit of it waits to be published; look at it first"))
    before = items.read(content)
    topics = [slug for slug in before["topics"] if slug != value]
    change: dict[str, Any] = (
        {"owner": value or None} if step == "owner" else {"topics": topics + [value] * (step == "topic")}
    )
    if step == "topic" and value in before["topics"]:
        change = {}
    if not items.settle(content, {**before, **change}, before, author_id=user_id):
        raise Unfit(gettext("it is so already"))
    return {name: before.get(name) for name in change}


# -- the result, and back -----------------------------------------------------------------------------------------------


def page(number: int) -> Any:
    """What became of each row."""
    done = session().get(Bulk, number) or abort(404)
    ctype = content_type(done.kind) or abort(404)
    moved = [row for row in done.rows if not row["why"]]
    return render_page(
        "editor/bulk.html", cache=False, done=done, type=ctype, moved=moved, left=[row for row in done.rows if row["why"]],
        step=STEPS.get(done.step, done.step), undone=any(row.get("back") is not None for row in done.rows),
    )  # fmt: skip


def undo(number: int) -> Any:
    """Bring every row back to what it was; what somebody has changed since is left alone and named."""
    done, user = session().get(Bulk, number, with_for_update=True) or abort(404), current_user()
    here = redirect(url_for("editor_desk.bulk", number=number))
    if done.undone is not None or user is None:
        flash(gettext("This was undone already."), "warn")
        return here
    rows, count = [], 0
    for row in done.rows:
        if row["why"]:
            rows.append(row)
            continue
        kept = _undo_one(done, row, user.id)
        count += not kept
        rows.append({**row, "back": kept})
    done.rows, done.undone = rows, now()
    items.commit()
    flash(ngettext("%(num)s entry is as it was.", "%(num)s entries are as they were.", count), "ok")
    return here


def _undo_one(done: Bulk, row: dict[str, Any], user_id: int) -> str:
    """Bring one entry back; answers why not, or nothing."""
    content = items.get(done.kind, row["uid"])
    if content is None:
        return gettext("it is gone")
    if content.version != row["version"] or items.working_copy(content)[1] is not None:
        return gettext("it was changed since")
    try:
        with items.attempt():
            if "before" in row:
                live = items.read(content)
                items.settle(content, {**live, **row["before"]}, live, author_id=user_id)
            for step in BACK.get((row["status"], content.status), ()):
                items.move(content, step, author_id=user_id)
            if row["at"] and content.status != "published":
                items.schedule(content, dt.datetime.fromisoformat(row["at"]))
    except (NotAllowed, Faults) as fault:
        return str(fault)
    return ""


def forget_old() -> None:
    """Nobody undoes what was done three months ago."""
    with writing():
        session().execute(sa.delete(Bulk).where(Bulk.at < now() - KEEP))
        session().commit()


def title_of(content: Content) -> str:
    """What an entry is called in the language of who looks, else in another one; empty where it has no title."""
    titles = {text.lang: text.title for text in content.texts}
    return titles.get(items.speaking()) or next(filter(None, titles.values()), "")


