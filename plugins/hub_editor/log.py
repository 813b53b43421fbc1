"""The audit log: who sent which form of the desk when. What was written stands in the versions."""

from __future__ import annotations

import csv
import datetime as dt
import io
import logging
import re
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, request

from hub.api import Content, User, content_type, current_user, items, now, render_page, session, setting, writing
from hub.api import lazy_gettext as _

from .bulk import title_of
from .models import Deed

complaint = logging.getLogger("hub.editor")
SHOWN = 100
QUIET = ("editor_desk.keep", "editor_desk.keep_new", "editor_desk.preview")  # a browser's doing, nobody's deed
TOLD = ("do", "step", "role", "kind")  # which button, never what was typed
WORDS = {
    "desk.new": _("new entry"), "desk.edit": _("entry saved"), "desk.move": _("entry moved on"), "desk.plugins": _("plugin switched"),
    "desk.erase_plugin": _("data of a plugin erased"), "desk.settings": _("settings changed"), "desk.topics": _("topics changed"),
    "editor_desk.take": _("many entries at once"), "editor_desk.undo": _("many entries taken back"),
    "editor_desk.restore": _("earlier version restored"), "editor_desk.trash": _("trash"), "editor_desk.kept": _("unsaved text decided on"),
    "editor_desk.kept_new": _("unsaved text decided on"),
    "people_desk.invite": _("invitation"), "people_desk.person": _("account changed"), "people_desk.owner": _("responsible organisation"),
    "people_desk.representatives": _("representatives"), "privacy_desk.erase": _("account to be erased"),
    "webapi_desk.tokens": _("key of the web API"),
    "webapi_desk.revoke": _("key of the web API revoked"), "webapi_desk.hooks": _("webhook"), "webapi_desk.hook": _("webhook"),
    "transfer_desk.upload": _("file taken in"), "transfer_desk.undo": _("import taken back"), "transfer_desk.export": _("export"),
}  # fmt: skip
SAID = {  # what the buttons mean; what is missing here stands in the file only
    "publish": _("publication"), "unpublish": _("taken off the site"), "submit": _("sent to the editors"),
    "return": _("given back to the author"), "save": _("saved"), "archive": _("archived"), "trash": _("to the trash"),
    "restore": _("brought back"), "all": _("accepted"), "some": _("accepted in part"), "refuse": _("refused"), "ask": _("asked back"),
    "spam": _("spam"), "merge": _("merged"), "role": _("role"), "disable": _("account disabled"), "enable": _("account enabled"),
    "member": _("member"), "editor": _("editor"), "admin": _("administrator"), "reset": _("second factor taken away"),
    "on": _("switched on"), "off": _("switched off"), "erase": _("deleted for good"), "remove": _("removed"),
    "verify": _("marked as verified"), "unverify": _("no longer verified"), "accept": _("accepted"), "pass": _("let through"),
    "answer": _("answered"), "close": _("closed"), "open": _("opened again"), "release": _("not spam after all"),
    "hide": _("taken out of sight"), "block": _("put on the list of the blocked"), "unblock": _("no longer blocked"),
    "checked": _("checked: still right"), "right": _("checked: still right"), "done": _("done"),
    "different": _("two different entries"), "apart": _("a story of its own"), "pin": _("pinned"), "unpin": _("no longer pinned"),
    "promote": _("made an article of our own"), "send": _("sent"), "came": _("noted as there"), "noshow": _("noted as absent"),
    "cancel": _("cancelled"), "undo": _("step undone"), "paste": _("table pasted"), "copy": _("copied"),
    "shift": _("moved to other days"), "yes": _("yes"), "no": _("no"), "pause": _("paused for now"), "resume": _("resumed"),
    "end": _("brought to an end"), "deal": _("dealt to the jury"), "gather": _("gathered"), "result": _("result"),
    "machine": _("machine translation"), "fill": _("filled from the memory"), "replace": _("picture replaced"),
    "back": _("step undone"), "add": _("added"), "take": _("text taken over"), "drop": _("thrown away"), "keep": _("kept after all"),
}  # fmt: skip


def note(response: Response) -> Response:
    """After every answer: write down what a signed-in person has done at the desk, once it is done."""
    if request.method != "POST" or not request.path.startswith("/desk/") or request.endpoint in QUIET:
        return response
    user = current_user()
    if user is None or response.status_code >= 400:
        return response
    number, told = user.id, [request.form[name] for name in TOLD if request.form.get(name)]
    told += [request.form.get("name", "")] if request.endpoint == "desk.plugins" else []
    word = re.sub(r"[^\w .:/-]", "", " ".join(told))[:80]
    try:
        with writing():
            session().rollback()  # what the view has not committed was not done
            session().add(Deed(user_id=number, endpoint=str(request.endpoint)[:80], path=request.path[:300], word=word))
            session().commit()
    except sa.exc.SQLAlchemyError as error:  # what was done is done, and the person must hear so
        session().rollback()
        complaint.error("%s by account %d is missing in the audit log: %s", request.endpoint, number, error)
    return response


def page() -> Any:
    """The newest deeds, of one person or all."""
    who, before = request.args.get("who", 0, int), request.args.get("before", 0, int)
    rows = _rows(who, before, SHOWN + 1)
    people = session().scalars(sa.select(User).where(User.id.in_(sa.select(Deed.user_id).distinct()))).all()
    return render_page(
        "editor/log.html", cache=False, rows=[_line(*row) for row in rows[:SHOWN]], who=who, days=setting("editor.log_days"),
        people=sorted(people, key=lambda user: user.shown_name), next=rows[SHOWN - 1][0].id if len(rows) > SHOWN else 0,
    )  # fmt: skip


def _rows(who: int, before: int, limit: int) -> list[Any]:
    query = sa.select(Deed, User).outerjoin(User, User.id == Deed.user_id).order_by(Deed.id.desc()).limit(limit)
    query = query.where(Deed.user_id == who) if who else query
    return list(session().execute(query.where(Deed.id < before) if before else query).all())


def _line(deed: Deed, user: User | None) -> dict[str, Any]:
    word = WORDS.get(deed.endpoint) or _room(deed.endpoint)
    buttons = deed.word.split() or ([deed.path.rstrip("/").rpartition("/")[2]] if deed.endpoint == "desk.move" else [])
    return {"at": deed.at, "who": user.shown_name if user else "", "what": word, "path": deed.path, "title": _title(deed.path),
            "word": ", ".join(filter(None, (_said(button, deed.endpoint) for button in buttons)))}  # fmt: skip


def _said(button: str, endpoint: str) -> str:
    """What a button, a kind or a plugin is called; empty for what only the software understands."""
    plugins = current_app.extensions["hub"].plugins
    if endpoint == "desk.plugins" and button in plugins.found:
        return str(plugins.card(button).label)
    known, ctype = SAID.get(button), content_type(button)
    return str(known or (ctype.plural if ctype else ""))


def _room(endpoint: str) -> Any:
    """What a plugin calls itself, for those of its pages that have no words of their own here."""
    plugins = current_app.extensions["hub"].plugins
    name = endpoint.partition(".")[0].removesuffix("_desk")
    return plugins.card(name).label if name in plugins.found else endpoint


def _title(path: str) -> str:
    """The title of the entry, or else the kind, that an address of the desk is about."""
    parts = path.strip("/").split("/")
    ctype = items.type_at(parts[1]) if len(parts) > 2 else None
    kind = ctype.kind if ctype else parts[2] if len(parts) > 3 and content_type(parts[2]) else ""
    content: Content | None = items.get(kind, parts[2] if ctype else parts[3]) if kind else None
    found = title_of(content) if content else ""
    known = ctype or content_type(kind)
    return found or (str(known.plural) if known else "")


def as_csv() -> Response:
    """All of it, for who must keep it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "who", "what", "word", "path"])
    for deed, user in _rows(0, 0, 100_000):
        name = user.shown_name if user else ""
        safe = "'" + name if name.startswith(("=", "+", "-", "@")) else name
        writer.writerow([deed.at.isoformat(), safe, deed.endpoint, deed.word, deed.path])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return answer


def forget_old() -> None:
    """Drop what is older than the setting says (a job)."""
    with writing():
        session().execute(sa.delete(Deed).where(Deed.at < now() - dt.timedelta(days=setting("editor.log_days"))))
        session().commit()
