"""The demo's labs: platforms, answers, requirements, commitments and participants, marked as examples, each once."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask_babel import force_locale

from hub.api import Content, ask, items, session
from hub_labs import board, results
from hub_labs.lab import lines, usual_questions
from hub_labs.models import Entry, Person, Platform, Promise

HERE = Path(__file__).parent / "demo"
EXTRA = ("platforms", "commitments", "participants", "published")


def load_all(load: Callable[[list[dict[str, Any]], str], None]) -> None:
    """Load the labs with the text of their results, then what their groups wrote, where there is nothing yet."""
    told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))]
    docs = [{name: value for name, value in entry.items() if name not in EXTRA} for entry in told]
    for doc, entry in zip(docs, told, strict=True):
        if entry.get("published"):
            _write_outcome(doc, entry)
    load(docs, "lab")
    for entry in told:
        content = items.find_by_source("lab", "demo", entry["external_id"])
        if content is not None and not board.of(content.id):
            _furnish(content, entry)
    items.commit()


def _write_outcome(doc: dict[str, Any], entry: dict[str, Any]) -> None:
    """The text of the results, as publishing them would write it."""
    for code in set(doc["texts"]) & set(items.site()["languages"]):
        text = doc["texts"][code]
        with force_locale(code):
            asked = lines(text.get("fields", {}).get("questions", "")) or usual_questions()
            pairs = [
                (results.Group(platform, board.title(platform, code)), [board.Row(e, 0) for e in entries])
                for platform, entries in _platforms(entry)
            ]  # fmt: skip
            kept = [results.Kept(_promise(row), row["who"][code], "") for row in entry.get("commitments", ())]
            text.setdefault("fields", {})["outcome"] = results.as_text(results.arrange(pairs, asked, kept), code)


def _platforms(entry: dict[str, Any]) -> list[tuple[Platform, list[Entry]]]:
    """The platforms of a file and what each wrote, as rows that are in no table yet."""
    found = []
    for place, each in enumerate(entry["platforms"]):
        platform = Platform(
            position=place, texts={code: {"title": each[code]} for code in ("en", "ru")}, leader="", is_open=each.get("open", False),
            example=each.get("example", False),
        )  # fmt: skip
        rows = [_entry(said, question=number) for number, many in enumerate(each.get("answers", ())) for said in many]
        rows += [_entry(said, stakeholder=name) for name, many in each.get("needs", {}).items() for said in many]
        found.append((platform, rows))
    return found


def _entry(said: list[str], question: int | None = None, stakeholder: str = "") -> Entry:
    return Entry(
        question=question, stakeholder=stakeholder, texts=dict(zip(("en", "ru"), said, strict=True)), example=True
    )


def _promise(row: dict[str, Any]) -> Promise:
    return Promise(texts={code: row[code] for code in ("en", "ru")}, due=dt.date.fromisoformat(row["due"]), state=row["state"],
                   example=True, name=row["who"]["en"])  # fmt: skip


def _furnish(content: Content, entry: dict[str, Any]) -> None:
    parts = {part["team"]: part["id"] for part in _sessions(content) if part["team"]}
    for (platform, rows), each in zip(_platforms(entry), entry["platforms"], strict=True):
        platform.content_id, platform.session_id = content.id, parts.get(each.get("team", ""))
        case = items.find_by_source("case", "demo", each.get("case", ""))
        platform.case_id = case.id if case else None
        session().add(platform)
        session().flush()
        for row in rows:
            row.platform_id = platform.id
            session().add(row)
            session().flush()  # one after the other: their order is their number's
    for row in entry.get("commitments", ()):
        promise, partner = _promise(row), items.find_by_source("partner", "demo", row["partner"])
        promise.content_id, promise.partner_id = content.id, partner.id if partner else None
        session().add(promise)
    for number, card in enumerate(entry.get("participants", ())):
        session().add(Person(content_id=content.id, name=card["name"], email=f"example-{number}@example.org", lang=card["lang"],
                             seeks=card.get("seeks", ""), offers=card.get("offers", ""), state="live", example=True))  # fmt: skip


def _sessions(content: Content) -> list[dict[str, Any]]:
    from hub_labs.public import event_of

    event = event_of(content)
    return (ask("programme", content=event) if event else None) or []
