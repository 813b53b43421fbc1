"""Suggestions while somebody types, and a quiet look at searches that find nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from hub.api import current_user, fold, gettext, items, level

from . import analysis, asked, spelling

site = Blueprint("search", __name__)
ITEMS, CONCEPTS, MAX_TEXT = 6, 3, 100


@site.get("/suggest")
def suggest(lang: str) -> Response:
    """`?q=`: {"q": …, "suggestions": [{"text", "label", "kind", "url"}]}: titles that this reader may see, and topics."""
    from .hooks import engine

    text = request.args.get("q", "").replace("\0", " ").strip()[:MAX_TEXT]
    reader = level(current_user())
    found = _concepts(text, lang) if text else []
    ids = engine().suggest(text, lang, reader, limit=ITEMS) if text else []
    for item in items.load(ids, lang, reader):
        if item.type.part_of:  # its whole stands for it
            continue
        found.append(
            {"text": item.title, "label": str(item.type.label), "kind": item.kind, "url": item.url, "lang": item.lang}
        )
    response = jsonify({"q": text, "suggestions": found})
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _concepts(text: str, lang: str) -> list[dict[str, Any]]:
    """Topics of which a name or synonym begins so, in any language; other keyboard too."""
    for typed in (fold(text), fold(spelling.other_keyboard(text))):
        near = [
            c for c in items.concepts() if len(typed) > 1 and any(f" {word}".find(f" {typed}") >= 0 for word in c.words)
        ]
        if near:
            near.sort(key=lambda concept: (not fold(concept.name(lang)).startswith(typed), len(concept.name(lang))))
            return [
                {
                    "text": c.name(lang),
                    "label": gettext("Topic"),
                    "kind": "",
                    "url": url_for("site.topic", lang=lang, slug=c.slug),
                }
                for c in near[:CONCEPTS]
            ]
    return []


def notice(response: Response) -> Response:
    """After every request: a first page of results without any is noted, and not kept by the page cache (which would
    hide the next person who asks the same)."""
    if request.endpoint == "site.search" and response.status_code == 200 and not request.args.keys() - {"q", "literal"}:
        text = request.args.get("q", "").strip()
        if text and analysis.forms(text) and b'<article class="hit"' not in response.data:
            asked.note(text)
            response.headers.pop("X-Hub-Cache", None)
            response.headers["Cache-Control"] = "no-store"
    return response
