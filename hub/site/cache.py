"""The page cache in front of Flask: anonymous pages answered from memory while the site version stays the same.

The version is read from the database at every request (one cheap select on a plain connection), so nobody ever
sees a page that is older than the last published change, in any process on any host.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.site.languages import COOKIE as LANGUAGE_COOKIE
from hub.site.themes import COOKIE as THEME_COOKIE
from hub.store import outages

VERSION_SQL = "SELECT name, value FROM hub_state ORDER BY name"  # public, settings, touched
NEVER = re.compile(r"^/(account|desk|static|media|-)(/|$)")
ASKED = ("HTTP_HOST", "wsgi.url_scheme", "PATH_INFO", "QUERY_STRING", "HTTP_COOKIE", "HTTP_HX_REQUEST", "HTTP_ACCEPT_LANGUAGE",
         "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT")  # fmt: skip
KEYS, LONG = 5000, 2000  # so many raw requests, of so many characters at most, are remembered with their keys
State = tuple[tuple[str, int], ...]
NAMED = {"HTTP_AUTHORIZATION", "HTTP_SIGNATURE_INPUT"}  # whoever says who it is gets no answer made for everybody


class PageCache:
    """WSGI middleware. known_names(path) tells which query names mean something; all others are left out of keys."""

    def __init__(
        self, app: Any, *, url: str, engine: sa.Engine, megabytes: int, timezone: str, session_cookie: str,
        fingerprint: Callable[[], str], known_names: Callable[[], set[str]], shared: Any = None,
    ) -> None:  # fmt: skip
        self.app = app
        self.limit = megabytes * 1_000_000
        self.zone = ZoneInfo(timezone)
        self.private = (session_cookie, "hub_remember")
        self.fingerprint = fingerprint
        self.known_names = known_names
        self._current: tuple[Any, str, float] = (None, "", 0.0)  # what the version was made of, the version, when it ends
        self._known: tuple[str, set[str]] = ("", set())  # query names, of which version of the site
        self._keys: dict[tuple[str | None, ...], str] = {}  # version and raw request → key
        self.shared = shared
        self._engine = engine
        self._file = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else ""
        self._local = threading.local()
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, tuple[str, list[tuple[str, str]], bytes]] = OrderedDict()
        self._size = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or NEVER.match(environ.get("PATH_INFO", "")):
            return self.app(environ, start_response)
        state = self.state()
        if state is not None:
            environ["hub.state"] = state
        key = self._key(environ, state)
        if not key:
            return self.app(environ, start_response)
        environ["hub.etag"] = tag = f'W/"{key[:32]}"'
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 NOT MODIFIED", [("ETag", tag), ("Cache-Control", "no-cache"), ("Vary", VARY)])
            return []
        status, headers, body = self._pages.get(key) or self._others_have(key) or self._render(environ, key)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def state(self) -> State | None:
        """The counters that the site version is made of; None where the database cannot be read (then nothing is cached)."""
        try:
            if self._file:
                connection = getattr(self._local, "connection", None)
                if connection is None:
                    if not outages.can_be_written(self._file):  # a connection of now would see no change, and keep others from any
                        with closing(outages.open_to_read(self._file, timeout=5)) as connection:
                            return tuple(connection.execute(VERSION_SQL).fetchall())
                    connection = self._local.connection = outages.open_to_read(self._file, timeout=5)
                return tuple(connection.execute(VERSION_SQL).fetchall())
            with self._engine.connect() as link:
                return tuple((row.name, row.value) for row in link.execute(sa.text(VERSION_SQL)))
        except (sqlite3.Error, sa.exc.SQLAlchemyError):
            self._local.connection = None
            return None

    def _version(self, state: State) -> str:
        """The site version as a text, made anew when a counter, the plugins that are on or the day is another one."""
        now, on = time.time(), self.fingerprint()
        known, version, until = self._current
        if known != (state, on) or now >= until:
            counted = dict(state)
            last, before = divmod(counted.pop("touched", 0), 1 << 32)
            counted["touched"] = last if last <= now else before  # see hub.content.changes
            today = dt.datetime.fromtimestamp(now, self.zone)
            midnight = dt.datetime.combine(today.date() + dt.timedelta(1), dt.time(), self.zone).timestamp()
            version = f"{counted} {on} {today.date()}"
            self._current = ((state, on), version, min(midnight, last) if last > now else midnight)
        return version

    def _key(self, environ: dict[str, Any], state: State | None) -> str:
        """What is kept of a page under; "" where nothing is, because the answer is made for one person."""
        if state is None or NAMED & environ.keys():
            return ""
        asked = (self._version(state), *map(environ.get, ASKED))
        key = self._keys.get(asked, "")
        if not key and (key := self._new_key(environ, asked[0] or "")) and sum(len(word or "") for word in asked) < LONG:
            if len(self._keys) >= KEYS:
                self._keys = {}
            self._keys[asked] = key
        return key

    def _new_key(self, environ: dict[str, Any], version: str) -> str:
        cookies = _cookies(environ)
        if any(name in cookies for name in self.private):
            return ""
        if self._known[0] != version:
            self._known = (version, self.known_names())
        known = self._known[1]
        accept = environ.get("HTTP_ACCEPT", "")  # who wants ActivityPub gets another form
        query = [(n, v) for n, v in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
                 if n in known or n in ("lang", "theme", "v", "url", "format", "maxwidth")]  # fmt: skip
        parts = (
            environ.get("HTTP_HOST", ""), environ.get("wsgi.url_scheme", ""), environ.get("PATH_INFO", ""), urlencode(query),
            cookies.get(LANGUAGE_COOKIE, ""), cookies.get(THEME_COOKIE, ""), environ.get("HTTP_HX_REQUEST", ""),
            environ.get("HTTP_ACCEPT_LANGUAGE", "")[:100] if not re.match(r"^/[a-z]{2,3}(/|$)", environ["PATH_INFO"]) else "",
            str("gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")), accept * ("activit" in accept), version,
        )  # fmt: skip
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    def _render(self, environ: dict[str, Any], key: str) -> tuple[str, list[tuple[str, str]], bytes]:
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            answer["status"], answer["headers"] = status, headers
            return lambda data: None

        chunks = self.app({**environ, "REQUEST_METHOD": "GET"}, start)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        kept = (answer["status"], answer["headers"], body)
        names = {name.lower(): value for name, value in answer["headers"]}
        if answer["status"].startswith("200") and names.get("x-hub-cache") == "yes" and "set-cookie" not in names:
            kept = (kept[0], [(n, v) for n, v in kept[1] if n.lower() != "x-hub-cache"], body)
            if len(body) < self.limit // 8:
                self._keep(key, kept)
                if self.shared:
                    self.shared.put(key, json.dumps(kept[:2]).encode() + b"\n" + body, SHARED_SECONDS)
        return kept

    def _others_have(self, key: str) -> tuple[str, list[tuple[str, str]], bytes] | None:
        """The page as another process made it; the key holds the site version, so it is as new as ours would be."""
        found = self.shared.get(key) if self.shared else None
        if not found:
            return None
        head, _, body = found.partition(b"\n")
        status, headers = json.loads(head)
        kept = (status, [(name, value) for name, value in headers], body)
        self._keep(key, kept)
        return kept

    def _keep(self, key: str, page: tuple[str, list[tuple[str, str]], bytes]) -> None:
        with self._lock:
            self._pages[key] = page
            self._size += len(page[2])
            while self._size > self.limit and self._pages:
                _, old = self._pages.popitem(last=False)
                self._size -= len(old[2])


SHARED_SECONDS = 3600
VARY = "Cookie, Accept-Encoding, Accept-Language"


def _cookies(environ: dict[str, Any]) -> dict[str, str]:
    if not (text := environ.get("HTTP_COOKIE")):
        return {}
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(text)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
