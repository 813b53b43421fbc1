"""What of an item is translated, part by part: title, summary, text, declared fields, names of places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.api import ContentType, gettext, items


@dataclass(frozen=True)
class Unit:
    """One translatable part. name: title, summary, body, t.<field> or p.<number>; several: it has passages."""

    name: str
    label: str
    source: str
    target: str
    several: bool = False
    maximum: int = 0


def units(ctype: ContentType, document: dict[str, Any], source: str, target: str, level: int) -> Iterator[Unit]:
    """The parts that this level may read, in the order of the form; those empty in both languages are left out."""
    ours, theirs = (document["texts"].get(code, {}) for code in (source, target))
    parts = [Unit("title", gettext("Title"), ours.get("title", ""), theirs.get("title", ""), maximum=300),
             Unit("summary", gettext("In short"), ours.get("summary", ""), theirs.get("summary", ""), maximum=1000)]  # fmt: skip
    if ctype.body_label or ours.get("body"):
        label = str(ctype.body_label or gettext("Text"))
        parts.append(Unit("body", label, ours.get("body", ""), theirs.get("body", ""), several=True))
    for field in ctype.fields:
        if field.translated and items.AUDIENCES.index(field.audience) <= level:
            one, other = (str(text.get("fields", {}).get(field.name) or "") for text in (ours, theirs))
            long = field.type == "longtext"
            parts.append(Unit(f"t.{field.name}", str(field.label), one, other, several=long, maximum=field.max_length))
    for number, place in enumerate(document.get("places", [])):
        names = place.get("names") or {}
        parts.append(Unit(f"p.{number}", gettext("Place"), names.get(source, ""), names.get(target, ""), maximum=200))
    return (unit for unit in parts if unit.source or unit.target)


def put(document: dict[str, Any], lang: str, name: str, value: str) -> None:
    """Set one part of a document (which this may change) in a language."""
    text = document["texts"].setdefault(lang, {"title": "", "summary": "", "body": "", "fields": {}})
    if name.startswith("t."):
        text["fields"][name[2:]] = value
    elif name.startswith("p."):
        document["places"][int(name[2:])].setdefault("names", {})[lang] = value
    else:
        text[name] = value
