"""HTTP Message Signatures (RFC 9421) with Ed25519, read more strictly than the standard allows. Knows no database and no request.

What is signed are components, each with its identifier as it is written in the header (`"@method"`, `"@target-uri";req`) and its
value. Bodies are covered by `Unencoded-Digest`: a proxy may pack an answer on its way, and what arrives is hashed unpacked.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

INPUT, SIGNATURE, DIGEST = "signature-input", "signature", "unencoded-digest"
LONGEST = 4000  # characters of a header that is looked at
_ITEM = r'"@?[a-z0-9-]+"(?:;[a-z]+(?:="[^"\\]*")?)*'
_NAME = r"([a-z*][a-z0-9_.*-]*)"
_INPUT = re.compile(rf'{_NAME}=(\(((?:{_ITEM}(?: {_ITEM})*)?)\)((?:;[a-z]+=(?:"[ !#-\[\]-~]*"|\d{{1,15}}))*))')
_VALUE = re.compile(rf"{_NAME}=:([A-Za-z0-9+/=]*):()()")
_COMMA = re.compile(r"[ \t]*,[ \t]*(?=.)")
_PARAMETER = re.compile(r';([a-z]+)=(?:"([^"]*)"|(\d+))')


class Bad(ValueError):
    """A signature that does not count. reason: form (unreadable), parts (covers too little), time (made too long ago, or in
    the future), forged (not made with this key over this)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Signature:
    """What the two headers say: the identifiers that are covered, the parameters (as values and as they stand), the signature."""

    covered: tuple[str, ...]
    parameters: Mapping[str, str | int]
    text: str
    value: bytes


def sign(
    key: Ed25519PrivateKey, values: Mapping[str, str], parameters: Mapping[str, str | int], label: str,
) -> dict[str, str]:  # fmt: skip
    """The headers that sign these components (identifier → value, in this order)."""
    told = "".join(f';{name}={value}' if isinstance(value, int) else f';{name}="{value}"' for name, value in parameters.items())
    text = f"({' '.join(values)}){told}"
    value = base64.b64encode(key.sign(base(values, tuple(values), text))).decode()
    return {INPUT: f"{label}={text}", SIGNATURE: f"{label}=:{value}:"}


def base(values: Mapping[str, str], covered: Sequence[str], text: str) -> bytes:
    """The text that is signed (section 2.5). Raises Bad for a component that is covered and not known."""
    if not set(covered) <= set(values) or len(covered) != len(set(covered)):
        raise Bad("parts")
    lines = [f"{name}: {values[name]}" for name in covered]
    return "\n".join([*lines, f'"@signature-params": {text}']).encode("utf-8", "surrogateescape")


def read(headers: Mapping[str, str], label: str) -> Signature | None:
    """The signature of that label; None where there is none. headers: by lower-case name. Raises Bad."""
    told, values = _members(_INPUT, headers.get(INPUT, "")), _members(_VALUE, headers.get(SIGNATURE, ""))
    if label not in told and label not in values:
        return None
    if label not in told or label not in values:
        raise Bad("form")
    text, covered, parameters = told[label]
    found: dict[str, str | int] = {}
    for name, word, number in _PARAMETER.findall(parameters):
        if name in found:
            raise Bad("form")
        found[name] = int(number) if number else word
    try:
        value = base64.b64decode(values[label][0], validate=True)
    except ValueError:
        raise Bad("form") from None
    return Signature(tuple(re.findall(_ITEM, covered)), found, text, value)


def _members(form: re.Pattern[str], text: str) -> dict[str, tuple[str, str, str]]:
    """A header of `label=…, label=…` by label. Raises Bad where it is not written so, or names one twice."""
    found: dict[str, tuple[str, str, str]] = {}
    at = 0
    while at < len(text):
        match = form.match(text, at)
        if match is None or match[1] in found or len(text) > LONGEST:
            raise Bad("form")
        found[match[1]] = (match[2], match[3], match[4])
        at = match.end()
        if at < len(text):
            comma = _COMMA.match(text, at)
            if comma is None:
                raise Bad("form")
            at = comma.end()
    return found


def check(
    signature: Signature, key: bytes, values: Mapping[str, str], needed: Sequence[str], moment: int, window: int
) -> None:
    """Whether it was made with the private part of this key over these components, all that are needed among them, and about
    now (seconds). Raises Bad."""
    created = signature.parameters.get("created")
    if not set(needed) <= set(signature.covered) or signature.parameters.get("alg", "ed25519") != "ed25519":
        raise Bad("parts")
    expires = signature.parameters.get("expires", moment)
    if not isinstance(created, int) or abs(moment - created) > window or not isinstance(expires, int) or expires < moment:
        raise Bad("time")
    text = base(values, signature.covered, signature.text)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature.value, text)
    except (ValueError, InvalidSignature):
        raise Bad("forged") from None


def digest(body: bytes) -> str:
    """The value of the header that stands for a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
