"""The desk's list of who comes: check-in, people written down by hand, answers, tables to take home, name badges."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, Item, accounts, current_user, gettext, items, level, may, render_page, session
from hub.api import lazy_gettext as _
from hub_events import places, programme, questions
from hub_events.event import HELPERS
from hub_events.models import HOLDING, Plan, Registration

RUN = "events.run"
STATES = {
    "confirmed": _("has a place"), "waiting": _("waits"), "offered": _("is offered a place"), "cancelled": _("cancelled"),
    "attended": _("was there"), "noshow": _("did not come"),
}  # fmt: skip
A_SHEET, SPARE_BADGES = 10, 100  # badges on a sheet of A4; empty ones at most
BADGES = {"": _("Everybody’s badges"), "visitors": _("Who has registered"), "makers": _("Who speaks or helps")}


def the_event(uid: str) -> tuple[Content, Item]:
    """The event, for who may edit it."""
    content = items.get("event", uid) or abort(404)
    if not may(current_user(), RUN, content):
        abort(403)
    found = items.load([content.id], items.speaking(), level(current_user()), drafts=True)
    return content, found[0] if found else abort(404)


def listed(content: Content) -> list[Registration]:
    """Who has registered and confirmed it, by name; who cancelled at the end."""
    mine = sa.select(Registration).where(Registration.content_id == content.id, Registration.state.not_in(("pending", "asked")))
    gone = sa.case((Registration.state == "cancelled", 1), else_=0)
    return list(session().scalars(mine.order_by(gone, sa.func.lower(Registration.name), Registration.id)))


def asked_of(content: Content) -> list[Any]:
    plan = session().get(Plan, content.id)
    return plan.questions if plan else []


def answers_of(entry: Registration, asked: list[Any]) -> list[tuple[str, str]]:
    """(question, answer) as they read in the language of the page, those that were answered."""
    language = items.speaking()
    told = [(questions.label(question, language), questions.said(question, entry.answers, language)) for question in asked]
    return [(label, text) for label, text in told if text]


def people(uid: str) -> ResponseReturnValue:
    """Who comes: a list of names, check-in by a button or the typed code, places given back, people written down by hand."""
    content, item = the_event(uid)
    faults: dict[str, str] = {}
    if request.method == "POST":
        if request.form.get("do") in ("add", "walked in"):
            faults = _write_down(content)
        else:
            _check_in(content)
        if not faults:
            return redirect(url_for("events_desk.people", uid=uid))
        content, item = the_event(uid)
    entries, asked = listed(content), asked_of(content)
    counts = {state: sum(1 + e.guests for e in entries if e.state == state) for state in {e.state for e in entries}}
    return render_page(
        "events/desk_people.html", cache=False, code=422 if faults else 200, item=item, entries=entries, counts=counts, states=STATES,
        faults=faults, typed=request.form if faults else {}, asked=asked,
        counted=questions.counted(asked, (e.answers for e in entries if e.state in HOLDING), items.speaking()),
    )  # fmt: skip


def _check_in(content: Content) -> None:
    code, number = request.form.get("code", "").strip().upper(), request.form.get("number", "")
    mine = sa.select(Registration).where(Registration.content_id == content.id)
    which = Registration.code == code if code else Registration.id == (int(number) if number.isdecimal() and len(number) < 10 else 0)
    found = session().scalar(mine.where(which))
    if found is None:
        flash(gettext("Nobody has this code: %(code)s", code=code), "bad")
    else:
        _act(found, content, request.form.get("do", "came"))
        items.commit()


def _act(entry: Registration, content: Content, do: str) -> None:
    if do == "cancel":
        places.cancel(entry, content)
    elif do == "place":
        if places.give(entry, content):
            flash(gettext("%(name)s has a place now.", name=entry.name), "ok")
    elif do == "noshow" and entry.state == "confirmed":
        entry.state = "noshow"
    else:
        places.came(entry, do != "undo")
        if entry.state == "attended":
            flash(gettext("%(name)s is there.", name=entry.name), "ok")
        elif do != "undo":
            flash(gettext("%(name)s has no place: not confirmed, or cancelled.", name=entry.name), "bad")


def _write_down(content: Content) -> dict[str, str]:
    """Take somebody who called or stands at the door; answers what is wrong with what was typed."""
    form, faults = request.form, dict[str, str]()
    name, email = " ".join(form.get("name", "").split())[:120], form.get("email", "").strip().lower()
    guests = form.get("guests", "").strip() or "0"
    if not name:
        faults["name"] = gettext("Write the name.")
    if not (guests.isdecimal() and len(guests) < 4):
        faults["guests"] = gettext("A whole number is expected: %(text)s", text=guests)
    try:
        email = accounts.checked_address(email) if email else ""
    except ValueError:
        faults["email"] = gettext("This does not look like an e-mail address.")
    if email and content.published is None and not may(current_user(), "content.edit"):
        faults["email"] = gettext("Nobody is written to before the event has been published once. Leave the address out until then.")
    if faults:
        return faults
    there, language = form.get("do") == "walked in", items.speaking()
    try:
        places.add(content, name=name, email=email, guests=int(guests), there=there, lang=language)
    except places.Refused as error:
        items.rollback()
        return {error.field: str(error)}
    over = -(places.free(session().get_one(Plan, content.id)) or 0)
    items.commit()
    flash(gettext("%(name)s is there.", name=name) if there else gettext("%(name)s is on the list.", name=name), "ok")
    if over > 0:
        flash(gettext("There are more people than places now."), "warn")
    return {}


# -- tables ---------------------------------------------------------------------------------------------------------------


def export(uid: str, shape: str) -> Response:
    """Who comes, as a table. Addresses only of those who agreed to be written to later."""
    content, _shown = the_event(uid)
    asked, language = asked_of(content), items.speaking()
    rows: list[list[Any]] = [[
        gettext("Name and surname"), gettext("E-mail"), gettext("State"), gettext("Guests"), gettext("Quota"), gettext("Code"),
        *(questions.label(q, language) for q in asked)]]  # fmt: skip
    for entry in listed(content):
        email = entry.email if entry.agreed else ""
        answers = [questions.said(q, entry.answers, language) for q in asked]
        rows.append(
            [_safe(v) for v in (entry.name, email, str(STATES[entry.state]), entry.guests, entry.quota, entry.code, *answers)]
        )
    if shape == "csv":
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        body, kind = ("\ufeff" + out.getvalue()).encode(), "text/csv"
    else:
        body, kind = _workbook(rows), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(body, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="people.{shape}"'})


def _workbook(rows: list[list[Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


# -- on paper -------------------------------------------------------------------------------------------------------------


@dataclass
class Badge:
    """What stands on a name badge; without a name there is a line to write on."""

    name: str
    role: str
    organisation: str = ""
    makes: bool = False  # speaks or helps


def badges(uid: str) -> ResponseReturnValue:
    """Name badges to print and cut out: who has a place, their guests, who speaks and helps, and empty ones."""
    content, item = the_event(uid)
    who, empty = request.args.get("who", ""), request.args.get("empty", "0")
    spare = min(int(empty), SPARE_BADGES) if empty.isdecimal() and len(empty) < 6 else 0
    found = [badge for badge in _badges(content, item) if not who or badge.makes == (who == "makers")]
    found += [Badge("", "")] * spare
    return render_page(
        "events/desk_badges.html", cache=False, item=item, kinds=BADGES, who=who, spare=spare, most=SPARE_BADGES, count=len(found),
        sheets=[found[n : n + A_SHEET] for n in range(0, len(found), A_SHEET)],
    )  # fmt: skip


def _badges(content: Content, item: Item) -> Iterator[Badge]:
    """By name; guests behind those with whom they come. Who registered and speaks, too, has one badge."""
    asked, quotas = asked_of(content), {q["code"]: q["name"] for q in getattr(session().get(Plan, content.id), "quotas", ())}
    roles, whole = _makers(content, item), []
    for entry in listed(content):
        if entry.state in ("confirmed", "attended") and entry.name:
            answers = [questions.said(q, entry.answers, items.speaking()) for q in asked if q.get("badge")]
            organisation = ", ".join(text for text in answers if text) or quotas.get(entry.quota, "")
            _spelt, role = roles.pop(entry.name.casefold(), ("", ""))
            guests = [Badge("", gettext("guest of %(name)s", name=entry.name))] * entry.guests
            whole.append([Badge(entry.name, role or gettext("participant"), organisation, bool(role)), *guests])
    whole += [[Badge(name, role, makes=True)] for name, role in roles.values()]
    for group in sorted(whole, key=lambda group: group[0].name.casefold()):
        yield from group


def _makers(content: Content, item: Item) -> dict[str, tuple[str, str]]:
    """Folded name → (name, role) of who speaks or helps; who does both is named by the help."""
    found = {name.casefold(): (name, gettext("Speaker")) for part in programme.of(content.id) for name in programme.names(part.speakers)}
    labels = {choice.value: str(choice.label) for choice in HELPERS}
    for row in item.value("helpers") or ():
        found[row["name"].casefold()] = (row["name"], labels.get(row.get("role") or "", "") or gettext("helper"))
    return found


def certificates(uid: str) -> ResponseReturnValue:
    """The certificates of all who were there, a sheet each: for those who have no address to get theirs by."""
    content, item = the_event(uid)
    here = [entry for entry in listed(content) if entry.state == "attended" and entry.name]
    return render_page("events/desk_certificates.html", cache=False, item=item, entries=here)
