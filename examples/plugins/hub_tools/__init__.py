"""Tools to borrow. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="tools",
    label=_("Tools to borrow"),
    summary=_("A library of things: who lends which tool, and on what terms."),
    version="1.0.0",
    api=(1, 0),
)
