"""The map's background: the land that comes with the plugin, and tiles of a provider where the settings name one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from hub.api import setting

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
    """What is wrong with an address of tiles, in English for the health check; empty where it is fine."""
    if not all(part in address for part in ("{z}", "{x}", "{y}")) or not _ADDRESS.fullmatch(address):
        return "the address of tiles needs {z}, {x} and {y}, like https://tile.example.org/{z}/{x}/{y}.png"
    if not _HOST.fullmatch(urlsplit(address).netloc.lower()):
        return "the address of tiles names one host, without {s} and without a password"
    return ""
