"""The practice library."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="cases", label=_("Practices"), summary=_("A library of practices, told in the form of the IOPD award."),
    query=("c", "stage", "from", "until"),
)  # fmt: skip
