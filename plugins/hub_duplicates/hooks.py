"""What duplicates give to the hub: hints while typing, pairs and the merge tool in the desk, the reader that finds them."""

import sqlalchemy as sa
from flask import Blueprint, request

from hub.api import (
    Block,
    ChangeReader,
    Content,
    NavItem,
    Permission,
    Setting,
    gettext,
    hookimpl,
    items,
    may,
    render_page,
    session,
    setting,
)
from hub.api import lazy_gettext as _
from hub_duplicates import desk, finding
from hub_duplicates.models import Merge

TYPING = ("desk.new", "suggest.new")  # pages on which an entry is begun


@hookimpl
def blueprints():
    public = Blueprint("duplicates", __name__)
    public.add_url_rule("/like", "like", like)
    return [public, desk.desk]


def like(lang: str):
    """A piece of a page: what is there already under such a name; asked for while somebody types it."""
    ctype = items.type_at(request.args.get("path", ""))
    title = request.args.get("title", "")[:300]
    found = []
    if ctype is not None and ctype.kind in finding.kinds() and len(title.strip()) > 3:
        lat, _, lon = request.args.get("point", "").partition(",")
        try:
            point = {"lat": float(lat), "lon": float(lon)} if lon else {}
        except ValueError:
            point = {}
        place = {**point, "names": {lang: request.args.get("place", "")[:200]}}
        doc = {
            "texts": {lang: {"title": title}},
            "places": [place],
            "data": {"website": request.args.get("website", "")[:500]},
        }
        found = readable([number for number, _score in finding.like(ctype.kind, doc, limit=2 * finding.SHOWN)], lang)
    return render_page("duplicates/like.html", cache=False, found=found[: finding.SHOWN], type=ctype)


def readable(numbers, lang):
    """Those of the published entries that everybody may read: hints tell nothing else."""
    return [item for item in items.load(numbers, lang) if item.row.audience == "public"]


@hookimpl
def permissions():
    return [Permission("merge", _("Merge duplicates"), role="editor")]


@hookimpl
def settings():
    return [
        Setting("kinds", "kinds", ["partner", "initiative", "case"], label=_("Kinds of entries that are looked through for duplicates"))
    ]


@hookimpl
def change_readers():
    return [ChangeReader("pairs", finding.read, finding.restart)]


@hookimpl
def navigation(slot, user):
    return (
        [NavItem(_("Duplicates"), "/desk/duplicates/", 24)] if slot == "desk" and may(user, "duplicates.merge") else []
    )


@hookimpl(optionalhook=True)
def waiting(user):
    number, since = desk.waiting() if may(user, "duplicates.merge") else (0, None)
    return [(gettext("Entries that may be the same"), "/desk/duplicates/", number, since)] if number else []


@hookimpl(optionalhook=True)
def alike(kind, doc, language):
    if kind not in setting("duplicates.kinds"):
        return None
    return readable([number for number, _score in finding.like(kind, doc)], language)


@hookimpl
def blocks(slot, user, subject):
    if slot == "head" and request.endpoint in TYPING:
        return [Block("duplicates/head.html", order=50)]
    beside = (
        slot == "edit"
        and isinstance(subject, Content)
        and subject.kind in finding.kinds()
        and subject.status != "trash"
    )
    if (
        beside
        and may(user, "duplicates.merge")
        and (found := finding.like(subject.kind, items.read(subject), subject.id))
    ):
        shown = items.load([number for number, _score in found], items.speaking(), 2)
        return [Block("duplicates/beside.html", {"content": subject, "found": shown}, order=15)]
    return []


@hookimpl
def user_exported(user):
    number = session().scalar(sa.select(sa.func.count()).where(Merge.user_id == user.id))
    return {"merged entries": number} if number else {}


@hookimpl
def user_forgotten(session, user):
    session.execute(sa.update(Merge).where(Merge.user_id == user.id).values(user_id=None))
