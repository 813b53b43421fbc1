"""The only door for plugins: everything a plugin may import. Additions raise the minor version, removals the major.

Version 1.0. `from hub.api import Plugin, hookimpl, ContentType, Field`; tests may also import `hub.testing`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from hub import accounts, forms, instance, items, log
from hub.content.document import Faults
from hub.content.items import Item
from hub.content.model import Content
from hub.content.queries import ListQuery, Result
from hub.content.texts import excerpt, fold
from hub.content.workflow import Conflict, NotAllowed
from hub.hooks.here import hub
from hub.hooks.parts import (
    Block,
    Change,
    ChangeReader,
    Check,
    Choice,
    ContentType,
    Exporter,
    Field,
    Hit,
    Importer,
    Job,
    Listing,
    NavItem,
    Permission,
    Plugin,
    Relation,
    SearchDocument,
    SearchPage,
    SearchQuery,
    Setting,
)  # fmt: skip
from hub.hooks.specs import hookimpl, hookspec
from hub.people.accounts import User
from hub.people.accounts import current as current_user
from hub.people.permissions import level, may
from hub.site.guard import needs
from hub.site.view import page as render_page
from hub.store.db import Base, Json, Utc, now, session, writing
from hub.store.state import setting as _setting
from hub.work.jobs import enqueue
from hub.work.mail import send as send_mail
from hub.work.net import NetError, fetch

API_VERSION = (1, 0)


def data_dir(name: str) -> Path:
    """The folder a plugin owns: `instance/data/<name>/`, made when it is not there yet (and its disk can be written)."""
    folder: Path = hub().settings.data / name
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def setting(name: str) -> Any:
    """The value of a declared setting, "<plugin>.<name>". Raises KeyError for one nobody declared."""
    return _setting(session(), name)


def content_type(kind: str) -> ContentType | None:
    """The switched-on content type of that kind, or None."""
    found: ContentType | None = hub().types.get(kind)
    return found


def ask(hook: str, **arguments: Any) -> Any:
    """The first answer to a question that some plugin publishes as a hook; None where nobody answers or it is off."""
    return hub().hooks.ask(hook, **arguments)


def gather(hook: str, **arguments: Any) -> list[tuple[str, Any]]:
    """Every answer to a hook that some plugin publishes, as (plugin, answer); a plugin that fails is left out."""
    return hub().hooks.answers(hook, **arguments)


__all__ = [
    "Base", "Block", "Change", "ChangeReader", "Check", "Choice", "Conflict", "Content", "ContentType", "Exporter", "Faults",
    "Field", "Hit", "Importer", "Item", "Job", "Json", "ListQuery", "Listing", "NavItem", "NetError", "NotAllowed",
    "Permission", "Plugin", "Relation", "Result", "SearchDocument", "SearchPage", "SearchQuery", "Setting", "User",
    "Utc", "accounts", "ask", "content_type", "current_user", "data_dir", "enqueue", "excerpt", "fetch", "fold", "forms",
    "gather", "gettext", "hookimpl", "hookspec", "instance", "items", "lazy_gettext", "level", "log", "may", "needs",
    "ngettext", "now", "render_page", "send_mail", "session", "setting", "writing",
]  # fmt: skip
