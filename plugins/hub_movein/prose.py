"""HTML of other sites as Markdown: paragraphs, headings, lists, links, quotations, tables. Nothing else comes through.

What is not named here is dropped or taken for its text, so scripts, frames, forms and styles never reach an entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as markup

from hub.api import items

LARGEST = 2_000_000  # characters of HTML
DEEPEST = 60  # what stands deeper counts by its text alone
GONE = {
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "form", "button", "input", "select",
    "textarea", "nav", "aside", "footer", "head", "canvas", "audio", "video", "picture", "img", "map",
}  # fmt: skip
ROOMS = {
    "div", "section", "article", "main", "header", "figure", "figcaption", "body", "html", "center", "details", "summary", "dl", "dd",
    "dt", "address", "fieldset", "hgroup",
}  # fmt: skip
BLOCKS = {*ROOMS, "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr", "table"}
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])")
_LEADING = re.compile(r"^(#{1,6}|[-+]|\d{1,9}[.)])(?=\s|$)")


def language_of(words: str, told: str = "") -> str:
    """The language of the site that a text is in, by its letters; else the one that is told, else the main one."""
    spoken = items.site()["languages"]
    cyrillic = len(re.findall("[а-яё]", words[:4000], re.I)) * 3 > len(re.findall("[a-z]", words[:4000], re.I))
    return next((code for code in ("ru" if cyrillic else "en", told) if code in spoken), spoken[0])


def parsed(text: str | bytes, encoding: str = "") -> Any:
    """A tree of HTML, read without entities of its own and without the network; None where there is none."""
    parser = markup.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding=encoding or None
    )
    try:
        return markup.document_fromstring(text[:LARGEST], parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def from_html(text: str, base: str = "") -> str:
    """A fragment of HTML as Markdown. base: what its links are relative to."""
    tree = parsed(text) if "<" in text else None
    return from_tree(tree, base) if tree is not None else _escaped(text).strip() if "<" not in text else ""


def from_tree(node: Any, base: str = "") -> str:
    """An element and what is in it as Markdown."""
    return "\n\n".join(_blocks(node, base, 0))


def plain(text: str) -> str:
    """The words of a piece of HTML in one line."""
    tree = parsed(f"<div>{text}</div>") if "<" in text or "&" in text else None
    words = "".join(_texts(tree)) if tree is not None else text
    return " ".join(words.split())


def _texts(node: Any) -> Iterator[str]:
    if _tag(node) in GONE:
        return
    yield node.text or ""
    for child in node:
        yield from _texts(child)
        yield " " if _tag(child) in BLOCKS else ""
        yield child.tail or ""


def _tag(node: Any) -> str:
    return node.tag.lower() if isinstance(node.tag, str) else "script"


def _blocks(node: Any, base: str, depth: int) -> list[str]:
    """The blocks inside an element; text that stands loose in it becomes paragraphs."""
    if depth > DEEPEST:
        return [_escaped(" ".join("".join(node.itertext()).split()))]
    found: list[str] = []
    loose = [_escaped(node.text or "")]

    def close() -> None:
        text = _paragraph("".join(loose))
        if text:
            found.append(text)
        loose.clear()

    for child in node:
        tag = _tag(child)
        if tag in GONE:
            pass
        elif tag in BLOCKS or any(_tag(inner) in BLOCKS for inner in child.iterdescendants()):
            close()
            found += _block(child, tag, base, depth + 1)
        else:
            loose.append(_inline(child, base, depth + 1))
        loose.append(_escaped(child.tail or ""))
    close()
    return found


def _block(node: Any, tag: str, base: str, depth: int) -> list[str]:
    if tag == "hr":
        return ["---"]
    if tag == "pre":
        code = "".join(node.itertext()).strip("\n").replace("```", "'''")
        return [f"```\n{code}\n```"] if code.strip() else []
    if tag == "table":
        return _table(node, base, depth)
    inner = _blocks(node, base, depth)
    if not inner:
        return []
    if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        words = " ".join(" ".join(inner).replace("\\\n", " ").split())
        return [f"{'#' * min(4, max(2, int(tag[1])))} {words}"]
    if tag == "blockquote":
        return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(inner).splitlines())]
    if tag in ("ul", "ol"):
        return _list(node, tag, base, depth)
    return inner


def _list(node: Any, tag: str, base: str, depth: int) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate((child for child in node if _tag(child) == "li"), 1):
        sign = f"{number}. " if tag == "ol" else "- "
        text = "\n".join(_blocks(item, base, depth + 1)).splitlines()
        lines += [(sign if n == 0 else " " * len(sign)) + line for n, line in enumerate(text)]
    return ["\n".join(lines)] if lines else []


def _table(node: Any, base: str, depth: int) -> list[str]:
    rows = [
        [" ".join(" ".join(_blocks(cell, base, depth + 2)).replace("\\\n", " ").split()) for cell in row if _tag(cell) in ("td", "th")]
        for row in node.iter("tr")
    ]  # fmt: skip
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    wide = max(map(len, rows))
    if wide == 1 or wide > 20:
        return [text for row in rows for text in row if text]
    lines = [f"| {' | '.join(row + [''] * (wide - len(row)))} |" for row in rows]
    return ["\n".join([lines[0], f"|{' --- |' * wide}", *lines[1:]])]


def _inline(node: Any, base: str, depth: int) -> str:
    tag = _tag(node)
    if tag in GONE:
        return ""
    if tag == "br":
        return "\\\n"
    if tag == "code":
        code = " ".join("".join(node.itertext()).split()).replace("`", "'")
        return f"`{code}`" if code else ""
    text = _escaped(node.text or "")
    for child in node:
        text += (_inline(child, base, depth + 1) if depth < DEEPEST else "") + _escaped(child.tail or "")
    if tag == "a" and (address := safe_address(node.get("href") or "", base)) and text.strip():
        return _around(text, "[", f"]({address})")
    if mark := MARKS.get(tag, ""):
        return _around(text, mark, mark)
    return text


def _around(text: str, before: str, after: str) -> str:
    """Marks stand at words, not at the spaces around them."""
    inner = text.strip()
    if not inner:
        return text
    left, right = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{left}{before}{inner}{after}{right}"


def safe_address(address: str, base: str = "") -> str:
    """An address as links may have it (http, https, mail), absolute; else nothing."""
    try:
        whole = urljoin(base, address.strip())
        parts = urlsplit(whole)
    except ValueError:
        return ""
    if (
        parts.scheme not in ("http", "https", "mailto")
        or len(whole) > 2000
        or (parts.scheme != "mailto" and not parts.netloc)
    ):
        return ""
    return re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found.group()):02X}" if ord(found.group()) < 128 else "", whole)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _paragraph(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\\\n")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\\\n".join(_LEADING.sub(r"\\\1", line) for line in lines)
