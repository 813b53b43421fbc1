"""Public pages: extend or close one's need or offer, ask for the link to it, read what came of those that are closed."""

from __future__ import annotations

import datetime as dt
import re

import sqlalchemy as sa
from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, current_user, forms, gettext, items, level, now, render_page, session
from hub_exchange import asking, closing
from hub_exchange.days import today

DAY, HOUR, MOST = 86_400, 3600, 1000
PER_PAGE = 20
_LINK = re.compile(r"://|www\.|\]\(", re.IGNORECASE)  # whoever has only the link of the mail tells it in words
DID = ("keep", "done", "gone", "sent")


def mine(lang: str, token: str) -> ResponseReturnValue:
    """What a keeper's link opens. GET shows, POST answers."""
    content = closing.read(token)
    if content is None or content.status != "published":
        return render_page("exchange/gone.html", cache=False, code=404)
    return _answer(content, lang, None)


def close(lang: str, uid: str) -> ResponseReturnValue:
    """For whoever may close it: the three answers. For others: the link goes to the address that the entry has."""
    user, where = current_user(), request.remote_addr or "?"
    content = items.get("listing", uid)
    if content is None or content.status != "published" or content.audience not in items.AUDIENCES[: level(user) + 1]:
        abort(404)
    if closing.may(user, content):
        return _answer(content, lang, user.id if user else None)
    wait = 0
    if request.method == "POST":
        session().rollback()  # counting commits on its own and would wait for this request's transaction for ever
        wait = max(forms.wait("exchange link", where, 10, HOUR), forms.wait("exchange link to", uid, 3, DAY))
        content = items.get("listing", uid) or abort(404)
        if not wait and items.keepers(content):
            asking.send_link(content)
            session().commit()
            return redirect(url_for("exchange.told", lang=lang, did="sent"))
    [item] = items.load([content.id], lang)
    return render_page("exchange/link.html", cache=False, code=429 if wait else 200, item=item, known=bool(items.keepers(content)),
                       minutes=-(-wait // 60))  # fmt: skip


def _answer(content: Content, lang: str, author_id: int | None) -> ResponseReturnValue:
    do, faults = request.form.get("do", ""), dict[str, str]()
    until, outcome = request.form.get("until", closing.offered(content).isoformat()), _text(request.form.get("outcome", ""))
    if request.method == "POST":
        if do not in closing.ANSWERS:
            abort(400)
        day = _day(until)
        if do == "keep" and day is None:
            faults["until"] = gettext("Choose a day between tomorrow and two years from now.")
        elif do == "done" and not outcome:
            faults["outcome"] = gettext("Write one line, so that others see what came of it.")
        elif do == "done" and author_id is None and _LINK.search(outcome):
            faults["outcome"] = gettext("Leave out addresses of web pages: this stands in public at once.")
        elif do == "keep" and day is not None:
            closing.keep(content, day, author_id)
        else:
            closing.close(content, outcome if do == "done" else "", lang, author_id)
        if not faults:
            items.commit()
            return redirect(url_for("exchange.told", lang=lang, did=do, uid=content.uid))
    [item] = items.load([content.id], lang)
    answer = render_page("exchange/answer.html", cache=False, code=422 if faults else 200, item=item, until=until, outcome=outcome,
                         faults=faults, over=bool(item.row.ends_at and item.row.ends_at < now()))  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def told(lang: str) -> ResponseReturnValue:
    """What becomes of the answer."""
    did, content = request.args.get("did", ""), items.get("listing", request.args.get("uid", ""))
    shown = content is not None and content.status in ("published", "archived") and content.audience == "public"
    item = next(iter(items.load([content.id], lang)), None) if content is not None and shown else None
    return render_page("exchange/told.html", cache=False, did=did if did in DID else "sent", item=item)


def came(lang: str) -> ResponseReturnValue:
    """What came of needs and offers that are closed, newest first."""
    number = min(max(request.args.get("page", 1, type=int), 1), 100)
    shown = closed(lang, PER_PAGE + 1, (number - 1) * PER_PAGE)
    return render_page("exchange/came.html", shown=shown[:PER_PAGE], number=number, more=len(shown) > PER_PAGE)


def closed(lang: str, limit: int, offset: int = 0) -> list[items.Item]:
    """Closed listings that tell what came of them."""
    text = Content.texts.property.mapper.class_
    told = Content.texts.any(text.fields["outcome"].as_string() != "")
    query = sa.select(Content.id).where(
        Content.kind == "listing", Content.status == "archived", Content.audience == "public", told
    )
    newest = query.order_by(Content.updated.desc(), Content.id.desc()).limit(limit).offset(offset)
    return items.load(list(session().scalars(newest)), lang)


def _text(raw: str) -> str:
    return "".join(c for c in raw.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()[:MOST]


def _day(raw: str) -> dt.date | None:
    """A day from tomorrow on, two years ahead at most."""
    try:
        day = dt.date.fromisoformat(raw.strip())
    except ValueError:
        return None
    return day if 0 < (day - today()).days <= closing.LONGEST else None
