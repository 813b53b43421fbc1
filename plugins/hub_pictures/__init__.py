"""The picture library: where each picture is used, what it shows, whose it is, its focal point, sizes, what nobody uses."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="pictures",
    label=_("Picture library"),
    summary=_(
        "All pictures with where they are used, descriptions in each language, authors and licences, cut to size around what matters."
    ),
    addresses=("pictures",),
    query=("tab", "target"),
)
