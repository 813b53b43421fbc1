"""Whether a request is signed as it should be (draft-cavage-http-signatures-12). Knows no database and asks nobody."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

WINDOW = dt.timedelta(hours=1)  # how far a request's date may lie from now
ALGORITHMS = ("", "rsa-sha256", "hs2019")
NEEDED = {"(request-target)", "host", "date", "digest"}
KNOWN = NEEDED | {"content-type", "content-length", "accept", "user-agent"}
SMALLEST, LARGEST = 2048, 8192  # bits of a key: below it is forged, above it only costs time
_PART = re.compile(r'\s*([a-zA-Z]+)=(?:"([^"]*)"|(\d+))\s*(?:,|$)')


class Refused(Exception):
    """A request is not taken: a word of `words.REASONS`."""

    def __init__(self, reason: str, status: int = 401) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True)
class Signature:
    """What the header says: whose key, the text that was signed, the signature."""

    key_id: str
    text: bytes
    value: bytes

    @property
    def mark(self) -> str:
        """By which a second use of it is known."""
        return hashlib.sha256(self.text + b"\0" + self.value).hexdigest()


def read(method: str, target: str, headers: Mapping[str, str], body: bytes, host: str, moment: dt.datetime) -> Signature:
    """The signature of a request after all that can be checked without its key. Raises Refused.

    headers: by lower-case name; target: path with query; host: ours, as it must stand in the request.
    """
    given = _parts(headers.get("signature", ""))
    signed = given.get("headers", "").lower().split()
    if not given.get("keyid") or given.get("algorithm", "").lower() not in ALGORITHMS:
        raise Refused("unsigned")
    if not NEEDED <= set(signed) <= KNOWN or len(signed) != len(set(signed)):
        raise Refused("parts")
    if headers.get("host", "").lower() != host.lower():
        raise Refused("host")
    if abs(_date(headers.get("date", "")) - moment) > WINDOW:
        raise Refused("date")
    if not _same_digest(headers.get("digest", ""), body):
        raise Refused("digest")
    values = {**headers, "(request-target)": f"{method.lower()} {target}"}
    text = "\n".join(f"{name}: {values.get(name, '')}" for name in signed)
    try:
        value = base64.b64decode(given.get("signature", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("unsigned") from None
    return Signature(given["keyid"], text.encode("utf-8", "surrogateescape"), value)


def holds(signature: Signature, pem: str) -> bool:
    """Whether a signature was made with the private part of this key."""
    key = public_key(pem)
    return key is not None and made_with(key, signature)


def made_with(key: rsa.RSAPublicKey, signature: Signature) -> bool:
    """Whether a signature (RSASSA-PKCS1-v1_5 with SHA-256) was made with the private part of this key."""
    try:
        key.verify(signature.value, signature.text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def public_key(pem: str) -> rsa.RSAPublicKey | None:
    """An RSA key of a size that is used; None for anything else."""
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) and SMALLEST <= key.key_size <= LARGEST else None


def _parts(text: str) -> dict[str, str]:
    """`name="value",…` by lower-case name; nothing where it is not written so, or names one twice."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text) <= 4000:
        match = _PART.match(text, at)
        if match is None or match[1].lower() in found:
            return {}
        found[match[1].lower()] = match[2] if match[2] is not None else match[3]
        at = match.end()
    return found


def _date(text: str) -> dt.datetime:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        raise Refused("date") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _same_digest(text: str, body: bytes) -> bool:
    """Whether one of the digests named is the body's SHA-256 (and none named so is another)."""
    named = [part.strip().partition("=") for part in text.split(",")]
    values = [value for name, _, value in named if name.lower() == "sha-256"]
    return bool(values) and all(is_digest(value, body) for value in values)


def is_digest(text: str, body: bytes) -> bool:
    """Whether this is a body's SHA-256 in base64."""
    right = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return hmac.compare_digest(text.encode("utf-8", "surrogateescape"), right.encode())
