"""An item as a document for writing: its schema by type and reader, what is wrong with one, and what may be changed.

The schema checks how a document is built; values of declared fields are checked by the hub itself, as in every form.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from hub.api import Content, ContentType, Field, gettext, items

Document = dict[str, Any]
AUDIENCES = ("public", "members", "editors")
READ_ONLY = ("uid", "kind", "status", "url", "pending", "owner", "created", "updated", "published", "timezone")
SOURCE = ("origin", "external_id")  # given when an item is made, and then for good
PUBLICATION = ("audience", "example", "licence", "source_name", "source_url", "checked_on", "checked_by", "slugs")
EMPTY = {
    "audience": "",
    "example": False,
    "licence": "",
    "source_name": "",
    "source_url": "",
    "checked_by": "",
    "checked_on": "",
    "slugs": "",
}
CONTENT = ("texts", "data", "topics", "places", "links")
ORDER = (
    "uid",
    "kind",
    "status",
    "pending",
    "url",
    *CONTENT,
    *PUBLICATION,
    *SOURCE,
    "owner",
    "created",
    "updated",
    "published",
    "timezone",
)
TEXT_LIMITS = {"title": 300, "summary": 1000, "body": 200_000}
SCALARS: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"}, "number": {"type": "number"}, "boolean": {"type": "boolean"},
    "url": {"type": "string", "format": "uri", "maxLength": 2000},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "phone": {"type": "string", "maxLength": 80},
    "partialdate": {"type": "string", "description": "YYYY, YYYY-MM or YYYY-MM-DD; an end may be 'ongoing'"},
    "datetime": {"type": "string", "description": "YYYY-MM-DDTHH:MM, with an offset or in the site's time zone"},
    "languages": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip
LENGTHS = {"text": 500, "longtext": 100_000}


def address(ctype: ContentType, uid: str) -> str:
    """Where an item stands in the API."""
    return items.absolute(f"/api/v1/{ctype.path}/{uid}")


def shown(content: Content, ctype: ContentType, level: int) -> Document:
    """What an editor would go on with, without the fields that this level may not see."""
    working, pending = items.working_copy(content)
    doc = {
        **working, "uid": content.uid, "kind": content.kind, "status": content.status, "pending": pending is not None,
        "url": address(ctype, content.uid), "updated": content.updated.isoformat(),
    }  # fmt: skip
    open_fields = {field.name for field in ctype.fields} - _hidden(ctype, level)
    doc["data"] = {name: value for name, value in doc["data"].items() if name in open_fields}
    doc["texts"] = {
        code: {**text, "fields": {name: value for name, value in text["fields"].items() if name in open_fields}}
        for code, text in doc["texts"].items()
    }
    return {name: doc[name] for name in ORDER if name in doc}


def _hidden(ctype: ContentType, level: int) -> set[str]:
    return {field.name for field in ctype.fields if AUDIENCES.index(field.audience) > level}


def made(ctype: ContentType, typed: Document, level: int) -> tuple[Document, dict[str, str]]:
    """The document of a new item as it was sent, and what is wrong with it by JSON pointer."""
    typed = _pruned(typed)
    typed = {name: value for name, value in typed.items() if (name, value) != ("kind", ctype.kind)}
    fixed = (*READ_ONLY, *(() if level >= 2 else (*PUBLICATION, *SOURCE)))
    faults = {f"/{name}": _fixed(name) for name in fixed if name in typed}
    faults |= check(schema(ctype, level), {name: value for name, value in typed.items() if name not in fixed})
    return {"texts": {}, "data": {}, "topics": [], "places": [], "links": {}, **typed}, faults


def changed(content: Content, ctype: ContentType, typed: Document, level: int) -> tuple[Document, dict[str, str]]:
    """The document of an item after an edit. What may not be changed may be sent as it is; fields that this level
    cannot see stay, and so does what tells of the publication where it was left out."""
    current, seen = items.working_copy(content)[0], shown(content, ctype, level)
    typed = _pruned(typed)
    fixed = (*READ_ONLY, *SOURCE, *(() if level >= 2 else PUBLICATION))
    faults = {f"/{name}": _fixed(name) for name in fixed if name in typed and typed[name] != seen.get(name)}
    own = {name: value for name, value in typed.items() if name not in fixed}
    faults |= check(schema(ctype, level), own)
    if faults:
        return {}, faults
    doc = {**current, "texts": {}, "data": {}, "topics": [], "places": [], "links": {}, **own}
    for name in _hidden(ctype, level):
        if name in current["data"]:
            doc["data"] = {**doc["data"], name: current["data"][name]}
        for code, text in current["texts"].items():
            if name in text["fields"] and code in doc["texts"]:
                mine = doc["texts"][code]
                doc["texts"][code] = {**mine, "fields": {**mine.get("fields", {}), name: text["fields"][name]}}
    return doc, {}


def _fixed(name: str) -> str:
    if name == "status":
        return gettext("The status is changed by a step: POST …/publish, …/unpublish, …/archive and so on.")
    if name in PUBLICATION:
        return gettext("Only editors may change this.")
    return gettext("This cannot be changed.")


def merged(before: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396) laid over a value."""
    if not isinstance(patch, dict):
        return patch
    base = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            base.pop(name, None)
        else:
            base[name] = merged(base.get(name), value)
    return base


def patched(seen: Document, patch: Document) -> Document:
    """A document after a merge patch. What tells of the publication is emptied where the patch takes it away, because
    a document that leaves it out keeps it."""
    return {**merged(seen, patch), **{name: EMPTY[name] for name in EMPTY if name in patch and patch[name] is None}}


def _pruned(value: Any) -> Any:
    """Without members that are null: they say the same as members that are not there."""
    if isinstance(value, dict):
        return {name: _pruned(part) for name, part in value.items() if part is not None}
    return [_pruned(part) for part in value] if isinstance(value, list) else value


# -- schema -------------------------------------------------------------------------------------------------------------


def schema(ctype: ContentType, level: int = 0) -> dict[str, Any]:
    """The JSON schema of a type's documents as far as this level may see and write them."""
    visible = [field for field in ctype.fields if AUDIENCES.index(field.audience) <= level]
    plain = [field for field in visible if not field.translated]
    fields = _object({field.name: field_schema(field) for field in visible if field.translated})
    text = _object({
        **{name: {"type": "string", "maxLength": limit} for name, limit in TEXT_LIMITS.items()}, "fields": fields,
        "status": {"type": "string", "enum": ["live", "draft"]},
    }, ["title"])  # fmt: skip
    most = {"none": 0, "one": 1, "many": 50}[ctype.places]
    links = {
        relation.name: {"type": "array", "items": {"type": "string"}, "maxItems": 200 if relation.many else 1,
                        "title": str(relation.label or relation.name), "description": f"uids of items of the kind {relation.to}"}
        for relation in ctype.relations
    }  # fmt: skip
    known = _object({
        **{name: {**part, "readOnly": True} for name, part in _fixed_schema(ctype).items()},
        "texts": {**_object(dict.fromkeys(items.site()["languages"], text)), "minProperties": 1},
        "data": _object({field.name: field_schema(field) for field in plain}, [f.name for f in plain if f.required]),
        "topics": {"type": "array", "items": {"type": "string"}, "maxItems": 200, "description": "slugs of topics"},
        "places": {"type": "array", "items": _place(), "maxItems": most}, "links": _object(links),
    }, ["texts"])  # fmt: skip
    for name, part in {**_publication_schema(), **_source_schema()}.items():
        known["properties"][name] = part if level >= 2 else {**part, "readOnly": True}
    return known


def document_schema(ctype: ContentType, level: int) -> dict[str, Any]:
    """The schema as the OpenAPI document tells it: what may be empty in an answer may be null there, and when sent."""
    known = schema(ctype, level)
    for name in ("published", "owner", "checked_on", "external_id"):
        known["properties"][name] = {**known["properties"][name], "type": ["string", "null"]}
    return known


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _place() -> dict[str, Any]:
    degrees = {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
    }
    names = {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": 200},
        "description": "language → name",
    }
    country = {"type": "string", "maxLength": 2, "description": "two letters, such as RU"}
    return _object({**degrees, "names": names, "address": {"type": "string", "maxLength": 500}, "country": country})


def _fixed_schema(ctype: ContentType) -> dict[str, Any]:
    moment = {"type": "string", "format": "date-time"}
    return {
        "uid": {"type": "string", "format": "uuid"}, "kind": {"type": "string", "enum": [ctype.kind]},
        "status": {"type": "string", "enum": ["draft", "review", "published", "archived", "trash"]},
        "pending": {"type": "boolean", "description": "whether there is an edit that is not published yet"},
        "url": {"type": "string", "format": "uri"}, "created": moment, "updated": moment,
        "published": moment, "timezone": {"type": "string"}, "owner": {"type": "string"},
    }  # fmt: skip


def _publication_schema() -> dict[str, Any]:
    languages = items.site()["languages"]
    word = {"type": "string", "maxLength": 120, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "description": "a-z, 0-9 and -"}
    return {
        "audience": {"type": "string", "enum": list(AUDIENCES)}, "example": {"type": "boolean"},
        "licence": {"type": "string", "maxLength": 80},
        "source_name": {"type": "string", "maxLength": 300}, "source_url": {"type": "string", "maxLength": 2000},
        "checked_on": {"type": "string", "format": "date"}, "checked_by": {"type": "string", "maxLength": 120},
        "slugs": _object(dict.fromkeys(languages, word)),
    }  # fmt: skip


def _source_schema() -> dict[str, Any]:
    return {"origin": {"type": "string", "maxLength": 120}, "external_id": {"type": "string", "maxLength": 300}}


def field_schema(field: Field) -> dict[str, Any]:
    """The JSON schema of one declared field's value."""
    found: dict[str, Any]
    terms = {"type": "string", "enum": [choice.value for choice in field.choices]}
    if field.type == "choice":
        found = dict(terms)
    elif field.type == "choices":
        found = {"type": "array", "items": terms}
    elif field.type == "rows":
        columns = {column.name: field_schema(column) for column in field.columns}
        needed = [column.name for column in field.columns if column.required]
        found = {"type": "array", "items": _object(columns, needed), "maxItems": 200}
    elif field.type in LENGTHS:
        found = {"type": "string", "maxLength": field.max_length or LENGTHS[field.type]}
    else:
        found = dict(SCALARS.get(field.type, {"type": "string"}))
    if field.least is not None:
        found["minimum"] = field.least
    if field.hint:
        found.setdefault("description", str(field.hint))
    return {**found, "title": str(field.label)}


# -- checking -----------------------------------------------------------------------------------------------------------


def check(rule: Mapping[str, Any], value: Any, at: str = "", lenient: bool = False) -> dict[str, str]:
    """What is built wrongly, by JSON pointer. lenient: values of declared fields are the hub's own matter."""
    if rule["type"] == "object":
        if not isinstance(value, dict):
            return {at: gettext("An object is expected here.")}
        found: dict[str, str] = {}
        known, further = rule.get("properties", {}), rule.get("additionalProperties")
        for name, part in value.items():
            there = f"{at}/{escaped(name)}"
            if name not in known and not further:
                found[there] = gettext("There is no field “%(name)s” here.", name=name)
            else:
                found |= check(known.get(name, further), part, there, lenient or name in ("data", "fields", "places"))
        return found
    if rule["type"] == "array":
        if not isinstance(value, list):
            return {at: gettext("A list is expected here.")}
        if len(value) > rule.get("maxItems", len(value)):
            return {at: gettext("At most %(limit)s are possible here.", limit=rule["maxItems"])}
        found = {}
        for n, part in enumerate(value):
            found |= check(rule["items"], part, f"{at}/{n}", lenient)
        return found
    fault = _plain(rule, value, lenient)
    return {at: fault} if fault else {}


def _plain(rule: Mapping[str, Any], value: Any, lenient: bool) -> str:
    if isinstance(value, dict | list):
        return gettext("A single value is expected here.")
    if lenient:
        return ""
    if rule["type"] == "boolean":
        return "" if isinstance(value, bool) else gettext("true or false is expected here.")
    if not isinstance(value, str):
        return gettext("A text is expected here.")
    if len(value) > rule.get("maxLength", len(value)):
        return gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(value), limit=rule["maxLength"])
    if value not in rule.get("enum", [value]):
        return gettext("Choose one of: %(known)s.", known=", ".join(rule["enum"]))
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        return gettext("This is not of the form it has to have: %(form)s", form=rule["description"])
    if rule.get("format") == "date" and not _is_day(value):
        return gettext("This is not of the form it has to have: %(form)s", form="YYYY-MM-DD")
    return ""


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def escaped(name: str) -> str:
    """A member's name as part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def pointer(ctype: ContentType, name: str) -> str:
    """Where in the document stands what the hub calls so: "title.ru", "places.2", "website"."""
    first, _, rest = name.partition(".")
    field = ctype.field(first)
    if first in TEXT_LIMITS:
        return f"/texts/{rest}/{first}" if rest else "/texts"
    if field is not None and field.translated:
        return f"/texts/{rest}/fields/{first}" if rest else "/texts"
    return f"/data/{first}" if field is not None else "/" + name.replace(".", "/")
