"""What notices give to the hub: pages, links to follow, a change reader, jobs, a block on one's own page."""

from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, request

from hub.api import Block, ChangeReader, Choice, Item, Job, Setting, hookimpl, items, session
from hub.api import lazy_gettext as _
from hub_notices import keeping, pages, sending, subjects
from hub_notices.models import Follow

WEEKDAYS = tuple(
    Choice(str(n), day) for n, day in enumerate(
        (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")), 1)
)  # fmt: skip


@hookimpl
def blueprints():
    public = Blueprint("notices", __name__)
    for rule, view in (("confirm", pages.confirm), ("mine", pages.mine), ("stop", pages.stop)):
        public.add_url_rule(f"/{rule}/<token>/", rule, view, methods=["GET", "POST"])
    public.add_url_rule("/mine/", "mine", pages.mine, methods=["GET", "POST"])
    public.add_url_rule("/follow/", "follow", pages.follow, methods=["GET", "POST"])
    return [public]


@hookimpl
def settings():
    return [Setting("weekday", "choice", "5", label=_("Day of the weekly mail"), choices=WEEKDAYS)]


@hookimpl
def jobs():
    return [
        Job("once", sending.once, label=_("Mails to those who want to hear at once")),
        Job("weekly", sending.weekly, every=3600, label=_("The weekly mails")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting what was not confirmed")),
    ]


@hookimpl
def change_readers():
    return [ChangeReader("news", sending.read, sending.restart)]


@hookimpl
def started(app):
    app.extensions["csrf"].exempt("hub_notices.pages.stop")  # mail programs unsubscribe by a bare POST (RFC 8058)


@hookimpl
def blocks(slot, user, subject):
    if slot == "next" and isinstance(subject, Item) and subject.status == "published" and subject.type.navigation:
        if subjects.of_item(subject):
            return [Block("notices/next.html", {"item": subject}, order=75)]
    elif slot == "follow":
        return [Block("notices/list.html", {"follow_query": _here()}, order=10)] if _here() else []
    elif slot == "account" and user is not None:
        follower = keeping.of_account(user)
        mine = sa.select(sa.func.count(Follow.id)).where(Follow.follower_id == (follower.id if follower else 0))
        number = session().scalar(mine) or 0
        return [Block("notices/account.html", {"follows": number}, order=55)]
    return []


def _here():
    """The query of the page of following for the list, search or topic that is shown."""
    given = request.view_args or {}
    if request.endpoint == "site.topic":
        return urlencode({"topic": given.get("slug", "")})
    path = given.get("path") if request.endpoint == "site.list" else "search"  # other pages list the whole site
    if not path or (path != "search" and items.type_at(path) is None):
        return ""
    pairs = list(request.args.items(multi=True))
    found = subjects.of_list(path, pairs)
    return (
        urlencode({"path": path, "query": found[0][1].partition("?")[2]}) if found and found[0][0] == "search" else ""
    )


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)
