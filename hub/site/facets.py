"""Facets: the groups of conditions beside a list, with counts that equal what a click gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from babel import Locale
from flask_babel import get_locale, gettext

from hub.content import topics
from hub.content.fields import language_name, term_label
from hub.content.model import ELSEWHERE, Content, ContentPlace, ContentText
from hub.content.queries import ListQuery, Result
from hub.content.types import facet_key
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType, Field
from hub.store.db import Json, session
from hub.store.state import remembered

MOST = 60  # options in one group


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    count: int
    on: bool


@dataclass(frozen=True)
class Group:
    """One group of conditions. name: the query name all its options share."""

    name: str
    label: str
    options: list[Option]

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.on]


def groups(types: Sequence[ContentType], query: ListQuery, result: Result, *, kinds: bool = False) -> list[Group]:
    """The groups of conditions with counts; a chosen value stays visible even where nothing matches it."""
    found: list[Group] = []
    if kinds:
        by_kind = {t.kind: t for t in types}
        chosen = [t.kind for t in types if any(n == "kind" and v in (t.kind, t.path) for n, v in query.given)]
        counts = result.facets.get("kind", {})
        found.append(Group("kind", gettext("Kind"), [
            Option(by_kind[k].path, str(by_kind[k].plural), counts.get(k, 0), k in chosen)
            for k in by_kind if counts.get(k) or k in chosen
        ]))  # fmt: skip
    concepts = topics.concepts(session())
    found.append(_group("topic", gettext("Topic"), query, result, lambda v: concepts[v].name(query.language) if v in concepts else v))
    territories = _territories()
    found.append(_group("place", gettext("Country"), query, result, lambda v: territories.get(v, v), "country"))
    ends = _ends(types, query)
    names = _names(ends, query, result)
    found.append(_group("place", gettext("Place"), query, result, lambda v: names.get(v, v), "place"))
    for ctype in types if len(types) == 1 else ():
        for field in ctype.facets:
            show = partial(_value_label, field)
            found.append(_group(field.name, str(field.label), query, result, show, facet_key(ctype, field.name)))
    for name, label in ends.items():
        found.append(_group(name, label, query, result, lambda v: names.get(v, v)))
    found.append(_group("year", gettext("Year"), query, result, str))
    found.append(_group("checked", gettext("Checked"), query, result, str))
    hubs = _hub_names([*result.facets.get("hub", {}), *query.filters.get("hub", ())])
    found.append(_group("hub", gettext("From other hubs"), query, result, lambda v: hubs.get(v, v)))
    found.append(_group("lang", gettext("Language"), query, result, language_name))
    return [group for group in found if len(group.options) > 1 or group.chosen or (group.name == "hub" and group.options)]


def _ends(types: Sequence[ContentType], query: ListQuery) -> dict[str, str]:
    """Name → label of what lists are narrowed by: in one type its relations, in mixed lists the kinds they lead to."""
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for ctype in types:
        for relation in ctype.relations:
            if relation.facet and (end := hub().types.get(relation.to)):
                names[relation.name], kinds[relation.to] = str(relation.label), str(end.label)
    shown, others = (names, kinds) if len(types) == 1 else (kinds, names)
    return shown | {name: label for name, label in others.items() if name in query.filters and name not in shown}


def _value_label(field: Field, value: str) -> str:
    if field.type == "languages":
        return language_name(value)
    return gettext("yes") if field.type in ("boolean", "url") else term_label(field, value)


def _group(name: str, label: str, query: ListQuery, result: Result, show: Any, field: str = "") -> Group:
    field = field or name
    counts = result.facets.get(field, {})
    chosen = query.filters.get(field if field not in ("country", "place") else "place", ())
    if name == "place":
        chosen = tuple(v for v in chosen if (len(v) == 2 and v.isupper()) == (field == "country"))
    values = [*counts, *(v for v in chosen if v not in counts)]
    options = [Option(v, str(show(v)), counts.get(v, 0), v in chosen) for v in values]
    if name in ("year", "checked"):
        options.sort(key=lambda o: o.value, reverse=True)
    else:
        options.sort(key=lambda o: (-o.count, o.label))
    return Group(name, label, [o for n, o in enumerate(options) if n < MOST or o.on])


def _territories() -> dict[str, str]:
    locale = get_locale() or Locale("en")
    return dict(locale.territories)


def _names(ends: Iterable[str], query: ListQuery, result: Result) -> dict[str, str]:
    """What places (by slug) and items at the other end of relations (by uid) are called in the reader's language, in one statement."""

    def asked(name: str) -> list[str]:
        return [*list(result.facets.get(name, {}))[:MOST], *query.filters.get(name, ())]

    slugs, uids = asked("place"), [uid for name in ends for uid in asked(name)]
    if not slugs and not uids:
        return {}
    place, text = ContentPlace, ContentText
    named = sa.select(place.slug.label("value"), sa.literal("").label("lang"), sa.literal("").label("title"), place.names)
    titled = sa.select(Content.uid, text.lang, text.title, sa.cast(sa.null(), Json)).join(text, text.content_id == Content.id)
    wanted = sa.union_all(
        sa.select(named.where(place.slug.in_(slugs)).limit(2000).subquery()),
        titled.where(
            Content.uid.in_(uids), text.status == "live", Content.status == "published", Content.audience.in_(AUDIENCES[: query.level + 1])
        ),
    )
    rows = remembered("names", (query.level, *slugs, *uids), lambda: session().execute(wanted).all())
    found: dict[str, str] = {}
    for value, lang, title, names in rows:
        said = names or {lang: title}
        if value not in found or query.language in said:
            found[value] = said.get(query.language) or next(iter(said.values()), value)
    return found


def _hub_names(origins: list[str]) -> dict[str, str]:
    if not origins:
        return {}
    named = sa.select(Content.origin, sa.func.max(Content.source_name)).group_by(Content.origin)
    rows = session().execute(named.where(Content.origin.in_([ELSEWHERE + origin for origin in origins])))
    return {origin.removeprefix(ELSEWHERE): name for origin, name in rows}
