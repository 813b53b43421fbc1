"""Coordinates as people paste them: decimal, with commas, in degrees and minutes, or inside a link to a map."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

Point = tuple[float, float]
_N = r"[-+−]?\d{1,3}(?:[.,]\d+)?"
_PAIR = re.compile(rf"\(?\s*({_N})\s*°?\s*(?:[;/|~]|,\s|,(?=[-+−]?\d)|\s)\s*({_N})\s*°?\s*\)?")
_SIDES = {
    "n": 1, "north": 1, "с": 1, "сш": 1, "северной": 1, "s": -1, "south": -1, "ю": -1, "юш": -1, "южной": -1,
    "e": 1, "east": 1, "в": 1, "вд": 1, "восточной": 1, "w": -1, "west": -1, "з": -1, "зд": -1, "западной": -1,
}  # fmt: skip
_LATITUDES = ("n", "north", "с", "сш", "северной", "s", "south", "ю", "юш", "южной")
_WORD = r"[a-zа-я]+(?:\.?\s?[шд]\b\.?|\.|\s(?:широты|долготы))?"
_SIZE = (
    r"([-+−]?\d{1,3}(?:[.,]\d+)?)\s*[°ºd]?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’ʹm]\s*)?"
    r"(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”ʺs]|''|′′)\s*)?"
)
_BEFORE, _AFTER = re.compile(rf"({_WORD})?\s*{_SIZE}"), re.compile(rf"(){_SIZE}({_WORD})?")  # where the side stands
# links in which a pair stands: (pattern of the whole address, whether the longitude comes first)
_LINKS = (
    (r"!3d({n})!4d({n})", False), (r"^geo:({n}),({n})", False), (r"#map=[\d.]+/({n})/({n})", False),
    (r"/@({n}),({n})", False), (r"/place/({n}),\+?({n})", False), (r"/search/({n}),\+?({n})", False),
    (r"/geo/[^/]*/?({n})[,/]({n})", True), (r"#[\d.]+/({n})/({n})", False),
)  # fmt: skip
_NUMBER = r"[-+]?\d{1,3}(?:\.\d+)?"


def read(text: str) -> Point | None:
    """(latitude, longitude) of what was typed or pasted; None where it names no point of the world."""
    text = " ".join(text.replace("\u00a0", " ").split())[:2000]
    if not text:
        return None
    try:
        found = _linked(text) if re.match(r"(https?://|geo:)", text, re.I) else _angles(text) or _pair(text)
    except ValueError:  # no address at all
        return None
    if found is None or abs(found[0]) > 90 or abs(found[1]) > 180:
        return None
    return round(found[0], 7), round(found[1], 7)


def _number(text: str) -> float:
    return float(text.replace(",", ".").replace("−", "-"))


def _pair(text: str) -> Point | None:
    """Two numbers: 55.79, 49.11 · 55,79; 49,11 · 55,79 49,11 · 55,79, 49,11."""
    match = _PAIR.fullmatch(text)
    return (_number(match[1]), _number(match[2])) if match else None


def _angles(text: str) -> Point | None:
    """Two angles with their sides of the world or with minutes: 55°47′46″N 49°06′31″E · N 55.79 E 49.11 · 55°47′ с. ш. …"""
    found: list[re.Match[str]] = []
    rest = text.strip(" ()").lower()
    form = _BEFORE if rest[:1].isalpha() else _AFTER
    while rest and len(found) < 3:
        match = form.match(rest)
        if match is None or not match[0].strip():
            return None
        found.append(match)
        rest = rest[match.end() :].lstrip(" ,;/")
    if len(found) != 2:
        return None
    values = [_angle(match) for match in found]
    if None in values:
        return None
    (one, side), (two, other) = values  # type: ignore[misc]
    if not side and not other and not any(match[3] for match in found):
        return None  # no sides, no minutes: a plain pair
    if bool(side) != bool(other) or (side and (side in _LATITUDES) == (other in _LATITUDES)):
        return None
    return (two, one) if side and side not in _LATITUDES else (one, two)


def _angle(match: re.Match[str]) -> tuple[float, str] | None:
    words = [re.sub(r"(\s?(широты|долготы))|[.\s]", "", word) for word in (match[1], *match.groups()[4:]) if word]
    if len(words) > 1 or any(word not in _SIDES for word in words):
        return None
    degrees, minutes, seconds = _number(match[2]), _number(match[3] or "0"), _number(match[4] or "0")
    if minutes >= 60 or seconds >= 60:
        return None
    value = abs(degrees) + minutes / 60 + seconds / 3600
    side = words[0] if words else ""
    turned = match[2].startswith(("-", "−")) != (_SIDES.get(side, 1) < 0)
    return (-value if turned else value), side


def _linked(address: str) -> Point | None:
    """The point that a link of OpenStreetMap, Yandex, Google, 2GIS, Apple, Bing and others shows."""
    plain = unquote(address)
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
    if "mlat" in query and "mlon" in query:
        return _both(query["mlat"], query["mlon"])
    east_first = re.search(r"(^|\.)(yandex|ya|2gis)\.", parts.netloc.lower()) is not None
    for name in ("whatshere[point]", "pt", "m", "ll", "q", "query", "destination", "daddr", "cp", "sll", "center"):
        match = re.match(rf"(?:loc:)?({_NUMBER})\s*[,~]\s*({_NUMBER})(?![\d.])", query.get(name, ""))
        if match:
            return _both(match[2], match[1]) if east_first and name != "q" else _both(match[1], match[2])
    for pattern, turned in _LINKS:
        match = re.search(pattern.replace("{n}", _NUMBER), plain)
        if match:
            return _both(match[2], match[1]) if turned else _both(match[1], match[2])
    return None


def _both(lat: str, lon: str) -> Point:
    return float(lat), float(lon)
