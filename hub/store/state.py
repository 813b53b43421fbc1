"""Small named values of the whole site: counters in `hub_state`, chosen settings in `hub_setting`."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from flask import current_app, has_request_context, request
from flask_babel import gettext
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.util import LRUCache

from hub.hooks.here import hub
from hub.hooks.parts import Setting
from hub.settings import nearest
from hub.store.db import Base, Json, session, writing


class State(Base):
    __tablename__ = "hub_state"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class StoredSetting(Base):
    __tablename__ = "hub_setting"
    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


def remembered(name: str, key: Any, make: Callable[[], Any]) -> Any:
    """What depends on the state of the site alone, made once per version by each process (where the version is known).

    Exact, because any change is another version.
    """
    if (counters := _state_asked()) is None:
        return make()
    memory = current_app.extensions.setdefault("hub_remembered", LRUCache(2000))
    whole = (name, key, counters, tuple(hub().types.kinds()))
    if (known := memory.get(whole)) is None:
        memory[whole] = known = make()
    return known


def version(session: Session) -> tuple[Any, ...]:
    """What every answer to a query depends on beside the query: another value after any change that readers can see."""
    counters = _state_asked() or session.execute(sa.select(State.name, State.value).order_by(State.name)).all()
    return (*map(tuple, counters), *hub().types.kinds())


def _state_asked() -> tuple[tuple[str, int], ...] | None:
    """The counters as the page cache read them before this page was begun: nothing that it reads can be older."""
    return request.environ.get("hub.state") if has_request_context() else None


def bump(session: Session, name: str, at_least: int = 0) -> None:
    """Raise a counter by one, or to `at_least` where that is more."""
    row = session.get(State, name, with_for_update=True)
    if row is None:
        session.add(State(name=name, value=max(1, at_least)))
    else:
        row.value = max(row.value + 1, at_least)


def setting(session: Session, name: str) -> Any:
    """The value of a declared setting: hub.toml or environment, else what the desk stored, else its default.

    name: "<plugin>.<setting>". Raises KeyError for a setting nobody declared.
    """
    declared = hub().declared_settings[name]
    if name in hub().pinned:
        return hub().pinned[name]
    if _state_asked() is not None:
        return copy.deepcopy(stored_settings(session).get(name, declared.default))
    stored = session.get(StoredSetting, name)
    return declared.default if stored is None else stored.value


def stored_settings(session: Session) -> dict[str, Any]:
    """All that is stored, to be read only; on a connection of its own, because whoever asks may be amid a transaction."""

    def read() -> dict[str, Any]:
        with writing(False), session.get_bind().engine.connect() as connection:
            return {row.name: row.value for row in connection.execute(sa.select(StoredSetting.name, StoredSetting.value))}

    found: dict[str, Any] = remembered("settings", "", read)
    return found


def set_setting(session: Session, name: str, value: Any) -> None:
    """Store a setting (checked by `check_setting` before) and raise the site version."""
    session.merge(StoredSetting(name=name, value=value))
    bump(session, "settings")


def pin_settings() -> None:
    """Take over what `[plugin.x]` and the environment say; a bad value is reported by `hub doctor`, and not used."""
    for plugin, values in hub().settings.plugin.items():
        for key, value in values.items():
            name = f"{plugin}.{key}"
            if (declared := hub().declared_settings.get(name)) is None:
                off = plugin in hub().plugins.found and not hub().plugins.is_on(plugin)
                told = gettext("hub.toml or the environment sets it, but there is no such setting")
                if near := nearest(name, hub().declared_settings):
                    told = gettext("%(fault)s; %(near)s may be meant", fault=told, near=near)
                hub().setting_faults[name] = gettext("It counts once this plugin is switched on.") if off else told
                continue
            try:
                hub().pinned[name] = _typed(declared, value)
                if odd := _odd_kind(declared, hub().pinned[name]):
                    hub().setting_faults[name] = odd
            except ValueError as error:
                hub().setting_faults[name] = f"{error} {gettext('Until then the default is used.')}"


def _odd_kind(declared: Setting, value: Any, kept: Iterable[str] = ()) -> str:
    """What is wrong with a list of kinds: the first that nobody declares. kept: those of a plugin that is off just now may stay."""
    known = {*hub().types.kinds(), *declared.default, *kept} if declared.type == "kinds" else set()
    unknown = [kind for kind in value if kind not in known] if known else []
    return gettext("“%(value)s” is none of: %(known)s.", value=unknown[0], known=", ".join(sorted(known))) if unknown else ""


def check_setting(name: str, value: Any) -> Any:
    """A setting's value from what was typed or read.

    Raises KeyError (unknown), PermissionError (pinned in hub.toml), ValueError (a sentence: what is wrong with it).
    """
    declared = hub().declared_settings[name]
    if name in hub().pinned:
        raise PermissionError(gettext("%(name)s is set in hub.toml or the environment; change it there.", name=name))
    value = _typed(declared, value)
    if wrong := _odd_kind(declared, value, setting(session(), name)) or declared.check(value):
        raise ValueError(wrong)
    return value


def _typed(declared: Setting, value: Any) -> Any:
    match declared.type:
        case "int" | "number":
            return _number(declared, value)
        case "bool":
            if str(value).lower() not in {"1", "0", "true", "false", "yes", "no", "on", "off", ""}:
                raise ValueError(gettext("Write yes or no, not “%(value)s”.", value=value))
            return str(value).lower() in {"1", "true", "yes", "on"}
        case "choice":
            known = [c.value for c in declared.choices]
            if value not in known:
                raise ValueError(gettext("“%(value)s” is none of: %(known)s.", value=value, known=", ".join(known)))
            return value
        case "list" | "kinds":
            lines = value if isinstance(value, list) else re.split(r"[\s,]+" if declared.type == "kinds" else "[\r\n]", str(value))
            return [str(line).strip() for line in lines if str(line).strip()]
        case "json":
            with suppress(TypeError, ValueError):  # what hub.toml and plugins give is no text
                value = json.loads(value)
            if not isinstance(value, type(declared.default)):
                raise ValueError(gettext("Write JSON of the form %(form)s.", form=json.dumps(declared.default)))
            return value
        case "url" if value and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", str(value)):
            raise ValueError(gettext("Write an address that begins with https:// or http://."))
        case "email" if value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(value)):
            raise ValueError(gettext("Write an e-mail address such as name@example.org."))
    if not isinstance(value, str):
        raise ValueError(gettext("A text is expected, not %(value)s.", value=value))
    return value.replace("\r\n", "\n").strip() if declared.type == "text" else value.strip()


def _number(declared: Setting, value: Any) -> int | float:
    try:
        number = int(value) if declared.type == "int" else float(str(value).replace(",", "."))
        if isinstance(value, bool) or number != number or number in (float("inf"), float("-inf")):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        wanted = gettext("a whole number") if declared.type == "int" else gettext("a number")
        raise ValueError(gettext("Write %(wanted)s, not “%(value)s”.", wanted=wanted, value=value)) from None
    if declared.minimum is not None and number < declared.minimum:
        raise ValueError(gettext("At least %(limit)s.", limit=declared.minimum))
    if declared.maximum is not None and number > declared.maximum:
        raise ValueError(gettext("At most %(limit)s.", limit=declared.maximum))
    return number
