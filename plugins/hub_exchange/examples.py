"""The demo: needs, offers and two projects, dated around today, each marked as an example."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.api import data_dir, now

HERE = Path(__file__).parent / "demo"
_WHEN = re.compile(r"\{([+-]?)(\d+)\}")


def load_all(load: Callable[[Path, str], None]) -> None:
    """Load what needs nothing of others first: needs and offers, then projects."""
    for kind in ("listing", "project"):
        folder = data_dir("exchange") / "demo" / kind
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.toml"):
            old.unlink()
        table = tomllib.loads(dated((HERE / f"{kind}s.toml").read_text(encoding="utf-8"), now().date()))
        for entry in table["entries"]:
            doc = {"example": True, "status": "published", "licence": "CC BY 4.0", **entry}
            (folder / f"{doc['external_id']}.toml").write_text(_toml(doc), encoding="utf-8")
        load(folder, kind)


def dated(text: str, today: dt.date) -> str:
    """Dates put in: {+30} and {-30} are days from today, {05} is May of the next season, which begins with March."""

    def date(match: re.Match[str]) -> str:
        sign, number = match.group(1), int(match.group(2))
        if sign:
            return (today + dt.timedelta(days=number if sign == "+" else -number)).isoformat()
        return f"{today.year + (today.month > 2)}-{number:02}"

    return _WHEN.sub(date, text)


def _toml(doc: dict[str, Any]) -> str:
    """A document as TOML: JSON's strings, numbers and lists are TOML's, objects become inline tables."""

    def value(found: Any) -> str:
        if isinstance(found, dict):
            return "{ " + ", ".join(f"{name} = {value(each)}" for name, each in found.items()) + " }"
        if isinstance(found, list):
            return "[" + ", ".join(value(each) for each in found) + "]"
        return json.dumps(found, ensure_ascii=False)

    return "".join(f"{name} = {value(found)}\n" for name, found in doc.items())
