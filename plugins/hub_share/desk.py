"""The desk's pages at /desk/share/: what waits for a decision, the places, one place with its preview, one post."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import Content, content_type, current_user, gettext, items, may, needs, now, render_page, session
from hub.api import lazy_gettext as _
from hub_share import keeping, networks
from hub_share.models import Place, Post

NETWORKS = {"telegram": "Telegram", "vk": "VK"}
TABS = {"open": ("asked", "unclear", "failed"), "waiting": ("waiting", "sending"), "sent": ("sent",), "left": ("left",)}
STATES = {
    "asked": _("waits for your decision"), "waiting": _("goes out next"), "sending": _("is being sent"), "sent": _("posted"),
    "unclear": _("unclear whether it arrived"), "failed": _("refused by the network"), "left": _("not posted"),
}  # fmt: skip
MARKS = {
    "asked": "warn",
    "unclear": "err",
    "failed": "err",
    "sent": "ok",
    "waiting": "ok",
    "sending": "ok",
    "left": "off",
}
PER_PAGE, LONGEST = 50, 3500


def make() -> Blueprint:
    """The desk's pages."""
    desk, editor, keeper = Blueprint("share_desk", __name__), needs("share.post"), needs("share.places")
    desk.add_url_rule("/", "posts", editor(posts))
    desk.add_url_rule("/post/<int:number>/", "post", editor(post), methods=["GET", "POST"])
    desk.add_url_rule("/item/<kind>/<uid>", "item", editor(item), methods=["POST"])
    desk.add_url_rule("/place/", "new", keeper(new), methods=["GET", "POST"])
    desk.add_url_rule("/place/<int:number>/", "place", keeper(place), methods=["GET", "POST"])
    return desk


def waiting() -> int:
    """How many posts wait for a person."""
    return session().scalar(sa.select(sa.func.count()).select_from(Post).where(Post.state.in_(TABS["open"]))) or 0


def name(place: Place) -> str:
    """A place as people call it."""
    return f"{NETWORKS[place.network]} · {place.channel}"


def posts() -> ResponseReturnValue:
    """The posts of one tab, oldest first where somebody has to decide, and the places."""
    tab = request.args.get("state", "open")
    tab = tab if tab in TABS else "open"
    order = (Post.id,) if tab in ("open", "waiting") else (Post.id.desc(),)
    rows = session().execute(
        sa.select(Post, Place).join(Place, Place.id == Post.place_id)
        .where(Post.state.in_(TABS[tab])).order_by(*order).limit(PER_PAGE)
    ).all()  # fmt: skip
    titles = {one.id: one for one in items.load([row.content_id for row, _ in rows], items.speaking(), 2, drafts=True)}
    counted = dict(session().execute(sa.select(Post.state, sa.func.count()).group_by(Post.state)).all())
    return render_page(
        "share/posts.html", cache=False, tab=tab, rows=rows, items=titles, states=STATES, marks=MARKS, place_name=name,
        counts={key: sum(counted.get(state, 0) for state in states) for key, states in TABS.items()},
        places=session().scalars(sa.select(Place).order_by(Place.id)).all(), keeps=may(current_user(), "share.places"),
    )  # fmt: skip


def post(number: int) -> ResponseReturnValue:
    """One post as it will look; POST decides."""
    row = session().get(Post, number) or abort(404)
    where = session().get_one(Place, row.place_id)
    if request.method == "GET":
        return _post_page(row, where)
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    what = request.form.get("do", "")
    if what == "post" and len(text) > LONGEST:
        fault = gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(text), limit=LONGEST)
        return _post_page(row, where, 422, fault, text)
    if what == "post" and keeping.item_of(row, where) is None:
        return _post_page(row, where, 409, gettext("The entry is no longer public; it cannot be posted."), text)
    session().refresh(row, with_for_update=True)
    if not keeping.decide(row, what, text):
        session().rollback()
        return _post_page(
            session().get_one(Post, number), where, 409, gettext("This step is not possible any more."), text
        )
    session().commit()
    said = gettext("It goes out within a minute, after those before it.") if what == "post" else gettext("Done.")
    flash(said, "ok")
    return redirect(url_for("share_desk.posts"))


def _post_page(row: Post, where: Place, code: int = 200, fault: str = "", typed: str = "") -> ResponseReturnValue:
    found = items.load([row.content_id], where.lang, 2, drafts=True)
    return render_page(
        "share/post.html", cache=False, code=code, post=row, place=where, place_name=name(where), fault=fault,
        item=found[0] if found else None, text=typed or keeping.words(row, where), states=STATES, marks=MARKS, longest=LONGEST,
    )  # fmt: skip


def item(kind: str, uid: str) -> ResponseReturnValue:
    """Prepare a post of an item by hand."""
    content = items.get(kind, uid)
    where = session().get(Place, request.form.get("place", 0, type=int))
    if content is None or where is None:
        abort(404)
    found = items.load([content.id], where.lang)
    if not found or not keeping.postable(found[0], where.lang):
        flash(gettext("Only what is public in the language of the channel can be posted there."), "warn")
        return redirect(url_for("desk.edit", path=(content_type(kind) or abort(404)).path, uid=uid))
    row = keeping.put(where, found[0])
    session().commit()
    return redirect(url_for("share_desk.post", number=row.id))


def _typed() -> dict[str, Any]:
    form = request.form
    known = {one.slug for one in items.concepts()}
    return {
        "network": form.get("network", ""), "channel": form.get("channel", ""), "lang": form.get("lang", ""),
        "kinds": [t.kind for t in items.types() if t.kind in form.getlist("kind")],
        "topics": [slug for slug in form.getlist("topic") if slug in known][:50],
        "borrowed": form.get("borrowed") == "1", "asks": form.get("asks") == "1",
    }  # fmt: skip


def _faults(typed: dict[str, Any], own: int = 0) -> dict[str, str]:
    faults = {}
    if typed["network"] not in NETWORKS:
        faults["network"] = gettext("Choose a network.")
    if typed["lang"] not in items.site()["languages"]:
        faults["lang"] = gettext("Choose a language.")
    try:
        typed["channel"] = networks.channel(typed["network"], typed["channel"])
    except ValueError as error:
        faults["channel"] = str(error)
    same = sa.select(Place.id).where(*(getattr(Place, part) == typed[part] for part in ("network", "channel", "lang")))
    if not faults and session().scalar(same.where(Place.id != own)):
        faults["channel"] = gettext("This channel is here already in this language.")
    return faults


def _place_page(found: Place | None, typed: dict[str, Any], faults: dict[str, str]) -> ResponseReturnValue:
    counted = sa.select(sa.func.count()).select_from(Post)
    return render_page(
        "share/place.html", cache=False, code=422 if faults else 200, place=found, typed=typed, faults=faults,
        networks=NETWORKS, kinds=[t for t in items.types() if t.navigation], name=name(found) if found else "",
        topics=sorted(items.concepts(), key=lambda one: one.name(items.speaking())), language=items.speaking(),
        sample=keeping.preview(found) if found else [], address=networks.address(found.network, found.channel) if found else "",
        sent=session().scalar(counted.where(Post.place_id == found.id, Post.state == "sent")) if found else 0,
    )  # fmt: skip


def new() -> ResponseReturnValue:
    """A new place. What was published before it is never posted there by itself."""
    if request.method == "GET":
        typed = {
            "network": "telegram",
            "channel": "",
            "lang": items.site()["languages"][0],
            "kinds": [],
            "topics": [],
            "borrowed": False,
            "asks": True,
        }
        return _place_page(None, typed, {})
    typed = _typed()
    if faults := _faults(typed):
        return _place_page(None, typed, faults)
    made = Place(**typed)
    session().add(made)
    session().commit()
    flash(gettext("Added. Below is what would be posted there; what comes from now on is."), "ok")
    return redirect(url_for("share_desk.place", number=made.id))


def place(number: int) -> ResponseReturnValue:
    """One place: what is posted there, a preview, off and on, delete."""
    found = session().get(Place, number) or abort(404)
    fields = ("network", "channel", "lang", "kinds", "topics", "borrowed", "asks")
    if request.method == "GET":
        return _place_page(found, {part: getattr(found, part) for part in fields}, {})
    what = request.form.get("do", "")
    if what == "save":
        typed = _typed()
        if faults := _faults(typed, number):
            return _place_page(found, typed, faults)
        for part in fields:
            setattr(found, part, typed[part])
        flash(gettext("Saved. It holds for what comes from now on."), "ok")
    elif what == "off":
        found.state = "off"
    elif what == "on":
        found.state, found.error, found.next_at = "on", "", now()
    elif what == "delete":
        session().delete(found)
        session().commit()
        flash(gettext("The channel is removed here. What was posted stays there."), "ok")
        return redirect(url_for("share_desk.posts"))
    else:
        abort(400)
    session().commit()
    return redirect(url_for("share_desk.place", number=number))


def beside(subject: Content) -> list[tuple[Place, Post | None]]:
    """For the form of an item: every place and the post there; nothing where the item is not public."""
    public = subject.status == "published" and subject.audience == "public"
    return keeping.of_item(subject.id) if public else []
