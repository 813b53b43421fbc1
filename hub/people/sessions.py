"""Who is signed in where: one row per browser, so that a person sees them and can sign any of them out.

The cookie holds a random id, the table its hash. The time somebody was last seen is kept as a day only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from typing import Any

import flask
import sqlalchemy as sa
from flask import Flask, after_this_request, current_app, request
from flask_babel import get_timezone
from flask_login import user_logged_in, user_logged_out
from flask_security.utils import logout_user
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.db import Base, engine, now, session, writing

KEY = "hub_sid"
KEEP = dt.timedelta(days=31)  # a session nobody used for so long is over
BROWSERS = (("YaBrowser", "Yandex"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
            ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


class SignedIn(Base):
    """One browser in which somebody is signed in. id: hash of what its cookie holds; stamp: the account's at that time."""

    __tablename__ = "hub_session"
    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="CASCADE"), index=True)
    stamp: Mapped[str] = mapped_column(sa.String(64))
    device: Mapped[str] = mapped_column(sa.String(80), default="")
    began: Mapped[dt.date] = mapped_column()
    seen: Mapped[dt.date] = mapped_column()

    @property
    def is_this(self) -> bool:
        return self.id == _hash(flask.session.get(KEY, ""))


def init_app(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = KEEP
    user_logged_in.connect(_start, app)
    user_logged_out.connect(_end_this, app)
    app.before_request(check)


def check() -> None:
    """Before anything else reads the database: a session that was ended elsewhere is over here too."""
    if "_user_id" not in flask.session or request.endpoint == "static_file":
        return
    mine, today = SignedIn.id == _hash(flask.session.get(KEY, "")), now().astimezone(get_timezone()).date()
    with writing(False), engine().connect() as connection:
        seen = connection.scalar(sa.select(SignedIn.seen).where(mine))
    if seen is None or today - seen > KEEP:
        flask.session.pop(KEY, None)
        logout_user()
        session().rollback()  # it read the account: whoever counts next must not wait for this request itself
    elif seen != today:
        with suppress(sa.exc.OperationalError), writing(), engine().begin() as connection:  # while nothing can be written, they still read
            connection.execute(sa.update(SignedIn).where(mine).values(seen=today))


def of(user: Any) -> list[SignedIn]:
    """The browsers in which a person is signed in, the one used last first."""
    mine = sa.select(SignedIn).where(SignedIn.user_id == user.id, SignedIn.stamp == user.fs_uniquifier)
    return list(session().scalars(mine.order_by(SignedIn.seen.desc(), SignedIn.began.desc())))


def end(user: Any, number: str) -> None:
    """Sign one browser of a person out."""
    session().execute(sa.delete(SignedIn).where(SignedIn.user_id == user.id, SignedIn.id == number))


def end_all(user: Any) -> None:
    """Sign a person out everywhere: every session, also of a stolen cookie, is over with this request."""
    session().execute(sa.delete(SignedIn).where(SignedIn.user_id == user.id))
    current_app.extensions["security"].datastore.set_uniquifier(user)
    session().flush()


def forget_old() -> None:
    """Drop what is over by age (a daily job)."""
    with writing(), engine().begin() as connection:
        connection.execute(sa.delete(SignedIn).where(SignedIn.seen < now().date() - KEEP))


def _start(app: Flask, user: Any) -> None:
    if flask.session.pop("_remember", None):  # "stay signed in" is a longer session: it can be ended, a cookie cannot
        flask.session.permanent = True
    number, today = secrets.token_urlsafe(24), now().astimezone(get_timezone()).date()
    _end_this(app, user)
    flask.session[KEY] = number
    session().execute(sa.delete(SignedIn).where(SignedIn.user_id == user.id, SignedIn.stamp != user.fs_uniquifier))
    row = {"id": _hash(number), "user_id": user.id, "stamp": user.fs_uniquifier, "device": _device()}
    session().execute(sa.insert(SignedIn).values(**row, began=today, seen=today))
    user.seen = today
    after_this_request(_commit)


def _end_this(app: Flask, user: Any = None) -> None:
    if number := flask.session.pop(KEY, ""):
        session().execute(sa.delete(SignedIn).where(SignedIn.id == _hash(number)))
        after_this_request(_commit)


def _commit(response: Any) -> Any:
    session().commit()
    return response


def _hash(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()


def _device() -> str:
    agent = request.user_agent.string
    return ", ".join(filter(None, (next((name for word, name in known if word in agent), "") for known in (BROWSERS, SYSTEMS))))
