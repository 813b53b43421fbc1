"""The desk of events: programme as one table, registration, who comes, letters, check-in by name or code."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Content,
    accounts,
    current_user,
    gettext,
    items,
    level,
    may,
    needs,
    ngettext,
    now,
    render_page,
    session,
)
from hub.api import lazy_gettext as _
from hub_events import letters, life, people, places, programme, questions, schedules, series_pages, speaker_pages
from hub_events.models import HOLDING, Plan, Registration
from hub_events.people import RUN, listed, the_event

SPARE = 6
TOLD = {  # to whom a letter can go: states, how they are called
    "placed": (("confirmed", "offered", "attended"), _("Who has a place")), "waiting": (("waiting",), _("Who waits for a place")),
    "there": (("attended",), _("Who was there")),
    "all": (("confirmed", "offered", "attended", "waiting"), _("Who has a place or waits for one")),
}  # fmt: skip


def make() -> Blueprint:
    desk = Blueprint("events_desk", __name__)
    for rule, view in (
        ("/<uid>/programme/", table), ("/<uid>/registration/", plan), ("/<uid>/people/", people.people), ("/<uid>/letter/", letter),
        ("/<uid>/series/", series), ("/<uid>/speakers/", speakers),
    ):  # fmt: skip
        desk.add_url_rule(rule, view.__name__, needs(RUN)(view), methods=["GET", "POST"])
    desk.add_url_rule("/run/", "home", needs(RUN)(home))  # "/desk/events/" is the list of events
    desk.add_url_rule("/<uid>/people.<any(csv,xlsx):shape>", "export", needs(RUN)(people.export))
    desk.add_url_rule("/<uid>/badges/", "badges", needs(RUN)(people.badges))
    desk.add_url_rule("/<uid>/certificates/", "certificates", needs(RUN)(people.certificates))
    return desk


def home() -> ResponseReturnValue:
    """The events that one may run, the next ones first, then what is over, the latest first."""
    user, found = current_user(), []
    wanted = sa.select(Content).where(Content.kind == "event", Content.status.in_(("draft", "review", "published")))
    for content in session().scalars(wanted.order_by(Content.starts_at.desc()).limit(200)):
        if may(user, RUN, content):
            found.append(content)
    coming = [c for c in found if c.ends_at and c.ends_at > now()]
    found = [*reversed(coming), *(c for c in found if c not in coming)]
    shown = {item.id: item for item in items.load([c.id for c in found], items.speaking(), level(user), drafts=True)}
    held = sa.select(Registration.content_id, sa.func.sum(1 + Registration.guests)).where(
        Registration.state.in_(HOLDING)
    )
    counts = {row[0]: row[1] for row in session().execute(held.group_by(Registration.content_id))}
    return render_page(
        "events/desk_home.html", cache=False, events=[shown[c.id] for c in found if c.id in shown], counts=counts
    )


def table(uid: str) -> ResponseReturnValue:
    """The programme as one table; POST saves it, or fills it from a pasted table, a file or another event."""
    content, item = the_event(uid)
    zone, faults, code = life.zone_of(content), [], 200
    rows = [programme.row_of(part, zone) for part in programme.of(content.id)]
    if request.method == "POST":
        do = request.form.get("do", "save")
        try:
            if do == "save":
                rows = _typed()
                count = programme.save(content, rows)
                items.commit()
                flash(ngettext("%(num)s session saved.", "%(num)s sessions saved.", count), "ok")
                return redirect(url_for("events_desk.table", uid=uid))
            if do == "shift":
                rows = programme.shifted(_typed(), programme.adrift(content))
            else:
                rows = _typed() + _copied(content) if do == "copy" else _filled(_typed(), zone)
        except programme.Wrong as error:
            session().rollback()
            faults, code = error.faults, 422
        except ValueError as error:
            faults, code = [(0, str(error))], 422
        content, item = the_event(uid)
    others = sa.select(Content).where(Content.kind == "event", Content.id != content.id, Content.status != "trash", _readable())
    near = list(session().scalars(others.order_by(Content.starts_at.desc()).limit(100)))
    return render_page(
        "events/desk_programme.html", cache=False, code=code, item=item, rows=rows + [{}] * SPARE, faults=dict(faults),
        kinds=programme.KINDS, kind_label=programme.kind_label, languages_of=items.site()["languages"],
        others=items.load([c.id for c in near], items.speaking(), level(current_user())), date=_first_day(content),
        adrift=0 if request.method == "POST" else programme.adrift(content),
    )  # fmt: skip


def _first_day(content: Content) -> str:
    return str(content.starts_at.astimezone(life.zone_of(content)).date()) if content.starts_at else ""


def _typed() -> list[dict[str, str]]:
    """The rows of the table's form, in its order."""
    found: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        row, _, column = name.partition("/")
        if row.isdecimal() and column and len(row) < 5:
            found.setdefault(int(row), {})[column] = value
    rows = [found[n] for n in sorted(found)]
    return [row for row in rows if any(v.strip() for n, v in row.items() if n not in programme.UNSAID)]


def _filled(rows: list[dict[str, str]], zone: ZoneInfo) -> list[dict[str, str]]:
    """The typed rows and those of a pasted table or a file; a schedule's sessions are known again by their ids."""
    file = request.files.get("file")
    data = file.read(schedules.MAX_BYTES + 1) if file and file.filename else request.form.get("pasted", "").encode()
    if schedules.is_one(data):
        return schedules.merged(rows, schedules.read(data, zone).rows)
    return rows + programme.read_table(data, (file.filename or "") if file else "")


def _copied(content: Content) -> list[dict[str, str]]:
    wanted = sa.select(Content).where(Content.uid == request.form.get("source", ""), Content.kind == "event", _readable())
    source = session().scalar(wanted)
    if source is None:
        raise ValueError(gettext("Choose the event to copy from."))
    return programme.copied(source, content)


def _readable() -> sa.ColumnElement[bool]:
    """Of events: those whose programme this person may read, as everybody of their level may, or because it is theirs to edit."""
    user = current_user()
    if user is None or may(user, "content.edit"):
        return sa.true() if user else sa.false()
    partners = accounts.partners_of(user)
    own = sa.or_(Content.author_id == user.id, Content.owner_id.in_(partners))
    return sa.or_(own, sa.and_(Content.status == "published", Content.audience.in_(items.AUDIENCES[: level(user) + 1])))


def series(uid: str) -> ResponseReturnValue:
    """The series that an event is the pattern or a date of, or becomes."""
    return series_pages.work(*the_event(uid))


def speakers(uid: str) -> ResponseReturnValue:
    """Who speaks, and who of them is here with an account."""
    return speaker_pages.work(lambda: the_event(uid))


def plan(uid: str) -> ResponseReturnValue:
    """How one registers: open or not, places, quotas, questions."""
    content, item = the_event(uid)
    kept, faults = session().get(Plan, content.id), {}
    if request.method == "POST":
        kept = session().get(Plan, content.id, with_for_update=True) or Plan(
            content_id=content.id, quotas=[], questions=[]
        )
        faults = _fill(kept, content)
        if faults:
            session().rollback()
            content, item = the_event(uid)
        else:
            if kept.told_starts is None:
                kept.told_starts = content.starts_at
            session().add(kept)
            session().flush()
            places.promote(kept, content)
            items.touch()
            items.commit()
            flash(gettext("Saved."), "ok")
            return redirect(url_for("events_desk.plan", uid=uid))
    known = questions.from_form(request.form, items.site()["languages"])[0] if faults else kept.questions if kept else []
    asked = {q["name"]: q for q in known}
    highest = max((int(name[1:]) for name in asked), default=0)
    typed = request.form if faults else {}
    return render_page(
        "events/desk_plan.html", cache=False, code=422 if faults else 200, item=item, plan=kept, faults=faults, typed=typed,
        asked=asked, numbers=range(1, min(questions.MAX, highest + 4) + 1), languages_of=items.site()["languages"],
        zone=life.zone_of(content), closing=places.closing(kept, content),
    )  # fmt: skip


def _fill(kept: Plan, content: Content) -> dict[str, str]:
    """Take over what was typed; answers what is wrong with it, by field."""
    form, faults = request.form, {}
    kept.is_open = bool(form.get("is_open"))
    for name, least, usual in (
        ("capacity", 1, None),
        ("max_guests", 0, 0),
        ("offer_hours", 1, 24),
        ("remind_hours", 0, 24),
        ("minors_under", 0, 0),
    ):
        text = form.get(name, "").strip()
        if text and not (text.isdecimal() and least <= int(text) <= 100_000):
            faults[name] = gettext("A whole number is expected: %(text)s", text=text)
        else:
            setattr(kept, name, int(text) if text else usual)
    closes = form.get("closes_at", "").strip()
    try:
        kept.closes_at = dt.datetime.fromisoformat(closes).replace(tzinfo=life.zone_of(content)) if closes else None
        if kept.closes_at and not 1 < kept.closes_at.year < dt.MAXYEAR:
            raise ValueError(closes)
    except ValueError:
        faults["closes_at"] = gettext("A date and time is expected: 2026-11-20 18:30.")
    quotas = []
    for line in form.get("quotas", "").splitlines():
        parts = [part.strip() for part in line.split(",")]
        if line.strip():
            if len(parts) != 3 or not parts[1].isdecimal() or not parts[0].isalnum():
                faults["quotas"] = gettext("Code, places, name: %(line)s", line=line)
                continue
            quotas.append({"code": parts[0][:40], "seats": int(parts[1]), "name": parts[2][:120]})
    if kept.capacity is not None and sum(int(str(q["seats"])) for q in quotas) > kept.capacity:
        faults["quotas"] = gettext("The quotas hold more places than there are.")
    kept.quotas = quotas
    kept.questions, wrong = questions.from_form(form, items.site()["languages"])
    return faults | wrong


def letter(uid: str) -> ResponseReturnValue:
    """Write to all who are registered; seen in preview before it goes out."""
    content, item = the_event(uid)
    whom = request.form.get("whom", "placed")
    states = TOLD.get(whom, TOLD["placed"])[0]
    receivers = [entry for entry in listed(content) if entry.state in states and entry.email]
    subject, text = request.form.get("subject", "").strip()[:200], request.form.get("text", "").strip()[:10_000]
    text = text.replace("\r\n", "\n")  # as browsers send it; an empty line parts paragraphs
    fault = ""
    if request.method == "POST" and not (subject and text):
        fault = gettext("A letter needs a subject and a text.")
    elif request.form.get("do") == "send" and not receivers:
        fault = gettext("Nobody would get this letter. Choose others.")
    elif request.method == "POST" and request.form.get("do") == "send":
        for entry in receivers:
            letters.organiser(entry, content, " ".join(subject.split()), text)
        items.commit()
        flash(
            ngettext("The letter goes to %(num)s person.", "The letter goes to %(num)s people.", len(receivers)), "ok"
        )
        return redirect(url_for("events_desk.people", uid=uid))
    shown = "" if fault or request.method == "GET" else letters.filled(receivers[0], content, text) if receivers else text
    return render_page("events/desk_letter.html", cache=False, item=item, receivers=receivers, subject=subject, text=text,
                       whom=whom, kinds=TOLD, fault=fault, preview=shown, code=422 if fault else 200)  # fmt: skip
