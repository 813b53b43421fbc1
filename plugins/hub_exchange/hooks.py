"""What the exchange gives to the hub: two kinds, matches and answers on pages, the daily question, a line of the digest."""

from __future__ import annotations

from flask import Blueprint, url_for

from hub.api import Block, Content, Item, Job, NavItem, Permission, Setting, hookimpl, items, may, session
from hub.api import lazy_gettext as _
from hub_exchange import (
    asking,
    becoming,
    closing,
    desk,
    digest,
    examples,
    keeping,
    listing,
    matching,
    pages,
    project,
    showing,
)


@hookimpl
def content_types():
    return [listing.LISTING, project.PROJECT]


@hookimpl
def blueprints():
    public, both = Blueprint("exchange", __name__), ["GET", "POST"]  # addresses of two words never meet an item's
    public.add_url_rule("/mine/<token>/", "mine", pages.mine, methods=both)
    public.add_url_rule("/closed/told/", "told", pages.told)
    public.add_url_rule("/closed/all/", "came", pages.came)
    public.add_url_rule("/<uid>/close/", "close", pages.close, methods=both)
    return [public, desk.make()]


@hookimpl
def permissions():
    return [
        Permission("care", _("Look after needs, offers and common projects"), role="editor"),
        Permission("run", _("Make practices of one's finished projects"), role="member"),
    ]


@hookimpl
def can(user, permission, subject):
    """Members may make practices of projects; of this one, who may edit it."""
    if permission == "exchange.run" and getattr(subject, "kind", "") == "project":
        return may(user, "content.propose") and items.editable(subject, user)
    return None


@hookimpl
def settings():
    return [
        Setting("valid_days", "int", 180, label=_("Days that a need or offer stands that names no day"), minimum=7, maximum=731),
        Setting("answer_days", "int", 14, label=_("Days without an answer after which one whose time is over is closed"),
                minimum=1, maximum=365),
        Setting("per_day", "int", 50, label=_("Needs and offers asked about in a day, at most"), minimum=1, maximum=10_000),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job(
            "daily",
            asking.daily,
            every=86_400,
            label=_("Asking about needs and offers whose time is over, and closing them"),
        )
    ]


@hookimpl
def started(app):
    app.jinja_env.globals.update(
        exchange_listing=showing.of_listing, exchange_project=showing.of_project, exchange_labels=showing.labels,
        exchange_when=showing.when, exchange_outcome=closing.outcome,
    )  # fmt: skip


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "exchange.care"):
        return [NavItem(_("Needs, offers, projects"), url_for("exchange_desk.overview"), 22)]
    return []


@hookimpl
def blocks(slot, user, subject):
    if slot == "home":
        return showing.home()
    if (
        slot == "edit"
        and isinstance(subject, Content)
        and subject.kind == "project"
        and may(user, "exchange.run", subject)
    ):
        return [Block("exchange/beside.html", {"content": subject}, order=20)]
    if not isinstance(subject, Item):
        return []
    if slot == "below" and subject.kind == "listing" and (found := matching.of(subject)):
        return [Block("exchange/matches.html", {"matches": found, "item": subject}, order=10, elsewhere=True)]
    if slot == "next" and subject.kind == "listing" and subject.status == "published":
        return [Block("exchange/next.html", {"item": subject}, order=25)]
    if slot == "next" and subject.kind == "project" and user is not None:
        content = session().get(Content, subject.id)
        if content is not None and becoming.ready(content) and may(user, "exchange.run", content):
            return [Block("exchange/next_project.html", {"item": subject}, order=25)]
    return []


@hookimpl(optionalhook=True)
def waiting(user):
    return desk.waiting(user)


@hookimpl(optionalhook=True)
def digest_lines(user, address, language):
    return digest.line(user, address, language)


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    examples.load_all(load)
