"""Followed hubs as pages show them: state in words, what they share, where, when they were last heard of."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.api import Content, Item, content_type, gettext, items, now, session

from . import words
from .models import Followed, Kept

SILENT = dt.timedelta(days=7)
SHOWN_PLACES = 4


@dataclass(frozen=True)
class Line:
    """One hub. state: ok, warn, err, off: the mark beside it. kinds: (label, how many, address of the list) here."""

    hub: Followed
    state: str
    said: str
    error: str
    count: int
    kinds: list[tuple[str, int, str]]
    places: list[str]
    languages: list[str]

    @property
    def progress(self) -> int | None:
        """Per cent of its log that has been read; None once that is all."""
        if self.hub.state != "active" or self.hub.swept >= self.hub.round or not self.hub.head:
            return None
        return min(99, 100 * self.hub.since // self.hub.head)


def lines(language: str, *, public: bool = False) -> list[Line]:
    """Every hub by name. public: those that the directory shows."""
    query = sa.select(Followed).order_by(sa.func.lower(Followed.name), Followed.id)
    hubs = session().scalars(query.where(Followed.state.in_(("active", "paused"))) if public else query).all()
    counts, places = _counts(hubs, public), _places(hubs, language)
    return [_line(hub, counts.get(hub.origin, {}), places.get(hub.origin, []), language) for hub in hubs]


def line(hub: Followed, language: str) -> Line:
    """One hub."""
    return _line(hub, _counts([hub]).get(hub.origin, {}), _places([hub], language).get(hub.origin, []), language)


def _line(hub: Followed, counts: dict[str, int], places: list[str], language: str) -> Line:
    state, said = _state(hub)
    kinds = []
    for kind, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        if ctype := content_type(kind):
            url = f"/{language}/{ctype.path}/?hub={hub.origin.removeprefix('hub/')}"
            kinds.append((str(ctype.plural), count, url))
    error = words.in_words(hub.error, hub.detail) if hub.error else ""
    told = [str(code) for code in hub.about.get("languages", [])]
    return Line(hub, state, said, error, sum(counts.values()), kinds, [hub.place] if hub.place else places, told)


def _state(hub: Followed) -> tuple[str, str]:
    if hub.state != "active":
        said = {"paused": gettext("paused"), "blocked": gettext("blocked"), "leaving": gettext("being removed")}
        return "off", said[hub.state]
    if hub.error:
        return ("err" if silent(hub) else "warn"), gettext("does not answer as it should")
    if hub.reached is None:
        return "ok", gettext("waits for its first reading")
    return "ok", gettext("up to date") if hub.swept >= hub.round else gettext("is being read")


def silent(hub: Followed) -> bool:
    """Whether a hub has failed for days, without a success between."""
    return bool(hub.failing_since and hub.failing_since < now() - SILENT)


def _counts(hubs: Iterable[Followed], public: bool = False) -> dict[str, dict[str, int]]:
    """Origin → kind → how many published entries of it are here. public: of those that everybody may read."""
    mine = sa.select(Content.origin, Content.kind, sa.func.count()).group_by(Content.origin, Content.kind)
    mine = mine.where(Content.audience == "public") if public else mine
    found: dict[str, dict[str, int]] = {}
    for origin, kind, count in session().execute(
        mine.where(Content.origin.in_([hub.origin for hub in hubs]), Content.status == "published")
    ):
        found.setdefault(origin, {})[kind] = count
    return found


def _places(hubs: Iterable[Followed], language: str) -> dict[str, list[str]]:
    """Origin → where most of its newest entries are, by name."""
    found: dict[str, list[str]] = {}
    place = items.ContentPlace
    for hub in hubs:
        mine = sa.select(place.names).join(Content, Content.id == place.content_id)
        newest = mine.where(Content.origin == hub.origin, Content.status == "published", Content.audience == "public", place.n == 0)
        rows = session().scalars(newest.order_by(Content.published.desc(), Content.id).limit(100))
        counted = Counter(names.get(language) or next(iter(names.values())) for names in rows if names)
        found[hub.origin] = [name for name, _ in counted.most_common(SHOWN_PLACES)]
    return found


def front(language: str, level: int, limit: int = 4) -> list[Item]:
    """What the front page shows of other hubs: what editors put first, then the newest."""
    shown = sa.select(Kept.content_id).join(Content, Content.id == Kept.content_id).where(
        Content.status == "published", Content.kind.in_([ctype.kind for ctype in items.types()]),
        Content.audience.in_(items.AUDIENCES[: level + 1]),
    )  # fmt: skip
    ids = session().scalars(shown.order_by(Kept.featured.is_(None), Kept.featured.desc(), Content.published.desc()).limit(limit))
    return items.load([number for number in ids if number], language, level)


def entry(item: Any) -> tuple[Kept, Followed] | None:
    """What is known of an item that came from another hub, and the hub; None for others."""
    found = session().execute(
        sa.select(Kept, Followed).join(Followed, Followed.id == Kept.hub_id).where(Kept.content_id == item.id)
    ).first()  # fmt: skip
    return (found[0], found[1]) if found else None
