"""Who answers for an item, for mails that are passed on to them."""

from __future__ import annotations

import sqlalchemy as sa

from hub.content import document
from hub.content.model import Content
from hub.hooks.here import hub
from hub.people import partners
from hub.people.accounts import User
from hub.store.db import session


def keepers(content: Content) -> list[tuple[str, str]]:
    """(mail address, language or "") of those who answer for an item, never to be shown; empty where nobody is known.

    Its own address; else who represents the responsible organisation; else that one's address; else the address of the
    first item in its relations that has one; else, where a kind asks writers for an address, the account that wrote it.
    """
    if own := _address(content):
        return [(own, "")]
    home = session().get(Content, content.owner_id) if content.owner_id else None
    people = [n for c in (home, content) if c is not None for n in partners.representatives(c.id)]
    rows = session().scalars(sa.select(User).where(User.id.in_(people), User.active).order_by(User.id).limit(3))
    if found := [(user.email, user.language) for user in rows]:
        return found
    linked = document.read(session(), content).get("links", {})
    ctype = hub().types.get(content.kind)
    ends = [(r.to, uid) for r in (ctype.relations if ctype else ()) for uid in linked.get(r.name, [])[:5]]
    named = [end for kind, uid in ends if (end := _published(kind, uid)) is not None]
    if found := [(address, "") for end in [*filter(None, [home]), *named] if (address := _address(end))][:1]:
        return found
    asked = ctype is not None and any(f.type == "email" and f.writers for f in ctype.fields)
    writer = session().get(User, content.author_id) if asked and content.author_id else None
    return [(writer.email, writer.language)] if writer is not None and writer.active else []


def _address(content: Content) -> str:
    """What the first field for a mail address holds, whoever may read it."""
    ctype = hub().types.get(content.kind)
    fields = [f.name for f in ctype.fields if f.type == "email"] if ctype else []
    return next((str(content.data[name]) for name in fields if content.data.get(name)), "")


def _published(kind: str, uid: str) -> Content | None:
    return session().scalar(sa.select(Content).where(Content.kind == kind, Content.uid == uid, Content.status == "published"))
