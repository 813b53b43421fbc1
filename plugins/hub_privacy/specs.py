"""Hooks that this plugin publishes and answers: others ask before they write to people or show their names."""

from __future__ import annotations

from typing import Any

from hub.api import hookspec


@hookspec(firstresult=True)
def consented(user: Any, purpose: str) -> bool | None:
    """Does this person agree (purpose: processing, publication, mailing) to the text as it is now?

    Example: `if hub.api.ask("consented", user=user, purpose="mailing"): …`
    """


@hookspec(firstresult=True)
def consent_text(name: str, language: str) -> dict[str, str] | None:
    """A text that people agree to ("consent-<name>" among the site's documents): version, title, body, url; None without one.

    Example: `text = hub.api.ask("consent_text", name="minor", language="ru")`
    """


@hookspec(firstresult=True)
def consent_link(user: Any, purpose: str, language: str) -> str | None:
    """The path of a page on which a consent is taken back without signing in, for letters.

    Example: `path = hub.api.ask("consent_link", user=user, purpose="mailing", language="ru")`
    """
