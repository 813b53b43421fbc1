"""What stands on the pages of needs, offers and projects, and on the front page."""

from __future__ import annotations

from typing import Any

from hub.api import Block, Content, Item, ask, gettext, items, now, session
from hub.api import lazy_gettext as _
from hub_exchange import closing, listing, pages, project
from hub_exchange.days import today

HOME = 3


def when(item: Item) -> str:
    """From when until when, in words: what has only an end says so."""
    begins, ends = item.text("from") if item.value("from") else "", item.text("until") if item.value("until") else ""
    if begins and ends:
        return begins if begins == ends else f"{begins} – {ends}"
    return gettext("valid until %(day)s", day=ends) if ends else gettext("from %(day)s", day=begins) if begins else ""


def labels(item: Item) -> dict[str, str]:
    """How a listing is called in a line: its direction and its sort."""
    return {
        "direction": listing.labels(listing.DIRECTIONS).get(str(item.value("direction")), ""),
        "kind": listing.labels(listing.KINDS).get(str(item.value("kind")), ""), "when": when(item),
    }


def of_listing(item: Item) -> dict[str, Any]:
    """letter: the page on which one writes to whoever keeps it, or None; over: its time has passed; outcome: what came
    of it, told in the language `spoken`."""
    said, spoken = closing.outcome(item)
    over = bool(item.row.ends_at and item.row.ends_at < now())
    return {"letter": _letter(item), "over": over, "outcome": said, "spoken": spoken, **labels(item)}


def of_project(item: Item) -> dict[str, Any]:
    """Who brings what, the steps, and the page on which one writes to those who lead it."""
    finished = item.value("stage") == "finished"  # it looks for nobody any more
    return {
        "letter": None if finished else _letter(item), "brings": project.brought(item), "steps": project.steps(item, today()),
        "wanted": [] if finished else project.lines(item.value("wanted") or ""),
    }  # fmt: skip


def _letter(item: Item) -> str | None:
    content = session().get(Content, item.id) if item.status == "published" else None
    found = ask("message_page", content=content, language=item.asked) if content is not None else None
    return str(found) if found else None


def home() -> list[Block]:
    """The newest needs and offers side by side, and one project that looks for partners."""
    needs, offers = (items.newest("listing", HOME, direction=direction) for direction in (listing.NEED, listing.OFFER))
    looking = items.newest("project", 1, stage="looking") or items.newest("project", 1)
    if not (needs or offers):
        return []
    language = (needs or offers)[0].asked
    context = {"needs": needs, "offers": offers, "looking": looking, "came": pages.closed(language, 1), "labels_of": labels}
    return [Block("exchange/home.html", context, order=45, title=_("Needs and offers"))]
