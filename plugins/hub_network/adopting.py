"""Adoptions across hubs: a practice there that says it was taken over from one of ours is offered to those who keep ours.

What they say is theirs to say; it is public here only once those who keep the practice, or an editor, have confirmed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.api import Item, ask, items, now, session

from .models import Followed, Kept

KIND, RELATION = "case", "based_on"  # practices, and what they say of where they come from
A_DAY = 20  # offers of one hub that are passed on in a day
DUE = "due"


def named(kind: str, links: Any, home: str) -> list[str]:
    """The uids of our practices that an entry (as its hub gives it) says it was taken over from."""
    ends = links.get(RELATION) if kind == KIND and isinstance(links, dict) else None
    found = [end.get("source") for end in ends if isinstance(end, dict)] if isinstance(ends, list) else []
    ours = [one for one in found if isinstance(one, dict) and str(one.get("url", "")).startswith(f"{home}/")]
    return [one["uid"] for one in ours if isinstance(one.get("uid"), str) and len(one["uid"]) == 36][:1]


def note(kept: Kept, item: Mapping[str, Any]) -> None:
    """Note what an entry that was taken over says; nothing is offered twice unless it has changed."""
    kept.adopts = item["adopts"][0] if item["adopts"] else ""
    kept.offered = DUE if kept.adopts else kept.offered


def offer_some(hub: Followed) -> list[tuple[str, str, str]]:
    """Pass on what is due, a bounded number a day; answers what the practices refused, as `taking.refuse` takes it."""
    today, refused = now().date().isoformat(), list[tuple[str, str, str]]()
    mine = sa.select(Kept).where(Kept.hub_id == hub.id)
    due = session().scalars(mine.where(Kept.offered == DUE, Kept.content_id.is_not(None)).order_by(Kept.id).limit(A_DAY)).all()
    if not due:
        return []
    room = A_DAY - (session().scalar(sa.select(sa.func.count()).select_from(mine.where(Kept.offered == today).subquery())) or 0)
    shown = {item.id: item for item in items.load([kept.content_id for kept in due if kept.content_id], items.site()["languages"][0])}
    for kept in due[: max(0, room)]:
        item, kept.offered = shown.get(kept.content_id or 0), today
        if item is None:
            continue
        try:
            ask("offer_adoption", case=kept.adopts, adoption=_told(hub, kept, item))
        except ValueError as error:
            refused.append(("adoption", kept.uid, str(error)))
    return refused


def _told(hub: Followed, kept: Kept, item: Item) -> dict[str, Any]:
    """An entry as the hook `offer_adoption` of the practices takes it: "we did it too"."""
    place = item.place
    where = {"city": dict(place.names), "country": place.country, "lat": place.lat, "lon": place.lon} if place else {}
    texts = {code: text for code, text in item.all_texts.items() if text.get("title")}
    return {
        "stage": "adopted", "names": {code: f"{text['title']} ({hub.name})" for code, text in texts.items()},
        "texts": {code: text["summary"] for code, text in texts.items() if text.get("summary")},
        "evidence": item.row.source_url, "offered_by": "network", "key": f"{hub.origin}/{kept.uid}", **where,
    }  # fmt: skip
