"""The demo's calls: one that takes entries, dated around its day, and one that is decided; marked as examples, each once."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.api import Content, items, now, session
from hub_calls import keeping
from hub_calls.models import Entry

HERE = Path(__file__).parent / "demo"
EXTRA = ("when", "entries")


def load_all(load: Callable[[list[dict[str, Any]], str], None]) -> None:
    """Load the calls with days counted from today, then what was sent in, where nothing was yet."""
    told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))]
    load([_document(entry) for entry in told], "call")
    for entry in told:
        content = items.find_by_source("call", "demo", entry["external_id"])
        if content is None or keeping.entries(content.id):
            continue
        for sent in entry.get("entries", ()):
            _send(content, sent)
    items.commit()


def _document(entry: dict[str, Any]) -> dict[str, Any]:
    """A call of the demo with its days, and with names in the languages of the site."""
    data = {**entry["data"], **{name: _day(entry["when"][name]) for name in ("opens", "closes")}}
    for name in ("categories", "criteria"):
        data[name] = [_row(row) for row in data[name]]
    if stage := entry["when"].get("stage"):
        data["stage"] = stage  # a file may bring it along
    return {**{name: value for name, value in entry.items() if name not in EXTRA}, "data": data}


def _row(told: dict[str, Any]) -> dict[str, Any]:
    main, *others = items.site()["languages"]
    row = {"name": _said(told, main)} | {f"name_{code}": told[code] for code in others if code in told}
    return row | {"points": told["points"]} if "points" in told else row


def _said(row: dict[str, Any], language: str) -> str:
    """A text of the demo in a language, else in English."""
    return str(row.get(language) or row["en"])


def _day(days: int) -> str:
    return f"{now() + dt.timedelta(days=days):%Y-%m-%dT12:00}"


def _send(content: Content, sent: dict[str, Any]) -> None:
    """One practice of the demo in a call, as it stands, with what the jury made of it."""
    case = items.find_by_source(keeping.PRACTICE, "demo", sent["case"])
    if case is None or case.status != "published":
        return
    main = items.site()["languages"][0]
    session().add(Entry(
        call_id=content.id, case_id=case.id, kind=case.kind, document=keeping.snapshot(case),
        category=_said(sent["category"], main), language=main,
        state="accepted" if sent.get("out") else "shortlisted", result=sent.get("result", ""), result_words=sent.get("words", ""),
        feedback=_said(sent["feedback"], main), told=True, created=content.ends_at or now(),
    ))  # fmt: skip
