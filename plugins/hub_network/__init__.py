"""Hubs that follow hubs: what others publish stands beside one's own, and stays theirs."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="network",
    label=_("Network of hubs"),
    summary=_("Follows other hubs: what they publish is found here too, and stays theirs."),
    api=(1, 0),
)
