"""What freshness gives to the hub: keepers' pages, the desk's page, notes on item pages and beside forms, settings, jobs."""

from flask import Blueprint, url_for

from hub.api import Block, Content, Item, Job, NavItem, Setting, hookimpl, may
from hub.api import lazy_gettext as _
from hub_freshness import age, asking, desk, pages


@hookimpl
def blueprints():
    public = Blueprint("freshness", __name__)
    public.add_url_rule("/item/<token>/", "item", pages.item, methods=["GET", "POST"])
    public.add_url_rule("/thanks/", "thanks", pages.thanks)
    public.add_url_rule("/quiet/<token>/", "quiet", pages.quiet, methods=["GET", "POST"])
    return [public, desk.make()]


@hookimpl
def settings():
    return [
        Setting("kinds", "kinds", ["partner", "initiative", "case"], label=_("Kinds of entries that are asked about")),
        Setting("months", "int", 12, label=_("Months after which those who keep an entry are asked"), minimum=1, maximum=120),
        Setting("stale_months", "int", 18, label=_("Months after which readers are warned"), minimum=2, maximum=240),
        Setting("mails", "bool", True, label=_("Ask by mail")),
        Setting("per_day", "int", 20, label=_("Entries asked about in a day, at most"), minimum=1, maximum=10_000),
        Setting("remind_days", "int", 30, label=_("Days without an answer after which they are asked once more"),
                minimum=1, maximum=364),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("ask", asking.ask_due, every=86_400, label=_("Asking whether entries are still right")),
        Job("tell", desk.tell, label=_("Mails to editors about answers of keepers")),
    ]


@hookimpl
def started(app):
    app.extensions["csrf"].exempt("hub_freshness.pages.quiet")  # mail programs unsubscribe by a bare POST (RFC 8058)


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "content.publish"):
        return [NavItem(_("Freshness"), url_for("freshness_desk.overview"), 20)]
    return []


@hookimpl(optionalhook=True)
def waiting(user):
    return desk.waiting() if may(user, "content.publish") else []


@hookimpl
def blocks(slot, user, subject):
    if slot == "item" and isinstance(subject, Item) and subject.status == "published" and subject.kind in age.kinds():
        day = age.known_on(subject.row)
        context = {
            "state": age.state(subject.row),
            "day": day,
            "by": subject.row.checked_by,
            "checked": subject.row.checked_on,
        }
        return [Block("freshness/note.html", context, order=5)]
    if not may(user, "content.publish"):
        return []
    if (
        slot == "edit"
        and isinstance(subject, Content)
        and subject.status == "published"
        and subject.kind in age.kinds()
    ):
        return [Block("freshness/beside.html", {"content": subject}, order=60)]
    return []
