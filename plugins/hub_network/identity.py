"""A hub's identity is its key (Ed25519): answers about its log are signed, and whoever follows holds them against the key that
it saw first. A key of its own is made when somebody asks for the log the first time; it needs no agreement beforehand.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Response, current_app, request

from hub.api import session, writing

from .models import ONLY, Key

KEY, SIGNATURE = "Hub-Key", "Hub-Signature"
API = "/api/v1/"
LOG, ENTRY = "webapi_root.changes", "webapi_root.item"


class Forged(ValueError):
    """An answer names a key and is not signed with it."""


def sign(response: Response) -> Response:
    """After a request: the answer about the log, or about one entry, gets our key and the signature."""
    if request.endpoint not in (LOG, ENTRY) or response.status_code != 200 or request.method != "GET":
        return response
    if not current_app.extensions["hub"].plugins.is_on("network"):
        return response
    body = response.get_data()
    body = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
    asked = request.path
    asked += f"?{request.query_string.decode('latin-1')}" if request.endpoint == LOG and request.query_string else ""
    key = _own()
    response.headers[KEY] = _text(key.public_key().public_bytes_raw())
    response.headers[SIGNATURE] = _text(key.sign(_signed(asked, body)))
    return response


def checked(url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The key by which an answer is signed, as text; empty where it is not signed. Raises Forged."""
    key, signature = headers.get(KEY.lower(), ""), headers.get(SIGNATURE.lower(), "")
    if not key:
        return ""
    asked = url[max(0, url.find(API)) :]
    asked = asked if asked.startswith(f"{API}changes") else asked.partition("?")[0]
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(signature, validate=True), _signed(asked, body))
    except (ValueError, binascii.Error, InvalidSignature):
        raise Forged from None
    return key


def fingerprint(key: str) -> str:
    """A key as people compare it on the telephone: eight groups of four; empty where there is none."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return " ".join(digest[n : n + 4] for n in range(0, 32, 4)) if key else ""


def own_fingerprint() -> str:
    """The fingerprint of this hub's key."""
    return fingerprint(_text(_own().public_key().public_bytes_raw()))


def _signed(asked: str, body: bytes) -> bytes:
    return f"hub-answer-1\n{asked}\n{hashlib.sha256(body).hexdigest()}".encode()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _own() -> Ed25519PrivateKey:
    """Our key; made where there is none yet."""
    found = session().get(Key, ONLY)
    if found is None:
        made = Ed25519PrivateKey.generate()
        with writing():
            session().rollback()
            found = session().get(Key, ONLY)  # of two that make one, the first counts
            if found is None:
                found = Key(id=ONLY, secret=_text(made.private_bytes_raw()))
                session().add(found)
            session().commit()
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(found.secret))
