"""Duplicates: shown while somebody types, found among what is there, and merged with redirects from the old addresses."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="duplicates", label=_("Duplicates"),
    summary=_("Entries that may be the same are shown while typing and in the desk, and merged with a way back."),
)  # fmt: skip
