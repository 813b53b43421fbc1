"""The pocket copy: a service worker that keeps pages read on a device for when there is no network."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="pocket",
    label=_("Pocket copy"),
    summary=_("Pages that were read open without a network too; the hub can stand on a phone's home screen."),
    addresses=("pocket",),
)
