"""An organiser's own questions: {name, kind (text, choice, check), labels, choices, shown, required, badge, when}.

choices: the answers as they are kept, in the first language that has any; shown: language → how they read there, in the same order.
badge: the answer stands on the name badge. when: "q1=answer" asks only who gave that answer to an earlier question ("q1": who ticked or
answered it at all).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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


def from_form(form: Mapping[str, str], languages: tuple[str, ...]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The organiser's questions as typed at the desk, and what is wrong with them by name; rows without a text are left out."""
    found: list[dict[str, Any]] = []
    faults: dict[str, str] = {}
    for number in range(1, MAX + 1):
        name = f"q{number}"
        labels = {code: form.get(f"{name}.label.{code}", "").strip()[:300] for code in languages}
        labels = {code: text for code, text in labels.items() if text}
        if not labels:
            continue
        kind, shown = form.get(f"{name}.kind", "text"), _choices(form, name, languages)
        if len({len(texts) for texts in shown.values()}) > 1:
            faults[name] = gettext("Write as many answers in one language as in the other, in the same order.")
        first = next(iter(shown), "")
        found.append({
            "name": name, "kind": kind if kind == "check" or (kind == "choice" and shown) else "text", "labels": labels,
            "choices": shown.get(first, []), "shown": shown, "required": bool(form.get(f"{name}.required")),
            "badge": bool(form.get(f"{name}.badge")), "when": form.get(f"{name}.when", "").strip()[:200],
        })  # fmt: skip
    return [{**question, "when": _kept_when(question["when"], found)} for question in found], faults


def _choices(form: Mapping[str, str], name: str, languages: tuple[str, ...]) -> dict[str, list[str]]:
    """Language → the answers to choose from, those that have any. The field without a language is the first one's."""
    typed = {code: form.get(f"{name}.choices" if n == 0 else f"{name}.choices.{code}", "") for n, code in enumerate(languages)}
    parted = {code: [part.strip()[:200] for part in text.split("|") if part.strip()] for code, text in typed.items()}
    return {code: parts for code, parts in parted.items() if parts}


def _kept_when(when: str, asked: list[dict[str, Any]]) -> str:
    """A condition in the words in which answers are kept, in whichever language it was typed."""
    name, equals, value = when.partition("=")
    question = next((q for q in asked if q["name"] == name.strip()), None)
    for texts in question["shown"].values() if question and equals else ():
        for kept, text in zip(question["choices"], texts, strict=False):  # type: ignore[index]
            if text.casefold() == value.strip().casefold():
                return f"{name.strip()}={kept}"
    return when


def options(question: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """The answers to choose from: (as it is kept, as it reads in that language)."""
    kept = question["choices"]
    shown = (question.get("shown") or {}).get(language) or kept
    return list(zip(kept, shown if len(shown) == len(kept) else kept, strict=True))


def said(question: Mapping[str, Any], answers: Mapping[str, Any], language: str) -> str:
    """What somebody answered, as it reads in that language; empty where nothing."""
    value = str(answers.get(question["name"]) or "")
    if question["kind"] == "check":
        return gettext("yes") if value else ""
    return dict(options(question, language)).get(value, value)


def counted(asked: list[Any], given: Iterable[Mapping[str, Any]], language: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """How often each answer was chosen or ticked: (question, [(answer, how often)]), those that somebody answered."""
    rows, found = list(given), []
    for question in asked:
        if question["kind"] in ("choice", "check"):
            counts = Counter(text for answers in rows if (text := said(question, answers, language)))
            if counts:
                found.append((label(question, language), counts.most_common()))
    return found


def label(question: Mapping[str, Any], language: str) -> str:
    labels = question["labels"]
    return str(labels.get(language) or next(iter(labels.values()), ""))
