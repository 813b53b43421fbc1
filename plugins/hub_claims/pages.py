"""The pages of who claims: the form, the link of the letter, what became of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.signals import user_registered

from hub.api import Content, Item, User, accounts, current_user, enqueue, forms, gettext, items, render_page, session
from hub_claims import keeping, proof
from hub_claims.models import UNDECIDED, Claim

WAYS = ("site", "editor")
HOUR = 3600


def make() -> Blueprint:
    """The public pages."""
    public = Blueprint("claims", __name__)
    public.add_url_rule("/<uid>/", "claim", claim, methods=["GET", "POST"])
    public.add_url_rule("/<uid>/sent/", "sent", sent)
    public.add_url_rule("/c/<word>", "confirm", confirm, methods=["GET", "POST"])
    public.add_url_rule("/mine/<int:number>/", "mine", mine, methods=["GET", "POST"])
    return public


def claim(lang: str, uid: str) -> ResponseReturnValue:
    """Say that an organisation is one's own."""
    content = keeping.organisation(uid) or abort(404)
    if request.method == "GET":
        return _form(content, lang)
    user, faults = current_user(), {}
    typed = {name: " ".join(request.form.get(name, "").split()) for name in ("email", "name")}
    note, way = request.form.get("note", "").replace("\r\n", "\n").strip()[:4000], request.form.get("way", "")
    wait = _wait(typed["email"])
    if wait:
        return _form(
            content, lang, code=429, told=gettext("Wait a little and send it once more; nothing is lost.")
        )
    content = keeping.organisation(uid) or abort(404)
    try:
        email = accounts.checked_address(typed["email"])
    except ValueError:
        email = ""
        faults["email"] = gettext("This does not look like an e-mail address.")
    if email and not proof.by_mail(keeping.website(content), email):
        if way == "editor" and not note:
            faults["note"] = gettext("Write in a few words how an editor can see that it is yours.")
        if way not in WAYS or (way == "site" and not proof.can_carry(keeping.website(content))):
            faults["way"] = gettext("Choose how you want to prove it.")
    if accounts.registration() == "closed" and user is None and email and accounts.find_user(session(), email) is None:
        faults["email"] = gettext("New accounts are not made here at the moment. Write to the editors.")
    if faults:
        return _form(content, lang, faults=faults, code=422)
    keeping.make(content, email, typed["name"][:120], note, way or "mail", lang, user)
    items.commit()
    return redirect(url_for("claims.sent", lang=lang, uid=uid))


def _wait(email: str) -> int:
    """Count a claim from this browser's address and to this mail address: nobody is flooded in our name."""
    session().rollback()  # counting commits on its own and would wait for this request's transaction
    waits = [forms.wait("claims", request.remote_addr or "?", 10, HOUR)]
    waits += [forms.wait("claims mail", email.lower(), 5, 24 * HOUR)] if email else []
    return max(waits)


def _form(content: Content, lang: str, *, faults: Any = None, code: int = 200, told: str = "") -> ResponseReturnValue:
    site, user = keeping.website(content), current_user()
    shown = items.load([content.id], lang)
    if not shown:
        abort(404)
    return render_page(
        "claims/claim.html", cache=False, code=code, item=shown[0], domain=proof.own_domain(site), typed=request.form,
        can_carry=proof.can_carry(site), faults=faults or {}, told=told, email=user.email if user else "",
        represents=bool(user and user.id in accounts.representatives(content.id)),
    )  # fmt: skip


def sent(lang: str, uid: str) -> ResponseReturnValue:
    """A letter is on its way."""
    content = keeping.organisation(uid) or abort(404)
    shown = items.load([content.id], lang) or abort(404)
    return render_page("claims/sent.html", cache=False, item=shown[0])


def confirm(lang: str, word: str) -> ResponseReturnValue:
    """The link of the letter: GET shows who claims what, POST says yes."""
    claim = _of_letter(word, locked=request.method == "POST")
    content = session().get(Content, claim.content_id) if claim else None
    blocked = claim is not None and (person := keeping.claimant(claim)) is not None and not person.active
    if claim is None or claim.state != "sent" or content is None or blocked or keeping.organisation(content.uid) is None:
        number = claim.id if claim is not None and claim.state != "sent" else None  # its page asks for an account anyway
        return _private(render_page("claims/gone.html", cache=False, code=404, number=number))
    if request.method == "POST":
        user, new = keeping.confirm(claim)
        if new:
            user_registered.send(current_app._get_current_object(), user=user)  # type: ignore[attr-defined]  # who keeps consents hears of it
        items.commit()
        if new and current_user() is None:
            accounts.sign_in(user, "claim")
            session().commit()
        return _private(redirect(url_for("claims.mine", lang=lang, number=claim.id)))
    shown, by = items.load([content.id], lang), session().get(User, claim.user_id or 0)
    return _private(render_page(
        "claims/confirm_page.html", cache=False, item=shown[0], claim=claim, by=by,
        at_once=proof.by_mail(keeping.website(content), claim.email), known=bool(accounts.find_user(session(), claim.email)),
    ))  # fmt: skip


def _of_letter(word: str, *, locked: bool) -> Claim | None:
    """The claim that a letter's link was made for: by its own word, too, since a later claim may be given the number of a deleted one."""
    known = accounts.unsigned("claim", word)
    claim = session().get(Claim, known[0], with_for_update=locked) if len(known) == 2 else None
    return claim if claim is not None and claim.word == known[1] else None


def _private(answer: Any) -> Any:
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def of(user: User) -> list[tuple[Claim, Item]]:
    """For one's own page: what a person has claimed, the newest first."""
    rows = session().scalars(sa.select(Claim).where(Claim.user_id == user.id).order_by(Claim.created.desc()).limit(20)).all()
    shown = {item.id: item for item in items.load([claim.content_id for claim in rows], items.speaking(), 1)}
    return [(claim, shown[claim.content_id]) for claim in rows if claim.content_id in shown]


def mine(lang: str, number: int) -> ResponseReturnValue:
    """What became of one's claim; POST has the site looked at again, or takes the claim back."""
    user = current_user()
    if user is None:
        return redirect(url_for("security.login", next=request.script_root + request.path))
    claim = session().scalar(sa.select(Claim).where(Claim.id == number, Claim.user_id == user.id)) or abort(404)
    if request.method == "POST":
        if claim.state in UNDECIDED and request.form.get("do") == "withdraw":
            keeping.withdraw(claim)
            flash(gettext("Your claim is taken back."), "ok")
        elif claim.state == "open" and request.form.get("do") == "editor":
            claim.way = "editor"
            enqueue(session(), "claims.tell", dedupe="claims.tell")
            flash(gettext("An editor looks at it now."), "ok")
        elif claim.state == "open" and request.form.get("do") == "look":
            _look(claim)
        items.commit()
        return redirect(url_for("claims.mine", lang=lang, number=number))
    content = session().get(Content, claim.content_id)
    shown = items.load([claim.content_id], lang, 1)
    if content is None or not shown:
        abort(404)
    return render_page(
        "claims/mine.html", cache=False, claim=claim, item=shown[0], website=keeping.website(content), meta=proof.META,
        file=proof.FILE, represents=user.id in accounts.representatives(content.id),
    )  # fmt: skip


def _look(claim: Claim) -> None:
    number = claim.id
    session().rollback()
    if forms.wait("claims look", str(number), 20, HOUR):
        flash(gettext("We have looked very often already. Wait an hour, then try again."), "warn")
        return
    enqueue(session(), "claims.look", number=number)
    flash(gettext("We look at your site now. Open this page again in a moment."), "ok")
