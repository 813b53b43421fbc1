"""Consents: one document per purpose, its version, who agreed when and by which form, taken back at any time.

The documents are pages that editors may change; a version is the page's text as it was, so a changed text is a new version
and everybody is asked anew. What exactly was agreed to stays in the page's history.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import sqlalchemy as sa

from hub.api import Content, User, items, now, session
from hub.api import lazy_gettext as _

from .models import Consent

PURPOSES = {  # purpose → (slug of its document, what it is)
    "processing": ("consent-processing", _("processing of my data for my account")),
    "publication": ("consent-publication", _("publication of my name with what I write")),
    "mailing": ("consent-mailing", _("letters with news of the network")),
}


def document(purpose: str) -> Content | None:
    """The page that holds the text of a consent, or None where nobody has published it."""
    return published(PURPOSES[purpose][0])


def published(slug: str) -> Content | None:
    """The document of that name, or None where nobody has published it."""
    which = sa.select(Content).where(Content.kind == "page", Content.origin == "privacy", Content.external_id == slug)
    return session().scalar(which.where(Content.status == "published"))


def text(name: str, language: str) -> dict[str, str] | None:
    """See the hook `consent_text`."""
    content = published(f"consent-{name}")
    shown = items.load([content.id], language) if content is not None else []
    if content is None or not shown:
        return None
    return {"version": version(content), "title": shown[0].title, "body": shown[0].body, "url": shown[0].url}


def version(content: Content) -> str:
    """A name for the text as it is now: the day of its last change and the beginning of its hash."""
    texts = items.read(content)["texts"]
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:10]
    return f"{content.updated:%Y-%m-%d}-{digest}"


def current(user: User) -> dict[str, Consent]:
    """The consents that hold, by purpose."""
    rows = sa.select(Consent).where(Consent.user_id == user.id, Consent.withdrawn.is_(None)).order_by(Consent.id)
    return {row.purpose: row for row in session().scalars(rows)}


def give(user: User, purpose: str, language: str, form: str) -> Consent | None:
    """Record a consent to the text as it is now; None where there is no such text."""
    content = document(purpose)
    if content is None:
        return None
    withdraw(user, purpose)
    row = Consent(user_id=user.id, purpose=purpose, version=version(content), language=language, form=form)
    session().add(row)
    return row


def withdraw(user: User, purpose: str) -> None:
    """Take a consent back; that it was given stays on record."""
    mine = (Consent.user_id == user.id, Consent.purpose == purpose, Consent.withdrawn.is_(None))
    session().execute(sa.update(Consent).where(*mine).values(withdrawn=now()))


def counts() -> dict[str, tuple[int, int]]:
    """Purpose → (how many consents hold, how many were taken back)."""
    holds = sa.func.sum(sa.case((Consent.withdrawn.is_(None), 1), else_=0))
    rows = session().execute(sa.select(Consent.purpose, holds, sa.func.count()).group_by(Consent.purpose))
    return {purpose: (int(held), int(total - held)) for purpose, held, total in rows}


def forget_old(days: int) -> int:
    """Drop consents that were taken back longer ago than the law may ask about."""
    old = sa.delete(Consent).where(Consent.withdrawn < now() - dt.timedelta(days=days))
    return len(session().scalars(old.returning(Consent.id)).all())
