"""The partner directory."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="partners", label=_("Partners"), summary=_("A directory of organisations, their places and contacts.")
)
