"""On foot from here. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="nearby",
    label=_("On foot from here"),
    summary=_("On the page of everything that has a place: what else is within a walk."),
    version="1.0.0",
    api=(1, 0),
)
