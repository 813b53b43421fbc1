"""The desk's page of sources at `/desk/news/sources`, and what editors do with single entries: hide, pin, promote, take apart."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_babel import format_datetime

from hub.api import Content, current_user, forms, gettext, items, needs, ngettext, now, render_page, session
from hub_news import commands, keeping, opml, sources, stories
from hub_news.kind import RUBRICS
from hub_news.models import Entry, Feed, Pin, Push

NEWEST = 5  # entries that a source's page names


def make() -> Blueprint:
    """The blueprint of the desk's pages."""
    desk = Blueprint("news_desk", __name__)
    desk.add_url_rule("/sources", "sources", page, methods=["GET", "POST"])
    desk.add_url_rule("/sources/opml", "opml", opml_out)
    desk.add_url_rule("/sources/<int:number>", "source", source, methods=["GET", "POST"])
    desk.add_url_rule("/sources/item/<uid>", "item", item, methods=["POST"])
    return desk


def _named(uid: str) -> str:
    """The title of the partner of that uid, else what was given."""
    partner = items.get("partner", uid) if uid else None
    shown = items.load([partner.id], items.speaking(), 2, drafts=True) if partner else []
    return shown[0].title if shown else uid


def _meant(before: int | None = None) -> tuple[Content | None, str]:
    """The partner that was typed (None where the field is empty), and what is wrong; before: the id of the one that stood there."""
    typed, stood = request.form.get("partner", "").strip(), session().get(Content, before) if before else None
    if not typed:
        return None, ""
    uid, why = forms.chosen("partner", typed, [stood.uid] if stood else [])
    return (items.get("partner", uid) if uid else None), why


def _page(code: int = 200, **context: Any) -> Any:
    defaults: dict[str, Any] = {
        "fault": "",
        "typed": "",
        "offered": [],
        "report": None,
        "partner": _named(request.values.get("partner", "")),
        "why": "",
    }
    return render_page(
        "news/sources_desk.html", cache=False, code=code, lines=sources.lines(items.speaking()), partners=forms.titles("partner"),
        **{**defaults, **context},
    )  # fmt: skip


@needs("news.sources")
def page() -> Any:
    """Every source with its state; adding one by its address or its site's, OPML in and out."""
    if request.method == "POST":
        return _opml_in() if request.form.get("do") == "opml" else _add()
    return _page()


def _add() -> Any:
    url, (partner, why) = request.form.get("url", "").strip(), _meant()
    if why:
        return _page(400, why=why, typed=url)
    try:
        added = keeping.add(url, partner_id=partner.id if partner else None)
    except keeping.Refused as error:
        return _page(400, fault=str(error), typed=url)
    if added.feed is None:
        return _page(offered=added.offered, typed=url)
    flash(gettext("Added: %(title)s.", title=added.feed.title), "ok")
    return redirect(url_for(".source", number=added.feed.id))


@needs("news.sources")
def opml_out() -> Response:
    """Every source as OPML."""
    feeds = session().scalars(sa.select(Feed).where(Feed.example.is_(False)).order_by(Feed.folder, Feed.title)).all()
    response = Response(opml.write(feeds, items.site()["name"]), mimetype="text/x-opml")
    response.headers["Content-Disposition"] = 'attachment; filename="sources.opml"'
    return response


def _opml_in() -> Any:
    """Take over the sources of an OPML file; rows that cannot be taken are reported."""
    sent = request.files.get("file")
    try:
        rows = opml.read(sent.read(opml.MAX_BYTES + 1) if sent else b"")
    except opml.NotOpml as error:
        return _page(400, report=(0, [(0, str(error))]))
    return _page(report=commands.take(rows))


@needs("news.sources")
def source(number: int) -> Any:
    """One source: what is wrong, whose it is; pause, fetch now, move, delete."""
    feed = session().get(Feed, number)
    if feed is None:
        abort(404)
    if request.method == "POST":
        return _act(feed, request.form.get("do", ""))
    return _source(feed)


def _source(feed: Feed, code: int = 200, why: str = "", lost: str = "") -> Any:
    """The page of a source. why: what is wrong with the partner that was typed; lost: with the new address."""
    own = sa.and_(Entry.feed_id == feed.id, Entry.content_id.is_not(None))
    newest = session().scalars(sa.select(Entry.content_id).where(own).order_by(Entry.dated.desc(), Entry.id.desc()).limit(NEWEST))
    partner = session().get(Content, feed.partner_id) if feed.partner_id else None
    return render_page(
        "news/source_desk.html", cache=False, code=code, feed=feed, line=sources.line(feed), partners=forms.titles("partner"),
        rubrics=RUBRICS, partner=request.form["partner"] if why else _named(partner.uid if partner else ""), why=why,
        lost=lost, moving=request.form.get("url", "") if lost else feed.offered_url or feed.moved_to,
        entries=session().scalar(sa.select(sa.func.count()).select_from(Entry).where(own)),
        newest=items.load([number for number in newest if number], items.speaking(), 2, drafts=True), push=session().get(Push, feed.id),
        topics=sorted(items.concepts(), key=lambda one: one.name(items.speaking())), language=items.speaking(),
    )  # fmt: skip


def _act(feed: Feed, what: str) -> Any:
    if what == "save":
        partner, why = _meant(feed.partner_id)
        known = {one.slug for one in items.concepts()}
        feed.topics = [slug for slug in request.form.getlist("topic") if slug in known][:10]
        feed.rubric = next((c.value for c in RUBRICS if c.value == request.form.get("rubric")), "")
        feed.full_text = request.form.get("full_text") == "1"
        if why:
            return _source(feed, 400, why)
        feed.partner_id = partner.id if partner else None
        flash(gettext("Saved. It holds for what comes from now on."), "ok")
    elif what == "pause":
        keeping.pause(feed)
        feed.alive_asked = None
    elif what == "resume":
        keeping.resume(feed)
        feed.alive_asked = None
    elif what == "alive":
        feed.alive_asked = None
        feed.failing_since = now() if feed.failing_since else None  # asked again after another week, not in an hour
        keeping.hurry(feed)
        flash(gettext("Noted: the source lives. It is asked again as planned."), "ok")
    elif what == "fetch":
        later = keeping.hurry(feed)
        if later is None:
            flash(gettext("It is asked within a minute."), "ok")
        else:
            when = format_datetime(later, "d MMMM, HH:mm")
            told = gettext("Not yet: it was asked a moment ago, or its server asks us to wait. Possible from %(when)s on.", when=when)
            flash(told, "warn")
    elif what == "move":
        try:
            keeping.move(feed, request.form.get("url", ""))
        except keeping.Refused as error:
            return _source(feed, 400, lost=str(error))
        flash(gettext("From now on it is read there."), "ok")
    elif what == "delete":
        gone = keeping.delete(feed)
        items.commit()
        flash(
            ngettext("The source and %(num)s entry are gone.", "The source and %(num)s entries are gone.", gone), "ok"
        )
        return redirect(url_for(".sources"))
    else:
        abort(400)
    items.touch()
    items.commit()
    return redirect(url_for(".source", number=feed.id))


@needs("news.sources")
def item(uid: str) -> Any:
    """Hide, pin, promote or take apart one item."""
    content = items.get("news", uid)
    if content is None:
        abort(404)
    entry = session().scalar(sa.select(Entry).where(Entry.content_id == content.id))
    what = request.form.get("do", "")
    if what == "pin" and content.status == "published":
        if session().get(Pin, content.id) is None:
            session().add(Pin(content_id=content.id))
        flash(gettext("It stands above the river now."), "ok")
    elif what == "unpin":
        session().execute(sa.delete(Pin).where(Pin.content_id == content.id))
    elif what == "hide" and entry is not None and content.status in ("published", "archived"):
        stories.succeed(entry)
        items.move(content, "trash")
        flash(gettext("Hidden. It lies in the trash and does not come back with the feed."), "ok")
    elif what == "apart" and entry is not None:
        stories.take_apart(entry)
    elif what == "promote" and entry is not None:
        return _promoted(content, entry)
    else:
        abort(400)
    items.touch()
    items.commit()
    return redirect(url_for("desk.edit", path="news", uid=content.uid))


def _promoted(content: Content, entry: Entry) -> Any:
    """A draft of an own article that starts from an entry and names it as its source."""
    doc, user = items.read(content), current_user()
    texts = {
        code: {"title": text["title"], "summary": text["summary"], "fields": {}} for code, text in doc["texts"].items()
    }
    draft = {
        "texts": texts, "topics": doc["topics"], "places": [], "links": doc["links"], "source_name": doc["source_name"],
        "source_url": doc["source_url"], "data": {**doc["data"], "origin": "own"},
    }  # fmt: skip
    made = items.create("news", draft, author_id=user.id if user else None)
    entry.promoted = True
    items.commit()
    flash(gettext("A draft of our own article, with its source. Write the rest in your own words."), "ok")
    return redirect(url_for("desk.edit", path="news", uid=made.uid))
