"""What the fixtures `clock` and `hooks` hand to a test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class Clock:
    """Moves the time that `hub.api.now` tells, and nothing else: sleeps, tokens and the operating system go on as ever."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()
        self.frozen: dt.datetime | None = None

    def now(self, zone: dt.tzinfo | None = dt.UTC) -> dt.datetime:
        """The time of the hub at this moment."""
        return (self.frozen or dt.datetime.now(dt.UTC) + self.ahead).astimezone(zone)

    def move(self, **span: float) -> None:
        """Go on by so much: `clock.move(days=3, hours=1)`; negative values go back."""
        self.ahead += dt.timedelta(**span)
        self.frozen = self.frozen + dt.timedelta(**span) if self.frozen else None

    def stand(self, moment: dt.datetime) -> None:
        """Stand still at this moment (with a zone) until it is moved."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs a zone")
        self.frozen = moment

    def module(self) -> Any:
        """What stands for the module `datetime` where the hub asks for the time."""
        return SimpleNamespace(datetime=SimpleNamespace(now=self.now), UTC=dt.UTC)


class HookBench:
    """The hooks of one application: ask them as core does, and put trial implementations beside those of plugins."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.manager = app.extensions["hub"].hooks
        self._trials: list[str] = []
        self._is_on = self.manager.is_on
        self.manager.is_on = lambda name: name in self._trials or self._is_on(name)

    def answers(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """(plugin, answer) of everybody who implements the hook."""
        with self.app.test_request_context("/"):
            found: list[tuple[str, Any]] = self.manager.answers(hook, **arguments)
            return found

    def implement(self, name: str = "trial", **functions: Callable[..., Any]) -> None:
        """Let a plugin of this name answer: `hooks.implement(navigation=lambda slot, user: [])`. For hooks that are asked
        while the site runs; what is asked once, at start, needs a plugin in a file (`new_hub(files=…)`)."""
        from hub.hooks.specs import hookimpl

        self.manager.register(SimpleNamespace(**{hook: hookimpl(does) for hook, does in functions.items()}), name)
        self._trials.append(name)

    def close(self) -> None:
        for name in self._trials:
            self.manager.unregister(name)
        self.manager.is_on = self._is_on
