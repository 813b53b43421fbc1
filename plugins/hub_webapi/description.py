"""The OpenAPI 3.1 document, made from the content types that are switched on."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from hub.api import ContentType, items

from .documents import AUDIENCES, CONTENT, document_schema, field_schema

SORTS = ("new", "changed", "title", "checked", "near", "relevance", "date")
FACETS = ("topic", "place", "year", "checked")
STATUSES = ("published", "draft", "review", "archived", "trash")
STEPS = ("submit", "publish", "unpublish", "archive", "trash", "restore", "return", "erase")
TOKEN: list[dict[str, list[str]]] = [{"token": []}]
ANYBODY: list[dict[str, list[str]]] = [{}, {"token": []}]
WRITE_FAULTS = ("400", "401", "403", "404", "409", "410", "412", "413", "415", "422", "428", "429", "500")
WHY = {
    "400": "A query, a header or the JSON cannot be read", "401": "A valid token is needed",
    "403": "The token or its owner may not do this", "404": "There is nothing here, or nothing you may see",
    "405": "This method does nothing here", "409": "Not possible at this moment", "410": "Erased for good",
    "412": "Somebody else has changed it; `current` is how it is now", "413": "Too large", "415": "Another type is expected",
    "422": "The document cannot be taken; `errors` says where and why", "428": "If-Match is missing",
    "429": "Too many requests; Retry-After says how long to wait", "500": "An error of the hub",
}  # fmt: skip
TEXT, MOMENT = {"type": "string"}, {"type": "string", "format": "date-time"}


def described(level: int) -> dict[str, Any]:
    """The document for a reader of that level: fields that they may not see are not in it."""
    paths: dict[str, Any] = dict(_own_paths())
    schemas: dict[str, Any] = dict(_own_schemas())
    for ctype in items.types():
        name = _name(ctype)
        schemas[name] = item_schema(ctype, level)
        schemas[f"{name}Document"] = {**document_schema(ctype, level), "examples": [example(ctype)]}
        paths |= _paths(ctype, name)
    site = items.site()
    return {
        "openapi": "3.1.0",
        "info": {"title": site["name"], "version": version("hub-commons"), "description": ABOUT},
        "servers": [{"url": site["url"]}], "paths": paths,
        "webhooks": {"change": {"post": {
            "operationId": "on_change", "summary": "What a webhook is sent for every public change", "security": [{}],
            "parameters": [_header(name, True, why) for name, why in SIGNED.items()],
            "requestBody": _json("#/components/schemas/ChangeMessage"),
            "responses": {"2XX": {"description": "Taken; everything else is sent again later"}},
        }}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A personal token, made in the desk"}},
            "responses": {f"Problem{code}": _problem(code, why) for code, why in WHY.items()},
        },
    }  # fmt: skip


ABOUT = (
    "Reading needs no token. Writing needs one (made in the desk under “API”) with the scope `suggest`, `write:KIND` or "
    "`admin`. An edit names the version it began from: If-Match with the ETag of the last answer."
)
SIGNED = {
    "webhook-id": "the delivery's number, the same when it is sent again",
    "webhook-timestamp": "seconds since 1970",
    "webhook-signature": "v1, and the base64 HMAC-SHA-256 of `id.timestamp.body`",
}


def _name(ctype: ContentType) -> str:
    return ctype.kind.title().replace("_", "")


def _own_paths() -> dict[str, Any]:
    since = _query("since", {"type": "integer", "minimum": 0}, "the last id you have read")
    upload = {"type": "object", "required": ["file", "item"], "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream",
                 "description": "JPEG, PNG, WebP, GIF or AVIF, at most 8 MB"},
        "item": {"type": "string", "format": "uuid"}, "alt": TEXT, "lang": _languages(), "credit": TEXT, "licence": TEXT,
    }}  # fmt: skip
    return {
        "/api/v1/changes": {"get": _operation("changes", "Public changes after an id", "200", "#/components/schemas/Changes",
                                              ("400", "401", "429"), parameters=[since, *_following()])},
        "/api/v1/openapi.json": {"get": _operation("openapi", "This document", "200", "", ("401", "429"), parameters=[])},
        "/api/v1/token": {"get": _operation("token", "What the token at hand may do", "200", "#/components/schemas/Token",
                                            ("401", "429"), TOKEN, parameters=[])},
        "/api/v1/media": {"post": _operation(
            "upload_picture", "Give an item its picture", "201", "#/components/schemas/Picture",
            ("400", "401", "403", "404", "409", "413", "415", "422", "429", "500"), TOKEN, parameters=[_idempotency()],
            requestBody={"required": True, "content": {"multipart/form-data": {"schema": upload}}},
        )},
    }  # fmt: skip


def _following() -> list[Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": 500}
    return [
        _query("items", {"type": "string", "enum": ["1"]}, "with the items as they are now; an ETag, and 304 while nothing changes"),
        _query("kind", TEXT, "only items of this kind (several times: of these); all changes are told all the same"),
        _query("limit", limit, "how many changes at most; 100 with items"),
    ]


def _paths(ctype: ContentType, name: str) -> dict[str, Any]:
    document, kind = f"#/components/schemas/{name}Document", ctype.kind
    uid = {"name": "uid", "in": "path", "required": True, "schema": {"type": "string"}}
    form = _query("as", {"type": "string", "enum": ["item", "document"]}, "document: what an edit goes on with")
    publish = _query("publish", {"type": "string", "enum": ["true", "false"]},
                     "false: keep the edit of a published item as a draft beside it")  # fmt: skip
    step = {"name": "step", "in": "path", "required": True, "schema": {"type": "string", "enum": list(STEPS)}}
    listed = _operation(
        f"list_{kind}", str(ctype.plural), "200", "", ("400", "401", "404", "429"), parameters=_parameters(ctype)
    )
    listed["responses"]["200"] = _answer(_list_schema(name))
    one = _operation(f"get_{kind}", str(ctype.label), "200", "", ("400", "401", "403", "404", "410", "429"),
                     parameters=[uid, _language_parameter(), form])  # fmt: skip
    one["responses"]["200"] = _answer({"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"$ref": document}]}, "ETag")
    one["responses"]["304"] = {"description": "Not changed"}
    patch = {"type": "object", "description": "RFC 7396: what is given replaces, null takes away"}
    made = _operation(f"create_{kind}", f"New: {ctype.label}", "201", document, _without("410", "412", "428"), TOKEN,
                      parameters=[_idempotency()], requestBody=_creation(document))  # fmt: skip
    made["responses"]["201"]["headers"] |= _headers("Location")
    edits = [uid, _header("If-Match", True, "the ETag of your last answer"), _idempotency()]
    return {
        f"/api/v1/{ctype.path}": {"get": listed, "post": made},
        f"/api/v1/{ctype.path}/{{uid}}": {
            "get": one,
            "put": _operation(f"replace_{kind}", f"Replace: {ctype.label}", "200", document, WRITE_FAULTS, TOKEN,
                              parameters=[*edits, publish], requestBody=_json(document)),
            "patch": _operation(f"change_{kind}", f"Change: {ctype.label}", "200", document, WRITE_FAULTS, TOKEN,
                                parameters=[*edits, publish], requestBody={"required": True, "content": {
                                    "application/merge-patch+json": {"schema": patch, "example": {"topics": ["culture"]}},
                                    "application/json": {"schema": patch}}}),
            "delete": _operation(f"trash_{kind}", f"Put into the trash: {ctype.label}", "204", "",
                                 _without("413", "415", "422"), TOKEN, parameters=edits),
        },
        f"/api/v1/{ctype.path}/{{uid}}/{{step}}": {"post": {
            **_operation(f"step_{kind}", f"A step of the workflow: {ctype.label}", "200", document,
                         _without("415", "428"), TOKEN,
                         parameters=[uid, step, _header("If-Match", False, "the ETag of your last answer"), _idempotency()]),
        }},
    }  # fmt: skip


def _without(*codes: str) -> tuple[str, ...]:
    return tuple(code for code in WRITE_FAULTS if code not in codes)


def _operation(
    name: str, summary: str, code: str, ref: str, faults: tuple[str, ...], security: Any = None, **more: Any
) -> dict[str, Any]:
    done = (
        {"description": "Done"}
        if code == "204"
        else _answer({"$ref": ref} if ref else {"type": "object"}, *(["ETag"] if "Document" in ref else []))
    )
    responses = {code: done} | ({"204": {"description": "Erased"}} if name.startswith("step_") else {})
    return {
        "operationId": name, "summary": summary, "security": security or ANYBODY, **more,
        "responses": responses | {fault: {"$ref": f"#/components/responses/Problem{fault}"} for fault in faults},
    }  # fmt: skip


def _answer(rule: dict[str, Any], *headers: str) -> dict[str, Any]:
    return {"description": "OK", "headers": _headers(*headers), "content": {"application/json": {"schema": rule}}}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"schema": TEXT} for name in names}


def _problem(code: str, why: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": why, "content": content, "headers": _headers(*(["Retry-After"] if code == "429" else []))}


def _json(ref: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": ref}}}}


def _creation(ref: str) -> dict[str, Any]:
    """A document for a new item may say which status it gets."""
    status = {"type": "object", "properties": {"status": {"type": "string", "enum": ["draft", "review", "published"]}}}
    return {"required": True, "content": {"application/json": {"schema": {"anyOf": [{"$ref": ref}, status]}}}}


def _query(name: str, rule: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": rule, "description": description}


def _header(name: str, needed: bool, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": needed, "schema": TEXT, "description": description}


def _idempotency() -> dict[str, Any]:
    return _header(
        "Idempotency-Key", False, "your own name for this request: sent again within 48 h, it gets the first answer"
    )


def _languages() -> dict[str, Any]:
    return {"type": "string", "enum": list(items.site()["languages"])}


def _language_parameter() -> dict[str, Any]:
    return _query("lang", _languages(), "language of the texts")


def _parameters(ctype: ContentType) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1}
    many = {"type": "array", "items": {"type": "string"}}
    found = [
        _query("q", {"type": "string", "maxLength": 200}, "words to search for"),
        _query("bbox", TEXT, "west,south,east,north in degrees"), _query("near", TEXT, "lat,lon"),
        _query("sort", {"type": "string", "enum": list(SORTS)}, "order"),
        _query("limit", {**number, "maximum": 1000}, "items per answer"),
        _query("page", {**number, "maximum": 100}, "page number"), _query("after", TEXT, "as given in next"),
        _query("status", {"type": "string", "enum": list(STATUSES)}, "with a token: what is not published"),
        _language_parameter(), *(_query(name, many, "any of these") for name in FACETS),
    ]  # fmt: skip
    kinds = {other.kind: str(other.label) for other in items.types()}
    leading = [relation for relation in ctype.relations if relation.facet and relation.to in kinds]
    ends = {relation.to: kinds[relation.to] for relation in leading} | {r.name: str(r.label) for r in leading}
    found += [_query(n, {"type": "array", "items": {"type": "string", "format": "uuid"}}, said) for n, said in ends.items()]
    for field in (f for f in ctype.facets if f.audience == "public"):
        terms = {"type": "string", "enum": [c.value for c in field.choices]} if field.choices else TEXT
        found.append(_query(field.name, {"type": "array", "items": terms}, str(field.label)))
    return found


def _list_schema(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
        "total": {"type": "integer"}, "returned": {"type": "integer"}, "truncated": {"type": "boolean"},
        "next": {"type": ["string", "null"]}, "facets": {"type": "object"},
    }}  # fmt: skip


def item_schema(ctype: ContentType, level: int = 0) -> dict[str, Any]:
    """The JSON schema of one type's items as a reader of that level gets them."""
    fields = {f.name: field_schema(f) for f in ctype.fields if AUDIENCES.index(f.audience) <= level}
    return {
        "type": "object",
        "required": ["uid", "kind", "url", "title", "lang", "updated"],
        "properties": {
            "uid": {"type": "string", "format": "uuid"}, "kind": {"const": ctype.kind}, "url": TEXT, "title": TEXT,
            "summary": TEXT, "lang": TEXT, "languages": {"type": "array", "items": TEXT},
            "updated": MOMENT, "published": {"type": ["string", "null"], "format": "date-time"},
            "topics": {"type": "array", "items": TEXT}, "places": {"type": "array", "items": {"type": "object"}},
            "licence": TEXT, "source_name": TEXT, "source_url": TEXT, "example": {"type": "boolean"},
            "fields": {"type": "object", "properties": fields}, "body": TEXT, "texts": {"type": "object"},
            "concepts": {"type": "array", "items": {"type": "object"}},
            "urls": {"type": "object"}, "links": {"type": "object"}, "starts_at": MOMENT, "ends_at": MOMENT,
            "status": {"type": "string", "enum": list(STATUSES)},
        },
    }  # fmt: skip


def example(ctype: ContentType) -> dict[str, Any]:
    """A small document of a type that could be sent as it is."""
    text = {"title": "An example", "summary": "What it is, in a sentence."}
    samples = {"text": "words", "longtext": "words", "url": "https://example.org", "email": "name@example.org",
               "phone": "+7 495 1234567", "integer": 1, "number": 1.5, "boolean": True, "partialdate": "2026-05",
               "datetime": "2026-11-20T18:30", "languages": ["en"], "rows": []}  # fmt: skip
    needed = [field for field in ctype.fields if field.required or field.choices]
    values = {f.name: f.choices[0].value if f.choices else samples[f.type] for f in needed if f.audience == "public"}
    values = {name: [value] if _field(ctype, name).type == "choices" else value for name, value in values.items()}
    words = {name: value for name, value in values.items() if _field(ctype, name).translated}
    data = {name: value for name, value in values.items() if name not in words}
    made = {"texts": {items.site()["languages"][0]: {**text, **({"fields": words} if words else {})}}, "data": data}
    return {name: made.get(name, {} if name == "links" else []) for name in CONTENT}


def _field(ctype: ContentType, name: str) -> Any:
    return ctype.field(name)


def _own_schemas() -> dict[str, Any]:
    change = {
        "id": {"type": "integer"},
        "kind": TEXT,
        "uid": {"type": "string", "format": "uuid"},
        "gone": {"type": "boolean"},
        "at": MOMENT,
    }
    told = {**change, "item": {"type": ["object", "null"], "description": "with items=1: the item as it is now"},
            "erased": {"type": "boolean", "description": "with items=1: gone for good"}}  # fmt: skip
    return {
        "Problem": {"type": "object", "required": ["type", "title", "status"], "properties": {
            "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT,
            "errors": {"type": "array", "items": {"type": "object", "properties": {"pointer": TEXT, "detail": TEXT}}},
            "current": {"type": "object", "description": "with 412: the document as it is now"},
        }},
        "Changes": {"type": "object", "properties": {
            "changes": {"type": "array", "items": {"type": "object", "properties": told}},
            "next": {"type": "integer"}, "more": {"type": "boolean"},
            "head": {"type": "integer", "description": "with items=1: the newest public change"},
            "restart": {"type": "boolean", "description": "with items=1: this log has not come as far as since; begin at 0"},
            "hub": {"type": "object", "description": "with items=1: who speaks"},
        }},
        "ChangeMessage": {"type": "object", "properties": {**change, "url": {"type": "string", "format": "uri"},
                                                           "test": {"const": True, "description": "only in a test"}}},
        "Token": {"type": "object", "properties": {
            "name": TEXT, "scopes": {"type": "array", "items": TEXT}, "owner": TEXT, "level": {"type": "integer"},
            "expires": {"type": ["string", "null"], "format": "date-time"},
        }},
        "Picture": {"type": "object", "properties": {
            "url": {"type": "string", "format": "uri"}, "width": {"type": "integer"}, "height": {"type": "integer"}, "item": TEXT,
        }},
    }  # fmt: skip
