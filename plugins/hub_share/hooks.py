"""What passing on gives to the hub: a text and a sign for every item, posts to channels, the desk's pages of them."""

import sqlalchemy as sa
from flask import Blueprint, url_for

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    gettext,
    hookimpl,
    may,
    session,
)
from hub.api import lazy_gettext as _
from hub_share import desk, keeping, pages, texts
from hub_share.models import Place, Post


@hookimpl
def blueprints():
    public = Blueprint("share", __name__)
    public.add_url_rule("/sign/<kind>/<uid>", "sign", pages.sign)
    return [public, desk.make()]


@hookimpl
def permissions():
    return [
        Permission("post", _("Decide on posts to channels"), role="editor"),
        Permission("places", _("Choose the channels to which the hub posts"), role="admin"),
    ]


@hookimpl
def settings():
    return [
        Setting("telegram_token", "secret", "", label=_("Telegram: token of the bot"),
                hint=_("From @BotFather. The bot must be an administrator of the channel.")),
        Setting("vk_token", "secret", "", label=_("VK: token"), hint=_("With the right “wall” for the community.")),
        Setting("pause", "int", 5, label=_("Minutes between two posts in one channel"), minimum=0, maximum=1440),
        Setting("telegram_api", "url", "https://api.telegram.org", label=_("Address of the Telegram API")),
        Setting("vk_api", "url", "https://api.vk.com", label=_("Address of the VK API")),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [Job("post", keeping.post, every=60, label=_("Posting what waits to the channels"))]


@hookimpl
def change_readers():
    return [ChangeReader("places", keeping.read)]


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "share.post"):
        return [NavItem(_("Posts to channels"), url_for("share_desk.posts"), 60)]
    return []


@hookimpl
def blocks(slot, user, subject):
    shown = isinstance(subject, Item) and subject.status == "published" and subject.row.audience == "public"
    if slot == "item" and shown and subject.type.navigation:
        return [Block("share/beside.html", {"posts": texts.texts(subject), "item": subject}, order=85)]
    if slot == "desk" and may(user, "share.post") and (number := desk.waiting()):
        return [Block("share/desk.html", {"number": number}, order=25)]
    if slot == "edit" and subject is not None and may(user, "share.post") and (lines := desk.beside(subject)):
        context = {"lines": lines, "subject": subject, "name": desk.name, "states": desk.STATES, "marks": desk.MARKS}
        return [Block("share/edit.html", context, order=75)]
    return []


@hookimpl
def health():
    checks = []
    for place in session().scalars(sa.select(Place).where(Place.state == "stopped").order_by(Place.id)):
        told = gettext("%(place)s takes no posts (%(why)s). Mend it, then go on with it at /desk/share/place/%(number)s/",
                       place=desk.name(place), why=place.error, number=place.id)  # fmt: skip
        checks.append(Check(f"place-{place.id}", "warning", told, desk.name(place)))
    unclear = session().scalar(sa.select(sa.func.count()).select_from(Post).where(Post.state == "unclear"))
    if unclear:
        told = gettext("Of %(count)s posts it is unclear whether they arrived: look at /desk/share/", count=unclear)
        checks.append(Check("unclear", "warning", told, gettext("Posts elsewhere")))
    return checks or [Check("places", "ok", label=gettext("Posts elsewhere"))]
