"""Pages as PDF, where WeasyPrint is installed: the certificate, and the hook `pdf_maker` for other plugins."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from hub.api import items
from hub_events import pages

SHEET = Path(__file__).parent / "paper.css"


@cache
def maker() -> Callable[[str, str], bytes] | None:
    """What makes a PDF of an HTML document and its stylesheet (as text); None where WeasyPrint, or what it needs, is missing."""
    try:
        engine: Any = importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None

    def make(html: str, css: str) -> bytes:
        closed = engine.urls.URLFetcher(
            allowed_protocols=()
        )  # nothing is fetched, neither from the net nor from this machine
        return bytes(
            engine.HTML(string=html, base_url=f"{items.site()['url']}/", url_fetcher=closed).write_pdf(
                stylesheets=[engine.CSS(string=css)]
            )
        )

    return make


def certificate(lang: str, uid: str) -> ResponseReturnValue:
    """The certificate of who was there, as PDF."""
    entry, content = pages.mine(uid)
    make = maker()
    if entry.state != "attended" or make is None:
        abort(404)
    html = render_template("events/certificate_paper.html", item=pages.shown(content, lang), entry=entry)
    body = make(html, SHEET.read_text(encoding="utf-8"))
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="certificate-{entry.code}.pdf"'
    return answer
