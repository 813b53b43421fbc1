"""The sign: a sheet A4 to print and hang up, with a QR code that leads to the item."""

from __future__ import annotations

import base64
from typing import Any

from flask import abort

from hub.api import content_type, instance, items, render_page


def sign(lang: str, kind: str, uid: str) -> Any:
    """Title, a few words, a QR code."""
    content = items.get(kind, uid)
    if content is None or content_type(kind) is None or content.status != "published" or content.audience != "public":
        abort(404)
    found = items.load([content.id], lang, 0)
    if not found:
        abort(404)
    address = items.absolute(found[0].url)
    picture = "data:image/svg+xml;base64," + base64.b64encode(instance.qr_code(address)).decode()
    response = render_page("share/sign.html", item=found[0], address=address, picture=picture)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
