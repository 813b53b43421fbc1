"""Lists with places as KML 2.2 and GPX 1.1: one placemark or waypoint per place, text only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from hub.api import Item, Listing, items

KML, GPX = "http://www.opengis.net/kml/2.2", "http://www.topografix.com/GPX/1/1"
_CONTROL = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def places(listing: Listing) -> Iterator[tuple[Item, Any, str]]:
    """(item, place, id) of every place on the map."""
    for item in listing.items:
        for n, place in enumerate(item.places):
            if place.lat is not None:
                yield item, place, f"{item.uid}-{n}" if n else item.uid


def kml(listing: Listing) -> bytes:
    """The listing for Google Earth, Organic Maps and QGIS."""
    root = ET.Element("kml", {"xmlns": KML})
    document = ET.SubElement(root, "Document")
    _add(document, "name", listing.title)
    for item, place, uid in places(listing):
        mark = ET.SubElement(document, "Placemark", {"id": f"p-{uid}"})
        _add(mark, "name", item.title)
        _add(mark, "address", ", ".join(filter(None, (place.address, place.name(listing.language)))))
        _add(mark, "description", f"{item.excerpt}\n{_address(item)}".strip())
        more = ET.SubElement(mark, "ExtendedData")
        for name, value in (("uid", item.uid), ("kind", item.kind), ("url", _address(item)), ("lang", item.lang)):
            _add(ET.SubElement(more, "Data", {"name": name}), "value", value)
        _add(ET.SubElement(mark, "Point"), "coordinates", f"{place.lon!r},{place.lat!r}")
    return _written(root)


def gpx(listing: Listing) -> bytes:
    """The listing as waypoints for hand-held devices."""
    root = ET.Element("gpx", {"xmlns": GPX, "version": "1.1", "creator": "Hub"})
    _add(ET.SubElement(root, "metadata"), "name", listing.title)
    for item, place, _uid in places(listing):
        point = ET.SubElement(root, "wpt", {"lat": repr(place.lat), "lon": repr(place.lon)})
        _add(point, "name", item.title)
        _add(point, "desc", item.excerpt)
        link = ET.SubElement(point, "link", {"href": _address(item)})
        _add(link, "text", item.title)
        _add(point, "type", str(item.type.label))
    return _written(root)


def _address(item: Item) -> str:
    return items.absolute(item.url)


def _add(parent: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(parent, name).text = _CONTROL.sub("", text)


def _written(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8")
