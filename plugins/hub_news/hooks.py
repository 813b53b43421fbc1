"""What news give to the hub: the kind, pages, the desk's page of sources, jobs, commands, blocks, demo content."""

import re

import sqlalchemy as sa
from flask import Blueprint, request, url_for

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Item,
    Job,
    NavItem,
    Permission,
    Setting,
    current_user,
    gettext,
    hookimpl,
    items,
    level,
    may,
    ngettext,
    session,
    setting,
)
from hub.api import lazy_gettext as _
from hub_news import care, desk, examples, icons, pages, pictures, sources, stories, websub
from hub_news import commands as news_commands
from hub_news.kind import FEEDS, NEWS
from hub_news.models import Entry, Feed, Pin
from hub_news.reader import addresses, cleaning, running


@hookimpl
def content_types():
    return [NEWS]


@hookimpl
def blueprints():
    public, root = Blueprint("news", __name__), Blueprint("news_root", __name__)
    public.add_url_rule("/today", "today", pages.today)
    public.add_url_rule("/archive", "archive", pages.archive)
    public.add_url_rule("/archive/<int:year>/<int:month>", "month", pages.month)
    public.add_url_rule("/sources", "sources", pages.source_list)
    root.add_url_rule("/bot", "bot", pages.bot)
    root.add_url_rule("/<lang:lang>/bot", "bot", pages.bot)
    root.add_url_rule("/news-seen/<uid>.gif", "seen", pages.seen)
    root.add_url_rule("/news-icon/<int:number>-<mark>.png", "icon", icons.show)
    root.add_url_rule("/news-picture/<word>", "picture", pictures.show)
    root.add_url_rule("/news-push/<word>", "push", pages.push, methods=["GET", "POST"])
    return [public, root, desk.make()]


@hookimpl
def permissions():
    return [Permission("sources", _("Keep sources, hide and pin news"), role="editor")]


@hookimpl
def settings():
    return [
        Setting("keep_days", "int", 400, label=_("Days for which entries of feeds are kept"), minimum=30, maximum=3650,
                hint=_("What is pinned, linked or made an article of ours stays.")),
        Setting("write_to_publishers", "bool", True, label=_("Write to a partner whose feed has been silent for a week"),
                hint=_("One letter each time, to the e-mail address of the partner's entry.")),
        Setting("icons", "bool", True, label=_("Show the icons of sources"),
                hint=_("They are fetched seldom, made anew and served from here.")),
        Setting("pictures", "bool", False, label=_("Show the pictures of entries"),
                hint=_("They are fetched when somebody opens the entry, made anew and served from here. Ask the publishers first.")),
        Setting("picture_cache", "int", 200, label=_("Megabytes in which pictures of entries are kept"), minimum=10, maximum=100_000),
        Setting("push", "bool", True, label=_("Let hubs of sources tell us what is new (WebSub)"),
                hint=_("Only where this site's address begins with https://.")),
        Setting("hubs", "list", [], label=_("Hubs that are told of what is new here (WebSub)"), check=_fault_of_hubs,
                hint=_("One address a line. Readers who follow our feeds through them learn of it at once.")),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("fetch", running.run, every=60, label=_("Reading the sources that are due")),
        Job("tend", care.tend, every=3600, label=_("Looking after sources that have fallen silent")),
        Job("sum_up", care.sum_up, every=3600, label=_("Summing up how often news were read")),
        Job("search_again", care.search_again, every=3600, label=_("Looking for the new address of dead sources")),
        Job("icons", icons.fetch, every=3600, label=_("Fetching the icons of sources")),
        Job("tidy", pictures.tidy, every=3600, label=_("Keeping the pictures of entries within their limit")),
        Job("push", websub.subscribe, every=600, label=_("Asking hubs to tell us what is new")),
        Job("publish", websub.publish, label=_("Telling our hubs what is new here")),
        Job("expire", care.expire, every=86_400, label=_("Deleting old entries of feeds")),
    ]


@hookimpl
def commands():
    return [news_commands.add, news_commands.fetch, news_commands.import_opml]


@hookimpl
def change_readers():
    return [ChangeReader("partners", care.watch_partners), ChangeReader("hubs", websub.read)]


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "news.sources"):
        return [NavItem(_("Sources of news"), url_for("news_desk.sources"), 20)]
    return []


def _fault_of_hubs(lines):
    odd = [line[:120] for line in lines if not addresses.absolute(line)]
    return " ".join(gettext("“%(url)s” is not a web address: it begins with http:// or https://.", url=line) for line in odd[:5])


@hookimpl
def health():
    odd = [Check("hubs", "warning", wrong, _("WebSub hubs"))] if (wrong := _fault_of_hubs(setting("news.hubs"))) else []
    dead = session().scalar(sa.select(sa.func.count()).select_from(Feed).where(Feed.alive_asked.is_not(None))) or 0
    if dead:
        told = ngettext("%(num)s source has been silent for a week: see /desk/news/sources",
                        "%(num)s sources have been silent for a week: see /desk/news/sources", dead)  # fmt: skip
        return [Check("sources", "warning", told, _("Sources of news")), *odd]
    return [Check("sources", "ok", label=_("Sources of news")), *odd]


@hookimpl
def blocks(slot, user, subject):
    if slot == "home":
        newest = items.newest("news", 4)
        return [Block("news/home.html", {"items": newest}, order=50, title=_("News"))] if newest else []
    if slot == "item" and isinstance(subject, Item) and subject.kind == "partner":
        own = items.newest("news", 5, partner=subject.uid)
        return [Block("news/partner.html", {"items": own, "partner": subject}, order=30)] if own else []
    if slot == "item" and isinstance(subject, Item) and subject.kind == "news":
        return [Block("news/beside.html", {"item": subject, **about(subject)}, order=20)]
    if slot == "next" and isinstance(subject, Item) and subject.kind == "news":
        return [Block("news/next.html", {"item": subject}, order=20)]
    if slot == "desk" and may(user, "news.sources"):
        asked = (
            session()
            .scalars(sa.select(Feed).where(Feed.alive_asked.is_not(None)).order_by(Feed.alive_asked).limit(10))
            .all()
        )
        return [Block("news/desk.html", {"feeds": asked}, order=20)] if asked else []
    if slot == "edit" and subject is not None and may(user, "news.sources"):
        if subject.kind == "partner":
            lines = sources.lines(items.speaking(), partner_id=subject.id)
            return [Block("news/partner_edit.html", {"lines": lines, "subject": subject}, order=70)]
        if subject.kind == "news":
            entry = session().scalar(sa.select(Entry).where(Entry.content_id == subject.id))
            pinned = session().get(Pin, subject.id) is not None
            return [Block("news/edit.html", {"subject": subject, "entry": entry, "pinned": pinned}, order=70)]
    return []


def about(item):
    """What the page of an item shows beside it: its entry and source, who else tells it, how often it was read."""
    entry = session().scalar(sa.select(Entry).where(Entry.content_id == item.id))
    feed = session().get(Feed, entry.feed_id) if entry else None
    told = stories.others(item.id)
    shown = {i.id: i for i in items.load([c.id for _e, _f, c in told], item.asked, item.level)}
    others = [(f, shown[c.id]) for _e, f, c in told if c.id in shown]
    whole = entry.html if entry and feed and feed.full_text else ""
    return {
        "entry": entry, "feed": feed, "others": others, "reads": care.reads(item.id),
        "full": pictures.full_text(whole), "begun": cleaning.beginning(whole).startswith(item.summary.rstrip("…")),
        "picture": pictures.address(entry.image) if entry else "",
        "folded": item.status == "archived" and entry is not None and entry.main_id is not None,
    }  # fmt: skip


def pinned_items(language):
    """What stands above the river."""
    ids = session().scalars(sa.select(Pin.content_id).order_by(Pin.pinned.desc()).limit(5)).all()
    mine = level(current_user())
    return [i for i in items.load(list(ids), language, mine) if i.status == "published" and i.row.audience == "public"]


@hookimpl
def started(app):
    app.jinja_env.globals.update(
        news_pinned=pinned_items, news_about=about, news_days=pages.by_day, news_icon=icons.address, news_jsonld=pages.linked,
    )  # fmt: skip
    app.extensions["csrf"].exempt("hub_news.pages.push")  # hubs bring a signature in place of a form's token

    @app.after_request
    def name_hubs(response):
        if link := websub.link_header(request.path, request.query_string) if response.status_code == 200 else "":
            response.headers["Link"] = link
        return response

    app.jinja_env.tests["from_feed"] = lambda item: bool(re.match(FEEDS, item.row.origin))


@hookimpl
def demo(load):
    examples.load_all(load)
