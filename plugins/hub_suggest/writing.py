"""Reading what was typed into a form of suggestions: changed fields, who sends it, and what speaks against it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import sqlalchemy as sa
from flask import request

from hub.api import (
    ContentType,
    Faults,
    Item,
    ListQuery,
    ask,
    current_user,
    fold,
    forms,
    gettext,
    items,
    may,
    session,
    setting,
)
from hub_suggest import fields
from hub_suggest.models import Rule

MAX_PICTURE = 8_000_001
CLOSE = 100  # metres within which a likely title is the same place
Point = tuple[float, float]
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+\.[^\s@<>()\[\]\\,;:\".]+")


@dataclass
class Typed:
    """A form as it was sent. doc: the typed document; values: the fields that were changed; faults: what is wrong."""

    doc: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    note: str = ""
    name: str = ""
    email: str = ""
    picture: bytes = b""


def read(ctype: ContentType, before: Mapping[str, Any], language: str, *, quick: bool = False, look: bool = False) -> Typed:
    """What this request typed over a document. Nothing raises: faults come with it. look: as typed, nothing checked."""
    form = request.form
    doc = forms.parse(ctype, form, dict(before), language, 0, quick=quick)
    faults = doc.pop("faults")
    typed = Typed(
        doc, note=_lines(form.get("note", ""), 4000), name=_lines(form.get("name", ""), 120).replace("\n", " ")
    )
    typed.email = form.get("email", "").strip()[:254]
    if look:
        return typed
    try:
        checked = forms.checked(ctype, doc)
    except Faults as error:
        faults = {**error.faults, **faults}
    else:
        typed.doc = checked
        shown = fields.keys_of(forms.build(ctype, doc, language, 0, quick=quick))
        values = fields.flat(ctype, checked)
        typed.values = {key: values.get(key) for key in fields.changed(form.get("shown", ""), values, shown)}
    if typed.email and not _ADDRESS.fullmatch(typed.email):
        faults["sender"] = gettext("This does not look like an e-mail address: %(text)s", text=typed.email)
    if not typed.email and setting("suggest.confirm") and current_user() is None:
        faults["sender"] = gettext("An address is needed here: we send a link to it to confirm the suggestion.")
    upload = request.files.get("picture")
    typed.picture = upload.read(MAX_PICTURE) if upload and upload.filename else b""
    typed.faults = faults
    return typed


def _lines(text: str, limit: int) -> str:
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()[:limit]


def rules() -> dict[str, str]:
    """Kind → who may suggest items of it: nobody, members or anyone (a kind that no member may propose: nobody)."""
    decided = {rule.kind: rule.who for rule in session().scalars(sa.select(Rule))}
    return {
        ctype.kind: decided.get(ctype.kind, "anyone") if ctype.members_may_propose and ctype.navigation else "nobody"
        for ctype in items.types()
    }


def allowed(ctype: ContentType) -> str:
    """Who may suggest items of a kind."""
    return rules().get(ctype.kind, "nobody")


def offered() -> list[ContentType]:
    """The kinds of which whoever asks may suggest items."""
    who, member = rules(), may(current_user(), "content.propose")
    return [c for c in items.types() if who[c.kind] == "anyone" or (who[c.kind] == "members" and member)]


def may_suggest(ctype: ContentType) -> bool:
    """Whether whoever asks may suggest items of this kind and corrections to them."""
    return ctype in offered()


def changes_of_senders(kind: str) -> str:
    """Whether a sender's change to the own published entry waits (review) or goes out at once (publish)."""
    rule = session().get(Rule, kind)
    return rule.changes if rule else "review"


def alike(ctype: ContentType, doc: Mapping[str, Any], language: str) -> list[tuple[Item, int | None]]:
    """Published items of the kind that are like this one, with the metres between them where they stand within 100 m: as
    another plugin says, else by title, the nearest first, then those in a place of the same name."""
    wanted = {fold(text["title"]) for text in doc["texts"].values() if text.get("title")}
    places = {fold(name) for place in doc["places"] for name in (place.get("names") or {}).values()}
    spots = [(place["lat"], place["lon"]) for place in doc["places"] if place.get("lat") is not None]
    if (known := ask("alike", kind=ctype.kind, doc=doc, language=language)) is not None:
        return [(item, _close(spots, item)) for item in known]
    scored = []
    for item in items.load(_candidates(ctype, wanted, spots, language), language):
        titles = [fold(text["title"]) for text in item.all_texts.values()]
        metres = _close(spots, item)
        close = metres is not None
        near = close or bool(places & {fold(name) for place in item.places for name in place.names.values()})
        likeness = max((_likeness(a, b) for a in wanted for b in titles), default=0.0)
        if likeness >= (0.45 if close else 0.55 if near else 0.75):
            scored.append((close, near, likeness, item, metres))
    scored.sort(key=lambda entry: entry[:3], reverse=True)
    return [entry[3:] for entry in scored[:5]]


def _candidates(ctype: ContentType, wanted: set[str], spots: list[Point], language: str) -> list[int]:
    """Items to be compared: with one of the longer words of the title, or around one of the points."""
    words = sorted({word for title in wanted for word in title.split() if len(word) > 3}, key=len, reverse=True)[:3]
    queries = [ListQuery((ctype.kind,), language, q=word, literal=True, limit=30) for word in words]
    queries += [ListQuery((ctype.kind,), language, bbox=_around(spot), limit=100) for spot in spots[:5]]
    return list(dict.fromkeys(number for query in queries for number in items.find(query).ids))


def _around(spot: Point) -> tuple[float, float, float, float]:
    """The box that holds everything within 100 m, over the antimeridian where it must."""
    lat, lon = spot
    up = CLOSE / 111_000
    along = min(180.0, up / max(0.01, math.cos(math.radians(lat))))
    west, east = ((lon + side + 180) % 360 - 180 for side in (-along, along))
    return west, max(-90.0, lat - up), east, min(90.0, lat + up)


def _close(mine: list[Point], item: Item) -> int | None:
    """The metres to an item that stands within 100 m, else None."""
    metres = _metres(mine, [(place.lat, place.lon) for place in item.places if place.lat is not None])
    return metres if metres is not None and metres <= CLOSE else None


def _metres(mine: list[Point], theirs: list[Any]) -> int | None:
    """The least way between two lists of points; None where one is empty."""
    return min((_way(a, b) for a in mine for b in theirs), default=None)


def _way(a: Point, b: Point) -> int:
    """Metres between two points, on a sphere."""
    (north, east), (north2, east2) = (map(math.radians, point) for point in (a, b))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return round(2 * 6_371_000 * math.asin(min(1.0, math.sqrt(half))))


def _likeness(a: str, b: str) -> float:
    """How alike two titles are, 0 to 1; one that is wholly part of the other is like it."""
    mine, theirs = set(a.split()), set(b.split())
    if mine and theirs and (mine <= theirs or theirs <= mine) and min(len(mine), len(theirs)) > 1:
        return 0.9
    return SequenceMatcher(None, a, b).ratio()
