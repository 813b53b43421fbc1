"""A block on one's own page and beside the form of an entry, the desk's page, settings, jobs."""

import sqlalchemy as sa
from flask_security.signals import user_registered

from hub.api import Block, ChangeReader, Job, NavItem, Setting, accounts, hookimpl, items, may, session, setting
from hub.api import lazy_gettext as _

from . import consents, documents, named, pages
from .models import Consent, Leaving


@hookimpl
def blueprints():
    return [pages.pages, pages.desk]


@hookimpl
def settings():
    return [
        Setting("days_to_leave", "int", 7, label=_("Days until an account is erased after its owner asked"), minimum=0, maximum=30),
        Setting("consent_days", "int", 1095, label=_("Days that a withdrawn consent stays on record"), minimum=1, maximum=4000),
        Setting("letter_days", "int", 30, label=_("Days that a sent letter stays in the outbox"), minimum=1, maximum=400),
        Setting("unconfirmed_days", "int", 14, label=_("Days that an account waits for its address to be confirmed"),
                minimum=2, maximum=400),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("documents", documents.seed, every=86_400),
        Job("erase", pages.erase_due, every=600),
        Job("retention", pages.forget_old, every=86_400),
    ]


@hookimpl
def navigation(slot, user):
    return [NavItem(_("Privacy"), "/desk/privacy/", order=80)] if slot == "desk" and may(user, "desk.people") else []


@hookimpl(optionalhook=True)
def consented(user, purpose):
    mine, content = consents.current(user).get(purpose), consents.document(purpose)
    return mine is not None and content is not None and mine.version == consents.version(content)


@hookimpl(optionalhook=True)
def consent_text(name, language):
    return consents.text(name, language)


@hookimpl(optionalhook=True)
def consent_link(user, purpose, language):
    return f"/{language}/privacy/withdraw/{accounts.signed('withdraw consent', user.id, purpose)}"


@hookimpl
def change_readers():
    return [ChangeReader("keep_out", named.keep_out)]


@hookimpl
def started(app):
    app.before_request(pages.no_account_without_consent)
    user_registered.connect(pages.consent_of_registration, app)


@hookimpl
def blocks(slot, user, subject):
    if slot == "register":
        return [Block("privacy/register.html")] if consents.document("processing") else []
    if slot == "edit" and user is not None and subject is not None and items.editable(subject, user):
        context = {"content": subject, "count": len(named.of(subject)), "open": len(named.unasked(subject))}
        return [Block("privacy/named_beside.html", context, order=80)]
    if slot == "person" and may(user, "desk.people") and subject != user:
        context = {"person": subject, "leaving": session().get(Leaving, subject.id), "days": setting("privacy.days_to_leave")}
        return [Block("privacy/person.html", context, order=80)]
    if slot != "account" or user is None:
        return []
    held, offered = consents.current(user), []
    for purpose, (slug, label) in consents.PURPOSES.items():
        if content := consents.document(purpose):
            mine = held.get(purpose)
            fresh = mine is not None and mine.version == consents.version(content)
            offered.append({"purpose": purpose, "slug": slug, "label": label, "mine": mine, "fresh": fresh})
    context = {"offered": offered, "leaving": session().get(Leaving, user.id), "word": accounts.signed("stay", user.id)}
    return [Block("privacy/account.html", context, order=90)]


@hookimpl
def user_exported(user):
    return pages.exported(user)


@hookimpl
def user_forgotten(session, user):
    named.forget(user)
    for table in (Consent, Leaving):
        session.execute(sa.delete(table).where(table.user_id == user.id))
