"""What the pocket copy gives to the hub: the service worker, the page of what a device keeps, the setting that takes all of it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, url_for

from hub.api import Block, NavItem, Setting, hookimpl, items, setting
from hub.api import lazy_gettext as _
from hub_pocket import pages


@hookimpl
def settings() -> Sequence[Setting]:
    """The one setting."""
    hint = _("Switched off, devices delete what they have kept as soon as they open a page of this site.")
    return [Setting("offline", "bool", True, label=_("Devices keep pages for when there is no network"), hint=hint)]


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The worker stands at the root, because a worker sees only what lies below its own address."""
    public = Blueprint("pocket", __name__)
    public.add_url_rule("/", "page", pages.page)
    root = Blueprint("pocket_root", __name__)
    root.add_url_rule("/pocket.js", "worker", pages.worker)
    return [public, root]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """A line in the footer."""
    if slot != "footer" or not setting("pocket.offline"):
        return []
    return [NavItem(_("Without a network"), url_for("pocket.page", lang=items.speaking()), 60)]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    """The few lines that start the worker, on every page."""
    return [Block("pocket/head.html", order=95)] if slot == "head" and setting("pocket.offline") else []
