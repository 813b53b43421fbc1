"""A page as it stands alone: relative links, no forms, no scripts, and a line that says what it is a copy of."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from .addresses import Site, known, relative
from .fetching import LINKS, STYLED, conditions, variant

STYLE = "copy/copy.css"
DROPPED = ("script", "form", "dialog", "button", "iframe", "template", "noscript")
HEAD = ("manifest", "search", "modulepreload", "preload")
ALONE = re.compile(r"^(desk|account)(/|$)")


@dataclass(frozen=True)
class Words:
    """What the copy says of itself on every page, in the page's language: words around a link to the original."""

    before: str
    original: str
    after: str


class Page:
    """Makes files of pages. found: what was fetched, by address; words: language → what the copy says; read: address → body."""

    def __init__(
        self, site: Site, found: dict[str, Any], words: dict[str, Words], read: Callable[[str], bytes]
    ) -> None:
        self.site, self.found, self.words, self.read = site, found, words, read
        self.sprites: dict[str, dict[str, Any]] = {}

    def made(self, address: str, body: bytes) -> bytes:
        """The page of an address as the file that stands for it."""
        tree = html.document_fromstring(body)
        self._conditions(tree, address)
        self._drop(tree)
        self._icons(tree, address)
        for tag, attribute in LINKS:
            for element in list(tree.iter(tag)):
                self._link(element, attribute, address)
        for element in tree.iter("img", "source"):
            if found := element.get("srcset"):
                element.set(
                    "srcset", ", ".join(self._srcset(part, address) for part in found.split(",") if part.strip())
                )
        for element in tree.iterfind(".//li"):
            if not len(element) and not (element.text or "").strip():
                element.drop_tree()
        self._banner(tree, tree.get("lang") or self.site.languages[0], address)
        return html.tostring(tree, doctype="<!doctype html>", encoding="utf-8")

    def styled(self, address: str, body: bytes) -> bytes:
        """A stylesheet with the files that it names."""

        def turned(match: re.Match[str]) -> str:
            target = self.target(match[1], address)
            return f'url("{relative(target, self.site.file(address))}")' if target else match[0]

        return STYLED.sub(turned, body.decode()).encode()

    def target(self, href: str, address: str, facets: frozenset[str] = frozenset()) -> str | None:
        """The file that a link on a page ends at; None where it is elsewhere or not in the copy."""
        inside = self.site.inside(href, address, facets)
        end = known(self.found, inside) if inside else None
        return self.site.file(end) if end else None

    def _conditions(self, tree: Any, address: str) -> None:
        """The form of a list's conditions as links, each to the list with that one condition."""
        names = frozenset(self.found[address].get("facets", ()))
        for box in conditions(tree):
            name, value, label = box.get("name"), box.get("value"), box.getparent()
            wanted = variant(self.site, address, name, value)
            box.drop_tree()
            if wanted and label is not None and known(self.found, wanted):
                label.tag = "a"
                label.set("href", wanted)
        for form in tree.iterfind(".//form[@class='facets']"):
            form.tag = "div"
            for name in ("action", "aria-label"):
                form.attrib.pop(name, None)
            for end in form.iterfind("p"):
                end.drop_tree()
        for box in list(
            tree.iterfind(".//label/input")
        ):  # a tick that belonged to a form: its words lead nowhere either
            box.getparent().drop_tree()
        tree.set("data-facets", " ".join(sorted(names)))

    def _drop(self, tree: Any) -> None:
        for tag in DROPPED:
            for element in list(tree.iter(tag)):
                if tag != "script" or element.get("type") != "application/ld+json":
                    element.drop_tree()
        for element in list(tree.iter("link")):
            if element.get("rel") in HEAD or "oembed" in (element.get("type") or ""):
                element.drop_tree()
        for element in list(tree.iterfind(".//*[@hidden]")):
            element.drop_tree()

    def _icons(self, tree: Any, address: str) -> None:
        """A page opened from a disk may not look into another file: the icons it uses stand in it."""
        used = []
        for use in tree.iter("use"):
            sprite, _, name = (use.get("href") or "").partition("#")
            if (drawn := self._symbols(sprite, address).get(name)) is not None:
                use.set("href", f"#{name}")
                used.append((name, drawn))
        if used:
            store = html.Element("svg")
            store.set("hidden", "hidden")
            store.extend(copy.deepcopy(drawn) for _, drawn in sorted(dict(used).items()))
            tree.find("body").append(store)

    def _symbols(self, sprite: str, address: str) -> dict[str, Any]:
        inside = self.site.inside(sprite, address) if sprite else None
        if inside and inside not in self.sprites:
            self.sprites[inside] = {e.get("id"): e for e in html.document_fromstring(self.read(inside)).iter("symbol")}
        return self.sprites.get(inside or "", {})

    def _link(self, element: Any, attribute: str, address: str) -> None:
        href = element.get(attribute)
        if not href or href.startswith(("#", "mailto:", "tel:", "data:")):
            return
        if element.tag == "link" and element.get("rel") in ("canonical", "alternate") and "://" in href:
            return  # the original says where it stands
        facets = frozenset((element.getroottree().getroot().get("data-facets") or "").split())
        if target := self.target(href, address, facets):
            element.set(attribute, relative(target, self.site.file(address), urlsplit(href).fragment))
        elif element.tag == "link":
            element.drop_tree()
        elif self._own(href):
            self._leads_nowhere(element, attribute, href)

    def _own(self, href: str) -> bool:
        return "://" not in href.split("?")[0] or (href + "/").startswith(self.site.origin + "/")

    def _leads_nowhere(self, element: Any, attribute: str, href: str) -> None:
        """A link to what needs the server: what is to be done there goes, what is only named stays as words."""
        path = urlsplit(href.removeprefix(self.site.origin)).path.lstrip("/")
        deed = "btn" in (element.get("class") or "").split() or ALONE.match(path) or "theme=" in href
        if element.tag != "a" or deed:
            element.drop_tree()
        else:
            element.tag = "span" if next(element.iterancestors("svg"), None) is None else "g"
            element.attrib.pop(attribute)

    def _srcset(self, part: str, address: str) -> str:
        href, *size = part.split()
        target = self.target(href, address)
        return " ".join([relative(target, self.site.file(address)) if target else href, *size])

    def _banner(self, tree: Any, language: str, address: str) -> None:
        tree.attrib.pop("data-facets", None)
        words, body = self.words.get(language) or next(iter(self.words.values())), tree.find("body")
        note, line = html.Element("aside"), html.Element("p")
        note.set("class", "copy-note")
        note.append(line)
        line.text, link = words.before, html.Element("a")
        link.set("href", self.site.origin + address)
        link.text, link.tail = words.original, words.after
        line.append(link)
        body.insert(1 if len(body) and "skip" in (body[0].get("class") or "") else 0, note)
        style = html.Element("link")
        style.set("rel", "stylesheet")
        style.set("href", relative(STYLE, self.site.file(address)))
        tree.find("head").append(style)
