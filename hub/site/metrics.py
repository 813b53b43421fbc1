"""`/-/metrics`: what an operator watches, in Prometheus' text format. All of it is read from the database and the disk, so
every process of every host answers the same."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, request
from sqlalchemy.orm import Session

from hub import __version__
from hub.content.model import ChangeRow, Content, Cursor
from hub.hooks.here import hub
from hub.site.health import checks
from hub.store.db import engine, now
from hub.work.jobs import JobRow
from hub.work.mail import Mail

Line = tuple[str, str, dict[str, str], float]  # name, help, labels, value


def page() -> Response:
    """For this machine and the networks that `[server] metrics` names; nobody else learns that it is there."""
    here = ipaddress.ip_address(request.remote_addr or "0.0.0.0")
    nets = [ipaddress.ip_network(net, strict=False) for net in hub().settings.server.metrics]
    if not here.is_loopback and not any(here in net for net in nets):
        abort(404)
    return Response(written(measured()), mimetype="text/plain; version=0.0.4")


def measured() -> Iterator[Line]:
    """Every figure; labels are plugins, kinds and states, never people or addresses."""
    yield "hub_info", "The release that runs.", {"version": __version__}, 1
    states = {"ok": 0, "warning": 1, "failed": 2}
    for check in checks():
        yield "hub_check", "0 well, 1 look at it, 2 failed.", {"name": check.name}, states[check.state]
    yield "hub_disk_free_bytes", "Free on the disk of the instance.", {}, shutil.disk_usage(hub().settings.instance).free
    with Session(engine()) as db:
        for kind, status, count in _counted(db, Content.kind, Content.status):
            yield "hub_items", "Entries by kind and status.", {"kind": kind, "status": status}, count
        for state, count in _counted(db, JobRow.state):
            yield "hub_jobs", "Background jobs by state.", {"state": state}, count
        oldest = db.scalar(sa.select(sa.func.min(JobRow.run_at)).where(JobRow.state == "ready"))
        late = max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
        yield "hub_jobs_late_seconds", "How long the oldest due job has waited.", {}, late
        waiting = db.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.sent.is_(None))) or 0
        yield "hub_mail_waiting", "Mails in the outbox.", {}, waiting
        head = db.scalar(sa.select(sa.func.max(ChangeRow.id))) or 0
        yield "hub_changes_head", "The newest change.", {}, head
        for reader, position in db.execute(sa.select(Cursor.reader, Cursor.position).order_by(Cursor.reader)):
            yield "hub_reader_behind", "Changes that a reader has not seen yet.", {"reader": reader}, max(0, head - position)


def _counted(db: Session, *columns: Any) -> list[Any]:
    return list(db.execute(sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)))


def written(lines: Iterator[Line]) -> str:
    """Lines as Prometheus reads them: HELP and TYPE once per name, label values escaped."""
    out: list[str] = []
    told: set[str] = set()
    for name, text, labels, value in lines:
        if name not in told:
            told.add(name)
            out += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        marks = ",".join(f'{key}="{_quoted(word)}"' for key, word in labels.items())
        out.append(f"{name}{'{' + marks + '}' if marks else ''} {value if value % 1 else int(value)}")
    return "\n".join(out) + "\n"


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
