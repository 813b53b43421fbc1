"""The certificate of who was there, as PDF where that can be made."""

from __future__ import annotations

from pathlib import Path

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from hub.api import instance
from hub_events import pages

SHEET = Path(__file__).parent / "paper.css"


def certificate(lang: str, uid: str) -> ResponseReturnValue:
    """The certificate of who was there, as PDF."""
    entry, content = pages.mine(uid)
    make = instance.pdf_maker()
    if entry.state != "attended" or make is None:
        abort(404)
    html = render_template("events/certificate_paper.html", item=pages.shown(content, lang), entry=entry)
    answer = Response(make(html, SHEET.read_text(encoding="utf-8")), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="certificate-{entry.code}.pdf"'
    return answer
