"""Backups: one every night, the newest ones kept, to be taken home from the desk."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="backups", label=_("Backups"),
    summary=_("Keeps all of the site in one file every night; the newest ones stay and can be downloaded in the desk."),
)  # fmt: skip
