"""Sign-in with an account somewhere else: OpenID Connect, Yandex ID, VK ID."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="signin", label=_("Sign-in elsewhere"), summary=_("Sign in by OpenID Connect, Yandex ID or VK ID."),
    query=("code", "state", "error", "device_id"),
)  # fmt: skip
