"""What a group does with its link, on phones and without scripts: write answers, vote, fill in a transfer sheet."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from hub.api import (
    Content,
    Item,
    ask,
    current_user,
    excerpt,
    forms,
    gettext,
    instance,
    items,
    level,
    may,
    ngettext,
    now,
    render_page,
    session,
)
from hub_labs import board
from hub_labs.lab import questions_of
from hub_labs.models import Entry, Platform, Sheet

VOTER, GROUPS = "labs_voter", "labs_groups"  # in the visitor's session: who votes, whose links were opened
PER_HOUR = 200
SHEET = ("territory", "works", "hinders", "first_step")


def voter() -> str:
    """The random word of this browser."""
    if VOTER not in visit:
        visit[VOTER] = secrets.token_urlsafe(16)
    return str(visit[VOTER])


def known_voter() -> str:
    return str(visit.get(VOTER, ""))


def open_platform(code: str, lang: str) -> tuple[Platform, Content, Item] | None:
    """The platform of a link, its lab, and the lab as this group sees it."""
    platform = board.by_code(code)
    content = session().get(Content, platform.content_id) if platform else None
    if platform is None or content is None or content.status == "trash":
        return None
    item = board.shown(content, lang, level(current_user()))
    return (platform, content, item) if item else None


def gone() -> ResponseReturnValue:
    return render_page("labs/gone.html", cache=False, code=404)


def slow(what: str, who: str, limit: int = PER_HOUR) -> int:
    """Count one use; seconds to wait, or 0. Ends the transaction at hand."""
    session().rollback()
    return forms.wait(f"labs {what}", who, limit, 3600)


def wait_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext(
        "Too much came from here at once. What you typed is still here: send it again in %(num)s minute.",
        "Too much came from here at once. What you typed is still here: send it again in %(num)s minutes.", minutes,
    )  # fmt: skip


def line(name: str, limit: int = board.LONGEST) -> str:
    """A field of the form as one line of printable letters."""
    text = " ".join(request.form.get(name, "").split())
    return "".join(c for c in text if c.isprintable())[:limit]


def text(name: str, limit: int = 3000) -> str:
    """A field of the form with its line breaks."""
    typed = request.form.get(name, "").replace("\r\n", "\n").strip()
    return "".join(c for c in typed if c == "\n" or c.isprintable())[:limit]


def group(lang: str, code: str) -> ResponseReturnValue:
    """The page of a group: the key questions, what was written, one's votes. POST writes an answer, or votes."""
    wait = slow("group", f"{request.remote_addr} {known_voter()}") if request.method == "POST" else 0
    found = open_platform(code, lang)
    if found is None:
        return gone()
    platform, content, item = found
    asked, faults, status = questions_of(item, lang), dict[int, str](), 200
    typed = {n: line(f"q{n}") for n in range(len(asked))} if request.method == "POST" else {}
    if platform.code not in visit.get(GROUPS, []):
        visit[GROUPS] = [*visit.get(GROUPS, [])[-20:], platform.code]
    if request.method == "POST":
        at, status = _act(platform, typed, faults, lang, wait)
        if at >= 0 and not any(typed.values()):
            return redirect(url_for("labs.group", lang=lang, code=platform.code, _anchor=f"q{at + 1}"))
    rows = board.rows([platform])[platform.id]
    answers = [(n, question, [row for row in rows if row.entry.question == n]) for n, question in enumerate(asked)]
    return render_page(
        "labs/group.html", cache=False, code=status, item=item, platform=platform, title=board.title(platform, lang),
        answers=answers, mine=board.voted(known_voter(), rows), faults=faults, typed=typed, case=case_of(platform, item),
        longest=board.LONGEST, visible=content.status == "published",
    )  # fmt: skip


def _act(platform: Platform, typed: dict[int, str], faults: dict[int, str], lang: str, wait: int) -> tuple[int, int]:
    """Do what was asked: (number of the question it belongs to or -1, status). What was taken is no longer in `typed`."""
    if wait:
        faults[-1] = wait_words(wait)
        return -1, 429
    if not platform.is_open:
        faults[-1] = gettext("This group is closed: nothing more is taken. What was written stays.")
        return -1, 409
    if (number := request.form.get("vote", type=int)) is not None:
        entry = session().get(Entry, number)
        if entry is None or entry.platform_id != platform.id or entry.hidden:
            faults[-1] = gettext("This answer has been merged with another one. Look at the list again.")
            return -1, 409
        board.vote(entry, voter())
        items.commit()
        return entry.question or 0, 200
    at = request.form.get("add", -1, type=int)
    if at not in typed:
        abort(400)
    if len(typed[at]) < 2:
        faults[at] = gettext("Write a few words first.")
        return -1, 422
    try:
        board.add(platform, at, typed[at], lang, voter())
    except board.Refused:
        faults[at] = gettext("This group has written a great deal already. Vote for what is there.")
        return -1, 409
    items.commit()
    typed[at] = ""
    return at, 200


def case_of(platform: Platform, item: Item) -> Any:
    """The case a platform works on, as a link, where it is published."""
    return next((end for end in item.links.get("case", ()) if end.id == platform.case_id), None)


def code_drawing(lang: str, code: str) -> Response:
    """The link of a group as a QR code."""
    if board.by_code(code) is None:
        abort(404)
    drawing = instance.qr_code(items.absolute(url_for("labs.group", lang=lang, code=code)))
    return Response(drawing, mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})


# -- the transfer sheet ---------------------------------------------------------------------------------------------------


def write_sheet(lang: str, code: str) -> ResponseReturnValue:
    """The transfer sheet for the case of a group; POST keeps it. One per person: it can be changed later."""
    wait = slow("sheet", f"{request.remote_addr} {known_voter()}") if request.method == "POST" else 0
    found = open_platform(code, lang)
    if found is None:
        return gone()
    platform, _content, item = found
    user, faults = current_user(), dict[str, str]()
    kept = own_sheet(platform)
    if request.method == "POST":
        typed = {name: text(name) for name in SHEET}
        if not any(typed.values()):
            faults["territory"] = gettext("Fill in at least one of the four fields.")
        if wait:
            faults["form"] = wait_words(wait)
        if not faults:
            kept = kept or Sheet(platform_id=platform.id, lang=lang, voter=voter(), user_id=user.id if user else None)
            for name, value in {**typed, "name": line("name", 120)}.items():
                setattr(kept, name, value)
            session().add(kept)
            session().commit()
            return redirect(url_for("labs.sheet", lang=lang, uid=kept.uid))
    before = {name: getattr(kept, name) for name in (*SHEET, "name")} if kept else {}
    return render_page(
        "labs/sheet_form.html", cache=False, code=429 if wait else 422 if faults else 200, item=item, platform=platform,
        title=board.title(platform, lang), case=case_of(platform, item), faults=faults,
        values=request.form if faults else before, fields=sheet_labels(),
    )  # fmt: skip


def own_sheet(platform: Platform) -> Sheet | None:
    """The sheet that this browser or person wrote for a platform."""
    user, word = current_user(), known_voter()
    mine = [Sheet.user_id == user.id] if user else []
    mine += [Sheet.voter == word] if word else []
    wanted = sa.select(Sheet).where(Sheet.platform_id == platform.id, sa.or_(*mine)) if mine else None
    return session().scalar(wanted.order_by(Sheet.id.desc()).limit(1)) if wanted is not None else None


def sheet_labels() -> list[tuple[str, str]]:
    """The fields of a transfer sheet, and what they ask."""
    return [
        ("territory", gettext("My territory")), ("works", gettext("What would work there")),
        ("hinders", gettext("What stands in the way")), ("first_step", gettext("My first step")),
    ]  # fmt: skip


def sheet(lang: str, uid: str) -> ResponseReturnValue:
    """A kept sheet, for who wrote it (and who runs the lab). POST takes it up as an adaptation, or deletes it."""
    kept, user = session().scalar(sa.select(Sheet).where(Sheet.uid == uid)), current_user()
    if kept is None:
        abort(404)
    platform = session().get_one(Platform, kept.platform_id)
    content = board.content_of(platform)
    own = bool(user and kept.user_id == user.id) or (kept.voter != "" and kept.voter == known_voter())
    item = board.shown(content, lang, level(user)) if own or may(user, "labs.run", content) else None
    if item is None:
        abort(404)
    case = case_of(platform, item)
    fault = ""
    if request.method == "POST":
        if not own:
            abort(403)
        if request.form.get("do") == "remove":
            session().delete(kept)
        elif request.form.get("do") == "adapt" and case is not None and not kept.adapted:
            kept.user_id = kept.user_id or (user.id if user else None)
            kept.adapted = str(ask("offer_adoption", case=case.uid, adoption=as_adoption(kept)) or "")[:500]
            fault = (
                ""
                if kept.adapted
                else gettext("Nobody takes this up at the moment. Your sheet stays; try it again later.")
            )
        items.commit()
        if not fault:
            back = url_for("labs.group", lang=lang, code=platform.code)
            return redirect(back if request.form.get("do") == "remove" else url_for("labs.sheet", lang=lang, uid=uid))
    return render_page(
        "labs/sheet.html", cache=False, item=item, sheet=kept, platform=platform, title=board.title(platform, lang), case=case,
        fields=sheet_labels(), own=own, fault=fault,
    )  # fmt: skip


def as_adoption(kept: Sheet) -> dict[str, Any]:
    """A sheet as the hook `offer_adoption` of the practices takes it: "we are adapting it"."""
    with force_locale(kept.lang):
        said = [f"{label}: {getattr(kept, name)}" for name, label in sheet_labels() if getattr(kept, name)]
    return {
        "stage": "adapting", "names": {kept.lang: kept.name or excerpt(" ".join((kept.territory or said[0]).split()), 80)},
        "texts": {kept.lang: "\n\n".join(said)}, "year": now().year, "user_id": kept.user_id, "offered_by": "labs", "key": kept.uid,
    }  # fmt: skip
