"""Pages of series: the one click that confirms a date, the organiser's page at the desk, what visitors see of the other dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, current_user, gettext, items, level, ngettext, now, render_page, session
from hub_events import life, links, places, series
from hub_events.models import Date, Series

ASK_MOST = 60


def date(lang: str, word: str) -> ResponseReturnValue:
    """The link in an organiser's letter: GET shows the date, POST says that it takes place or does not."""
    uid = links.read("date", word)
    content = items.get("event", uid) if isinstance(uid, str) else None
    known = session().get(Date, content.id) if content else None
    if content is None or known is None or content.status != "published":
        return render_page("events/gone.html", cache=False, code=404)
    if request.method == "POST":
        if (said := request.form.get("do")) not in ("yes", "no"):
            abort(400)
        series.decide(known, content, said == "yes")
        items.commit()
        return redirect(url_for("events.date", lang=lang, word=word))
    shown = items.load([content.id], lang)
    answer = render_page(
        "events/date.html", cache=False, item=shown[0] if shown else abort(404), date=known, held=places.taken(content.id)
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def others(item: Item) -> dict[str, Any] | None:
    """What the page of an event says of its series: the other coming dates, and whether it goes on."""
    found, _date = series.of(item.id)
    if found is None:
        return None
    ids = [content.id for _, content in series.dates(found) if content.starts_at and content.starts_at > now()]
    wanted = sa.select(Content.id).where(
        Content.id.in_([*ids, found.content_id]), Content.id != item.id, Content.status == "published",
        Content.audience.in_(items.AUDIENCES[: item.level + 1]), Content.starts_at > now(),
    )  # fmt: skip
    shown = items.load(list(session().scalars(wanted.order_by(Content.starts_at))), item.asked, item.level)
    return {"dates": shown, "state": found.state, "rule": label(found.rule)}


def label(rule: str) -> str:
    """A rule in words."""
    return next(str(choice.label) for choice in series.RULES if choice.value == rule)


def work(content: Content, item: Item) -> ResponseReturnValue:
    """The desk's page of a series; reached by the pattern or by any of its dates."""
    found, _own = series.of(content.id)
    pattern = session().get_one(Content, found.content_id) if found else content
    faults: dict[str, str] = {}
    if request.method == "POST":
        faults = _act(pattern, request.form.get("do", "save"))
        if not faults:
            items.commit()
            return redirect(url_for("events_desk.series", uid=content.uid))
        session().rollback()
        found, _own = series.of(content.id)
        pattern = session().get_one(Content, found.content_id) if found else content
    known = series.dates(found) if found else []
    shown = {i.id: i for i in items.load([c.id for _, c in known], item.asked, level(current_user()))}
    return render_page(
        "events/desk_series.html", cache=False, code=422 if faults else 200, item=item, series=found, pattern=pattern,
        dates=[(d, shown[c.id]) for d, c in known if c.id in shown], faults=faults, typed=request.form, rules=series.RULES,
        most=series.MOST_AHEAD, whom=", ".join(a for a, _ in series.organisers(found, pattern)) if found else "",
    )  # fmt: skip


def _act(pattern: Content, do: str) -> dict[str, str]:
    known = series.locked(pattern.id)
    if do in ("yes", "no"):
        content = items.get("event", request.form.get("date", "")) or abort(404)
        date = session().get(Date, content.id)
        if date is None or date.series_id != pattern.id:
            abort(404)
        series.decide(date, content, do == "yes", _user_id())
        return {}
    if do == "save":
        return _save(known, pattern)
    if known is None or do not in ("pause", "resume", "end"):
        abort(400)
    known.state = {"pause": "paused", "resume": "running", "end": "ended"}[do]
    if do == "resume":
        known.user_id = _user_id()
        series.go_on(known)
    items.touch()
    return {}


def _save(known: Series | None, pattern: Content) -> dict[str, str]:
    """Take over what was typed and make the first dates; answers what is wrong, by field."""
    form, faults = request.form, {}
    zone = life.zone_of(pattern)
    if pattern.status != "published" or pattern.starts_at is None:
        return {"form": gettext("Publish the event first: its dates are made from it.")}
    first = pattern.starts_at.astimezone(zone).date()
    rule = form.get("rule", "")
    if rule not in {choice.value for choice in series.RULES}:
        faults["rule"] = gettext("Choose how often it takes place.")
    until = None
    if text := form.get("until", "").strip():
        try:
            until = dt.date.fromisoformat(text)
        except ValueError:
            faults["until"] = gettext("A day such as 2026-11-20 is expected.")
    numbers = {}
    for name, most in (("ahead", series.MOST_AHEAD), ("ask_days", ASK_MOST)):
        text = form.get(name, "").strip()
        if not (text.isdecimal() and len(text) < 5 and 1 <= int(text) <= most):
            faults[name] = gettext("A whole number from 1 to %(most)s is expected.", most=most)
        else:
            numbers[name] = int(text)
    if faults:
        return faults
    if known is None:
        known = Series(content_id=pattern.id, made_until=first)
        session().add(known)
    known.rule, known.until, known.user_id, known.state = rule, until, _user_id(), "running"
    known.ahead, known.ask_days = numbers["ahead"], numbers["ask_days"]
    session().flush()
    before = len(series.dates(known))
    series.go_on(known)
    made = len(series.dates(known)) - before
    flash(ngettext("Saved; %(num)s new date is announced.", "Saved; %(num)s new dates are announced.", made), "ok")
    return {}


def _user_id() -> int | None:
    user = current_user()
    return user.id if user else None
