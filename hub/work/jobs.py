"""Background work from a leased table in the hub's own database: at least once, also across kill -9.

A job is enqueued in the transaction of the data it belongs to. A worker takes a lease and renews it while it works;
when it dies, the lease runs out and another worker starts the job again.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.hooks.here import hub
from hub.hooks.parts import Job
from hub.store import outages
from hub.store.db import Base, Json, Utc, engine, now, session, writing

log = logging.getLogger("hub.jobs")
LEASE = dt.timedelta(seconds=float(os.environ.get("HUB_JOB_LEASE", "30")))
KEEP_DONE = dt.timedelta(days=7)
WAIT = 5.0  # seconds until a worker looks again whether the database can be used


class JobRow(Base):
    __tablename__ = "hub_job"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    args: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(sa.String(12), default="ready")  # ready, running, done, dead
    run_at: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None] = mapped_column(Utc)
    owner: Mapped[str | None] = mapped_column(sa.String(60))
    dedupe: Mapped[str | None] = mapped_column(sa.String(160), unique=True)
    error: Mapped[str] = mapped_column(sa.Text, default="")
    finished: Mapped[dt.datetime | None] = mapped_column(Utc)
    __table_args__ = (sa.Index("ix_hub_job_state_run_at", "state", "run_at"),)


MAX_ATTEMPTS = 6


def enqueue(db: Session, name: str, *, run_at: dt.datetime | None = None, dedupe: str | None = None, **args: Any) -> None:
    """Put a job into the queue as part of the session's transaction.

    name: "<plugin>.<job>". dedupe: a key under which only one waiting job exists (a second call changes nothing);
    a job that runs already waits no more, so that what is written meanwhile gets a run of its own.
    """
    values = {"name": name, "args": args, "run_at": run_at or now(), "dedupe": dedupe}
    if dedupe is None:
        db.add(JobRow(**values))
        return
    # the lock keeps workers off the waiting job until this transaction's data can be seen
    waiting = sa.select(JobRow.id).where(JobRow.dedupe == dedupe).with_for_update(read=True, key_share=True)
    if db.scalar(waiting) is None:
        insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
        db.execute(insert(JobRow).values(**values).on_conflict_do_nothing(index_elements=["dedupe"]))


def arm_periodic() -> None:
    """Make sure that every declared periodic job has its row; due at once when new."""
    with writing(), Session(engine()) as db:
        rows = {r.dedupe: r for r in db.scalars(sa.select(JobRow).where(JobRow.dedupe.like("every:%")))}
        for name, job in hub().jobs.items():
            if job.every and f"every:{name}" not in rows:
                enqueue(db, name, dedupe=f"every:{name}")
        db.execute(sa.delete(JobRow).where(JobRow.state == "done", JobRow.finished < now() - KEEP_DONE))
        db.commit()


def run_one(owner: str) -> bool:
    """Take one due job and run it; False where none is due. Errors are recorded and retried later."""
    claimed = _claim(owner)
    if claimed is None:
        return False
    job_id, name, args, attempts, periodic = claimed
    job: Job | None = hub().jobs.get(name) if hub().hooks.is_on(name.partition(".")[0]) else None
    if job is None:  # its plugin is off: keep the job, look again later
        _finish(job_id, owner, state="ready", run_at=now() + dt.timedelta(minutes=5), attempts=attempts - 1)
        return True
    if attempts > MAX_ATTEMPTS and not periodic:
        _finish(job_id, owner, state="dead", error="its worker died in every attempt")
        return True
    stop = threading.Event()
    beat = threading.Thread(target=_renew, args=(engine(), job_id, owner, stop), daemon=True)
    beat.start()
    try:
        job.run(**args)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if away := outages.of(error):  # of the database or the disk: not this job's fault, and not counted
            attempts -= 1
        log.error("job %s failed (attempt %d): %s", name, attempts, error, exc_info=not away)
        dead = attempts >= MAX_ATTEMPTS and not periodic
        pause = dt.timedelta(seconds=min(3600, 5 * 3**attempts))
        outcome: dict[str, Any] = {
            "state": "dead" if dead else "ready", "run_at": now() + pause,
            "error": traceback.format_exception_only(error)[-1].strip(), "attempts": attempts,
        }  # fmt: skip
    else:
        outcome = {"state": "done", "finished": now(), "error": ""}
        if periodic:
            outcome = {"state": "ready", "run_at": now() + dt.timedelta(seconds=job.every), "attempts": 0, "error": ""}
    session().close()  # what the job left open would keep the lock that the next line needs
    stop.set()
    beat.join()
    _finish(job_id, owner, **outcome)
    return True


def run_due(app: Flask, limit: int = 1000) -> int:
    """Run what is due now, each job in an application context of its own; answers how many ran."""
    done, owner = 0, _owner()
    with app.app_context():
        arm_periodic()
    while done < limit:
        with app.app_context():
            if not run_one(owner):
                break
        done += 1
    return done


def work(current: Callable[[], Flask], stop: threading.Event, leave: Callable[[], bool] = lambda: False) -> None:
    """The worker's loop: run what is due, else sleep a little, until `stop` is set or `leave`, asked every minute, says yes."""
    owner, armed, waits = _owner(), 0.0, ""
    while not stop.is_set():
        try:
            with current().app_context():
                if armed + 60 < (moment := now().timestamp()):
                    if armed and leave():
                        log.warning("this worker has grown; a fresh one takes its place, and nothing is lost")
                        return
                    arm_periodic()
                    armed = moment
                busy = run_one(owner)
        except Exception as error:  # keep trying; what is known to pass is told once
            word = outages.of(error)
            if not word or word != waits:
                log.error("the worker waits: %s", outages.TODO.get(word, error), exc_info=not word)
            waits = word
            stop.wait(WAIT)
            continue
        if busy and waits:
            log.warning("the worker goes on")
            waits = ""
        if not busy:
            stop.wait(0.5)


def _owner() -> str:
    return f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def _claim(owner: str) -> tuple[int, str, dict[str, Any], int, bool] | None:
    """Take a due job: (id, name, arguments, attempts, whether it is a periodic job's own row)."""
    moment = now()
    due = sa.or_(sa.and_(JobRow.state == "ready", JobRow.run_at <= moment), sa.and_(JobRow.state == "running", JobRow.lease_until < moment))
    with engine().connect() as connection:  # look first: an idle worker must not take the write lock
        if connection.scalar(sa.select(JobRow.id).where(due).limit(1)) is None:
            return None
    pick = sa.select(JobRow.id).where(due).order_by(JobRow.run_at, JobRow.id).limit(1)
    if engine().dialect.name == "postgresql":
        pick = pick.with_for_update(skip_locked=True)
    statement = (
        sa.update(JobRow)
        .where(JobRow.id == pick.scalar_subquery(), due)
        .values(
            state="running", owner=owner, lease_until=moment + LEASE, attempts=JobRow.attempts + 1,
            dedupe=sa.case((JobRow.dedupe.like("every:%"), JobRow.dedupe), else_=None),
        )
        .returning(JobRow.id, JobRow.name, JobRow.args, JobRow.attempts, JobRow.dedupe)
    )  # fmt: skip
    with writing(), engine().begin() as connection:
        row = connection.execute(statement).first()
        return None if row is None else (row[0], row[1], row[2], row[3], row[4] is not None)


def _renew(db: sa.Engine, job_id: int, owner: str, stop: threading.Event) -> None:
    while not stop.wait(LEASE.total_seconds() / 3):
        try:
            with writing(), db.begin() as connection:
                mine = sa.and_(JobRow.id == job_id, JobRow.owner == owner)
                connection.execute(sa.update(JobRow).where(mine).values(lease_until=now() + LEASE))
        except Exception:
            log.warning("could not renew the lease of job %d", job_id, exc_info=True)


def _finish(job_id: int, owner: str, **values: Any) -> None:
    with writing(), engine().begin() as connection:
        mine = sa.and_(JobRow.id == job_id, JobRow.owner == owner)
        connection.execute(sa.update(JobRow).where(mine).values(lease_until=None, owner=None, **values))
