"""What claims give to the hub: pages, the desk's page, the mark on an organisation's page and beside its form, jobs."""

from hub.api import Block, Content, Item, Job, NavItem, Permission, gettext, hookimpl, may
from hub.api import lazy_gettext as _
from hub_claims import desk, keeping, pages


@hookimpl
def blueprints():
    return [pages.make(), desk.desk]


@hookimpl
def permissions():
    return [Permission("decide", _("Decide who speaks for an organisation"), role="editor")]


@hookimpl
def jobs():
    return [
        Job("look", keeping.look, label=_("Looking for the word on an organisation's site")),
        Job("tell", keeping.tell, label=_("Mails to editors about claims")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting old claims")),
    ]


@hookimpl
def navigation(slot, user):
    return [NavItem(_("Claims"), "/desk/claims/", 22)] if slot == "desk" and may(user, "claims.decide") else []


@hookimpl(optionalhook=True)
def waiting(user):
    number, since = keeping.waiting() if may(user, "claims.decide") else (0, None)
    return [(gettext("Claims to organisations"), "/desk/claims/", number, since)] if number else []


@hookimpl
def blocks(slot, user, subject):
    if slot == "account" and user is not None:
        claims = pages.of(user)
        return [Block("claims/account.html", {"claims": claims}, order=15)] if claims else []
    if (
        slot == "item"
        and isinstance(subject, Item)
        and subject.kind == keeping.ORGANISATION
        and subject.status == "published"
    ):
        return [
            Block("claims/mark.html", {"item": subject, "standing": subject.value("standing") or "listed"}, order=2)
        ]
    mine = slot == "edit" and isinstance(subject, Content) and subject.kind == keeping.ORGANISATION
    if mine and subject.status == "published" and may(user, "claims.decide"):
        return [Block("claims/beside.html", {"content": subject, "standing": subject.data.get("standing")}, order=25)]
    return []


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)
