"""What the hub asks of this plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, Flask, url_for

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Job,
    NavItem,
    Permission,
    Setting,
    User,
    gettext,
    hookimpl,
    may,
    now,
    session,
    writing,
)
from hub.api import lazy_gettext as _

from . import desk, editing, following, reading, repeats, webhooks
from .models import Hook, Token


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The API at /api/v1 and its pages of the desk."""
    api = Blueprint("webapi_root", __name__)
    api.add_url_rule("/api/v1/openapi.json", "openapi", reading.openapi)
    api.add_url_rule("/api/v1/changes", "changes", following.change_list)
    api.add_url_rule("/api/v1/token", "token", reading.token)
    api.add_url_rule("/api/v1/media", "media", editing.writes(editing.picture), methods=["POST"])
    api.add_url_rule("/api/v1/<path>", "list", reading.item_list)
    api.add_url_rule("/api/v1/<path>", "create", editing.writes(editing.create), methods=["POST"])
    one = "/api/v1/<path>/<uid>"
    api.add_url_rule(one, "item", reading.item)
    for name, view, method in (
        ("replace", editing.replace, "PUT"), ("change", editing.change, "PATCH"), ("trash", editing.trash, "DELETE"),
    ):  # fmt: skip
        api.add_url_rule(one, name, editing.writes(view), methods=[method])
    steps = f"{one}/<any({','.join(editing.STEPS)}):step>"
    api.add_url_rule(steps, "step", editing.writes(editing.step), methods=["POST"])
    api.add_url_rule("/api/", "unknown", reading.unknown, methods=reading.METHODS)
    api.add_url_rule("/api/<path:rest>", "unknown", reading.unknown, methods=reading.METHODS)
    return [api, desk.make()]


@hookimpl
def started(app: Flask) -> None:
    """Requests to the API carry a token or change nothing: what protects forms from other sites does not concern them."""
    app.extensions["csrf"].exempt(app.blueprints["webapi_root"])


@hookimpl
def settings() -> Sequence[Setting]:
    return [
        Setting("per_minute", "int", 300, label=_("API: requests of one token in a minute"), minimum=1, maximum=100_000)
    ]


@hookimpl
def permissions() -> Sequence[Permission]:
    return [
        Permission("own", _("Make personal tokens for the API"), role="member"),
        Permission("all", _("See and revoke all tokens, manage webhooks"), role="admin"),
    ]


@hookimpl
def jobs() -> Sequence[Job]:
    return [
        Job("deliver", webhooks.deliver, every=60, label=_("Send what waits for webhooks")),
        Job("tidy", tidy, every=3600, label=_("Forget old deliveries and answers of the API")),
    ]


@hookimpl
def change_readers() -> Sequence[ChangeReader]:
    """Webhooks follow the change log."""
    return [ChangeReader("hooks", webhooks.read)]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot != "footer":
        return []
    return [NavItem(_("Open data and API"), url_for("webapi_root.openapi"), order=80)]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    if slot != "desk" or not may(user, "webapi.own"):
        return []
    return [Block("webapi/block.html", {"manages": may(user, "webapi.all")}, order=80)]


@hookimpl
def health() -> Sequence[Check]:
    """Webhooks that rest, or have taken nothing for an hour."""
    found = []
    try:
        hooks = session().scalars(sa.select(Hook).where(Hook.state != "off").order_by(Hook.id)).all()
    except sa.exc.SQLAlchemyError:  # the database is away: the hub's own check says so
        session().rollback()
        return []
    for hook in hooks:
        host, stuck = urlsplit(hook.url).hostname, webhooks.failing(hook)
        if hook.state == "dead":
            told = gettext("%(host)s took nothing for three days and rests (%(why)s). Mend it, then go on with it at /desk/webapi/hooks.",
                           host=host, why=hook.error)  # fmt: skip
            found.append(Check(f"webhook-{hook.id}", "warning", told, gettext("Webhook")))
        elif stuck and stuck.first and (now() - stuck.first).total_seconds() > 3600:
            told = gettext("%(host)s has taken nothing for more than an hour (%(why)s).", host=host, why=stuck.error)
            found.append(Check(f"webhook-{hook.id}", "warning", told, gettext("Webhook")))
    return found


@hookimpl
def user_exported(user: Any) -> Mapping[str, Any] | None:
    tokens = session().scalars(sa.select(Token).where(Token.user_id == user.id)).all()
    return {"API tokens": [
        {"name": t.name, "scopes": t.scopes, "created": t.created.isoformat(), "last used": str(t.used or "")} for t in tokens
    ]} if tokens else None  # fmt: skip


@hookimpl
def user_forgotten(session: Any, user: User) -> None:
    session.execute(sa.delete(Token).where(Token.user_id == user.id))


def tidy() -> None:
    """Forget what nobody needs any more."""
    with writing():
        session().rollback()
        repeats.forget_old()
        webhooks.forget_old()
        session().commit()
