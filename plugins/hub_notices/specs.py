"""The hook that notices publish: other plugins bring a line for the weekly mail of a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api import hookspec


@hookspec
def digest_lines(user: Any, address: str, language: str) -> Sequence[tuple[str, str]]:  # type: ignore[empty-body]
    """Lines of the weekly mail of somebody who follows something: (a sentence, a path of this site); at most two are taken.

    user: the account, or None for a confirmed address without one. Note in the session at hand what was told, and never tell
    it again: the mail and the note are written in one transaction.
    Example: `return [(_("Two of your tools are asked for."), "/en/tools/mine/")]`
    """
