"""The demo: needs, offers and two projects, dated around today, each marked as an example."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.api import now

HERE = Path(__file__).parent / "demo"
_WHEN = re.compile(r"\{([+-]?)(\d+)\}")


def load_all(load: Callable[[list[dict[str, Any]], str], None]) -> None:
    """Load what needs nothing of others first: needs and offers, then projects."""
    for kind in ("listing", "project"):
        table = tomllib.loads(dated((HERE / f"{kind}s.toml").read_text(encoding="utf-8"), now().date()))
        own = {"example": True, "status": "published", "licence": "CC BY 4.0"}
        load([{**own, **entry} for entry in table["entries"]], kind)


def dated(text: str, today: dt.date) -> str:
    """Dates put in: {+30} and {-30} are days from today, {05} is May of the next season, which begins with March."""

    def date(match: re.Match[str]) -> str:
        sign, number = match.group(1), int(match.group(2))
        if sign:
            return (today + dt.timedelta(days=number if sign == "+" else -number)).isoformat()
        return f"{today.year + (today.month > 2)}-{number:02}"

    return _WHEN.sub(date, text)
