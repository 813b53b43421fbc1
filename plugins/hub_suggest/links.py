"""Signed links in mails and on the page of thanks. None of them is stored; each is bound to what it was made for.

Whoever opens one is led at once to an address without the secret (the session remembers what was opened), so that it
stands in no referrer and no bookmark of a later page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
from typing import Any
from urllib.parse import quote

from flask import current_app
from flask import session as visit
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from hub.api import items
from hub_suggest.models import Entry

LINK_DAYS = 14
OPENED = "suggest"  # what this browser opened: uids of entries (numbers are given again)
DECIDES = "suggest_decide"  # the editor's link this browser opened


def _signer(use: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"suggest.{use}")


def _unsigned_time(use: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"suggest.{use}")


def status_link(entry: Entry, language: str = "") -> str:
    """The sender's own address: what became of it, and the door to changing it. It does not run out."""
    return address(language or entry.lang, "s", _unsigned_time("status").dumps([entry.id, entry.uid]))


def read_status(token: str) -> tuple[int, str] | None:
    """(number, uid) of the entry a status link was made for, or None."""
    try:
        number, uid = _unsigned_time("status").loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(number), str(uid)


def decision_link(entry: Entry, user_id: int, state: str, language: str) -> str:
    """An editor's link to one suggestion as it is now. state: `bound` of it."""
    return address(language, "m", _signer("decide").dumps([entry.id, user_id, state]))


def read_decision(token: str) -> tuple[int, int, str] | None:
    """(entry, user, state) of an editor's link that is not older than 14 days, or None."""
    try:
        entry, user, state = _signer("decide").loads(token, max_age=LINK_DAYS * 86_400)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(entry), int(user), str(state)


def stamp() -> str:
    """A signed time for a form: when it was shown."""
    return _signer("form").dumps("")


def uid_of(key: str) -> str:
    """The uid of the suggestion that was sent with this key (a UUID made by the browser); empty where that is none.

    It tells nothing about the key, so whoever reads it somewhere can't pass for the sender."""
    try:
        known = uuid.UUID(key).bytes
    except ValueError:
        return ""
    mark = hmac.new(str(current_app.secret_key).encode(), b"suggest.once" + known, hashlib.sha256).digest()
    return str(uuid.UUID(bytes=mark[:16], version=4))


def age(text: str) -> float | None:
    """Seconds since a form was shown; None where the stamp is not ours or older than two days."""
    try:
        _, shown = _signer("form").loads(text, max_age=2 * 86_400, return_timestamp=True)
    except BadSignature:
        return None
    return max(0.0, (dt.datetime.now(dt.UTC) - shown).total_seconds())


def open_entry(uid: str) -> None:
    """From now on this browser may see and change this suggestion."""
    visit[OPENED] = [*[known for known in opened() if known != uid][-19:], uid]


def opened() -> list[str]:
    """The uids of the suggestions that this browser may see."""
    return [known for known in visit.get(OPENED, []) if isinstance(known, str)]


def address(language: str, *parts: Any) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/suggest/") + "".join(f"{quote(str(part))}/" for part in parts)
