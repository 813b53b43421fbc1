"""What is missing, behind or unfinished, by language; and what of it waits for an editor."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from babel import Locale
from flask import abort, flash, redirect, request, url_for
from flask_babel import get_locale

from hub.api import Content, gettext, items, ngettext, render_page, session
from hub_drafts import machine
from hub_drafts.models import Standing

PER_PAGE, MANY = 50, 100
STATES = ("missing", "behind", "unfinished")


def overview() -> Any:
    """One language, one state: what is to be done, oldest first."""
    languages = items.site()["languages"]
    numbers = {lang: counts(lang) for lang in languages}
    speaking = items.speaking()
    into = request.args.get("into") or max(languages, key=lambda c: (sum(numbers[c].values()), c == speaking))
    if into not in languages:
        abort(404)
    state = request.args.get("state") or next((s for s in STATES if numbers[into][s]), STATES[0])
    if state not in STATES:
        abort(404)
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    query = sa.select(Content).where(_condition(into, state)).order_by(Content.updated, Content.id)
    rows = list(session().scalars(query.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)))
    shown = {item.id: item for item in items.load([row.id for row in rows], speaking, 2, drafts=True)}
    standing = {
        row.content_id: row
        for row in session().scalars(sa.select(Standing).where(Standing.lang == into, Standing.content_id.in_(shown)))
    }
    return render_page(
        "drafts/desk.html", cache=False, into=into, state=state, states=STATES, numbers=numbers, page_number=page,
        rows=[(row, shown[row.id], standing.get(row.id)) for row in rows[:PER_PAGE] if row.id in shown],
        more=len(rows) > PER_PAGE, machine=machine.can(), several=len(languages) > 1,
    )  # fmt: skip


def many() -> Any:
    """Machine drafts for whatever is ticked."""
    into, numbers = request.form.get("into", ""), request.form.getlist("number", type=int)[:MANY]
    if into not in items.site()["languages"] or not machine.can():
        abort(400)
    query = sa.select(Content).where(Content.id.in_(numbers), Content.audience == "public", _condition(into, "missing"))
    rows = session().scalars(query).all()
    for content in rows:
        source = next((text.lang for text in content.texts if text.status == "live" and text.lang != into), "")
        if source:
            machine.wish(content, into, source)
    session().commit()
    if not rows:
        flash(gettext("Tick at least one line first."), "warn")
    else:
        told = ngettext("A draft of %(num)s text is being made.", "Drafts of %(num)s texts are being made.", len(rows))
        flash(told, "ok")
    return redirect(url_for(".overview", into=into, state="missing"))


def counts(lang: str) -> dict[str, int]:
    """How many items stand in each state."""
    count = sa.select(sa.func.count(Content.id))
    return {state: session().scalar(count.where(_condition(lang, state))) or 0 for state in STATES}


def waiting() -> list[tuple[Any, str, int, Any]]:
    """For the desk's list of what waits: missing and behind, by language."""
    found = []
    for lang in items.site()["languages"]:
        spoken = Locale.parse(lang).get_display_name(get_locale())
        for state in ("missing", "behind"):
            query = sa.select(sa.func.count(Content.id), sa.func.min(Content.updated)).where(_condition(lang, state))
            number, since = session().execute(query).one()
            label = (
                gettext("Not yet translated: %(language)s", language=spoken) if state == "missing"
                else gettext("Translations behind: %(language)s", language=spoken)
            )  # fmt: skip
            if number:
                found.append((label, url_for("drafts_desk.overview", into=lang, state=state), number, since))
    return found


def _condition(lang: str, state: str) -> Any:
    """Published items of this hub's own that stand so in a language."""
    kinds = items.types()
    ours = sa.and_(Content.status == "published", ~Content.elsewhere, Content.kind.in_([t.kind for t in kinds]))
    for ctype in kinds:
        if ctype.borrowed:
            ours &= ~sa.and_(Content.kind == ctype.kind, Content.origin.startswith(ctype.borrowed))
    row = Content.texts.property.mapper.class_
    own = sa.exists().where(row.content_id == Content.id, row.lang == lang)
    stands = sa.exists().where(Standing.content_id == Content.id, Standing.lang == lang)
    if state == "missing":
        return ours & ~own & ~stands.where(Standing.machine)
    if state == "unfinished":
        return ours & (own.where(row.status == "draft") | (stands.where(Standing.machine) & ~own))
    return ours & stands.where(Standing.behind)
