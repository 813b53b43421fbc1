"""`hub.api.log`: the change log and its readers ("<plugin>.<reader>")."""

from __future__ import annotations

from hub.content import changes
from hub.hooks.parts import Change
from hub.store.db import session

__all__ = ["behind", "head", "reset", "run", "since"]


def behind(reader: str) -> int:
    """How many changes a reader has still to read."""
    return changes.behind(session(), reader)


def since(position: int, limit: int = 500) -> list[Change]:
    """What visitors may know of: public changes after a position, oldest first."""
    return changes.since(session(), position, limit, public_only=True)


def head(*, public: bool = False) -> int:
    """The newest change's number (0 in an empty log). public: of those that visitors may know of."""
    return changes.head(session(), public)


def reset(reader: str, position: int = 0) -> None:
    """Send a reader back to a position (0: it reads everything again)."""
    changes.reset(session(), reader, position)


def run(readers: list[str] | None = None) -> int:
    """Let readers (default: all) catch up now; answers how many changes were read."""
    return changes.run_readers(readers or ())
