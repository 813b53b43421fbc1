"""The place in a form: what its coordinates were read as, and what the geocoder finds for its address.

Everything happens on the server; the script of the page (`spot.js`) sends the same form and shows the same answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from flask import request

from hub.api import gettext, items, setting
from hub_greenmap import coordinates, geocoder, tiles


@dataclass
class Answer:
    """What is said beside a place. told: sentences; point: (lat, lon) to be shown; choices: [(lat and lon, label)], chosen one of
    them; searched: they are the geocoder's."""

    told: list[str] = field(default_factory=list)
    point: coordinates.Point | None = None
    choices: list[tuple[str, str]] = field(default_factory=list)
    chosen: str = ""
    searched: bool = False


class Spot:
    """One row of a form. `answer()` may ask the geocoder, so it is called where the page is made, once."""

    def __init__(self, subject: dict[str, Any]) -> None:
        self.n: int = subject["n"]
        self.place: dict[str, Any] = subject["place"]

    def answer(self) -> Answer:
        """What to show below the row."""
        made, typed = Answer(), str(self.place.get("point") or "").strip()
        if typed:
            made.point = coordinates.read(typed)
        if request.method != "POST":
            return made
        asked = request.form.get("do") == f"look {self.n}"
        if typed and made.point is None:
            made.told.append(self._unread(typed))
        elif asked and made.point:
            made.told.append(gettext("These coordinates are read as %(point)s.", point=spelled(made.point)))
        if asked:
            self._look_up(made, typed)
        return made

    def _unread(self, typed: str) -> str:
        if typed.lower().startswith("http"):
            return gettext("There are no coordinates in this link. Open it and copy the long address, or the coordinates themselves.")
        return gettext("These are not coordinates. Write them like 55.7963, 49.1088, or paste a link to a place on a map.")

    def _look_up(self, made: Answer, typed: str) -> None:
        parts = [text for part in ("address", "name") if (text := str(self.place.get(part) or "").strip())]
        pasted = next(((text, point) for text in parts if (point := coordinates.read(text))), None)
        if pasted and not typed:  # into the field of the address: nobody needs to be asked for that
            made.point, made.chosen = pasted[1], "{}, {}".format(*pasted[1])
            made.choices = [(made.chosen, pasted[0])]
            made.told.append(gettext("These coordinates are read as %(point)s.", point=spelled(made.point)))
            return
        if link := next((text for text in parts if text.lower().startswith("http")), ""):
            made.told.append(self._unread(link))
            return
        words = ", ".join(parts)
        if not geocoder.is_on() or not words:
            if not typed:
                made.told.append(
                    gettext("Write a town or an address first.") if geocoder.is_on() else gettext("Write or paste coordinates first.")
                )  # fmt: skip
            return
        try:
            found = geocoder.find(words, str(self.place.get("country") or ""), items.speaking())
        except geocoder.Silent as silent:
            made.told.append(str(silent))
            return
        made.choices = [(f"{place['lat']}, {place['lon']}", place["label"]) for place in found]
        made.searched = True
        if not found:
            said = gettext("Nothing is found for “%(words)s”. Shorten it, or take the place from a map.", words=words)
            made.told.append(said)
        elif len(found) == 1 and not typed:
            made.chosen = made.choices[0][0]


def spelled(point: coordinates.Point) -> str:
    """A point in both usual writings: 55.7963, 49.1088 (55°47′47″ N, 49°06′32″ E)."""
    lat, lon = point
    up, along = _minutes(lat), _minutes(lon)
    north = gettext("%(angle)s S", angle=up) if lat < 0 else gettext("%(angle)s N", angle=up)
    east = gettext("%(angle)s W", angle=along) if lon < 0 else gettext("%(angle)s E", angle=along)
    return f"{lat}, {lon} ({north}, {east})"


def _minutes(value: float) -> str:
    seconds = round(abs(value) * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}″"


def shown(subject: dict[str, Any]) -> dict[str, Any]:
    """What the template of a row needs."""
    return {
        "spot": Spot(subject), "tiles": tiles.chosen(), "own_tiles": tiles.own() is not None, "geocoder": geocoder.is_on(),
        "words": words(), "attribution": setting("greenmap.geocoder_attribution"),
    }  # fmt: skip


def words() -> str:
    """What the script of the form says, as JSON."""
    said = {
        "offline": gettext("You are offline: write the place as text; the rest can wait."),
        "failed": gettext("The hub does not answer. Press once more."),
        "nowhere": gettext("Your device does not say where it is."),
        "unsure": gettext("Your device knows it to about %(metres)s m only. Move the pin where it is wrong.", metres="{metres}"),
        "set": gettext("The pin stands at %(point)s.", point="{point}"),
        "pin": gettext("The place; drag it, or move the map and press “Pin to the middle”"),
        "zoomin": gettext("Zoom in"), "zoomout": gettext("Zoom out"), "tiles": gettext("The background of the map does not load."),
        "wheel": gettext("To zoom, hold Ctrl and turn the wheel."),
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False)
