"""Minors: where an event asks, a registration of somebody younger holds no place until a parent has agreed by a link of their own.

The link shows what is agreed to and works at any time: agreeing notes version, time and form; refusing, or taking it back later,
gives the place back and deletes what is kept of the child.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Content, Utc, ask, gettext, ngettext, now, session, setting
from hub_events import letters, links, times
from hub_events.models import Plan, Registration

DAYS = 14  # that a parent has for an answer


class Parent(Base):
    """The parent of who registered: asked, agreed (to which version of the text, by which form), took it back."""

    __tablename__ = "events_parent"
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("events_registration.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    version: Mapped[str] = mapped_column(sa.String(40), default="")
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    form: Mapped[str] = mapped_column(sa.String(120), default="")
    asked: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    given: Mapped[dt.datetime | None] = mapped_column(Utc)
    withdrawn: Mapped[dt.datetime | None] = mapped_column(Utc)


def read(form: Any, age: int, own: str) -> tuple[str, dict[str, str]]:
    """(a parent's address, or "" where nobody need be asked; faults) of the form of registration. own: the address of who registers."""
    if not age:
        return "", {}
    if form.get("age") not in ("of age", "minor"):
        return "", {"age": gettext("Say how old you are: this event asks.")}
    if form["age"] == "of age":
        return "", {}
    email = form.get("parent", "").strip().lower()
    if "@" not in email or "." not in email.rpartition("@")[2] or " " in email or len(email) > 254:
        return "", {"parent": gettext("This does not look like an e-mail address.")}
    if email == own:
        return "", {"parent": gettext("Write the address of a parent, not your own.")}
    return email, {}


def of(entry: Registration) -> Parent | None:
    """The parent who was named with a registration."""
    return session().get(Parent, entry.id)


def missing(entry: Registration) -> bool:
    """Whether a registration still needs a parent's yes."""
    parent = of(entry)
    return parent is not None and parent.given is None


def text(content: Content, language: str) -> tuple[list[str], Any, str]:
    """(sentences, the site's document or None, name of this version) of what a parent agrees to."""
    plan = session().get(Plan, content.id)
    said = [
        gettext("I am a parent or guardian of the child named above, who is younger than %(age)s, and agree that it takes part.",
                age=plan.minors_under if plan else 0),
        ngettext("The organisers may keep its name, address and answers for this event; they are deleted %(num)s day after it.",
                 "The organisers may keep its name, address and answers for this event; they are deleted %(num)s days after it.",
                 setting("events.keep_days")),
        gettext("I can take this back at any time by the same link: the place is then given back and these data are deleted."),
    ]  # fmt: skip
    document = ask("consent_text", name="minor", language=language)
    own = hashlib.sha256("\n".join(said).encode()).hexdigest()[:10]
    return said, document, f"{document['version']}+{own}" if document else own


def write(entry: Registration, content: Content) -> None:
    """The letter to the parent: who wants to come to what, and the link."""
    parent = of(entry)
    if parent is None or not parent.email:
        return
    with letters.speaking(entry.lang):
        title = letters.title_of(content, entry.lang)
        parts: list[letters.Part] = [
            title, times.when(content),
            gettext("%(name)s wants to come and has named you as a parent. There is a place only after you have agreed.", name=entry.name),
            (gettext("See what it is about, agree or refuse"), address(entry)),
            gettext("The link also takes your consent back, at any time. Without an answer everything is deleted after two weeks."),
        ]  # fmt: skip
        letters.post(parent.email, entry.lang, gettext("A parent’s consent is asked for: %(title)s", title=title), parts)


def address(entry: Registration) -> str:
    """The parent's own link."""
    return links.address(entry.lang, "parent", links.sign("parent", entry.uid))


def blank(which: sa.ColumnElement[bool]) -> None:
    """Forget the addresses of parents of these registrations; that they agreed stays."""
    theirs = Parent.registration_id.in_(sa.select(Registration.id).where(which))
    session().execute(sa.update(Parent).where(theirs).values(email="").execution_options(synchronize_session=False))


def exported(user: Any) -> list[dict[str, Any]]:
    """What is kept of somebody as a parent."""
    rows = sa.select(Parent, Registration.content_id).join(Registration, Registration.id == Parent.registration_id)
    return [
        {"event": session().get_one(Content, number).uid, "email": row.email, "version": row.version, "form": row.form,
         **{name: (day := getattr(row, name)) and day.isoformat() for name in ("asked", "given", "withdrawn")}}
        for row, number in session().execute(rows.where(Parent.email == user.email.lower()))
    ]  # fmt: skip


def forgotten(user: Any) -> None:
    """Somebody leaves: their address as a parent goes; that they agreed stays."""
    session().execute(sa.update(Parent).where(Parent.email == user.email.lower()).values(email="")
                      .execution_options(synchronize_session=False))  # fmt: skip


def unanswered() -> sa.ColumnElement[bool]:
    """Registrations whose parent has not answered in time."""
    return sa.and_(Registration.state == "asked", Registration.created < now() - dt.timedelta(days=DAYS))
