"""Weekly digest. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="digest",
    label=_("Weekly digest"),
    summary=_("What is new, once a week: as a page, by mail, and any list as a letter to be passed on."),
    version="1.0.0",
    api=(1, 0),
)
