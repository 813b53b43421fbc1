"""Suggestions while somebody types, and a quiet look at searches that find nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from hub.api import Item, current_user, fold, gettext, items, level, now

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
    ids = engine().suggest(text, lang, reader, limit=3 * ITEMS) if text else []
    for item in _told_once(items.load(ids, lang, reader))[:ITEMS]:
        found.append(
            {"text": item.title, "label": str(item.type.label), "kind": item.kind, "url": item.url, "lang": item.lang}
        )
    response = jsonify({"q": text, "suggestions": found})
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _told_once(shown: list[Item]) -> list[Item]:
    """Items that look different in a list of titles: of the occurrences of a series the next one, of a part its whole."""
    found: dict[tuple[str, str], Item] = {}
    moment = now()
    for item in shown:
        if item.type.part_of:  # its whole stands for it
            continue
        known = found.setdefault((item.kind, item.title), item)
        starts, known_starts = item.row.starts_at, known.row.starts_at
        if starts and known_starts and starts >= moment and not moment <= known_starts <= starts:
            found[item.kind, item.title] = item
    return list(found.values())


def _concepts(text: str, lang: str) -> list[dict[str, Any]]:
    """Topics of which a name or synonym begins so, in any language; other keyboard too. A synonym that is the reason is told."""
    for typed in (fold(text), fold(spelling.other_keyboard(text))):
        near = [(*_fits(concept, typed, lang), concept) for concept in items.concepts()] if len(typed) > 1 else []
        near = sorted((one for one in near if one[0] is not None), key=lambda one: (one[0], len(one[2].name(lang))))
        if near:
            return [
                {
                    "text": concept.name(lang),
                    "label": gettext("Topic") + (f": {why}" if why else ""),
                    "kind": "",
                    "url": url_for("site.topic", lang=lang, slug=concept.slug),
                }
                for _, why, concept in near[:CONCEPTS]
            ]
    return []


def _fits(concept: Any, typed: str, lang: str) -> tuple[int | None, str]:
    """How well a topic fits what was typed so far (None: not at all), and which other name of it does."""
    own = fold(concept.name(lang))
    if own.startswith(typed):
        return 0, ""
    if f" {typed}" in own:
        return 1, ""
    if not any(f" {typed}" in f" {word}" for word in concept.words):
        return None, ""
    names = [*concept.names.values()]
    told = next(
        word for word in (*names, *(one for many in concept.synonyms.values() for one in many)) if f" {typed}" in f" {fold(word)}"
    )
    return (2 if told in names else 3), told


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
