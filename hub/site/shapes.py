"""Lists and items as data: JSON, CSV, GeoJSON. Feeds stand in feeds.py."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, abort

from hub.content import finding, queries
from hub.content.fields import as_cell, as_text
from hub.content.items import Item
from hub.content.queries import ListQuery, Result
from hub.hooks.here import hub
from hub.hooks.parts import Exporter, Listing
from hub.site import feeds, view
from hub.store.db import session

RISKY = ("=", "+", "-", "@", "\t", "\r")


def absolute(path: str) -> str:
    """The full address of a path of this hub, for mails, feeds, files and machines: `absolute(item.url)`, `absolute("/desk/")`.

    The path may be written by hand or made by `url_for`: a hub below a path of its host adds that path where it is missing.
    """
    return str(hub().settings.site.absolute(path))


def local(path: str) -> str:
    """A path written by hand as pages link to it, for hubs below a path of their host; `url_for` needs no such thing."""
    return str(hub().settings.site.local(path))


def item_json(item: Item, *, full: bool = False) -> dict[str, Any]:
    """An item as lists and pages give it as JSON, without what its reader may not see; full: with texts in every language, addresses
    and links."""
    out: dict[str, Any] = {
        "uid": item.uid, "kind": item.kind, "url": absolute(item.url), "title": item.title, "summary": item.excerpt,
        "lang": item.lang, "languages": list(item.languages), "updated": item.updated.isoformat(),
        "published": item.published.isoformat() if item.published else None,
        "topics": [t.slug for t in item.topics],
        "places": [place_json(p, item.lang) for p in item.places],
        "licence": item.row.licence, "source_name": item.row.source_name, "source_url": item.row.source_url,
        "example": item.example, "fields": dict(item.data),
    }  # fmt: skip
    if item.row.starts_at:
        out["starts_at"] = item.row.starts_at.isoformat()
    if item.row.ends_at:
        out["ends_at"] = item.row.ends_at.isoformat()
    if full:
        out["body"] = item.body
        visible = {f.name for f in item.type.fields if f.translated and item.shows(f)}
        out["texts"] = {
            code: {**text, "fields": {k: v for k, v in text["fields"].items() if k in visible}} for code, text in item.all_texts.items()
        }
        out["urls"] = {code: absolute(item.url_in(code)) for code in item.languages}
        out["links"] = {
            name: [{"uid": end.uid, "kind": end.kind, "title": end.title, "url": absolute(end.url)} for end in ends]
            for name, ends in item.links.items()
        }
    return out


def place_json(place: Any, language: str) -> dict[str, Any]:
    return {
        "name": place.name(language), "names": place.names, "slug": place.slug, "country": place.country,
        "address": place.address, "lat": place.lat, "lon": place.lon,
    }  # fmt: skip


def list_body(items: list[Item], query: ListQuery, result: Result) -> dict[str, Any]:
    """A list as `.json` gives it: items, total, returned, truncated, next, facets."""
    return {
        "items": [item_json(item) for item in items], "total": result.total, "returned": len(items),
        "truncated": result.total > len(items), "next": result.next or None,
        "facets": {"kind" if name == f"{query.kinds[0]}_kind" and not query.among else name: counts  # among several, kind is the type
                   for name, counts in result.facets.items() if name not in {f"{kind}_kind" for kind in query.among}},
    }  # fmt: skip


def list_json(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    return view.data(dump(list_body(items, query, result)), "application/json")


def dump(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def list_csv(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    out = io.StringIO()
    csv.writer(out).writerows(table(items))
    return view.data("\ufeff" + out.getvalue(), "text/csv", filename=f"{title}.csv")


def table(items: Sequence[Item]) -> Iterator[list[str]]:
    """A list as rows of cells that no spreadsheet takes for formulas; the first row names the columns."""
    kinds = {item.kind: item.type for item in items}
    fields = list({f.name: f for t in kinds.values() for f in t.fields if any(i.shows(f) for i in items)}.values())
    yield [
        "uid", "kind", "url", "lang", "title", "summary", "topics", "place", "country", "lat", "lon", "published",
        "updated", "licence", "source_name", "source_url", *(f.name for f in fields),
    ]  # fmt: skip
    for item in items:
        place = item.place
        yield [safe_cell(cell) for cell in (
            item.uid, item.kind, absolute(item.url), item.lang, item.title, item.excerpt,
            "|".join(t.slug for t in item.topics), place.name(item.lang) if place else "",
            place.country if place else "", _text(place.lat if place else None), _text(place.lon if place else None),
            item.published.isoformat() if item.published else "", item.updated.isoformat(), item.row.licence,
            item.row.source_name, item.row.source_url,
            *(as_cell(f, item.data.get(f.name)) for f in fields),
        )]  # fmt: skip


def safe_cell(text: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if text is None else str(text)
    return "'" + text if text.startswith(RISKY) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def list_geojson(items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    features = []
    for item in items:
        for n, place in enumerate(item.places):
            if place.lat is None or place.lon is None or not queries.in_bbox(query, place.lat, place.lon):
                continue
            features.append({
                "type": "Feature", "id": f"{item.uid}-{n}" if n else item.uid,
                "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
                "properties": {
                    "uid": item.uid, "kind": item.kind, "title": item.title, "summary": item.excerpt,
                    "url": absolute(item.url), "lang": item.lang, "place": place.name(item.lang),
                    "country": place.country, "updated": item.updated.isoformat(),
                },
            })  # fmt: skip
    total, without = finding.locations(session(), query, result)
    body = {
        "type": "FeatureCollection", "features": features, "returned": len(features),
        "total": total, "truncated": total > len(features), "next": result.next or None, "without_location": without,
    }  # fmt: skip
    return view.data(dump(body), "application/geo+json")


SHAPES: dict[str, Callable[[list[Item], ListQuery, Result, str], Response]] = {
    "json": list_json, "csv": list_csv, "geojson": list_geojson, "atom": feeds.list_atom,
    "feed.json": feeds.list_jsonfeed, "rss": feeds.list_rss,
}  # fmt: skip


def by_plugin(exporter: Exporter, items: list[Item], query: ListQuery, result: Result, title: str) -> Response:
    """A list in the shape of a plugin's exporter."""
    name = str(hub().types.at(title).plural) if hub().types.at(title) else title
    asked = f"?{query.link()}" if query.given else ""
    url = absolute(f"/{query.language}/{title}/{asked}")
    return written(exporter, Listing(items, name, query.language, url, result.total), title)


def written(exporter: Exporter, listing: Listing, name: str) -> Response:
    """The file that an exporter makes of a listing; where it fails, the plugin is noted and the answer is 500."""
    plugin = hub().exporters[exporter.name][0]
    try:
        body = exporter.write(listing)
        if not isinstance(body, str | bytes):
            raise TypeError(f"{exporter.name} must be text or bytes, not {type(body).__name__}")
    except Exception as error:
        hub().hooks.failed(plugin, f"exporter {exporter.name}", error)
        abort(500)
    return view.data(body, exporter.mimetype, filename=f"{name}.{exporter.name}")


NO_WORKS = ("Organization", "Project", "Place", "Event")  # in schema.org's words: who, where and when, told without date and licence


def jsonld(item: Item, site_name: str) -> dict[str, Any]:
    """An item in schema.org's words."""
    thing = item.type.schema_org
    out: dict[str, Any] = {
        "@context": "https://schema.org", "@type": thing, "@id": absolute(item.url), "name": item.title, "url": absolute(item.url),
        "identifier": item.uid, "description": item.excerpt,
    }  # fmt: skip
    if item.topics:
        out["keywords"] = [t.name(item.lang) for t in item.topics]
    if thing not in NO_WORKS:
        out |= {"inLanguage": item.lang, "isPartOf": {"@type": "WebSite", "name": site_name, "url": hub().settings.site.url},
                "dateModified": item.updated.isoformat(), "datePublished": (item.published or item.updated).isoformat()}  # fmt: skip
        if item.row.licence.startswith("CC BY 4"):
            out["license"] = "https://creativecommons.org/licenses/by/4.0/"
    where = [
        {"@type": "Place", "name": p.name(item.lang), "address": {"@type": "PostalAddress", "addressCountry": p.country,
         "addressLocality": p.name(item.lang)}, "geo": {"@type": "GeoCoordinates", "latitude": p.lat, "longitude": p.lon}}
        for p in item.places if p.lat is not None
    ]  # fmt: skip
    if where and thing == "Place":
        out |= {name: where[0][name] for name in ("address", "geo")}
    elif where:
        out["location" if thing in NO_WORKS else "spatialCoverage"] = where
    for field in item.type.fields:
        if field.schema_org and item.data.get(field.name) is not None and not field.personal:
            value = item.data[field.name]
            out[field.schema_org] = value if field.type in ("url", "partialdate", "integer") else as_text(field, value)
    for relation in item.type.relations:
        if relation.schema_org and item.links.get(relation.name):
            ends = item.links[relation.name]
            out[relation.schema_org] = [{"@type": "Organization", "name": e.title, "url": absolute(e.url)} for e in ends]
    return out
