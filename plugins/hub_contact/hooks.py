"""What messages give to the hub: pages, the desk's list, links on item pages, settings, jobs."""

from flask import Blueprint, url_for

from hub.api import (
    Block,
    Choice,
    Content,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    hookimpl,
    items,
    may,
    session,
    setting,
)
from hub.api import lazy_gettext as _
from hub_contact import desk, keeping, letters, pages

CONFIRM = (
    Choice("never", _("never")), Choice("holders", _("for questions to keepers of entries")), Choice("all", _("always")),
)  # fmt: skip
MAILS = (Choice("once", _("within five minutes")), Choice("daily", _("once a day")), Choice("off", _("no mails")))


@hookimpl
def blueprints():
    public = Blueprint("contact", __name__)
    public.add_url_rule("/", "write", pages.write, methods=["GET", "POST"])
    public.add_url_rule("/item/<uid>/", "ask", pages.ask, methods=["GET", "POST"])
    public.add_url_rule("/thanks/", "thanks", pages.thanks)
    public.add_url_rule("/confirm/<token>/", "confirm", pages.confirm, methods=["GET", "POST"])
    public.add_url_rule("/again/<token>/", "again", pages.again, methods=["GET", "POST"])
    return [public, desk.make()]


@hookimpl
def permissions():
    return [Permission("answer", _("Answer messages"), role="editor")]


@hookimpl
def settings():
    return [
        Setting("confirm", "choice", "holders", label=_("Senders without an account confirm their e-mail address"),
                choices=CONFIRM),
        Setting("holders", "bool", True, label=_("Readers may ask whoever keeps an entry"),
                hint=_("The question goes on by mail; no address is shown.")),
        Setting("address", "email", "", label=_("Mailbox of the editors"),
                hint=_("New messages are told to it, and answers to editors' mails go there. Empty: every editor gets a mail.")),
        Setting("mails", "choice", "once", label=_("Mails to editors about new messages"), choices=MAILS),
        Setting("seconds", "int", 4, label=_("Seconds that a person needs at least for a form"), minimum=0, maximum=60,
                hint=_("What comes faster waits among the suspicious.")),
        Setting("links", "int", 3, label=_("Links that a text may hold"), minimum=0, maximum=100,
                hint=_("What holds more waits among the suspicious.")),
        Setting("per_hour", "int", 10, label=_("Messages from one address in an hour"), minimum=1, maximum=10_000),
        Setting("keep_days", "int", 180, label=_("Days after which an answered or closed message is deleted"),
                minimum=1, maximum=3650),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("tell", letters.tell, label=_("Mails to editors about new messages")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting old messages in time")),
    ]


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "contact.answer"):
        return [NavItem(_("Messages"), url_for("contact_desk.messages"), 15)]
    if slot == "footer":
        return [
            NavItem(_("Write to the editors"), url_for("contact.write", lang=items.speaking()), 5)
        ]
    return []


@hookimpl
def blocks(slot, user, subject):
    if slot == "next" and isinstance(subject, Item) and subject.type.navigation and setting("contact.holders"):
        content = session().get(Content, subject.id)
        if subject.status == "published" and content is not None and items.keepers(content):
            return [Block("contact/next.html", {"item": subject}, order=70)]
    if slot == "item" and isinstance(subject, Item) and subject.kind == "page" and subject.slug == "contact":
        return [Block("contact/page.html", order=10)]
    return []


@hookimpl(optionalhook=True)
def waiting(user):
    return desk.waiting() if may(user, "contact.answer") else []


@hookimpl(optionalhook=True)
def message_page(content, language):
    known = setting("contact.holders") and content.status == "published" and items.keepers(content)
    return url_for("contact.ask", lang=language, uid=content.uid) if known else None


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)
