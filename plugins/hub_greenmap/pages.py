"""The map: a numbered list of everything that has a place, counts for the drawn map, and both in the frame of another site."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import ContentType, ListQuery, content_type, gather, gettext, items, ngettext, render_page
from hub_greenmap import clusters, layers, tiles
from hub_greenmap.clusters import Group, digits

WORLD = (-180.0, -90.0, 180.0, 90.0)
ZOOMS = 22
ON_MAP = ("stage", "season", "needs")  # conditions of initiatives that the map offers beside those of every kind


def placed() -> list[ContentType]:
    """The content types that are on and may have places."""
    return [ctype for ctype in items.types() if ctype.places != "none"]


def on_map() -> list[ContentType]:
    """The layers of the map: as in search the whole stands for its parts (the event for its labs), unless just these are asked for."""
    asked = {value.strip() for value in request.args.getlist("kind")}
    return [ctype for ctype in placed() if not ctype.part_of or asked & {ctype.kind, ctype.path}]


def map_page(lang: str) -> ResponseReturnValue:
    """The page: list first, the map drawn beside it where scripts run."""
    return _page("greenmap/map.html", items.page_query(on_map()))


def embed(lang: str) -> ResponseReturnValue:
    """The map and the beginning of its list for another site; every condition of the page, and `limit`, by the address."""
    query = items.page_query(on_map())
    return _page("greenmap/embed.html", query if "limit" in dict(query.given) else replace(query, limit=8), framed=True)


def _page(template: str, query: ListQuery, *, framed: bool = False) -> Any:
    types = on_map()
    located = replace(query, bbox=query.bbox or WORLD)
    result = items.find(located, facets=True)
    context = items.list_context(types, query, result)
    initiative = content_type("initiative")
    if initiative and "initiative" in query.kinds:
        own = items.list_context([initiative], query, result)["groups"]
        context["groups"] += [group for group in own if group.name in ON_MAP]
    context["everything"] = result.total if not query.given else items.find(_all(query, types)).total
    box = query.bbox or clusters.extent(query)
    first = 0 if query.after else (query.page - 1) * query.limit
    answer = clusters.answer(query, 0)
    return render_page(
        template, framed=framed, **context, first=first, types_on_map=types, extent=box, without=answer.without,
        tiles=tiles.chosen(), own_tiles=tiles.own() is not None, words=json.dumps(words(), ensure_ascii=False), initiative=initiative,
        here=url_for("greenmap_root.map", lang=query.language), name=gettext("Map"), suggest_url=suggestion(initiative),
        days=volunteering(query), layers=layers.shown(),
        lines=[layer for _, told in gather("map_lines", lang=query.language) for layer in told or ()],
    )  # fmt: skip


def _all(query: ListQuery, types: list[ContentType]) -> ListQuery:
    return ListQuery(tuple(t.kind for t in types), query.language, query.level, bbox=WORLD, limit=1)


def suggestion(ctype: ContentType | None) -> str:
    """Where anybody may suggest an item of this type without an account; empty where that plugin is off."""
    lines = [line for _, told in gather("navigation", slot="propose", user=None) for line in told] if ctype else []
    return next((str(line.url) for line in lines if ctype and line.kind == ctype.kind), "")


def volunteering(query: ListQuery) -> str:
    """Where the volunteering days in this part of the map are, as a calendar; empty where there are none at all."""
    event = content_type("event")
    days = {"format": ("volunteering",)}
    if event is None or not items.find(ListQuery((event.kind,), query.language, query.level, filters=days, limit=1)).total:
        return ""
    kept = [(name, value) for name, value in query.given if name in ("bbox", "place", "topic")]
    address = url_for("site.list_data", lang=query.language, path=event.path, shape="ics")
    return f"{address}?{urlencode([*kept, ('format', 'volunteering')])}"


def words() -> dict[str, str]:
    """What the script says."""
    return {
        "offline": gettext("You are offline: the map shows what it knew last. The list is complete."),
        "kept": gettext("There is no network. The map shows the places as of {day}."),
        "part": gettext("This device has kept {returned} places of {total}."),
        "failed": gettext("The hub does not answer. Move the map to try again."),
        "nothing": gettext("Nothing in this part of the map."),
        "tiles": gettext("The background of the map does not load; the places are all there."),
        "close": gettext("Close"),
        "all": gettext("All in a list"),
        "closer": gettext("There are more places of this layer here than can be drawn: zoom in."),
        "show": gettext("Show on the map"),
        "nowhere": gettext("Your device does not say where it is."),
        "zoomin": gettext("Zoom in"),
        "zoomout": gettext("Zoom out"),
        "wheel": gettext("To zoom, hold Ctrl and turn the wheel."),
    }


def around(item: Any, reach: float = 0.05) -> str:
    """The part of the map around an item's first place as `bbox`; empty where it has none."""
    spot = next((p for p in item.places if p.lat is not None), None)
    if spot is None:
        return ""
    low, high = max(-90.0, spot.lat - reach), min(90.0, spot.lat + reach)
    west, east = ((spot.lon + side + 180) % 360 - 180 for side in (-2 * reach, 2 * reach))
    return f"{west:.4f},{low:.4f},{east:.4f},{high:.4f}"


ASIDE = ("sort", "limit", "page", "after")  # how a list is read, not what stands in it


def of_this_list(result: Any) -> str:
    """The map with the conditions of the list, search or topic that is shown; empty where it cannot show just these, or nothing.

    result: what the list found, None where the page does not say.
    """
    given, types = request.view_args or {}, placed()
    paths, counted = {ctype.path for ctype in types}, result.facets.get("kind") if result else None
    if result and not (any(counted.get(ctype.kind) for ctype in types) if counted else result.total):
        return ""
    pairs: list[tuple[str, str]] = []
    if request.endpoint == "site.topic":
        pairs = [("topic", str(given.get("slug")))]
    elif request.endpoint == "site.list":
        ctype = items.type_at(str(given.get("path")))
        kept = items.page_query([ctype]).given if ctype and ctype.path in paths else None
        if ctype and kept is not None and all(name != "kind" for name, _ in kept):  # on the map that word means the type itself
            pairs = [("kind", ctype.path), *kept]
    elif request.endpoint == "site.search":
        kept = items.page_query(items.types()).given
        if all(name != "kind" or value in paths for name, value in kept):
            pairs = list(kept)
    pairs = [pair for pair in pairs if pair[0] not in ASIDE]
    return f"{url_for('greenmap_root.map', lang=items.speaking())}?{urlencode(pairs)}" if pairs else ""


def map_data(shape: str, lang: str | None = None) -> ResponseReturnValue:
    """The map's list in any shape of lists; GeoJSON with `zoom` gives counts."""
    types = on_map()
    query = items.page_query(types, data=True)
    if lang is None:
        query = replace(query, language=items.site()["languages"][0])
    zoom = asked_zoom() if shape == "geojson" else None
    if zoom is not None:
        return counts(query, zoom)
    if shape != "geojson":  # that one counts what has no place; the others list what the page lists
        query = replace(query, bbox=query.bbox or WORLD)
    found: ResponseReturnValue = items.answer(types, query, shape, "map")
    return found


def layer_page(lang: str, key: str) -> ResponseReturnValue:
    """A layer of another site as a list."""
    return render_page("greenmap/layer.html", layer=_layer(key))


def layer_data(lang: str, key: str) -> ResponseReturnValue:
    """The same for the drawn map."""
    layer = _layer(key)
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [digits(place["lon"]), digits(place["lat"])]},
         "properties": {"title": place["title"], "url": place["url"], "text": place["text"]}}
        for place in layer.places
    ]  # fmt: skip
    body = {"type": "FeatureCollection", "name": layer.name, "attribution": layer.attribution, "features": features}
    found: ResponseReturnValue = items.data(json.dumps(body, ensure_ascii=False), "application/geo+json")
    return found


def _layer(key: str) -> layers.Shown:
    found = next((layer for layer in layers.shown() if layer.key == key), None)
    return found or abort(404)


def asked_zoom() -> int | None:
    """The zoom of this request; 400 where it is no whole number from 0 to 22."""
    text = request.args.get("zoom", "").strip()
    if not text:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 2 or int(text) > ZOOMS:
        g.hub_bad_query = "zoom: " + gettext("a whole number from %(low)s to %(high)s", low=0, high=ZOOMS)
        abort(400, description=g.hub_bad_query)
    return int(text)


def counts(query: ListQuery, zoom: int) -> Response:
    """Clusters and single places as a FeatureCollection; the counts of its features sum to `total`."""
    answer = clusters.answer(query, zoom)
    depth = clusters.depth_of(answer.zoom)
    singles = _singles([group.one for group in answer.groups if group.count == 1], query)
    features = [
        singles.get(group.one) or _cluster(group, depth) if group.count == 1 else _cluster(group, depth)
        for group in answer.groups
    ]
    body = {
        "type": "FeatureCollection", "features": features, "total": answer.total, "returned": answer.total,
        "truncated": False, "without_location": answer.without, "zoom": answer.zoom,
    }  # fmt: skip
    if answer.zoom != zoom:
        body["note"] = f"too many places for zoom {zoom} without a smaller bbox"
    response: Response = items.data(json.dumps(body, ensure_ascii=False, separators=(",", ":")), "application/geo+json")
    return response


def _cluster(group: Group, depth: int) -> dict[str, Any]:
    box = [digits(value) for value in group.box]
    lon, lat = (
        min(max(digits(mean), box[axis]), box[axis + 2]) for axis, mean in enumerate(group.centre)
    )  # what rounding adds stays outside
    return {
        "type": "Feature", "id": f"c{depth}-{group.x}-{group.y}", "bbox": box,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"cluster": True, "count": group.count, "kinds": group.kinds, "name": name_of(group), "bbox": box},
    }  # fmt: skip


def name_of(group: Group) -> str:
    """What a cluster is called where it cannot be seen: "12 places, mostly initiatives"."""
    said = ngettext("%(num)s place", "%(num)s places", group.count)
    kind, most = max(group.kinds.items(), key=lambda pair: pair[1])
    ctype = content_type(kind)
    if ctype is None:
        return str(said)
    plural = str(ctype.plural)
    if most == group.count:
        return f"{said}: {plural}"
    return gettext("%(places)s, mostly: %(kind)s", places=said, kind=plural) if most * 2 > group.count else str(said)


def _singles(ones: list[tuple[int, int]], query: ListQuery) -> dict[tuple[int, int], dict[str, Any]]:
    """Single places as features, remembered with the counts."""
    memory = clusters.recall()
    keys = {one: ("one", query.language, query.level, one) for one in ones}
    found = {one: known for one, key in keys.items() if (known := memory.get(key))}
    missing = [one for one in ones if one not in found]
    if missing:
        loaded = items.load(sorted({number for number, _ in missing}), query.language, query.level)
        by_id = {item.id: item for item in loaded}
        for one in missing:
            if item := by_id.get(one[0]):
                found[one] = feature(item, one[1])
                memory.put(keys[one], found[one], 4)
    return found


def feature(item: Any, n: int) -> dict[str, Any]:
    """One place of one item, with what a pin needs and nothing else."""
    place = item.places[n]
    kind = item.text("kind") if item.kind == "initiative" else str(item.type.label)
    return {
        "type": "Feature", "id": f"{item.uid}-{n}" if n else item.uid,
        "geometry": {"type": "Point", "coordinates": [digits(place.lon), digits(place.lat)]},
        "properties": {
            "uid": item.uid, "kind": item.kind, "label": kind, "title": item.title, "url": items.absolute(item.url),
            "lang": item.lang, "place": place.name(item.asked), "example": item.example,
            "checked_on": item.row.checked_on.isoformat() if item.row.checked_on else None,
        },
    }  # fmt: skip
