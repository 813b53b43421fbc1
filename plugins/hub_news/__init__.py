"""News: own articles and what partners publish, in one river."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="news",
    label=_("News"),
    summary=_("Own articles and the news of partners, read from their feeds."),
    addresses=("bot", "news-seen", "news-icon", "news-picture", "news-push"),
    query=("day",),
)
