"""What an engine does for the plugin, whichever it is. Chosen by the setting `search.engine`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hub.api import Change, SearchPage, SearchQuery

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Status:
    """What there is to know about the index. problem: empty, or why it cannot be used."""

    documents: int = 0
    segments: int = 0
    position: int = 0
    problem: str = ""


class Engine(Protocol):
    """Follows the change log, answers queries and suggestions; what it keeps can be made anew at any time."""

    def answer(self, query: SearchQuery, pins: tuple[int, ...] = ()) -> SearchPage | None:
        """Answer a query (pins: content ids that come first); None where there is no usable index. Any text will do."""

    def suggest(self, text: str, language: str, level: int, kinds: Sequence[str] = (), limit: int = 8) -> list[int]:
        """Content ids of visible items whose titles go on from the text."""

    def status(self) -> Status:
        """How the index is, without raising."""

    def kinds(self) -> list[str]:
        """The kinds of the items in it."""

    def refresh(self) -> None:
        """Let the next question see what was committed until now."""

    def read(self, changes: Sequence[Change]) -> None:
        """Bring the items of a batch of changes up to date; doing it twice does no harm."""

    def restart(self) -> None:
        """Begin again with an empty index: the log is about to be read from zero."""

    def tidy(self) -> int:
        """Mend the difference between index and database; answers how many items it concerned."""

    def rebuild(self, progress: Progress = lambda done: None) -> int:
        """Make the index anew while searching goes on; answers how many documents it holds."""


class Missing:
    """Stands for an engine that cannot be had here: answers nothing, so that core matches plainly, and says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def answer(self, query: SearchQuery, pins: tuple[int, ...] = ()) -> SearchPage | None:
        return None

    def suggest(self, text: str, language: str, level: int, kinds: Sequence[str] = (), limit: int = 8) -> list[int]:
        return []

    def status(self) -> Status:
        return Status(problem=self._why)

    def kinds(self) -> list[str]:
        return []

    def refresh(self) -> None: ...

    def read(self, changes: Sequence[Change]) -> None: ...

    def restart(self) -> None: ...

    def tidy(self) -> int:
        return 0

    def rebuild(self, progress: Progress = lambda done: None) -> int:
        return 0
