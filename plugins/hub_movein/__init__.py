"""Moving in: a draft from any address, and a whole WordPress site with its old addresses."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="movein",
    label=_("Moving in"),
    summary=_("Makes a draft of what stands at an address, and takes over a WordPress site with its old addresses."),
    requires=("transfer",),
)
