"""What is wrong with plugins, since when: kept in a file per plugin, because every process has its own failures and
`hub doctor` is yet another process. A file, not a table: the database may be what is in trouble."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

CALM = 86_400.0  # seconds without a failure after which a trouble is forgotten


@dataclass
class Trouble:
    """what: the newest failure in one line; since, last: seconds since the epoch; resting_until: 0 where it works."""

    what: str
    since: float
    last: float
    count: int = 1
    resting_until: float = 0.0

    @property
    def since_at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.since, dt.UTC)

    @property
    def until_at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.resting_until, dt.UTC)

    @property
    def resting(self) -> bool:
        return self.resting_until > time.time()


class Troubles:
    """The troubles of one instance, in `cache/troubles/`; a folder that cannot be written is no reason to fail."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def note(self, plugin: str, what: str, resting_until: float = 0.0) -> None:
        """Write down one more failure."""
        now, known = time.time(), self.of(plugin)
        trouble = Trouble(what, now, now, 1, resting_until)
        if known is not None:
            trouble = Trouble(what, known.since, now, known.count + 1, max(resting_until, known.resting_until))
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = self._folder / f".{plugin}.{os.getpid()}"
            draft.write_text(json.dumps(asdict(trouble)), encoding="utf-8")
            draft.replace(self._folder / f"{plugin}.json")

    def of(self, plugin: str) -> Trouble | None:
        """What is known of one plugin, or None where it has been calm for a day."""
        if self._folder is None:
            return None
        try:
            trouble = Trouble(**json.loads((self._folder / f"{plugin}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return trouble if time.time() - trouble.last < CALM else None

    def forget(self, plugin: str) -> None:
        """Start anew: the plugin was mended or switched."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / f"{plugin}.json").unlink(missing_ok=True)
