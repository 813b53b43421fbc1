"""The desk's page: how fresh everything is, what keepers answered, what nobody has checked for long."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import (
    Content,
    NotAllowed,
    User,
    content_type,
    current_user,
    gettext,
    items,
    may,
    needs,
    ngettext,
    render_page,
    send_mail,
    session,
    writing,
)
from hub_freshness import age, asking
from hub_freshness.models import Answer, Asked

PER_PAGE, BULK = 50, 100
TABS = ("answers", *age.STATES)


def make() -> Blueprint:
    """The desk's pages."""
    desk, editor = Blueprint("freshness_desk", __name__), needs("content.publish")
    desk.add_url_rule("/", "overview", editor(overview))
    desk.add_url_rule("/many", "many", editor(many), methods=["POST"])
    desk.add_url_rule("/answer", "answer", editor(answer), methods=["POST"])
    return desk


def counts() -> dict[str, int]:
    """How many stand under each tab."""
    waiting = sa.select(sa.func.count()).where(Answer.done.is_(False))
    found = {"answers": session().scalar(waiting) or 0}
    for state in age.STATES:
        found[state] = session().scalar(sa.select(sa.func.count(Content.id)).where(age.condition(state))) or 0
    return found


def waiting() -> list[tuple[Any, str, int, Any]]:
    """Keepers' answers that wait, for the desk's list of what waits."""
    counted = sa.select(sa.func.count(), sa.func.min(Answer.at)).where(Answer.done.is_(False))
    number, since = session().execute(counted).one()
    link = url_for("freshness_desk.overview", tab="answers")
    return [(gettext("answers of keepers").capitalize(), link, number, since)] if number else []


def overview() -> ResponseReturnValue:
    """One tab: answers that wait, oldest first; or the items of a state, those longest not checked first."""
    numbers = counts()
    tab = request.args.get("tab") or ("answers" if numbers["answers"] else "stale" if numbers["stale"] else "ageing")
    if tab not in TABS:
        abort(404)
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    if tab == "answers":
        query: Any = sa.select(Answer, Content, Asked).join(Content, Answer.content_id == Content.id)
        query = query.outerjoin(Asked, Asked.content_id == Content.id).where(Answer.done.is_(False)).order_by(Answer.id)
    else:
        known = sa.func.coalesce(Content.checked_on, sa.func.date(Content.published))
        query = sa.select(sa.null(), Content, Asked).outerjoin(Asked, Asked.content_id == Content.id)
        query = query.where(age.condition(tab)).order_by(known, Content.id)
    rows = session().execute(query.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)).all()
    speaking = items.speaking()
    shown = {item.id: item for item in items.load([row[1].id for row in rows], speaking, 2)}
    return render_page(
        "freshness/desk.html", cache=False, tab=tab, tabs=TABS, counts=numbers, more=len(rows) > PER_PAGE, page_number=page,
        rows=[(*row, shown[row[1].id]) for row in rows[:PER_PAGE] if row[1].id in shown], known_on=age.known_on,
        state=age.state, total=sum(numbers[s] for s in age.STATES), kept=lambda content: bool(items.keepers(content)),
    )  # fmt: skip


def many() -> ResponseReturnValue:
    """Whatever is ticked was checked by an editor today, or its keepers are asked now."""
    do = request.form.get("do", "")
    if do not in ("checked", "ask"):
        abort(400)
    numbers = request.form.getlist("number", type=int)[:BULK]
    rows = sa.select(Content).where(Content.id.in_(numbers), Content.status == "published")
    found = [c for c in session().scalars(rows) if content_type(c.kind) is not None]
    if do == "checked":
        for content in found:
            items.check(content, age.today(), "editors")
        done = len(found)
        told = ngettext("%(num)s entry is checked.", "%(num)s entries are checked.", done)
    else:
        done = asking.ask(found)
        told = ngettext("Those who keep %(num)s entry are asked.", "Those who keep %(num)s entries are asked.", done)
    items.commit()
    if not numbers:
        flash(gettext("Tick at least one line first."), "warn")
    elif not done:
        flash(gettext("For none of these an address is known."), "warn")
    else:
        flash(told, "ok")
    back = request.form.get("back", "")
    return redirect(back if _is_here(back) else url_for("freshness_desk.overview", tab=request.form.get("tab") or None))


def answer() -> ResponseReturnValue:
    """An editor has dealt with a keeper's answer: done, archived, or it is right all the same."""
    do, user = request.form.get("do", ""), current_user()
    row = session().get(Answer, request.form.get("number", 0, type=int), with_for_update=True)
    if row is None or do not in ("done", "archive", "right") or user is None:
        abort(400)
    content = session().get(Content, row.content_id)
    row.done, row.note = True, ""
    try:
        if content is not None and do == "archive":
            items.move(content, "archive", author_id=user.id)
        elif content is not None and do == "right":
            items.check(content, age.today(), "editors")
    except NotAllowed:
        flash(gettext("This step is not possible any more."), "warn")
    else:
        flash(gettext("Done."), "ok")
    items.commit()
    return redirect(url_for("freshness_desk.overview", tab="answers"))


def tell() -> None:
    """The job: editors hear that keepers have answered."""
    with writing():
        session().rollback()
        waiting = session().scalar(sa.select(sa.func.count()).where(Answer.done.is_(False))) or 0
        site = items.site()
        role = User.roles.property.mapper.class_
        some = sa.select(User).where(User.active, User.roles.any(role.name.in_(("editor", "admin"))))
        for user in session().scalars(some) if waiting else ():
            if not may(user, "content.publish"):
                continue
            with force_locale(user.language if user.language in site["languages"] else site["languages"][0]):
                told = ngettext(
                    "%(num)s answer about an entry waits for an editor", "%(num)s answers about entries wait for an editor",
                    waiting,
                )  # fmt: skip
                link = items.absolute("/desk/freshness/?tab=answers")
                html = current_app.jinja_env.get_template("freshness/told.html").render(told=told, link=link, site=site)
                send_mail(session(), user.email, told, f"{told}:\n{link}\n\n{site['name']}\n{site['url']}\n", html)
        session().commit()


def _is_here(address: str) -> bool:
    return address.startswith(items.local("/desk/")) and "\\" not in address
