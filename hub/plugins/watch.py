"""For `hub serve --reload`: noticing that files have changed, and forgetting code so that it is read again."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from hub.plugins.host import PluginHost
from hub.plugins.modules import forget

PAUSE = 0.2  # seconds between two looks
SUFFIXES = (".py", ".html", ".txt", ".po", ".css", ".js", ".mjs", ".svg", ".toml")
Stamp = frozenset[tuple[str, int]]


def stamp(roots: Iterable[Path], suffixes: tuple[str, ...] = SUFFIXES) -> Stamp:
    """Every file below the roots with the time of its last change."""
    found = set()
    for root in roots:
        for folder, inner, names in os.walk(root, followlinks=True):
            inner[:] = [name for name in inner if not name.startswith((".", "__"))]
            for path in [os.path.join(folder, name) for name in names if name.endswith(suffixes)]:
                try:
                    found.add((path, os.stat(path).st_mtime_ns))
                except OSError:  # gone between the two lines: as good as not there
                    continue
    return frozenset(found)


class Watch:
    """What has changed below some folders since the last answer; looks at most every PAUSE seconds."""

    def __init__(self, look: Callable[[], Stamp]) -> None:
        self._look, self._last, self._known = look, time.monotonic(), look()

    def changed(self) -> set[str]:
        """The files that came, went or changed, each told once."""
        if time.monotonic() - self._last < PAUSE:
            return set()
        before, self._known = self._known, self._look()
        self._last = time.monotonic()
        return {path for path, _ in before ^ self._known}


def forget_code(host: PluginHost, changed: Iterable[str], core: Path) -> dict[str, ModuleType]:
    """Take the plugins' modules out of this process, and the hub's own where they changed, so that the next application is
    made of what the files say now; answers the modules of the hub, to be put back where that fails."""
    importlib.invalidate_caches()
    if not any(path.endswith(".py") and Path(path).is_relative_to(core) for path in changed):
        for found in host.found.values():
            forget(found)
        return {}
    plugins = {found.module.__name__ for found in host.found.values() if found.module}
    ours = [n for n in sys.modules if n.split(".")[0] in plugins or n.split(".")[0] == "hub" or n.startswith("hub_")]
    return {name: sys.modules.pop(name) for name in ours}
