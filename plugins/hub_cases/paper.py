"""The filled form as PDF, where WeasyPrint is installed beside the hub; where it is not, no page offers it."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import render_template

from hub_cases.profiles import in_language

SHEET = Path(__file__).parent / "paper.css"


@cache
def engine() -> Any:
    """The module that makes PDF; None where it, or what it needs of the system, is missing."""
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None


def as_pdf(sheet: Any) -> bytes:
    """A filled form (a Sheet of submitting.py) as PDF. Nothing is fetched for it, neither from the net nor from this machine."""
    made = engine()
    html = render_template("cases/paper.html", sheet=sheet, said=in_language)
    closed = made.urls.URLFetcher(allowed_protocols=())
    return bytes(made.HTML(string=html, url_fetcher=closed).write_pdf(stylesheets=[made.CSS(string=SHEET.read_text(encoding="utf-8"))]))
