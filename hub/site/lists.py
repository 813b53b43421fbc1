"""Lists, items and search: one query, every shape."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import sqlalchemy as sa
from flask import Blueprint, Response, abort, g, redirect, request, url_for
from flask_babel import gettext
from markupsafe import Markup, escape

from hub.content import finding, items, queries, texts, topics
from hub.content.fields import term_label
from hub.content.items import Item
from hub.content.model import Content, ContentSlug, Tombstone
from hub.content.queries import ListQuery, Result
from hub.content.types import facet_key
from hub.hooks.here import hub
from hub.hooks.parts import ContentType, Exporter, Listing, SearchPage
from hub.people import accounts, permissions
from hub.site import forms, shapes, view
from hub.site.facets import Option, groups
from hub.site.languages import speaking
from hub.store.db import session


def register(blueprint: Blueprint) -> None:
    """Add the routes for the content types that are loaded."""
    paths = ",".join(t.path for t in hub().types.all())
    shape_names = ",".join(repr(name) for name in [*shapes.SHAPES, *hub().exporters])
    word, shape = f"<any({paths}):path>", f"<any({shape_names}):shape>"
    blueprint.add_url_rule(f"/<lang:lang>/{word}/", "list", list_page)
    blueprint.add_url_rule(f"/<lang:lang>/{word}.{shape}", "list_data", list_data)
    blueprint.add_url_rule(f"/{word}.{shape}", "list_data", list_data)
    blueprint.add_url_rule(f"/<lang:lang>/{word}/embed", "embed", embed)
    blueprint.add_url_rule(f"/<lang:lang>/{word}/titles", "titles", titles)
    blueprint.add_url_rule(f"/<lang:lang>/{word}/<slug>/", "item", item_page)
    blueprint.add_url_rule(f"/<lang:lang>/{word}/<slug>.json", "item_data", item_data)
    blueprint.add_url_rule(f"/{word}/<slug>.json", "item_data", item_data)
    if hub().exporters:
        own = f"<any({','.join(repr(name) for name in hub().exporters)}):shape>"
        blueprint.add_url_rule(f"/<lang:lang>/{word}/<slug>.{own}", "item_file", item_file)
        blueprint.add_url_rule(f"/{word}/<slug>.{own}", "item_file", item_file)
    blueprint.add_url_rule("/<lang:lang>/search/", "search", search_page)
    blueprint.add_url_rule("/<lang:lang>/search/embed", "search_embed", embed)
    blueprint.add_url_rule(f"/<lang:lang>/search.{shape}", "search_data", search_data)
    blueprint.add_url_rule(f"/search.{shape}", "search_data", search_data)
    blueprint.add_url_rule("/<lang:lang>/feed.<any('atom','json','rss'):shape>", "feed", feed)
    blueprint.add_url_rule("/feed.<any('atom','json','rss'):shape>", "feed", feed)


def type_at(path: str) -> ContentType:
    """The switched-on type at an address word, or 404."""
    ctype: ContentType | None = hub().types.at(path)
    if ctype is None or ctype.path != path:
        abort(404)
    return ctype


def read_query(types: Sequence[ContentType], *, data: bool = False, level: int | None = None) -> ListQuery:
    """The query of this request. Raises BadQuery (400, naming it) for a bad value of a known name. level: default the reader's."""
    level = permissions.level(accounts.current()) if level is None else level
    g.hub_listing = True
    return queries.parse(request.args.items(multi=True), list(types), speaking(), level, data=data)


def newest(kind: str, limit: int = 5, sort: str = "new", **filters: str) -> list[Item]:
    """The newest published items of a kind that the reader may see, in the reader's language (for blocks of pages)."""
    if hub().types.get(kind) is None:
        return []
    level = permissions.level(accounts.current())
    wanted = {name: (value,) for name, value in filters.items()}
    query = ListQuery((kind,), speaking(), level, filters=wanted, sort=sort, limit=limit)
    found = finding.run(session(), query, facets=False)
    return items.load(session(), found.ids, speaking(), level, links=False)


def count_by(kind: str, facet: str) -> list[Option]:
    """How many published items of a kind there are per value of a facet, most first (for blocks of pages)."""
    ctype = hub().types.get(kind)
    field = ctype.field(facet) if ctype else None
    if field is None:
        return []
    query = ListQuery((kind,), speaking(), permissions.level(accounts.current()), limit=1)
    counts = finding.run(session(), query).facets.get(facet_key(ctype, facet), {})
    return [Option(value, term_label(field, value), count, False) for value, count in counts.items()]


def list_page(lang: str, path: str) -> Response:
    ctype = type_at(path)
    query = read_query([ctype])
    result = finding.run(session(), query)
    return view.page([f"{ctype.plugin}/list.html", "list.html"], type=ctype, **context([ctype], query, result))


def context(types: Sequence[ContentType], query: ListQuery, result: Result) -> dict[str, Any]:
    """What a page that shows a list of these types needs beside its own: the names that `list.html` uses."""
    everything = result.everything
    if everything < 0:  # a search engine found it
        everything = result.total if not query.given else finding.run(session(), ListQuery(
        tuple(t.kind for t in types), query.language, query.level, limit=1), facets=False).total  # fmt: skip
    return {
        "query": query, "result": result, "everything": everything, "sorts": _sorts(query, result), "mark": marker(result),
        "items": items.load(session(), result.ids, query.language, query.level, links=True),
        "groups": groups(types, query, result, kinds=len(types) > 1),
        "shapes": _page_shapes(types[0] if len(types) == 1 else None),
    }  # fmt: skip


def titles(lang: str, path: str) -> Response:
    """What a form's field offers while somebody types a title: those that fit `q`, as a JSON list."""
    return view.data(shapes.dump(forms.titles(type_at(path).kind, request.args.get("q", ""), 20)), "application/json")


def embed(lang: str, path: str = "") -> Response:
    """A list (without a path: a search) for another site's frame: its beginning, and the way to the whole; conditions by the address."""
    ctype = type_at(path) if path else None
    query = read_query([ctype] if ctype else hub().types.mixed())
    query = query if "limit" in dict(query.given) else replace(query, limit=6)
    result = finding.run(session(), query, facets=False)
    shown = items.load(session(), result.ids, lang, query.level)
    return view.page("embed.html", framed=True, type=ctype, query=query, result=result, items=shown)


def _page_shapes(ctype: ContentType | None) -> list[tuple[str, str]]:
    names = [("atom", "Atom"), ("rss", "RSS"), ("feed.json", "JSON Feed"), ("csv", "CSV"), ("json", "JSON")]
    if ctype is None or ctype.places != "none":
        names.append(("geojson", "GeoJSON"))
    return names + [(name, str(e.label)) for name, (plugin, e) in hub().exporters.items()
                    if hub().hooks.is_on(plugin) and _fits(e, [ctype] if ctype else hub().types.live())]  # fmt: skip


def _fits(exporter: Exporter, types: Sequence[ContentType]) -> bool:
    """Whether lists of these types have what the shape is made of."""
    if exporter.kinds and not all(t.kind in exporter.kinds for t in types):
        return False
    return exporter.needs == "" or any(t.dated if exporter.needs == "dates" else t.places != "none" for t in types)


def _sorts(query: ListQuery, result: Result) -> list[tuple[str, str]]:
    names = {
        "new": gettext("new first"), "changed": gettext("recently changed"), "title": gettext("by name"), "soon": gettext("by date"),
        "near": gettext("nearest"), "relevance": gettext("best match"), "checked": gettext("recently checked"),
    }  # fmt: skip
    offered = ["relevance"] if query.q else []
    offered += ["soon"] if all((t := hub().types.get(kind)) and t.dated for kind in query.kinds) and query.kinds else []
    offered += ["new", "changed", "title"] + (["near"] if query.near else [])
    offered += ["checked"] if result.facets.get("checked") else []
    return [(name, names[name]) for name in offered]


def list_data(path: str, shape: str, lang: str | None = None) -> Response:
    ctype = type_at(path)
    return _data([ctype], shape, lang, path)


def search_data(shape: str, lang: str | None = None) -> Response:
    return _data(hub().types.mixed(), shape, lang, "search")


def feed(shape: str, lang: str | None = None) -> Response:
    kinds = [t for t in hub().types.mixed() if t.kind != "page"]
    return _data(kinds, {"json": "feed.json"}.get(shape, shape), lang, gettext("Everything new"))


def _data(types: Sequence[ContentType], shape: str, lang: str | None, title: str) -> Response:
    g.hub_lang = lang or hub().settings.default_language
    return answer(types, read_query(types, data=True), shape, title)


def answer(types: Sequence[ContentType], query: ListQuery, shape: str, title: str) -> Response:
    """The response of a list of these types as json, csv, geojson, atom … title: its address word, or its name."""
    plugin, exporter = hub().exporters.get(shape, ("hub", None))
    if not hub().hooks.is_on(plugin) or not (_fits(exporter, types) if exporter else shape in shapes.SHAPES):
        abort(404)
    if shape in ("atom", "rss", "feed.json") and "hub" not in query.filters:
        query = replace(query, own=True)  # what other hubs publish is theirs to feed: hubs that read each other do not echo
    if exporter and exporter.narrow:
        query = exporter.narrow(query)
    if "limit" not in dict(query.given):
        most = {"atom": 30, "rss": 30, "feed.json": 30, "geojson": queries.DATA_LIMIT}
        query = replace(query, limit=queries.DATA_LIMIT if exporter else most.get(shape, query.limit))
    if not query.kinds:
        result = Result([], 0, {})
    else:
        result = finding.run(session(), query, facets=shape == "json")
    shown = items.load(session(), result.ids, query.language, query.level)
    shown = [item for item in shown if not (query.own and item.elsewhere)]  # an engine does not know whose it is
    if exporter:
        return shapes.by_plugin(exporter, shown, query, result, title)
    return shapes.SHAPES[shape](shown, query, result, title)


def item_page(lang: str, path: str, slug: str) -> Response:
    ctype = type_at(path)
    item = _find(ctype, lang, slug)
    if isinstance(item, Response):
        return item
    g.hub_alternates = {code: item.url_in(code) for code in hub().settings.site.languages}
    response = view.page(
        [f"{ctype.plugin}/item.html", "item.html"], type=ctype, item=item, item_blocks=view.blocks("item", item),
        next_blocks=view.blocks("next", item),
        jsonld=_script_json(shapes.jsonld(item, view.site_name())), related=related(item), relations=relations(item),
    )  # fmt: skip
    if item.status == "archived" or item.elsewhere:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def item_data(path: str, slug: str, lang: str | None = None) -> Response:
    g.hub_lang = lang or hub().settings.default_language
    item = _find(type_at(path), g.hub_lang, slug)
    if isinstance(item, Response):
        return item
    return view.data(shapes.dump(shapes.item_json(item, full=True)), "application/json")


def item_file(path: str, slug: str, shape: str, lang: str | None = None) -> Response:
    """One item in the shape of a plugin's exporter."""
    ctype, (plugin, exporter) = type_at(path), hub().exporters[shape]
    if not hub().hooks.is_on(plugin) or not _fits(exporter, [ctype]):
        abort(404)
    g.hub_lang = lang or hub().settings.default_language
    item = _find(ctype, g.hub_lang, slug)
    if isinstance(item, Response):
        return item
    listing = Listing([item], item.title, g.hub_lang, shapes.absolute(item.url), 1)
    return shapes.written(exporter, listing, item.slug)


def _find(ctype: ContentType, lang: str, slug: str) -> Item | Response:
    """The published item at an address; its redirect for an older slug; 404 unknown, 410 erased."""
    db = session()
    rows = db.execute(
        sa.select(ContentSlug.content_id, ContentSlug.lang, ContentSlug.current)
        .where(ContentSlug.kind == ctype.kind, ContentSlug.slug == slug)
    ).all()  # fmt: skip
    row = next((r for r in rows if r.lang == lang), rows[0] if rows else None)
    content = db.get(Content, row.content_id) if row else db.scalar(
        sa.select(Content).where(Content.uid == slug, Content.kind == ctype.kind))  # fmt: skip
    user = accounts.current()
    level = permissions.level(user)
    if content is None:
        _gone_or_unknown(ctype, lang, slug)
    readable = content.status in ("published", "archived") and content.audience in permissions.audiences(user)
    if not readable:
        abort(404)
    found = items.load(db, [content.id], lang, level, links=True)
    if not found:
        abort(404)
    if found[0].slug != slug:
        endpoint = request.endpoint or "site.item"
        return redirect(url_for(endpoint, **{**(request.view_args or {}), "lang": lang, "slug": found[0].slug}), 301)  # type: ignore[return-value]
    return found[0]


def _gone_or_unknown(ctype: ContentType, lang: str, slug: str) -> NoReturn:
    named = sa.cast(Tombstone.slugs, sa.Text).contains(json.dumps(slug), autoescape=True)
    stones = sa.select(Tombstone).where(Tombstone.kind == ctype.kind, sa.or_(named, Tombstone.uid == slug))
    for stone in session().scalars(stones):
        if stone.uid == slug or slug in [word for _, word in stone.slugs]:
            abort(410)
    abort(404)


def relations(item: Item) -> list[tuple[str, list[Any]]]:
    """(label, items) for every relation of an item's page, both ways, kinds that are on."""
    found = []
    for relation in item.type.relations:
        if ends := item.links.get(relation.name):
            found.append((str(relation.label), ends))
    for ctype, name in hub().types.inverse(item.kind):
        if ends := item.inverse.get((ctype.kind, name)):
            found.append((str(ctype.relation(name).inverse_label or ctype.plural), ends))
    return found


def related(item: Item, limit: int = 3) -> list[Item]:
    """Others of the same first topic, same kind first."""
    if not item.topics:
        return []
    kinds = tuple(t.kind for t in hub().types.mixed() if t.topics)
    query = ListQuery(kinds, item.asked, item.level, filters={"topic": (item.topics[0].slug,)}, limit=limit + 6)
    ids = [i for i in finding.run(session(), query, facets=False).ids if i != item.id]
    found = items.load(session(), ids, item.asked, item.level)
    return sorted(found, key=lambda other: other.kind != item.kind)[:limit]


def search_page(lang: str) -> Response:
    types = hub().types.mixed()
    query = read_query(types)
    empty = Result([], 0, {})
    asked = bool(query.q or {name for name, _ in query.given} - {"sort", "limit", "literal", "page"})
    result = finding.run(session(), query) if asked else empty
    shown = items.load(session(), result.ids, lang, query.level)
    found_topic = topics.find(session(), query.q) if query.q else None
    page = view.page(
        "search.html", asked=asked, query=query, result=result, items=shown, groups=groups(types, query, result, kinds=True),
        mark=marker(result), snippet=snippeter(result), sorts=_sorts(query, result), topic=found_topic, shapes=_page_shapes(None),
        concepts=[] if asked else sorted(topics.concepts(session()).values(), key=lambda concept: concept.name(lang)),
    )  # fmt: skip
    page.headers["X-Robots-Tag"] = "noindex"
    return page


def marker(result: Result) -> Any:
    """A function that marks the searched words in a plain text."""
    found = result.search
    return (lambda text: mark(text, found)) if found and found.words else escape


def mark(text: str, found: SearchPage) -> Markup:
    words = set(found.words)
    parts, last = [], 0
    for match in re.finditer(r"\w+", text):
        if found.normalise(match.group()) in words:
            parts.append(escape(text[last : match.start()]) + Markup("<mark>{}</mark>").format(match.group()))
            last = match.end()
    return Markup("").join([*parts, escape(text[last:])])


def snippeter(result: Result) -> Any:
    """A function from an item to the piece of its text where the searched words stand closest."""
    found = result.search

    def snippet(item: Item) -> Markup:
        if not found or not found.words:
            return escape(texts.excerpt(item.excerpt, 240))
        summary = mark(item.excerpt, found)
        if "<mark>" in summary:
            return summary
        best = _window(texts.plain(item.body[:20_000]), found)
        return mark(best, found) if best else summary

    return snippet


def _window(text: str, found: SearchPage, width: int = 240) -> str:
    words = set(found.words)
    hit = next((m for m in re.finditer(r"\w+", text) if found.normalise(m.group()) in words), None)
    if hit is None:
        return ""
    start = max(0, hit.start() - 60)
    start = text.find(" ", start) + 1 if start else 0
    return ("… " if start else "") + texts.excerpt(text[start:], width)


def _script_json(body: dict[str, Any]) -> Markup:
    """JSON that may stand inside a script element."""
    text = shapes.dump(body).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(text)
