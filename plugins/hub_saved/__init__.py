"""Entries that a reader keeps for later: in the browser without an account, in the account with one."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="saved",
    label=_("Saved entries"),
    summary=_("Readers keep entries for later: in their browser without an account, in their account with one."),
    api=(1, 0),
    query=("uid",),
)
