"""A hook that this plugin publishes: what waits for the person at the desk, so that one list shows it all by age."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hub.api import hookspec


@hookspec
def waiting(user: Any) -> Sequence[tuple[Any, str, int, dt.datetime]]:  # type: ignore[empty-body]
    """What waits for this person: (label, address at the desk, how much, since when the oldest); nothing for what is none.

    Example: `return [(_("Tools to lend"), "/desk/tools/", 3, oldest)] if may(user, "tools.lend") else []`
    """
