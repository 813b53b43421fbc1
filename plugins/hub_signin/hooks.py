"""Settings, buttons on the sign-in page, links on one's own page."""

import sqlalchemy as sa

from hub.api import Block, Setting, hookimpl, session
from hub.api import lazy_gettext as _

from . import pages, providers
from .models import Link


@hookimpl
def blueprints():
    return [pages.pages]


@hookimpl
def settings():
    return [
        Setting("oidc_issuer", "url", "", label=_("OpenID Connect: address of the issuer"),
                hint=_("Everything else is read from /.well-known/openid-configuration there.")),
        Setting("oidc_client", "str", "", label=_("OpenID Connect: client id")),
        Setting("oidc_secret", "secret", "", label=_("OpenID Connect: client secret")),
        Setting("oidc_label", "str", "", label=_("OpenID Connect: words on the button")),
        Setting("yandex_client", "str", "", label=_("Yandex ID: client id")),
        Setting("yandex_secret", "secret", "", label=_("Yandex ID: client secret")),
        Setting("vk_client", "str", "", label=_("VK ID: client id")),
        Setting("vk_secret", "secret", "", label=_("VK ID: client secret")),
    ]  # fmt: skip


@hookimpl
def blocks(slot, user, subject):
    if slot not in ("signin", "account") or not (known := providers.configured()):
        return []
    if slot == "signin":
        return [Block("signin/buttons.html", {"providers": known})]
    mine = set(session().scalars(sa.select(Link.provider).where(Link.user_id == user.id)))
    return [Block("signin/links.html", {"providers": known, "mine": mine}, order=20)]


@hookimpl
def user_exported(user):
    rows = session().scalars(sa.select(Link).where(Link.user_id == user.id))
    return {"links": [{"provider": r.provider, "subject": r.subject, "since": r.since.isoformat()} for r in rows]}


@hookimpl
def user_forgotten(session, user):
    session.execute(sa.delete(Link).where(Link.user_id == user.id))
