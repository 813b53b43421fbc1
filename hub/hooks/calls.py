"""Calling hooks so that one bad plugin stays one red row: isolated per plugin, measured, rested when it keeps failing."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy
from markupsafe import Markup

from hub.hooks import parts, specs
from hub.hooks.troubles import Troubles

log = logging.getLogger("hub.plugins")
FAILURES, WINDOW, REST = 5, 600.0, 600.0  # five failures in ten minutes: ten minutes of rest
OVERRUNS = 3  # so many answers over the budget of their slot within the window: the same rest
USUAL_BUDGET = 1.0  # seconds that a call may take
BUDGETS = {  # where another time is fair
    "can": 0.25, "locate": 0.25, "navigation": 0.5, "illustrate": 0.5, "content_security": 0.25, "search": 5.0, "content_changed": 2.0,
    "health": 10.0, "started": 10.0, "commands": 10.0, "user_exported": 60.0, "user_forgotten": 60.0, "demo": 600.0,
    "draft_translation": 60.0,
}  # fmt: skip
ELEMENTS = {"navigation": parts.NavItem, "blocks": parts.Block, "health": parts.Check}  # what the lists are made of
ANSWERS: dict[str, type] = {"can": bool, "search": parts.SearchPage, "illustrate": Markup, "locate": tuple}


@dataclass
class Record:
    """What this process knows of one plugin's calls: recent failures and overruns, until when it rests (monotonic)."""

    failures: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    overruns: deque[float] = field(default_factory=lambda: deque(maxlen=OVERRUNS))
    last_error: str = ""
    resting_until: float = 0.0
    calls: int = 0
    seconds: float = 0.0


class Hooks:
    """The plugin manager of one application; lives on the app, never in a module."""

    def __init__(
        self,
        *,
        strict: bool = False,
        is_on: Callable[[str], bool] = lambda name: True,
        troubles: Troubles | None = None,
        outage: Callable[[BaseException], bool | None] = lambda error: None,
    ) -> None:
        self.manager = pluggy.PluginManager("hub")
        self.manager.add_hookspecs(specs)
        self.strict = strict
        self.is_on = is_on
        self.trace = bool(os.environ.get("HUB_TRACE_HOOKS"))
        self.troubles = troubles or Troubles(None)
        self.outage = outage
        self.records: dict[str, Record] = defaultdict(Record)
        self._order: dict[str, int] = {}
        self._callees: dict[str, list[pluggy.HookImpl]] = {}

    def names(self) -> set[str]:
        """Every hook there is: core's and those that plugins publish."""
        callers = vars(self.manager.hook).items()
        return {name for name, caller in callers if isinstance(caller, pluggy.HookCaller) and caller.has_spec()}

    def publish(self, module: ModuleType) -> None:
        """Add the hooks that a plugin publishes for others; who has implemented one wrongly is left out of the calls."""
        for name, spec in vars(module).items():
            is_spec = inspect.isroutine(spec) and hasattr(spec, "hub_spec")
            early = getattr(self.manager.hook, name, None) if is_spec else None
            for impl in early.get_hookimpls() if early else []:
                if unknown := set(impl.argnames) - set(inspect.signature(spec).parameters):
                    wrong = TypeError(f"{name} has no argument {', '.join(sorted(unknown))}")
                    self.unregister(impl.plugin_name)
                    self.failed(impl.plugin_name, name, wrong)
        self.manager.add_hookspecs(module)
        self._callees.clear()

    def register(self, module: object, name: str) -> None:
        """Add a plugin's implementations, all or none; calls follow the order of registration."""
        try:
            self.manager.register(module, name)
        except Exception:
            self.unregister(name)
            raise
        self._order[name] = len(self._order)
        self._callees.clear()

    def unregister(self, name: str) -> None:
        if self.manager.has_plugin(name):
            self.manager.unregister(name=name)
            self._callees.clear()

    def gather(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask every plugin for a list; answers (plugin name, element) pairs in plugin order, wrong ones left out."""
        found, kind = [], ELEMENTS.get(hook, object)
        for name, result in self._each(hook, arguments):
            if not isinstance(result, list | tuple):
                self.failed(name, hook, TypeError(f"{hook} must return a list, not {type(result).__name__}"))
                continue
            for element in result:
                if isinstance(element, kind):
                    found.append((name, element))
                else:
                    wrong = TypeError(f"{hook} must list {kind.__name__}, not {type(element).__name__}")
                    self.failed(name, hook, wrong)
        return found

    def answers(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Every plugin's answer as (plugin name, answer), None left out."""
        return list(self._each(hook, arguments))

    def ask(self, hook: str, **arguments: Any) -> Any:
        """Ask a question: the first answer that is not None, or None."""
        kind = ANSWERS.get(hook, object)
        for name, result in self._each(hook, arguments):
            if isinstance(result, kind):
                return result
            self.failed(name, hook, TypeError(f"{hook} must return {kind.__name__}, not {type(result).__name__}"))
        return None

    def tell(self, hook: str, **arguments: Any) -> None:
        """Tell every plugin that something happened."""
        for _ in self._each(hook, arguments):
            pass

    def resting(self, name: str) -> bool:
        return self.records[name].resting_until > time.monotonic()

    def failed(self, name: str, hook: str, error: BaseException) -> None:
        """Note a failure of a plugin; raise it in strict mode (tests), log it otherwise.

        An outage of the database is not the plugin's: not counted, and raised while somebody writes.
        """
        if self.strict or (away := self.outage(error)):
            raise error
        record, before = self.records[name], self.records[name].last_error
        record.last_error = f"{hook}: {traceback.format_exception_only(error)[-1].strip().splitlines()[0]}"
        if away is not None:
            if record.last_error != before:  # told once
                log.error("plugin %s is left out in %s", name, record.last_error)
            return
        log.error("plugin %s failed in %s", name, hook, exc_info=error)
        self._count(name, record.failures)

    def slow(self, name: str, hook: str, seconds: float, budget: float) -> None:
        """Note that a plugin took longer than its slot allows."""
        record = self.records[name]
        record.last_error = f"{hook}: took {seconds:.1f} s, {budget:g} s are allowed"
        log.warning("plugin %s: %s", name, record.last_error)
        self._count(name, record.overruns)

    def calm(self, name: str) -> None:
        """Forget what was: the plugin was mended or switched."""
        self.records.pop(name, None)
        self.troubles.forget(name)

    def _count(self, name: str, times: deque[float]) -> None:
        record, now = self.records[name], time.monotonic()
        times.append(now)
        rests = len(times) == times.maxlen and now - times[0] < WINDOW
        if rests:
            record.resting_until = now + REST
            times.clear()
            log.error("plugin %s rests for %d s: %s", name, REST, record.last_error)
        self.troubles.note(name, record.last_error, time.time() + REST if rests else 0.0)

    def _each(self, hook: str, arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for impl in self._callees.get(hook) or self._callees_of(hook):
            name = impl.plugin_name
            if not self.is_on(name) or self.resting(name):
                continue
            started = time.perf_counter()
            try:
                result = impl.function(*[arguments[a] for a in impl.argnames])
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # also SystemExit, and what asyncio cancels with
                self.failed(name, hook, error)
                continue
            finally:
                self._measured(name, hook, time.perf_counter() - started)
            if result is not None:
                yield name, result

    def _callees_of(self, hook: str) -> list[pluggy.HookImpl]:
        caller = getattr(self.manager.hook, hook, None)
        found = caller.get_hookimpls() if caller else []
        return self._callees.setdefault(hook, sorted(found, key=lambda impl: self._order.get(impl.plugin_name, 0)))

    def _measured(self, name: str, hook: str, seconds: float) -> None:
        record, budget = self.records[name], BUDGETS.get(hook, USUAL_BUDGET)
        record.calls += 1
        record.seconds += seconds
        if self.trace:
            print(f"hook {hook} {name} {1000 * seconds:.2f} ms", file=sys.stderr)
        if seconds > budget:
            self.slow(name, hook, seconds, budget)
