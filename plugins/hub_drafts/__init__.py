"""The translation desk: two languages side by side, what is missing or behind, drafts from the hub's own memory."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="drafts",
    label=_("Translation desk"),
    summary=_(
        "Two languages side by side, which texts are missing or behind and by which paragraphs, drafts from texts already translated."
    ),
    query=("into", "state", "source"),
)
