"""People: accounts in the desk, invitations, representatives of organisations."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="people",
    label=_("People"),
    summary=_("Accounts and roles in the desk, invitations, representatives of partners."),
)
