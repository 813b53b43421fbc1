"""What the public's voice gives to the hub: pages, blocks, the kind "proposal", the desk's queue and reports."""

from pathlib import Path

from flask import Blueprint, Flask, url_for

from hub.api import Block, ChangeReader, Choice, Item, Job, NavItem, Permission, Setting, hookimpl, items, may
from hub.api import lazy_gettext as _
from hub_feedback import desk, examples, keeping, letters, notes, pages, showing, voices, wishes, year
from hub_feedback.proposal import PROPOSAL

MODERATION = (
    Choice("before", _("every text waits for a moderator")), Choice("visitors", _("texts of visitors wait, those of accounts appear")),
    Choice("after", _("texts appear at once; moderators read afterwards")),
)  # fmt: skip


@hookimpl
def content_types():
    return [PROPOSAL]


@hookimpl
def blueprints():
    public, both = Blueprint("feedback", __name__), ["GET", "POST"]
    public.add_url_rule("/new/", "new", wishes.new, methods=both)
    public.add_url_rule("/similar", "similar", wishes.similar)
    public.add_url_rule("/wishes/", "most", wishes.most)
    public.add_url_rule("/newest/", "newest", pages.newest)
    public.add_url_rule("/sent/", "sent_new", pages.sent)
    public.add_url_rule("/v/<token>/", "own", pages.own, methods=both)
    public.add_url_rule("/answer/<int:number>/", "answer", pages.answer, methods=both)
    public.add_url_rule("/report/<int:number>/", "report", pages.report, methods=both)
    public.add_url_rule("/<uid>/", "about", pages.about)
    public.add_url_rule("/<uid>/sent/", "sent", pages.sent)
    public.add_url_rule("/<uid>/notes/", "notes", notes.page)
    public.add_url_rule("/<uid>/rate/", "rate", pages.rate, methods=both)
    public.add_url_rule("/<uid>/comment/", "comment", pages.comment, methods=both)
    public.add_url_rule("/<uid>/vote/", "vote", pages.vote, methods=both)
    public.add_url_rule("/<uid>/note/", "note", pages.note, methods=both)
    return [public, desk.make()]


@hookimpl
def permissions():
    return [
        Permission("moderate", _("Moderate ratings, comments and wishes"), role="editor"),
        Permission("report", _("Read the organisers' reports"), role="editor"),
    ]


@hookimpl
def settings():
    return [
        Setting("rated", "kinds", ["case", "event", "initiative"], label=_("Kinds that can be rated")),
        Setting("commented", "kinds", ["case", "event", "initiative", "proposal"], label=_("Kinds that can be commented")),
        Setting("moderation", "choice", "visitors", label=_("When texts appear"), choices=MODERATION),
        Setting("flood", "int", 30, label=_("Comments on one page in an hour, after which it becomes quiet"), minimum=1, maximum=10_000),
        Setting("quiet_hours", "int", 6, label=_("Quiet hours after that, in which every text waits for a moderator"),
                minimum=1, maximum=168),
        Setting("seconds", "int", 3, label=_("Seconds that a person needs at least for a form"), minimum=0, maximum=60),
        Setting("links", "int", 2, label=_("Links that a text may hold before it waits for a moderator"), minimum=0, maximum=100),
        Setting("per_hour", "int", 30, label=_("Voices from one address in an hour"), minimum=1, maximum=10_000),
        Setting("keep_days", "int", 365, label=_("Days until the addresses kept for answers and wishes are deleted"),
                minimum=1, maximum=3650),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("remind", letters.remind, every=3600, label=_("The daily mail of voices that wait")),
        Job("tell_voters", letters.tell_voters, label=_("Telling voters that their wish came true")),
        Job(
            "forget",
            keeping.forget,
            every=86_400,
            label=_("Deleting what was never confirmed, spam, and addresses in time"),
        ),
    ]


@hookimpl
def change_readers():
    return [ChangeReader("follow", wishes.follow)]


@hookimpl
def started(app: Flask):
    app.jinja_env.globals.update(feedback_ballot=wishes.ballot)


@hookimpl
def navigation(slot, user):
    if slot != "desk":
        return []
    lines = [NavItem(_("Voices"), url_for("feedback_desk.queue"), 12)] if may(user, "feedback.moderate") else []
    if may(user, "feedback.report"):
        lines += [NavItem(_("Report on voices and reach"), url_for("feedback_desk.report"), 70)]
        lines += [NavItem(_("Year in one click"), url_for("feedback_desk.year"), 71)]
    return lines


@hookimpl
def blocks(slot, user, subject):
    if slot == "home":
        found = wishes.home()
        return [Block("feedback/home.html", found, order=55, title=_("What next?"))] if found else []
    if slot == "account" and user is not None:
        return [Block("feedback/account.html", pages.of(user), order=65)]
    if not isinstance(subject, Item) or subject.status != "published":
        return []
    shown = any(voices.asks_for(what, subject.kind) for what in ("rating", "comment", "vote"))
    wished = subject.inverse.get(("proposal", "became"), ())
    if slot == "next" and shown:
        return [Block("feedback/next.html", pages.offers(subject), order=20)]
    if slot == "item" and (shown or wished):
        numbers = showing.tallies([subject.id, *(end.id for end in wished)])
        context = {
            "item": subject,
            "tally": numbers[subject.id],
            "wished": wished,
            "chosen": wishes.chosen(subject, numbers),
        }
        return [Block("feedback/aside.html", {**context, "rated": voices.asks_for("rating", subject.kind)}, order=5)]
    if slot == "below" and shown:
        said, more = showing.threads(subject.id, per_page=3)
        return [Block("feedback/below.html", {**pages.context(subject), "threads": said, "more": more}, order=20)]
    return []


@hookimpl(optionalhook=True)  # published by imports: what an undo does not delete unasked
def left_at(contents):
    return keeping.left_at(contents)


@hookimpl(optionalhook=True)
def figures(period):
    return year.core_figures(period) + year.own_figures(period)


@hookimpl(optionalhook=True)
def waiting(user):
    return desk.waiting() if may(user, "feedback.moderate") else []


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    load(Path(__file__).parent / "demo" / "proposal", "proposal")
    examples.speak()
    items.commit()
