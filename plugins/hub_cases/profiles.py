"""Forms and contests as YAML files: what each asks, in its order, and which field of a practice answers.

Bundled ones lie in `profiles/`; an instance adds its own in `data/cases/profiles/` (a file of the same name takes the
place of the bundled one). The format stands in the plugin's README.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import yaml

from hub.api import data_dir

BUNDLED = Path(__file__).parent / "profiles"
SHORT = ("title", "place", "country", "institution", "start", "end", "holder", "contact_email")
Spoken = Mapping[str, str]


def in_language(words: Spoken, language: str) -> str:
    """The text in a language, else in English, else in any."""
    return str(words.get(language) or words.get("en") or next(iter(words.values()), ""))


@dataclasses.dataclass(frozen=True)
class Question:
    """One question. field: of a practice, or place, country, holder, summary …; "" where no field answers it.
    options: stored value → words; words: at most so many; also: other wordings by which it is recognised."""

    ask: Spoken
    field: str = ""
    options: Mapping[str, Spoken] = dataclasses.field(default_factory=dict)
    also: tuple[str, ...] = ()
    other: str = ""
    words: int = 0
    characters: int = 0
    required: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it is answered in more than a line."""
        short = self.field.split("+")[0] in SHORT or 0 < self.words <= 30 or 0 < self.characters <= 200
        return not (self.options or short)


@dataclasses.dataclass(frozen=True)
class Profile:
    """One form. headings: lines that ask nothing."""

    name: str
    label: Spoken
    about: Spoken
    questions: tuple[Question, ...]
    headings: tuple[Spoken, ...] = ()
    order: int = 50


def read(path: Path) -> Profile:
    """A profile from its file. Raises ValueError saying what is wrong with it."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = tuple(
            Question(**{**entry, "also": tuple(entry.get("also", ())), "required": bool(entry.get("required"))})
            for entry in raw["questions"]
        )
        about, headings, order = raw.get("about") or {}, tuple(raw.get("headings", ())), raw.get("order", 50)
        return Profile(path.stem, raw["label"], about, questions, headings, order)
    except (yaml.YAMLError, OSError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: {error}") from None


def bundled(name: str) -> Profile:
    """A profile that comes with the plugin."""
    return read(BUNDLED / f"{name}.yaml")


def every() -> dict[str, Profile]:
    """All profiles by name, the instance's own in place of bundled ones; those that cannot be read are left out."""
    found = sorted((p for p in _read_all() if isinstance(p, Profile)), key=lambda profile: (profile.order, profile.name))
    return {profile.name: profile for profile in found}


def troubles() -> list[str]:
    """What is wrong with profiles that cannot be read."""
    return [str(found) for found in _read_all() if not isinstance(found, Profile)]


def _read_all() -> list[Profile | ValueError]:
    folders = [BUNDLED]
    with contextlib.suppress(OSError):  # an instance that cannot be written has none of its own
        folders.append(data_dir("cases") / "profiles")
    paths = {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}
    found: list[Profile | ValueError] = []
    for path in paths.values():
        try:
            found.append(read(path))
        except ValueError as error:
            found.append(error)
    return found
