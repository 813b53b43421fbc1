"""The pictures of a WordPress export: an entry's own (its featured image) and those in its text, each with the address it is had at.

An export names pictures before and behind the entries that show them, so entries are read with marks where pictures stand,
and the marks are replaced at the end. Only the old site's own pictures are taken: those that the export lists, and those that
lie on its host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from hub.api import gettext

from . import prose

_IMAGE = re.compile(r"<img\b([^>]*)>", re.I)
_SETTING = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_GALLERY = re.compile(r"\[gallery\b[^\]]*\bids\s*=\s*[\"']?([\d,\s]+)[^\]]*\]", re.I)
_SIZED = re.compile(r"-\d{1,5}x\d{1,5}(?=\.\w+$)")
_MARK = re.compile("\ue000(\\d+)\ue001")
_LINKED = re.compile("\\[(\ue000\\d+\ue001)\\]\\([^)\\s]*\\.(?:jpe?g|png|gif|webp|avif)(?:\\?[^)\\s]*)?\\)", re.I)


@dataclass
class Gallery:
    """The pictures that an export lists, by their numbers: (address, alt, caption)."""

    base: str = ""
    listed: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def note(self, number: str, address: str, alt: str, caption: str) -> None:
        """Take up one attachment."""
        if address := _address(address, self.base):
            self.listed[number] = (address, prose.plain(alt), prose.plain(caption))

    def illustrate(self, row: dict[str, Any]) -> None:
        """Put addresses where an entry's marks stand, and name its pictures as imports take them."""
        shown, own = row.pop("shown"), row.pop("thumbnail")
        pictures: dict[str, dict[str, str]] = {}
        by_address = {address: (alt, caption) for address, alt, caption in self.listed.values()}

        def picture(mark: re.Match[str]) -> str:
            settings = shown[int(mark[1])] if int(mark[1]) < len(shown) else {}
            address = self._address(settings, by_address)
            if not address:
                return ""
            alt, caption = by_address.get(address, ("", ""))
            alt = re.sub(r"[\[\]\\`*_<>]", "", prose.plain(settings.get("alt", "")) or alt)
            pictures.setdefault(address, {"alt": alt, "credit": caption})
            return f"![{alt}]({address})"

        for text in row["texts"].values():
            text["body"] = re.sub(r"\n{3,}", "\n\n", _MARK.sub(picture, _LINKED.sub(r"\1", text["body"]))).strip()
        if own in self.listed:
            row["picture"], alt, caption = self.listed[own]
            pictures[row["picture"]] = {"alt": alt or pictures.get(row["picture"], {}).get("alt", ""), "credit": caption}
        elif own:
            row["notes"] = [gettext("its picture (number %(number)s there) is not in the export; export all content", number=own)]
        if pictures:
            row["pictures"] = pictures

    def _address(self, settings: dict[str, str], by_address: dict[str, Any]) -> str:
        """Where the picture in a text is had: as it was uploaded where the export says so, else as the text shows it."""
        number = re.search(r"\bwp-image-(\d+)\b", settings.get("class", ""))
        if number and number[1] in self.listed:
            return self.listed[number[1]][0]
        address = _address(settings.get("src", ""), self.base)
        whole = _SIZED.sub("", address)
        if whole in by_address:
            return whole
        own, host = _host(self.base), _host(address)
        return address if address in by_address or (own and (host == own or host.endswith(f".{own}"))) else ""


def marked(html: str) -> tuple[str, list[dict[str, str]]]:
    """HTML with a mark wherever a picture stands, and what each says of itself; galleries are rows of pictures."""
    shown: list[dict[str, str]] = []

    def mark(image: re.Match[str]) -> str:
        shown.append({name.lower(): unescape(one or other) for name, one, other in _SETTING.findall(image[1])})
        return f"\ue000{len(shown) - 1}\ue001"

    html = re.sub("[\ue000\ue001]", "", html)
    html = _GALLERY.sub(lambda m: "".join(f'\n\n<img class="wp-image-{n}">\n\n' for n in re.findall(r"\d+", m[1])), html)
    return _IMAGE.sub(mark, html), shown


def _address(written: str, base: str) -> str:
    address = prose.safe_address(written, base) if written.strip() else ""
    return address if address.startswith("http") else ""


def _host(address: str) -> str:
    return urlsplit(address).netloc.lower().removeprefix("www.")
