"""Whoever writes to us: their actor document, fetched through the guarded client and checked in form. Keeps nothing."""

from __future__ import annotations

import functools
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import has_app_context

from hub.api import NetError, fetch, items

from . import keys, signatures
from .documents import ACCEPT, actor_url, key_url
from .signatures import Refused

MAX_BYTES, SECONDS, LONGEST = 200_000, 5.0, 500
AT_ONCE = 2  # so many strangers are looked up at a time in one process; the others come again


@dataclass(frozen=True)
class Actor:
    """What we need of one: address, host, where to answer, the common inbox of their server (else their own), the key."""

    url: str
    host: str
    own_inbox: str
    inbox: str
    key_id: str
    key: str


@functools.cache
def _turn() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)


def host_of(url: Any) -> str:
    """The host (with its port, where that is unusual) of an address that may be asked. Raises Refused("address")."""
    if not isinstance(url, str) or not url.isascii() or len(url) > LONGEST or set(url) & set(" \"'<>\\^`{|}") or not url.isprintable():
        raise Refused("address", 400)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Refused("address", 400) from None
    if not host or parts.username is not None or parts.scheme not in ("https", "http"):
        raise Refused("address", 400)
    trusted = items.site()["trusted"] if has_app_context() else ()
    if parts.scheme == "http" and f"{host}:{port or 80}" not in trusted:
        raise Refused("address", 400)
    return f"{host}:{port}" if port and port not in (80, 443) else host


def look_up(url: str) -> Actor:
    """The actor at an address, as it is now. Raises Refused: "gone" where it has ended (410, 404), else why it is no use."""
    host = host_of(url)
    headers = {"accept": ACCEPT} | keys.signed(keys.ready()[0], key_url(), "GET", url, None)
    if not _turn().acquire(blocking=False):
        raise Refused("busy", 503)
    try:
        reply = fetch(url.partition("#")[0], headers=headers, max_bytes=MAX_BYTES, deadline=SECONDS, hops=0, user_agent=agent())
    except NetError:
        raise Refused("actor") from None
    finally:
        _turn().release()
    if reply.status in (404, 410):
        raise Refused("gone")
    if reply.status != 200 or "json" not in reply.headers.get("content-type", ""):
        raise Refused("actor")
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise Refused("actor") from None
    return _checked(found, url, host)


def _checked(found: Any, url: str, host: str) -> Actor:
    """What is needed of a document, all of it on the actor's own host: nobody can name another's inbox or key."""
    if not isinstance(found, dict) or found.get("id") != url or found.get("type") == "Tombstone":
        raise Refused("actor")
    key = found.get("publicKey")
    key = next((one for one in key if isinstance(one, dict)), None) if isinstance(key, list) else key
    if not isinstance(key, dict) or key.get("owner") != url or not isinstance(key.get("publicKeyPem"), str):
        raise Refused("actor")
    ends = found.get("endpoints")
    shared = ends.get("sharedInbox") if isinstance(ends, dict) else None
    own = found.get("inbox")
    if any(host_of(address) != host for address in (own, shared or own, key.get("id"))):
        raise Refused("foreign")
    if signatures.public_key(key["publicKeyPem"]) is None or len(key["publicKeyPem"]) > 4000:
        raise Refused("key")
    return Actor(url, host, str(own), str(shared or own), str(key["id"]), key["publicKeyPem"])


def agent() -> str:
    """Who asks, and where to complain."""
    return f"Hub/0.1 (+{actor_url()})"
