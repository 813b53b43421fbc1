"""What is made for paper and its readers. PDF only where WeasyPrint is installed beside the hub; where it is not, nothing offers it."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from functools import cache
from typing import Any

from hub.hooks.here import hub


@cache
def pdf_maker() -> Callable[[str, str], bytes] | None:
    """What makes a PDF of an HTML document and its stylesheet (both as text); None where WeasyPrint, or what it needs of the
    system, is missing. Nothing is fetched, neither from the net nor from this machine."""
    try:
        engine: Any = importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None

    def make(html: str, css: str) -> bytes:
        closed = engine.urls.URLFetcher(allowed_protocols=())
        document = engine.HTML(string=html, base_url=f"{hub().settings.site.url}/", url_fetcher=closed)
        return bytes(document.write_pdf(stylesheets=[engine.CSS(string=css)]))

    return make


def qr_code(text: str, border: int = 2) -> bytes:
    """A text (mostly an address) as a QR code: an SVG file. border: the quiet zone, in modules."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    out = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=border).save(out)
    return out.getvalue()
