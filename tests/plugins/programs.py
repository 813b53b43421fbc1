"""Programs that use the API with a token, and servers that play receivers of webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Program:
    """A program with a token: `program("PATCH", "/cases/…", {…}, match=etag)`; paths below /api/v1."""

    def __init__(self, app: Any, secret: str, base: str = "/api/v1") -> None:
        self.app, self.secret, self.base = app, secret, base

    def __call__(self, method: str, path: str, json: Any = None, *, match: str = "", key: str = "", **more: Any) -> Any:
        headers = {**({"Authorization": f"Bearer {self.secret}"} if self.secret else {}), **more.pop("headers", {})}
        headers |= {"If-Match": match} if match else {}
        headers |= {"Idempotency-Key": key} if key else {}
        if json is not None:
            more["json"] = json
        return self.app.test_client().open(self.base + path, method=method, headers=headers, **more)


def token_for(app: Any, role: str = "editor", *scopes: str, days: int = 90, email: str = "") -> str:
    """The secret of a new token of somebody with that role."""
    from hub_webapi import tokens

    from hub.people import accounts
    from hub.store.db import session, writing

    email = email or f"{role}@example.org"
    with app.app_context(), writing():
        user = accounts.find_user(session(), email) or accounts.add_user(
            session(), email, "correct horse battery", role, role.title()
        )
        _, secret = tokens.make(user, "a test", scopes, days)
        session().commit()
    return secret


class Receiver(ThreadingHTTPServer):
    """A server that takes webhooks: `got` are (headers, body) in order; `play` answers the status for a message."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.at = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.at}/hook"
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.play: Callable[[int], int] = lambda number: 204
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.server.lock:
            self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            number = len(self.server.got)
        status = self.server.play(number)
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
