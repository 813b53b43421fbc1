"""The hook that labs publish: a participant's transfer sheet may become an adaptation of the case it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api import hookspec


@hookspec(firstresult=True)
def transfer(sheet: Mapping[str, Any], do: bool) -> Any:
    """Take a sheet up as "we are adapting it". None where this is not yours to do.

    sheet: case (uid of the case), lang, user (who is signed in, or None), name, territory, works, hinders, first_step.
    do False: only asks whether it could be taken up now (anything true: the button is shown). do True: make the adaptation
    in the session at hand and answer the address where it stands, such as "/en/cases/apple-trees/"; labs commit.
    Example: `return url_of(adapt(sheet)) if do else sheet["user"] is not None`
    """
