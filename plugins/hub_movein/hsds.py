"""Files of the Human Services Data Specification (Open Referral, HSDS 3.x; earlier tables as far as they agree) as partners.

JSON: organizations or services as the API or a file gives them, one, a list, or a page with `contents`; or an object of tables.
A zip of tables (`organizations.csv`, `services.csv`, `locations.csv` …) is the tabular data package. Either way they become
organizations with services, locations, contacts and phones inside; `listing.py` writes the entry of each.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from hub.api import Importer, gettext
from hub.api import lazy_gettext as _

from . import listing

LARGEST = 100_000_000  # bytes of JSON, or of all tables together
MEMBERS = 200  # files of a package
MOST = 20_000  # organizations
Row = tuple[int, Mapping[str, Any] | Exception]
Found = dict[str, Any]

# tables, and what they are called elsewhere
TABLES = {
    "organizations": ("organization",), "services": ("service",), "locations": ("location",),
    "service_at_location": ("services_at_location", "service_at_locations"), "addresses": ("address", "physical_addresses"),
    "contacts": ("contact",), "phones": ("phone",), "languages": ("language",), "schedules": ("schedule",),
    "accessibility": ("accessibility_for_disabilities",), "organization_identifiers": ("organization_identifier",),
    "url": ("urls",), "attributes": ("attribute",), "taxonomy_terms": ("taxonomy_term",),
}  # fmt: skip
CANON = {alias: table for table, others in TABLES.items() for alias in (table, *others)}
OWNERS = (
    ("service_at_location_id", "service_at_location"), ("contact_id", "contacts"), ("phone_id", "phones"),
    ("service_id", "services"), ("location_id", "locations"), ("organization_id", "organizations"),
)  # fmt: skip
PARTS = ("addresses", "contacts", "phones", "languages", "schedules", "accessibility", "organization_identifiers")
SIGNS = ("services", "locations", "service_at_locations", "organization_identifiers", "phones", "contacts", "addresses")


def importers() -> list[Importer]:
    """The package of tables by its ending; JSON is asked first whether it is one of these."""
    label = _("Human Services Data Specification (HSDS)")
    return [Importer(("zip",), label, read_package), Importer(("json",), label, read_json)]


def read_json(content: bytes) -> list[Row]:
    """The organizations of a file; nothing where it is JSON of another sort, or none. Raises ValueError."""
    if b'"texts"' in content[:65_536]:
        return []  # an export of ours
    if len(content) > LARGEST and any(b'"%s"' % name in content[:65_536] for name in (b"contents", b"organizations", b"services")):
        raise ValueError(gettext("this file is larger than %(most)s MB; split it", most=LARGEST // 1_000_000))
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    return _rows(_organizations(told))


def read_package(content: bytes) -> list[Row]:
    """The organizations of a zip of tables. Raises ValueError."""
    found = _joined(_tables(content))
    if not found:
        raise ValueError(gettext("there are no rows in organizations.csv"))
    return _rows(found)


def _rows(found: list[Found]) -> list[Row]:
    if len(found) > MOST:
        raise ValueError(gettext("more than %(most)s organisations; split the file", most=MOST))
    known = {str(org.get("id")): org for org in found}
    return [(number, listing.entry(org, known)) for number, org in enumerate(found, 1)]


# -- JSON ----------------------------------------------------------------------------------------------------------------


def _organizations(told: Any) -> list[Found]:
    """The organizations in any shape that the specification gives them; nothing where there are no signs of it."""
    if isinstance(told, dict) and isinstance(told.get("contents"), list):
        told = told["contents"]
    elif isinstance(told, dict) and isinstance(told.get("organizations", told.get("organization")), list):
        tables: dict[str, list[Found]] = {}
        for name, rows in told.items():
            if name in CANON and isinstance(rows, list):
                tables.setdefault(CANON[name], []).extend(row for row in rows if isinstance(row, dict))
        return _joined(tables)
    many = told if isinstance(told, list) else [told]
    entries = [each for each in many if isinstance(each, dict)]
    if not any(_is_one(each) for each in entries):
        return []
    found: dict[str, Found] = {}
    for number, each in enumerate(entries):
        org = _under_its_organization(each)
        kept = found.setdefault(str(org.get("id") or f"row {number}"), org)
        if kept is not org:
            kept.setdefault("services", []).extend(org.get("services", ()))
    return list(found.values())


def _is_one(each: Found) -> bool:
    nested = any(isinstance(part, list) and any(isinstance(row, dict) for row in part) for part in map(each.get, SIGNS))
    inside = any(isinstance(each.get(name), dict) and "name" in each[name] for name in ("organization", "service"))
    return "id" in each and (nested or inside or "parent_organization_id" in each or "legal_status" in each)


def _under_its_organization(each: Found) -> Found:
    """An organization; or the one of a service, or of a service at a location, with that inside."""
    if isinstance(service := each.get("service"), dict):
        place = {name: value for name, value in each.items() if name != "service"}
        each = {**service, "service_at_locations": [place]}
    if isinstance(org := each.get("organization"), dict):
        return {**org, "services": [{name: value for name, value in each.items() if name != "organization"}]}
    return each


# -- tables --------------------------------------------------------------------------------------------------------------


def _tables(content: bytes) -> dict[str, list[Found]]:
    """Table → rows. What unpacks to too much is refused by the archive's contents, before and while it is unpacked."""
    tables: dict[str, list[Found]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.infolist()
            if len(inside) > MEMBERS or sum(part.file_size for part in inside) > LARGEST:
                raise ValueError(gettext("this package unpacks to more than %(most)s MB", most=LARGEST // 1_000_000))
            room = LARGEST
            for part in inside:
                folder, _slash, name = part.filename.rpartition("/")
                table = CANON.get(name.lower().removesuffix(".csv")) if name.lower().endswith(".csv") else None
                if table is None or folder.startswith("__MACOSX"):
                    continue
                with archive.open(part) as file:
                    text = file.read(room + 1)
                room -= len(text)
                if room < 0:
                    raise ValueError(gettext("this package unpacks to more than %(most)s MB", most=LARGEST // 1_000_000))
                tables.setdefault(table, []).extend(_table(name, text))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(gettext("this is no zip archive, or a broken one: %(error)s", error=error)) from None
    if "organizations" not in tables:
        raise ValueError(gettext("there is no organizations.csv in it"))
    return tables


def _table(name: str, content: bytes) -> Iterable[Found]:
    csv.field_size_limit(10_000_000)
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), restkey="")
        return [{column: value for column, value in row.items() if column and value} for row in rows]
    except UnicodeDecodeError:
        raise ValueError(gettext("%(name)s is not UTF-8; save it as UTF-8", name=name)) from None
    except csv.Error as error:
        raise ValueError(gettext("%(name)s cannot be read: %(error)s", name=name, error=error)) from None


def _joined(tables: dict[str, list[Found]]) -> list[Found]:
    """The tables as organizations with everything inside, in the order of their table."""
    by_id = {table: {str(row.get("id")): dict(row) for row in rows} for table, rows in tables.items()}
    found = [dict(row) for row in tables.get("organizations", ())]
    by_id["organizations"] = {str(org.get("id")): org for org in found}
    for table in PARTS:
        _hang(by_id, table, table)
    for row in by_id.get("url", {}).values():
        _hang_one(by_id, "additional_websites", row)
    for row in by_id.get("attributes", {}).values():
        term = by_id.get("taxonomy_terms", {}).get(str(row.get("taxonomy_term_id")))
        for owner in ("organizations", "services"):
            if holder := by_id.get(owner, {}).get(str(row.get("link_id"))):
                holder.setdefault("attributes", []).append({**row, "taxonomy_term": term or {}})
    for row in by_id.get("service_at_location", {}).values():
        row["location"] = by_id.get("locations", {}).get(str(row.get("location_id")), {})
        if service := by_id.get("services", {}).get(str(row.get("service_id"))):
            service.setdefault("service_at_locations", []).append(row)
    for table in ("locations", "services"):
        for row in by_id.get(table, {}).values():
            if org := by_id["organizations"].get(str(row.get("organization_id"))):
                org.setdefault(table, []).append(row)
    return found


def _hang(by_id: dict[str, dict[str, Found]], table: str, name: str) -> None:
    for row in by_id.get(table, {}).values():
        _hang_one(by_id, name, row)


def _hang_one(by_id: dict[str, dict[str, Found]], name: str, row: Found) -> None:
    """To every holder that a row names."""
    for column, owner in OWNERS:
        if row.get(column) and (holder := by_id.get(owner, {}).get(str(row[column]))) is not None and holder is not row:
            holder.setdefault(name, []).append(row)
