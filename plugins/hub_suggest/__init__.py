"""Suggestions without an account: new items and corrections from anybody, and the editors' queue that decides them."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="suggest",
    label=_("Suggestions"),
    summary=_("Anybody may suggest an entry or a correction, without an account; editors decide in one queue."),
    api=(1, 0),
)
