"""The life of a claim: made, confirmed, proved or decided; what becomes of the organisation's standing; letters; forgetting."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import sqlalchemy as sa

from hub.api import (
    Content,
    User,
    accounts,
    content_type,
    current_user,
    enqueue,
    items,
    level,
    may,
    now,
    session,
    writing,
)
from hub.api import lazy_gettext as _
from hub_claims import proof
from hub_claims.models import UNDECIDED, Claim

ORGANISATION = "partner"
UNCONFIRMED, KEPT = dt.timedelta(days=14), dt.timedelta(days=180)


def organisation(uid: str) -> Content | None:
    """The published organisation of this uid, where whoever asks may read it."""
    content = items.get(ORGANISATION, uid) if content_type(ORGANISATION) is not None else None
    if content is None or content.status != "published":
        return None
    return content if items.AUDIENCES.index(content.audience) <= level(current_user()) else None


def path_word() -> str:
    """The address word of organisations."""
    ctype = content_type(ORGANISATION)
    return ctype.path if ctype else ""


def website(content: Content) -> str:
    """The address of its site, or ""."""
    return str(content.data.get("website") or "")


def make(content: Content, email: str, name: str, note: str, way: str, language: str, user: User | None) -> Claim:
    """Begin a claim; a letter to the address asks to confirm it. An earlier one of the same address that waits ends."""
    mine = sa.and_(Claim.content_id == content.id, sa.func.lower(Claim.email) == email.lower())
    session().execute(sa.delete(Claim).where(mine, Claim.state.in_(UNDECIDED)))
    claim = Claim(content_id=content.id, email=email, name=name, note=note, way=way, language=language)
    claim.user_id, claim.word = user.id if user else None, secrets.token_urlsafe(18)
    session().add(claim)
    session().flush()
    path = f"/{language}/claims/c/{accounts.signed('claim', claim.id, claim.word)}"
    accounts.write(
        email, language, "claims/confirm", _("Is this your organisation?"), path=path, title=title(content, language),
        by=user.email if user and user.email.lower() != email.lower() else "",
    )  # fmt: skip
    return claim


def title(content: Content, language: str) -> str:
    """Its name in a language."""
    found = items.load([content.id], language, 2)
    return found[0].title if found else ""


def claimant(claim: Claim) -> User | None:
    """Whose claim it is, where they have an account."""
    return session().get(User, claim.user_id) if claim.user_id else accounts.find_user(session(), claim.email)


def confirm(claim: Claim) -> tuple[User, bool]:
    """The address is theirs: they get an account where they have none; answers it, and whether it is new.

    An address at the organisation's own domain decides the claim at once, anything else is looked at.
    """
    user = claimant(claim)
    new = user is None
    if user is None:
        user = accounts.add_user(session(), claim.email, None, "member", claim.name)
        user.language = claim.language
    if user.email.lower() == claim.email.lower():
        accounts.prove_address(user)
    content = session().get(Content, claim.content_id)
    claim.user_id, claim.state = user.id, "open"
    if content is not None and proof.by_mail(website(content), claim.email):
        claim.way = "mail"
        verify(claim)
    elif content is not None:
        stand(content)
        if claim.way == "site":
            enqueue(session(), "claims.look", number=claim.id)
        else:
            claim.way = "editor"
            enqueue(session(), "claims.tell", dedupe="claims.tell")
    return user, new


def verify(claim: Claim, by: User | None = None) -> None:
    """It is true: whoever claimed represents the organisation, and readers see that it speaks for itself."""
    content, user = session().get(Content, claim.content_id), session().get(User, claim.user_id or 0)
    if content is None or user is None:
        return
    before = [session().get(User, number) for number in accounts.representatives(content.id)]
    _decide(claim, "verified", by)
    accounts.appoint(user, content.id)
    stand(content, "verified")
    path = f"/desk/{path_word()}/{content.uid}"
    _write(user, claim, content, "verified", _("You look after the entry of your organisation now"), path)
    for other in before:
        if other is not None and other.id != user.id and other.active:
            _write(
                other, claim, content, "colleague", _("One more person speaks for your organisation"), path, who=user
            )


def refuse(claim: Claim, reason: str, by: User | None = None) -> None:
    """It is not so, or could not be seen."""
    content, user = session().get(Content, claim.content_id), session().get(User, claim.user_id or 0)
    _decide(claim, "refused", by)
    claim.reason = reason
    if content is not None:
        stand(content)
        if user is not None:
            path = f"/{claim.language}/claims/{content.uid}/"
            _write(user, claim, content, "refused", _("Your claim to an organisation"), path)


def withdraw(claim: Claim) -> None:
    """They do not claim it any more."""
    content = session().get(Content, claim.content_id)
    _decide(claim, "withdrawn", None)
    if content is not None:
        stand(content)


def stand(content: Content, standing: str | None = None) -> None:
    """Say how an organisation stands: verified stays, else claimed as long as somebody's claim is looked at."""
    if standing is None and content.data.get("standing") == "verified":
        return
    session().flush()
    waits = session().scalar(sa.select(Claim.id).where(Claim.content_id == content.id, Claim.state == "open").limit(1))
    standing = standing or ("claimed" if waits else "")
    if content.data.get("standing", "") != standing:
        items.mark(content, "standing", standing or None)


def unverify(content: Content) -> None:
    """The mark goes; who represents the organisation is for people's own page."""
    items.mark(content, "standing", None)
    stand(content)


def _decide(claim: Claim, state: str, by: User | None) -> None:
    claim.state, claim.decided, claim.decided_by = state, now(), by.id if by else None


def _write(
    user: User, claim: Claim, content: Content, what: str, subject: Any, path: str, who: User | None = None
) -> None:
    language = user.language or claim.language
    accounts.write(
        user.email, language, "claims/letter", subject, what=what, path=path, title=title(content, language),
        reason=claim.reason, who=who, user=user,
    )  # fmt: skip


# -- jobs ----------------------------------------------------------------------------------------------------------------


def look(number: int) -> None:
    """Look at the organisation's site whether the word stands there; what is asked of others holds no transaction."""
    claim = session().get(Claim, number)
    content = session().get(Content, claim.content_id) if claim else None
    if claim is None or content is None or claim.state != "open" or not proof.can_carry(website(content)):
        return
    address, word = website(content), claim.word
    session().rollback()
    seen = proof.on_site(address, word)
    with writing():
        claim = session().get(Claim, number, with_for_update=True, populate_existing=True)
        if claim is not None and claim.state == "open":
            claim.seen = seen
            if seen == "found":
                verify(claim)
        items.commit()


def tell() -> None:
    """Editors hear that claims wait for them."""
    with writing():
        session().rollback()
        number = waiting()[0]
        role = User.roles.property.mapper.class_
        some = sa.select(User).where(User.active, User.roles.any(role.name.in_(("editor", "admin"))))
        for user in session().scalars(some) if number else ():
            if may(user, "claims.decide"):
                accounts.write(user.email, user.language, "claims/letter", _("A claim to an organisation waits"),
                               what="waits", path="/desk/claims/", number=number, user=user)  # fmt: skip
        session().commit()


def waiting() -> tuple[int, dt.datetime | None]:
    """How many claims an editor has to decide, and since when the oldest waits."""
    mine = sa.select(sa.func.count(), sa.func.min(Claim.created)).where(Claim.state == "open", Claim.way == "editor")
    row = session().execute(mine).one()
    return row[0], row[1]


def forget() -> None:
    """Unconfirmed claims go after a fortnight, decided ones after half a year: what they led to stays."""
    with writing():
        session().rollback()
        old = sa.or_(
            sa.and_(Claim.state == "sent", Claim.created < now() - UNCONFIRMED),
            sa.and_(Claim.state.not_in(UNDECIDED), Claim.decided < now() - KEPT),
        )
        session().execute(sa.delete(Claim).where(old))
        session().commit()


# -- one person's own ----------------------------------------------------------------------------------------------------


def exported(user: User) -> dict[str, Any]:
    """A person's claims, for their own copy."""
    rows = session().scalars(_of(user))
    return {
        "claims": [
            {"state": c.state, "way": c.way, "email": c.email, "note": c.note, "created": c.created.isoformat()}
            for c in rows
        ]
    }


def forgotten(db: Any, user: User) -> None:
    """A person's claims go with them."""
    for claim in db.scalars(_of(user)):
        db.delete(claim)
    db.execute(sa.update(Claim).where(Claim.decided_by == user.id).values(decided_by=None))


def _of(user: User) -> Any:
    return sa.select(Claim).where(sa.or_(Claim.user_id == user.id, sa.func.lower(Claim.email) == user.email.lower()))
