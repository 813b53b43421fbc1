"""What calls give to the hub: the kind "call", its pages, the desk's page, badges of practices, lines of one's account."""

from flask import request, url_for

from hub.api import Block, Content, Item, NavItem, Permission, gettext, hookimpl, items, may
from hub.api import lazy_gettext as _
from hub_calls import desk, examples, keeping, pages
from hub_calls.call import call_type
from hub_calls.models import IN_RACE


@hookimpl
def content_types():
    return [call_type()]


@hookimpl
def blueprints():
    return [pages.make(), desk.desk]


@hookimpl
def permissions():
    return [Permission("run", _("Run calls: formal check, jury, results"), role="editor")]


@hookimpl
def navigation(slot, user):
    if slot == "account" and user is not None:
        return [NavItem(_("My entries in calls"), url_for("calls.mine", lang=items.speaking()), name="calls")]
    return []


@hookimpl
def blocks(slot, user, subject):
    if slot == "below" and isinstance(subject, Item) and subject.kind == "call":
        return [Block("calls/below.html", _below(subject), order=20)]
    if slot == "next" and isinstance(subject, Item) and subject.kind == "call" and keeping.is_open(_Facts(subject)):
        return [Block("calls/next.html", {"item": subject}, order=5)]
    if slot == "item" and isinstance(subject, Item) and subject.kind == keeping.PRACTICE and (won := keeping.badges(subject.id)):
        calls = {item.id: item for item in items.load([content.id for _entry, content in won], subject.asked)}
        shown = [(entry, calls[content.id]) for entry, content in won if content.id in calls]
        return [Block("calls/badge.html", {"won": shown}, order=3)] if shown else []
    if slot == "edit" and isinstance(subject, Content) and subject.kind == "call" and may(user, "calls.run"):
        return [Block("calls/beside.html", {"content": subject}, order=10)]
    if slot == "above" and user is not None and (request.view_args or {}).get("path") == "cases":
        return [Block("calls/above.html", found)] if (found := pages.written_for(user, subject)) else []
    return []


def _below(item):
    """What a call's page shows of its stage and its entries."""
    stage = keeping.stage(_Facts(item))
    rows = keeping.entries(item.id, IN_RACE) if stage in ("public", "jury", "decided") else []
    first = {"winner": 0, "mention": 1}
    if stage == "decided":
        rows.sort(key=lambda row: (first.get(row.result, 2), row.id))
    return {
        "call": item, "call_stage": stage, "entries": rows, "title": keeping.title, "category": keeping.category,
        "open": keeping.is_open(_Facts(item)),
        "supports": keeping.supports([row.id for row in rows]),
    }  # fmt: skip


class _Facts:
    """An item's data and times under the names that `keeping.stage` asks for."""

    def __init__(self, item):
        self.data, self.starts_at, self.ends_at = item.data, item.row.starts_at, item.row.ends_at


@hookimpl(optionalhook=True)  # published by imports: what an undo does not delete unasked
def left_at(contents):
    return keeping.left_at(contents)


@hookimpl(optionalhook=True)
def waiting(user):
    found = keeping.unchecked() if may(user, "calls.run") else None
    return [(gettext("Entries of calls to check"), *found)] if found else []


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    examples.load_all(load)
