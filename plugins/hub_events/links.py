"""Signed links in mails: nothing of them is stored. One per registration, one per person's calendar, one per date to confirm."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from hub.api import User, items, session
from hub_events.models import Registration

NUMBERS_ALONE = 1_796_083_200  # 2026-12-01: until then calendars' words named the account's number alone


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


def calendar(user: Any) -> str:
    """The secret word of a person's calendar: of this account, not of a later one that gets its number."""
    return sign("calendar", [user.id, _made(user)])


def whose_calendar(word: str) -> int:
    """The account that such a word was made for, or 0. Words that name the number alone stay good for accounts of their time."""
    said = read("calendar", word)
    number, made = said if isinstance(said, list) and len(said) == 2 else (said, None)
    user = session().get(User, number) if isinstance(number, int) else None
    if user is None or (_made(user) != made if made is not None else _made(user) >= NUMBERS_ALONE):
        return 0
    return int(user.id)


def _made(user: Any) -> int:
    return int(user.create_datetime.replace(tzinfo=dt.UTC).timestamp())


def address(language: str, *parts: Any) -> str:
    """A whole address of this plugin's pages, also outside a request."""
    site = items.site()
    language = language if language in site["languages"] else site["languages"][0]
    return items.absolute(f"/{language}/events/") + "".join(f"{quote(str(part))}/" for part in parts)


def place(entry: Registration) -> str:
    """The address of somebody's own registration."""
    return address(entry.lang, "place", token(entry))
