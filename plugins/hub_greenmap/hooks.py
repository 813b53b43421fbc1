"""What the green map gives to the hub: the kind "initiative", the map, formats, embedding, settings, demo content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, request, url_for

from hub.api import (
    Block,
    Check,
    ContentType,
    Exporter,
    Importer,
    Item,
    Job,
    NavItem,
    Setting,
    content_type,
    hookimpl,
    items,
    setting,
)
from hub.api import lazy_gettext as _
from hub_greenmap import coordinates, exporting, geocoder, importing, layers, pages, sharing, sketch, spots, tiles
from hub_greenmap.initiative import INITIATIVE


@hookimpl
def content_types() -> Sequence[ContentType]:
    """Green initiatives."""
    return [INITIATIVE]


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The map, its data, oEmbed."""
    root = Blueprint("greenmap_root", __name__)
    root.add_url_rule("/<lang:lang>/map/", "map", pages.map_page)
    root.add_url_rule("/<lang:lang>/map/embed", "embed", pages.embed)
    root.add_url_rule("/<lang:lang>/map.<shape>", "data", pages.map_data)
    root.add_url_rule("/map.<shape>", "data", pages.map_data)
    root.add_url_rule("/<lang:lang>/map/layer/<key>/", "layer", pages.layer_page)
    root.add_url_rule("/<lang:lang>/map/layer/<key>.geojson", "layer_data", pages.layer_data)
    root.add_url_rule("/map/own.pmtiles", "own_tiles", tiles.own_file)
    root.add_url_rule("/oembed", "oembed", sharing.oembed)
    own = Blueprint("greenmap", __name__)
    own.add_url_rule("/code", "code", sharing.code)
    own.add_url_rule("/code.svg", "drawing", sharing.drawing)
    return [root, own]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    """The drawing of the front page; in the head of lists: where oEmbed tells of them; at their top: the same on the map; beside an
    entry: what is around it."""
    if slot == "home" and (found := sketch.home()):
        return [Block("greenmap/home.html", found, order=42, title=_("Green places on the map"))]
    if slot == "head" and subject is None and (told := sharing.addresses(request.full_path.rstrip("?"))):
        return [Block("greenmap/head.html", {"oembed": told})]
    if slot == "item" and isinstance(subject, Item) and (box := pages.around(subject)):
        return [Block("greenmap/where.html", {"item": subject, "around": box}, order=70, elsewhere=True)]
    if slot == "follow" and (address := pages.of_this_list(subject)):
        return [Block("greenmap/link.html", {"map_address": address}, order=30)]
    if slot == "place":
        return [Block("greenmap/spot.html", spots.shown(subject))]
    return []


@hookimpl(optionalhook=True)
def pocket(language: str) -> Mapping[str, Sequence[str]]:
    """What a device keeps once its reader has opened the map: its beginning, every place (up to 1,000), the form for a new one."""
    page = url_for("greenmap_root.map", lang=language)
    places = url_for("greenmap_root.data", lang=language, shape="geojson", limit=1000)
    form = pages.suggestion(content_type("initiative"))
    return {page: [page, places, *([form] if form else [])]}


@hookimpl
def locate(text: str) -> coordinates.Point | None:
    """Coordinates in any usual writing, and links to maps."""
    return coordinates.read(text)


@hookimpl
def jobs() -> Sequence[Job]:
    """What goes on behind the map."""
    return [
        Job("forget", geocoder.forget, every=86_400, label=_("Forgetting old answers of the search for addresses")),
        Job("layers", layers.refresh, every=3600, label=_("Reading the layers of other sites")),
    ]


@hookimpl
def exporters() -> Sequence[Exporter]:
    """Every list with places for devices and other maps."""
    return [
        Exporter("kml", "KML", "application/vnd.google-earth.kml+xml", exporting.kml, needs="places"),
        Exporter("gpx", "GPX", "application/gpx+xml", exporting.gpx, needs="places"),
    ]


@hookimpl
def importers() -> Sequence[Importer]:
    """Places from other maps."""
    return importing.importers()


@hookimpl
def settings() -> Sequence[Setting]:
    """Where tiles and places for addresses come from; nothing by default."""
    return [
        Setting("tiles", "str", "", label=_("Map background: address of the tiles"), check=tiles.trouble,
                hint=_("With {z}, {x}, {y} and perhaps {key}: https://tile.openstreetmap.org/{z}/{x}/{y}.png. Visitors' browsers "
                       "then ask that host. Empty: only the land that comes with the hub.")),
        Setting("tiles_key", "str", "", label=_("Key for the tiles"), hint=_("Stands in the address, so everybody can read it.")),
        Setting("tiles_attribution", "str", "", label=_("Whose map it is"), hint=_("For example: © OpenStreetMap contributors.")),
        Setting("tiles_about", "url", "", label=_("Address that the attribution leads to")),
        Setting("tiles_zoom", "int", 19, label=_("Deepest zoom of the tiles"), minimum=1, maximum=22),
        Setting("geocoder", "url", "", label=_("Search for addresses: address of a geocoder"),
                hint=_("One that speaks as Nominatim does: https://nominatim.openstreetmap.org/search; a key may stand in the address. "
                       "Only the hub asks it, at most once a second, and only when somebody presses the button in a form. "
                       "Empty: coordinates, pin and device are left.")),
        Setting("pmtiles", "str", "", label=_("Map background: a PMTiles file of one's own"), check=tiles.own_trouble,
                hint=_("Its whole path on the server, such as /srv/maps/russia.pmtiles: vector tiles as Protomaps makes them, served by "
                       "the hub itself, so that nothing leaves the site. It goes before the tiles of a provider.")),
        Setting("layers", "list", [], label=_("Layers of other sites"), check=layers.trouble,
                hint=_("One per line: name | address of a GeoJSON or KML file | whose it is and under which licence. The hub reads "
                       "them every hour; on the map they can be switched on, and they count in no number of ours.")),
        Setting("geocoder_attribution", "str", "© OpenStreetMap contributors", label=_("Whose search for addresses it is")),
    ]  # fmt: skip


@hookimpl
def content_security() -> Mapping[str, Sequence[str]]:
    """Exactly the host of the tiles, where there is one."""
    found = tiles.chosen()
    return {"img-src": [found.origin]} if found else {}


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """The map in the main menu."""
    if slot != "main":
        return []
    return [NavItem(_("Map"), url_for("greenmap_root.map", lang=items.speaking()), 31)]


@hookimpl
def health() -> Sequence[Check]:
    """Whether the address of the tiles can be used."""
    wrong = tiles.trouble(str(setting("greenmap.tiles"))) or tiles.own_trouble(str(setting("greenmap.pmtiles")))
    return [Check("tiles", "warning" if wrong else "ok", wrong, str(_("Ground of the map"))), *layers.checks()]


@hookimpl
def demo(load: Any) -> None:
    """Thirty invented initiatives in six cities."""
    load(Path(__file__).parent / "demo", "initiative")
