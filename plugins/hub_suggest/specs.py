"""A hook that this plugin publishes: others may know better what an entry that somebody suggests is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import Item, hookspec


@hookspec(firstresult=True)
def alike(kind: str, doc: Mapping[str, Any], language: str) -> Sequence[Item] | None:
    """Published entries that may be the one that is suggested, the likeliest first; None leaves it to others.

    Example: `return items.load(same_names(kind, doc), language) if kind == "tool" else None`
    """
