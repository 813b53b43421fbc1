"""Who may do what: deny by default; a role grants rights to itself and all above; objects by owner and author.

Lists are never filtered by asking per row: every row carries an audience, and a query compares it with `level`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES
from hub.people.accounts import ROLES, User
from hub.people.partners import Representative
from hub.store.db import session

CORE_PERMISSIONS = {
    "content.propose": "member",  # make a draft and send it to the editors
    "content.edit": "editor",
    "content.publish": "editor",
    "desk.settings": "admin",
    "desk.plugins": "admin",
    "desk.people": "admin",
}


def level(user: User | None) -> int:
    """What a user may see: 0 public, 1 members' too, 2 editors' too (administrators see no more than editors)."""
    return 0 if user is None else min(user.level, 2)


def audiences(user: User | None) -> tuple[str, ...]:
    """The audiences whose content this user may see."""
    return AUDIENCES[: level(user) + 1]


def may(user: User | None, permission: str, subject: Any = None) -> bool:
    """Whether the user has the permission (for the subject, where given). A failing plugin means no."""
    if user is None:
        return False
    answer = hub().hooks.ask("can", user=user, permission=permission, subject=subject)
    if answer is not None:
        return bool(answer)
    declared = hub().permissions.get(permission)
    role = declared.role if declared else CORE_PERMISSIONS.get(permission)
    return role is not None and user.level >= ROLES.index(role) + 1


def editable(user: User | None, rows: Any) -> sa.ColumnElement[bool]:
    """Which items a user may edit, as a condition on the content table (`rows` is its class), for lists and for one item.

    Editors: all. Members: what they wrote, until it is published. Representatives: their organisation and what it owns.
    Nobody: what lives at another hub.
    """
    if user is None:
        return sa.false()
    if may(user, "content.edit"):
        return ~rows.elsewhere
    if not may(user, "content.propose"):
        return sa.false()
    partners = sa.select(Representative.partner_id).where(Representative.user_id == user.id)
    own = sa.and_(rows.author_id == user.id, rows.status.in_(("draft", "review")))
    theirs = sa.and_(sa.or_(rows.id.in_(partners), rows.owner_id.in_(partners)), rows.status != "trash")
    return sa.and_(sa.or_(own, theirs), ~rows.elsewhere)


def may_edit(user: User | None, content: Any) -> bool:
    """Whether a user may edit an item: the condition of lists, asked of one."""
    rows = type(content)
    return session().scalar(sa.select(rows.id).where(rows.id == content.id, editable(user, rows))) is not None
