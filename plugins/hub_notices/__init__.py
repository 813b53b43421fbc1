"""Notices: follow a topic, a place, an organisation or a search, and hear of what is new by mail."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="notices",
    label=_("Notices"),
    summary=_(
        "Readers follow topics, places, organisations and searches and get what is new by mail, at once or weekly."
    ),
    api=(1, 0),
    query=("item", "topic", "path", "query"),
)
