"""The filled form as PDF, where that can be made; where it cannot, no page offers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import abort, render_template

from hub.api import instance
from hub_cases.profiles import in_language

SHEET = Path(__file__).parent / "paper.css"


def as_pdf(sheet: Any) -> bytes:
    """A filled form (a Sheet of submitting.py) as PDF."""
    make = instance.pdf_maker() or abort(404)
    return make(render_template("cases/paper.html", sheet=sheet, said=in_language), SHEET.read_text(encoding="utf-8"))
