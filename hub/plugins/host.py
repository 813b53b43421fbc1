"""The plugin host: discover, check, load, switch on and off. A bad plugin is a red row, not a dead site.

`instance/plugins.txt` is the only truth about what is on: one short name per line, order = order everywhere.
Discovery imports nothing. Each plugin registers all or nothing. Off is immediate, on needs a reload.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from flask import Flask

from hub.content.types import TypeRegistry
from hub.hooks.calls import Hooks
from hub.hooks.parts import Plugin
from hub.plugins.declared import Contribution, PluginError, check_card, declared, published
from hub.plugins.modules import Found, implementation, load, one_line, watched, where
from hub.settings import nearest

SLOW_START = 5.0  # seconds that loading one plugin may take
STANDARD = ("transfer", "webapi", "people", "privacy")  # bundled plugins that every hub has unless its plugins.txt says `-name`


class PluginHost:
    """All plugins of one application."""

    def __init__(self, instance: Path, *, strict: bool = False) -> None:
        self.file = instance / "plugins.txt"
        self.folder = instance / "plugins"
        self.strict = strict
        self.found: dict[str, Found] = {}
        self.loaded: list[str] = []
        self._context: tuple[Any, ...] = ()
        self._seen: tuple[float, int] = (-1.0, -1)
        self._names: list[str] = []
        self._settled: frozenset[str] | None = None
        self._told: tuple[list[str], str] = ([], "")

    # -- what is on -------------------------------------------------------------------------------------------------

    def wanted(self) -> list[str]:
        """The names in plugins.txt, read again only when the file has changed (one stat per call)."""
        try:
            stat = os.stat(self.file)
        except OSError:
            return []
        if (stat.st_mtime, stat.st_size) != self._seen:
            self._names = read_list(self.file)
            self._seen = (stat.st_mtime, stat.st_size)
        return self._names

    def is_on(self, name: str) -> bool:
        """Whether a plugin is loaded and switched on at this moment (core, "hub", always is)."""
        if self._settled is None:
            return name == "hub" or (name in self.loaded and name in self.wanted())
        return name in self._settled

    def settle(self, during: bool) -> None:
        """During a request plugins.txt is looked at once (a page asks a thousand times), or again after a switch."""
        self._settled = frozenset(["hub", *self.loaded]) & {"hub", *self.wanted()} if during else None

    def fingerprint(self) -> str:
        names = self.wanted()
        if self._told[0] is not names:
            self._told = (names, ",".join(name for name in names if name in self.loaded))
        return self._told[1]

    # -- discovery --------------------------------------------------------------------------------------------------

    def discover(self) -> None:
        """Find every installed plugin by name; imports nothing. What is known of one that is still there stays known."""
        known, self.found = self.found, {}
        for point in sorted(entry_points(group="hub.plugins"), key=lambda p: (p.name, p.value)):
            self._add(Found(point.name, point))
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):
                if path.name.startswith(("_", ".")):
                    continue
                if path.suffix == ".py":
                    self._add(Found(path.stem, path))
                elif (path / "__init__.py").is_file():
                    self._add(Found(path.name.removeprefix("hub_"), path, folder=path))
        for name, old in known.items():
            new = self.found.get(name, old if str(old.source) == str(self.file) else None)
            if new is not None and str(new.source) == str(old.source):
                old.error = old.error or new.error
                self.found[name] = old

    def _add(self, found: Found) -> None:
        if found.name in self.found:
            first = self.found[found.name]
            if str(first.source) != str(found.source):
                first.error = f"it is installed twice: from {where(first.source)} (used) and from {where(found.source)} (not)"
            return
        self.found[found.name] = found

    def card(self, name: str) -> Plugin:
        """A plugin's name card (imports its `__init__`, which may import nothing but hub.api)."""
        found = self.found[name]
        if found.card is None:
            with watched(found):
                found.module = load(found)
                cards = [v for v in vars(found.module).values() if isinstance(v, Plugin)]
                if len(cards) != 1:
                    raise PluginError(f"{where(found.source)} must have exactly one `plugin = Plugin(…)`")
                check_card(cards[0], name)
            file = getattr(found.module, "__file__", None)
            if found.folder is None and file and Path(file).name == "__init__.py":
                found.folder = Path(file).parent
            found.card = cards[0]
        return found.card

    # -- loading ----------------------------------------------------------------------------------------------------

    def load_all(self, app: Flask, hooks: Hooks, types: TypeRegistry, languages: list[str], vocabulary: dict[str, Any]) -> None:
        """Load every plugin of plugins.txt, each wholly or not at all; what one needs comes before it."""
        self.discover()
        self._context = (hooks, types, languages, vocabulary)
        for name in self._in_order():
            found = self.found.get(name)
            if found is None and name in STANDARD:
                continue
            if found is None:
                near = f"; did you mean {near}?" if (near := nearest(name, self.found)) else ""
                missing = f"it is in plugins.txt but not installed{near}; install it, or switch it off (its data stay)"
                self.found[name] = Found(name, self.file, state="failed", error=missing)
                continue
            started = time.monotonic()
            try:
                self._load(found, hooks, types, languages, vocabulary)
            except Exception as error:
                self._failed(app, found, error)
            else:
                found.state = "on"
                self.loaded.append(name)
            if (seconds := time.monotonic() - started) > SLOW_START:
                hooks.slow(name, "start", seconds, SLOW_START)

    def _in_order(self) -> list[str]:
        """The wanted names in their order, except that what one needs moves before it."""
        wanted, order = self.wanted(), []

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in order or name in path:
                return
            for needed in self._needs(name):
                if needed in wanted:
                    visit(needed, (*path, name))
            order.append(name)

        for name in wanted:
            visit(name, ())
        return order

    def _needs(self, name: str) -> tuple[str, ...]:
        """What a plugin's card requires; nothing where the card cannot be read (loading says why)."""
        try:
            return self.card(name).requires if name in self.found else ()
        except Exception:
            return ()

    def _circle(self, name: str, path: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The names of a circle of requirements that leads back to this one, or nothing."""
        if name in path:
            return (*path, name) if name == path[0] else ()
        return next((found for needed in self._needs(name) if (found := self._circle(needed, (*path, name)))), ())

    def _load(self, found: Found, hooks: Hooks, types: TypeRegistry, languages: list[str], vocabulary: dict[str, Any]) -> None:
        with watched(found):
            card = self.card(found.name)
            if circle := self._circle(found.name):
                raise PluginError(f"these need each other, so none can be first: {' → '.join(circle)}")
            if missing := [n for n in card.requires if n not in self.loaded]:
                raise PluginError(f"it needs {', '.join(missing)}: switch that on too, or mend it where it has failed")
            hooked = implementation(found)
            part = declared(found.name, hooked, hooks, types, languages, vocabulary)
            part.published = published(found, hooked, hooks)
            self._check_addresses(card, part, types)
        found.contribution = part
        if part.published is not None:
            hooks.publish(part.published)
        hooks.register(hooked, found.name)
        for ctype in part.types:
            types.add(ctype)

    def _check_addresses(self, card: Plugin, part: Contribution, types: TypeRegistry) -> None:
        """Root addresses, shapes and formats that another plugin has taken already are refused."""
        parts = {n: self.found[n].contribution or Contribution() for n in self.loaded}
        words = {w: n for n in self.loaded for w in (n, *self.card(n).addresses)} | {t.path: t.plugin for t in types.all()}
        names = {e.name: n for n, p in parts.items() for e in p.exporters}
        endings = {s: n for n, p in parts.items() for i in p.importers for s in i.suffixes}
        for what, wanted, taken in (("address", card.addresses, words), ("shape", [e.name for e in part.exporters], names),
                                    ("format", [s for i in part.importers for s in i.suffixes], endings)):  # fmt: skip
            for word in wanted:
                if taken.get(word, card.name) != card.name:
                    raise PluginError(f"the {what} '{word}' is taken by {taken[word]}")

    def give_up(self, app: Flask, name: str, error: Exception, hooks: Hooks, types: TypeRegistry) -> None:
        """Take back a loaded plugin whose pages cannot be mounted."""
        self._failed(app, self.found[name], error)
        self.loaded.remove(name)
        self._told = ([], "")
        hooks.unregister(name)
        types.remove_plugin(name)

    def _failed(self, app: Flask, found: Found, error: BaseException) -> None:
        if self.strict and not isinstance(error, PluginError):
            raise error
        found.state, found.error, found.contribution = "failed", one_line(error), None
        app.logger.error("plugin %s was not loaded: %s", found.name, found.error)

    # -- switching --------------------------------------------------------------------------------------------------

    def switch_on(self, name: str, migrate: Callable[[Found], Any]) -> None:
        """Check requirements, run the plugin's migrations, then add its line. Raises PluginError."""
        name = name.removeprefix("hub_")
        self.discover()
        if name not in self.found:
            raise PluginError(f"no plugin named '{name}' is installed; `hub plugin list` shows what there is")
        found, names = self.found[name], read_list(self.file)
        try:
            with watched(found):  # its tables must be known before they are made
                missing = [n for n in self.card(name).requires if n not in names]
                if missing:
                    raise PluginError(f"it needs {', '.join(missing)}; switch that on first")
                hooked = implementation(found)
                if name not in self.loaded and self._context:
                    declared(name, hooked, *self._context)
        except Exception as error:
            raise PluginError(f"{name} cannot be switched on: {one_line(error)}") from error
        migrate(found)
        self._calm(name)
        if name not in self.loaded:
            found.state, found.error = "off", ""
        if name not in names:
            write_list(self.file, [*names, name])
            self.settle(False)

    def switch_off(self, name: str) -> None:
        """Take the plugin's line out; its data stay. Raises PluginError where another plugin needs it."""
        name = name.removeprefix("hub_")
        names = read_list(self.file)
        if name not in names:
            raise PluginError(f"{name} is not on")
        for other in names:
            found = self.found.get(other)  # one that has failed needs nothing: a circle could never be taken apart
            if found and found.state != "failed" and found.card and name in found.card.requires:
                raise PluginError(f"{other} needs {name}; switch {other} off first")
        write_list(self.file, [n for n in names if n != name])
        self.settle(False)
        self._calm(name)

    def _calm(self, name: str) -> None:
        if self._context:
            self._context[0].calm(name)

    def status(self) -> list[Found]:
        """Every plugin with its state of this moment, those that are on first."""
        wanted = self.wanted()
        rows = []
        for found in self.found.values():
            state = found.state
            if found.name in wanted and found.name not in self.loaded and state != "failed":
                state = "waiting"
            elif found.name not in wanted:
                state = "off"
            rows.append(replace(found, state=state))
        return sorted(rows, key=lambda f: (f.state == "off", wanted.index(f.name) if f.name in wanted else 0, f.name))


def read_list(path: Path) -> list[str]:
    """The names in a plugins.txt: one per line, `#` starts a comment, the prefix hub_ is accepted.

    What belongs to every hub's equipment (STANDARD) is on without a line, and off with the line `-name`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    words = [line.split("#")[0].strip() for line in lines]
    names = [word.removeprefix("hub_") for word in words if word and not word.startswith("-")]
    equipment = [name for name in STANDARD if name not in names and f"-{name}" not in words]
    return list(dict.fromkeys([*equipment, *names]))


def write_list(path: Path, names: list[str]) -> None:
    """Write plugins.txt in one step, so that nobody reads half of it."""
    draft = path.with_name(path.name + ".new")
    lines = [name for name in names if name not in STANDARD] + [f"-{name}" for name in STANDARD if name not in names]
    draft.write_text("# What is switched on, one plugin per line; the order is the order everywhere.\n" + "".join(
        line + "\n" for line in lines), encoding="utf-8")  # fmt: skip
    draft.replace(path)
