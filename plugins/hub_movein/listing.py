"""An organization of the Human Services Data Specification as an entry of the partner directory.

What has no field of its own stands in the text, service by service. People are kept for editors only: the file does not say that
they agreed to be named. What cannot be a coordinate or a phone number is left out, so that the rest of the entry comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from flask_babel import force_locale

from hub.api import content_type, excerpt, fold, gettext, items

from . import prose
from .finding import on_earth

ORIGIN = "hsds"
SHORT = 300  # a description up to this is the summary
REGISTERS = {
    "gb-coh": "gb-coh", "gb-chc": "gb-chc", "ru-inn": "inn", "ru-ogrn": "ogrn", "xi-lei": "lei", "xi-ror": "ror",
    "xi-isil": "isil", "xi-isni": "isni", "xi-wikidata": "wikidata", "wikidata": "wikidata", "lei": "lei", "ror": "ror",
}  # fmt: skip
CLOSED = ("inactive", "defunct", "closed")
Found = Mapping[str, Any]


def entry(org: Found, known: Mapping[str, Found]) -> dict[str, Any] | Exception:
    """The document of an organization, or what is wrong with it. known: all of the file, by their ids."""
    title = _line(org.get("name"))
    if not title:
        return ValueError(gettext("it has no name"))
    if not _line(org.get("id")):
        return ValueError(gettext("“%(title)s” has no id: a second import could not find it again", title=title[:80]))
    services = [s for s in _many(org, "services") if _line(s.get("status")).lower() not in CLOSED]
    said = prose.plain(_words(org.get("description")))
    language = prose.language_of(f"{title} {said}")
    with force_locale(language):
        body = _body(org, services, "" if len(said) <= SHORT else _words(org.get("description")))
    parent = known.get(_line(org.get("parent_organization_id")))
    return {
        "kind": "partner", "origin": ORIGIN, "external_id": _number(org), "data": _data(org, services),
        "texts": {language: {
            "title": title[:300], "summary": excerpt(said, SHORT), "body": body,
            "fields": {"offers_words": offers} if (offers := _offers(services)) else {},
        }},
        "topic_words": _topics([org, *services]), "places": list(_places(org, services, language)),
        "links": {"parent": [f"{ORIGIN}:{_number(parent)}"]} if parent else {},
    }  # fmt: skip


def _number(org: Found) -> str:
    """Its id; with its name where that is no UUID, so that the numbers of two publishers are not taken for the same."""
    number = _line(org.get("id"))
    try:
        return str(UUID(number))
    except ValueError:
        return f"{number} {fold(_line(org.get('name')))}"[:200].strip()


# -- texts ---------------------------------------------------------------------------------------------------------------


def _body(org: Found, services: list[Found], description: str) -> str:
    """What it says of itself, then each service with what one has to know, then how its places can be entered."""
    parts = [prose.from_html(description) if "<" in description else description.strip()]
    if services:
        parts.append(f"## {gettext('Services')}")
    for service in services:
        told = (
            (gettext("Who it is for"), service.get("eligibility_description") or _joined(_many(service, "eligibility"), "eligibility")),
            (gettext("Cost"), service.get("fees_description") or service.get("fees")),
            (gettext("How to apply"), service.get("application_process")),
            (gettext("When"), _joined(_many(service, "schedules"), "description")),
            (gettext("Please note"), service.get("alert")),
        )  # fmt: skip
        words = prose.plain(_words(service.get("description")))
        lines = [f"**{label}:** {text}" for label, raw in told if (text := prose.plain(_words(raw)))]
        address = prose.safe_address(_line(service.get("url")))
        parts += [f"### {_line(service.get('name')) or gettext('Service')}", words, *lines, f"<{address}>" if address else ""]
    entered = _joined([a for place in _locations(org, services) for a in _many(place, "accessibility")], "description", "accessibility")
    if entered:
        parts += [f"## {gettext('Access')}", entered]
    return "\n\n".join(part for part in parts if part)


def _offers(services: list[Found]) -> str:
    """The names of the services, as many as the field holds."""
    found = ""
    for name in dict.fromkeys(_line(service.get("name")) for service in services):
        if name and len(found) + len(name) + 2 <= 490:
            found += f"; {name}" if found else name
    return found


def _topics(holders: Iterable[Found]) -> list[str]:
    """Terms that are topics here; those that are not would flood the list of topics with somebody else's."""
    terms = [_line((a.get("taxonomy_term") or {}).get("name") or a.get("label")) for h in holders for a in _many(h, "attributes")]
    known = {word for concept in items.concept_words() for word in concept} if terms else set()
    return [term for term in dict.fromkeys(terms) if term and fold(term) in known][:20]


# -- facts ---------------------------------------------------------------------------------------------------------------


def _data(org: Found, services: list[Found]) -> dict[str, Any]:
    ctype, holders = content_type("partner"), [org, *services, *_locations(org, services)]
    contacts = [contact for holder in holders for contact in _many(holder, "contacts")]
    phones = [phone for holder in [*holders, *contacts] for phone in _many(holder, "phones")]
    spoken = [row for holder in [*holders, *phones] for row in _many(holder, "languages")]
    codes = (_line(row.get("code") or row.get("language")).lower()[:3].rstrip("-_") for row in spoken)
    pages = [row for holder in [org, *services] for name in ("additional_websites", "additional_urls") for row in _many(holder, name)]
    found = {
        "website": _line(org.get("website") or org.get("url")), "email": _line(org.get("email")),
        "phone": next((number for phone in phones if (number := _phone(phone))), ""),
        "languages": [code for code in dict.fromkeys(codes) if re.fullmatch("[a-z]{2,3}", code)],
        "socials": list({row["url"]: row for row in map(_page, pages) if row}.values())[:50],
        "contact_person": "; ".join(dict.fromkeys(filter(None, map(_person, contacts))))[:500],
        "identifiers": [row for row in map(_register, _many(org, "organization_identifiers")) if row],
    }  # fmt: skip
    return {name: value for name, value in found.items() if value and ctype is not None and ctype.field(name)}


def _phone(phone: Found) -> str:
    """A number that people can ring from anywhere; short codes and fax are none."""
    text = re.sub(r"[^\d+()\s./-]", "", _line(phone.get("number"))).strip()
    usable = sum(c.isdigit() for c in text) >= 5 and len(text) <= 60 and _line(phone.get("type")).lower() not in ("fax", "textphone")
    extension = _line(phone.get("extension"))
    return (f"{text} ext. {extension}" if extension.isdigit() and len(extension) < 8 else text) if usable else ""


def _page(row: Found) -> dict[str, str] | None:
    address = prose.safe_address(_line(row.get("url")))
    return {"url": address, "label": _line(row.get("label"))[:200]} if address.startswith("http") else None


def _person(contact: Found) -> str:
    phone = next((number for phone in _many(contact, "phones") if (number := _phone(phone))), "")
    return ", ".join(filter(None, (*(_line(contact.get(n)) for n in ("name", "title", "department", "email")), phone)))


def _register(row: Found) -> dict[str, str] | None:
    number, ctype = _line(row.get("identifier")), content_type("partner")
    field = ctype.field("identifiers") if ctype else None
    if not number or field is None:
        return None
    known = {choice.value for choice in field.columns[0].choices}
    register = REGISTERS.get(_line(row.get("identifier_scheme")).lower(), "other")
    if register in known and register != "other":
        return {"register": register, "number": number[:80]}
    named = _line(row.get("identifier_type") or row.get("identifier_scheme"))
    return {"register": "other", "number": f"{named} {number}".strip()[:80]} if "other" in known else None


# -- places --------------------------------------------------------------------------------------------------------------


def _locations(org: Found, services: list[Found]) -> list[Found]:
    """Its own places and those of its services, each once."""
    own = list(_many(org, "locations"))
    for service in services:
        own += _many(service, "locations")
        own += [at["location"] for at in _many(service, "service_at_locations") if isinstance(at.get("location"), dict)]
    return list({_line(place.get("id")) or str(n): place for n, place in enumerate(own)}.values())


def _places(org: Found, services: list[Found], language: str) -> Iterator[dict[str, Any]]:
    for place in _locations(org, services)[:50]:
        if _line(place.get("location_type")).lower() == "virtual":
            continue
        addresses = sorted(_many(place, "addresses") or _many(place, "physical_addresses"), key=_is_postal)
        address: Found = addresses[0] if addresses else {}
        name = _line(place.get("name"))
        city = _line(address.get("city")) or name
        lines = [name if name != city else "", *(_line(address.get(n)) for n in ("address_1", "address_2", "postal_code"))]
        point, country = _point(place), _line(address.get("country")).upper()
        if city or point:
            yield {
                "names": {language: city} if city else {}, "address": ", ".join(filter(None, lines)),
                "country": country if re.fullmatch("[A-Z]{2}", country) else "", **point,
            }  # fmt: skip


def _is_postal(address: Found) -> bool:
    return _line(address.get("address_type")).lower() != "physical"


def _point(place: Found) -> dict[str, float]:
    point = on_earth(place.get("latitude"), place.get("longitude"))
    return dict(zip(("lat", "lon"), point, strict=True)) if point else {}


# -- values of any sort --------------------------------------------------------------------------------------------------


def _many(holder: Found, name: str) -> list[Found]:
    """The objects of a list; nothing where it is none."""
    found = holder.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _joined(rows: Iterable[Found], *names: str) -> str:
    said = (next((prose.plain(text) for name in names if (text := _words(row.get(name)))), "") for row in rows)
    return "; ".join(dict.fromkeys(filter(None, said)))
