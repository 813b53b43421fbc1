"""Everything that waits for the person at the desk, over all plugins, the oldest first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.api import Block, Content, gather, gettext, items, may, ngettext, now, session


def block(user: Any) -> list[Block]:
    """The list for the desk's front page; none where nothing waits."""
    found = [line for _, lines in gather("waiting", user=user) for line in lines if line[2]]
    rows = [(label, url, number, age(since)) for label, url, number, since in sorted(found, key=lambda line: line[3])]
    return [Block("editor/waiting.html", {"waiting_lines": rows}, order=1)] if rows else []


def age(since: Any) -> str:
    """How long, in words."""
    days = (now() - since).days
    return ngettext("%(num)s day", "%(num)s days", days) if days > 0 else gettext("today")


def reviews(user: Any) -> list[tuple[Any, str, int, Any]]:
    """Entries that were sent to the editors, by kind."""
    if not may(user, "content.publish"):
        return []
    counted = sa.select(Content.kind, sa.func.count(), sa.func.min(Content.updated)).where(Content.status == "review")
    rows = {kind: (number, since) for kind, number, since in session().execute(counted.group_by(Content.kind))}
    return [
        (gettext("In review: %(kind)s", kind=ctype.plural), f"/desk/{ctype.path}/?status=review", *rows[ctype.kind])
        for ctype in items.types() if ctype.kind in rows
    ]  # fmt: skip
