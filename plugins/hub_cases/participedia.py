"""Cases of Participedia in (JSON or CSV as it exports them) and out (CSV), by the crosswalk file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hub.api import Content, Faults, Item, forms, gettext, items
from hub_cases import filing
from hub_cases.formfile import LARGEST, Unusable
from hub_cases.practice import PRACTICE

ORIGIN = "participedia"
PLACE = ("location_name", "address1", "address2", "city", "province", "postal_code", "country", "latitude", "longitude")
KNOWN = {"id", "type", "ongoing", "number_of_participants", "links", "url", "original_language", *PLACE}
SILENT = {"creator", "last_updated_by", "post_date", "updated_date", "published", "featured", "hidden", "verified", "completeness",
          "friendly_id", "bookmarked", "is_component_of", "has_components"}  # fmt: skip


@cache
def crosswalk() -> Mapping[str, Any]:
    """The crosswalk file."""
    found: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "crosswalks" / "participedia.yaml").read_text(encoding="utf-8"))
    return found


def rows(data: bytes) -> list[dict[str, Any]]:
    """The cases of a file. Raises Unusable."""
    if len(data) > LARGEST:
        raise Unusable(gettext("The file is larger than 10 MB."))
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip()[:1] not in ("[", "{"):
            csv.field_size_limit(LARGEST)
            table = csv.DictReader(io.StringIO(text, newline=""))
            if "title" not in (table.fieldnames or ()):
                raise Unusable(gettext("A list of cases is expected here."))
            return [{k: v for k, v in row.items() if k} for row in table]
        found = json.loads(text)
    except (UnicodeDecodeError, ValueError, csv.Error, RecursionError) as error:
        raise Unusable(gettext("This is neither JSON nor CSV in UTF-8: %(why)s", why=error)) from None
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [found])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unusable(gettext("A list of cases is expected here."))
    return found


def title_of(row: Mapping[str, Any]) -> str:
    """The title of a row."""
    return " ".join(_plain(row.get("title")).split())


def take(row: Mapping[str, Any], language: str = "") -> tuple[Content | None, list[str]]:
    """(the draft made of a row, or None where that case is here already; columns without a field). Raises ValueError."""
    number = _plain(row.get("id"))
    if number and items.find_by_source("case", ORIGIN, number):
        return None, []
    languages = items.site()["languages"]
    language = language or ("en" if "en" in languages else languages[0])
    doc, left = _document(row, language)
    try:
        return items.create("case", {**doc, "origin": ORIGIN, "external_id": number}), left
    except Faults as error:
        raise ValueError(str(error)) from None


def _document(row: Mapping[str, Any], language: str) -> tuple[dict[str, Any], list[str]]:
    walk, doc = crosswalk(), forms.empty()
    text: dict[str, Any] = {"title": title_of(row)[:300], "fields": {}}
    remarks: dict[str, str] = {}
    for ours, theirs in walk["fields"].items():
        value = _plain(row.get(theirs))
        if ours in ("start", "end"):
            said, _ = filing.date(value.partition("T")[0], goes_on=ours == "end")
            doc["data"] |= {ours: said} if said else {}
        elif ours == "institution":
            text["fields"] |= {ours: value[:500]} if value else {}
        elif ours == "summary" and len(value) > 1000:
            remarks[theirs] = value
        elif ours != "title":
            text[ours] = value
    if _plain(row.get("ongoing")).casefold() in ("true", "yes", "1", "t"):
        doc["data"]["end"] = "ongoing"
    for ours, part in walk["choices"].items():
        _choices(doc, remarks, ours, part, row.get(part["column"]))
    _extras(doc, row, language)
    used = {*walk["fields"].values(), *(part["column"] for part in walk["choices"].values()), *KNOWN, *SILENT}
    remarks |= {name: _plain(value) for name, value in row.items() if name not in used and _plain(value)}
    if remarks:
        doc["data"]["remarks"] = "\n".join(f"{name}: {value}" for name, value in remarks.items())[:100_000]
    doc["texts"] = {language: text}
    return doc, sorted(remarks)


def _choices(doc: dict[str, Any], remarks: dict[str, str], ours: str, part: Mapping[str, Any], raw: Any) -> None:
    known = {key: entry["ours"] for key, entry in part["keys"].items()}
    known |= {entry["label"].casefold(): entry["ours"] for entry in part["keys"].values()}
    values, strange = [], []
    for word in _words(raw, known):
        if (value := known.get(word) or known.get(word.casefold())) and value not in values:
            values.append(value)
        elif not value:
            strange.append(word)
    declared = PRACTICE.field(ours)
    if values:
        doc["data"][ours] = values if declared and declared.type == "choices" else values[0]
    if strange:
        remarks[part["column"]] = ", ".join(strange)


def _words(raw: Any, known: Iterable[str]) -> list[str]:
    """The single values of what may be a list, a list of objects, or one text with marks between."""
    if isinstance(raw, list):
        return [word for part in raw if (word := _plain(part))]
    text = _plain(raw)
    labels = [label for label in sorted(known, key=len, reverse=True) if "," in label]
    found = []
    for label in labels:  # labels that hold a comma themselves come first
        if label in text.casefold():
            found.append(label)
            text = re.sub(re.escape(label), "", text, flags=re.I)
    return found + [word.strip() for word in re.split(r"[|;,]", text) if word.strip()]


def _extras(doc: dict[str, Any], row: Mapping[str, Any], language: str) -> None:
    city = _plain(row.get("city")) or _plain(row.get("location_name"))
    code = filing.country(_plain(row.get("country")))
    place: dict[str, Any] = {"names": {language: city[:200]} if city else {}, "country": code}
    lat, lon = _number(row.get("latitude")), _number(row.get("longitude"))
    if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon):
        place |= {"lat": lat, "lon": lon}
    address = ", ".join(filter(None, (_plain(row.get(n)) for n in ("address1", "address2", "postal_code", "province"))))
    place |= {"address": address[:500]} if address else {}
    doc["places"] = [place] if city or code or "lat" in place or address else []
    people = _number(row.get("number_of_participants"))
    if people:
        doc["data"]["figures"] = [{"unit": "participants", "value": people}]
    links = row.get("links")
    addresses = [_plain(link) for link in links] if isinstance(links, list) else re.split(r"[|\s]+", _plain(links))
    if good := [{"url": a} for a in addresses if re.match(r"https?://[^\s/]+\.[^\s]+$", a)]:
        doc["data"]["links_out"] = good[:200]
    doc["source_url"], doc["source_name"] = _plain(row.get("url"))[:2000], "Participedia"


def _plain(value: Any) -> str:
    """A value as text; of an object its key, address or title."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("key", "url", "value", "title", "name", "label", "long_value") if value.get(name)), "")
    if isinstance(value, list):
        return ", ".join(filter(None, map(_plain, value)))
    return "" if value is None else str(value).strip()


def _number(value: Any) -> float | None:
    try:
        found = float(_plain(value).replace(",", "."))
    except ValueError:
        return None
    return found if abs(found) < 1e12 else None


def as_csv(item: Item, language: str) -> str:
    """One practice as a CSV with Participedia's columns."""
    walk, text = crosswalk(), item.all_texts[language]
    place = item.place
    row: dict[str, Any] = {"id": item.row.external_id if item.row.origin == ORIGIN else "", "type": "case"}
    for ours, theirs in walk["fields"].items():
        value = text["fields"].get(ours) if ours == "institution" else text.get(ours) or item.value(ours)
        row[theirs] = "" if value == "ongoing" else value or ""
    row["ongoing"] = "yes" if item.value("end") == "ongoing" else "no" if item.value("end") else ""
    for ours, part in walk["choices"].items():
        back = {entry["ours"]: key for key, entry in reversed(part["keys"].items())} | part.get("back", {})
        values = item.value(ours) or []
        keys = [back[value] for value in (values if isinstance(values, list) else [values]) if value in back]
        row[part["column"]] = "|".join(dict.fromkeys(keys))
    if place:
        row |= {"city": place.name(language), "country": place.country, "latitude": place.lat, "longitude": place.lon}
    people = [figure["value"] for figure in item.value("figures") or [] if figure["unit"] == "participants"]
    row |= {"number_of_participants": people[-1] if people else "", "original_language": language}
    row |= {"links": "|".join(link["url"] for link in item.value("links_out") or [])}
    row |= {"url": items.absolute(item.url_in(language))}
    out = io.StringIO()
    writer = csv.DictWriter(out, walk["columns"], extrasaction="ignore")
    writer.writeheader()
    writer.writerow({name: _guarded(value) for name, value in row.items()})
    return out.getvalue()


def _guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t", "\r") else value
