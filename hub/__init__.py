"""Hub: a small core on which city networks and cultural associations run their site, plugin by plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app(*args: Any, **kwargs: Any) -> Flask:
    """Make the Flask application; see `hub.app.create_app` (imported late, so that `import hub` stays light)."""
    from hub.app import create_app as make

    return make(*args, **kwargs)
