"""What suggestions give to the hub: pages, the desk's queue, blocks, settings, jobs, the change reader, demo content."""

from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, url_for

from hub.api import (
    Block,
    ChangeReader,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    gettext,
    hookimpl,
    items,
    may,
    session,
)
from hub.api import lazy_gettext as _
from hub_suggest import byletter, desk, examples, follow, keeping, letters, pages, review, status, writing
from hub_suggest.models import OPEN, Entry


@hookimpl
def blueprints():
    public = Blueprint("suggest", __name__)
    public.add_url_rule("/", "start", pages.start)
    public.add_url_rule("/new/<path>/", "new", pages.new, methods=["GET", "POST"])
    public.add_url_rule("/item/<uid>/", "correct", pages.correct, methods=["GET", "POST"])
    public.add_url_rule("/s/<token>/", "open_status", status.open_link)
    public.add_url_rule("/status/<uid>/", "status", status.status, methods=["GET", "POST"])
    public.add_url_rule("/status/<uid>/edit/", "edit", status.edit, methods=["GET", "POST"])
    public.add_url_rule("/m/<token>/", "open_decision", byletter.open_link)
    public.add_url_rule("/decide/", "decide", byletter.decide, methods=["GET", "POST"])
    return [public, desk.make()]


@hookimpl
def permissions():
    return [Permission("moderate", _("Decide suggestions"), role="editor")]


@hookimpl
def settings():
    return [
        Setting("confirm", "bool", False, label=_("Senders without an account confirm their e-mail address"),
                hint=_("Then an address is needed, and what was not confirmed does not reach the queue.")),
        Setting("seconds", "int", 4, label=_("Seconds that a person needs at least for a form"), minimum=0, maximum=60,
                hint=_("What comes faster waits among the suspicious.")),
        Setting("links", "int", 3, label=_("Links that a text may hold"), minimum=0, maximum=100,
                hint=_("What holds more waits among the suspicious.")),
        Setting("per_hour", "int", 20, label=_("Suggestions from one address in an hour"), minimum=1, maximum=10_000),
        Setting("site_per_hour", "int", 200, label=_("Suggestions in an hour, all together"), minimum=1, maximum=1_000_000,
                hint=_("What is above waits among the suspicious; ten times as many are asked to come back later.")),
        Setting("mails", "choice", "daily", label=_("Mails to editors who have not chosen themselves"), choices=desk.MAILS),
        Setting("keep_days", "int", 365, label=_("Days after a decision until the sender's name and address are deleted"),
                minimum=1, maximum=3650),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("tell", letters.tell, label=_("Mails to editors about what has come in")),
        Job("daily", letters.daily, every=3600, label=_("The daily mail of what waits")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting spam and the names of senders in time")),
    ]


@hookimpl
def change_readers():
    return [ChangeReader("follow", follow.read)]


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "suggest.moderate"):
        return [NavItem(_("Suggestions"), url_for("suggest_desk.queue"), 10)]
    if slot == "propose" and user is None:
        lang = items.speaking()
        return [
            NavItem(c.label, url_for("suggest.new", lang=lang, path=c.path), kind=c.kind) for c in writing.offered()
        ]
    if slot == "footer" and user is None:
        return [
            NavItem(_("Suggest an entry without an account"), url_for("suggest.start", lang=items.speaking()), 10)
        ]
    return []


@hookimpl
def blocks(slot, user, subject):
    if (
        slot == "correct"
        and isinstance(subject, Item)
        and subject.status == "published"
        and writing.may_suggest(subject.type)
    ):
        return [Block("suggest/door.html", {"item": subject}, order=80)]
    if slot == "edit" and subject is not None and may(user, "suggest.moderate"):
        mine = (
            sa.select(Entry)
            .where(Entry.content_uid == subject.uid, Entry.state.in_(OPEN))
            .order_by(Entry.created)
            .limit(20)
        )
        waiting, steps = session().scalars(mine).all(), review.steps(content_uid=subject.uid, limit=20)
        context = {"suggest_waiting": waiting, "suggest_steps": steps}
        return [Block("suggest/history.html", context, order=80)] if waiting or steps else []
    if slot == "account" and may(user, "suggest.moderate"):
        return [Block("suggest/account.html", desk.mail_choice(), order=60)]
    return []


@hookimpl(optionalhook=True)
def pocket(language):
    """A device that opened a list, or the map, can suggest an entry without a network (hub_pocket sends it later)."""
    open_to_all = [c for c in items.types() if writing.allowed(c) == "anyone"]
    return {
        url_for("site.list", lang=language, path=c.path): [url_for("suggest.new", lang=language, path=c.path)]
        for c in open_to_all
    }


@hookimpl(optionalhook=True)
def waiting(user):
    return desk.waiting() if may(user, "suggest.moderate") else []


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    for kind in ("partner", "case"):
        load(Path(__file__).parent / "demo" / kind, kind)
    examples.wait(gettext("Example"))
