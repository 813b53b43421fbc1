"""The look of one instance: its name, logo and accent, the order of its front page, its icons, and its first steps."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="look", label=_("Look"), summary=_("Name, logo, colours and front page, chosen in the desk; first steps of a new site."),
    addresses=("setup",),
)  # fmt: skip
