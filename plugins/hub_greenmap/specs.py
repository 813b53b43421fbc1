"""The hook that the map publishes."""

from __future__ import annotations

from typing import Any

from hub.api import hookspec


@hookspec
def map_lines(lang: str) -> list[dict[str, Any]] | None:
    """Lines of this hub that the map may draw: name, data (address of GeoJSON with LineStrings, each with title, text and
    url) and page (address of the same as a list). Off until somebody ticks them; they stand in no number of the map.

    Example: `return [{"name": _("Twin gardens"), "data": url_for(…), "page": url_for(…)}]`
    """
