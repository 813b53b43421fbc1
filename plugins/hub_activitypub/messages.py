"""Requests signed by RFC 9421 with RSA (rsa-v1_5-sha256), as newer servers send them: the same checks as for the older draft."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from .signatures import WINDOW, Refused, Signature, is_digest

NEEDED = {"@method", "@target-uri", "content-digest"}
LONGEST = 4000
_INPUT = re.compile(r'([a-z*][a-z0-9_.*-]*)=(\(("[a-z0-9@-]+"(?: "[a-z0-9@-]+")*)\)((?:;[a-z]+=(?:"[ !#-\[\]-~]*"|\d{1,12}))*))')
_VALUE = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):")
_PARAMETER = re.compile(r';([a-z]+)=(?:"([^"]*)"|(\d+))')
_DIGEST = re.compile(r"[a-z0-9-]+=:[A-Za-z0-9+/=]*:(?:, ?[a-z0-9-]+=:[A-Za-z0-9+/=]*:)*")


def read(method: str, url: str, headers: Mapping[str, str], body: bytes, moment: dt.datetime) -> Signature:
    """The signature of a request after all that can be checked without its key. Raises Refused.

    headers: by lower-case name; url: what is asked for, at our own address: a request signed for another site does not fit it.
    """
    told, value = headers.get("signature-input", ""), _VALUE.fullmatch(headers.get("signature", "")[:LONGEST])
    found = _INPUT.fullmatch(told) if len(told) <= LONGEST else None
    if found is None or value is None or found[1] != value[1]:  # two signatures are none: which one counts is anybody's guess
        raise Refused("unsigned")
    parameters = {name: word or number for name, word, number in _PARAMETER.findall(found[4])}
    if not parameters.get("keyid") or parameters.get("alg", "rsa-v1_5-sha256") != "rsa-v1_5-sha256":
        raise Refused("unsigned")
    covered, values = found[3].replace('"', "").split(), _values(method, url, headers)
    if not NEEDED <= set(covered) <= set(values) or len(covered) != len(set(covered)):
        raise Refused("parts")
    if not _is_now(parameters, int(moment.timestamp())):
        raise Refused("date")
    if not _same_digest(headers["content-digest"], body):
        raise Refused("digest")
    text = "\n".join([*(f'"{name}": {values[name]}' for name in covered), f'"@signature-params": {found[2]}'])
    try:
        return Signature(parameters["keyid"], text.encode("utf-8", "surrogateescape"), base64.b64decode(value[2], validate=True))
    except ValueError:
        raise Refused("unsigned") from None


def _values(method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """What may be covered, by identifier; components with parameters are not known here."""
    parts = urlsplit(url)
    derived = {
        "@method": method.upper(), "@target-uri": url, "@authority": parts.netloc.lower(), "@scheme": parts.scheme,
        "@path": parts.path or "/", "@query": f"?{parts.query}", "@request-target": parts.path + (f"?{parts.query}" if parts.query else ""),
    }  # fmt: skip
    known = ("content-digest", "content-type", "content-length", "date", "host", "accept", "user-agent")
    return derived | {name: headers[name].strip() for name in known if name in headers}


def _is_now(parameters: Mapping[str, str], second: int) -> bool:
    """Whether it was made within an hour of now, and has not run out."""
    created, expires = parameters.get("created", ""), parameters.get("expires", str(second))
    return created.isdecimal() and abs(second - int(created)) <= WINDOW.seconds and expires.isdecimal() and int(expires) >= second


def _same_digest(text: str, body: bytes) -> bool:
    """Whether the SHA-256 among the digests is the body's."""
    if len(text) > LONGEST or not _DIGEST.fullmatch(text):
        return False
    named = {name: value for name, _, value in (part.strip().partition("=:") for part in text.split(","))}
    return is_digest(named.get("sha-256", "").removesuffix(":"), body)
