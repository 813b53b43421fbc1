"""What stands at an address: a page by its JSON-LD and Open Graph, the dates of a calendar, the entries of a feed."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import icalendar
from lxml import etree

from hub.api import excerpt, gettext, now

from . import prose

MOST = 40  # entries of a calendar or feed that are offered
LONGEST = 150_000  # characters of one text
SHORT = 600  # characters that still are a summary
EVENTS = re.compile(r"(Event|Festival|Hackathon|Course|CourseInstance)$")
ARTICLES = re.compile(r"(Article|BlogPosting|Report|SocialMediaPosting)$")
BODIES = re.compile(r"(Organi[sz]ation|NGO|LocalBusiness|Library|Museum|School|CivicStructure|Place)$")


class NothingThere(ValueError):
    """The address gives nothing that a draft could be made of; the text says why."""


@dataclass
class Found:
    """One thing that was found. sort: event, article, body (an organisation or place) or ""; moments as ISO texts."""

    title: str = ""
    summary: str = ""
    text: str = ""
    url: str = ""
    site: str = ""
    sort: str = ""
    start: str = ""
    end: str = ""
    published: str = ""
    place: str = ""
    address: str = ""
    country: str = ""
    point: tuple[float, float] | None = None
    picture: str = ""
    language: str = ""
    licence: str = ""
    links: dict[str, str] = field(default_factory=dict)


def look(body: bytes, content_type: str, url: str) -> list[Found]:
    """Everything found in an answer, the likeliest first. Raises NothingThere."""
    head = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:15].upper() == b"BEGIN:VCALENDAR" or "text/calendar" in content_type:
        found = list(_calendar(body, url))
    elif re.search(rb"<(rss|feed|rdf:RDF)[\s>]", head) and not re.search(rb"<html", head, re.I):
        found = list(_feed(body, url))
    elif "html" in content_type or re.search(rb"<(!doctype html|html|head|body)", head, re.I):
        found = [_page(body, content_type, url)]
    else:
        what = content_type.partition(";")[0] or gettext("something else")
        raise NothingThere(gettext("This is not a page, a calendar or a feed, but %(what)s.", what=what))
    found = [one for one in found if one.title][:MOST]
    if not found:
        raise NothingThere(gettext("Nothing with a title was found there."))
    for one in found:
        one.site = one.site or urlsplit(url).netloc.removeprefix("www.")
        one.text = one.text[:LONGEST]
        one.title = one.title[:300]
    return found


# -- pages --------------------------------------------------------------------------------------------------------------


def _page(body: bytes, content_type: str, url: str) -> Found:
    charset = re.search(r"charset=([\w-]+)", content_type)
    encoding = charset.group(1) if charset and _is_encoding(charset.group(1)) else ""
    tree = prose.parsed(body, encoding or ("utf-8" if _is_utf8(body) else ""))
    if tree is None:
        raise NothingThere(gettext("The page is empty."))
    found = _linked_data(tree, url)
    _open_graph(found, tree, url)
    language = str(tree.get("lang") or "")[:2].lower()
    found.language = found.language or (language if language.isalpha() else "")
    if not found.text or (len(found.text) <= SHORT and found.sort != "event"):
        found.text = _main_text(tree, url) or found.text
    found.url = found.url or url
    return found


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _linked_data(tree: Any, url: str) -> Found:
    """The most telling thing of the page's JSON-LD."""
    things = [
        thing
        for script in tree.iter("script")
        if "ld+json" in (script.get("type") or "")
        for thing in _things(script.text)
    ]
    for sort, pattern in (("event", EVENTS), ("article", ARTICLES), ("body", BODIES)):
        for thing in things:
            if any(pattern.search(str(name)) for name in _list(thing.get("@type"))):
                return _of_thing(thing, sort, url)
    return Found()


def _things(text: str | None) -> Iterator[dict[str, Any]]:
    try:
        waiting = _list(json.loads((text or "")[:400_000], strict=False))
    except (ValueError, RecursionError):
        return
    for thing in waiting[:200]:
        if isinstance(thing, dict):
            yield thing
            yield from (part for part in _list(thing.get("@graph"))[:200] if isinstance(part, dict))


def _of_thing(thing: dict[str, Any], sort: str, url: str) -> Found:
    said = _words(thing.get("description"))
    text = prose.from_html(str(thing["articleBody"])) if isinstance(thing.get("articleBody"), str) else ""
    titles = [_words(thing.get(name)) for name in (("headline", "name") if sort == "article" else ("name", "headline"))]
    found = Found(
        title=titles[0] or titles[1],
        summary=said if len(said) <= SHORT else excerpt(said, 300), text=text or (said if len(said) > SHORT else ""), sort=sort,
        start=_moment(thing.get("startDate")), end=_moment(thing.get("endDate")), published=_moment(thing.get("datePublished")),
        picture=_picture(thing.get("image"), url), language=_code(thing.get("inLanguage")), licence=_words(thing.get("license"))[:80],
        site=_words(_first(thing.get("publisher")).get("name")),
    )  # fmt: skip
    where = thing if sort == "body" else thing.get("location")
    if isinstance(where, str):
        found.place = _words(where)
    else:
        _where(found, _first(where), named=sort != "body")
    return found


def _where(found: Found, place: dict[str, Any], *, named: bool) -> None:
    address, geo = place.get("address"), _first(place.get("geo"))
    found.place = _words(place.get("name")) if named else ""
    if isinstance(address, str):
        found.address = _words(address)
    else:
        parts = _first(address)
        lines = [_words(parts.get(name)) for name in ("streetAddress", "postalCode", "addressLocality")]
        found.address = ", ".join(line for line in lines if line)
        found.place = found.place or _words(parts.get("addressLocality"))
        country = _words(_first(parts.get("addressCountry")).get("name") or parts.get("addressCountry"))
        found.country = country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else ""
    found.point = on_earth(geo.get("latitude"), geo.get("longitude"))


def on_earth(lat: Any, lon: Any) -> tuple[float, float] | None:
    """A point, where these are one: what others write is left out rather than refused, for who moves it in cannot mend it."""
    try:
        north, east = float(lat), float(lon)
    except (TypeError, ValueError):
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 and (north or east) else None


def _open_graph(found: Found, tree: Any, url: str) -> None:
    """What Open Graph and the page's head say, where linked data said nothing."""
    said: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name and meta.get("content"):
            said.setdefault(name, meta.get("content").strip())
    title = next((node.text for node in tree.iter("title") if node.text), "")
    found.title = found.title or prose.plain(
        said.get("og:title") or said.get("twitter:title") or title or _heading(tree)
    )
    found.summary = found.summary or excerpt(
        prose.plain(said.get("og:description") or said.get("description") or ""), SHORT
    )
    found.picture = found.picture or _picture(said.get("og:image:secure_url") or said.get("og:image"), url)
    found.site = found.site or prose.plain(said.get("og:site_name") or "")[:120]
    found.published = found.published or _moment(said.get("article:published_time"))
    found.language = found.language or _code(said.get("og:locale"))
    found.sort = found.sort or ("article" if said.get("og:type") == "article" else "")
    own = said.get("og:url") or next(
        (link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical"), ""
    )
    canonical = prose.safe_address(own or "", url)
    if canonical.startswith("http") and urlsplit(canonical).netloc == urlsplit(url).netloc:
        found.url = canonical


def _heading(tree: Any) -> str:
    return next((" ".join(node.itertext()) for node in tree.iter("h1")), "")


def _main_text(tree: Any, url: str) -> str:
    """The text of the page itself, without its menus: the longest of what is marked as such."""
    marked = [
        *tree.iter("article"),
        *tree.iter("main"),
        *tree.xpath("//*[@itemprop='articleBody' or contains(@class, 'entry-content')]"),
    ]
    best = max(marked[:50], key=lambda node: len(node.text_content()), default=None)
    if best is None:
        return ""
    text = prose.from_tree(best, url)
    return re.sub(r"\A## .*\n*", "", text)  # the page's own title stands above its text


# -- calendars and feeds ------------------------------------------------------------------------------------------------


def _calendar(body: bytes, url: str) -> Iterator[Found]:
    try:
        calendar = icalendar.Calendar.from_ical(body)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise NothingThere(gettext("The calendar cannot be read: %(error)s", error=str(error)[:120])) from None
    name = str(calendar.get("X-WR-CALNAME") or "")[:120]
    found = [_entry(event, url, name) for event in calendar.walk("VEVENT")[:2000]]
    today = now().date().isoformat()
    coming = sorted((one for one in found if (one.end or one.start)[:10] >= today), key=lambda one: one.start)
    past = sorted(
        (one for one in found if (one.end or one.start)[:10] < today), key=lambda one: one.start, reverse=True
    )
    yield from coming + past


def _entry(event: Any, url: str, name: str) -> Found:
    said = str(event.get("DESCRIPTION") or "").strip()
    geo = event.get("GEO")
    own = prose.safe_address(str(event.get("URL") or ""))
    return Found(
        title=prose.plain(str(event.get("SUMMARY") or "")), text=prose.from_html(said) if "<" in said else said, sort="event",
        start=_of_calendar(event, "DTSTART"), end=_of_calendar(event, "DTEND"), url=own if own.startswith("http") else url, site=name,
        place=" ".join(str(event.get("LOCATION") or "").split())[:200], point=on_earth(geo.latitude, geo.longitude) if geo else None,
    )  # fmt: skip


def _of_calendar(event: Any, name: str) -> str:
    """A date or moment; the end of a whole day is the day before, because calendars name the first day after."""
    part = event.get(name)
    value = getattr(part, "dt", None)
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, dt.date):
        return (value - dt.timedelta(days=name == "DTEND")).isoformat()
    return ""


def _feed(body: bytes, url: str) -> Iterator[Found]:
    if re.search(rb"<!\s*ENTITY", body[:65_536], re.I):
        raise NothingThere(gettext("The feed declares entities of its own; it is not read."))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise NothingThere(gettext("The feed cannot be read."))
    site = next((prose.plain(_inner(node)) for node in root.iter("{*}title")), "")[:120]
    for node in list(root.iter("{*}item", "{*}entry"))[:MOST]:
        yield _feed_entry(node, url, site)


def _feed_entry(node: Any, url: str, site: str) -> Found:
    parts: dict[str, Any] = {}
    for child in node:
        if isinstance(child.tag, str):
            parts.setdefault(etree.QName(child).localname, child)

    def said(*names: str) -> str:
        return next((_inner(parts[name]) for name in names if name in parts), "")

    link = next((n.get("href") or n.text for n in node.iter("{*}link") if n.get("rel", "alternate") == "alternate"), "")
    files = [
        n.get("url") or n.get("href")
        for n in node.iter("{*}enclosure", "{*}content")
        if "image" in (n.get("type") or "")
    ]
    address = prose.safe_address(link or "", url)
    return Found(
        title=prose.plain(said("title")), summary=excerpt(prose.plain(said("description", "summary")), SHORT), sort="article",
        text=prose.from_html(said("encoded", "content", "description", "summary"), address or url), picture=_picture(files, url),
        published=_moment(said("pubDate", "published", "date", "updated")), url=address if address.startswith("http") else url, site=site,
    )  # fmt: skip


def _inner(node: Any) -> str:
    """The content of an element of a feed: text, or elements where it holds XHTML."""
    if len(node):
        return "".join(etree.tostring(child, encoding="unicode") for child in node)
    return node.text or ""


# -- values -------------------------------------------------------------------------------------------------------------


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> dict[str, Any]:
    return next((one for one in _list(value) if isinstance(one, dict)), {})


def _words(value: Any) -> str:
    one = next(iter(_list(value)), "")
    return prose.plain(one) if isinstance(one, str) else ""


def _code(value: Any) -> str:
    code = _words(value)[:2].lower()
    return code if len(code) == 2 and code.isalpha() and code.isascii() else ""


def _picture(value: Any, url: str) -> str:
    one = next(iter(_list(value)), "")
    one = one.get("url") or one.get("contentUrl") if isinstance(one, dict) else one
    if not isinstance(one, str) or not one.strip():
        return ""
    address = prose.safe_address(urljoin(url, one))
    return address if address.startswith("http") else ""


def _moment(value: Any) -> str:
    """A date or a moment in ISO form, of what pages and feeds write; nothing where it is neither."""
    from email.utils import parsedate_to_datetime

    text = _words(value)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return dt.date.fromisoformat(text).isoformat()
        return dt.datetime.fromisoformat(text).isoformat(timespec="minutes")
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).isoformat(timespec="minutes")
    except (ValueError, TypeError, IndexError):
        return ""
