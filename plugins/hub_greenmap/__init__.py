"""Green initiatives, and the map of everything that has a place."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="greenmap", label=_("Green map"),
    summary=_("Gardens, orchards, composting and other green initiatives, and a map of everything that has a place."),
    addresses=("map", "oembed"), query=("zoom", "at", "maxheight"),
)  # fmt: skip
