"""The practice at the top of the front page: the one that an editor chose, or else the newest that has figures."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Block, Content, Item, current_user, gettext, instance, items, level, may, setting
from hub.api import lazy_gettext as _
from hub_cases import comparing

NEWEST, BELOW = 12, 3


def home() -> list[Block]:
    """The blocks of the front page."""
    newest, chosen = items.newest("case", NEWEST), _chosen()
    practices = [*([chosen] if chosen else []), *(item for item in newest if not chosen or item.id != chosen.id)]
    if not practices:
        return []
    lead = chosen or next((item for item in newest if not item.example and item.value("figures")), newest[0])
    others = [item for item in practices if item is not lead]
    return [
        Block("cases/lead.html", {"item": lead, "unit_label": comparing.unit}, order=10, title=_("A practice worth repeating")),
        Block("cases/home.html", {"items": others[:BELOW]}, order=40, title=_("Practices you can repeat")),
    ]


def _chosen() -> Item | None:
    """The practice that an editor chose, as long as this reader may see it."""
    uid = setting("cases.lead")
    content = items.get("case", uid) if uid else None
    reader = level(current_user())
    if content is None or content.status != "published" or items.AUDIENCES.index(content.audience) > reader:
        return None
    return next(iter(items.load([content.id], items.speaking(), reader)), None)


def beside(content: Content) -> dict[str, Any]:
    """What the desk's form of a practice says: leads (whether it is the chosen one), may_lead (whether the reader may change that)."""
    may_lead = content.status == "published" and content.audience == "public" and may(current_user(), "cases.lead")
    return {"leads": setting("cases.lead") == content.uid, "may_lead": may_lead}


def choose(uid: str) -> ResponseReturnValue:
    """POST: put a practice at the top of the front page, or (do=free) let the newest stand there."""
    content = items.get("case", uid)
    if content is None or not beside(content)["may_lead"]:
        abort(404)
    free = request.form.get("do") == "free"
    instance.store_setting("cases.lead", "" if free else content.uid)
    items.commit()
    flash(
        gettext("The newest practice with figures stands at the top of the front page again.")
        if free else gettext("This practice stands at the top of the front page now."), "ok",
    )  # fmt: skip
    return redirect(url_for("desk.edit", path="cases", uid=content.uid))
