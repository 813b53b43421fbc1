"""What the hub asks of this plugin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, url_for

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    gettext,
    hookimpl,
    items,
    may,
    now,
    render_page,
    session,
    writing,
)
from hub.api import lazy_gettext as _

from . import desk, documents, following, inbox, keys, sending, serving, telling
from .models import Inbox

SILENT = dt.timedelta(days=1)


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The page for people, the documents for machines, the desk's page."""
    public, root = Blueprint("activitypub", __name__), Blueprint("activitypub_root", __name__)
    public.add_url_rule("/", "follow", follow)
    root.add_url_rule("/activitypub/actor", "actor", serving.actor)
    root.add_url_rule("/activitypub/outbox", "outbox", serving.outbox)
    root.add_url_rule("/activitypub/followers", "followers", serving.followers)
    root.add_url_rule("/activitypub/items/<uid>", "item", serving.item)
    root.add_url_rule("/activitypub/inbox", "inbox", inbox.inbox, methods=["POST"])
    root.before_app_request(serving.before)
    root.after_app_request(serving.vary)
    return [public, root, desk.make()]


def follow(lang: str) -> Response:
    """How to follow the hub, and what it keeps of those who do."""
    return render_page("activitypub/follow.html", account=documents.account(), kinds=documents.told_types())


@hookimpl
def started(app: Flask) -> None:
    """Messages of other servers bring a signature in place of a form's token."""
    app.extensions["csrf"].exempt("hub_activitypub.inbox.inbox")


@hookimpl
def settings() -> Sequence[Setting]:
    return [
        Setting("name", "str", "hub", label=_("ActivityPub: the hub's name there"), check=documents.fault_of_name,
                hint=_("What stands before the @: letters, digits, _. Whoever follows already loses the hub when it changes.")),
        Setting("kinds", "kinds", [], label=_("ActivityPub: kinds that followers are told of"), hint=_("Nothing ticked: all.")),
        Setting("an_hour", "int", 12, label=_("ActivityPub: most messages in an hour"), minimum=1, maximum=1000,
                hint=_("The rest waits; what is withdrawn is told at once.")),
    ]  # fmt: skip


@hookimpl
def permissions() -> Sequence[Permission]:
    return [Permission("edit", _("See which servers follow by ActivityPub, block servers"), role="editor")]


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job("key", keys.prepare, every=60, label=_("Make the key with which messages are signed")),
        Job("answer", sending.answer, every=60, label=_("Answer new followers")),
        Job("release", telling.release, every=60, label=_("Let out what followers are to be told")),
        Job("deliver", sending.deliver, every=60, label=_("Send to followers")),
        Job("tidy", tidy, every=3600, label=_("Forget what has been sent")),
    ]


@hookimpl
def change_readers() -> Sequence[ChangeReader]:
    return [ChangeReader("followers", telling.read)]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot == "desk" and may(user, "activitypub.edit"):
        return [NavItem(_("ActivityPub"), url_for("activitypub_desk.home"), 61)]
    if slot == "footer":
        return [NavItem(_("Follow on Mastodon"), url_for("activitypub.follow", lang=items.speaking()), 70, name="activitypub")]
    return []


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    """Pages of items name the form that machines read."""
    if slot != "head" or not isinstance(subject, Item) or subject.row.audience != "public" or subject.status != "published":
        return []
    told = subject.kind in {ctype.kind for ctype in documents.told_types()} and documents.is_own(subject)
    return [Block("activitypub/head.html", {"address": documents.object_url(subject.uid)})] if told else []


@hookimpl
def health() -> Sequence[Check]:
    """Servers that have taken nothing for a day."""
    try:
        late = sa.select(Inbox.host).where(Inbox.failing.is_not(None)).order_by(Inbox.host)
        hosts = list(session().scalars(late.where(Inbox.failing < now() - SILENT).distinct()))
    except sa.exc.SQLAlchemyError:  # the database is away: the hub's own check says so
        session().rollback()
        return []
    if hosts:
        told = gettext("Followers' servers that take nothing: %(hosts)s. After a week they are forgotten; look at /desk/activitypub/.",
                       hosts=", ".join(hosts[:10]))  # fmt: skip
        return [Check("servers", "warning", told, gettext("Followers’ servers"))]
    return [Check("servers", "ok", label=gettext("Followers’ servers"))]


def tidy() -> None:
    """Forget what nobody needs any more."""
    with writing():
        session().rollback()
        following.tidy()
        session().commit()
