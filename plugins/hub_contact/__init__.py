"""Messages to the editors, and questions to whoever keeps an item, without showing anybody's address."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="contact",
    label=_("Messages"),
    summary=_(
        "A form to write to the editors, and questions passed on to whoever keeps an entry; no address is shown."
    ),
    api=(1, 0),
)
