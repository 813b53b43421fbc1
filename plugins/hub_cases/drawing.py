"""Figures of a practice drawn from what others have counted: by year, for those who keep it, each ticked by a person."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Conflict,
    Content,
    current_user,
    gather,
    gettext,
    items,
    level,
    may,
    ngettext,
    now,
    render_page,
    session,
)
from hub_cases import comparing, pages
from hub_cases.practice import UNITS

YEARS = 12  # at most, the newest ones
KNOWN = {choice.value for choice in UNITS}


def desk(uid: str) -> ResponseReturnValue:
    """What is known of the years of a practice; POST takes what was ticked into its figures, each with its year."""
    content, told, code = pages.editable(uid), "", 200
    if request.method == "POST":
        try:
            taken, published = _take(content, set(request.form.getlist("take")))
            items.commit()
        except Conflict:
            session().rollback()
            content, told, code = pages.editable(uid), gettext("Somebody else saved this meanwhile. Look again and tick anew."), 409
        else:
            done = ngettext("%(num)s figure taken over.", "%(num)s figures taken over.", taken)
            said = done if taken else gettext("Nothing was ticked.")
            if taken and not published and content.status == "published":
                said = f"{said} {gettext('The site shows it once an editor publishes it.')}"
            flash(said, "ok" if taken else "warn")
            return redirect(url_for("cases_desk.draw", uid=uid))
    doc, _pending = items.working_copy(content)
    holders = _holders(content, doc)
    have = {(row["unit"], str(row.get("year", ""))): row["value"] for row in doc["data"].get("figures") or ()}
    found = counted(doc, holders)
    return render_page(
        "cases/draw.html", cache=False, code=code, content=content, title=pages.title_of(doc), told=told, found=found, have=have,
        unit=comparing.unit, token=items.token(content), years=years(doc), keeps=[end.title for end in holders],
    )  # fmt: skip


def _holders(content: Content, doc: dict[str, Any]) -> list[Any]:
    """The organisations that keep a practice, as its working copy says."""
    found = [items.get("partner", uid) for uid in doc.get("links", {}).get("holder", ())]
    return items.load([end.id for end in found if end is not None], items.speaking(), level(current_user()))


def years(doc: dict[str, Any]) -> list[int]:
    """The years that a practice lasts, newest last; without a beginning the last three."""
    last = min(_year(doc, "end") or now().year, now().year)
    return list(range(max(_year(doc, "start") or last - 2, last - YEARS + 1), last + 1))


def _year(doc: dict[str, Any], name: str) -> int:
    text = str(doc["data"].get(name) or "")[:4]
    return int(text) if text.isdecimal() else 0


def counted(doc: dict[str, Any], holders: list[Any]) -> list[tuple[int, list[dict[str, Any]]]]:
    """(year, what others have counted in it); years of which nothing is known are left out."""
    told = gather("counted", partners=[end.id for end in holders], years=years(doc)) if holders else []
    rows = [row for _plugin, said in told for row in said or () if row["unit"] in KNOWN and row["value"] > 0]
    return [(year, mine) for year in years(doc) if (mine := [row for row in rows if row["year"] == year])]


def _take(content: Content, ticked: set[str]) -> tuple[int, bool]:
    """Put the ticked figures into the practice, in place of those of the same unit and year; answers how many, and whether
    the site shows them at once. Numbers are counted anew, never believed from the form."""
    doc, pending = items.working_copy(content)
    rows = [row for _year, mine in counted(doc, _holders(content, doc)) for row in mine]
    taken = {(row["unit"], str(row["year"])): row["value"] for row in rows if f"{row['unit']} {row['year']}" in ticked}
    if not taken:
        return 0, False
    user = current_user()
    publishes = may(user, "content.publish") and content.status == "published" and pending is None
    kept = [row for row in doc["data"].get("figures") or () if (row["unit"], str(row.get("year", ""))) not in taken]
    figures = [*kept, *({"unit": unit, "value": value, "year": year} for (unit, year), value in sorted(taken.items()))]
    unknown = [name for name in doc["data"].get("unknown") or () if name != "figures"]
    changed = {**doc, "data": {**doc["data"], "figures": figures, "unknown": unknown or None}}
    items.save(content, changed, author_id=user.id if user else None, base=request.form.get("base", ""), publish=publishes)
    return len(taken), publishes
