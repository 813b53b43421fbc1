"""The public pages of calls: sending in, reading and supporting entries, the jury's sheets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from hub.api import Content, User, content_type, current_user, forms, gettext, items, may, render_page, session
from hub.api import lazy_gettext as _
from hub_calls import dealing, keeping
from hub_calls.call import name_of
from hub_calls.models import IN_RACE, Comment, Entry, Juror, Sheet, Support

LONGEST, DAY = 4000, 86_400
WRITES = "call"  # in the browser's session: the call for which somebody went to write a practice


def make() -> Blueprint:
    """The pages below /xx/calls/."""
    public = Blueprint("calls", __name__)
    public.add_url_rule("/enter/<uid>/", "enter", enter, methods=["GET", "POST"])
    public.add_url_rule("/mine/", "mine", mine)
    public.add_url_rule("/mine/<int:number>", "withdraw", withdraw, methods=["POST"])
    public.add_url_rule("/entry/<int:number>/", "entry", entry)
    public.add_url_rule("/entry/<int:number>/", "say", say, methods=["POST"])
    public.add_url_rule("/jury/<uid>/", "jury", jury, methods=["GET", "POST"])
    public.add_url_rule("/sheet/<int:number>/", "sheet", sheet, methods=["GET", "POST"])
    return public


def _signed_in() -> User:
    user = current_user()
    if user is None:
        abort(redirect(url_for("security.login", next=request.script_root + request.path)))
    return user


def _text(name: str, limit: int = LONGEST) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:limit]


def enter(lang: str, uid: str) -> ResponseReturnValue:
    """Send a practice in: it is frozen as it is at this moment."""
    user = _signed_in()
    content = keeping.call(uid, user) or abort(404)
    if content_type(keeping.PRACTICE) is None:
        abort(404)
    open_, mine = keeping.is_open(content), keeping.may_enter(user)
    faults: dict[str, str] = {}
    if request.method == "POST" and open_:
        chosen = next((c for c in mine if c.uid == request.form.get("case")), None)
        names = [row["name"] for row in content.data.get("categories") or []]
        if chosen is None:
            faults["case"] = gettext("Choose one of your practices.")
        if names and request.form.get("category") not in names:
            faults["category"] = gettext("Choose a category.")
        if "right" not in request.form:
            faults["right"] = gettext("Say that you may send it in: without that the call cannot take it.")
        if chosen is not None and not faults:
            try:
                keeping.enter(content, chosen, user, request.form.get("category", "") if names else "", _text("note"), lang)
            except ValueError:
                faults["case"] = gettext("This one has been looked at already; it stands as it was sent.")
            else:
                items.commit()
                browser.pop(WRITES, None)
                flash(gettext("It is sent in, as it is now. Until the end you may change it and send it once more."), "ok")
                return redirect(url_for("calls.mine", lang=lang))
    if open_ and (not mine or "write" in request.args):
        browser[WRITES] = content.uid
    if open_ and "write" in request.args:
        return redirect(url_for("desk.new", path="cases"))
    shown = items.load([content.id], lang, 1)
    if not shown:
        abort(404)
    titles = {item.id: item.title for item in items.load([c.id for c in mine], lang, 2, drafts=True)}
    return render_page(
        "calls/enter.html", cache=False, code=422 if faults else 200, call=shown[0], open=open_, mine=mine, titles=titles,
        faults=faults, typed=request.form or request.args, name_of=name_of,
    )  # fmt: skip


def written_for(user: User, case: Content | None) -> dict[str, Any] | None:
    """The open call for which somebody went to write a practice, and whether this one can be sent in there."""
    content = keeping.call(browser[WRITES], user) if WRITES in browser else None
    shown = items.load([content.id], items.speaking(), 1) if content is not None and keeping.is_open(content) else []
    return {"call": shown[0], "case": case if case in keeping.may_enter(user) else None} if shown else None


def mine(lang: str) -> ResponseReturnValue:
    """What one has sent in, and what became of it; the calls one judges."""
    user = _signed_in()
    rows = session().scalars(sa.select(Entry).where(Entry.user_id == user.id).order_by(Entry.id.desc())).all()
    juries = list(session().scalars(sa.select(Juror.call_id).where(Juror.user_id == user.id)))
    calls = {c.id: c for c in session().scalars(sa.select(Content).where(Content.id.in_({r.call_id for r in rows} | set(juries))))}
    shown = {item.id: item for item in items.load(sorted(calls), lang, 2)}
    return render_page(
        "calls/mine.html", cache=False, entries=[r for r in rows if r.call_id in shown], shown=shown, title=keeping.title,
        stages={number: keeping.stage(content) for number, content in calls.items()},
        opens={number: keeping.is_open(content) for number, content in calls.items()}, juries=[n for n in juries if n in shown],
        jury=lambda row: keeping.words_of_jury(calls[row.call_id], row, lang) if row.told else [],
    )  # fmt: skip


def withdraw(lang: str, number: int) -> ResponseReturnValue:
    """Take one's entry back, as long as nothing is decided."""
    user = _signed_in()
    row = session().scalar(sa.select(Entry).where(Entry.id == number, Entry.user_id == user.id)) or abort(404)
    content = session().get(Content, row.call_id)
    if content is not None and not keeping.is_open(content) and "sure" not in request.form:
        flash(gettext("Nothing was taken back: entries are not taken any more, so say that you are sure."), "warn")
    elif content is not None and keeping.stage(content) != "decided":
        row.state = "withdrawn"
        items.commit()
        flash(gettext("Your entry is taken back."), "ok")
    return redirect(url_for("calls.mine", lang=lang))


def _tells(number: int, user: User) -> bool:
    """Whether who sent an entry in hears of a comment: of the first on a day, and never of their own."""
    found = session().get(Entry, number)
    others = found is not None and found.user_id not in (None, user.id) and bool(_text("text"))
    session().rollback()  # as above
    return others and not forms.wait("calls said", str(number), 1, DAY)


def _readable(number: int) -> tuple[Entry, Content]:
    """An entry and its call, for who may see it: everybody from the public stage on; before it the jury, editors, the author."""
    user = current_user()
    row = session().get(Entry, number) or abort(404)
    found = session().get(Content, row.call_id)
    content = keeping.call(found.uid, user) if found is not None else None
    if content is None:
        abort(404)
    shown = row.state in IN_RACE and keeping.stage(content) in ("public", "jury", "decided")
    own = user is not None and (row.user_id == user.id or may(user, "calls.run"))
    if not (shown or own or (row.state in IN_RACE and keeping.is_juror(content, user))):
        abort(404)
    return row, content


def entry(lang: str, number: int, *, code: int = 200, told: str = "") -> ResponseReturnValue:
    """One entry as it was sent in, what is said about it, its result."""
    row, content = _readable(number)
    user, stage = current_user(), keeping.stage(content)
    given = keeping.given(content, user) if user else set()
    shown = items.load([content.id], lang, 1)
    if not shown:
        abort(404)
    return render_page(
        "calls/entry.html", cache=False, code=code, entry=row, call=shown[0], stage=stage, title=keeping.title(row, lang),
        spoken=keeping.language_of(row, lang), category=keeping.category(row, content, lang),
        parts=keeping.frozen(row, lang), comments=keeping.comments(row.id), supports=keeping.supports([row.id]).get(row.id, 0),
        supported=row.id in given, left=keeping.allowed(content) - len(given), told=told, typed=request.form,
        runs=may(user, "calls.run"), race=row.state in IN_RACE, own=bool(user and dealing.own(user, [row])),
    )  # fmt: skip


def say(lang: str, number: int) -> ResponseReturnValue:
    """Support an entry or no longer, comment it; editors hide a comment."""
    user, do = _signed_in(), request.form.get("do")
    who = str(user.id)
    session().rollback()  # counting commits on its own and would wait for this request's transaction
    if do == "comment" and forms.wait("calls comment", who, 20, 3600):
        return entry(lang, number, code=429, told=gettext("Wait a little and send it once more; nothing is lost."))
    tells = do == "comment" and _tells(number, user)
    row, content = _readable(number)
    if do == "hide" and may(user, "calls.run"):
        comment = session().get(Comment, request.form.get("comment", 0, type=int))
        if comment is not None and comment.entry_id == row.id:
            comment.hidden = True
    elif keeping.stage(content) != "public" or row.state not in IN_RACE:
        return entry(lang, number, code=409, told=gettext("Comments and supports are over."))
    elif do == "comment":
        if not _text("text"):
            return entry(lang, number, code=422, told=gettext("Write what you think or ask."))
        session().add(Comment(entry_id=row.id, user_id=user.id, text=_text("text")))
        if tells:
            keeping.tell(row, "said", _("Somebody writes about your entry"), _text("text"), user)
    elif do == "support" and dealing.own(user, [row]):
        return entry(lang, number, code=409, told=gettext("This entry is yours or of an organisation you speak for: others support it."))
    elif do == "support":
        session().get(Content, content.id, with_for_update=True)
        if len(keeping.given(content, user) | {row.id}) > keeping.allowed(content):
            return entry(lang, number, code=409, told=gettext("You have given all your supports. Take one back to give it here."))
        session().merge(Support(entry_id=row.id, user_id=user.id))
    elif do == "unsupport":
        session().execute(sa.delete(Support).where(Support.entry_id == row.id, Support.user_id == user.id))
    else:
        abort(400)
    items.touch()
    items.commit()
    return redirect(url_for("calls.entry", lang=lang, number=number))


# -- the jury ------------------------------------------------------------------------------------------------------------


def jury(lang: str, uid: str) -> ResponseReturnValue:
    """What a juror has to read; in which languages they can."""
    user = _signed_in()
    content = keeping.call(uid, user) or abort(404)
    member = session().get(Juror, (content.id, user.id)) or abort(404)
    if request.method == "POST":
        member.languages = [code for code in items.site()["languages"] if code in request.form.getlist("languages")]
        _deal_again(content)
        items.commit()
        flash(gettext("Saved."), "ok")
        return redirect(url_for("calls.jury", lang=lang, uid=uid))
    rows = keeping.entries(content.id, ("shortlisted",)) if keeping.stage(content) in ("jury", "decided") else []
    rows = dealing.theirs(content, user, rows)
    mine = sa.select(Sheet).where(Sheet.user_id == user.id, Sheet.entry_id.in_([row.id for row in rows]))
    own = {found.entry_id: found for found in session().scalars(mine)}
    shown = items.load([content.id], lang, 1)
    if not shown:
        abort(404)
    return render_page(
        "calls/jury.html", cache=False, call=shown[0], entries=rows, own=own, title=keeping.title, stage=keeping.stage(content),
        reads=member.languages, spoken=items.site()["languages"],
    )  # fmt: skip


def _deal_again(content: Content) -> None:
    """A juror may read less than before: somebody else gets it, where the call is dealt out."""
    if content.data.get("readers") and keeping.stage(content) == "jury":
        session().flush()
        dealing.deal(session().get_one(Content, content.id, with_for_update=True))


def sheet(lang: str, number: int) -> ResponseReturnValue:
    """A juror's sheet for one entry: points with reasons, or a conflict of interest."""
    user = _signed_in()
    row, content = _readable(number)
    if not keeping.is_juror(content, user) or row.state != "shortlisted" or not dealing.theirs(content, user, [row]):
        abort(404)
    wanted, open_ = keeping.criteria(content, lang), keeping.stage(content) == "jury"
    found = session().get(Sheet, (row.id, user.id)) or Sheet(entry_id=row.id, user_id=user.id, points={}, reasons={}, words="")
    faults: dict[str, str] = {}
    late = request.method == "POST" and not open_
    if request.method == "POST":
        faults = _fill(found, wanted)
        if open_ and not faults:
            session().add(found)
            if found.conflict:
                _deal_again(content)
            items.commit()
            flash(gettext("Handed in.") if found.done else gettext("Saved; it is not handed in yet."), "ok")
            return redirect(url_for("calls.jury", lang=lang, uid=content.uid))
    typed = {"points": found.points, "reasons": found.reasons, "words": found.words, "conflict": found.conflict, "done": found.done}
    if faults or late:  # which takes back what was typed into a sheet that was kept before
        session().rollback()
        row, content = _readable(number)
    shown = items.load([content.id], lang, 1)
    return render_page(
        "calls/sheet.html" if open_ else "calls/sheet_over.html", cache=False, code=409 if late else 422 if faults else 200, entry=row,
        call=shown[0], title=keeping.title(row, lang), criteria=wanted, sheet=typed, faults=faults, late=late,
    )  # fmt: skip


def _fill(found: Sheet, wanted: list[dict[str, Any]]) -> dict[str, str]:
    """Take over what was typed; answers what is missing for handing it in, or cannot be read."""
    faults: dict[str, str] = {}
    found.conflict, found.words = "conflict" in request.form, _text("words")
    found.reasons = {str(n): _text(f"reason.{n}") for n in range(len(wanted)) if _text(f"reason.{n}")}
    points: dict[str, int] = {}
    hands_in = request.form.get("do") == "done" and not found.conflict
    for n, criterion in enumerate(wanted):
        typed, most = request.form.get(f"points.{n}", "").strip(), int(criterion["points"])
        if typed.isascii() and typed.isdigit() and int(typed) <= most:
            points[str(n)] = int(typed)
        elif typed or hands_in:
            faults[f"points.{n}"] = gettext("A whole number from 0 to %(most)s.", most=most)
        if hands_in and str(n) not in found.reasons:
            faults[f"reason.{n}"] = gettext("Write why, in a sentence: the author reads it.")
    found.points = {} if found.conflict else points
    found.done = found.conflict or request.form.get("do") == "done"
    return {} if found.conflict else faults
