"""What the hub asks of this plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import sqlalchemy as sa
from flask import Blueprint, url_for

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Content,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    current_user,
    gettext,
    hookimpl,
    items,
    level,
    may,
    now,
    session,
)  # fmt: skip
from hub.api import lazy_gettext as _

from . import adopting, desk, hubs, inner, mapping, pages, readers, running, sharing, showing
from . import commands as own_commands
from .models import Followed


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    public = pages.make()
    public.before_app_request(sharing.before)
    public.after_app_request(sharing.after)
    desk_pages = desk.make()
    readers.add_to(desk_pages)
    return [public, desk_pages]


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission("follow", _("Follow, pause, block and leave other hubs"), role="admin"),
        Permission("share", _("Share entries for members with other hubs, block hubs that read this one"), role="admin"),
        Permission("edit", _("Hide and feature entries of other hubs, sort their topics"), role="editor"),
    ]


@hookimpl
def settings() -> Sequence[Setting]:
    return [
        Setting("interval", "int", 45, label=_("Seconds between two questions to a followed hub"), minimum=15, maximum=86_400,
                hint=_("Where nothing is new, a question is answered in a few bytes.")),
        Setting("most_items", "int", 20_000, label=_("Most entries kept of one hub"), minimum=10, maximum=1_000_000,
                hint=_("Ten times as many changes are read of it in a day.")),
    ]  # fmt: skip


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job("sync", running.follow_up, every=15, label=_("Reading followed hubs that are due")),
        Job("remap", mapping.remap, label=_("Giving entries of a hub the topics chosen for them")),
        Job("recede", hubs.recede, label=_("Removing entries that a hub shares no longer")),
        Job("clear", hubs.clear, label=_("Removing the entries of a hub that is left or blocked")),
    ]


@hookimpl
def change_readers() -> Sequence[ChangeReader]:
    """What hubs that may read entries for members are told of them."""
    return [ChangeReader("inner", inner.read, restart=inner.restart)]


@hookimpl(optionalhook=True)
def further_changes(since: int, limit: int) -> dict[str, Any] | None:
    return sharing.further_changes(since, limit)


@hookimpl(optionalhook=True)
def entrusted(content: Content) -> bool | None:
    return sharing.entrusted(content)


@hookimpl
def commands() -> Sequence[click.Command]:
    return [own_commands.follow, own_commands.sync, own_commands.known]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot == "desk" and may(user, "network.edit"):
        return [NavItem(_("Network of hubs"), url_for("network_desk.home"), 60)]
    if slot == "network":
        return [NavItem(_("Network of hubs"), url_for("network.directory", lang=items.speaking()), 8, name="network")]
    return []


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    if slot == "home":
        shown = showing.front(items.speaking(), level(current_user()))
        return [Block("network/home.html", {"items": shown}, order=70, title=_("From other hubs"))] if shown else []
    return _beside(slot, user, subject) if isinstance(subject, Item) and subject.elsewhere else []


def _beside(slot: str, user: Any, item: Item) -> list[Block]:
    """What stands on the page of an entry of another hub: the way to it, what editors do with it, "we did it too"."""
    too = slot == "below" and item.kind == adopting.KIND and item.type.relation(adopting.RELATION) and item.row.audience == "public"
    found = showing.entry(item) if slot == "next" or too else None
    if found is None:
        return []
    kept, hub = found
    context = {"item": item, "kept": kept, "hub": hub, "there": kept.urls.get(items.speaking()) or item.row.source_url}
    if too:
        return [Block("network/too.html", {**context, "proposes": may(user, "content.propose")}, order=10, elsewhere=True)]
    return [Block("network/next.html", {**context, "edits": may(user, "network.edit")}, order=1, elsewhere=True)]


@hookimpl
def health() -> Sequence[Check]:
    """Hubs that have been silent for a week."""
    try:
        mute = sa.select(Followed).where(Followed.state == "active", Followed.failing_since < now() - showing.SILENT)
        names = [hub.name for hub in session().scalars(mute.order_by(Followed.name))]
    except sa.exc.SQLAlchemyError:  # the database is away: the hub's own check says so
        session().rollback()
        return []
    if names:
        told = gettext("Silent for a week: %(names)s. Look at /desk/network/.", names=", ".join(names[:10]))
        return [Check("hubs", "warning", told, gettext("Followed hubs"))]
    return [Check("hubs", "ok", label=gettext("Followed hubs"))]
