"""The nightly job, the desk's page, the health check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, url_for

from hub.api import Check, Job, NavItem, Permission, Setting, gettext, hookimpl, may, now, setting
from hub.api import lazy_gettext as _

from . import desk, keeping


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The page /desk/backups/."""
    return [desk.make()]


@hookimpl
def permissions() -> Sequence[Permission]:
    """A backup holds everything, also what is secret."""
    return [Permission("take", _("Make and download backups"), role="admin")]


@hookimpl
def settings() -> Sequence[Setting]:
    """How many are kept."""
    return [Setting("keep", "int", 7, label=_("So many nightly backups are kept"), hint=_("0: none is made by itself."),
                    minimum=0, maximum=400)]  # fmt: skip


@hookimpl
def jobs() -> Sequence[Job]:
    """Looked at every hour, so that a night when the server was off is made good in the morning."""
    return [
        Job("nightly", keeping.nightly, every=3600, label=_("Make the nightly backup")),
        Job("now", keeping.make, label=_("Make a backup as the desk has asked")),
    ]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """A line in the desk's menu."""
    if slot != "desk" or not may(user, "backups.take"):
        return []
    return [NavItem(_("Backups"), url_for("backups_desk.home"), order=85)]


@hookimpl
def health() -> Sequence[Check]:
    """Whether the newest is a recent one."""
    if not setting("backups.keep"):
        return [Check("backups", "ok", gettext("Switched off in the settings."), gettext("Backups"))]
    newest = next(iter(keeping.kept()), None)
    if newest is None or newest.at < now() - dt.timedelta(days=2):
        return [Check("backups", "warning", gettext("There is no backup of the last two days: is a worker running?"), gettext("Backups"))]
    return [Check("backups", "ok", label=gettext("Backups"))]
