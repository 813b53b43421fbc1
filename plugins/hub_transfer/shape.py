"""Whether a whole document has the form of an export, before anything reads it: files are made by programs and by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hub.api import gettext

# part → its type, and the type of what is in it
PARTS: dict[str, tuple[type, tuple[type, ...]]] = {
    "texts": (dict, (dict,)), "data": (dict, (object,)), "links": (dict, (list,)), "slugs": (dict, (str,)),
    "topics": (list, (str,)), "topic_words": (list, (str,)), "places": (list, (dict,)),
}  # fmt: skip
MOMENTS = ("created", "updated", "published")


def need_form(doc: dict[str, Any]) -> None:
    """Raises ValueError with a sentence that names the first part of another form."""
    for name, (outer, inner) in PARTS.items():
        part = doc.get(name, outer())
        values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if not isinstance(part, outer) or not all(isinstance(value, inner) for value in values):
            raise ValueError(gettext("“%(name)s” has another form than in an export", name=name))
    if not all(isinstance(text.get("fields", {}), dict) for text in doc["texts"].values()):
        raise ValueError(gettext("“%(name)s” has another form than in an export", name="fields"))
    for name in MOMENTS:
        try:
            dt.datetime.fromisoformat(doc.get(name) or "2000-01-01")
        except (TypeError, ValueError):
            raise ValueError(gettext("“%(name)s” is no moment such as 2026-11-20T18:30:00+03:00", name=name)) from None
