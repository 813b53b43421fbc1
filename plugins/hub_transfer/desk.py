"""The desk's door: upload, match columns by sight, look at what would come of it, run, undo; and export."""

from __future__ import annotations

import json
import secrets
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, request, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from hub.api import ContentType, content_type, current_user, items, needs, render_page, session, setting

from . import mapping, tasks
from .importing import Checked, Importer, why
from .models import Batch, Row, Task
from .reading import Source, Unusable, known_endings

PREVIEW, CHECKED, SHOWN, SAMPLES = 10, 5000, 50, 3
FORMATS = ("jsonl", "json", "csv", "xlsx")
allowed = needs("transfer.use")


def make() -> Blueprint:
    """The pages below /desk/transfer/."""
    pages = Blueprint("transfer_desk", __name__)
    pages.before_app_request(_allow_large_files)
    task = "/<string(length=32):number>"
    pages.add_url_rule("/", "home", allowed(home))
    pages.add_url_rule("/upload", "upload", allowed(upload), methods=["POST"])
    pages.add_url_rule("/export", "export", allowed(ask_export), methods=["POST"])
    pages.add_url_rule("/undo/<int:batch>", "undo", allowed(ask_undo), methods=["POST"])
    pages.add_url_rule(f"{task}/", "task", allowed(show), methods=["GET"])
    pages.add_url_rule(f"{task}/", "change", allowed(change), methods=["POST"])
    pages.add_url_rule(f"{task}/drop", "drop", allowed(drop), methods=["POST"])
    pages.add_url_rule(f"{task}/report.csv", "report", allowed(report))
    pages.add_url_rule(f"{task}/file", "file", allowed(file))
    return pages


def _allow_large_files() -> None:
    if request.endpoint == "transfer_desk.upload":
        request.max_content_length = setting("transfer.upload_mb") * 1_000_000


def home() -> Response:
    """Import, export, and the imports so far."""
    db = session()
    batches = db.scalars(sa.select(Batch).order_by(Batch.id.desc()).limit(50)).all()
    counts = dict(db.execute(
        sa.select(Row.batch_id, sa.func.count()).where(Row.batch_id.in_([b.id for b in batches]), Row.row > 0).group_by(Row.batch_id)
    ).all())  # fmt: skip
    undoing = set(
        db.scalars(sa.select(Task.batch_id).where(Task.sort == "undo", Task.state.in_(("waiting", "running"))))
    )
    open_tasks = db.scalars(
        sa.select(Task).where(Task.state.in_(("new", "waiting", "running"))).order_by(Task.created.desc()).limit(20)
    ).all()
    return render_page(
        "transfer/home.html", cache=False, kinds=items.types(), batches=batches, counts=counts, undoing=undoing,
        tasks=open_tasks, endings=known_endings(), others=_other_formats(), megabytes=setting("transfer.upload_mb"), kind_label=_kind_label,
    )  # fmt: skip


def _other_formats() -> list[str]:
    """What plugins read, in words: "Calendar (.ics)"."""
    return list(dict.fromkeys(str(one.label) for one in items.importers().values()))


def _kind_label(kind: str) -> str:
    found = content_type(kind)
    return str(found.plural) if found else gettext("All kinds") if kind == "all" else kind


# -- importing ----------------------------------------------------------------------------------------------------------


def upload() -> Answer:
    """Keep the file, guess what its columns mean."""
    sent, kind = request.files.get("file"), request.form.get("kind", "")
    name = Path((sent.filename or "").replace("\\", "/")).name[:200] if sent else ""
    if sent is None or not name:
        return _back(gettext("Choose a file first."))
    if kind != "all" and content_type(kind) is None:
        return _back(gettext("Choose what the rows are."))
    if Path(name).suffix.lower() not in known_endings():
        return _back(gettext("%(name)s: this sort of file is not known here. Take one of: %(known)s.",
                             name=name, known=", ".join(known_endings())))  # fmt: skip
    task = Task(id=secrets.token_hex(16), sort="import", kind=kind, file=name, author_id=_author())
    path = tasks.file_of(task)
    sent.save(path)
    try:
        source = Source(path, name)
        _need_rows(source)
        task.total = source.total
        task.options = _guessed(source, kind) | {"source": Path(name).stem[:100], "status": "published"}
    except Unusable as error:
        path.unlink(missing_ok=True)
        return _back(str(error))
    session().add(task)
    session().commit()
    return redirect(url_for("transfer_desk.task", number=task.id))


def _need_rows(source: Source) -> None:
    """Raises Unusable for a file in which nothing could be matched: without rows, or with none that can be read."""
    number, first = next(source.rows(), (0, {}))
    if not number:
        raise Unusable(gettext("%(name)s: there are no rows in it, only a heading at most.", name=source.name))
    if not source.names:
        raise Unusable(gettext("%(name)s: none of its rows can be read. Row %(row)s: %(reason)s",
                               name=source.name, row=number, reason=first))  # fmt: skip


def _guessed(source: Source, kind: str, language: str = "") -> dict[str, Any]:
    ctype, values = content_type(kind), [text for several in _samples(source).values() for text in several]
    language = language or mapping.spoken_in(values) or items.speaking()
    columns: dict[str, str] = {}
    if ctype is not None and not source.whole:
        for pair in source.maps:
            column, _, target = pair.partition("=")
            columns[column] = target
        guess = mapping.guessed(ctype, source.names, language)
        columns = {**{c: t for c, t in guess.items() if t not in columns.values()}, **columns}
    return {"columns": columns, "fixed": {}, "language": language, "speaking": items.speaking()}


def show(number: str) -> Response | Answer:
    """A task: columns to be matched while it is new, then its progress, then what came of it."""
    task = _task(number)
    if task.state != "new":
        return render_page(
            "transfer/task.html", cache=False, task=task, kind_label=_kind_label, type=content_type(task.kind)
        )
    return _columns(task)


def _columns(task: Task, fault: str = "") -> Response:
    try:
        source = Source(tasks.file_of(task), task.file)
    except Unusable as error:
        source, fault = None, str(error)
    ctype = content_type(task.kind)
    rows, problems, checked = _preview(task, source) if source and not fault else ([], [], 0)
    if source and ctype and not source.whole and not any(_is_title(t) for t in task.options["columns"].values()):
        fault = fault or gettext("Choose the column with the title.")
    return render_page(
        "transfer/columns.html", cache=False, code=422 if fault and request.method == "POST" else 200, task=task, source=source,
        type=ctype, kinds=items.types(), fault=fault, choices=mapping.choices(ctype) if ctype else [],
        samples=_samples(source) if source else {}, rows=rows, problems=problems, checked=checked, kind_label=_kind_label,
        same=[f for f in ctype.fields if f.type == "choice"] if ctype else [],
    )  # fmt: skip


def _is_title(target: str) -> bool:
    return target.partition(".")[0] in ("title", "uid")


def _samples(source: Source) -> dict[str, list[str]]:
    """The first values of each column."""
    found: dict[str, list[str]] = {name: [] for name in source.names}
    for _, row in islice(source.rows(), 30):
        for name, value in row.items() if isinstance(row, dict) else ():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            if value not in (None, "") and len(found[name]) < SAMPLES and text[:80] not in found[name]:
                found[name].append(text[:80])
    return found


def _preview(task: Task, source: Source) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]], int]:
    """The first rows as items, then what is wrong with the first thousands: (row, title, reason), and how many those are."""
    try:
        importer = tasks.importer_of(task, source)
    except Unusable:
        return [], [], 0
    shown: list[Checked] = []
    problems: list[tuple[int, str, str]] = []
    count = 0
    for count, (number, row) in enumerate(islice(source.rows(), CHECKED), 1):
        found = _checked(importer, number, row)
        if count <= PREVIEW:
            shown.append(found)
        if found.fault is not None and len(problems) < SHOWN:
            problems.append((number, found.title, why(found.fault, found.ctype)))
    keys = [key for found in shown for key in found.keys]
    known = items.find_many([k[0] for k in keys if len(k) == 1], [k for k in keys if len(k) == 3])
    names = {(c.uid,) for c in known} | {(c.kind, c.origin, c.external_id) for c in known}
    return [_as_item(found, any(key in names for key in found.keys)) for found in shown], problems, count


def _checked(importer: Importer, number: int, row: Any) -> Checked:
    """A row as the import itself would take it, after those before it."""
    found = importer.check(number, row)
    if found.ctype is not None:
        try:
            importer.note_keys(found)
        except ValueError as error:
            found.fault = error
    return found


def _as_item(found: Checked, known: bool) -> dict[str, Any]:
    doc = found.fresh.doc if found.fresh else {} if found.whole else found.doc  # a document with a fault can have any form
    return {
        "number": found.number, "type": found.ctype, "doc": doc, "known": known,
        "title": found.title or (gettext("a topic") if found.ctype is None and found.fault is None else ""),
        "fault": why(found.fault, found.ctype) if found.fault is not None else "",
    }  # fmt: skip


def change(number: str) -> Response | Answer:
    """Keep what was chosen; look again, or go."""
    task = _task(number)
    if task.state != "new":
        return redirect(url_for("transfer_desk.task", number=number))
    kind, language = request.form.get("kind", task.kind), request.form.get("language", "")
    language = language if language in items.site()["languages"] else task.options["language"]
    ctype = content_type(kind)
    if ctype is None and kind != "all":
        abort(400)
    options = {**task.options, "language": language, "speaking": items.speaking()}
    options["source"] = request.form.get("source", "").strip()[:100] or Path(task.file).stem[:100]
    options["status"] = (
        request.form.get("status") if request.form.get("status") in ("published", "draft") else "published"
    )
    fault = ""
    if ctype is not None and kind == task.kind:
        options["columns"], fault = _chosen(ctype, options["columns"])
        if language != task.options["language"]:
            options["columns"] = _spoken_anew(options["columns"], task.options, language)
        options["fixed"] = {f.name: value for f in ctype.fields if f.type == "choice"
                            if (value := request.form.get(f"fixed.{f.name}", "")) in {c.value for c in f.choices}}  # fmt: skip
    elif ctype is not None:
        try:
            options |= _guessed(Source(tasks.file_of(task), task.file), kind, language)
        except Unusable as error:
            fault = str(error)
    task.kind, task.options = kind, options
    if request.form.get("do") == "run" and not fault:
        fault = _start(task)
    session().commit()
    return _columns(task, fault) if fault else redirect(url_for("transfer_desk.task", number=number))


def _chosen(ctype: ContentType, before: dict[str, str]) -> tuple[dict[str, str], str]:
    """Column → target as the form says, and a fault where two columns fill the same field."""
    known = {target for target, _ in mapping.choices(ctype)} | set(before.values())
    found: dict[str, str] = {}
    for n in range(min(request.form.get("columns", 0, type=int), len(request.form))):
        column, target = request.form.get(f"column.{n}.name", ""), request.form.get(f"column.{n}", "")
        if target and target in known:
            if target in found.values():
                other = next(name for name, taken in found.items() if taken == target)
                return {**found, column: target}, gettext(
                    "“%(one)s” and “%(other)s” go into the same field. Choose one of them.", one=other, other=column
                )
            found[column] = target
    return found, ""


def _spoken_anew(columns: dict[str, str], before: dict[str, Any], language: str) -> dict[str, str]:
    """The columns that were left as guessed in the language before, in another one."""
    found = dict(columns)
    for column, target in columns.items():
        name, _dot, code = target.partition(".")
        other = f"{name}.{language}"
        if code == before["language"] and before["columns"].get(column) == target and other not in found.values():
            found[column] = other
    return found


def _start(task: Task) -> str:
    """Hand the import to the worker; answers why not, where it cannot be."""
    try:
        source = Source(tasks.file_of(task), task.file)
        tasks.importer_of(task, source)
    except Unusable as error:
        return (
            gettext("Choose the column with the title.") if task.kind != "all" and _has_no_title(task) else str(error)
        )
    task.count, task.total = 0, source.total
    tasks.ask(task)
    return ""


def _has_no_title(task: Task) -> bool:
    return not any(_is_title(target) for target in task.options["columns"].values())


def drop(number: str) -> Answer:
    """Forget an upload that was not run."""
    task = _task(number)
    if task.state == "new":
        tasks.file_of(task).unlink(missing_ok=True)
        session().delete(task)
        session().commit()
        flash(gettext("The file is deleted, nothing was imported."), "ok")
    return redirect(url_for("transfer_desk.home"))


# -- undo and export ----------------------------------------------------------------------------------------------------


def ask_undo(batch: int) -> Answer:
    """Let the worker take an import back."""
    found = session().get(Batch, batch) or abort(404)
    if found.undone:
        return _back(gettext("This import was undone already."))
    total = session().scalar(sa.select(sa.func.count()).where(Row.batch_id == batch, Row.row > 0)) or 0
    task = Task(
        id=secrets.token_hex(16),
        sort="undo",
        kind=found.kind,
        file=found.file,
        author_id=_author(),
        batch_id=batch,
        total=total,
    )
    task.options = {"force": bool(request.form.get("force")), "speaking": items.speaking()}
    tasks.ask(task)
    session().commit()
    return redirect(url_for("transfer_desk.task", number=task.id))


def ask_export() -> Answer:
    """Let the worker write everything of a kind, or of all, to a file."""
    kind, form = request.form.get("kind", ""), request.form.get("format", "")
    ctype = content_type(kind)
    if (ctype is None and kind != "all") or form not in FORMATS:
        abort(400)
    if kind == "all" and form in ("csv", "xlsx"):
        return _back(gettext("All kinds together go into JSONL or JSON only: a table has the columns of one kind."))
    name = f"{ctype.path if ctype else 'all'}.{form}"
    task = Task(
        id=secrets.token_hex(16),
        sort="export",
        kind=kind,
        file=name,
        author_id=_author(),
        options={"speaking": items.speaking()},
    )
    tasks.ask(task)
    session().commit()
    return redirect(url_for("transfer_desk.task", number=task.id))


def report(number: str) -> Response:
    """What became of every row, as CSV."""
    task = _task(number)
    return _download(tasks.file_of(task, ".report.csv"), f"{Path(task.file).stem}-report.csv")


def file(number: str) -> Response:
    """The exported file."""
    task = _task(number)
    if task.sort != "export" or task.state != "done":
        abort(404)
    return _download(tasks.file_of(task), task.file)


def _download(path: Path, name: str) -> Response:
    if not path.is_file():
        abort(404)
    answer = send_file(path, as_attachment=True, download_name=name, max_age=0)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _task(number: str) -> Task:
    found: Task = session().get(Task, number) or abort(404)
    return found


def _back(message: str) -> Answer:
    flash(message, "bad")
    return redirect(url_for("transfer_desk.home"))


def _author() -> int | None:
    user = current_user()
    return user.id if user else None


