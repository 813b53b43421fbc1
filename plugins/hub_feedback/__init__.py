"""The public's voice: ratings and comments on any kind that asks, wishes with votes, and what organisers learn from them."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="feedback",
    label=_("Voices"),
    summary=_("Ratings, comments and wishes from anybody, with or without an account; reports for organisers."),
    api=(1, 0),
    query=("what", "state"),
)
