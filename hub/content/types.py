"""The register of content types: which kinds there are, which are on, and that no address is taken twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from hub.hooks.parts import AUDIENCES, FIELD_TYPES, Choice, ContentType, Field

# address words that core keeps for itself; also refused as names of plugins
RESERVED = frozenset(
    "account api bot desk embed feed health hub instance login logout map media new oembed robots search sitemap "
    "static topics data edit site security content alembic".split()
)
ROOTS = frozenset(["api", "bot", "map", "oembed"])  # of these: what plugins may take, because the plan names them
_NAME = re.compile(r"[a-z][a-z0-9_]{0,38}")
_SPINE_NAMES = frozenset("title summary body status topic place country lang year checked q sort page limit uid".split())


class DeclarationError(Exception):
    """A plugin declared something that cannot be; the message names it and says why."""


def facet_key(ctype: ContentType, name: str) -> str:
    """Under which name a declared facet is counted: `kind` means the content kind wherever kinds are mixed."""
    return f"{ctype.kind}_kind" if name == "kind" else name


def end_keys(ctype: ContentType, name: str) -> set[str]:
    """Under which names the end of a relation is counted: its own where that is a facet, and the kind it leads to where
    some facet leads there (so that lists of mixed kinds can be narrowed by `partner`, whatever its part)."""
    relation = ctype.relation(name)
    if relation is None:
        return set()
    kinds = {r.to for r in ctype.relations if r.facet} - _SPINE_NAMES
    return ({name} if relation.facet else set()) | ({relation.to} & kinds)


def end_names(ctype: ContentType) -> set[str]:
    """All names under which ends of its relations are counted."""
    return {key for relation in ctype.relations for key in end_keys(ctype, relation.name)}


class TypeRegistry:
    """Content types by kind and by path. `is_on` tells whether a plugin is switched on at this moment."""

    def __init__(self, is_on: Callable[[str], bool]) -> None:
        self._by_kind: dict[str, ContentType] = {}
        self._is_on = is_on

    def add(self, ctype: ContentType) -> None:
        self._by_kind[ctype.kind] = ctype

    def remove_plugin(self, name: str) -> None:
        self._by_kind = {k: t for k, t in self._by_kind.items() if t.plugin != name}

    def all(self) -> list[ContentType]:
        """Every loaded type, switched on or not, in menu order."""
        return sorted(self._by_kind.values(), key=lambda t: (t.order, t.kind))

    def live(self) -> list[ContentType]:
        """The types whose plugin is switched on, in menu order."""
        return [t for t in self.all() if not t.plugin or self._is_on(t.plugin)]

    def mixed(self) -> list[ContentType]:
        """Those that lists of several kinds show: no parts of others."""
        return [t for t in self.live() if not t.part_of]

    def kinds(self) -> list[str]:
        return [t.kind for t in self.live()]

    def get(self, kind: str) -> ContentType | None:
        """The switched-on type of that kind, or None."""
        found = self._by_kind.get(kind)
        return found if found and (not found.plugin or self._is_on(found.plugin)) else None

    def at(self, word: str) -> ContentType | None:
        """The switched-on type with that address word; the singular kind is accepted too."""
        return next((t for t in self.live() if word in (t.path, t.kind)), None)

    def inverse(self, kind: str) -> list[tuple[ContentType, str]]:
        """(type, relation name) of every relation of switched-on types that leads to `kind` and is shown there."""
        return [(t, r.name) for t in self.live() for r in t.relations if r.to == kind and r.inverse_label is not None]


def check_type(ctype: ContentType, taken: Iterable[ContentType], languages: Iterable[str]) -> None:
    """Refuse a type that cannot work. Raises DeclarationError."""
    for word, what in ((ctype.kind, "kind"), (ctype.path, "path")):
        if not _NAME.fullmatch(word.replace("-", "_")):
            raise DeclarationError(f"{what} '{word}' must be lower-case ASCII letters, digits and _")
    if ctype.path in RESERVED or ctype.path in set(languages):
        raise DeclarationError(f"the address word '{ctype.path}' belongs to the core")
    for other in taken:
        if other.kind == ctype.kind or other.path == ctype.path:
            raise DeclarationError(f"kind '{ctype.kind}' or path '{ctype.path}' is taken by {other.plugin or 'core'}")
    if ctype.places not in ("none", "one", "many"):
        raise DeclarationError(f"{ctype.kind}: places must be none, one or many")
    if not all(isinstance(section, tuple) and len(section) == 2 for section in ctype.sections):
        raise DeclarationError(f"{ctype.kind}: sections are pairs (name, label)")
    names: set[str] = set()
    for field in ctype.fields:
        _check_field(ctype.kind, field)
        if field.name in names:
            raise DeclarationError(f"{ctype.kind}: field '{field.name}' is declared twice")
        names.add(field.name)
    for relation in ctype.relations:
        if relation.name in names or not _NAME.fullmatch(relation.name):
            raise DeclarationError(f"{ctype.kind}: relation '{relation.name}' needs a name of its own")
        names.add(relation.name)


def _check_field(kind: str, field: Field) -> None:
    where = f"{kind}.{field.name}"
    if not _NAME.fullmatch(field.name) or field.name in _SPINE_NAMES:
        raise DeclarationError(f"{where}: the field needs a name of its own in lower-case ASCII")
    if field.type not in FIELD_TYPES:
        raise DeclarationError(f"{where}: unknown field type '{field.type}'; known: {', '.join(FIELD_TYPES)}")
    if field.audience not in AUDIENCES:
        raise DeclarationError(f"{where}: audience must be one of {', '.join(AUDIENCES)}")
    if field.translated and field.type not in ("text", "longtext"):
        raise DeclarationError(f"{where}: only text can be translated")
    if field.type in ("choice", "choices") and not field.choices:
        raise DeclarationError(f"{where}: choices are missing")
    if field.facet and field.type not in ("choice", "choices", "languages", "boolean", "url"):
        raise DeclarationError(f"{where}: a facet needs choices")
    if field.type == "rows" and not field.columns:
        raise DeclarationError(f"{where}: columns are missing")


def with_vocabulary(ctype: ContentType, changes: dict[str, dict[str, dict[str, str]]]) -> ContentType:
    """The type with the instance's own terms: `[vocabulary."partner.kind"] bakery = {en = …, ru = …}`.

    A term without any label takes the term out.
    """
    from dataclasses import replace

    def adapted(field: Field) -> Field:
        own = changes.get(f"{ctype.kind}.{field.name}")
        if not own:
            return field
        terms = {c.value: c for c in field.choices}
        for value, labels in own.items():
            if labels:
                terms[value] = Choice(value, TermLabel(labels))
            else:
                terms.pop(value, None)
        return replace(field, choices=tuple(terms.values()))

    return replace(ctype, fields=tuple(adapted(f) for f in ctype.fields))


class TermLabel:
    """A label an instance wrote into hub.toml, in the language of the moment."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels

    def __str__(self) -> str:
        from flask_babel import get_locale

        locale = get_locale()
        return self.labels.get(locale.language if locale else "") or next(iter(self.labels.values()))
