"""Passing on: a ready text for a post, a sign to print, and posts to a Telegram channel or a VK community."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="share",
    label=_("Passing on"),
    summary=_("A text for a post and a sign to print for every entry; posts to Telegram channels and VK communities."),
    query=("state",),
)
