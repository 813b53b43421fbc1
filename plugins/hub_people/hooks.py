"""Pages for people and the desk, blocks beside an item's form, the address book of who was invited."""

import sqlalchemy as sa
from flask_security.signals import user_authenticated

from hub.api import (
    Block,
    Check,
    Content,
    Job,
    NavItem,
    User,
    accounts,
    current_user,
    gettext,
    hookimpl,
    may,
    session,
    writing,
)
from hub.api import lazy_gettext as _

from . import desk, invitations, letters, spare
from .models import Invitation


@hookimpl
def blueprints():
    return [desk.desk, invitations.pages()]


@hookimpl
def started(app):
    user_authenticated.connect(spare.told, app)


@hookimpl
def health():
    given_up = len(letters.undelivered(given_up=True))
    if not given_up:
        return [Check("outbox", "ok", label=gettext("Letters"))]
    told = gettext("Letters that could not be delivered: %(num)s. /desk/people/letters/ says which and why", num=given_up)
    return [Check("outbox", "warning", told, gettext("Letters"))]


@hookimpl
def jobs():
    return [Job("forget_invitations", _forget, every=86_400)]


def _forget():
    with writing():
        invitations.forget_old()
        session().commit()


@hookimpl
def navigation(slot, user):
    if slot != "desk" or not may(user, "desk.people"):
        return []
    return [NavItem(_("People"), "/desk/people/", order=30)]


@hookimpl
def blocks(slot, user, subject):
    if slot == "account" and user is not None and (lost := letters.returned(user.email)):
        return [Block("people/letters_account.html", {"why": letters.why(lost.error), "said": lost.error}, order=5)]
    if slot == "person" and subject is not None and (lost := letters.undelivered(subject.email)):
        return [Block("people/letters_person.html", {"count": len(lost), "person": subject})]
    if slot != "edit" or subject is None or not may(current_user(), "content.publish"):
        return []
    if subject.kind == desk.ORGANISATION:
        ids = accounts.representatives(subject.id)
        people = session().scalars(sa.select(User).where(User.id.in_(ids)).order_by(User.email)).all()
        waiting = [row for row in invitations.waiting() if row.partner_id == subject.id]
        return [Block("people/representatives.html", {"people": people, "waiting": waiting, "subject": subject})]
    owner = session().get(Content, subject.owner_id) if subject.owner_id else None
    return [Block("people/owner.html", {"owner": owner, "subject": subject, "choices": _choices()})]


def _choices():
    """Published organisations as (uid, title), for the list that the browser offers while typing."""
    ids = session().scalars(sa.select(Content.id).where(Content.kind == desk.ORGANISATION, Content.status == "published"))
    return sorted(((i.uid, i.title) for i in desk._titles(ids).values()), key=lambda pair: pair[1])[:500]


@hookimpl
def user_exported(user):
    rows = session().scalars(sa.select(Invitation).where(sa.func.lower(Invitation.email) == user.email.lower()))
    return {"invitations": [{"role": row.role, "created": row.created.isoformat()} for row in rows]}


@hookimpl
def user_forgotten(session, user):
    session.execute(sa.delete(Invitation).where(sa.func.lower(Invitation.email) == user.email.lower()))
    session.execute(sa.update(Invitation).where(Invitation.invited_by == user.id).values(invited_by=None))
