"""Work that the desk asks for: done by the worker, told by its progress, gone on with where a worker died."""

from __future__ import annotations

import csv
import datetime as dt
import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from hub.api import ContentType, content_type, data_dir, enqueue, gettext, instance, items, now, session, writing

from .exporting import export
from .importing import Importer, Report
from .mapping import Mapping
from .models import Task
from .reading import Source, Unusable
from .undoing import Undone, undo

log = logging.getLogger("hub.transfer")
KEPT = dt.timedelta(days=7)
ATTEMPTS = 3
SHOWN = 200  # problems that the page lists; the report has them all


def file_of(task: Task, end: str = "") -> Path:
    """Where a task's file lies; its name is ours alone. end: another file of the same task."""
    return data_dir("transfer") / (task.id + (end or Path(task.file).suffix.lower()))


def ask(task: Task) -> None:
    """Put a task into the worker's hands (in the transaction at hand)."""
    task.state = "waiting"
    session().add(task)
    session().flush()
    enqueue(session(), "transfer.work", task=task.id)


def mapping_of(task: Task, ctype: ContentType, source: Source) -> Mapping:
    """The mapping that was chosen in the desk. Raises Unusable."""
    options = task.options
    fixed = {name: value for name, value in options.get("fixed", {}).items() if value}
    mapping = Mapping(dict(options.get("columns", {})), fixed, options["language"])
    mapping.need_title()
    return mapping


def importer_of(task: Task, source: Source, **more: Any) -> Importer:
    """The importer for an upload as it was set in the desk. Raises Unusable."""
    ctype = content_type(task.kind) if task.kind != "all" else None
    if ctype is None and task.kind != "all":
        raise Unusable(gettext("the kind '%(kind)s' is not switched on here", kind=task.kind))
    mapping = None if ctype is None or source.whole else mapping_of(task, ctype, source)
    origin = task.options.get("source") or Path(task.file).stem
    status = task.options.get("status", "published")
    return Importer(ctype, origin, mapping, author_id=task.author_id, status=status, labels=True, **more)


def work(task: str) -> None:
    """Carry out a task (a job). What people can mend is told on its page; other errors are tried again."""
    with writing():
        found = session().get(Task, task)
        if found is None or found.state not in ("waiting", "running"):
            return
        found.state, found.attempts = "running", found.attempts + 1
        session().commit()
    session().refresh(found)
    session().expunge(found)
    session().rollback()  # no transaction is held while a file is read
    language, attempts = found.options.get("speaking") or items.site()["languages"][0], found.attempts
    try:
        with force_locale(language):
            outcome = {"import": _import, "undo": _undo, "export": _export}[found.sort](found)
    except Unusable as error:
        _set(task, state="failed", outcome={"error": str(error)})
    except Exception as error:
        session().rollback()
        if attempts < ATTEMPTS or instance.outage(error) is not None:  # a full disk has room again one day; the job waits for it
            raise
        log.exception("task %s was given up", task)
        _set(task, state="failed", outcome={"error": f"{type(error).__name__}: {error}".splitlines()[0]})
    else:
        _set(task, state="done", outcome=outcome)


def _set(number: str, **values: Any) -> None:
    session().rollback()
    with writing():
        session().execute(sa.update(Task).where(Task.id == number).values(**values))
        session().commit()


def _note(task: Task, **values: Any) -> None:
    """Write progress down in the transaction at hand."""
    session().execute(
        sa.update(Task).where(Task.id == task.id).values(**values).execution_options(synchronize_session=False)
    )


def _import(task: Task) -> dict[str, Any]:
    source = Source(file_of(task), task.file)
    path = file_of(task, ".report.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([gettext("row"), gettext("title"), gettext("outcome"), gettext("reason"), "uid"])
        words = {"created": gettext("created"), "updated": gettext("updated"), "unchanged": gettext("unchanged"),
                 "problem": gettext("problem")}  # fmt: skip

        def tell(number: int, title: str, outcome: str, reason: str, uid: str) -> None:
            writer.writerow([number, _safe(title), words[outcome], _safe(reason), uid])

        def progress(report: Report) -> None:
            pictures = {"pictures": report.pictures} if report.pictures else {}
            _note(task, count=report.rows, total=source.total, batch_id=report.batch or None, outcome=pictures)

        importer = importer_of(task, source, batch=task.batch_id or 0, tell=tell, progress=progress)
        report = importer.run(task.file, source.rows())
    unused = importer.mapping.unused(source.names) if importer.mapping else []
    with writing():
        _note(task, batch_id=report.batch or None, count=report.rows)
        session().commit()
    return {
        "created": report.created, "updated": report.updated, "unchanged": report.unchanged, "wrong": len(report.problems),
        "pictures": report.pictures,
        "problems": [list(problem) for problem in report.problems[:SHOWN]], "notes": (source.notes + report.notes)[:SHOWN],
        "unused": unused,
    }  # fmt: skip


def _undo(task: Task) -> dict[str, Any]:
    def progress(found: Undone) -> None:
        _note(task, count=found.removed + found.restored + len(found.kept))

    found = undo(task.batch_id or 0, force=bool(task.options.get("force")), progress=progress)
    kept = [list(entry) for entry in found.kept[:SHOWN]]
    return {"removed": found.removed, "restored": found.restored, "left": len(found.kept), "kept": kept}


def _export(task: Task) -> dict[str, Any]:
    ctype = content_type(task.kind) if task.kind != "all" else None
    if ctype is None and task.kind != "all":
        raise Unusable(gettext("the kind '%(kind)s' is not switched on here", kind=task.kind))
    notes: list[str] = []
    count = export(ctype, file_of(task), lambda count: None, notes)
    return {"count": count, "notes": notes}


def _safe(text: str) -> str:
    """A cell of the report that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def tidy() -> None:
    """Delete the files and the notes of what was asked for a week ago (a job)."""
    with writing():
        old = sa.select(Task.id).where(Task.created < now() - KEPT, Task.state.in_(("new", "done", "failed")))
        session().execute(sa.delete(Task).where(Task.id.in_(old)))
        kept = set(session().scalars(sa.select(Task.id)))
        session().commit()
    for path in data_dir("transfer").iterdir():
        if (
            path.name.partition(".")[0] not in kept
            and path.stat().st_mtime < (now() - dt.timedelta(hours=1)).timestamp()
        ):
            path.unlink(missing_ok=True)
