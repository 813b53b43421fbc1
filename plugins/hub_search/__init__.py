"""Full-text search over everything published, in Russian and English at once (Whoosh)."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="search",
    label=_("Search"),
    summary=_("Finds items by their words in every language: all forms of a word, facets, other names of a topic."),
    api=(1, 0),
)
