"""PLUGIN_LABEL. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="PLUGIN_NAME",
    label=_("PLUGIN_LABEL"),
    summary=_("PLUGIN_SUMMARY"),
    version="0.1.0",
    api=(1, 0),
)
