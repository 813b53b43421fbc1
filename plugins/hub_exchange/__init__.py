"""Needs meet offers, and organisations carry out projects together."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="exchange",
    label=_("Exchange and common projects"),
    summary=_(
        "What is needed and what is offered, who fits whom and why; projects that several organisations carry out together."
    ),
    api=(1, 0),
)
