"""Six digits sent by mail: to sign in without a password, to confirm what must not happen by mistake.

A code exists only after it was asked for, for a quarter of an hour, for five tries, and once. (The time-based codes of
Flask-Security's unified sign-in are valid without having been asked for, twenty at a time: too easy to guess at leisure.)
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Mapped, mapped_column

from hub.people import letters
from hub.store.db import Base, Utc, now, session

LIFE = dt.timedelta(minutes=15)
TRIES = 5


class Code(Base):
    __tablename__ = "hub_code"
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64))
    until: Mapped[dt.datetime] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(default=0)


def send(user: Any, purpose: str, subject: Any, *, template: str = "security/email/code", path: str = "") -> None:
    """Send a new code (an earlier one for the same purpose ends). path: of a page that takes the code as a link."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    session().merge(Code(user_id=user.id, purpose=purpose, hash=_hash(user, code), until=now() + LIFE, tries=0))
    link = letters.address(path + signed(purpose, user.id, code)) if path else ""
    letters.write(user.email, user.language, template, subject, user=user, code=code, link=link, purpose=purpose)


def check(user: Any, purpose: str, code: str) -> bool:
    """Whether this is the code; a right one is used up, a wrong one counts as a try. Commit either way."""
    row = session().get(Code, (user.id, purpose), with_for_update=True)
    if row is None or row.until < now() or row.tries >= TRIES:
        return False
    if not hmac.compare_digest(row.hash, _hash(user, "".join(code.split()))):
        row.tries += 1
        return False
    session().delete(row)
    return True


def signed(purpose: str, *parts: Any) -> str:
    """Values as a signed word for a link."""
    return str(URLSafeSerializer(current_app.secret_key or "", salt=purpose).dumps(parts))


def unsigned(purpose: str, word: str) -> list[Any]:
    """The values of a signed word; an empty list where it was not signed here for this purpose."""
    try:
        return list(URLSafeSerializer(current_app.secret_key or "", salt=purpose).loads(word))
    except BadSignature:
        return []


def forget_old() -> None:
    """Drop codes that are over (a daily job)."""
    session().execute(sa.delete(Code).where(Code.until < now()))


def _hash(user: Any, code: str) -> str:
    return hashlib.sha256(f"{current_app.config['SECRET_KEY']}\0{user.id}\0{code}".encode()).hexdigest()
