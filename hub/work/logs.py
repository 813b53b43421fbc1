"""What the processes write to standard error: plain lines, or one JSON object a line (`[log] form = "json"`).

No line can be forged by what somebody typed (line ends and control characters are escaped), and no address, name, query or
token of a visitor is logged: a request is told by its rule.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
log = logging.getLogger("hub.requests")


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class Plain(logging.Formatter):
    """time logger level message, one line; a traceback follows on lines of its own, each indented."""

    def format(self, record: logging.LogRecord) -> str:
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{moment} {record.name} {record.levelname} {CONTROL.sub(_escaped, record.getMessage())}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            line += "".join("\n    " + CONTROL.sub(_escaped, part) for part in trace.splitlines())
        return line


class JsonLines(logging.Formatter):
    """{"time", "logger", "level", "message", "trace"?, and what a call gave as extra={"hub": {…}}}."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "logger": record.name, "level": record.levelname.lower(), "message": record.getMessage(),
            **getattr(record, "hub", {}),
        }  # fmt: skip
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(line, ensure_ascii=False))


def configure(form: str, requests: bool) -> None:
    """Set up this process. form: "text" or "json"; requests: whether each request is told."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else Plain())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.INFO if requests else logging.WARNING)


class Requests:
    """WSGI middleware around everything: method, rule, status and milliseconds of each request, where that is wanted."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not log.isEnabledFor(logging.INFO):
            answer: Iterable[bytes] = self.app(environ, start_response)
            return answer
        begun, said = time.perf_counter(), ["000"]
        rule = environ["hub.rule"] = ["kept"]  # a list, because what stands between us and the application copies the environment

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            said[0] = status[:3]
            writer: Callable[[bytes], Any] = start_response(status, headers, exc_info)
            return writer

        answer = self.app(environ, start)
        took = round((time.perf_counter() - begun) * 1000, 1)
        told = {"method": environ["REQUEST_METHOD"], "rule": rule[0], "status": int(said[0]), "ms": took}
        log.info("%(method)s %(rule)s %(status)s %(ms)s ms", told, extra={"hub": told})
        return answer
