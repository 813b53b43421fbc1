"""What saving gives to the hub: a button on entries, the page of what was saved, its script."""

import sqlalchemy as sa
from flask import Blueprint, url_for

from hub.api import Block, Content, Item, NavItem, hookimpl, items, session
from hub.api import lazy_gettext as _
from hub_saved import pages
from hub_saved.models import Saved


@hookimpl
def blueprints():
    public = Blueprint("saved", __name__)
    public.add_url_rule("/", "mine", pages.mine)
    public.add_url_rule("/", "save", pages.save, methods=["POST"])
    public.add_url_rule("/lines/", "lines", pages.lines)
    return [public]


@hookimpl
def navigation(slot, user):
    shown = slot == "footer" or (slot == "account" and user is not None)
    return [NavItem(_("Saved entries"), url_for("saved.mine", lang=items.speaking()), 30)] if shown else []


@hookimpl
def blocks(slot, user, subject):
    if not isinstance(subject, Item) or not subject.type.navigation or subject.status not in ("published", "archived"):
        return []
    if slot == "next":
        saved = pages.has(user, subject) if user else False
        return [Block("saved/next.html", {"item": subject, "saved": saved, "signed_in": user is not None}, order=80, elsewhere=True)]
    if slot == "head" and user is None:
        return [Block("saved/head.html", order=50)]
    return []


@hookimpl
def user_exported(user):
    rows = sa.select(Content.uid, Saved.at).join(Saved, Saved.content_id == Content.id).where(Saved.user_id == user.id)
    found = [{"entry": uid, "saved": at.isoformat()} for uid, at in session().execute(rows.order_by(Saved.at))]
    return {"saved entries": found} if found else None


@hookimpl
def user_forgotten(session, user):
    session.execute(sa.delete(Saved).where(Saved.user_id == user.id).execution_options(synchronize_session=False))
