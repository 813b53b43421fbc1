"""Two languages side by side: passages of the source with what changed in them, beside each the passage that renders it."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, request, url_for

from hub.api import (
    Conflict,
    Content,
    ContentType,
    Faults,
    content_type,
    current_user,
    gettext,
    items,
    level,
    may,
    render_page,
    session,
)
from hub_drafts import machine, memory, passages, steps
from hub_drafts.models import Standing, Wish
from hub_drafts.units import Unit, put, units

MOST_ROWS = 400


@dataclass
class Row:
    """One line of the page. words: the passage of the source, with the way from the earlier one to it where it changed."""

    name: str
    unit: Unit
    source: str
    target: str
    old: str = ""
    state: str = ""  # new, changed or gone, as against the source this text was made from
    first: bool = False
    origin: str = ""  # the draft that stands in the field: exact, near or machine
    offers: list[memory.Offer] = field(default_factory=list)

    @property
    def words(self) -> list[tuple[str, str]]:
        moved = self.state in ("changed", "gone")
        return items.Difference(self.name, "", self.old, self.source).words if moved else [("=", self.source)] if self.source else []

    @property
    def entries(self) -> list[list[tuple[str, str]]]:
        """The words by the items of a list; none where the passage is no list."""
        return passages.entries(self.words) if passages.shape(self.source or self.old) == "list" else []

    @property
    def id(self) -> str:
        return re.sub(r"\W", "-", self.name)

    @property
    def lines(self) -> int:
        return max(
            1 if not self.unit.several else 2, len(self.source or self.target) // 42 + self.source.count("\n") + 1
        )


@dataclass
class Page:
    """What the page is about: an item, from one language into another."""

    content: Content
    ctype: ContentType
    lang: str
    source: str
    document: dict[str, Any]
    pending: Any

    @property
    def target(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document["texts"].get(self.lang, {})
        return found


def page(kind: str, uid: str, lang: str) -> Any:
    """The side-by-side editor; every button works without scripts and keeps what was typed."""
    about = _opened(kind, uid, lang)
    if request.method == "GET":
        return _show(about, _rows(about), items.token(about.content))
    do, name = request.form.get("do", ""), request.form.get("take", "")
    if do == "right":
        return _still_right(about)
    rows = _typed(about, _rows(about))
    token = request.form.get("base", "")
    if do in ("save", "publish") and not name:
        return _save(about, rows, token, publish=do == "publish" and _publishes(about))
    if do == "machine" and machine.can() and about.content.audience == "public":
        machine.wish(about.content, lang, about.source)
        session().commit()
    for row in rows[:MOST_ROWS]:
        row.offers = _offers(about, row)
        number = name.removeprefix(f"{row.name}:")
        if do == "fill" and not row.target.strip():
            number = "0"
        if number.isdecimal() and int(number) < len(row.offers) and (do == "fill" or name.startswith(f"{row.name}:")):
            offer = row.offers[int(number)]
            row.target, row.origin = offer.text, offer.kind
            row.offers = [other for other in row.offers if other is not offer]
    return _show(about, rows, token, typed=True)


def _opened(kind: str, uid: str, lang: str) -> Page:
    ctype, languages = content_type(kind), items.site()["languages"]
    content = items.get(kind, uid) if ctype else None
    if ctype is None or content is None or lang not in languages:
        abort(404)
    if not items.editable(content):
        abort(403)
    document, pending = items.working_copy(content)
    document = deepcopy(document)
    known = [code for code in languages if code in document["texts"] and code != lang]
    row = session().get(Standing, (content.id, lang))
    wanted = request.values.get("source") or (row.source if row else "")
    finished = [code for code in known if document["texts"][code].get("status") != "draft"]
    source = wanted if wanted in known else next(iter(finished or known), "")
    if not source:
        abort(404)
    return Page(content, ctype, lang, source, document, pending)


def _rows(about: Page) -> list[Row]:
    """Every passage of the source with its counterpart, and what changed since that was made."""
    before = steps.base(about.content, about.lang, about.source, about.pending) if about.target else None
    found = []
    for unit in units(about.ctype, about.document, about.source, about.lang, level(current_user())):
        old = _part(before, unit) if before is not None and not unit.name.startswith("p.") else None
        made = _passages(unit, old) if unit.several else [_line(unit, old)]
        for n, row in enumerate(made):
            row.name, row.first = f"{unit.name}.{n}", n == 0
        found += made
    return found


def _part(text: dict[str, Any], unit: Unit) -> str:
    value = text.get("fields", {}).get(unit.name[2:]) if unit.name.startswith("t.") else text.get(unit.name)
    return str(value or "")


def _line(unit: Unit, old: str | None) -> Row:
    state = "" if old is None or old == unit.source else "changed" if old else "new"
    return Row("", unit, unit.source, unit.target, old or "", state)


def _passages(unit: Unit, old: str | None) -> list[Row]:
    """Rows of a longer text: target passages are found by the source they were made from, not by the present one."""
    new = passages.split(unit.source)
    then = new if old is None else passages.split(old)
    targets = passages.split(unit.target)
    mine: dict[int | None, list[str]] = {}
    place: int | None = None
    for i, j in passages.together(then, targets):
        place = i if i is not None else place
        if j is not None:
            mine.setdefault(place, []).append(targets[j])
    rows = []
    for a, b in passages.changes(then, new):
        ours = passages.join(mine.get(a, [])) if a is not None else ""
        was = then[a] if a is not None else ""
        if b is None:
            rows.append(Row("", unit, "", ours, was, "gone"))
        else:
            state = "new" if a is None else "" if was == new[b] else "changed"
            rows.append(Row("", unit, new[b], ours, was, state))
    if None in mine:
        rows.insert(0, Row("", unit, "", passages.join(mine[None])))
    return [row for row in rows if row.source or row.target]


def _typed(about: Page, rows: list[Row]) -> list[Row]:
    for row in rows:
        row.target = request.form.get(f"x.{row.name}", row.target).replace("\r\n", "\n")
        origin = request.form.get(f"from.{row.name}", "")
        row.origin = origin if origin in ("exact", "near", "machine") and row.target.strip() else ""
    return rows


def _offers(about: Page, row: Row) -> list[memory.Offer]:
    """Drafts for a passage that has no translation, or one that was made from other words."""
    if not row.source or (row.target and not row.state and not row.origin):
        return []
    found = memory.offers(row.source, about.source, about.lang)
    wished = session().get(Wish, (about.content.id, about.lang))
    if wished is not None and wished.source == about.source and row.source in wished.found:
        by_machine = memory.Offer(wished.found[row.source], "machine")
        found.insert(sum(offer.kind == "exact" for offer in found), by_machine)
    return [offer for offer in found if offer.text.strip() != row.target.strip()]


def _show(
    about: Page, rows: list[Row], token: str, *, faults: dict[str, str] | None = None, typed: bool = False,
    conflict: bool = False, code: int = 200,
) -> Any:  # fmt: skip
    rows = rows[:MOST_ROWS]  # what stands further down is saved as it is
    for row in rows:
        row.offers = row.offers or _offers(about, row)
    content, standing = about.content, session().get(Standing, (about.content.id, about.lang))
    unread = bool(standing and standing.machine and about.target.get("status") == "draft")
    moved = [row for row in rows if row.state]
    finished = bool(about.target) and about.target.get("status") != "draft" and not moved
    return render_page(
        "drafts/pair.html", cache=False, code=code, about=about, rows=rows, token=token, faults=faults or {}, conflict=conflict,
        moved=len(moved), empty=[row for row in rows if row.source and not row.target.strip()], unread=unread,
        ticked="finished" in request.form if typed else finished, wish=session().get(Wish, (content.id, about.lang)),
        machine=machine.can() and content.audience == "public", drafted=[row for row in rows if row.origin],
        others=[c for c in items.site()["languages"] if c in about.document["texts"] and c not in (about.lang, about.source)],
        may_publish=_publishes(about), offered=any(r.offers for r in rows),
    )  # fmt: skip


def _save(about: Page, rows: list[Row], token: str, *, publish: bool) -> Any:
    content, user = about.content, current_user()
    ready = "finished" in request.form
    if publish and not ready:
        fault = gettext("Tick this before you publish, or save a draft.")
        return _show(about, rows, token, faults={"finished": fault}, typed=True, code=422)
    document = deepcopy(about.document)
    for name in dict.fromkeys(row.unit.name for row in rows):
        own = [row for row in rows if row.unit.name == name]
        put(
            document,
            about.lang,
            name,
            passages.join([row.target for row in own]) if own[0].unit.several else own[0].target,
        )
    text = document["texts"].get(about.lang, {})
    drafted = any(row.origin for row in rows) or _was_unread(about)
    if ready:
        text["status"] = "live"
    elif drafted or not about.target:
        text["status"] = "draft"
    try:
        saved = items.save(content, document, author_id=user.id if user else None, base=token, publish=publish)
        session().flush()
        live = saved.state == "live"
        if ready:
            steps.agree(content, about.lang, about.source, saved.id, live=live)
        else:
            steps.walk(content)
        _note(content.id, about.lang, about.source, machine=drafted and not ready)
        items.commit()
    except Conflict as clash:
        session().rollback()
        session().refresh(content)
        about.document, about.pending = items.working_copy(content)
        return _show(about, _typed(about, _rows(about)), clash.token, typed=True, conflict=True, code=409)
    except Faults as error:
        session().rollback()
        session().refresh(content)
        return _show(about, rows, token, faults=_named(error.faults, about.lang), typed=True, code=422)
    if publish:
        flash(gettext("The translation is published."), "ok")
    elif ready:
        flash(gettext("Saved as a finished draft; it goes out when it is published."), "ok")
    else:
        flash(gettext("Saved as a draft. Readers go on seeing what they saw."), "ok")
    return redirect(url_for(".pair", kind=content.kind, uid=content.uid, lang=about.lang, source=about.source))


def _publishes(about: Page) -> bool:
    """A translation goes out beside what is out already; a new entry is published by its own form."""
    return about.content.status == "published" and may(current_user(), "content.publish")


def _named(faults: dict[str, str], lang: str) -> dict[str, str]:
    """Faults by the name of the part they belong to."""
    return {re.sub(rf"\.{lang}$", "", name): sentence for name, sentence in faults.items()}


def _was_unread(about: Page) -> bool:
    row = session().get(Standing, (about.content.id, about.lang))
    return bool(row and row.machine and about.target.get("status") == "draft")


def _note(number: int, lang: str, source: str, *, machine: bool) -> None:
    row = session().get(Standing, (number, lang))
    if row is None:
        row = Standing(content_id=number, lang=lang, source=source)
        session().add(row)
    row.machine = machine


def _still_right(about: Page) -> Any:
    """The source changed, and the translation says the same as before: nothing to write, only to know."""
    newest = about.pending or next((r for r in items.revisions(about.content) if r.state == "live"), None)
    if newest is None or not about.target or about.target.get("status") == "draft":
        abort(400)
    if request.form.get("base") != items.token(about.content):
        flash(gettext("Somebody has saved meanwhile; look at it once more."), "warn")
    else:
        steps.agree(about.content, about.lang, about.source, newest.id, live=about.pending is None)
        items.commit()
        flash(gettext("Noted: the translation is right as it stands."), "ok")
    return redirect(
        url_for(".pair", kind=about.content.kind, uid=about.content.uid, lang=about.lang, source=about.source)
    )
