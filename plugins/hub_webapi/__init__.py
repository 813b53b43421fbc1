"""The API under /api/v1: reading for everybody, writing with personal tokens, webhooks, one OpenAPI document."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="webapi",
    label=_("API"),
    summary=_("Reading and writing by programs: personal tokens, webhooks, an OpenAPI document."),
    api=(1, 0),
    addresses=("api",),
)
