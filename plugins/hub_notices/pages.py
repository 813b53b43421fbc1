"""Follow, confirm, see and change what one follows, end everything. GET shows, POST acts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask import session as visit
from flask.typing import ResponseReturnValue

from hub.api import Item, User, accounts, current_user, forms, gettext, items, level, ngettext, render_page, session
from hub_notices import keeping, sending, subjects
from hub_notices.models import MODES, Follow, Follower

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+\.[^\s@<>()\[\]\\,;:\".]+")
MOST = 100  # subjects of one follower
PROVED = "notices"  # in the session: the follower whose letter this browser has answered


def follow(lang: str) -> ResponseReturnValue:
    """What can be followed of an item, a topic or a list; POST follows what is ticked."""
    offered = _offered(lang)
    if not offered:
        return render_page("notices/nothing.html", cache=False, code=404)
    if request.method == "GET":
        return _form(offered)
    picked = [key for key in request.form.getlist("pick")[:20] if key in offered]
    mode, email = request.form.get("mode", "weekly"), request.form.get("email", "").strip()[:254]
    user, faults = current_user(), {}
    if not picked:
        faults["pick"] = gettext("Tick at least one line first.")
    if user is None and not _ADDRESS.fullmatch(email):
        faults["email"] = gettext("Write an e-mail address such as name@example.org.")
    if faults or mode not in MODES[:2]:
        return _form(offered, faults, 422)
    if seconds := _wait(email):
        return _form(offered, {"email": _wait_words(seconds)}, 429)
    follower = _follower(user, email.lower(), lang, mode)
    proved = user is not None or (visit.get(PROVED) == follower.uid and follower.mode != "off")
    added = [row for key in picked if (row := _add(follower, *key.split(":", 1))) is not None]
    if proved:
        for row in added:
            row.confirmed = True
        follower.mode = mode
    elif added:  # also to who follows it already, or has ended all mails: a letter is promised
        sending.confirm(follower, added, mode)
    session().commit()
    if user:
        flash(gettext("You follow it now."), "ok")
        return redirect(url_for("notices.mine", lang=lang))
    if proved:
        return _secret("notices/confirm.html", labels=[offered[key] for key in picked], done=True, mine=sending.mine_link(follower))
    return render_page("notices/check.html", cache=False, email=email)


def _offered(lang: str) -> dict[str, str]:
    """Key → label of what the page in the query offers."""
    found: list[subjects.Subject] = []
    if uid := request.args.get("item"):
        item = _readable(uid, lang)
        found = subjects.of_item(item) if item else []
    elif slug := request.args.get("topic"):
        found = [("topic", slug)]
    elif path := request.args.get("path"):
        found = subjects.of_list(path, parse_qsl(request.args.get("query", "")[:1000]))
    labels = {f"{what}:{value}": subjects.label((what, value), lang) for what, value in found}
    return {key: label for key, label in labels.items() if label}


def _readable(uid: str, lang: str) -> Item | None:
    for ctype in items.types():
        content = items.get(ctype.kind, uid)
        if content is not None:
            reader = level(current_user())
            open_to = content.audience in ("public", "members", "editors")[: reader + 1]
            found = (
                items.load([content.id], lang, reader, links=True) if content.status == "published" and open_to else []
            )
            return found[0] if found else None
    return None


def _form(offered: dict[str, str], faults: dict[str, str] | None = None, code: int = 200) -> ResponseReturnValue:
    return render_page(
        "notices/follow.html", cache=False, code=code, offered=offered, faults=faults or {}, form=request.form,
        picked=request.form.getlist("pick") or list(offered)[:1],
    )  # fmt: skip


def _wait(email: str) -> int:
    session().rollback()  # counting commits on its own
    where = request.remote_addr or "?"
    return max(
        forms.wait("notices", where, 20, 3600), forms.wait("notices mail", email.lower(), 5, 86_400) if email else 0
    )


def _wait_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext("Please try again in %(num)s minute.", "Please try again in %(num)s minutes.", minutes)


def _follower(user: User | None, email: str, lang: str, mode: str) -> Follower:
    """The one who follows: one per person, who may have an account or get one later. How often counts at once with an account."""
    known = user or accounts.find_user(session(), email)
    found = keeping.of_account(known) if known else session().scalar(sa.select(Follower).where(Follower.email == email))
    if found is None:
        found = Follower(user_id=user.id if user else None, email=None if user else email, lang=lang, mode=mode)
        session().add(found)
        session().flush()
    elif user:
        found.user_id, found.email, found.mode = user.id, None, mode
    return found


def _add(follower: Follower, what: str, value: str) -> Follow | None:
    """What is to be followed, as it is known already or new and unconfirmed; None where it would be one too many."""
    own = sa.select(Follow).where(Follow.follower_id == follower.id)
    known = session().scalar(own.where(Follow.what == what, Follow.value == value))
    if known is None and (session().scalar(sa.select(sa.func.count()).select_from(own.subquery())) or 0) < MOST:
        known = Follow(follower_id=follower.id, what=what, value=value, confirmed=False)
        session().add(known)
        session().flush()
    return known


def confirm(lang: str, token: str) -> ResponseReturnValue:
    """The address is theirs: POST begins to follow all that the letter named; this browser need not ask again."""
    parts = accounts.unsigned("notices confirm", token)
    found = [row for number in [*parts[:1], *parts[3:]] if (row := session().get(Follow, number)) is not None]
    follower = session().get(Follower, found[0].follower_id) if found and len(parts) > 1 else None
    if follower is None or follower.uid != parts[1]:
        return _gone()
    found = [row for row in found if row.follower_id == follower.id]
    if request.method == "POST":
        for row in found:
            row.confirmed = True
        follower.mode = [*parts, "weekly"][2]  # letters of earlier versions do not say how often
        session().commit()
        visit[PROVED] = follower.uid
    labels = [subjects.label((row.what, row.value), lang) for row in found]
    done = all(row.confirmed for row in found) and follower.mode != "off"
    return _secret("notices/confirm.html", labels=labels, done=done, mine=sending.mine_link(follower))


def mine(lang: str, token: str = "") -> ResponseReturnValue:
    """What one follows and how often one hears of it: of the account, or by the link in a mail."""
    user = current_user()
    if token:
        follower = _signed("notices mine", token)
        if follower is None:
            return _gone()
    elif user is None:
        return redirect(url_for("security.login", next=request.script_root + request.path))
    else:
        follower = keeping.of_account(user)
    if request.method == "POST":
        if follower is not None:
            _change(follower)
            session().commit()
        return redirect(request.script_root + request.path)
    own = sa.select(Follow).where(Follow.follower_id == (follower.id if follower else 0)).order_by(Follow.id)
    rows = [(row, subjects.label((row.what, row.value), lang)) for row in session().scalars(own)]
    languages = items.site()["languages"]
    return _secret("notices/mine.html", follower=follower, rows=rows, codes=languages)


def _change(follower: Follower) -> None:
    """What the page of one's own was sent for: how often and in which language, or one subject less."""
    do = request.form.get("do", "")
    if do.startswith("remove "):
        number = do.removeprefix("remove ")
        gone = sa.delete(Follow).where(
            Follow.follower_id == follower.id, Follow.id == (int(number) if number.isdecimal() else 0)
        )
        session().execute(gone)
    elif request.form.get("mode") in MODES and request.form.get("language") in items.site()["languages"]:
        follower.mode, follower.lang = request.form["mode"], request.form["language"]
    else:
        abort(400)


def stop(lang: str, token: str) -> ResponseReturnValue:
    """No mails any more, without signing in; POST also as one click of a mail program."""
    follower = _signed("notices stop", token)
    if follower is None:
        return _gone()
    if request.method == "POST":
        follower.mode = "off"
        session().commit()
    return _secret("notices/stop.html", done=follower.mode == "off")


def _signed(purpose: str, token: str) -> Follower | None:
    parts = accounts.unsigned(purpose, token)
    found = session().get(Follower, parts[0]) if len(parts) == 2 else None
    return found if found is not None and found.uid == parts[1] else None


def _gone() -> Any:
    return render_page("notices/gone.html", cache=False, code=404)


def _secret(template: str, **context: Any) -> Any:
    """A page whose address is a secret: it goes into nobody's referrer."""
    answer = render_page(template, cache=False, **context)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
