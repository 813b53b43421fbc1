"""Calls: an award or contest on the practice library, from the announcement to feedback for every author."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="calls", label=_("Calls"),
    summary=_("An award on the practice library: frozen entries, public support, a jury with reasons, feedback to every author."),
)  # fmt: skip
