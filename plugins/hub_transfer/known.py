"""What the site has of the rows of an import already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api import Content, ContentType, gettext, items


class Known:
    """The items that these keys, (uid,) or (kind, origin, external id), name; their documents are read when one is wanted."""

    def __init__(self, keys: Sequence[tuple[str, ...]]) -> None:
        found = items.find_many([key[0] for key in keys if len(key) == 1], [k for k in keys if len(k) == 3])
        self._contents = found
        self._by_key = {key: content for content in found for key in keys_of(content)}
        self._documents: dict[int, dict[str, Any]] = {}

    def of(self, keys: Sequence[tuple[str, ...]], ctype: ContentType | None) -> Content | None:
        """The item of a row. Raises ValueError where its uid belongs to another kind."""
        for key in keys:
            content = self._by_key.get(key)
            if content is not None and ctype and content.kind != ctype.kind:
                raise ValueError(gettext("uid %(uid)s belongs to a %(kind)s", uid=content.uid, kind=content.kind))
            if content is not None:
                return content
        return None

    def document(self, content: Content) -> dict[str, Any]:
        """The item's document as it is before its row is taken."""
        if not self._documents:
            documents = items.read_many(self._contents)
            self._documents = {c.id: doc for c, doc in zip(self._contents, documents, strict=True)}
        return self._documents[content.id]


def keys_of(content: Content) -> list[tuple[str, ...]]:
    """By what an item is known: its uid, its source."""
    source = [(content.kind, content.origin, content.external_id)] if content.external_id else []
    return [(content.uid,), *source]


def laid_over(before: dict[str, Any], doc: dict[str, Any]) -> dict[str, Any]:
    """What a row says, over what the item already has; it says nothing of other languages and fields.

    A row with one place says where the first is; one with several says all.
    """
    apart = ("data", "texts", "links", "topics", "places")
    merged = {**before, **{k: v for k, v in doc.items() if k not in apart and v}}
    merged["data"] = {**before["data"], **doc["data"]}
    merged["links"] = {**before["links"], **doc["links"]}
    merged["topics"] = doc["topics"] or before["topics"]
    merged["texts"] = dict(before["texts"])
    for code, text in doc["texts"].items():
        old = before["texts"].get(code, {"fields": {}})
        merged["texts"][code] = {**old, **text, "fields": {**old["fields"], **text.get("fields", {})}}
    if len(doc["places"]) > 1:
        merged["places"] = doc["places"]
    elif doc["places"]:
        old = before["places"][0] if before["places"] else {}
        first = {**old, **doc["places"][0], "names": {**old.get("names", {}), **doc["places"][0].get("names", {})}}
        merged["places"] = [first, *before["places"][1:]]
    return merged
