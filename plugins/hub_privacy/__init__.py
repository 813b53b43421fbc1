"""Privacy: consents, a copy of everything about oneself, leaving, the record of processing."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="privacy", label=_("Privacy"),
    summary=_("Consents with versions, a copy of one's data, leaving for good, the record of processing."),
)  # fmt: skip
