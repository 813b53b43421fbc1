"""The strings of a folder of code and templates, and whether a catalogue translates all of them.

Used by the conformance kit for one plugin and by `tools/messages.py` for all of this repository.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

HUB = Path(__file__).resolve().parents[1]
SOURCE = "en"
LANGUAGES = ("ru",)  # every domain that has strings gets these; further languages where their folder exists
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "lazy_pgettext": ((1, "c"), 2)}
OPTIONS = {"**/templates/**": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
LEFT_OUT = ("__pycache__", "tests", "migrations", "scaffold")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def calls(file: Any, keywords: Iterable[str], comment_tags: Any, options: Any) -> Iterator[tuple[Any, ...]]:
    """Babel's way of extracting from Python, by syntax tree: it sees calls inside f-strings too."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in keywords:
                texts = [
                    a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in node.args
                ]
                yield node.lineno, name, texts, []


METHODS: list[tuple[str, Any]] = [("**/templates/**", "jinja2"), ("**.py", calls)]


@dataclass(frozen=True)
class Domain:
    """The strings of one folder of code and templates, and where their translations lie."""

    name: str
    folder: Path

    def messages(self) -> Catalog:
        """Every string that the code asks to translate."""
        found = Catalog()
        for _, _, text, _, context in extract_from_dir(
            self.folder, METHODS, OPTIONS, KEYWORDS, directory_filter=lambda path: Path(path).name not in LEFT_OUT
        ):
            found.add(text, context=context)
        return found

    def files(self) -> dict[str, Path]:
        """The catalogue of each language, written yet or not."""
        folder = self.folder / "translations"
        codes = {*LANGUAGES, *(path.parent.name for path in folder.glob("*/LC_MESSAGES"))} - {SOURCE}
        return {code: folder / code / "LC_MESSAGES" / f"{self.name}.po" for code in sorted(codes)}


CORE = Domain("hub", HUB)


@cache
def core() -> Catalog:
    """The strings of core, which plugins need not translate again."""
    return CORE.messages()


def wanted(name: str, folder: Path) -> Catalog:
    """The strings that a plugin's catalogues must hold: its own, without those that core translates."""
    found = Domain(name, folder).messages()
    for message in [m for m in found if m.id and m.id == identity(core().get(key(m), m.context))]:
        found.delete(key(message), message.context)
    return found


def read(path: Path) -> Catalog:
    """The catalogue in a file; an empty one where there is no file."""
    if not path.is_file():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def faults(found: Catalog, before: Catalog) -> Iterator[str]:
    """What keeps a catalogue from being complete: one line per string."""
    known = {(key(m), m.context) for m in found if m.id}
    for message in found:
        old = before.get(key(message), message.context) if message.id else None
        if message.id and (old is None or identity(old) != message.id):
            yield f"missing: {message.id!r}"
        elif message.id and not all(strings(old)):
            yield f"not translated: {message.id!r}"
    for message in before:
        if message.id and (key(message), message.context) not in known:
            yield f"unused: {message.id!r}"
        elif message.id and message.fuzzy:
            yield f"fuzzy: {message.id!r}"
    yield from (f"unused: {message.id!r}" for message in before.obsolete.values())


def bad_placeholders(catalogue: Catalog) -> Iterator[str]:
    """Translations that name other placeholders than their source: these break the page."""
    for message in catalogue:
        plain = message.id if isinstance(message.id, str) else message.id[1]
        for text in strings(message) if message.id else ():
            if text and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(plain)):
                yield f"other placeholders: {text!r}"


def key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def identity(message: Message | None) -> object:
    return message.id if message else None


def strings(message: Message | None) -> tuple[str, ...]:
    string = message.string if message else ""
    return tuple(string) if isinstance(string, (tuple, list)) else (string or "",)
