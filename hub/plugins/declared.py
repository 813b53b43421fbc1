"""What a plugin declares: its card and everything its hooks list, checked before any of it is registered."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from flask import Blueprint

from hub.content.types import RESERVED, ROOTS, DeclarationError, TypeRegistry, check_type, with_vocabulary
from hub.hooks.calls import Hooks
from hub.hooks.parts import ChangeReader, ContentType, Exporter, Importer, Job, Permission, Plugin, Setting
from hub.hooks.specs import DEPRECATED

API = (1, 0)


class PluginError(Exception):
    """A plugin cannot be used; the message says why and what to do."""


@dataclass
class Contribution:
    """Everything one plugin declares, gathered and checked before any of it is registered."""

    types: list[ContentType] = field(default_factory=list)
    blueprints: list[Blueprint] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    readers: list[ChangeReader] = field(default_factory=list)
    exporters: list[Exporter] = field(default_factory=list)
    importers: list[Importer] = field(default_factory=list)
    published: ModuleType | None = None
    advice: list[str] = field(default_factory=list)


def check_card(card: Plugin, name: str) -> None:
    """Refuse a card that does not fit. Raises PluginError."""
    lists = (card.requires, card.addresses, card.query, card.commands)
    if not all(isinstance(part, tuple) and all(isinstance(word, str) for word in part) for part in lists):
        raise PluginError("requires, addresses, query and commands of its card are tuples of names")
    if card.name != name:
        raise PluginError(f"its card says '{card.name}', but it is installed as '{name}'")
    if not (name.isascii() and name.replace("_", "").isalnum() and name.islower() and len(name) <= 30):
        raise PluginError("a plugin's name is short lower-case ASCII")
    if name in RESERVED - {"search"} or len(name) == 2:
        raise PluginError(f"the name '{name}' belongs to the core" + " (two letters are a language's address)" * (len(name) == 2))
    if taken := [w for w in card.addresses if w in RESERVED - ROOTS or not re.fullmatch(r"[a-z][a-z0-9-]{1,30}", w)]:
        raise PluginError(f"the address '{taken[0]}' belongs to the core")
    if card.api[0] != API[0] or card.api[1] > API[1]:
        raise PluginError(_wrong_api(card))


def _wrong_api(card: Plugin) -> str:
    return (
        f"it was written for hub.api {card.api[0]}.{card.api[1]}, this hub has {API[0]}.{API[1]}: install a version of the plugin that fits"
    )


def declared(
    name: str, module: object, hooks: Hooks, types: TypeRegistry, languages: list[str], vocabulary: dict[str, Any]
) -> Contribution:
    """Everything the plugin declares, each element checked."""
    part, known = Contribution(), hooks.names()
    for attribute, value in vars(module).items():
        if not inspect.isroutine(value) or not hasattr(value, "hub_impl"):
            continue
        if attribute not in known and not value.hub_impl.get("optionalhook"):
            raise PluginError(f"there is no hook named '{attribute}'")
        if attribute in DEPRECATED:
            part.advice.append(f"the hook {attribute} will go: {DEPRECATED[attribute]}")
    for ctype in _answers(module, "content_types", ContentType):
        ctype = with_vocabulary(replace(ctype, plugin=name), vocabulary)
        try:
            check_type(ctype, [*types.all(), *part.types], languages)
        except DeclarationError as error:
            raise PluginError(str(error)) from None
        part.types.append(ctype)
    for blueprint in _answers(module, "blueprints", Blueprint):
        if blueprint.name not in (name, f"{name}_desk", f"{name}_root"):
            raise PluginError(f"its blueprint is named '{blueprint.name}'; the names are {name}, {name}_desk and {name}_root")
        part.blueprints.append(blueprint)
    part.settings = _answers(module, "settings", Setting)
    part.permissions = _answers(module, "permissions", Permission)
    part.jobs = _answers(module, "jobs", Job)
    part.readers = _answers(module, "change_readers", ChangeReader)
    part.exporters = _answers(module, "exporters", Exporter)
    part.importers = _answers(module, "importers", Importer)
    return part


def published(found: Any, module: object, hooks: Hooks) -> ModuleType | None:
    """The module `specs` with the hooks that a plugin publishes for others. Raises PluginError for a taken name."""
    if found.folder is None or not (found.folder / "specs.py").is_file():
        return None
    specs = importlib.import_module(f"{found.module.__name__}.specs")
    names = {name for name, value in vars(specs).items() if inspect.isroutine(value) and hasattr(value, "hub_spec")}
    if taken := sorted(names & hooks.names()):
        raise PluginError(f"the hook '{taken[0]}' that it publishes is there already")
    return specs


def _answers(module: object, hook: str, kind: type) -> list[Any]:
    function = getattr(module, hook, None)
    if function is None or not hasattr(function, "hub_impl"):
        return []
    answer = function()
    if not isinstance(answer, list | tuple):
        raise PluginError(f"{hook}() must return a list, not {type(answer).__name__}")
    for element in answer:
        if not isinstance(element, kind):
            raise PluginError(f"{hook}() must list {kind.__name__}, not {type(element).__name__}")
    return list(answer)
