"""Claims: somebody says "this is my organisation", proves it, and looks after its entry from then on."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="claims", label=_("Claims"),
    summary=_("Organisations take over their entries: by a mail at their domain, a word on their site, or an editor."),
    requires=("partners",),
)  # fmt: skip
