"""The desk of labs: platforms, sorting what groups wrote, commitments, what participants take home; publishing the results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import (
    Content,
    Item,
    ask,
    content_type,
    current_user,
    forms,
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
from hub_labs import board, live, public, results, sorting
from hub_labs.lab import STAKEHOLDERS, STATES, questions_of
from hub_labs.models import Entry, Person, Platform, Promise, Sheet

RUN = "labs.run"
SPARE, MOST = 3, 200  # empty rows of a table, rows at most


def make() -> Blueprint:
    desk, run, both = Blueprint("labs_desk", __name__), needs(RUN), ["GET", "POST"]
    desk.add_url_rule("/run/", "home", run(home))  # "/desk/labs/" is the list of labs
    desk.add_url_rule("/<uid>/platforms/", "platforms", run(platforms), methods=both)
    desk.add_url_rule("/<uid>/rows/<int:number>/", "rows", run(rows), methods=both)
    desk.add_url_rule("/<uid>/rows/<int:number>/case", "make_case", run(make_case), methods=["POST"])
    desk.add_url_rule("/<uid>/commitments/", "commitments", run(commitments), methods=both)
    desk.add_url_rule("/<uid>/people/", "people", run(people), methods=both)
    desk.add_url_rule("/<uid>/codes/", "codes", run(codes))
    desk.add_url_rule("/<uid>/publish", "publish", run(publish), methods=["POST"])
    return desk


def the_lab(uid: str) -> tuple[Content, Item]:
    """The lab, for who runs it."""
    content = items.get("lab", uid) or abort(404)
    if not may(current_user(), RUN, content):
        abort(403)
    return content, board.shown(content, items.speaking(), level(current_user())) or abort(404)


def the_platform(uid: str, number: int) -> tuple[Content, Item, Platform]:
    content, item = the_lab(uid)
    platform = session().get(Platform, number)
    if platform is None or platform.content_id != content.id:
        abort(404)
    return content, item, platform


def page(template: str, item: Item, code: int = 200, **context: Any) -> ResponseReturnValue:
    return render_page(f"labs/{template}.html", cache=False, code=code, item=item, public=results.public(item),
                       codes_of=items.site()["languages"], **context)  # fmt: skip


def home() -> ResponseReturnValue:
    """The labs that one may run, newest first."""
    wanted = sa.select(Content).where(Content.kind == "lab", Content.status.in_(("draft", "review", "published")))
    found = [c for c in session().scalars(wanted.order_by(Content.id.desc()).limit(200)) if may(current_user(), RUN, c)]
    shown = items.load([c.id for c in found], items.speaking(), level(current_user()), links=True, drafts=True)
    return render_page("labs/desk_home.html", cache=False, labs=shown, is_public=results.public)


def typed_rows() -> list[dict[str, str]]:
    """The rows of a table's form, in its order: fields are called "<row>/<column>"."""
    found: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        row, _, column = name.partition("/")
        if row.isdecimal() and column and len(row) < 4:
            found.setdefault(int(row), {})[column] = " ".join(value.split())
    return [found[n] for n in sorted(found)][:MOST]


def spoken(row: dict[str, str], limit: int) -> dict[str, str]:
    """What a row says in each language."""
    told = {code: row.get(f"text.{code}", "")[:limit] for code in items.site()["languages"]}
    return {code: text for code, text in told.items() if text}


# -- platforms ------------------------------------------------------------------------------------------------------------


def platforms(uid: str) -> ResponseReturnValue:
    """The platforms as one table: topic in each language, leader, case, session, open or not."""
    content, item = the_lab(uid)
    known = board.of(content.id)
    if request.method == "POST":
        count = _save_platforms(content, known, item)
        items.touch()
        items.commit()
        flash(ngettext("%(num)s platform saved.", "%(num)s platforms saved.", count), "ok")
        return redirect(url_for("labs_desk.platforms", uid=uid))
    event = public.event_of(content)
    counts = {number: len(said) for number, said in board.rows(known, hidden=True).items()}
    return page("desk_platforms", item, platforms=known, spare=SPARE, counts=counts, event=event, cases=item.links.get("case", ()),
                sessions=sessions(event), questions=questions_of(item, items.speaking()))  # fmt: skip


def sessions(event: Content | None) -> list[tuple[int, str]]:
    """(id, name) of the small groups in the event's programme, else of all its sessions."""
    parts = (ask("programme", content=event) if event is not None else None) or []
    parts = [part for part in parts if part["kind"] == "group"] or parts
    return [(part["id"], board.best(part["titles"], items.speaking())[1]) for part in parts]


def _save_platforms(content: Content, known: Sequence[Platform], item: Item) -> int:
    """A row without a topic takes its platform away, as long as nothing was written there."""
    by_id = {str(platform.id): platform for platform in known}
    written = {number for number, said in board.rows(known, hidden=True).items() if said}
    cases = {str(end.id): end.id for end in item.links.get("case", ())}
    parts = {str(number): number for number, _ in sessions(public.event_of(content))}
    kept = 0
    for place, row in enumerate(typed_rows()):
        platform, texts = by_id.get(row.get("id", "")), spoken(row, 200)
        if not texts:
            if platform is not None and platform.id not in written:
                session().delete(platform)
            elif platform is not None:
                flash(
                    gettext(
                        "“%(title)s” has answers, so it stays. Empty its list first.",
                        title=board.title(platform, items.speaking()),
                    ),
                    "warn",
                )
            continue
        platform = platform or Platform(content_id=content.id)
        platform.texts = {code: {"title": text} for code, text in texts.items()}
        platform.leader, platform.position = row.get("leader", "")[:200], place
        platform.case_id, platform.session_id = cases.get(row.get("case", "")), parts.get(row.get("session", ""))
        platform.is_open = bool(row.get("open"))
        session().add(platform)
        kept += 1
    return kept


def codes(uid: str) -> ResponseReturnValue:
    """A page to print: the link of each group as a code for phones."""
    content, item = the_lab(uid)
    return page("desk_codes", item, platforms=board.of(content.id), lang_of=items.speaking())


def publish(uid: str) -> ResponseReturnValue:
    """Publish the results (again), or take them back."""
    content, _item = the_lab(uid)
    back, user = request.form.get("do") == "back", current_user()
    try:
        results.publish(content, user.id if user else None, take_back=back)
        items.commit()
        flash(gettext("The results are not public any more.") if back else gettext("The results are published."), "ok")
    except board.Refused as error:
        items.rollback()
        flash(str(error), "warn")
    return redirect(url_for("labs_desk.platforms", uid=uid))


# -- what a platform wrote ------------------------------------------------------------------------------------------------


def rows(uid: str, number: int) -> ResponseReturnValue:
    """What a platform wrote, sorted into its questions and requirements; POST saves the table, or takes in a list."""
    _content, item, platform = the_platform(uid, number)
    fault, pasted = "", ""
    if request.method == "POST":
        pasted = request.form.get("pasted", "")
        try:
            _save_rows(platform, len(questions_of(item, items.speaking())))  # taking in a list keeps what was typed above it, too
            if request.form.get("do") == "take":
                count = _take(platform, item, pasted)
                told = ngettext(
                    "%(num)s line taken in. Sort it below.", "%(num)s lines taken in. Sort them below.", count
                )
            else:
                told = gettext("Saved.")
            items.touch()
            items.commit()
            flash(told, "ok")
            return redirect(url_for("labs_desk.rows", uid=uid, number=number))
        except (ValueError, board.Refused) as error:
            items.rollback()
            fault = str(error) or gettext("This platform has too many rows.")
            _content, item, platform = the_platform(uid, number)
    said = board.rows([platform], hidden=True)[platform.id]
    said.sort(key=_place)
    return page(
        "desk_rows", item, code=422 if fault else 200, platform=platform, title=board.title(platform, items.speaking()), rows=said,
        questions=questions_of(item, items.speaking()), stakeholders=STAKEHOLDERS, fault=fault, pasted=pasted,
        typed=request.form if fault else {},
        with_case=content_type("case") is not None,
    )  # fmt: skip


def _place(row: board.Row) -> tuple[Any, ...]:
    """Where a row stands in the table: what is not sorted yet, then answers by question, then requirements."""
    entry = row.entry
    number = -1 if entry.question is None else entry.question
    return entry.stakeholder != "", number, entry.stakeholder, -row.votes, entry.id


def _take(platform: Platform, item: Item, pasted: str) -> int:
    file = request.files.get("file")
    spoken_in = request.form.get("lang", "")
    code = spoken_in if spoken_in in items.site()["languages"] else items.speaking()
    given = file.read(sorting.MAX_BYTES + 1) if file and file.filename else b""
    paragraphs = sorting.from_docx(given) if given else pasted[:200_000].splitlines()
    found = sorting.sort(paragraphs, [questions_of(item, each) for each in items.site()["languages"]])
    if not found:
        raise ValueError(gettext("There is no line in it. Paste a list, or choose a Word file."))
    for text, question, stakeholder in found:
        board.add(platform, question, text, code, stakeholder=stakeholder)
    return len(found)


def _save_rows(platform: Platform, asked: int) -> None:
    """sort: "q<number>", "to <stakeholder>" or nothing; into: the row it is merged into; an emptied row is deleted."""
    known = {str(e.id): e for e in session().scalars(sa.select(Entry).where(Entry.platform_id == platform.id))}
    merged: dict[str, list[str]] = {}
    names = {choice.value for choice in STAKEHOLDERS}
    for number in {name.partition("/")[0] for name in request.form if "/" in name} & known.keys():
        entry = known[number]
        row = {
            column: " ".join(request.form.get(f"{number}/{column}", "").split())
            for column in ("sort", "into", "hidden")
        }
        row |= {
            f"text.{code}": " ".join(request.form.get(f"{number}/text.{code}", "").split())
            for code in items.site()["languages"]
        }
        texts = spoken(row, board.LONGEST)
        if not texts:
            session().delete(entry)
            continue
        kind, value = row["sort"][:1], row["sort"][1:].strip()
        entry.texts = texts
        entry.question = int(value) if kind == "q" and value.isdecimal() and int(value) < asked else None
        entry.stakeholder = value if kind == "t" and value in names else ""
        entry.hidden = bool(row["hidden"])
        target = row["into"].lstrip("#")
        if target and target != number:
            if target not in known:
                raise ValueError(
                    gettext("Row %(number)s: there is no row %(into)s to merge it into.", number=number, into=target)
                )
            merged.setdefault(target, []).append(number)
    if merged.keys() & {number for many in merged.values() for number in many}:
        raise ValueError(gettext("A row that others are merged into cannot be merged itself. Do it in two steps."))
    session().flush()
    for target, many in merged.items():
        if known[target] in session().deleted or sa.inspect(known[target]).deleted:
            raise ValueError(gettext("Row %(number)s is emptied, so nothing can be merged into it.", number=target))
        board.merge(known[target], [known[number] for number in many if not sa.inspect(known[number]).deleted])


def make_case(uid: str, number: int) -> ResponseReturnValue:
    """A result begins to be a case: a draft, for its author to go on with."""
    _content, item, platform = the_platform(uid, number)
    user = current_user()
    if user is None or not may(user, "content.propose"):
        abort(403)
    case = results.draft_case(item, platform, user.id)
    if case is None:
        abort(404)
    items.commit()
    flash(gettext("A draft of a case has been made. Complete it, then send it to the editors."), "ok")
    return redirect(url_for("desk.edit", path="cases", uid=case.uid))


# -- commitments, people --------------------------------------------------------------------------------------------------


def commitments(uid: str) -> ResponseReturnValue:
    """The commitments as one table: who, what, until when, how it stands, who is asked about it."""
    content, item = the_lab(uid)
    mine = sa.select(Promise).where(Promise.content_id == content.id).order_by(Promise.id)
    known = list(session().scalars(mine))
    faults: dict[int, str] = {}
    if request.method == "POST":
        faults = _save_promises(content, known)
        if not faults:
            items.touch()
            items.commit()
            flash(gettext("Saved."), "ok")
            return redirect(url_for("labs_desk.commitments", uid=uid))
        items.rollback()
        content, item = the_lab(uid)
    lines: list[Any] = typed_rows() if faults else [as_row(row) for row in session().scalars(mine)] + [{}] * SPARE
    return page("desk_commitments", item, code=422 if faults else 200, lines=lines, faults=faults, states=STATES,
                partners=forms.titles("partner"))  # fmt: skip


def as_row(row: Promise) -> dict[str, str]:
    """A commitment as a row of the table."""
    partner = session().get(Content, row.partner_id) if row.partner_id else None
    named = items.load([partner.id], items.speaking(), drafts=True) if partner else []
    texts = {f"text.{code}": text for code, text in row.texts.items()}
    return {"id": str(row.id), "who": named[0].title if named else row.name, "due": str(row.due or ""), "state": row.state,
            "email": row.email, **texts}  # fmt: skip


def _save_promises(content: Content, known: Sequence[Promise]) -> dict[int, str]:
    """Take over the table; answers what is wrong, by row from 1."""
    by_id, faults = {str(row.id): row for row in known}, dict[int, str]()
    for number, row in enumerate(typed_rows(), 1):
        texts, promise, who, email = (
            spoken(row, 500),
            by_id.get(row.get("id", "")),
            row.get("who", "")[:200],
            row.get("email", ""),
        )
        if not (texts or who):
            if promise is not None:
                session().delete(promise)
            continue
        if not (texts and who):
            faults[number] = gettext("An organisation and what it commits itself to are both needed.")
            continue
        if email and ("@" not in email or len(email) > 254):
            faults[number] = gettext("This does not look like an e-mail address.")
            continue
        try:
            due = dt.date.fromisoformat(row["due"]) if row.get("due") else None
        except ValueError:
            faults[number] = gettext("A day is expected: 2027-05-31.")
            continue
        promise = promise or Promise(content_id=content.id, state="promised")
        state = row.get("state", "")
        if state in {choice.value for choice in STATES} and state != promise.state:
            promise.state, promise.answered = state, now()
        partner = _partner(who, promise.partner_id)
        promise.partner_id, promise.name = partner, "" if partner else who
        promise.texts, promise.due, promise.email, promise.lang = texts, due, email.lower(), items.speaking()
        session().add(promise)
    return faults


def _partner(name: str, before: int | None) -> int | None:
    """The partner that is called so (of several, the one that stood there), or None: any organisation may be written."""
    stood = session().get(Content, before) if before else None
    found, _ = forms.chosen("partner", name, [stood.uid] if stood else [])
    partner = items.get("partner", found) if found else None
    return partner.id if partner and partner.status == "published" else None


def people(uid: str) -> ResponseReturnValue:
    """Transfer sheets and the list of participants, for who runs the lab; POST takes a card out of the list."""
    content, item = the_lab(uid)
    if request.method == "POST":
        card = session().get(Person, request.form.get("card", 0, type=int))
        if card is None or card.content_id != content.id:
            abort(404)
        session().delete(card)
        items.touch()
        items.commit()
        flash(gettext("The card is taken out."), "ok")
        return redirect(url_for("labs_desk.people", uid=uid))
    known = board.of(content.id)
    sheets = sa.select(Sheet).where(Sheet.platform_id.in_([p.id for p in known])).order_by(Sheet.id)
    cards = sa.select(Person).where(Person.content_id == content.id).order_by(Person.name)
    with force_locale(items.speaking()):
        labels = live.sheet_labels()
    return page("desk_people", item, sheets=list(session().scalars(sheets)), cards=list(session().scalars(cards)), labels=labels,
                titles={p.id: board.title(p, items.speaking()) for p in known})  # fmt: skip
