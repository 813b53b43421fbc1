"""The hub's RSA key, and requests signed with it (draft-cavage-http-signatures-12, as Mastodon and its relatives read it)."""

from __future__ import annotations

import base64
import hashlib
from email.utils import format_datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hub.api import items, now, session, writing

from .models import ONLY, Key

BITS = 2048


def own() -> tuple[str, str] | None:
    """(private, public) as PEM; None where there is none. Only looks, in the transaction at hand."""
    found = session().get(Key, ONLY)
    return (found.private, found.public) if found else None


def ready() -> tuple[str, str]:
    """(private, public) as PEM, made where there is none yet: for jobs and for what is posted. Ends the transaction at hand."""
    with writing(False):
        session().rollback()
        pair = own()
        session().rollback()
    return pair or _make()


def prepare() -> None:
    """The job: make the key anew where it was deleted (the first one is made when the plugin is switched on)."""
    ready()


def _make() -> tuple[str, str]:
    made = rsa.generate_private_key(65537, BITS)  # before the database is locked: it takes a tenth of a second
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with writing():
        session().rollback()
        found = session().get(Key, ONLY)  # of two that make one, the first counts
        if found is None:
            found = Key(id=ONLY, private=private.decode(), public=public.decode())
            session().add(found)
            items.touch()  # the actor's document names it
        pair = (found.private, found.public)
        session().commit()
    return pair


def digest(body: bytes) -> str:
    """The value of a Digest header."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def signed(private: str, key_id: str, method: str, url: str, body: bytes | None) -> dict[str, str]:
    """The headers of a request with its signature. private: PEM."""
    parts = urlsplit(url)
    target = f"{method.lower()} {parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    lines = {"(request-target)": target, "host": parts.netloc, "date": format_datetime(now(), usegmt=True)}
    if body is not None:
        lines |= {"digest": digest(body), "content-type": "application/activity+json"}
    text = "\n".join(f"{name}: {value}" for name, value in lines.items()).encode()
    key = serialization.load_pem_private_key(private.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    value = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {name: line for name, line in lines.items() if name not in ("(request-target)", "host")}
    headers["signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(lines)}",signature="{value}"'
    return headers
