"""The demo's calls: one that takes entries, dated around its day, and one that is decided; marked as examples, each once."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.api import Content, data_dir, items, now, session
from hub_calls import keeping
from hub_calls.models import Entry

HERE = Path(__file__).parent / "demo"
EXTRA = ("when", "entries")


def load_all(load: Callable[[Path, str], None]) -> None:
    """Load the calls with days counted from today, then what was sent in, where nothing was yet."""
    folder = data_dir("calls") / "demo"
    folder.mkdir(exist_ok=True)
    told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))]
    for entry in told:
        doc = {name: value for name, value in entry.items() if name not in EXTRA}
        doc["data"] |= {name: _day(entry["when"][name]) for name in ("opens", "closes")}
        (folder / f"{doc['external_id']}.toml").write_text(_toml(doc), encoding="utf-8")
    load(folder, "call")
    for entry in told:
        content = items.find_by_source("call", "demo", entry["external_id"])
        if content is None or keeping.entries(content.id):
            continue
        for sent in entry.get("entries", ()):
            _send(content, sent)
        if stage := entry["when"].get("stage"):
            items.mark(content, "stage", stage)
    items.commit()


def _day(days: int) -> str:
    return f"{now() + dt.timedelta(days=days):%Y-%m-%dT12:00}"


def _send(content: Content, sent: dict[str, Any]) -> None:
    """One practice of the demo in a call, as it stands, with what the jury made of it."""
    case = items.find_by_source(keeping.PRACTICE, "demo", sent["case"])
    if case is None or case.status != "published":
        return
    session().add(Entry(
        call_id=content.id, case_id=case.id, kind=case.kind, document=keeping.snapshot(case), category=sent["category"], language="en",
        state="accepted" if sent.get("out") else "shortlisted", result=sent.get("result", ""), result_words=sent.get("words", ""),
        feedback=sent["feedback"], told=True, created=content.ends_at or now(),
    ))  # fmt: skip


def _toml(doc: dict[str, Any]) -> str:
    """A document as TOML: JSON's strings, numbers and lists are TOML's, objects become inline tables."""

    def value(found: Any) -> str:
        if isinstance(found, dict):
            return "{ " + ", ".join(f"{name} = {value(each)}" for name, each in found.items()) + " }"
        if isinstance(found, list):
            return "[" + ", ".join(value(each) for each in found) + "]"
        return json.dumps(found, ensure_ascii=False)

    return "".join(f"{name} = {value(found)}\n" for name, found in doc.items())
