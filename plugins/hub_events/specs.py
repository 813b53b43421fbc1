"""The hooks that events publishes for others to ask: who was there, what the programme holds, how one comes in."""

from __future__ import annotations

from typing import Any

from hub.api import hookspec


@hookspec(firstresult=True)
def attendance(user: Any, content: Any) -> str | None:
    """What a person was at an event: None, "registered" (has a place) or "attended". content: a Content or an item.

    Ask: `hub.api.ask("attendance", user=current_user(), content=content)`
    """


@hookspec(firstresult=True)
def programme(content: Any) -> list[dict[str, Any]] | None:
    """The sessions of an event in order of time; None where the item is no event. content: a Content or an item.

    Each: id, starts_at, ends_at, kind, track, room, team, speakers, titles (language → title), capacity, left (None: no
    limit), signup. Ask: `hub.api.ask("programme", content=content)`
    """


@hookspec(firstresult=True)
def entrance(content: Any) -> dict[str, Any] | None:
    """How one comes to an event, in the language of the page; None where the item is no event. content: a Content or an item.

    when, here (the same in the site's zone), zone, state, state_label, open (one can register), closed (why not, a sentence),
    left (places, None: no limit), label and url of the one button, days: [(heading, [{id, titles, time, words, room, left}])].
    Ask: `hub.api.ask("entrance", content=content)`
    """
