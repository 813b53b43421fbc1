"""An organiser's own questions: {name, kind (text, choice, check), labels, choices, required, when}.

when: "q1=answer" asks only who gave that answer to an earlier question ("q1": who ticked or answered it at all).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api import gettext

MAX = 12


class Missing(Exception):
    """What is missing or wrong in a form: field → sentence."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


def applies(question: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether a question is asked at all, after these answers."""
    name, equals, value = str(question.get("when") or "").partition("=")
    if not name.strip():
        return True
    given = str(answers.get(name.strip(), ""))
    return given.casefold() == value.strip().casefold() if equals else bool(given)


def read(asked: list[Any], form: Mapping[str, str]) -> dict[str, str]:
    """The answers of a form. Raises Missing."""
    answers: dict[str, str] = {}
    faults: dict[str, str] = {}
    for question in asked:
        name = question["name"]
        value = form.get(name, "").strip()[:2000]
        if not applies(question, answers):
            continue
        if question["kind"] == "choice" and value and value not in question["choices"]:
            faults[name] = gettext("Choose one of the answers.")
        elif value:
            answers[name] = value
        elif question.get("required"):
            faults[name] = gettext("This is needed.")
    if faults:
        raise Missing(faults)
    return answers


def from_form(form: Mapping[str, str], languages: tuple[str, ...]) -> list[dict[str, Any]]:
    """The organiser's questions as typed at the desk; rows without a text are left out."""
    found = []
    for number in range(1, MAX + 1):
        labels = {code: form.get(f"q{number}.label.{code}", "").strip()[:300] for code in languages}
        labels = {code: label for code, label in labels.items() if label}
        if labels:
            kind = form.get(f"q{number}.kind", "text")
            choices = [part.strip()[:200] for part in form.get(f"q{number}.choices", "").split("|") if part.strip()]
            found.append({
                "name": f"q{number}", "kind": kind if kind in ("choice", "check") and (choices or kind == "check") else "text",
                "labels": labels, "choices": choices, "required": bool(form.get(f"q{number}.required")),
                "when": form.get(f"q{number}.when", "").strip()[:200],
            })  # fmt: skip
    return found


def label(question: Mapping[str, Any], language: str) -> str:
    labels = question["labels"]
    return str(labels.get(language) or next(iter(labels.values()), ""))
