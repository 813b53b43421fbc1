"""The hook that imports publish: what people have left at entries, so that an undo does not take it away unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.api import hookspec


@hookspec
def left_at(contents: Sequence[int]) -> Mapping[int, str]:
    """What people have left at these entries (their ids) that would be deleted with them, in words of the language of the
    moment; entries without any are left out. An undo leaves the others alone and says so.

    Example: `return {17: ngettext("%(num)s loan", "%(num)s loans", 3)}`
    """
    return {}
