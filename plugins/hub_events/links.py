"""Signed links in mails: nothing of them is stored. One per registration, one per person's calendar, one per date to confirm."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from hub.api import items, session
from hub_events.models import Registration


def sign(use: str, value: Any) -> str:
    """A word that only this site can make. use: what it is for."""
    return str(URLSafeSerializer(str(current_app.secret_key), salt=f"events.{use}").dumps(value))


def read(use: str, word: str) -> Any:
    """What a word was made of, or None."""
    try:
        return URLSafeSerializer(str(current_app.secret_key), salt=f"events.{use}").loads(word)
    except (BadSignature, ValueError, TypeError):
        return None


def token(entry: Registration) -> str:
    """The secret word of a registration."""
    return sign("place", entry.uid)


def registration(word: str) -> Registration | None:
    """The registration that a secret word opens."""
    uid = read("place", word)
    return session().scalar(sa.select(Registration).where(Registration.uid == uid)) if isinstance(uid, str) else None


def address(language: str, *parts: Any) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/events/") + "".join(f"{quote(str(part))}/" for part in parts)


def place(entry: Registration) -> str:
    """The address of somebody's own registration."""
    return address(entry.lang, "place", token(entry))
