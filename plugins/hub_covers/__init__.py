"""Drawn covers for entries without a picture."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="covers",
    label=_("Covers"),
    summary=_("Draws a cover for every entry without a picture, from its number and topic."),
)
