"""Background work: enqueued with its data, run at least once, retried, never twice at the same time."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from commands import environment

from hub.hooks.parts import Job
from hub.store.db import engine, session, writing
from hub.store.state import State
from hub.work import jobs
from hub.work.jobs import JobRow

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what does not depend on the database


@pytest.fixture
def worked(any_hub):
    """An application without core's periodic jobs."""
    app = any_hub()
    app.extensions["hub"].jobs.clear()
    return app


@pytest.fixture
def clock(monkeypatch):
    """`clock(seconds)` moves the queue's time on."""
    moved = dt.timedelta()

    def forward(seconds):
        nonlocal moved
        moved += dt.timedelta(seconds=seconds)

    real = jobs.now
    monkeypatch.setattr(jobs, "now", lambda: real() + moved)
    return forward


def declare(app, run, name="probe", **options):
    app.extensions["hub"].jobs[f"hub.{name}"] = Job(name, run, **options)


def enqueue(app, name="hub.probe", **options):
    with app.app_context(), writing():
        jobs.enqueue(session(), name, **options)
        session().commit()


def rows(app):
    with app.app_context():
        found = session().scalars(sa.select(JobRow).order_by(JobRow.id)).all()
        session().expunge_all()
        return found


# --- the queue


def test_a_job_is_enqueued_with_its_data(worked):
    done = []
    declare(worked, lambda **arguments: done.append(arguments))
    with worked.app_context(), writing():
        session().add(State(name="datum", value=1))
        jobs.enqueue(session(), "hub.probe", number=1)
        jobs.enqueue(session(), "hub.probe", number=2, dedupe="two")
        session().rollback()
    assert jobs.run_due(worked) == 0 and rows(worked) == []

    with worked.app_context(), writing():
        session().add(State(name="datum", value=1))
        jobs.enqueue(session(), "hub.probe", number=3, words=["сад", "x"])
        session().flush()
        other = threading.Thread(target=jobs.run_due, args=(worked,))
        if engine().dialect.name == "postgresql":  # on SQLite the other would wait for this transaction
            other.start()
            other.join(10)
        assert done == [], "a job ran before its data could be seen"
        session().commit()
    assert jobs.run_due(worked) == 1 and done == [{"number": 3, "words": ["сад", "x"]}]
    assert jobs.run_due(worked) == 0
    row, = rows(worked)
    assert (row.state, row.attempts, row.error, row.owner) == ("done", 1, "", None) and row.finished


@ON_SQLITE
def test_a_job_for_later_waits(worked, clock):
    done = []
    declare(worked, lambda: done.append(1))
    enqueue(worked, run_at=jobs.now() + dt.timedelta(minutes=5))
    assert jobs.run_due(worked) == 0
    clock(301)
    assert jobs.run_due(worked) == 1 and done == [1]


@ON_SQLITE
def test_jobs_run_in_the_order_they_are_due(worked):
    done = []
    declare(worked, lambda n: done.append(n))
    moment = jobs.now()
    for n, back in ((1, 5), (2, 9), (3, 1)):
        enqueue(worked, n=n, run_at=moment - dt.timedelta(seconds=back))
    jobs.run_due(worked)
    assert done == [2, 1, 3]


def test_only_one_waiting_job_under_a_key(worked):
    done = []
    declare(worked, lambda n: done.append(n))
    for n in (1, 2):
        enqueue(worked, n=n, dedupe="key")
    enqueue(worked, n=3, dedupe="other")
    enqueue(worked, n=4)
    enqueue(worked, n=5)
    jobs.run_due(worked)
    assert done == [1, 3, 4, 5]
    enqueue(worked, n=6, dedupe="key")
    jobs.run_due(worked)
    assert done[4:] == [6], "what is done waits no more"


def test_a_key_in_two_transactions_at_once(worked):
    """Both want the same job: one row, and neither transaction fails for it."""
    done, faults = [], []
    declare(worked, lambda: done.append(1))
    start = threading.Barrier(4)

    def write():
        try:
            start.wait(10)
            enqueue(worked, dedupe="key")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not faults and len(rows(worked)) == 1
    assert jobs.run_due(worked) == 1 and done == [1]


def test_a_running_job_does_not_stand_for_a_waiting_one(worked):
    """What is written while a job runs may come too late for that run."""
    done = []

    def run(n):
        done.append(n)
        if n == 1:
            enqueue(worked, n=2, dedupe="key")
            enqueue(worked, n=3, dedupe="key")

    declare(worked, run)
    enqueue(worked, n=1, dedupe="key")
    jobs.run_due(worked)
    assert done == [1, 2]


# --- failing


def test_a_job_that_fails_is_tried_again_later_and_later(worked, clock):
    calls = []

    def run():
        calls.append(jobs.now())
        session().add(State(name="half", value=1))
        session().flush()
        if len(calls) < 4:
            raise RuntimeError(f"attempt {len(calls)}")
        session().commit()

    declare(worked, run)
    enqueue(worked, dedupe="key")
    pauses = []
    for n in (1, 2, 3):
        assert jobs.run_due(worked) == 1
        row, = rows(worked)
        assert (row.state, row.attempts, row.error) == ("ready", n, f"RuntimeError: attempt {n}")
        pauses.append((row.run_at - jobs.now()).total_seconds())
        clock(pauses[-1] - 2)
        assert jobs.run_due(worked) == 0, "it is too early"
        clock(3)
        with worked.app_context():
            assert session().get(State, "half") is None, "what a failed job wrote is undone"
    assert 5 < pauses[0] < pauses[1] < pauses[2] <= 3600
    assert jobs.run_due(worked) == 1
    row, = rows(worked)
    assert (row.state, row.error) == ("done", "")
    with worked.app_context():
        assert session().get(State, "half") is not None


@ON_SQLITE
@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), RecursionError()])
def test_a_job_is_dead_after_its_last_attempt(worked, clock, error):
    calls = []

    def run():
        calls.append(1)
        raise error

    declare(worked, run)
    enqueue(worked)
    for _ in range(jobs.MAX_ATTEMPTS + 3):
        jobs.run_due(worked)
        clock(4000)
    row, = rows(worked)
    assert (row.state, len(calls)) == ("dead", jobs.MAX_ATTEMPTS) and type(error).__name__ in row.error


@ON_SQLITE
def test_one_bad_job_does_not_stop_the_others(worked):
    done = []
    declare(worked, lambda: 1 / 0, "bad")
    declare(worked, lambda: done.append(1), "good")
    declare(worked, lambda n: None, "picky")
    for name in ("hub.bad", "hub.picky", "hub.good"):
        enqueue(worked, name)
    jobs.run_due(worked)
    assert done == [1]
    assert [row.state for row in rows(worked)] == ["ready", "ready", "done"]


@ON_SQLITE
def test_an_unknown_job_waits_for_its_plugin(worked, clock):
    done = []
    enqueue(worked, "tools.count", n=1)
    for _ in range(jobs.MAX_ATTEMPTS + 2):
        jobs.run_due(worked)
        clock(600)
    row, = rows(worked)
    assert (row.state, row.attempts) == ("ready", 0)
    declare(worked, lambda n: done.append(n))
    worked.extensions["hub"].jobs["hub.count"] = worked.extensions["hub"].jobs.pop("hub.probe")
    with worked.app_context(), writing():
        session().execute(sa.update(JobRow).values(name="hub.count"))
        session().commit()
    jobs.run_due(worked)
    assert done == [1]


TOOLS = """
import pathlib
from hub.api import Job, Plugin, hookimpl

plugin = Plugin("tools", "Tools")
log = pathlib.Path(__file__).parent / "tools.log"

def count(n=0):
    with log.open("a") as file:
        file.write(f"{n}\\n")

@hookimpl
def jobs():
    return [Job("count", count), Job("sweep", lambda: count("sweep"), every=60)]
"""


@ON_SQLITE
def test_jobs_of_a_plugin_that_is_off_wait(any_hub, clock):
    app = any_hub(("tools",), files={"plugins/tools.py": TOOLS})
    host = app.extensions["hub"].plugins
    log = host.folder / "tools.log"
    enqueue(app, "tools.count", n=1)
    jobs.run_due(app)
    assert log.read_text().split() == ["1", "sweep"] or log.read_text().split() == ["sweep", "1"]
    host.switch_off("tools")
    enqueue(app, "tools.count", n=2)
    clock(61)
    jobs.run_due(app)
    assert len(log.read_text().split()) == 2, "a plugin that is off was at work"
    host.file.write_text("tools\n")
    clock(600)
    jobs.run_due(app)
    assert sorted(log.read_text().split()) == ["1", "2", "sweep", "sweep"]


# --- periodic


def test_a_periodic_job_comes_round(worked, clock):
    done = []
    declare(worked, lambda: done.append(1), every=100)
    for _ in range(3):
        jobs.run_due(worked)
    assert len(done) == 1 and len(rows(worked)) == 1
    for expected in (2, 3):
        clock(101)
        jobs.run_due(worked)
        assert len(done) == expected
    row, = rows(worked)
    assert (row.state, row.attempts) == ("ready", 0)


def test_a_periodic_job_can_be_asked_for_between(worked):
    """An extra run is one run: it does not push the regular one away, nor come round itself."""
    done = []
    declare(worked, lambda: done.append(1), every=100)
    jobs.run_due(worked)
    regular, = rows(worked)
    for expected in (2, 3):
        enqueue(worked, dedupe="hub.probe")
        jobs.run_due(worked)
        assert len(done) == expected
    first, *extra = rows(worked)
    assert (first.id, first.run_at) == (regular.id, regular.run_at)
    assert {row.state for row in extra} == {"done"}


@ON_SQLITE
def test_a_periodic_job_never_gives_up(worked, clock):
    calls = []

    def run():
        calls.append(1)
        if len(calls) <= jobs.MAX_ATTEMPTS + 2:
            raise RuntimeError("not yet")

    declare(worked, run, every=100)
    for _ in range(jobs.MAX_ATTEMPTS + 3):
        jobs.run_due(worked)
        clock(3700)
    row, = rows(worked)
    assert (row.state, row.attempts, row.error, len(calls)) == ("ready", 0, "", jobs.MAX_ATTEMPTS + 3)


def test_workers_that_start_together_arm_once(worked):
    declare(worked, lambda: None, every=100)
    start, faults = threading.Barrier(4), []

    def arm():
        try:
            with worked.app_context():
                start.wait(10)
                jobs.arm_periodic()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=arm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not faults and len(rows(worked)) == 1


@ON_SQLITE
def test_done_jobs_are_forgotten_after_a_week(worked, clock):
    declare(worked, lambda: None)
    enqueue(worked)
    jobs.run_due(worked)
    clock(6 * 86_400)
    jobs.run_due(worked)
    assert len(rows(worked)) == 1
    clock(2 * 86_400)
    jobs.run_due(worked)
    assert rows(worked) == []


# --- several workers


def test_two_workers_do_forty_jobs_once_each(worked):
    done, faults = [], []
    start = threading.Barrier(2)
    declare(worked, lambda n: (done.append((n, threading.get_ident())), time.sleep(0.005)))
    with worked.app_context(), writing():
        for n in range(40):
            jobs.enqueue(session(), "hub.probe", n=n)
        session().commit()

    def work():
        try:
            start.wait(10)
            jobs.run_due(worked)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert not faults
    assert sorted(n for n, _ in done) == list(range(40))
    assert len({worker for _, worker in done}) == 2, "one worker did everything"
    assert {(row.state, row.attempts) for row in rows(worked)} == {("done", 1)}


def test_a_long_job_keeps_its_lease(worked, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", dt.timedelta(seconds=0.6))
    inside, go, done = threading.Event(), threading.Event(), []

    def run():
        done.append(1)
        inside.set()
        go.wait(10)

    declare(worked, run)
    enqueue(worked)
    worker = threading.Thread(target=jobs.run_due, args=(worked,))
    worker.start()
    try:
        assert inside.wait(10)
        until = time.monotonic() + 1.3
        while time.monotonic() < until:
            with worked.app_context():
                assert jobs.run_one("another") is False
            time.sleep(0.05)
    finally:
        go.set()
        worker.join(10)
    assert done == [1] and rows(worked)[0].state == "done"


@ON_SQLITE
def test_a_worker_that_lost_its_lease_leaves_the_row_to_the_other(worked):
    def run():
        with writing(), engine().begin() as connection:
            connection.execute(sa.update(JobRow).values(owner="another", error="the other's"))

    declare(worked, run)
    enqueue(worked)
    jobs.run_due(worked)
    row, = rows(worked)
    assert (row.state, row.owner, row.error) == ("running", "another", "the other's")


SLOW = """
import pathlib, time
from hub.api import Job, Plugin, hookimpl, session, writing
import sqlalchemy as sa

plugin = Plugin("slow", "Slow")
log = pathlib.Path(__file__).parent / "slow.log"

def run(what):
    with writing():
        session().execute(sa.text("INSERT INTO hub_state (name, value) VALUES ('slow', 1)"))
        with log.open("a") as file:
            file.write(what + "\\n")
        if len(log.read_text().split()) == 1:
            time.sleep(60)
        session().commit()

@hookimpl
def jobs():
    return [Job("run", run)]
"""


def test_a_worker_killed_in_the_middle(any_hub):
    """kill -9: what the job had written is undone, and after the lease another worker does it again."""
    app = any_hub(("slow",), files={"plugins/slow.py": SLOW})
    settings = app.extensions["hub"].settings
    log = settings.instance / "plugins" / "slow.log"
    enqueue(app, "slow.run", what="work")
    where = {"HUB_DATABASE__URL": settings.database.url} if settings.database.url else {}
    worker = subprocess.Popen(
        [sys.executable, "-m", "hub", "worker"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=environment(settings.instance, HUB_JOB_LEASE="1", **where),
    )  # fmt: skip
    try:
        wait_for(lambda: log.exists() and log.read_text() == "work\n", worker)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        _, said = worker.communicate(timeout=10)
    assert worker.returncode == -signal.SIGKILL, said
    row = next(row for row in rows(app) if row.name == "slow.run")
    assert (row.state, row.attempts) == ("running", 1)
    wait_for(lambda: jobs.run_due(app) and log.read_text() == "work\nwork\n")
    assert jobs.now() > row.lease_until, "the lease still ran"
    row = next(row for row in rows(app) if row.name == "slow.run")
    assert (row.state, row.attempts) == ("done", 2) and log.read_text() == "work\nwork\n"
    with app.app_context():
        assert session().get(State, "slow").value == 1


@ON_SQLITE
def test_a_job_that_kills_every_worker_is_given_up(worked):
    """A job that brings down its process is never there to be called failed."""
    done = []
    declare(worked, lambda: done.append(1))
    enqueue(worked)
    with worked.app_context(), writing():
        past = jobs.now() - dt.timedelta(seconds=1)
        session().execute(sa.update(JobRow).values(state="running", attempts=jobs.MAX_ATTEMPTS, lease_until=past, owner="dead"))
        session().commit()
    jobs.run_due(worked)
    row, = rows(worked)
    assert (row.state, done) == ("dead", []) and row.error


def wait_for(condition, process=None, seconds=15):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


@ON_SQLITE
def test_the_worker_loop_ends_when_told(worked):
    done, stop = threading.Event(), threading.Event()
    declare(worked, done.set)
    worker = threading.Thread(target=jobs.work, args=(lambda: worked, stop, 0.02))
    worker.start()
    try:
        enqueue(worked)
        assert done.wait(10)
    finally:
        stop.set()
        worker.join(10)
    assert not worker.is_alive()
    wait_for(lambda: rows(worked)[0].state == "done")
