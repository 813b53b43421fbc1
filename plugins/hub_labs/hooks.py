"""What labs give to the hub: the kind, pages for groups and readers, the desk, jobs, blocks on the event's page, demo."""

from __future__ import annotations

from flask import Blueprint, url_for

from hub.api import Block, Item, Job, NavItem, Permission, Setting, hookimpl, items, may
from hub.api import lazy_gettext as _
from hub_labs import board, desk, examples, keeping, lab, live, public, results, showing, yearly


@hookimpl
def content_types():
    return [lab.LAB]


@hookimpl
def blueprints():
    site, both = Blueprint("labs", __name__), ["GET", "POST"]
    site.add_url_rule("/group/<code>/", "group", live.group, methods=both)
    site.add_url_rule("/group/<code>/code.svg", "code", live.code_drawing)
    site.add_url_rule("/group/<code>/sheet/", "write_sheet", live.write_sheet, methods=both)
    site.add_url_rule("/sheet/<uid>/", "sheet", live.sheet, methods=both)
    site.add_url_rule("/card/<word>/", "open_card", public.open_card)
    site.add_url_rule("/mine/<uid>/", "own_card", public.own_card, methods=both)
    site.add_url_rule("/promise/<word>/", "promise", public.promise, methods=both)
    site.add_url_rule("/all/commitments/", "yearly", yearly.page)
    site.add_url_rule("/letter/<uid>/", "write", public.write, methods=both)
    site.add_url_rule("/<uid>/results/", "results", public.show_results)
    site.add_url_rule("/<uid>/screen/", "screen", public.screen)
    site.add_url_rule("/<uid>/people/", "people", public.people)
    site.add_url_rule("/<uid>/join/", "join", public.join, methods=both)
    site.add_url_rule("/<uid>/sent/", "sent", public.sent)
    return [site, desk.make()]


@hookimpl
def permissions():
    return [Permission("run", _("Run one's labs: platforms, sorting, results, commitments"), role="member")]


@hookimpl
def can(user, permission, subject):
    """Members may run labs; this one those who may edit it."""
    if permission == "labs.run" and getattr(subject, "kind", "") == "lab":
        return items.editable(subject, user)
    return None


@hookimpl
def settings():
    return [
        Setting("keep_days", "int", 730, label=_("Days until cards of participants and transfer sheets are deleted"),
                minimum=1, maximum=3650),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("ask", keeping.ask, every=86_400, label=_("Asking every half year how commitments stand")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting unconfirmed and old cards and sheets")),
    ]


@hookimpl
def started(app):
    app.jinja_env.globals.update(
        labs_about=showing.about, labs_briefs=showing.briefs, labs_best=board.best, labs_state=lab.state_label,
        labs_title=board.title, labs_invented=results.invented,
    )  # fmt: skip


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "labs.run"):
        return [NavItem(_("My labs"), url_for("labs_desk.home"), 21)]
    return []


@hookimpl
def blocks(slot, user, subject):
    if slot == "edit" and subject is not None and subject.kind == "lab":
        return [Block("labs/edit.html", {"lab_uid": subject.uid}, order=20)]
    if slot == "item" and isinstance(subject, Item) and subject.kind == "event":
        ends = subject.inverse.get(("lab", "event"), ())[:1]
        found = items.load([end.id for end in ends], subject.asked, subject.level)
        if found:
            return [Block("labs/aside.html", {"lab": found[0], "public": results.public(found[0])}, order=3)]
    return []


@hookimpl(optionalhook=True)  # published by imports: what an undo does not delete unasked
def left_at(contents):
    return keeping.left_at(contents)


@hookimpl(optionalhook=True)  # published by feedback, for the annual report
def figures(period):
    return yearly.figures(period)


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    examples.load_all(load)
