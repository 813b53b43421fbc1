"""An entry as its hub gives it, made into an item of ours: checked first, and nothing taken on trust."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hub.api import ContentType, Faults, Field, content_type, gettext, items, now

from . import adopting, inner
from .asking import Row
from .models import Followed

MOST_TOPICS, MOST_PLACES, MOST_LINKS = 30, 50, 200


class Unfit(ValueError):
    """An entry is not taken. reason: a word of `words.REASONS`; the text says what exactly."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


def is_under(url: Any, base: str) -> bool:
    """Whether an address lies on a hub."""
    if not isinstance(url, str) or len(url) > 2000 or not url.isprintable() or " " in url:
        return False
    try:
        there, here = urlsplit(url), urlsplit(base)
    except ValueError:
        return False
    return (there.scheme, there.netloc) == (here.scheme, here.netloc) and f"{there.path}/".startswith(f"{here.path}/")


def checked(hub: Followed, row: Row) -> dict[str, Any]:
    """The entry of a change with all that is read of it in its right form. Raises Unfit."""
    raw = row.item or {}
    if raw.get("uid") != row.uid or raw.get("kind") != row.kind:
        raise Unfit("forged", gettext("The entry names another uid or kind than its change."))
    if not is_under(raw.get("url"), hub.url):
        raise Unfit("foreign", str(raw.get("url"))[:200])
    audience = raw.get("audience", "public")
    if audience != "public" and (audience, bool(hub.shared)) != (inner.AUDIENCE, True):
        raise Unfit("audience", str(audience)[:40])
    urls = {code: url for code, url in _dict(raw.get("urls")).items() if is_under(url, hub.url)}
    return {
        "uid": row.uid, "kind": row.kind, "url": raw["url"], "urls": urls, "licence": _line(raw.get("licence"), 80),
        "example": raw.get("example") is True, "audience": audience, "fields": _dict(raw.get("fields")),
        "texts": {code: _text(text) for code, text in _dict(raw.get("texts")).items() if isinstance(text, dict)},
        "places": [place for place in _list(raw.get("places"))[:MOST_PLACES] if isinstance(place, dict)],
        "concepts": _concepts(hub, raw.get("concepts")), "links": _links(raw.get("links")),
        "adopts": adopting.named(row.kind, raw.get("links"), items.site()["url"]) if audience == "public" else [],
        **{name: _moment(raw.get(name)) for name in ("updated", "published", "starts_at", "ends_at")},
    }  # fmt: skip


def fingerprint(item: Mapping[str, Any], topics: Sequence[str], languages: Sequence[str]) -> str:
    """The same while an entry, and what we make of it, stays the same."""
    told = json.dumps([item, topics, languages], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def document(hub: Followed, item: Mapping[str, Any], topics: Sequence[str], languages: Sequence[str]) -> items.Document:
    """The item of an entry as `hub.api.items` takes it. Raises Unfit."""
    ctype = content_type(item["kind"])
    if ctype is None:
        raise Unfit("kind", item["kind"])
    texts = {code: _own_text(ctype, item["texts"][code]) for code in languages if item["texts"].get(code, {}).get("title")}
    if not texts:
        raise Unfit("language")
    published = min(item["published"] or now(), now())
    return {
        "origin": hub.origin, "external_id": item["uid"], "source_name": hub.name, "source_url": item["url"],
        "licence": item["licence"], "example": item["example"], "audience": item["audience"], "topics": list(topics),
        "texts": texts, "data": _data(ctype, item), "links": links(hub, ctype, item["links"]),
        "places": [{n: place.get(n) for n in ("lat", "lon", "names", "address", "country")} for place in item["places"]]
        if ctype.places != "none" else [],
        "published": published.isoformat(), "updated": max(published, min(item["updated"] or published, now())).isoformat(),
    }  # fmt: skip


def prepared(kind: str, doc: items.Document) -> items.Fresh:
    """The document checked as every item is; values that our vocabulary does not know are left out. Raises Unfit."""
    try:
        return items.prepare(kind, doc, "published")
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Unfit("unreadable", f"{type(error).__name__}: {error}"[:300]) from None
    except Faults as error:
        doc = without(doc, error.faults)
    try:
        return items.prepare(kind, doc, "published")
    except Faults as error:
        raise Unfit("faults", str(error)[:300]) from None
    except Exception as error:
        raise Unfit("unreadable", f"{type(error).__name__}: {error}"[:300]) from None


def without(doc: items.Document, faults: Mapping[str, str]) -> items.Document:
    """A document without the values at fault ("themes", "results.ru", "places.2")."""
    names = {name.partition(".")[0] for name in faults}
    places = [place for n, place in enumerate(doc["places"]) if f"places.{n}" not in faults]
    texts = {
        code: {**text, "fields": {n: v for n, v in text["fields"].items() if f"{n}.{code}" not in faults and n not in names}}
        for code, text in doc["texts"].items()
    }  # fmt: skip
    return {**doc, "places": places, "texts": texts, "data": {n: v for n, v in doc["data"].items() if n not in names}}


def links(hub: Followed, ctype: ContentType, named: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What an entry points to, as far as it can be found among what came from the same hub."""
    return {name: [f"{hub.origin}:{uid}" for uid in uids] for name, uids in named.items() if ctype.relation(name)}


def _data(ctype: ContentType, item: Mapping[str, Any]) -> dict[str, Any]:
    """Declared values. Data about people stay where they can be corrected; what plugins know of an item is theirs there."""
    found = {}
    zoned = any(f.fills == "timezone" and item["fields"].get(f.name) for f in ctype.fields)
    for field in ctype.fields:
        value = item["fields"].get(field.name)
        if value is None or field.translated or field.managed or field.audience != "public" or field.personal:
            continue
        found[field.name] = _without_people(field, value) if field.type == "rows" else value
        if field.type == "datetime" and field.fills in ("starts_at", "ends_at") and not zoned and item[field.fills]:
            found[field.name] = item[field.fills].isoformat()  # said in that hub's time, which is not ours
    return found


def _without_people(field: Field, rows: Any) -> Any:
    personal = {column.name for column in field.columns if column.personal}
    if not personal or not isinstance(rows, list):
        return rows
    return [{n: v for n, v in row.items() if n not in personal} for row in rows if isinstance(row, dict)]


def _own_text(ctype: ContentType, text: Mapping[str, Any]) -> dict[str, Any]:
    spoken = {f.name for f in ctype.fields if f.translated and f.audience == "public" and not f.personal and not f.managed}
    return {**text, "fields": {n: v for n, v in text["fields"].items() if n in spoken}}


def _text(raw: Mapping[str, Any]) -> dict[str, Any]:
    fields = {str(n): v for n, v in _dict(raw.get("fields")).items() if isinstance(v, str)}
    body = raw.get("body")
    return {"title": _line(raw.get("title"), 300), "summary": _line(raw.get("summary"), 1000),
            "body": body if isinstance(body, str) else "", "fields": fields}  # fmt: skip


def _concepts(hub: Followed, raw: Any) -> list[dict[str, Any]]:
    found = []
    for one in _list(raw)[:MOST_TOPICS]:
        slug = one.get("slug") if isinstance(one, dict) else None
        if isinstance(slug, str) and 0 < len(slug) <= 120 and slug.isprintable():
            names = {str(code)[:3]: _line(name, 120) for code, name in list(_dict(one.get("names")).items())[:20]}
            broader = [slug for slug in _list(one.get("broader"))[:10] if isinstance(slug, str)]
            url = one.get("url") if is_under(one.get("url"), hub.url) else ""
            found.append({"slug": slug, "names": names, "broader": broader, "url": str(url)[:500]})
    return found


def _links(raw: Any) -> dict[str, list[str]]:
    found = {}
    for name, ends in list(_dict(raw).items())[:20]:
        uids = [end.get("uid") for end in _list(ends)[:MOST_LINKS] if isinstance(end, dict)]
        found[name] = [uid for uid in uids if isinstance(uid, str) and len(uid) == 36]
    return found


def _moment(raw: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(raw)
        return found.astimezone(dt.UTC) if found.tzinfo and 1900 < found.year < 9000 else None
    except (ValueError, TypeError, OverflowError):
        return None


def _line(raw: Any, limit: int) -> str:
    return " ".join(raw.split())[:limit] if isinstance(raw, str) else ""


def _dict(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
