"""People whose data an entry shows: asked by a letter (or on paper), they agree and take it back by a link, without an account.

Taking it back takes their data out of the entry at once (see scrubbing.py), and keeps it out when an import brings it again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for

from hub.api import (
    Change,
    Content,
    accounts,
    content_type,
    current_user,
    forms,
    gettext,
    items,
    now,
    render_page,
    session,
    writing,
)
from hub.api import lazy_gettext as _

from . import consents, scrubbing
from .models import Named

PURPOSE, SALT, MOST = "publication", "named person", 20
PER_HOUR, PER_ADDRESS, HOUR = 60, 5, 3600  # letters of one hand, and in a day to one address


def of(content: Content) -> Sequence[Named]:
    """Everybody who is known to be named in an entry."""
    return session().scalars(sa.select(Named).where(Named.content_id == content.id).order_by(Named.id)).all()


def unasked(content: Content) -> list[str]:
    """What stands in personal fields of an entry and nobody has agreed to."""
    known = {digest for row in of(content) for digest in row.digests}
    found = scrubbing.names(items.read(content), content.kind)
    return [
        name for name in found if not any(scrubbing.digest(content.uid, part) in known for part in name.split(" · "))
    ]


def link(row: Named, language: str = "") -> str:
    """The path of the page where somebody agrees, and takes it back at any time."""
    return f"/{language or row.language}/privacy/named/{accounts.signed(SALT, row.id)}"


# -- at the desk --------------------------------------------------------------------------------------------------------


def desk(kind: str, uid: str) -> Any:
    """Who is named in an entry; POST asks somebody more, or takes somebody out."""
    slow = request.method == "POST" and _too_many(request.form.get("email", "").strip().lower())
    content = items.get(kind, uid) if content_type(kind) else None
    if content is None:
        abort(404)
    if not items.editable(content):
        abort(403)
    faults: dict[str, str] = {}
    if request.method == "POST":
        row = session().get(Named, request.form.get("number", 0, int))
        if row is not None and row.content_id == content.id:
            withdraw(row)
            items.commit()
            flash(gettext("Taken out of the entry, of all its versions and of everything made from it."), "ok")
            return redirect(url_for(".named", kind=kind, uid=uid))
        faults = _add(content, slow)
        if not faults:
            items.commit()
            return redirect(url_for(".named", kind=kind, uid=uid))
        session().rollback()
    return render_page(
        "privacy/named_desk.html", cache=False, code=422 if faults else 200, faults=faults, content=content, type=content_type(kind),
        rows=of(content), unasked=unasked(content), link=link, document=consents.document(PURPOSE), typed=request.form,
        title=next((text.title for text in content.texts), uid),
    )  # fmt: skip


def _too_many(address: str) -> bool:
    """Whether very many letters went out by this hand, or to this address. Counting commits by itself: afterwards read anew."""
    user = current_user()
    who = str(user.id if user else "")
    session().rollback()
    if not address:
        return False
    return bool(forms.wait("privacy named", who, PER_HOUR, HOUR) or forms.wait("privacy named to", address, PER_ADDRESS, 24 * HOUR))


def _add(content: Content, slow: bool) -> dict[str, str]:
    """Note somebody as the form says, and write to them where there is an address; answers faults."""
    lines = [" ".join(line.split()) for line in request.form.get("words", "").splitlines()]
    words, email = [line[:200] for line in dict.fromkeys(lines) if line], request.form.get("email", "").strip()
    paper = " ".join(request.form.get("paper", "").split())[:180]
    faults = {}
    if not words and "picture" not in request.form:
        faults["words"] = gettext("Write what of theirs stands in the entry, as it is written there.")
    if any(len(word) < scrubbing.SHORTEST for word in words) or len(words) > MOST:
        faults["words"] = gettext("Three letters at least in a line, and at most twenty lines.")
    if email and not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}", email):
        faults["email"] = gettext("Write an e-mail address such as name@example.org.")
    if not email and not paper:
        faults["email"] = gettext("Write their address, or how they have agreed already.")
    if slow:
        faults["email"] = gettext("Too many letters went out from here. Try again later.")
    text = consents.document(PURPOSE)
    if text is None:
        faults["email"] = gettext("Publish the text of the consent first; it stands under Privacy.")
    if faults or text is None:
        return faults
    language = request.form.get("language", "")
    language = language if language in items.site()["languages"] else items.speaking()
    row = Named(
        content_id=content.id, words=words, digests=[scrubbing.digest(content.uid, word) for word in words], email=email[:255],
        picture="picture" in request.form, language=language,
    )  # fmt: skip
    if paper:
        row.version, row.form, row.given = consents.version(text), paper, now()
    session().add(row)
    session().flush()
    if email:
        title = next((text.title for text in content.texts if text.lang == language), "") or next(
            t.title for t in content.texts
        )
        subject = _("Your name on our site: do you agree?") if not paper else _("Your name on our site")
        accounts.write(
            email,
            language,
            "privacy/named",
            subject,
            title=title,
            words=words,
            agreed=bool(paper),
            path=link(row),
            user=None,
        )
        flash(gettext("A letter with the link is on its way."), "ok")
    else:
        flash(gettext("Noted. Give them the link by which they can take it back."), "ok")
    return {}


# -- the person's own page ----------------------------------------------------------------------------------------------


def page(lang: str, word: str) -> Any:
    """What of theirs is shown where; agree, or take it back, at the press of a button."""
    known = accounts.unsigned(SALT, word)
    row = session().get(Named, known[0]) if known else None
    content = session().get(Content, row.content_id) if row is not None else None
    if row is None or content is None:
        abort(404)
    if request.method == "POST":
        text = consents.document(PURPOSE)
        if request.form.get("do") == "agree" and text is not None and row.withdrawn is None:
            row.version, row.form, row.given, row.language = (
                consents.version(text),
                f"/{lang}/privacy/named/",
                now(),
                lang,
            )
        elif request.form.get("do") == "withdraw":
            withdraw(row)
        items.commit()
        return redirect(url_for("privacy.named", lang=lang, word=word))
    shown = items.load([content.id], lang) if content.status in ("published", "archived") else []
    return render_page(
        "privacy/named_page.html", cache=False, row=row, item=shown[0] if shown else None, document=_shown_text(lang),
    )  # fmt: skip


def _shown_text(lang: str) -> Any:
    text = consents.document(PURPOSE)
    return items.load([text.id], lang)[0] if text is not None else None


def withdraw(row: Named) -> None:
    """Take somebody's data out of the entry; that they agreed once stays on record, without the data."""
    content = session().get(Content, row.content_id)
    if content is not None and row.withdrawn is None:
        scrubbing.take_out(content, [str(word) for word in row.words], [], picture=row.picture)
    row.withdrawn, row.words, row.email = row.withdrawn or now(), [], ""


# -- afterwards ---------------------------------------------------------------------------------------------------------


def keep_out(changes: Sequence[Change]) -> None:
    """What somebody has taken back and an import or an old copy brings again goes out again (a reader of the change log)."""
    ids = {change.content_id for change in changes if not change.gone}
    withdrawn = sa.select(Named).where(Named.content_id.in_(ids), Named.withdrawn.is_not(None))
    if session().scalar(withdrawn.limit(1)) is None:
        return
    session().rollback()
    with writing():
        digests: dict[int, list[str]] = {}
        for row in session().scalars(withdrawn):
            digests.setdefault(row.content_id, []).extend(map(str, row.digests))
        for content_id, known in digests.items():
            content = session().get(Content, content_id)
            if content is not None and content_type(content.kind) is not None:
                scrubbing.take_out(content, [], known)
        items.commit()


def forget_old(days: int) -> None:
    """Drop what was taken back longer ago than the law may ask about."""
    session().execute(sa.delete(Named).where(Named.withdrawn < now() - dt.timedelta(days=days)))


def forget(user: Any) -> None:
    """Somebody leaves: what entries show of them goes, too."""
    for row in _theirs(user):
        withdraw(row)


def exported(user: Any) -> list[dict[str, Any]]:
    """Where somebody with this address is named."""
    return [
        {"shown": row.words, "asked": row.asked.isoformat(), "given": row.given and row.given.isoformat(), "version": row.version,
         "form": row.form} for row in _theirs(user)
    ]  # fmt: skip


def _theirs(user: Any) -> Sequence[Named]:
    return session().scalars(sa.select(Named).where(sa.func.lower(Named.email) == user.email.lower())).all()


