"""The demo's voices: ratings, comments and votes, marked as examples, each once."""

from __future__ import annotations

import datetime as dt
import tomllib
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.api import Content, now, session
from hub_feedback.models import Voice
from hub_feedback.voices import person_of

VOICES = Path(__file__).parent / "demo" / "voices.toml"


def speak() -> None:
    """Say what the demo says about demo items that are there; what was said already is not said again."""
    known = set(session().scalars(sa.select(Voice.uid).where(Voice.example)))
    told = tomllib.loads(VOICES.read_text(encoding="utf-8"))
    found = {
        c.external_id: c
        for c in session().scalars(sa.select(Content).where(Content.origin == "demo", Content.status == "published"))
    }
    for name, numbers in told["scores"].items():
        said = [score for score, count in zip((5, 4, 3, 2, 1), numbers, strict=True) for _ in range(count)]
        for n, score in enumerate(said):
            _say(known, found.get(name), f"{name}-r{n}", what="rating", score=score, days=n)
    for name, count in told["votes"].items():
        for n in range(count):
            _say(known, found.get(name), f"{name}-v{n}", what="vote", days=n)
    for n, entry in enumerate(told["comments"]):
        _say(known, found.get(entry["on"]), f"comment-{n}", days=len(told["comments"]) - n,
             parent=f"comment-{entry['answers']}" if "answers" in entry else "", **_fields(entry))  # fmt: skip


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        key: entry[key] for key in ("text", "lang", "name", "score", "official", "attended") if key in entry
    }
    return {"what": "rating" if "score" in entry else "comment", **wanted}


def _say(known: set[str], content: Content | None, key: str, *, days: int, parent: str = "", **values: Any) -> None:
    uid = _uid(key)
    if content is None or uid in known:
        return
    known.add(uid)
    person = person_of(f"{key}@example.org")
    under = session().scalar(sa.select(Voice.id).where(Voice.uid == _uid(parent))) if parent else None
    mark = f"{values['what']}:{content.id}:{person}" if values["what"] in ("rating", "vote") else None
    if content.kind == "event" and content.ends_at and content.ends_at < now():
        days = min(days, (now() - content.ends_at).days)  # who rates an event was there
    moment = now() - dt.timedelta(days=days, hours=1)
    session().add(Voice(
        uid=uid, content_id=content.id, parent_id=under, person=person, mark=mark, state="live", passed=True, example=True,
        created=moment, counted=moment, **{"lang": "en", **values},
    ))  # fmt: skip
    session().flush()


def _uid(key: str) -> str:
    """The same one each time the demo is loaded."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://hub.invalid/feedback/{key}"))
