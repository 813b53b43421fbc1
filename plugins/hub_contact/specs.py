"""The hook that messages publish: other plugins lead to the page on which somebody writes to whoever keeps an entry."""

from __future__ import annotations

from typing import Any

from hub.api import hookspec


@hookspec(firstresult=True)
def message_page(content: Any, language: str) -> str | None:
    """The path of the page on which a reader writes to whoever keeps an entry, whose address is never shown; None where
    nobody is known to keep it or readers may not ask. content: a Content.

    Ask: `hub.api.ask("message_page", content=content, language="ru")`
    """
