"""Personal tokens: made, found again by their hash, counted, and what each lets its owner do at this moment."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import g, request

from hub.api import User, gettext, items, level, may, now, session, setting, writing

from .models import Token
from .problems import refuse

PREFIX = "hub_pat_"
MINUTE = 60


def offered(user: User | None) -> list[str]:
    """The scopes that this person may give to a token."""
    scopes = ["read", "suggest"]
    if may(user, "content.edit"):
        scopes += [f"write:{ctype.kind}" for ctype in items.types()]
    if may(user, "webapi.all"):
        scopes.append("admin")
    return scopes


def make(user: User, name: str, scopes: Sequence[str], days: int) -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again. days: until it ends, 0 = it does not."""
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = now() + dt.timedelta(days=days) if days else None
    token = Token(
        user_id=user.id, name=name, digest=_digest(secret), hint=secret[-4:], scopes=list(scopes), expires=expires
    )
    session().add(token)
    return token, secret


@dataclass
class Caller:
    """Who asks by a token. A scope counts only as far as its owner's role goes, as it is now."""

    token: Token
    user: User

    @property
    def is_admin(self) -> bool:
        return "admin" in self.token.scopes and may(self.user, "webapi.all")

    def writes(self, kind: str) -> bool:
        return self.is_admin or f"write:{kind}" in self.token.scopes

    def suggests(self, kind: str) -> bool:
        return self.writes(kind) or "suggest" in self.token.scopes

    def level(self, kind: str) -> int:
        """What this token may read of a kind: 0 what visitors may, 1 members' too, 2 editors' too."""
        return level(self.user) if self.writes(kind) or "read" in self.token.scopes else 0


def caller() -> Caller | None:
    """Who asks; None without a token. Ends the request for a bad token (401) or too many requests (429)."""
    if "webapi_caller" not in g:
        g.webapi_caller = _authenticated()
    found: Caller | None = g.webapi_caller
    return found


def needed() -> Caller:
    """Who asks; 401 without a token. Cookies do not count."""
    found = caller()
    if found is None:
        refuse(401, gettext("A token is needed: Authorization: Bearer …"), WWW_Authenticate='Bearer realm="hub"')
    return found


def _authenticated() -> Caller | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    db = session()
    with writing(False):  # looking must not take the write lock, counting is a transaction of its own
        db.rollback()
        known = sa.select(Token.id).where(Token.digest == _digest(secret.strip()))
        number = db.scalar(known.where(sa.or_(Token.expires.is_(None), Token.expires > now())))
        db.rollback()
    if number is not None:
        _count(number)
        token = db.get(Token, number)
        user = db.get(User, token.user_id) if token else None
        if token and user and user.active:
            return Caller(token, user)
    refuse(
        401, gettext("This token is not valid (any more)."),
        WWW_Authenticate='Bearer realm="hub", error="invalid_token"',
    )  # fmt: skip


def _count(number: int) -> None:
    """Count this request; more than the setting allows in a minute are refused."""
    second = int(now().timestamp())
    window = second // MINUTE
    counted = sa.case((Token.minute == window, Token.count + 1), else_=1)
    statement = sa.update(Token).where(Token.id == number).values(count=counted, minute=window, used=now().date())
    with writing():
        asked = (
            session().execute(statement.returning(Token.count).execution_options(synchronize_session=False)).scalar()
        )
        session().commit()
    if asked and asked > setting("webapi.per_minute"):
        wait = str((window + 1) * MINUTE - second)
        refuse(429, gettext("Too many requests; wait %(num)s s.", num=wait), Retry_After=wait)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
