"""Organisations as vCard 4.0 (RFC 6350) and as JSON-LD in schema.org's words: only what every reader of the list may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from icalendar.parser import Contentline

from hub.api import Item, Listing, items
from hub_partners.networks import network

LINKED = {"wikidata": "https://www.wikidata.org/wiki/", "ror": "https://ror.org/", "isni": "https://isni.org/isni/"}
TERMS = {"inn": "taxID", "vat": "vatID", "lei": "leiCode"}  # schema.org has a word of its own


def vcards(listing: Listing) -> str:
    """A list as an address book."""
    return "".join(line + "\r\n" for item in listing.items for line in _vcard(item))


def _vcard(item: Item) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield "KIND:org"
    yield f"UID:urn:uuid:{item.uid}"
    yield f"REV:{item.updated:%Y%m%dT%H%M%SZ}"
    yield from _lines("FN", item.title)
    yield from _lines("ORG", item.title)
    yield from _lines("NOTE", item.excerpt)
    yield from _lines("EMAIL", item.value("email"))
    yield from _lines("TEL", item.value("phone"))
    yield from _lines("URL", item.value("website"), raw=True)
    yield from _lines("SOURCE", _address(item), raw=True)
    for page in item.value("socials") or []:
        name = network(page["url"]) or page.get("label") or ""
        yield from _lines(
            f"SOCIALPROFILE;SERVICE-TYPE={_parameter(name)}" if name else "SOCIALPROFILE", page["url"], raw=True
        )
    for place in item.places:
        parts = ("", "", place.address, place.name(item.lang), "", "", place.country)
        yield from _lines("ADR", ";".join(_escaped(part) for part in parts), raw=True)
        if place.lat is not None:
            yield f"GEO:geo:{place.lat!r},{place.lon!r}"
    for person in item.value("people") or []:
        yield from _lines(
            "RELATED;TYPE=contact;VALUE=text",
            ", ".join(person[k] for k in ("name", "role", "email", "phone") if person.get(k)),
        )
    for code in item.value("languages") or []:
        yield f"LANG:{code}"
    if item.topics:
        yield from _lines("CATEGORIES", ",".join(_escaped(t.name(item.lang)) for t in item.topics), raw=True)
    yield "END:VCARD"


def _lines(name: str, text: str | None, *, raw: bool = False) -> Iterator[str]:
    """One property, folded; raw: its value is escaped already, or an address."""
    if text:
        yield Contentline(f"{name}:{text if raw else _escaped(text)}").to_ical().decode()


def _escaped(text: str) -> str:
    """Text as a value: backslash, comma, semicolon and the end of a line (RFC 6350, 3.4)."""
    for sign in "\\,;":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def _parameter(text: str) -> str:
    plain = "".join(c for c in text if c.isprintable() and c != '"')
    return f'"{plain}"' if set(plain) & set(",;:") else plain


def _address(item: Item) -> str:
    return items.absolute(item.url)


def jsonld(listing: Listing) -> str:
    """A list as a graph of organisations."""
    body = {"@context": "https://schema.org", "@graph": [_organisation(item) for item in listing.items]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _organisation(item: Item) -> dict[str, Any]:
    pages = [item.value("website"), *(page["url"] for page in item.value("socials") or [])]
    out: dict[str, Any] = {
        "@type": "Organization", "@id": _address(item), "identifier": [item.uid], "url": _address(item), "name": item.title,
        "description": item.excerpt, "email": item.value("email"), "telephone": item.value("phone"),
        "knowsLanguage": item.value("languages"), "sameAs": [page for page in pages if page],
        "keywords": [topic.name(item.lang) for topic in item.topics], "location": [_place(p, item.lang) for p in item.places],
        "contactPoint": [{"@type": "ContactPoint", **{
            word: person[key] for key, word in (("name", "name"), ("role", "contactType"), ("email", "email"), ("phone", "telephone"))
            if person.get(key)}} for person in item.value("people") or []],
    }  # fmt: skip
    for row in item.value("identifiers") or []:
        register, number = row["register"], row["number"]
        if register in TERMS:
            out[TERMS[register]] = number
        if register in LINKED:
            out["sameAs"].append(LINKED[register] + number.replace(" ", ""))
        out["identifier"].append({"@type": "PropertyValue", "propertyID": register, "value": number})
    return {name: value for name, value in out.items() if value}


def _place(place: Any, language: str) -> dict[str, Any]:
    address = {"addressLocality": place.name(language), "streetAddress": place.address, "addressCountry": place.country}
    out: dict[str, Any] = {
        "@type": "Place",
        "address": {"@type": "PostalAddress", **{k: v for k, v in address.items() if v}},
    }
    if place.lat is not None:
        out["geo"] = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
    return out
