"""Search by SQLite FTS5. This file is the plugin's name card and nothing else: listing plugins imports it."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="fts",
    label=_("Search by SQLite"),
    summary=_("A search engine in one file, for small hubs: word forms of Russian and English, topics' other names."),
    version="1.0.0",
    api=(1, 0),
)
