"""What several processes and hosts share in memory: a Redis server, where `[redis] url` names one.

Nothing in it is the truth. While it does not answer, limits are counted in the database and pages are made anew, and it is
asked again a few seconds later; `hub doctor` and `/-/health` say so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger("hub.shared")
PATIENCE = 0.3  # seconds for a connection and for an answer
REST = 5.0  # seconds without asking after a failure
T = TypeVar("T")


class Shared:
    """Counters and values that expire. Every method answers None while the server does not."""

    def __init__(self, url: str) -> None:
        import redis  # the extra "redis"; only who uses it loads it

        self._server: Any = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._errors = (redis.RedisError, OSError)
        self._rests_until = 0.0
        self.error = ""

    def count(self, key: str, seconds: int) -> int | None:
        """One more of `key`; answers how many there are within `seconds` of the first."""

        def ask() -> int:
            with self._server.pipeline() as line:
                line.incr(f"hub:n:{key}")
                line.expire(f"hub:n:{key}", seconds, nx=True)
                return int(line.execute()[0])

        return self._asked(ask)

    def get(self, key: str) -> bytes | None:
        """The value, or None."""
        return self._asked(lambda: self._server.get(f"hub:v:{key}"))

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for that long."""
        self._asked(lambda: self._server.set(f"hub:v:{key}", value, ex=seconds))

    def answers(self) -> bool:
        """Whether the server is there now; `error` says what is wrong."""
        self._rests_until = 0.0
        return bool(self._asked(self._server.ping))

    def _asked(self, question: Callable[[], T]) -> T | None:
        if time.monotonic() < self._rests_until:
            return None
        try:
            found = question()
        except self._errors as error:
            self._rests_until, self.error = time.monotonic() + REST, str(error)
            log.warning("Redis does not answer: %s", error)
            return None
        self.error = ""
        return found


def connect(url: str) -> Shared | None:
    """The server that `[redis] url` names, or None. Raises ImportError where the extra "redis" is not installed."""
    return Shared(url) if url else None
