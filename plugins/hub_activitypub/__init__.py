"""The hub as an actor of the fediverse: people on Mastodon and its relatives find it, follow it and get what is new."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="activitypub",
    label=_("ActivityPub"),
    summary=_("People on Mastodon and other services find the hub, follow it and get what is new."),
    api=(1, 0),
    addresses=("activitypub",),
    query=("resource", "page"),
)
