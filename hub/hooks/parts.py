"""What a plugin declares: plain frozen data, checked by the core before anything is registered.

A *label* is a string or a lazily translated one (`hub.api.gettext`); it is turned into text when a page is made.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Label = Any  # str or a lazy string
AUDIENCES = ("public", "members", "editors")

FIELD_TYPES = (
    "text", "longtext", "choice", "choices", "url", "email", "phone", "integer", "number", "boolean",
    "partialdate", "datetime", "languages", "rows",
)  # fmt: skip
SETTING_TYPES = ("str", "text", "int", "number", "bool", "choice", "list", "kinds", "url", "email", "secret", "json")


def _check_order(part: Any) -> None:
    """Fail in the plugin that declares it, not in the page that sorts it."""
    if not isinstance(part.order, int | float):
        raise TypeError(f"order must be a number, not {part.order!r}")


@dataclass(frozen=True)
class Plugin:
    """The name card: the only thing in a plugin's `__init__.py`.

    name: short, lower-case ASCII; every address, table, setting and file of the plugin stands under it.
    api: the (major, minor) of `hub.api` the plugin was written for. requires: names of other plugins.
    addresses: words at the root of the site that it takes ("map": `/map`, `/map/…`, `/<language>/map/…`).
    query: names in the query of its own pages that mean something (others are left out of cache keys).
    commands: those of its commands that stand at the root, `hub <command>` beside `hub <plugin> <command>`.
    """

    name: str
    label: Label
    summary: Label = ""
    version: str = "0.1.0"
    api: tuple[int, int] = (1, 0)
    requires: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One term of a closed vocabulary: the stored value and its label."""

    value: str
    label: Label


@dataclass(frozen=True)
class Field:
    """One declared field of a content type.

    name: key in stored data, JSON, CSV and forms. type: one of FIELD_TYPES. translated: one value per language (text and longtext only).
    quick: part of the short form. facet: readers can narrow lists by it (choice, choices, languages, boolean; url: whether there is one).
    audience: the least privileged readers who may see it; core drops it from every shape of a lower audience. least: no number below it.
    personal: data about a person, named in privacy exports. fills: "starts_at" or "ends_at" where the value of a date field also dates
    the item, "timezone" where it names the zone (IANA) in which such times without one are meant. columns: the fields of one row (type
    "rows"). schema_org: property in JSON-LD. managed: plugins keep it by `hub.api.items.mark`; no form, suggestion or draft writes it
    (files bring it along). writers: whoever adds an item or may edit it fills it in, too, though only its audience reads it elsewhere.
    """

    name: str
    type: str = "text"
    label: Label = ""
    hint: Label = ""
    section: str = "main"
    choices: tuple[Choice, ...] = ()
    columns: tuple[Field, ...] = ()
    required: bool = False
    quick: bool = False
    translated: bool = False
    facet: bool = False
    searched: bool = True
    listed: bool = False
    audience: str = "public"
    personal: bool = False
    fills: str = ""
    schema_org: str = ""
    max_length: int = 0
    least: int | None = None
    managed: bool = False
    writers: bool = False


@dataclass(frozen=True)
class Relation:
    """A named link to items of another kind; shown on both items' pages (inverse_label None: on its own), kept while that is off."""

    name: str
    to: str
    label: Label = ""
    inverse_label: Label = ""
    many: bool = False
    quick: bool = False
    facet: bool = False
    section: str = "main"
    schema_org: str = ""


@dataclass(frozen=True)
class ContentType:
    """One kind of content. From it core derives lists, pages, forms, desk, API, feeds, files, map layer and search.

    kind: singular identifier, also the colour line in the theme. path: the address word (plural), `/en/<path>/`. places: how many an
    item may have: "none", "one" or "many". sections: (name, label) in form order. body_label: label of the long text; empty = none.
    order: position in the menu. schema_org: type for JSON-LD. dated: items have a begin and end in time. navigation: in the main menu.
    borrowed: items whose `origin` begins so are other people's texts: noindex, not in the sitemap.
    part_of: the relation to the item that stands for it wherever kinds are mixed (search, feeds, topics), its texts included.
    """

    kind: str
    path: str
    label: Label
    plural: Label
    intro: Label = ""
    add_label: Label = ""
    body_label: Label = ""
    body_quick: bool = True
    fields: tuple[Field, ...] = ()
    relations: tuple[Relation, ...] = ()
    sections: tuple[tuple[str, Label], ...] = ()
    places: str = "none"
    topics: bool = True
    dated: bool = False
    schema_org: str = "CreativeWork"
    order: int = 50
    navigation: bool = True
    members_may_propose: bool = True
    borrowed: str = ""
    part_of: str = ""
    plugin: str = ""

    def __post_init__(self) -> None:
        _check_order(self)

    def field(self, name: str) -> Field | None:
        """The declared field of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def relation(self, name: str) -> Relation | None:
        """The declared relation of that name, or None."""
        return next((r for r in self.relations if r.name == name), None)

    @property
    def managed(self) -> frozenset[str]:
        """The names of the fields that only plugins set."""
        return frozenset(f.name for f in self.fields if f.managed)

    @property
    def facets(self) -> tuple[Field, ...]:
        """The declared fields that lists can be narrowed by."""
        return tuple(f for f in self.fields if f.facet)


@dataclass(frozen=True)
class Setting:
    """A value an administrator may change, in the desk or pinned in hub.toml (`[plugin.<name>]`) or the environment.

    type: str, text, int, number, bool, choice, list (of lines), kinds (of content), url, email, secret (never shown again)
    or json (kept by a page of the plugin's own, left out of the common form). check: says what is wrong with a value, or "".
    """

    name: str
    type: str = "str"
    default: Any = ""
    label: Label = ""
    hint: Label = ""
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    check: Callable[[Any], str] = lambda value: ""

    def __post_init__(self) -> None:
        if self.type not in SETTING_TYPES:
            raise ValueError(f"setting {self.name}: unknown type '{self.type}'; known: {', '.join(SETTING_TYPES)}")


@dataclass(frozen=True)
class Permission:
    """A named right, granted to a role and all above it: member < editor < admin."""

    name: str
    label: Label
    role: str = "editor"


@dataclass(frozen=True)
class Job:
    """Background work. run(**arguments) is called in an application context; every: seconds between runs, 0 = on demand."""

    name: str
    run: Callable[..., Any]
    every: float = 0.0
    label: Label = ""


@dataclass(frozen=True)
class NavItem:
    """One line of a menu. slot: main, footer, network, account, desk, or propose: the form by which whoever looks may add an
    item of `kind`. name: what it is known by in every language (default: its kind, else its address without the language).

    The desk's lines stand in three groups by their order: below 30 what comes in and waits, below 75 tools, then the site.
    """

    label: Label
    url: str
    order: int = 50
    kind: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        return self.name or self.kind or re.sub(r"^/[a-z]{2,3}/", "/", self.url)

    def __post_init__(self) -> None:
        _check_order(self)


@dataclass(frozen=True)
class Block:
    """A piece of a page, rendered by core from the plugin's template with `context`.

    Slots: home, item, below, desk, account, person, signin, register, edit, find, follow, rows, place (see the hook `blocks`).
    elsewhere: it may also stand on the page of an item that lives at another hub (it asks for nothing about the item).
    """

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int = 50
    title: Label = ""
    elsewhere: bool = False

    def __post_init__(self) -> None:
        _check_order(self)


@dataclass(frozen=True)
class Check:
    """One health check. state: ok, warning or failed; message says what to do; label: what is looked at, for people at the desk."""

    name: str
    state: str
    message: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        if self.state not in ("ok", "warning", "failed"):
            raise ValueError(f"a check's state is ok, warning or failed, not {self.state!r}")


@dataclass(frozen=True)
class Change:
    """One row of the change log as readers get it: the item was published, changed, withdrawn (gone) or touched."""

    id: int
    kind: str
    uid: str
    content_id: int
    gone: bool
    public: bool
    verb: str
    at: dt.datetime


@dataclass(frozen=True)
class ChangeReader:
    """A reader of the change log with a cursor of its own; `read` gets batches at least once, in order.

    restart: called when the cursor was dropped or reset, before reading again from zero.
    """

    name: str
    read: Callable[[Sequence[Change]], None]
    restart: Callable[[], None] | None = None


@dataclass(frozen=True)
class Listing:
    """What an exporter writes: the items of one answer, in its order. total: over all pages; url: of the list's page."""

    items: Sequence[Any]
    title: str
    language: str
    url: str
    total: int


@dataclass(frozen=True)
class Exporter:
    """A further shape of every list, at `/en/cases.<name>` with the same query.

    write: a Listing as the file's content. needs: "" (every list), "places" or "dates" (lists of kinds that have them).
    kinds: only lists of these kinds (none given: of all).
    narrow: the query that is answered in place of the one that was asked (say: from 90 days ago, where no date is given).
    """

    name: str
    label: Label
    mimetype: str
    write: Callable[[Listing], str | bytes]
    needs: str = ""
    kinds: tuple[str, ...] = ()
    narrow: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.needs not in ("", "places", "dates"):
            raise ValueError(f"needs is empty, places or dates, not {self.needs!r}")


@dataclass(frozen=True)
class Importer:
    """A further format of `hub import`: files with these endings are read as rows.

    read: the file's bytes → (row number, {column: value} or the exception that says what is wrong with the row).
    maps: "column=field" pairs that need not be given, because the format fixes what its columns mean.
    """

    suffixes: tuple[str, ...]
    label: Label
    read: Callable[[bytes], Iterable[tuple[int, Mapping[str, Any] | Exception]]]
    maps: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchQuery:
    """What a reader asks a search engine. level: 0 visitor, 1 member, 2 editor. filters: facet name → values (OR).

    concepts: the folded names and synonyms of every topic, in all languages; a query that names one by any form of
    its words may be widened by the others (never where `literal`). within: nothing but these content ids is found and
    counted (None: no such condition); it says what lies on a part of the map or in a span of time.
    """

    text: str
    language: str
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    level: int = 0
    limit: int = 20
    offset: int = 0
    literal: bool = False
    concepts: tuple[tuple[str, ...], ...] = ()
    within: frozenset[int] | None = None


@dataclass(frozen=True)
class Hit:
    """One found item. snippet: plain text; marks: (start, end) character spans in it; terms matched."""

    content_id: int
    score: float
    why: str = ""


@dataclass(frozen=True)
class SearchPage:
    """An engine's answer. facets: name → value → count over all matches; expanded: word → words also searched.

    words: the normalised words to be highlighted, as produced by `normalise` (a function form → normal form).
    changed: (how, typed, searched) for each word that was searched in another spelling because nothing has it as typed;
    how is prefix, typo, layout, translit, forms (a phrase in any forms) or some (some of the words).
    instead: other queries to offer, where this one found little or nothing.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    expanded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    normalise: Callable[[str], str] = str.lower
    changed: tuple[tuple[str, str, str], ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchDocument:
    """What an engine indexes of one item. texts: language → (title, summary, body) as plain text.

    level: 0 public, 1 members, 2 editors. facets: name → values. names: further short names (places, partners).
    """

    content_id: int
    kind: str
    level: int
    texts: Mapping[str, tuple[str, str, str]]
    names: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    updated: dt.datetime | None = None
