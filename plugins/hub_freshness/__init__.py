"""Whether entries are still right: asked of those who keep them once a year, shown to readers, kept in view at the desk."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="freshness",
    label=_("Freshness"),
    summary=_(
        "Asks those who keep an entry once a year whether it is still right, and shows readers when it was checked."
    ),
    api=(1, 0),
)
