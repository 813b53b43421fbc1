"""`hub serve` is one group of processes: each comes back when it dies, and none outlives the one that started them."""

import contextlib
import os
import signal
import socket
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from hub.testing.server import Server, free_port, run_hub

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc, which Linux has")


@pytest.fixture
def server(hub_instances):
    with Server(hub_instances.make((), start=True)) as server:
        yield server


def status(server, path="/en/"):
    try:
        with urllib.request.urlopen(server.url + path, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def soon(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.05)


def running(pids):
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


@pytest.mark.parametrize("name, count", [("hub-worker", 1), ("hub-web", 2)])
def test_who_dies_is_started_again(server, name, count):
    soon(lambda: len(server.named(name)) == count)
    before = server.named(name)
    os.kill(before[0], signal.SIGKILL)
    soon(lambda: len(now := server.named(name)) == count and before[0] not in now)
    soon(lambda: status(server) == 200)


def test_a_worker_that_leaves_is_followed_by_another_without_a_word(server):
    soon(server.has_worker)
    before = server.named("hub-worker")
    os.kill(before[0], signal.SIGTERM)
    soon(lambda: server.named("hub-worker") not in ([], before))
    assert "ended with status" not in (server.instance / "serve.log").read_text()


HOARDER = """
from hub.api import Job, Plugin, data_dir, hookimpl
plugin = Plugin("hoarder", "Hoarder")
kept = []

def hoard():
    done = data_dir("hoarder") / "done"
    if not done.exists():  # once: the fresh worker is not to grow again while it is looked at
        done.touch()
        kept.append(b"x" * 100_000_000)

@hookimpl
def jobs():
    return [Job("hoard", hoard, every=30)]
"""


@pytest.mark.long  # it is asked once a minute
def test_a_worker_that_has_grown_makes_room_for_a_fresh_one(hub_instances):
    with Server(hub_instances.make(("hoarder",), start=True, files={"plugins/hoarder.py": HOARDER})) as server:
        soon(server.has_worker)
        before, = server.named("hub-worker")
        soon(lambda: taken(before) > 100)
        soon(lambda: server.named("hub-worker") not in ([], [before]), seconds=90)
        assert taken(server.named("hub-worker")[0]) < 70
        told = (server.instance / "serve.log").read_text()
        assert "a fresh one takes its place" in told and "ended with status" not in told


def taken(pid):
    """What a process has to itself, in MB."""
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Private_Dirty:")[1].split()[0]) / 1024


def test_nobody_outlives_a_killed_supervisor(server):
    """Or an old web process would go on answering at the port, with the code and the settings of yesterday."""
    below = server.children()
    assert len(below) == 4  # what starts the web processes, two of these, the worker
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    soon(lambda: not running(below), seconds=5)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", server.port))


def test_ctrl_c_ends_everything(server):
    below = server.children()
    server.stop()
    assert server.process.returncode in (0, 130) and not running(below)


def test_a_process_started_later_knows_what_was_switched_on_meanwhile(server):
    """All are forks of one that has loaded the code before."""
    assert status(server, "/en/partners/") == 404
    run_hub(server.instance, "plugin", "on", "partners")
    for pid in [*server.named("hub-web"), *server.named("hub-worker")]:
        os.kill(pid, signal.SIGKILL)
    soon(lambda: status(server) == 200 and status(server, "/en/partners/") == 200)
    soon(server.has_worker)


def test_a_database_of_an_older_release_is_not_served(hub_instances):
    folder = hub_instances.make((), start=True)
    with sqlite3.connect(folder / "data" / "hub.db") as db:
        db.execute("UPDATE alembic_version_hub SET version_num = '0001'")
    done = run_hub(folder, "serve", "--port", str(free_port()), check=False)
    assert done.returncode and "run `hub upgrade`" in done.stderr
