"""What this plugin gives to the hub: the kind "PLUGIN_KIND", a block on the front page."""

from collections.abc import Sequence
from typing import Any

from hub.api import Block, Choice, ContentType, Field, hookimpl, items
from hub.api import lazy_gettext as _

STATES = (
    Choice("open", _("open to everybody")),
    Choice("ask", _("ask first")),
    Choice("closed", _("closed for now")),
)

TYPE = ContentType(
    kind="PLUGIN_KIND",
    path="PLUGIN_NAME",
    label=_("PLUGIN_ITEM"),
    plural=_("PLUGIN_LABEL"),
    intro=_("What there is, where it is, and how it is at the moment."),
    add_label=_("Add what you know"),
    body_label=_("More about it"),
    places="one",
    fields=(
        # facet: lists are narrowed by it; quick: in the short form; listed: shown in every line of a list
        Field("state", "choice", _("At the moment"), choices=STATES, facet=True, quick=True, listed=True),
        Field("hours", "text", _("When to come"), translated=True, quick=True),
        Field("since", "partialdate", _("There since")),
        Field("keeper", "text", _("Who looks after it (editors only)"), audience="editors", personal=True),
    ),
)


@hookimpl
def content_types() -> Sequence[ContentType]:
    return [TYPE]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    if slot != "home":
        return []
    newest = items.newest("PLUGIN_KIND", 3)
    return [Block("PLUGIN_NAME/home.html", {"items": newest}, order=50)] if newest else []
