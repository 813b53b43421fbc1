"""The editors' page at /desk/claims/: who says what of which organisation; marks given and taken by hand."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.api import User, current_user, gettext, items, needs, render_page, session
from hub_claims import keeping
from hub_claims.models import Claim

desk = Blueprint("claims_desk", __name__)
SHOWN = 100


@desk.get("/")
@needs("claims.decide")
def overview() -> ResponseReturnValue:
    """What waits, oldest first, and what was decided lately."""
    waiting = (
        session().scalars(sa.select(Claim).where(Claim.state == "open").order_by(Claim.created).limit(SHOWN)).all()
    )
    over = sa.select(Claim).where(Claim.decided.is_not(None)).order_by(Claim.decided.desc()).limit(50)
    decided = session().scalars(over).all()
    numbers = {claim.content_id for claim in (*waiting, *decided)}
    people = {claim.user_id or 0 for claim in (*waiting, *decided)}
    return render_page(
        "claims/desk.html", cache=False, waiting=waiting, decided=decided,
        shown={item.id: item for item in items.load(sorted(numbers), items.speaking(), 2)},
        people={u.id: u for u in session().scalars(sa.select(User).where(User.id.in_(people)))},
    )  # fmt: skip


@desk.post("/<int:number>")
@needs("claims.decide")
def decide(number: int) -> ResponseReturnValue:
    """Verify or refuse a claim."""
    claim = session().get(Claim, number, with_for_update=True) or abort(404)
    if claim.state != "open":
        flash(gettext("Somebody was faster: this has been decided already."), "warn")
    elif request.form.get("do") == "verify":
        keeping.verify(claim, current_user())
        flash(gettext("Verified; they look after the entry now."), "ok")
    elif request.form.get("do") == "refuse":
        reason = request.form.get("reason", "").replace("\r\n", "\n").strip()[:4000]
        keeping.refuse(claim, reason, current_user())
        flash(gettext("Refused."), "ok")
    else:
        abort(400)
    items.commit()
    return redirect(url_for("claims_desk.overview"))


@desk.post("/standing/<uid>")
@needs("claims.decide")
def standing(uid: str) -> ResponseReturnValue:
    """An editor knows the organisation: the mark is given or taken without a claim."""
    content = keeping.organisation(uid) or abort(404)
    if request.form.get("do") == "verify":
        keeping.stand(content, "verified")
    else:
        keeping.unverify(content)
    items.commit()
    flash(gettext("Saved."), "ok")
    return redirect(url_for("desk.edit", path=keeping.path_word(), uid=uid, _anchor="standing"))
