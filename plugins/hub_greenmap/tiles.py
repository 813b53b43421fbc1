"""The map's background: the land that comes with the plugin, and tiles of a provider where the settings name one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Response, abort, send_file

from hub.api import gettext, setting

_ADDRESS = re.compile(r"https?://[^\s{}]+(\{[a-z]+\}[^\s{}]*)*")
_HOST = re.compile(r"[a-z0-9.-]+(:\d{1,5})?")


@dataclass(frozen=True)
class Tiles:
    """A provider's tiles. address: with {z}, {x}, {y}; origin: scheme and host of it; attribution: plain text."""

    address: str
    attribution: str
    origin: str
    about: str
    deepest: int


def chosen() -> Tiles | None:
    """What the settings name, or None: then no request leaves the site. A broken address counts as none."""
    address = str(setting("greenmap.tiles") or "").strip()
    if not address or trouble(address):
        return None
    parts = urlsplit(address)
    key = quote(str(setting("greenmap.tiles_key") or ""), safe="")
    return Tiles(
        address.replace("{key}", key), str(setting("greenmap.tiles_attribution") or "") or parts.netloc,
        f"{parts.scheme}://{parts.netloc.lower()}", str(setting("greenmap.tiles_about") or ""),
        int(setting("greenmap.tiles_zoom")),
    )  # fmt: skip


def trouble(address: str) -> str:
    """What is wrong with an address of tiles; empty where it is fine, or where there is none."""
    if not address:
        return ""
    if not all(part in address for part in ("{z}", "{x}", "{y}")) or not _ADDRESS.fullmatch(address):
        return gettext("The address of tiles needs {z}, {x} and {y}, like https://tile.example.org/{z}/{x}/{y}.png")
    if not _HOST.fullmatch(urlsplit(address).netloc.lower()):
        return gettext("The address of tiles names one host, without {s} and without a password.")
    return ""


# -- an own file of tiles ---------------------------------------------------------------------------------------------------

MAGIC = b"PMTiles\x03"


def own() -> Path | None:
    """The PMTiles file (vector tiles, version 3) that the settings name, if it is there and is one."""
    name = str(setting("greenmap.pmtiles") or "").strip()
    return Path(name) if name and not own_trouble(name) else None


def own_trouble(name: str) -> str:
    """What is wrong with the file of tiles; empty where it is fine, or where there is none."""
    if not name:
        return ""
    path = Path(name)
    if path.suffix != ".pmtiles" or not path.is_absolute():
        return gettext("The file of tiles is named by its whole path on the server and ends in .pmtiles.")
    try:
        with path.open("rb") as file:
            head = file.read(127)
    except OSError as error:
        return gettext("The file of tiles cannot be read: %(error)s", error=error.strerror)
    if head[:8] != MAGIC or len(head) < 127:
        return gettext("The file of tiles is no PMTiles archive of version 3.")
    vectors = head[99] == 1
    return "" if vectors else gettext("The file of tiles holds pictures; vector tiles are needed (as Protomaps makes them).")


def own_file() -> Response:
    """The file by Range requests: 206 with the part, 416 where there is none, 304 by its ETag."""
    path = own()
    if path is None:
        abort(404)
    answer = send_file(path, mimetype="application/vnd.pmtiles", conditional=True, max_age=3600)
    answer.headers["Accept-Ranges"] = "bytes"
    return answer
