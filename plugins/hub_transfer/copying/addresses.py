"""Which addresses of the hub are in the copy, and which file each one is."""

from __future__ import annotations

import posixpath
import re
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

# What only works with a server behind it. `/embed` is a page for frames of other sites.
LIVE = re.compile(r"^/(desk|account|api|-|oembed|\.well-known)(/|$)|^/([a-z-]+/)?search\.|/embed$")
SEARCH = re.compile(r"^/([a-z-]+)/search/?$")  # a page of the copy's own
VARIANTS = ("page", "after", "year", "state", "what", "tab", "when")  # names that turn a page's leaves
FILE = re.compile(r"\.[a-z0-9]{1,12}$")
UNSAFE = re.compile(r"[^\w.,=~+@-]")


@dataclass(frozen=True)
class Site:
    """Where the hub says that it stands, and its languages (the main one first)."""

    origin: str
    languages: tuple[str, ...]

    def inside(self, href: str, page: str, facets: frozenset[str] = frozenset()) -> str | None:
        """The path (and query) of a link on a page where it is one for the copy; None for what is elsewhere or live.

        page: the path of the page with the link. facets: names of conditions that the page offers.
        """
        if href.startswith("//") or (scheme := urlsplit(href).scheme) not in ("", "http", "https"):
            return None
        if scheme and not (href + "/").startswith(self.origin + "/"):
            return None
        root, below = urlsplit(self.origin).path, href.removeprefix(self.origin) or "/"
        if root and f"{below}/".startswith((root + "/", root + "?")):
            below = below.removeprefix(root) or "/"
        parts = urlsplit(urljoin(page, below))
        path = posixpath.normpath(parts.path) + ("/" if parts.path.endswith("/") and parts.path != "/" else "")
        if found := SEARCH.match(path):
            return f"/{found[1]}/search/"
        if LIVE.search(path):
            return None
        if not self.spoken(path):
            return path  # a static file: `?v=` is for caches
        query = [(name, value) for name, value in parse_qsl(parts.query) if (name, value) != ("page", "1")]
        if any(name not in VARIANTS and name not in facets for name, _ in query) or (query and FILE.search(path)):
            return None
        if sum(name in facets for name, _ in query) > 1:  # the map's layers add up: all their combinations have no end
            return None
        return path + (f"?{urlencode(query)}" if query else "")

    def spoken(self, path: str) -> bool:
        """Whether an address is a page or a list of a language."""
        return path.strip("/").split("/", 1)[0].split("?")[0] in self.languages

    def file(self, address: str) -> str:
        """The file of an address, below the copy's folder, with slashes: `/ru/cases/?topic=sad` is
        `ru/cases/_topic=sad/index.html`."""
        parts = urlsplit(address)
        path = parts.path.strip("/")
        if FILE.search(path) and not parts.path.endswith("/"):
            return "/".join(_name(part) for part in path.split("/"))
        turns = ["_" + _name(f"{name}={value}") for name, value in parse_qsl(parts.query)]
        return "/".join([*(_name(part) for part in path.split("/") if part), *turns, "index.html"])


def _name(text: str) -> str:
    """A part of an address as a file's name on every system; what is left out makes no two names equal."""
    safe = UNSAFE.sub(lambda found: "%" + found[0].encode().hex(), text)
    return safe if len(safe.encode()) <= 200 else f"{safe[:60]}~{zlib.crc32(safe.encode()):x}"


def relative(target: str, page: str, fragment: str = "") -> str:
    """How a link on the file `page` names the file `target`."""
    path = posixpath.relpath(target, posixpath.dirname(page) or ".")
    return quote(path, safe="/~+@,=") + (f"#{fragment}" if fragment else "")


def fragment_of(href: str) -> str:
    """The part of an address behind its #."""
    return urlsplit(href).fragment


def known(found: dict[str, Any], address: str) -> str | None:
    """The address a link ends at, over redirects; None where it is not in the copy."""
    for _ in range(5):
        entry = found.get(address)
        if entry is None or entry.get("gone"):
            return None
        if "to" not in entry:
            return address
        address = entry["to"]
    return None
