"""The desk: listings whose time is over, projects that can become practices."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Content,
    Item,
    content_type,
    current_user,
    gettext,
    items,
    level,
    needs,
    ngettext,
    render_page,
    session,
    setting,
)
from hub.api import may as has_right
from hub_exchange import asking, becoming
from hub_exchange.models import Asked

CARE, RUN = "exchange.care", "exchange.run"
MOST = 200


def make() -> Blueprint:
    desk = Blueprint("exchange_desk", __name__)
    desk.add_url_rule("/over/", "overview", needs(CARE)(overview))
    desk.add_url_rule("/<uid>/case/", "case", needs(RUN)(case), methods=["GET", "POST"])
    return desk


def overview() -> ResponseReturnValue:
    """What is over and waits for an answer, and finished projects that are no practice yet."""
    query = sa.select(Content, Asked).outerjoin(Asked, Asked.content_id == Content.id).where(asking.over())
    rows = session().execute(query.order_by(Asked.at, Content.id).limit(MOST)).all()
    shown = _shown([content for content, _ in rows])
    days = dt.timedelta(days=setting("exchange.answer_days"))
    return render_page(
        "exchange/desk.html", cache=False, over=[(shown[c.id], asked) for c, asked in rows if c.id in shown], days=days,
        finished=list(_shown(finished()).values()), cases=content_type("case") is not None,
    )  # fmt: skip


def case(uid: str) -> ResponseReturnValue:
    """A finished project becomes a practice: GET says what happens, POST does it."""
    user, content = current_user(), items.get("project", uid) or abort(404)
    if user is None or not has_right(user, RUN, content):
        abort(403)
    [item] = _shown([content]).values()
    ready, known = becoming.ready(content), becoming.is_one(content)
    if request.method == "POST" and ready:
        made, told = becoming.draft(content, user.id)
        items.commit()
        flash(gettext("A draft of a practice has been made. Complete it, then send it to the editors."), "ok")
        if told:
            said = ngettext(
                "%(num)s practice was told that it has been repeated.",
                "%(num)s practices were told that they have been repeated.", told,
            )  # fmt: skip
            flash(said, "ok")
        return redirect(url_for("desk.edit", path="cases", uid=made.uid))
    code = 409 if request.method == "POST" else 200
    return render_page("exchange/case.html", cache=False, code=code, item=item, ready=ready, known=known)


def finished() -> list[Content]:
    """Finished projects that are no practice yet, the oldest first."""
    link = Content.links.property.mapper.class_
    wanted = sa.select(Content).where(
        Content.kind == "project", Content.status == "published", Content.data["stage"].as_string() == "finished",
        ~Content.links.any(link.relation == "became"), Content.example.is_(False), ~Content.elsewhere,
    )  # fmt: skip
    return list(session().scalars(wanted.order_by(Content.updated).limit(MOST)))


def waiting(user: Any) -> list[tuple[Any, str, int, dt.datetime]]:
    """The lines of the desk's common list: nobody could be asked, and projects that can become practices."""
    if not has_right(user, CARE):
        return []
    here, found = url_for("exchange_desk.overview"), []
    silent = sa.select(sa.func.count(), sa.func.min(Asked.at)).where(Asked.reached.is_(False))
    number, since = session().execute(silent).one()
    if number:
        found.append((gettext("Needs and offers whose time is over, and nobody to ask"), here, number, since))
    done = finished() if content_type("case") is not None else []
    if done:
        label = gettext("Finished projects that could become practices")
        found.append((label, f"{here}#finished", len(done), done[0].updated))
    return found


def _shown(contents: list[Content]) -> dict[int, Item]:
    language = items.speaking()
    found = items.load([c.id for c in contents], language, level(current_user()), links=True, drafts=True)
    return {item.id: item for item in found}
