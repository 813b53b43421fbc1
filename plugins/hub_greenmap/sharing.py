"""Lists elsewhere: oEmbed for pages that paste an address, and any address of this site as a QR code."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import gettext, instance, items, render_page

HEIGHT, WIDTH = 640, 800


def path_of(address: str) -> str:
    """The path and query, below the hub's own path, of an address of this site; "" for any other."""
    try:
        own, asked = urlsplit(items.site()["url"]), urlsplit(address)
    except ValueError:
        return ""
    if asked.scheme or asked.netloc:
        if (asked.scheme, asked.netloc) != (own.scheme, own.netloc) and asked.netloc != request.host:
            return ""
    elif not address.startswith("/") or address.startswith(("//", "/\\")):
        return ""
    if re.search(r"[\x00-\x20\\]", address):
        return ""
    below = f"{asked.path}/".startswith(f"{own.path}/")
    if asked.netloc and not below:
        return ""
    return (asked.path.removeprefix(own.path) if below else asked.path) + (f"?{asked.query}" if asked.query else "")


def list_at(path: str) -> tuple[str, str] | None:
    """(address of the frame, title) of a list's page, map and search included; None for pages that are no lists."""
    match = re.fullmatch(r"/([a-z]{2,3})/([\w-]+)/(\?.*)?", path)
    if not match or match[1] not in items.site()["languages"]:
        return None
    ctype = items.type_at(match[2])
    with force_locale(match[1]):  # whoever asks speaks for a page, not for a reader
        own = {"map": gettext("Map"), "search": gettext("Search")}
        title = own.get(match[2]) or (str(ctype.plural) if ctype else "")
    return (items.absolute(f"/{match[1]}/{match[2]}/embed{match[3] or ''}"), title) if title else None


def oembed() -> ResponseReturnValue:
    """`/oembed?url=…`: the frame of a list as oEmbed 1.0 tells it; 404 for other pages, 501 for unknown formats."""
    shape = request.args.get("format", "json")
    if shape not in ("json", "xml"):
        return items.data('{"error":"json or xml"}', "application/json"), 501
    found = list_at(path_of(request.args.get("url", "")))
    if found is None:
        abort(404)
    width, height = (_size(name, most) for name, most in (("maxwidth", WIDTH), ("maxheight", HEIGHT)))
    frame = render_template("greenmap/frame.html", address=found[0], title=found[1], width=width, height=height)
    body: dict[str, Any] = {
        "version": "1.0", "type": "rich", "title": found[1], "provider_name": items.site()["name"],
        "provider_url": items.site()["url"], "html": frame.strip(), "width": width, "height": height,
    }  # fmt: skip
    if shape == "json":
        return items.data(json.dumps(body, ensure_ascii=False), "application/json")
    root = ET.Element("oembed")
    for name, value in body.items():
        ET.SubElement(root, name).text = str(value)
    return items.data(b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8"), "text/xml")


def _size(name: str, most: int) -> int:
    text = request.args.get(name, "")
    return min(most, max(200, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else most


def code(lang: str) -> ResponseReturnValue:
    """A page with the QR code of an address of this site, to be printed and hung up where the place is."""
    path = _asked()
    return render_page("greenmap/code.html", address=items.absolute(path), path=path)


def drawing(lang: str) -> ResponseReturnValue:
    """The QR code itself, as SVG."""
    answer: ResponseReturnValue = items.data(instance.qr_code(items.absolute(_asked()), border=4), "image/svg+xml")
    return answer


def _asked() -> str:
    path = path_of(request.args.get("at", ""))
    if not path or len(path) > 1500:
        abort(404)
    return path


def addresses(path: str) -> dict[str, str] | None:
    """For the head of a list's page: where oEmbed tells of it, in both formats."""
    if list_at(path) is None:
        return None
    url = items.absolute(path)
    return {shape: url_for("greenmap_root.oembed", url=url, format=shape, _external=False) for shape in ("json", "xml")}
