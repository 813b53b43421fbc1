"""The editors' pages at /desk/suggest/: the queue, one suggestion, many at once, ready answers, mails, rules, the log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import (
    Choice,
    Faults,
    content_type,
    current_user,
    gettext,
    items,
    needs,
    ngettext,
    now,
    render_page,
    session,
    setting,
    writing,
)
from hub.api import lazy_gettext as _
from hub_suggest import follow, letters, moderation, review
from hub_suggest.models import FINAL, Canned, Entry, Mailing, Rule
from hub_suggest.moderation import Decided, Impossible, Stale
from hub_suggest.writing import allowed

PER_PAGE = 50
BULK = 100
MAILS = (Choice("once", _("at once")), Choice("daily", _("once a day")), Choice("off", _("no mails")))
TABS = {"waiting": ("waiting",), "held": ("held", "confirm"), "decided": FINAL}


def make() -> Blueprint:
    """The desk's pages."""
    desk = Blueprint("suggest_desk", __name__)
    editor, admin = needs("suggest.moderate"), needs("desk.settings")
    desk.add_url_rule("/", "queue", editor(queue))
    desk.add_url_rule("/<int:number>/", "one", editor(one), methods=["GET", "POST"])
    desk.add_url_rule("/many", "many", editor(many), methods=["POST"])
    desk.add_url_rule("/answers", "answers", editor(answers), methods=["GET", "POST"])
    desk.add_url_rule("/log", "log", editor(log))
    desk.add_url_rule("/mails", "mails", editor(mails), methods=["POST"])
    desk.add_url_rule("/rules", "rules", admin(rules), methods=["GET", "POST"])
    return desk


def counts() -> dict[str, int]:
    """How many stand under each tab but the last."""
    rows = session().execute(
        sa.select(Entry.state, sa.func.count()).where(Entry.decided.is_(None), moderation.shown()).group_by(Entry.state)
    )
    by_state = {row[0]: row[1] for row in rows}
    return {tab: sum(by_state.get(s, 0) for s in states) for tab, states in TABS.items() if tab != "decided"}


def waiting() -> list[tuple[Any, str, int, Any]]:
    """What waits without members' own items, which the list of what waits counts by kind."""
    counted = sa.select(Entry.state, sa.func.count(), sa.func.min(Entry.created)).group_by(Entry.state)
    rows = session().execute(counted.where(Entry.state.in_(("waiting", "held")), Entry.what != "member", moderation.shown()))
    names = {"waiting": gettext("Suggestions"), "held": gettext("Suggestions that look suspicious")}
    return [(names[state], url_for("suggest_desk.queue", tab=state), number, since) for state, number, since in rows]


def queue() -> ResponseReturnValue:
    """What waits, oldest first; the suspicious; what was decided, newest first."""
    _join()
    tab = request.args.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    query = sa.select(Entry).where(Entry.state.in_(TABS[tab]), moderation.shown())
    order = (Entry.decided.desc(), Entry.id.desc()) if tab == "decided" else (Entry.created, Entry.id)
    rows = session().scalars(query.order_by(*order).limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)).all()
    types = {t.kind: t for t in items.types()}
    return render_page(
        "suggest/queue.html", cache=False, tab=tab, rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, page_number=page,
        counts=counts(), kinds=types, canned=review.canned(items.speaking()), age=_age, doubts=review.doubts,
        **mail_choice(),
    )  # fmt: skip


def _join() -> None:
    """Members' items come into the queue within a minute by the change log; whoever looks earlier sees them at once."""
    if session().scalar(sa.select(sa.exists(follow.waiting_elsewhere()))):
        session().rollback()
        with writing():
            follow.join()
            items.commit()


def _age(entry: Entry) -> str:
    """How long it has waited."""
    days = (now() - entry.created).days
    return ngettext("%(num)s day", "%(num)s days", days) if days else gettext("today")


def one(number: int) -> ResponseReturnValue:
    """One suggestion; POST decides it."""
    if request.method == "POST":
        return _decide(number)
    entry = session().get(Entry, number)
    if entry is None or content_type(entry.kind) is None:
        abort(404)
    return _page(entry)


def _page(entry: Entry, code: int = 200, told: str = "", **kept: Any) -> ResponseReturnValue:
    following = session().scalar(
        sa.select(Entry.id)
        .where(Entry.state == "waiting", Entry.id != entry.id, Entry.created >= entry.created, moderation.shown())
        .order_by(Entry.created, Entry.id).limit(1)
    )  # fmt: skip
    return render_page(
        "suggest/one.html", cache=False, code=code, v=review.view(entry, items.speaking(), **kept), entry=entry, told=told,
        canned=review.canned(items.speaking()), following=following, doubts=review.doubts(entry), faults=kept.get("faults") or {},
        typed_reason=request.form.get("reason", ""),
    )  # fmt: skip


def _decide(number: int) -> ResponseReturnValue:
    do = request.form.get("do", "")
    values: dict[str, Any] = {}
    ticked = request.form.getlist("take")
    try:
        entry = moderation.locked(number, request.form.get("version", 0, type=int))
        content, ctype = moderation.item_of(entry), content_type(entry.kind)
        if do in ("some", "all") and entry.wish and content is not None and ctype is not None:
            values = review.edited(entry, ctype, content, items.speaking())
        act(
            do,
            entry,
            current_user(),
            keys=ticked if do == "some" else None,
            edited=values,
            base=request.form.get("base", ""),
        )
        items.commit()
    except LookupError:
        abort(404)
    except Decided as error:
        session().rollback()
        flash(gettext("Somebody was faster: this has been decided already. See below what and why."), "warn")
        return redirect(url_for("suggest_desk.one", number=error.entry.id))
    except (Stale, Impossible, Faults) as error:
        return _again(number, error, values, ticked)
    flash(_done(do), "ok")
    following = request.form.get("next", 0, type=int)
    if do in ("all", "some", "refuse", "spam") and session().get(Entry, following) is not None:
        return redirect(url_for("suggest_desk.one", number=following))
    return redirect(
        url_for("suggest_desk.one", number=number) if do in ("ask", "release") else url_for("suggest_desk.queue")
    )


def _again(number: int, error: Exception, values: dict[str, Any], ticked: list[str]) -> ResponseReturnValue:
    """The page once more, with what the editor had ticked and typed, and why it could not be done."""
    session().rollback()
    entry = session().get(Entry, number)
    if entry is None:
        abort(404)
    kept: dict[str, Any] = {"ticked": ticked, "typed": values}
    if isinstance(error, Faults):
        kept["faults"] = error.faults
        return _page(entry, 422, gettext("A field needs a look before it can be taken over."), **kept)
    if isinstance(error, Stale):
        told = gettext(
            "It was changed while you were reading. Nothing is lost: look at it as it is now, and decide again."
        )
        return _page(entry, 409, told, **kept)
    return _page(entry, 409, str(error), **kept)


def act(
    do: str, entry: Entry, editor: Any, *, keys: Any = None, edited: Any = None, base: str = "", by: str = "editor"
) -> None:
    """Carry out one decision and write to the sender. do: all, some, refuse, spam, release or ask."""
    reason = review.answer_for(entry)
    match do:
        case "all" | "some":
            moderation.accept(entry, editor, keys=keys, edited=edited, base=base, reason=reason, by=by)
        case "refuse" | "spam":
            moderation.refuse(entry, editor, reason, spam=do == "spam", by=by)
        case "release":
            moderation.release(entry, editor)
            letters.received(entry)
        case "ask" if reason:
            moderation.question(entry, editor, reason)
            letters.asked(entry, reason)
        case "ask":
            raise Impossible(gettext("Write what you want to ask."))
        case _:
            abort(400)
    if do in ("all", "some", "refuse", "spam"):
        letters.decided(entry)


def _done(do: str) -> str:
    return {
        "all": gettext("Taken over."), "some": gettext("Taken over as ticked."), "refuse": gettext("Refused."),
        "spam": gettext("Marked as spam."), "release": gettext("It waits in the queue now."), "ask": gettext("Asked."),
    }.get(do, "")  # fmt: skip


def many() -> ResponseReturnValue:
    """One decision for all that are ticked; what cannot be done is left and named."""
    do, left = request.form.get("do", ""), []
    numbers = request.form.getlist("number", type=int)[:BULK]
    if do not in ("all", "refuse", "spam", "release"):
        abort(400)
    for number in numbers:
        try:
            with session().begin_nested():
                entry = moderation.locked(number, request.form.get(f"version.{number}", 0, type=int))
                act(do, entry, current_user())
        except (Decided, LookupError):
            left.append(gettext("number %(number)s was decided meanwhile", number=number))
        except (Stale, Impossible, Faults) as error:
            told = str(error) or gettext("it was changed meanwhile")
            left.append(gettext("number %(number)s: %(why)s", number=number, why=told))
    items.commit()
    if done := len(numbers) - len(left):
        flash(ngettext("%(num)s thing decided.", "%(num)s things decided.", done), "ok")
    if left:
        flash(gettext("Left as they were: %(which)s.", which="; ".join(left)), "warn")
    if not done and not left:
        flash(gettext("Tick at least one line first."), "warn")
    return redirect(url_for("suggest_desk.queue", tab=request.form.get("tab", "waiting")))


def answers() -> ResponseReturnValue:
    """The ready answers, in every language of the site."""
    languages, again = items.site()["languages"], dict[str, str]()
    if request.method == "POST":
        number = request.form.get("number", 0, type=int)
        texts = {code: request.form.get(f"text.{code}", "").strip()[:2000] for code in languages}
        found = session().get(Canned, number) if number else Canned()
        if found is not None and request.form.get("do") != "remove" and any(texts.values()):
            found.texts = {**(found.texts or {}), **texts}
            session().add(found)
            session().commit()
            flash(gettext("Saved."), "ok")
            return redirect(url_for("suggest_desk.answers"))
        if found is None:
            again, said = texts, gettext("Somebody deleted it meanwhile. What you wrote stands below.")
        elif number:
            again, said = dict(found.texts or {}), gettext("Deleted. It stands below once more: “Add” brings it back.")
            session().delete(found)
            session().commit()
        else:
            said = gettext("Write the text first, in one language at least.")
        flash(said, "warn")
    rows = session().scalars(sa.select(Canned).order_by(Canned.id)).all()
    return render_page("suggest/answers.html", cache=False, rows=rows, again=again, codes=languages)


def log() -> ResponseReturnValue:
    """Who did what when with which reason, newest first."""
    return render_page("suggest/log.html", cache=False, steps=review.steps(limit=200))


def mail_choice() -> dict[str, Any]:
    """What the choice of mails shows: the ways there are and this editor's."""
    user = current_user()
    wish = session().get(Mailing, user.id) if user else None
    return {"suggest_chosen": wish.mails if wish else setting("suggest.mails"), "suggest_mails": MAILS}


def mails() -> ResponseReturnValue:
    """How this editor hears of what waits."""
    user, wanted = current_user(), request.form.get("mails", "")
    if user is None or wanted not in ("once", "daily", "off"):
        abort(400)
    wish = session().get(Mailing, user.id) or Mailing(user_id=user.id)
    wish.mails = wanted
    session().add(wish)
    session().commit()
    flash(gettext("Saved."), "ok")
    back = request.form.get("back", "")
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()  # browsers read "/<tab>/" as "//"
    return redirect(back if inside else url_for("suggest_desk.queue"))


def rules() -> ResponseReturnValue:
    """Who may suggest what."""
    kinds = [t for t in items.types() if t.members_may_propose and t.navigation]
    if request.method == "POST":
        for ctype in kinds:
            who, changes = request.form.get(f"who.{ctype.kind}"), request.form.get(f"changes.{ctype.kind}")
            if who in ("nobody", "members", "anyone") and changes in ("review", "publish"):
                session().merge(Rule(kind=ctype.kind, who=who, changes=changes))
        items.touch()
        items.commit()
        flash(gettext("Saved."), "ok")
        return redirect(url_for("suggest_desk.rules"))
    kept = {rule.kind: rule for rule in session().scalars(sa.select(Rule))}
    return render_page("suggest/rules.html", cache=False, kinds=kinds, kept=kept, allowed=allowed)
