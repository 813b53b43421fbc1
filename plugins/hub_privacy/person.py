"""Everything the hub holds about a person, as a copy for them; and taking them out, in one transaction with every plugin."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

import sqlalchemy as sa
from flask import current_app

from hub.api import Base, User, accounts, now, session

SECRET = {"password", "fs_uniquifier", "tf_totp_secret", "us_totp_secrets", "mf_recovery_codes", "fs_webauthn_user_handle",
          "totp_counter", "stamp", "hash", "credential_id", "public_key"}  # fmt: skip


class Refused(RuntimeError):
    """A plugin could not let a person go, or could not say what it keeps; the text names it."""


def copy(user: User) -> bytes:
    """A zip with everything kept about a person: one JSON file of the hub's own tables, one per plugin that keeps something."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for owner, found in {"hub": _own(user), **_asked("user_exported", user=user)}.items():
            file.writestr(f"{owner}.json", json.dumps(found, ensure_ascii=False, indent=2, default=str))
    return packed.getvalue()


def _own(user: User) -> dict[str, Any]:
    found: dict[str, Any] = {"made": now().isoformat(), "role": user.role}
    found["account"] = _plain(User.__table__, User.id == user.id)
    for table, column in _pointing():
        if table.name != "roles_users" and not _of_a_plugin(table) and (rows := _plain(table, column == user.id)):
            found.setdefault(table.name.removeprefix("hub_"), []).extend(rows)
    mail = Base.metadata.tables["hub_mail"]
    letters = _plain(mail, sa.func.lower(mail.c.to) == user.email.lower())
    found["letters"] = [{k: row[k] for k in ("subject", "created", "sent") if k in row} for row in letters]
    return found


def forget(user: User) -> None:
    """Take a person out of everything, in the session's transaction. What they wrote says "former member".

    Every plugin answers first, and one that fails stops it all: half a person must not stay behind. Raises Refused.
    """
    _asked("user_forgotten", session=session(), user=user)
    former = accounts.find_user(session(), accounts.FORMER) or _former()
    for table, column in _pointing():
        if next(iter(column.foreign_keys)).ondelete == "SET NULL":
            session().execute(sa.update(table).where(column == user.id).values({column.name: former.id}))
    mail = Base.metadata.tables["hub_mail"]
    session().execute(sa.delete(mail).where(sa.func.lower(mail.c.to) == user.email.lower()))
    accounts.end_sessions(user)
    user.roles = []
    session().flush()
    session().expunge(user)
    session().execute(sa.delete(User).where(User.id == user.id).execution_options(synchronize_session=False))


def _former() -> User:
    user: User = current_app.extensions["security"].datastore.create_user(email=accounts.FORMER, active=False)
    session().flush()
    return user


def _asked(hook: str, **arguments: Any) -> dict[str, Any]:
    """Ask every plugin that is on; unlike elsewhere, one that fails is not left out."""
    hooks, answers = current_app.extensions["hub"].hooks, {}
    for impl in getattr(hooks.manager.hook, hook).get_hookimpls():
        if not hooks.is_on(impl.plugin_name):
            continue
        try:
            answers[impl.plugin_name] = impl.function(**{word: arguments[word] for word in impl.argnames})
        except Exception as error:
            raise Refused(f"{impl.plugin_name}: {type(error).__name__}: {error}") from error
    return {name: answer for name, answer in answers.items() if answer}


def _pointing() -> list[tuple[sa.Table, sa.Column[Any]]]:
    """Every column of a table of this database that holds an account's id."""
    present = set(sa.inspect(session().connection()).get_table_names())
    return [
        (table, column) for table in Base.metadata.sorted_tables if table.name in present
        for column in table.columns if any(key.target_fullname == "hub_user.id" for key in column.foreign_keys)
    ]  # fmt: skip


def _of_a_plugin(table: sa.Table) -> bool:
    return table.name.partition("_")[0] in current_app.extensions["hub"].plugins.found


def _plain(table: Any, which: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Rows as plain values, without secrets and without what is empty."""
    rows = session().execute(sa.select(table).where(which)).mappings()
    return [{k: _text(v) for k, v in row.items() if k not in SECRET and v not in (None, "")} for row in rows]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
