"""From what was found to a draft: of which kind, what goes into which field."""

from __future__ import annotations

from typing import Any

from hub.api import ContentType, content_type, items

from .finding import Found

WEBSITES = ("website", "url", "link")


def kind_of(found: Found) -> str:
    """The kind that a find most likely is here."""
    dated = next((ctype.kind for ctype in items.types() if ctype.dated), "")
    if found.sort == "event" and dated:
        return dated
    wished = {"body": "partner", "article": "news"}.get(found.sort, "page")
    return wished if content_type(wished) else "page"


def document(found: Found, ctype: ContentType, language: str) -> dict[str, Any]:
    """The document of a draft of this kind; its source is named, nothing of it is public."""
    doc: dict[str, Any] = {
        "texts": {language: {"title": found.title, "summary": found.summary, "body": found.text if ctype.body_label else "", "fields": {}}},
        "data": {}, "topics": [], "links": {}, "places": [], "source_name": found.site[:300], "source_url": found.url[:2000],
        "licence": found.licence,
    }  # fmt: skip
    if not ctype.body_label and not found.summary:
        doc["texts"][language]["summary"] = found.text[:1000]
    for field in ctype.fields:
        moment = {"starts_at": found.start, "ends_at": found.end or (found.start if field.required else "")}.get(
            field.fills, ""
        )
        if moment:
            doc["data"][field.name] = _fitting(moment, field.type, field.fills)
        elif field.type == "url" and field.name in WEBSITES and found.sort == "body":
            doc["data"][field.name] = found.url
        elif field.name == "origin" and any(choice.value == "own" for choice in field.choices):
            doc["data"][field.name] = "own"
    if ctype.places != "none" and (found.place or found.address or found.point):
        lat, lon = found.point or (None, None)
        names = {language: found.place} if found.place else {}
        doc["places"] = [{"lat": lat, "lon": lon, "names": names, "address": found.address, "country": found.country}]
    return doc


def _fitting(moment: str, sort: str, fills: str) -> str:
    """A date where a field takes dates, a moment where it takes moments."""
    if sort == "partialdate":
        return moment[:10]
    if len(moment) == 10:
        return f"{moment}T23:59" if fills == "ends_at" else f"{moment}T00:00"
    return moment
