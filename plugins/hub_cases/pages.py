"""The public pages of adoptions: the form, the sender's link, the link of those who keep the practice, lines for maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from babel import Locale
from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from hub.api import (
    Content,
    Item,
    accounts,
    current_user,
    forms,
    gettext,
    items,
    level,
    ngettext,
    now,
    render_page,
    session,
)
from hub_cases import adoptions, guard, letters
from hub_cases.models import STAGES, Adoption


def subject(uid: str, lang: str) -> Item:
    """The published practice of that uid as this reader may see it; 404 for any other."""
    content = items.get("case", uid)
    reader = level(current_user())
    if content is None or content.status != "published" or content.audience not in items.AUDIENCES[: reader + 1]:
        abort(404)
    shown = items.load([content.id], lang, reader, links=True)
    if not shown:
        abort(404)
    return shown[0]


def title_of(doc: Mapping[str, Any]) -> str:
    """The title of a document in the language of the desk, else in whichever it has."""
    own, texts = doc["texts"].get(items.speaking(), {}), doc["texts"].values()
    return str(own.get("title") or next((text["title"] for text in texts if text.get("title")), ""))


def editable(uid: str) -> Content:
    """The practice, for who may edit it; 404 or 403 for others."""
    content = items.get("case", uid)
    if content is None:
        abort(404)
    if not items.editable(content):
        abort(403)
    return content


@dataclass
class Typed:
    """The form as it was sent. faults: field → what is wrong."""

    stage: str = ""
    who: str = ""
    city: str = ""
    country: str = ""
    year: str = ""
    text: str = ""
    evidence: str = ""
    email: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def adopt(lang: str, uid: str) -> ResponseReturnValue:
    """ "We did it too": the form; POST takes it in."""
    seconds = guard.wait(request.remote_addr or "?") if request.method == "POST" else 0
    item = subject(uid, lang)
    if request.method == "GET":
        return _form(item, Typed(stage=request.args.get("stage", "")))
    typed = _read()
    if seconds:
        return _form(item, typed, 429, wait_words(seconds))
    if typed.faults:
        return _form(item, typed, 422)
    if guard.age(request.form.get("shown_at", "")) is None:
        told = gettext("This page was open for very long. Your text is still here: please send it once more.")
        return _form(item, typed, 422, told)
    return _take(item, typed, lang)


def _take(item: Item, typed: Typed, lang: str) -> ResponseReturnValue:
    user = current_user()
    number, user_id = item.id, user.id if user else None
    quiet = user is None and not guard.may_write_to(typed.email)
    adoption = Adoption(
        content_id=number, stage=typed.stage, names={lang: typed.who}, city={lang: typed.city} if typed.city else {},
        texts={lang: typed.text} if typed.text else {}, country=typed.country, year=int(typed.year) if typed.year else None,
        evidence=typed.evidence, lang=lang, email=typed.email, user_id=user_id, adopter_id=adoptions.partner_named(typed.who, lang),
    )  # fmt: skip
    adoption.doubts = guard.doubts(request.form, adoption, user_id is not None) + (["fast"] if quiet else [])
    twin = adoptions.twin(adoption)
    if twin is None:
        adoptions.take_in(adoption, current_user())
    state = (twin or adoption).state
    items.commit()
    if state == "live":
        flash(gettext("Thank you, it is on the site now."), "ok")
        return redirect(url_for("site.item", lang=lang, path="cases", slug=item.uid) + "#adoptions")
    did = "mailbox" if user_id is None else "waiting"
    return redirect(url_for("cases.thanks", lang=lang, uid=item.uid, did=did))


def _read() -> Typed:
    form = request.form
    line = lambda name, limit: " ".join(form.get(name, "").split())[:limit]  # noqa: E731
    typed = Typed(form.get("stage", ""), line("who", 200), line("city", 120), line("country", 2).upper(), line("year", 10),
                  _lines(form.get("text", ""))[:5000], line("evidence", 2000), line("email", 254))  # fmt: skip
    if typed.stage not in {stage.value for stage in STAGES}:
        typed.faults["stage"] = gettext("Choose one of the three.")
    if not typed.who:
        typed.faults["who"] = gettext("Who are you? The name of the organisation, town or group.")
    if typed.stage == "unfit" and not typed.text:
        typed.faults["text"] = gettext("Say in a sentence why it did not fit: that helps others most.")
    if typed.year and not (typed.year.isascii() and typed.year.isdecimal() and 1900 <= int(typed.year) <= now().year + 5):
        typed.faults["year"] = gettext("A year with four digits, from 1900 to %(last)s.", last=now().year + 5)
    if typed.evidence and "://" not in typed.evidence:
        typed.evidence = "https://" + typed.evidence
    if typed.evidence and not _address(typed.evidence):
        typed.faults["evidence"] = gettext("This does not look like a web address. An example: https://example.org")
    if typed.country and typed.country not in Locale("en").territories:
        typed.country = ""
    if current_user() is None:
        try:
            typed.email = accounts.checked_address(typed.email)
        except ValueError:
            typed.faults["email"] = gettext("We need your address here, such as name@example.org, to send you the link.")
    return typed


def _address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in text
    except ValueError:
        return False


def _lines(text: str) -> str:
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()


def _form(item: Item, typed: Typed, code: int = 200, told: str = "") -> ResponseReturnValue:
    before = request.form.get("shown_at", "")
    return render_page(
        "cases/adopt.html", cache=False, code=code, item=item, typed=typed, faults=typed.faults, told=told, trap=guard.TRAP,
        stages=STAGES, partners=forms.titles("partner"), countries=_countries(),
        stamp=before if guard.age(before) is not None else guard.stamp(),
    )  # fmt: skip


def _countries() -> list[tuple[str, str]]:
    locale = get_locale() or Locale("en")
    left = ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO")
    found = [(c, n) for c, n in locale.territories.items() if len(c) == 2 and c.isalpha() and c not in left]
    return sorted(found, key=lambda pair: pair[1])


def wait_words(seconds: int) -> str:
    """What somebody is told who has to wait."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minute.",
        "Too much has come in from your network. Your text is still here: send it again in %(num)s minutes.", minutes,
    )  # fmt: skip


def thanks(lang: str, uid: str) -> ResponseReturnValue:
    """It has come in; what happens next."""
    return render_page("cases/thanks.html", cache=False, item=subject(uid, lang), did=request.args.get("did", ""))


def mine(lang: str, token: str) -> ResponseReturnValue:
    """The sender's link: GET shows it, POST confirms it or takes it back."""
    return _linked(lang, token, letters.SENDER)


def confirm(lang: str, token: str) -> ResponseReturnValue:
    """The link of those who keep the practice: GET shows the adoption, POST says yes or no."""
    return _linked(lang, token, letters.HOLDER)


def _linked(lang: str, token: str, purpose: str) -> ResponseReturnValue:
    adoption = letters.by_link(token, purpose)
    content = session().get(Content, adoption.content_id) if adoption is not None else None
    if adoption is None or content is None or adoption.state in ("refused", "withdrawn"):
        return render_page("cases/gone.html", cache=False, code=404)
    if request.method == "POST":
        number, uid = adoption.id, content.uid
        asks = purpose == letters.SENDER and request.form.get("do") == "confirm" and guard.may_ask_holder(uid)
        adoption = session().get(Adoption, number, with_for_update=True, populate_existing=True)
        if adoption is not None:
            _act(adoption, purpose, request.form.get("do", ""), asks)
        items.commit()
        return redirect(request.script_root + request.path)
    shown = items.load([content.id], lang, 2)
    answer = render_page("cases/linked.html", cache=False, row=adoption, item=shown[0] if shown else None,
                         sender=purpose == letters.SENDER, stages=labels(), spoken=adoptions.spoken)  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _act(adoption: Adoption, purpose: str, do: str, asks: bool) -> None:
    if purpose == letters.SENDER:
        if do == "confirm" and adoption.state == "confirm":
            adoptions.queue(adoption, ask=asks)
        elif do == "withdraw":
            adoptions.withdraw(adoption)
    elif do == "yes" and adoption.state in ("waiting", "live"):
        adoptions.accept(adoption, None, holder=True)
    elif do == "no" and adoption.state in ("waiting", "live"):
        adoptions.deny(adoption)


def labels() -> dict[str, str]:
    """The name of each stage."""
    return {stage.value: str(stage.label) for stage in STAGES}


def lines(lang: str, uid: str = "") -> ResponseReturnValue:
    """Lines from practices (or one) to where they were taken over, as GeoJSON."""
    g.hub_lang = lang
    rows = adoptions.of_case(subject(uid, lang).id) if uid else adoptions.live()
    body = adoptions.lines(rows, level(current_user()), lang)
    found: ResponseReturnValue = items.data(json.dumps(body, ensure_ascii=False), "application/geo+json")
    return found


def queued(tab: str) -> list[tuple[Adoption, Content | None]]:
    """What waits, oldest first; or what was decided last."""
    waits = Adoption.state.in_(("waiting", "held"))
    query = sa.select(Adoption).where(waits).order_by(Adoption.created) if tab == "waiting" else (
        sa.select(Adoption).where(Adoption.decided.is_not(None)).order_by(Adoption.decided.desc()))  # fmt: skip
    rows = session().scalars(query.limit(100)).all()
    return [(row, session().get(Content, row.content_id)) for row in rows]
