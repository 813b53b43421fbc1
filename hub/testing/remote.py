"""A web server on this machine whose answers a test writes, for code that fetches from others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What the server says at a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0


class RemoteSite:
    """`remote_site.answer("/feed.xml", text, mimetype="application/rss+xml")`, then let the code fetch `remote_site.url`.

    asked: the requests that came in. Paths without an answer are 404. As a context manager it starts and stops.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                site.asked.append(asked)
                site._send(self, asked)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> RemoteSite:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, path: str, body: str | bytes = b"", *, status: int = 200, mimetype: str = "text/html; charset=utf-8",
        delay: float = 0.0, **headers: str,
    ) -> str:  # fmt: skip
        """Set what a path (with its query, where that matters) answers; gives its whole address.

        headers: further ones, `_` for `-`. delay: seconds before the answer.
        """
        named = {"Content-Type": mimetype, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body.encode() if isinstance(body, str) else body
        self._answers[path] = Answer(data, status, named, delay)
        return self.url + path

    def trusted_by(self, app: Any) -> None:
        """Let an application's `hub.api.fetch` reach this server, as `[net] allow` in its hub.toml would."""
        app.extensions["hub"].settings.net.allow.append(self.host)

    def script(self, path: str, speak: Callable[[Asked], Answer]) -> str:
        """Let a function answer at a path."""
        self._answers[path] = speak
        return self.url + path

    def _send(self, handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        found = self._answers.get(asked.path, self._answers.get(asked.path.partition("?")[0]))
        if found is None:
            found = Answer(b"not here", 404, {"Content-Type": "text/plain"})
        answer = found if isinstance(found, Answer) else found(asked)
        time.sleep(answer.delay)
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        if asked.method != "HEAD":
            handler.wfile.write(answer.body)
