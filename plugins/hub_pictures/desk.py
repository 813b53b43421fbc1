"""The library's pages at the desk."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for

from hub.api import (
    Content,
    current_user,
    forms,
    gettext,
    items,
    may,
    ngettext,
    render_page,
    session,
    setting,
)
from hub_pictures import library, sizes

PER_PAGE, MANY, AT_ONCE = 48, 200, 20
TABS = ("all", "undescribed", "unused", "removed")
SPOTS = (17, 50, 83)
LARGEST = 8_000_001


def overview() -> Any:
    """All pictures, those that say nothing, those that nobody uses, those removed; or the choice of one for an entry."""
    tab, words = request.args.get("tab", "all"), request.args.get("q", "")[:200]
    target = _target(request.args.get("target", ""))
    if tab not in TABS:
        abort(404)
    pictures = library.everything()
    parts = {
        "all": pictures, "undescribed": [p for p in pictures if p.blind], "unused": [p for p in pictures if not p.uses],
    }  # fmt: skip
    removed = library.removed()
    found = library.matching(parts.get(tab, []), words)
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    return render_page(
        "pictures/desk.html", cache=False, tab=tab, tabs=TABS, q=words, target=target, total=len(found), page_number=page,
        numbers={**{name: len(rows) for name, rows in parts.items()}, "removed": len(removed)}, removed=removed,
        pictures=found[(page - 1) * PER_PAGE : page * PER_PAGE], more=len(found) > page * PER_PAGE, address=sizes.address,
        days=setting("pictures.days"), title=_title(target), target_path=library.path_of(target) if target else "",
    )  # fmt: skip


def picture(name: str) -> Any:
    """One picture: what it shows in each language, whose it is, what matters in it; another file in its place."""
    found = library.one(name)
    if found is None:
        abort(404)
    if not library.editable(found, editor=may(current_user(), "content.edit")):
        abort(403)
    fault = ""
    if request.method == "POST":
        try:
            return _change(found, request.form.get("do", "save"))
        except ValueError as error:
            session().rollback()
            fault, found = str(error), library.one(name) or abort(404)
    return render_page(
        "pictures/one.html", cache=False, code=422 if fault else 200, picture=found, focus=sizes.focus(name), spots=SPOTS,
        address=sizes.address, fault=fault, editor=may(current_user(), "content.edit"),
    )  # fmt: skip


def _change(found: library.Shown, do: str) -> Any:
    row, name = found.row, found.row.name
    back = url_for(".overview") if may(current_user(), "content.edit") else url_for("desk.home")
    if do == "replace":
        made = library.replace(found, _sent(request.files.get("file")))
        name = made.name
        kept = [use for use in found.uses if use.how != "picture"]
        flash(
            gettext("Replaced. Texts that show the old one keep it until they are edited.")
            if kept
            else gettext("Replaced."),
            "ok",
        )
    elif do == "off":
        row.content_id = None
        flash(gettext("Taken off the entry; it stays in the library."), "ok")
    elif do == "remove":
        if found.uses:
            flash(gettext("It is in use; take it out there first."), "warn")
        else:
            library.remove([row])
            flash(_told(1), "ok")
            name = ""
    else:
        _describe(row)
        flash(gettext("Saved."), "ok")
    items.touch()
    session().commit()
    return redirect(url_for(".picture", name=name) if name else back)


def _describe(row: Any) -> None:
    row.alt = {code: text for code in items.site()["languages"] if (text := _line(f"alt.{code}", 300))}
    row.credit, row.licence = _line("credit", 300), _line("licence", 80)
    x, _cross, y = request.form.get("focus", "").partition("x")
    if x.isdecimal() and y.isdecimal() and int(x) in SPOTS and int(y) in SPOTS:
        library.set_focus(row.name, int(x), int(y))


def _line(name: str, limit: int) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in request.form.get(name, "")).split())[:limit]


def upload() -> Any:
    """Pictures from the library's form, or one that was dropped into a text (answers its address as JSON)."""
    user, scripted = current_user(), request.accept_mimetypes.best == "application/json"
    who = str(user.id if user else "")
    session().rollback()  # counting has a transaction of its own
    wait = forms.wait("pictures.upload", who, 120, 3600)
    try:
        if wait:
            raise ValueError(gettext("That was a lot of pictures for one hour. Go on a little later."))
        sent: list[Any] = list(request.files.getlist("file"))[:AT_ONCE]
        made = [items.attach_picture(None, _sent(one), alt={}) for one in sent or [None]]
    except ValueError as error:
        session().rollback()
        if scripted:
            return jsonify(error=str(error)), 422
        flash(str(error), "bad")
        return redirect(url_for(".overview"))
    session().commit()
    if scripted:
        return jsonify(url=url_for("site.media", name=made[0].name))
    flash(ngettext("%(num)s picture is in the library.", "%(num)s pictures are in the library.", len(made)), "ok")
    only = made[0].name if len(made) == 1 else ""
    return redirect(
        url_for(".picture", name=only) if only and may(user, "content.edit") else url_for(".overview", tab="unused")
    )


def many() -> Any:
    """Remove the ticked ones that nobody uses, or bring removed ones back."""
    do, names = request.form.get("do", ""), request.form.getlist("name")[:MANY]
    if do not in ("remove", "back"):
        abort(400)
    if do == "back":
        count = library.bring_back(names)
        told = ngettext("%(num)s picture is back.", "%(num)s pictures are back.", count)
    else:
        gone = [p.row for p in library.everything() if p.row.name in names and not p.uses]
        library.remove(gone)
        count, told = len(gone), _told(len(gone))
    session().commit()
    flash(told if count else gettext("Tick at least one picture first."), "ok" if count else "warn")
    return redirect(url_for(".overview", tab="removed" if do == "remove" and count else "unused"))


def choose() -> Any:
    """An entry gets a picture of the library, or has none any more."""
    content = _target(request.form.get("target", ""))
    if content is None:
        abort(404)
    path = library.path_of(content)
    if request.form.get("do") == "off":
        library.take_off(content)
        flash(gettext("Taken off the entry; it stays in the library."), "ok")
    else:
        found = library.one(request.form.get("name", ""))
        if found is None:
            flash(gettext("Choose a picture first."), "warn")
            return redirect(url_for(".overview", target=request.form.get("target")))
        library.give(content, found.row)
        flash(gettext("The entry shows this picture now."), "ok")
    items.touch()
    session().commit()
    return redirect(url_for("desk.edit", path=path, uid=content.uid, form="full"))


def _target(text: str) -> Content | None:
    """The entry that "kind/uid" names, for somebody who may edit it."""
    if not text:
        return None
    kind, _slash, uid = text.partition("/")
    content = items.get(kind, uid)
    if content is None or not library.path_of(content):
        abort(404)
    if not items.editable(content):
        abort(403)
    return content


def _title(content: Content | None) -> str:
    titles = {text.lang: text.title for text in content.texts} if content else {}
    return titles.get(items.speaking()) or next(filter(None, titles.values()), "")


def _sent(file: Any) -> bytes:
    if file is None or not file.filename:
        raise ValueError(gettext("Choose a file first."))
    sent: bytes = file.read(LARGEST)
    return sent


def _told(count: int) -> str:
    return ngettext(
        "%(num)s picture is removed; it can be brought back.", "%(num)s pictures are removed; they can be brought back.",
        count,
    )  # fmt: skip
