"""A hub below a path of its host: `[site] url = "https://example.org/hub"`.

The path comes from the settings and never from a header, so no visitor can put words into our links. The proxy in front
may pass the path on or take it off.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class SubPath:
    """WSGI middleware: every address is made below `prefix` ("/hub")."""

    def __init__(self, app: Any, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(self.prefix + "/"):
            path = path[len(self.prefix) :]
        return self.app({**environ, "SCRIPT_NAME": self.prefix, "PATH_INFO": path or "/"}, start_response)
