"""Places from other maps: GeoJSON, uMap, KML, KMZ, GPX become rows of `hub import` and of the desk.

Columns are `title`, `summary`, `lat`, `lon`, `external_id`, `address` and whatever properties the file has besides.
A line or an area counts by the middle of its outline. XML is read without entities and without the network; a KMZ may
hold so much and no more.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from hub.api import Importer, gettext
from hub.api import lazy_gettext as _

LARGEST = 60_000_000  # bytes of XML in a KMZ
ROWS = 200_000
Row = tuple[int, Mapping[str, Any] | Exception]
_NAMES = ("title", "name", "Name", "NAME", "label", "название", "Название")
_TEXTS = ("summary", "description", "Description", "desc", "описание", "Описание")
_IDS = ("external_id", "id", "ID", "fid", "OBJECTID")
MERCATOR = 20_037_508.35


def importers() -> list[Importer]:
    """The formats, by the ends of files' names."""
    return [
        Importer(("geojson", "umap"), _("GeoJSON, uMap"), geojson),
        Importer(("kml",), "KML", kml), Importer(("kmz",), "KMZ", kmz), Importer(("gpx",), "GPX", gpx),
    ]  # fmt: skip


# -- GeoJSON and uMap ----------------------------------------------------------------------------------------------------


def geojson(content: bytes) -> list[Row]:
    """The features of a FeatureCollection, a single Feature, or all layers of a uMap file. Raises ValueError."""
    try:
        body = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(gettext("this is not JSON: %(error)s", error=error)) from None
    if not isinstance(body, dict):
        raise ValueError(gettext("a FeatureCollection is expected"))
    _known_reference(body)
    features: Any
    if body.get("type") == "umap":
        features = [
            f for layer in _list(body.get("layers")) if isinstance(layer, dict) for f in _list(layer.get("features"))
        ]
    elif body.get("type") == "Feature":
        features = [body]
    else:
        features = body.get("features")
    if not isinstance(features, list):
        raise ValueError(gettext("a FeatureCollection is expected"))
    return _checked((number, _feature(feature)) for number, feature in enumerate(features, 1))


def _known_reference(body: dict[str, Any]) -> None:
    crs = body.get("crs")
    name = str(((crs or {}).get("properties") or {}).get("name", "")) if isinstance(crs, dict) else ""
    if name and not re.search(r"CRS84|EPSG:+4326|4326$", name):
        raise ValueError(
            gettext("the coordinates are in %(name)s; save the file in WGS 84 (EPSG:4326) first", name=name)
        )


def _feature(feature: Any) -> Mapping[str, Any] | Exception:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry") or {}, dict):
        return ValueError(gettext("this is no feature"))
    properties = feature.get("properties")
    row = {str(k): v for k, v in properties.items() if v not in (None, "")} if isinstance(properties, dict) else {}
    row = {k: v if isinstance(v, str | int | float | bool) else json.dumps(v, ensure_ascii=False) for k, v in row.items()
           if not k.startswith("_")}  # fmt: skip
    geometry = feature.get("geometry") or {}
    points = list(_points(geometry.get("coordinates")))
    for part in _list(geometry.get("geometries")):
        points += _points(part.get("coordinates") if isinstance(part, dict) else None)
    row.pop("lat", None), row.pop("lon", None)
    if points:
        row |= dict(zip(("lon", "lat"), middle(points), strict=True))
    if "id" in feature and not isinstance(feature["id"], dict | list | None.__class__):
        row.setdefault("external_id", str(feature["id"]))
    return _named(row)


def _points(value: Any) -> Iterator[tuple[float, float]]:
    if isinstance(value, list) and len(value) >= 2 and all(isinstance(v, int | float) for v in value[:2]):
        yield float(value[0]), float(value[1])
    elif isinstance(value, list):
        for part in value:
            yield from _points(part)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The point itself, else the middle of the box around them."""
    if len(points) == 1:
        return points[0]
    east, north = [p[0] for p in points], [p[1] for p in points]
    return round((min(east) + max(east)) / 2, 7), round((min(north) + max(north)) / 2, 7)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the columns that every import knows."""
    for target, names in (("title", _NAMES), ("summary", _TEXTS), ("external_id", _IDS)):
        given = next((name for name in names if row.get(name) not in (None, "")), None)
        if given and given != target:
            row[target] = str(row.pop(given))
    if isinstance(row.get("summary"), str):
        row["summary"] = plain(row["summary"])[:1000]
    return row


def plain(text: str) -> str:
    """Text without HTML."""
    if "<" in text:
        text = " ".join(etree.HTML(f"<div>{text}</div>").itertext()) if text.strip() else ""
    return " ".join(text.split())


# -- XML -----------------------------------------------------------------------------------------------------------------


def _parsed(content: bytes, root: str) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(gettext("this is not well-formed XML: %(error)s", error=error)) from None
    if tree.getroottree().docinfo.doctype:
        raise ValueError(gettext("the file has a DOCTYPE; save it without one"))
    if _tag(tree) != root:
        raise ValueError(gettext("<%(root)s> is expected, not <%(found)s>", root=root, found=_tag(tree)))
    return tree


def _tag(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _child(element: Any, name: str) -> str:
    found = next((child for child in element if _tag(child) == name), None)
    return "".join(found.itertext()).strip() if found is not None else ""


def kml(content: bytes) -> list[Row]:
    """The placemarks of a KML file. Raises ValueError."""
    marks = (element for element in _parsed(content, "kml").iter() if _tag(element) == "Placemark")
    return _checked((number, _placemark(mark)) for number, mark in enumerate(marks, 1))


def _placemark(mark: Any) -> dict[str, Any] | Exception:
    row: dict[str, Any] = {}
    for data in (e for e in mark.iter() if _tag(e) in ("Data", "SimpleData") and e.get("name")):
        value = _child(data, "value") if _tag(data) == "Data" else (data.text or "").strip()
        if value:
            row[data.get("name")] = value
    if mark.get("id"):
        row.setdefault("external_id", mark.get("id"))
    for name, target in (("name", "title"), ("description", "summary"), ("address", "address")):
        if value := _child(mark, name):
            row[target] = value
    points = []
    for coordinates in (e for e in mark.iter() if _tag(e) == "coordinates"):
        for part in (coordinates.text or "").split():
            try:
                lon, lat = (float(number) for number in part.split(",")[:2])
            except ValueError:
                return ValueError(gettext("“%(text)s” is not a pair lon,lat", text=part[:40]))
            points.append((lon, lat))
    row.pop("lat", None), row.pop("lon", None)
    if points:
        row["lon"], row["lat"] = middle(points)
    return _named(row)


def kmz(content: bytes) -> list[Row]:
    """The KML in a KMZ; pictures and other files in it are left alone. Raises ValueError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [i for i in archive.infolist() if i.filename.lower().endswith(".kml") and not i.is_dir()]
            if not inside:
                raise ValueError(gettext("there is no .kml in it"))
            first = next((i for i in inside if i.filename.lower() == "doc.kml"), inside[0])
            if first.file_size > LARGEST:
                raise ValueError(gettext("the KML in it is too large"))
            with archive.open(first) as file:
                text = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(gettext("this is not a KMZ archive: %(error)s", error=error)) from None
    if len(text) > LARGEST:
        raise ValueError(gettext("the KML in it is too large"))
    return kml(text)


def gpx(content: bytes) -> list[Row]:
    """The waypoints of a GPX file; routes and tracks by the middle of their outline. Raises ValueError."""
    tree = _parsed(content, "gpx")
    found = [element for element in tree if _tag(element) in ("wpt", "rte", "trk")]
    return _checked((number, _waypoint(element)) for number, element in enumerate(found, 1))


def _waypoint(element: Any) -> dict[str, Any] | Exception:
    row: dict[str, Any] = {
        "title": _child(element, "name"),
        "summary": _child(element, "desc") or _child(element, "cmt"),
        "type": _child(element, "type"),
    }
    points = []
    for point in (e for e in element.iter() if _tag(e) in ("wpt", "rtept", "trkpt")):
        try:
            points.append((float(point.get("lon", "")), float(point.get("lat", ""))))
        except ValueError:
            return ValueError(gettext("a point without lat and lon"))
    for link in (e for e in element if _tag(e) == "link" and e.get("href")):
        row.setdefault("source_url", link.get("href"))
    if points:
        row["lon"], row["lat"] = middle(points)
    return _named({k: v for k, v in row.items() if v != ""})


# -- what is wrong with coordinates -----------------------------------------------------------------------------------------


def _checked(rows: Iterable[tuple[int, Mapping[str, Any] | Exception]]) -> list[Row]:
    """Rows with coordinates that can be; a file whose numbers are no degrees at all is refused whole."""
    found: list[Row] = []
    flat = swapped = 0
    for number, row in rows:
        if number > ROWS:
            raise ValueError(gettext("there are more than %(number)s places in it", number=ROWS))
        if isinstance(row, Mapping) and "lat" in row:
            lat, lon = float(row["lat"]), float(row["lon"])
            flat += max(abs(lat), abs(lon)) > 360
            swapped += abs(lat) > 90 and abs(lon) <= 90
            row = _degrees(row, lat, lon)
        found.append((number, row))
    if flat and flat * 2 > len(found):
        raise ValueError(gettext("the coordinates are not degrees but metres of another reference system; save the file in "
                                 "WGS 84 (EPSG:4326) first"))  # fmt: skip
    if swapped and swapped * 2 > len(found):
        raise ValueError(gettext("latitude and longitude are the wrong way round: they should be longitude, latitude"))
    if not found:
        raise ValueError(gettext("there is no place in it"))
    return found


def _degrees(row: Mapping[str, Any], lat: float, lon: float) -> Mapping[str, Any] | Exception:
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return ValueError(gettext("the coordinates are not numbers"))
    if max(abs(lat), abs(lon)) > 360:
        return ValueError(gettext("%(lon)s, %(lat)s are not degrees", lon=lon, lat=lat))
    if abs(lat) > 90:
        if abs(lon) <= 90 and abs(lat) <= 180:
            return ValueError(gettext("latitude %(lat)s cannot be: are latitude and longitude swapped?", lat=lat))
        return ValueError(gettext("latitude %(lat)s cannot be", lat=lat))
    if abs(lon) > 180:
        return {**row, "lon": (lon + 180) % 360 - 180}
    return row
