"""A hub's identity is its key (Ed25519). Questions to hubs that are followed are signed with it, and so are answers to questions
that are signed themselves; whoever follows holds them against the key that it saw first. It needs no agreement beforehand.

A signature names its key wholly: `keyid` is the hub's address, `#`, the public key. The one for an answer covers the question's
signature, so that no other answer, and no earlier one, can be put in its place.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.api import items, now, session, writing

from . import signing
from .models import ONLY, Key
from .signing import Bad

LABEL, TAG = "hub", "hub-network"
WINDOW = 300  # seconds that a signature's time may lie from ours
STATUS, DIGEST, SIGNED = '"@status"', '"unencoded-digest"', '"signature";req'
METHOD, TARGET = '"@method"', '"@target-uri"'


@dataclass(frozen=True)
class Who:
    """Whose signature it is: the key (base64), and the address that it claims as its own."""

    key: str
    address: str


@dataclass(frozen=True)
class Signer:
    """This hub's key, ready to sign outside any transaction."""

    secret: Ed25519PrivateKey
    key_id: str

    def question(self, url: str) -> dict[str, str]:
        """The headers that sign a question to another hub."""
        return signing.sign(self.secret, {METHOD: "GET", TARGET: url}, self._now(), LABEL)

    def answer(self, url: str, asked: str, status: int, body: bytes) -> dict[str, str]:
        """The headers that sign an answer. url: as it was asked; asked: the question's signature; body: not packed."""
        values = _values(url, asked, status, signing.digest(body))
        return {signing.DIGEST: values[DIGEST], **signing.sign(self.secret, values, self._now(), LABEL)}

    def _now(self) -> dict[str, str | int]:
        """When, and a word by which no two signatures of one second are the same."""
        return {"created": int(time.time()), "nonce": secrets.token_urlsafe(9), "keyid": self.key_id, "tag": TAG}


def _values(url: str, asked: str, status: int, digest: str) -> dict[str, str]:
    return {STATUS: str(status), DIGEST: digest, f"{METHOD};req": "GET", f"{TARGET};req": url, SIGNED: asked}


def asking(url: str, headers: Mapping[str, str]) -> Who | None:
    """Who signed a question; None for nobody. url: what is asked for, at our own address. Raises Bad."""
    return _checked(headers, {METHOD: "GET", TARGET: url})


def answering(url: str, asked: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
    """The key by which an answer is signed; empty where it is not. asked: the signature of our question. Raises Bad."""
    digest = headers.get(signing.DIGEST, "")
    who = _checked(headers, _values(url, asked, status, digest))
    if who and digest != signing.digest(body):
        raise Bad("forged")
    return who.key if who else ""


def _checked(headers: Mapping[str, str], values: dict[str, str]) -> Who | None:
    found = signing.read(headers, LABEL)
    if found is None:
        return None
    address, _, key = str(found.parameters.get("keyid", "")).rpartition("#")
    if not is_key(key) or not address or found.parameters.get("tag") != TAG:
        raise Bad("form")
    signing.check(found, base64.b64decode(key), values, tuple(values), int(time.time()), WINDOW)
    return Who(key, address[:400])


def is_key(text: str) -> bool:
    """Whether this is a public key as it is written here: base64 of 32 bytes, in its one right form."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(found) == 32 and base64.b64encode(found).decode() == text


def fingerprint(key: str) -> str:
    """A key as people compare it on the telephone: eight groups of four; empty where there is none."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return " ".join(digest[n : n + 4] for n in range(0, 32, 4)) if key else ""


def own_key() -> str:
    """This hub's public key; empty where none has been made yet."""
    signer = own()
    return signer.key_id.rpartition("#")[2] if signer else ""


def own() -> Signer | None:
    """This hub's key; None where none has been made yet (`ready` makes it). Only looks, in the transaction at hand."""
    found = session().get(Key, ONLY)
    if found is None:
        return None
    secret = Ed25519PrivateKey.from_private_bytes(base64.b64decode(found.secret))
    public = base64.b64encode(secret.public_key().public_bytes_raw()).decode()
    return Signer(secret, f"{quote(items.site()['url'], safe=':/?@!$&()*+,;=~[]%')}#{public}")


def ready() -> Signer:
    """This hub's key, made where there is none. For jobs, commands and what is posted; ends the transaction at hand."""
    with writing(False):
        session().rollback()
        found = own()
        session().rollback()
    if found is not None:
        return found
    made = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    with writing():
        session().rollback()
        if session().get(Key, ONLY) is None:  # of two that make one, the first counts
            session().add(Key(id=ONLY, secret=made, made=now()))
        session().commit()
        signer = own()
        session().rollback()
    assert signer is not None
    return signer
