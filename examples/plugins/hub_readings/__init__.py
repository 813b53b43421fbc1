"""Reading list. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="readings",
    label=_("Reading list"),
    summary=_("Books and articles to read, also taken over from BibTeX files."),
    version="1.0.0",
    api=(1, 0),
)
