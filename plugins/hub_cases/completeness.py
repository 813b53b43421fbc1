"""What a practice tells already and what could be added: one fact at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.api import gettext
from hub_cases.practice import FIELDS, PRACTICE

FIRST = ("summary", "places", "start", "objective", "achievement", "extent", "figures", "transferability", "themes", "holder")


@dataclass(frozen=True)
class Completeness:
    """asked: how many questions there are; known: how many are answered, or marked as known to nobody; missing: (field,
    label) of the others, those most useful to readers first."""

    asked: int
    known: int
    missing: tuple[tuple[str, str], ...]

    @property
    def percent(self) -> int:
        return 100 * self.known // self.asked


def questions() -> dict[str, str]:
    """Every question of the form that a practice can leave open: field → label."""
    found = {"summary": gettext("In short"), "body": str(PRACTICE.body_label), "places": gettext("Place"),
             "topics": gettext("Topics"), "holder": str(PRACTICE.relations[0].label)}  # fmt: skip
    return {**found, **{f.name: str(f.label) for f in FIELDS if f.name != "experience_other"}}


def of(doc: Mapping[str, Any]) -> Completeness:
    """How complete a document is; a text counts in any language."""
    labels, unknown = questions(), set(doc["data"].get("unknown") or ())
    missing = [name for name in labels if name not in unknown and not answered(doc, name)]
    missing.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return Completeness(len(labels), len(labels) - len(missing), tuple((name, labels[name]) for name in missing))


def answered(doc: Mapping[str, Any], name: str) -> bool:
    """Whether a document answers a question."""
    texts = doc["texts"].values()
    if name in ("places", "topics"):
        return bool(doc[name])
    if name in ("summary", "body"):
        return any(text.get(name) for text in texts)
    if relation := PRACTICE.relation(name):
        return bool(doc["links"].get(relation.name))
    return bool(doc["data"].get(name)) or any(text.get("fields", {}).get(name) for text in texts)
