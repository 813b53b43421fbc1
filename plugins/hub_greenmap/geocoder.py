"""Places for addresses: a geocoder that speaks as Nominatim does, where the settings name one.

The hub asks it, never the visitor's browser; answers are kept for 90 days, and the whole site asks at most once a second,
however many processes and hosts it has.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import math
import time
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from sqlalchemy.exc import IntegrityError

from hub.api import NetError, fetch, fold, forms, gettext, items, now, session, setting
from hub_greenmap.models import Found

log = logging.getLogger("hub.greenmap")
KEPT = dt.timedelta(days=90)
BETWEEN = dt.timedelta(seconds=1)
PATIENCE = 4.0  # seconds that a form waits for its turn
MOST, LARGEST = 5, 300_000
PER_HOUR = 60  # questions of one visitor
TURN = "turn"


class Silent(Exception):
    """There is no answer; the sentence says why, for the person at the form."""


def is_on() -> bool:
    """Whether the settings name a geocoder."""
    return bool(setting("greenmap.geocoder"))


def find(words: str, country: str, language: str) -> list[dict[str, Any]]:
    """[{label, lat, lon}] for an address as text, best first. Raises Silent. Ends the session's transaction."""
    address = str(setting("greenmap.geocoder"))
    question = {"q": " ".join(words.split())[:300], "format": "jsonv2", "limit": str(MOST), "accept-language": language}
    if country:
        question["countrycodes"] = country.lower()
    key = hashlib.sha256("\0".join((address, language, country, fold(question["q"]))).encode()).hexdigest()
    known = session().get(Found, key)
    if known is not None and known.at > now() - KEPT:
        return list(known.places)
    session().rollback()  # nothing is held while somebody else's server thinks
    if forms.wait("greenmap find", request.remote_addr or "?", PER_HOUR, 3600):
        raise Silent(gettext("You have looked up very many addresses. Take the place from a map, or try again in an hour."))
    if not _turn():
        raise Silent(gettext("Many people are looking up addresses right now. Press once more."))
    places = _asked(address, question)
    _keep(key, places)
    return places


def _asked(address: str, question: dict[str, str]) -> list[dict[str, Any]]:
    url = f"{address}{'&' if '?' in address else '?'}{urlencode(question)}"
    agent = f"hub ({items.site()['url']})"  # who asks, as the rules of Nominatim want it
    try:
        reply = fetch(url, headers={"Accept": "application/json"}, max_bytes=LARGEST, deadline=6, user_agent=agent)
        if reply.status != 200:
            raise ValueError(f"status {reply.status}")
        body = json.loads(reply.body)
        return [found for found in map(_place, body if isinstance(body, list) else ()) if found][:MOST]
    except (NetError, ValueError, RecursionError) as error:
        log.warning("the geocoder does not answer: %s", error)
        raise Silent(
            gettext("The search for addresses does not answer just now. The place is kept as text; take it from a map, "
                    "or try again later.")
        ) from None  # fmt: skip


def _place(raw: Any) -> dict[str, Any] | None:
    """One place of an answer; None where it is none."""
    try:
        lat, lon, label = float(raw["lat"]), float(raw["lon"]), str(raw["display_name"])
    except (KeyError, TypeError, ValueError):
        return None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return {"label": " ".join(label.split())[:200], "lat": round(lat, 6), "lon": round(lon, 6)}


def _turn() -> bool:
    """Wait for the turn of this site; False where too many wait."""
    end = time.monotonic() + PATIENCE
    while True:
        moment = now()
        mine = sa.update(Found).where(Found.key == TURN, Found.at <= moment - BETWEEN).values(at=moment)
        taken = session().execute(mine).rowcount  # type: ignore[attr-defined]
        there = taken or session().get(Found, TURN, populate_existing=True) is not None
        session().commit()
        if taken or (not there and _keep(TURN, [])):
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.25)


def _keep(key: str, places: list[dict[str, Any]]) -> bool:
    """Write an answer down; False where another process just did."""
    try:
        session().merge(Found(key=key, places=places, at=now()))
        session().commit()
    except IntegrityError:
        session().rollback()
        return False
    return True


def forget() -> None:
    """Drop the answers that are old (a daily job)."""
    session().execute(sa.delete(Found).where(Found.at < now() - KEPT, Found.key != TURN))
    session().commit()
