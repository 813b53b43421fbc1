"""Sample content: a document for any declared content type, with a value in every field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask import has_app_context

from hub.hooks.here import hub
from hub.hooks.parts import ContentType, Field

WORDS = {"public": "forall", "members": "onlyformembers", "editors": "onlyforeditors"}  # audience → word in its texts
PLACE = {
    "lat": 55.7887,
    "lon": 49.1221,
    "names": {"en": "Kazan", "ru": "Казань"},
    "address": "1 Sample Street",
    "country": "RU",
}


def sample_document(
    ctype: ContentType, *, number: int = 1, audience: str = "public", languages: Iterable[str] = (),
    links: Mapping[str, list[str]] | None = None, topics: Iterable[str] = (), **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A document of this type for `hub.api.items.create`: every declared field has a value, texts stand in each language.

    number: makes titles and values differ. languages: default the site's. links: relation → uids. more: further entries
    of the document ("origin", "licence", …). What is not for everybody says so: the values of text fields hold the word
    `WORDS[audience of the field]`, the title that of the item's audience.
    """
    spoken = tuple(languages) or (tuple(hub().settings.site.languages) if has_app_context() else ("en", "ru"))
    return {
        "audience": audience, "topics": list(topics), "places": [PLACE] if ctype.places != "none" else [],
        "links": dict(links or {}), "licence": "CC BY 4.0", "source_name": "Sample source",
        "data": {f.name: sample_value(f, number) for f in ctype.fields if not f.translated},
        "texts": {code: _text(ctype, code, number, audience) for code in spoken}, **more,
    }  # fmt: skip


def _text(ctype: ContentType, code: str, number: int, audience: str) -> dict[str, Any]:
    word = WORDS[audience]
    title = f"Образец {word} {number}" if code == "ru" else f"Sample {word} {number}"
    fields = {f.name: sample_value(f, number) for f in ctype.fields if f.translated}
    return {
        "title": f"{title} {ctype.kind}", "summary": f"{title}: summary", "fields": fields,
        "body": f"First paragraph of {title}.\n\n- a list\n- **bold** <script>alert(1)</script>",
    }  # fmt: skip


def sample_value(field: Field, number: int = 1) -> Any:
    """A value that a field of this declaration takes."""
    word = WORDS[field.audience]
    match field.type:
        case "text" | "longtext":
            text = f"{word} {field.name} {number}"
            return text[: field.max_length] if field.max_length else text
        case "choice":
            return field.choices[number % len(field.choices)].value
        case "choices":
            return [choice.value for choice in field.choices[:2]]
        case "url":
            return f"https://example.org/{word}/{number}"
        case "email":
            return f"{word}{number}@example.org"
        case "phone":
            return f"+7 900 000-{number:04}"
        case "integer":
            return max(7 + number, field.least or 0)
        case "number":
            return 2.5 + number
        case "boolean":
            return True
        case "partialdate" | "datetime":
            return _date(field)
        case "languages":
            return ["en", "ru"]
        case "rows":
            return [{column.name: sample_value(_column(column, field), number) for column in field.columns}]
    raise ValueError(f"no sample for the field type {field.type!r}")


def _column(column: Field, field: Field) -> Field:
    """A column is seen by whoever sees the field it stands in."""
    from dataclasses import replace

    return replace(column, audience=field.audience)


def _date(field: Field) -> str:
    """What dates an item lies ahead, so that lists of what is coming show it."""
    soon = dt.datetime.now(dt.UTC).replace(microsecond=0, second=0) + dt.timedelta(days=30)
    if field.fills == "ends_at":  # a day ends in the item's zone, which may be hours earlier than ours
        soon += dt.timedelta(hours=2) if field.type == "datetime" else dt.timedelta(days=1)
    return soon.isoformat(timespec="minutes") if field.type == "datetime" else soon.date().isoformat()
