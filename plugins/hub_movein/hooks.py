"""What moving in gives to the hub: pages of the desk, a format of imports, a line in the desk's menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, url_for

from hub.api import Importer, NavItem, hookimpl, may
from hub.api import lazy_gettext as _

from . import hsds, pages, wordpress


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The pages below /desk/movein/."""
    return [pages.make()]


@hookimpl
def importers() -> Sequence[Importer]:
    """The export of a WordPress site; directories of services."""
    return [wordpress.importer(), *hsds.importers()]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """A line in the desk's menu."""
    if slot != "desk" or not may(user, "content.edit"):
        return []
    return [NavItem(_("Moving in"), url_for("movein_desk.home"), order=61)]
