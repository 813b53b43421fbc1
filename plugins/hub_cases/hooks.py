"""What the practice library gives to the hub: the kind "case", blocks on the front page, demo content."""

from pathlib import Path

from hub.api import Block, hookimpl, items
from hub.api import lazy_gettext as _
from hub_cases.practice import PRACTICE, UNITS


@hookimpl
def content_types():
    return [PRACTICE]


@hookimpl
def blocks(slot, user, subject):
    if slot != "home":
        return []
    practices = items.newest("case", 12)
    if not practices:
        return []
    lead = next((item for item in practices if not item.example and item.value("figures")), practices[0])
    others = [item for item in practices if item is not lead]
    return [
        Block(
            "cases/lead.html", {"item": lead, "unit_label": unit_label}, order=10, title=_("A practice worth repeating")
        ),
        Block("cases/home.html", {"items": others[:3]}, order=40, title=_("Practices you can repeat")),
    ]


def unit_label(unit):
    """The name of a figure's unit."""
    return next((str(choice.label) for choice in UNITS if choice.value == unit), unit)


@hookimpl
def demo(load):
    load(Path(__file__).parent / "demo", "case")
