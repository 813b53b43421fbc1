"""What this plugin gives to the hub: the kind "tool" with its facets, a block on the front page, demo content."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hub.api import Block, Choice, ContentType, Field, Relation, hookimpl, items
from hub.api import lazy_gettext as _

USES = (
    Choice("garden", _("for the garden")),
    Choice("wood", _("for wood and walls")),
    Choice("sewing", _("for sewing")),
    Choice("kitchen", _("for a big kitchen")),
    Choice("bicycle", _("for bicycles")),
)
STATES = (
    Choice("in", _("to be had")),
    Choice("out", _("lent out")),
    Choice("mending", _("being mended")),
)

TOOL = ContentType(
    kind="tool",
    path="tools",
    label=_("Tool"),
    plural=_("Tools"),
    intro=_("Things that stand about most of the year and that neighbours may borrow."),
    add_label=_("Lend a tool"),
    body_label=_("How to use it"),
    places="one",
    schema_org="Product",
    fields=(
        Field("use", "choices", _("What for"), choices=USES, facet=True, quick=True, listed=True),
        Field("state", "choice", _("At the moment"), choices=STATES, facet=True, quick=True, listed=True),
        Field("electric", "boolean", _("Needs electricity"), facet=True),
        Field("days", "integer", _("For how many days"), quick=True),
        Field("deposit", "integer", _("Deposit in roubles")),
        Field("terms", "longtext", _("Terms of lending"), translated=True),
        Field("shelf", "text", _("On which shelf (editors only)"), audience="editors"),
    ),
    # shown on both pages; while hub_partners is off it is hidden and kept
    relations=(Relation("lender", to="partner", label=_("Lent by"), inverse_label=_("Lends"), facet=True, quick=True),),
)


@hookimpl
def content_types() -> Sequence[ContentType]:
    return [TOOL]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    if slot != "home":
        return []
    uses = items.count_by("tool", "use")
    return [Block("tools/home.html", {"uses": uses}, order=65)] if uses else []


@hookimpl
def demo(load: Callable[[Path, str], None]) -> None:
    load(Path(__file__).parent / "demo", "tool")
