"""A crawler for whole sites: follows every internal link once and says what is wrong with the pages it saw.

`Crawler(client, languages=("en", "ru")).run()` answers pages; `faults()` gives dead links, errors, empty boxes and headings.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
SILENT = frozenset("script style svg template noscript head title".split())  # no text that a reader sees
BOXES = frozenset("ul ol dl table tbody section aside nav fieldset details".split())  # must not stand there empty
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
SPEAKING = frozenset(
    "img input select textarea button svg iframe video audio canvas picture object meter progress".split()
)
LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "form": "action", "iframe": "src", "source": "src"}


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def text(self) -> str:
        """What a reader sees of it."""
        if self.tag in SILENT:
            return ""
        return " ".join(
            (c if isinstance(c, str) else c.text()).strip() for c in self.children if c
        ).strip()  # fmt: skip

    def waits(self) -> bool:
        """Whether a script speaks here, when there is something to say."""
        return any(
            node.attributes.get("role") in ("status", "alert", "log") or "aria-live" in node.attributes
            for node in self.walk()
        )

    def says_something(self) -> bool:
        return bool(self.text()) or any(node.tag in SPEAKING for node in self.walk())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        names = [node.tag for node in self.open]
        if tag in names[1:]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(html: str) -> Node:
    """A page as a tree."""
    builder = _Builder()
    builder.feed(html)
    return builder.root


def hollow(root: Node) -> list[str]:
    """Empty boxes, and headings with nothing between them and the next heading of their rank or the end of their part."""
    found = []
    for node in root.walk():
        if node.tag in BOXES and "hidden" not in node.attributes and not node.says_something() and not node.waits():
            found.append(f"empty <{node.tag}{_mark(node)}>")
        if node.tag == "section" and not _beyond_heading(node):
            found.append(f"nothing but a heading in <section>: {node.text()[:60]!r}")
        for here, after in zip(node.children, [*node.children[1:], None], strict=False):
            if isinstance(here, Node) and here.tag in HEADINGS:
                following = after if isinstance(after, Node) else _next(node.children, here)
                if not here.says_something():
                    found.append(f"empty <{here.tag}>")
                elif following is not None and following.tag in HEADINGS and following.tag <= here.tag:
                    found.append(f"nothing below the heading {here.text()[:60]!r}")
                elif following is None and node.tag in ("section", "main", "body", "aside", "details", "fieldset"):
                    found.append(f"nothing below the heading {here.text()[:60]!r} in <{node.tag}>")
    return found


def _next(children: list[Node | str], here: Node) -> Node | None:
    """The element after `here`; text between them counts as an element."""
    for child in children[[id(c) for c in children].index(id(here)) + 1 :]:
        if isinstance(child, Node):
            return child
        if child.strip():
            return Node("text")
    return None


def _beyond_heading(section: Node) -> bool:
    """Whether a section holds anything besides headings (also those in a head line with a link to all)."""
    spoken = section.text()
    for node in section.walk():
        if node.tag in HEADINGS:
            spoken = spoken.replace(node.text(), "", 1)
        elif node.tag in SPEAKING and node.tag not in ("svg", "button"):
            return True
    return bool(spoken.strip()) or not section.text()


def _mark(node: Node) -> str:
    return "".join(f' {name}="{node.attributes[name]}"' for name in ("id", "class") if name in node.attributes)


@dataclass
class Page:
    """One fetched address. links: the internal addresses on it."""

    url: str
    status: int
    mimetype: str
    text: str
    found_on: str
    links: list[str] = field(default_factory=list)
    hollow: list[str] = field(default_factory=list)


def readable_text(answer: Any) -> str:
    """What can be read in an answer: the text, or that of the parts of a packed file (a spreadsheet)."""
    body: bytes = answer.get_data()
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return body.decode("utf-8", "replace")


class Crawler:
    """Follows a site from `starts` on. limit: at most so many pages. skip: addresses (regular expression) not to open.

    A link with a query is followed `queries` times per page path and set of query names: facets would make the site
    endless. Per form of address (a list's items, say) at most `each` pages are opened, 0 = all.
    """

    def __init__(
        self, client: Any, *, languages: Iterable[str] = ("en", "ru"), starts: Iterable[str] = (), limit: int = 5000,
        each: int = 0, queries: int = 1, skip: str = r"^/(static|media)/|^/account/(logout|verify)|theme=", base: str = "http://localhost",
        check: Callable[[Page], Iterable[str]] | None = None,
    ) -> None:  # fmt: skip
        self.client = client
        self.starts = [*(f"/{code}/" for code in languages), *starts]
        self.limit, self.each, self.queries = limit, each, queries
        self.skip = re.compile(skip)
        self.base = base
        self.check = check
        self.pages: dict[str, Page] = {}
        self._shapes: dict[Any, int] = {}

    def run(self) -> Crawler:
        """Open every page; answers itself."""
        waiting = deque((start, "") for start in self.starts)
        known = set(self.starts)
        while waiting and len(self.pages) < self.limit:
            url, origin = waiting.popleft()
            page = self._open(url, origin)
            for link in page.links:
                if link not in known and self._wanted(link):
                    known.add(link)
                    waiting.append((link, url))
        return self

    def faults(self) -> list[str]:
        """What is wrong, one line each: errors, dead links, empty boxes and headings, and what `check` finds."""
        found = []
        for page in self.pages.values():
            if page.status >= 400 and page.status != 429:
                found.append(f"{page.url} answers {page.status}, linked from {page.found_on or 'the start'}")
            found += [f"{page.url}: {what}" for what in page.hollow]
            found += [f"{page.url}: {what}" for what in (self.check(page) if self.check else ())]
        return found

    def _open(self, url: str, origin: str) -> Page:
        answer = self.client.get(url)
        page = Page(url, answer.status_code, answer.mimetype, "", origin)
        self.pages[url] = page
        if answer.status_code in (301, 302, 303, 307, 308):
            page.links = self._internal(url, [answer.location or ""])
        elif not answer.mimetype.startswith(("image/png", "image/jpeg")):
            page.text = readable_text(answer)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            root = parsed(page.text)
            page.links = self._internal(url, list(_addresses(root)))
            page.hollow = hollow(root)
        elif answer.mimetype == "application/xml":
            page.links = self._internal(url, re.findall(r"<loc>([^<]+)</loc>", page.text))
        return page

    def _internal(self, url: str, targets: Iterable[str]) -> list[str]:
        found = []
        for target in targets:
            whole = urldefrag(urljoin(self.base + url, target.replace("&amp;", "&")))[0]
            if whole == self.base or whole.startswith((self.base + "/", self.base + "?")):
                found.append(whole.removeprefix(self.base) or "/")
        return list(dict.fromkeys(found))

    def _wanted(self, url: str) -> bool:
        if self.skip.search(url):
            return False
        parts = urlsplit(url)
        names = frozenset(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        path = unquote(parts.path)
        shape: Any = (path, names) if names else _form(path) if self.each else None
        if shape is None:
            return True
        self._shapes[shape] = self._shapes.get(shape, 0) + 1
        return self._shapes[shape] <= (self.queries if names else self.each)


def _form(path: str) -> str:
    """The form of an address: its last word stands for all of its kind, its ending counts."""
    stem, _, last = path.rstrip("/").rpartition("/")
    ending = last.partition(".")[2]
    return f"{stem}/*{'.' + ending if ending else ''}" if stem.count("/") > 1 else path


def _addresses(root: Node) -> Iterator[str]:
    for node in root.walk():
        name = LINKS.get(node.tag)
        target = node.attributes.get(name, "") if name else ""
        posted = node.tag == "form" and node.attributes.get("method", "get").lower() != "get"
        rel = node.attributes.get("rel", "")
        if (
            target
            and not posted
            and "preconnect" not in rel
            and not target.startswith(("mailto:", "tel:", "data:", "#"))
        ):
            yield target
