"""A document as flat fields, so that single ones can be compared, shown side by side and taken over.

Keys are the names of the form's controls: `title.ru`, `summary.ru`, `body.ru`, `t.<field>.ru`, `f.<field>`,
`r.<relation>`, `p` (the places) and `topics`.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from babel import Locale

from hub.api import ContentType, Field, gettext, items

Flat = dict[str, Any]


def flat(ctype: ContentType, doc: Mapping[str, Any], level: int = 0) -> Flat:
    """Every filled field of a (checked) document that this level may see."""
    open_to = ("public", "members", "editors")[: level + 1]
    found: Flat = {}
    for code, text in doc["texts"].items():
        for part in ("title", "summary", "body"):
            found[f"{part}.{code}"] = text.get(part) or ""
    for field in ctype.fields:
        if field.audience not in open_to:
            continue
        if field.translated:
            for code, text in doc["texts"].items():
                found[f"t.{field.name}.{code}"] = text.get("fields", {}).get(field.name) or ""
        else:
            found[f"f.{field.name}"] = doc["data"].get(field.name)
    for relation in ctype.relations:
        found[f"r.{relation.name}"] = list(doc["links"].get(relation.name, []))
    found["p"] = [_place(place) for place in doc["places"]]
    found["topics"] = list(doc["topics"])
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def _place(place: Mapping[str, Any]) -> dict[str, Any]:
    return {name: place.get(name) for name in ("lat", "lon", "names", "address", "country")}


def mark(value: Any) -> str:
    """A short mark of a value: two are alike when their marks are."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def marks(shown: Flat) -> str:
    """What a form showed, as one line for a hidden field: key → mark."""
    return json.dumps({key: mark(value) for key, value in shown.items()}, separators=(",", ":"))


def changed(shown: str, typed: Flat, keys: Iterable[str]) -> list[str]:
    """The keys (of those the form had) whose typed value is not what the form showed. shown: from `marks`, untrusted."""
    try:
        seen = json.loads(shown)
    except ValueError:
        seen = {}
    seen = seen if isinstance(seen, dict) else {}
    return [key for key in keys if (mark(typed[key]) if key in typed else None) != seen.get(key)]


def put(ctype: ContentType, doc: Mapping[str, Any], values: Flat) -> dict[str, Any]:
    """The document with some fields set to other values (None or nothing: emptied)."""
    made: dict[str, Any] = copy.deepcopy(dict(doc))
    for key, value in values.items():
        head, _, rest = key.partition(".")
        if key == "topics":
            made["topics"] = list(value or [])
        elif key == "p":
            made["places"] = copy.deepcopy(value or [])
        elif head == "f":
            made["data"].pop(rest, None)
            if value is not None:
                made["data"][rest] = value
        elif head == "r":
            made["links"][rest] = list(value or [])
        else:
            name, _, code = (rest if head == "t" else key).rpartition(".")
            empty = {"title": "", "summary": "", "body": "", "fields": {}}
            text = made["texts"].setdefault(code, empty)
            (text["fields"] if head == "t" else text)[name] = value or ""
    return made


def keys_of(sections: Iterable[Any]) -> list[str]:
    """The keys of a form's controls, in their order."""
    return [control.name for section in sections for control in section.controls]


def label(ctype: ContentType, key: str) -> str:
    """What a field is called."""
    head, _, rest = key.partition(".")
    spine = {"title": gettext("Title"), "summary": gettext("In short"), "body": str(ctype.body_label or gettext("Text")),
             "p": gettext("Places") if ctype.places == "many" else gettext("Place"), "topics": gettext("Topics")}  # fmt: skip
    if head in spine:
        return spine[head]
    name = rest.rpartition(".")[0] if head == "t" else rest
    declared = ctype.relation(name) if head == "r" else ctype.field(name)
    return str(declared.label) if declared and declared.label else name


def language_of(key: str) -> str:
    """The language of a translated field's key, or nothing."""
    head, _, rest = key.partition(".")
    return "" if head in ("f", "r", "p", "topics") else rest.rpartition(".")[2]


def text_of(ctype: ContentType, key: str, value: Any, controls: Mapping[str, Any], speaking: str) -> str:
    """A value as one text for people. controls: key → a form's control, which knows its choices' labels."""
    if value in (None, "", []):
        return ""
    head, _, name = key.partition(".")
    if key == "p":
        return "\n".join(filter(None, (_place_text(place, speaking) for place in value)))
    if head == "r":
        titles = {item.uid: item.title for item in _linked(ctype, name, value, speaking)}
        return "; ".join(titles.get(uid, uid) for uid in value)
    field = next((f for f in ctype.fields if f.name == name), None)
    if field and field.type in ("partialdate", "datetime"):
        return items.as_text(field, value)
    labels = dict(controls[key].choices) if key in controls else {}
    if field and field.type == "languages":
        labels = dict(Locale(speaking).languages.items())
    if isinstance(value, list):
        return "; ".join(
            _row_text(field.columns, entry) if isinstance(entry, dict) and field else labels.get(entry) or str(entry)
            for entry in value
        )  # fmt: skip
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return labels.get(value) or str(value)


def _row_text(columns: Iterable[Field], row: Mapping[str, Any]) -> str:
    """One row's values in the order of its columns: terms by their labels, a ticked box by its own."""
    said = []
    for column in columns:
        labels = {choice.value: str(choice.label) for choice in column.choices}
        for value in row[column.name] if isinstance(row.get(column.name), list) else [row.get(column.name)]:
            if value not in (None, "", False):
                said.append(str(column.label) if value is True else labels.get(value) or str(value))
    return ", ".join(said)


def _place_text(place: Mapping[str, Any], speaking: str) -> str:
    names = place.get("names") or {}
    point = f"{place['lat']}, {place['lon']}" if place.get("lat") is not None else ""
    name = names.get(speaking) or next(iter(names.values()), "")
    country = Locale(speaking).territories.get(place.get("country"), place.get("country"))
    return ", ".join(filter(None, (name, place.get("address"), country, point)))


def _linked(ctype: ContentType, name: str, uids: list[str], speaking: str) -> list[Any]:
    relation = ctype.relation(name)
    found = [items.get(relation.to, uid) for uid in uids] if relation else []
    return items.load([content.id for content in found if content], speaking)


def difference(before: str, after: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Two texts as pieces (mark, text): the old one with "del", the new one with "ins" where they differ, by words."""
    if not before or not after or len(before) + len(after) > 60_000:
        return [("", before)] if before else [], [("ins" if before != after else "", after)] if after else []
    a, b = re.findall(r"\s+|\w+|[^\w\s]", before), re.findall(r"\s+|\w+|[^\w\s]", after)
    old: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    for tag, i, j, k, n in difflib.SequenceMatcher(None, a, b, autojunk=len(a) + len(b) > 4000).get_opcodes():
        if i < j:
            old.append(("" if tag == "equal" else "del", "".join(a[i:j])))
        if k < n:
            new.append(("" if tag == "equal" else "ins", "".join(b[k:n])))
    return old, new
