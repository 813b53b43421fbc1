"""Layers of other sites: read by a job through the guarded client, kept when that fails, shown with whose they are.

They are points with a name, a line of text and a link; an area counts by its middle. They stand in no total, list, search
or file of this hub.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.api import Check, NetError, excerpt, fetch, gettext, items, now, session, setting
from hub_greenmap import importing
from hub_greenmap.models import Layer

log = logging.getLogger("hub.greenmap")
MOST, PLACES, LARGEST = 20, 2000, 5_000_000
OLD = dt.timedelta(days=7)
_LINKS = ("url", "source_url", "website", "link", "contact:website", "href")


@dataclass(frozen=True)
class Named:
    """A layer as the settings name it."""

    key: str
    name: str
    address: str
    attribution: str


@dataclass(frozen=True)
class Shown(Named):
    """A layer that was read. left_out: places above the limit and those without a name or point."""

    places: list[dict[str, Any]]
    left_out: int
    read: dt.datetime


def named() -> list[Named]:
    """The layers of the settings; lines that name no address are left out (and told by the health check)."""
    return [layer for layer in map(_named, _lines()) if layer][:MOST]


def _lines() -> list[str]:
    return [line for line in (str(line).strip() for line in setting("greenmap.layers")) if line]


def _named(line: str) -> Named | None:
    parts = [part.strip() for part in line.split("|")]
    name, address, attribution = (*parts, "", "")[:3]
    where = urlsplit(address)
    if not name or where.scheme not in ("http", "https") or not where.netloc:
        return None
    key = hashlib.sha256(address.encode()).hexdigest()[:12]
    return Named(key, name[:100], address, attribution[:300] or where.netloc)


def trouble(lines: Sequence[str]) -> str:
    """What is wrong with the lines of the setting: the first that names no address, or too many; empty where they are fine."""
    broken = next((line for line in lines if _named(line) is None), None)
    if broken is not None:
        return gettext("A layer is a line “name | https://… | whose it is”, not “%(line)s”.", line=broken[:60])
    return gettext("At most %(most)s layers are shown.", most=MOST) if len(lines) > MOST else ""


def shown() -> list[Shown]:
    """The layers that were read at least once, in the order of the settings."""
    wanted = named()
    if not wanted:
        return []
    rows = {row.key: row for row in session().scalars(sa.select(Layer).where(Layer.key.in_([layer.key for layer in wanted])))}
    return [
        Shown(layer.key, layer.name, layer.address, layer.attribution, row.places, row.left_out, row.read)
        for layer in wanted if (row := rows.get(layer.key)) and row.read
    ]  # fmt: skip


# -- reading them -----------------------------------------------------------------------------------------------------------


def refresh() -> None:
    """Ask for every layer, whether it has changed; what fails keeps what it had. Layers no longer named are dropped (a job)."""
    wanted, changed = named(), False
    for layer in wanted:
        row = session().get(Layer, layer.key) or Layer(key=layer.key, etag="", modified="", places=[], left_out=0, trouble="")
        before = (row.places, row.left_out)
        session().expunge_all()  # nothing is held while another server thinks
        session().rollback()
        _read(layer, row)
        row.checked = now()
        session().merge(row)
        session().commit()
        changed = changed or (row.places, row.left_out) != before
    gone = session().execute(sa.delete(Layer).where(Layer.key.not_in([layer.key for layer in wanted])))
    session().commit()
    if changed or gone.rowcount:  # type: ignore[attr-defined]
        items.touch()  # pages that are kept show it
        items.commit()


def _read(layer: Named, row: Layer) -> None:
    known = {"If-None-Match": row.etag, "If-Modified-Since": row.modified} if row.read else {}
    headers = {name: value for name, value in known.items() if value}
    try:
        reply = fetch(layer.address, headers=headers, max_bytes=LARGEST, deadline=20, user_agent=f"hub ({items.site()['url']})")
        if reply.status == 304 and row.read:
            row.read, row.trouble = now(), ""
            return
        if reply.status != 200:
            raise ValueError(f"status {reply.status}")
        row.places, row.left_out = _places(_rows(reply.body))
    except (NetError, ValueError) as error:
        row.trouble = str(error)[:300]
        log.warning("layer %s: %s", layer.name, error)
        return
    row.etag, row.modified = reply.headers.get("etag", "")[:300], reply.headers.get("last-modified", "")[:100]
    row.read, row.trouble = now(), ""


def _rows(body: bytes) -> list[importing.Row]:
    return importing.kml(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else importing.geojson(body)


def _places(rows: list[importing.Row]) -> tuple[list[dict[str, Any]], int]:
    """Places to be shown, and how many were left out."""
    made = []
    for _number, row in rows:
        title = "" if isinstance(row, Exception) else excerpt(str(row.get("title") or ""), 150)
        if isinstance(row, Exception) or not title or "lat" not in row:
            continue
        url = next((link for link in _links(row) if link), "")
        text = excerpt(str(row.get("summary") or ""), 200)
        made.append({"title": title, "text": text, "url": url, "lat": float(row["lat"]), "lon": float(row["lon"])})
    return made[:PLACES], len(rows) - len(made[:PLACES])


def _links(row: Any) -> Iterator[str]:
    for name in _LINKS:
        url = str(row.get(name) or "")
        yield url[:500] if urlsplit(url).scheme in ("http", "https") else ""


def checks() -> Iterable[Check]:
    """For the health page: lines that are none, layers that cannot be read."""
    if wrong := trouble(_lines()):
        yield Check("layers", "warning", wrong, gettext("Layers of other sites"))
    rows = {row.key: row for row in session().scalars(sa.select(Layer).where(Layer.trouble != ""))}
    for layer in named():
        if row := rows.get(layer.key):
            since = "never read" if row.read is None else f"as of {row.read:%Y-%m-%d %H:%M} UTC"
            yield Check(f"layer {layer.name}", "warning", f"{row.trouble} ({since})", layer.name)
