"""The running hub: what hangs on the Flask app, found again from anywhere below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import current_app

if TYPE_CHECKING:
    from hub.hooks.calls import Hooks


@dataclass
class Hub:
    """One running application: its settings, hooks, content types, plugins and languages.

    Fields are typed `Any` where their class lives in a higher room of the house (arrows point one way).
    """

    settings: Any
    hooks: Hooks
    types: Any = None
    plugins: Any = None
    languages: Any = None
    themes: Any = None
    page_words: frozenset[str] = frozenset()  # words after a list's address that are pages: no item may be called so
    shared: Any = None  # the Redis server, where there is one
    bucket: Any = None  # the S3-compatible store of pictures, where there is one
    jobs: dict[str, Any] = field(default_factory=dict)
    readers: dict[str, Any] = field(default_factory=dict)
    permissions: dict[str, Any] = field(default_factory=dict)
    declared_settings: dict[str, Any] = field(default_factory=dict)
    pinned: dict[str, Any] = field(default_factory=dict)  # settings that hub.toml or the environment fix
    setting_faults: dict[str, str] = field(default_factory=dict)  # what is wrong with those
    exporters: dict[str, Any] = field(default_factory=dict)  # shape → (plugin, Exporter)
    importers: dict[str, Any] = field(default_factory=dict)  # file ending → (plugin, Importer)


def hub() -> Hub:
    """The hub of the current application context."""
    return cast(Hub, current_app.extensions["hub"])
