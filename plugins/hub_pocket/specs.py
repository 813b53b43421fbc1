"""The hook that the pocket copy publishes: with it plugins say what a device keeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.api import hookspec


@hookspec
def pocket(language: str) -> Mapping[str, Sequence[str]]:  # type: ignore[empty-body]
    """Page → addresses that a device keeps too as soon as somebody has opened that page, for when there is no network.

    They are asked for without cookies, so only what visitors may see is kept. An address with a query also answers, without a
    network, for its path with any other query. Implement it with `@hookimpl(optionalhook=True)`.

    Example: `return {f"/{language}/tools/": [f"/{language}/tools.json?limit=1000"]}`
    """
