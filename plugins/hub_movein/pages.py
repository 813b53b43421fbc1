"""/desk/movein/: an address becomes a draft; the way in for a WordPress export; what of it leads on from old addresses."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for

from hub.api import (
    Content,
    Faults,
    NetError,
    content_type,
    current_user,
    fetch,
    gettext,
    items,
    may,
    needs,
    render_page,
    session,
)

from . import addresses, drafting, finding
from .finding import Found, NothingThere

LARGEST = 4_000_000  # bytes of a page, calendar or feed
PICTURE = 8_000_000


def make() -> Blueprint:
    """The pages below /desk/movein/, and the look at addresses that are none of ours."""
    pages = Blueprint("movein_desk", __name__)
    editor = needs("content.edit")
    pages.add_url_rule("/", "home", editor(home))
    pages.add_url_rule("/draft", "draft", editor(draft), methods=["POST"])
    pages.before_app_request(addresses.lead_on)
    return pages


def home(fault: str = "", found: list[Found] | None = None, known: Content | None = None) -> Any:
    """The form, with what was found where there is a choice."""
    language = items.speaking()
    return render_page(
        "movein/home.html", cache=False, code=422 if fault else 200, fault=fault, found=[(_mark(one), one) for one in found or []],
        known=known, kinds=items.types(), address=request.form.get("address", ""), kind=request.form.get("kind", ""),
        content_type=content_type, may_import=may(current_user(), "transfer.use"), moved=addresses.newest(language),
        count=addresses.count(),
    )  # fmt: skip


def draft() -> Any:
    """Fetch the address; make a draft of it, or offer what a calendar or feed holds."""
    user = current_user()
    number = user.id if user else None
    address = request.form.get("address", "").strip()
    if "." in address and "://" not in address:  # a word is nobody's server
        address = f"https://{address}"
    if not re.fullmatch(r"https?://[^\s/]+\S*", address) or len(address) > 2000:
        return home(gettext("Write an address that begins with https:// or http://."))
    session().rollback()  # no transaction is held while somebody else's server answers
    try:
        reply = fetch(address, max_bytes=LARGEST, deadline=10, headers={"accept-language": items.speaking()})
        if reply.status != 200:
            raise NothingThere(gettext("The server answered %(status)s instead of a page.", status=reply.status))
        found = finding.look(reply.body, reply.headers.get("content-type", "").lower(), reply.url)
    except (NetError, NothingThere) as trouble:
        return home(str(trouble))
    if len(found) > 1:
        picked = [one for one in found if request.form.get("one") == _mark(one)]
        if not picked:
            return home(
                gettext("That entry is not there any more; choose again.") if request.form.get("one") else "", found
            )
        found = picked
    return _make(found[0], number)


def _mark(one: Found) -> str:
    """By what an entry of a feed or calendar is known from one look to the next."""
    return f"{one.url} {one.start} {one.title}"[:600]


def _make(one: Found, author_id: int | None) -> Any:
    ctype = content_type(request.form.get("kind", "")) or content_type(drafting.kind_of(one))
    assert ctype is not None  # pages are always there
    if "again" not in request.form and (known := _known(one.url)) is not None:
        return home(gettext("There is an entry from this address already."), known=known)
    spoken = items.site()["languages"]
    language = one.language if one.language in spoken else items.speaking()
    picture, trouble = _picture(one)
    try:
        content = items.create(ctype.kind, drafting.document(one, ctype, language), author_id=author_id)
    except Faults as faults:
        session().rollback()
        labels = {field.name: str(field.label) for field in ctype.fields}
        told = "; ".join(f"{labels.get(name, name)}: {text}" for name, text in faults.faults.items())
        return home(
            gettext("As “%(kind)s” it lacks something: %(told)s Choose another kind.", kind=ctype.label, told=told)
        )
    if picture:
        try:
            items.attach_picture(content, picture, alt={language: one.title}, credit=one.site[:300])
        except ValueError as error:
            trouble = str(error)
    uid = content.uid
    items.commit()
    flash(
        gettext(
            "A draft of what stands at %(site)s. Nothing is public; see that you may use its text and picture.",
            site=one.site,
        ),
        "ok",
    )
    if one.start and not one.end:
        flash(gettext("It is not said there when it ends; see to that before you publish it."), "warn")
    if trouble:
        flash(gettext("Its picture could not be taken over: %(why)s", why=trouble), "warn")
    return redirect(url_for("desk.edit", path=ctype.path, uid=uid, language=language, form="full"))


def _picture(one: Found) -> tuple[bytes, str]:
    """The picture's bytes, or why there are none."""
    if not one.picture:
        return b"", ""
    session().rollback()
    try:
        reply = fetch(one.picture, max_bytes=PICTURE, deadline=8)
    except NetError as trouble:
        return b"", str(trouble)
    if reply.status != 200:
        return b"", gettext("The server answered %(status)s instead of a page.", status=reply.status)
    return reply.body, ""


def _known(url: str) -> Content | None:
    query = sa.select(Content).where(Content.source_url == url, Content.status != "trash")
    return session().scalar(query.order_by(Content.id.desc()).limit(1))


