"""A disk that may only be read, or a database that this user may not write: readers are answered as before, whoever writes is
told that nothing was saved, and when it can be written again everything goes on without a restart."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
import sqlalchemy as sa
from disks import read_only

from hub.app import create_app
from hub.store import db, outages
from hub.testing.fixtures import PASSWORD, csrf, sign_in
from hub.testing.server import Server, run_hub
from hub.work import jobs

PLUGINS = ("partners", "search", "editor", "covers")
READ = ("/en/", "/ru/", "/en/partners/", "/en/partners/lighthouse/", "/en/partners.json", "/en/partners.geojson", "/en/partners.csv", "/feed.atom",
        "/en/search/?q=lighthouse", "/en/search.json?q=lighthouse", "/sitemap.xml", "/en/topics/", "/account/login", "/robots.txt")  # fmt: skip


@pytest.fixture(scope="module")
def stocked(hub_instances):
    """An instance with one entry, indexed, and nobody who has a file of it open."""
    folder = hub_instances.make(PLUGINS)
    app = create_app(folder, strict=False)
    assert publish(sign_in(app, "editor"), "Lighthouse").status_code == 302
    jobs.run_due(app)
    let_go(app)
    return folder


@pytest.fixture
def moved(stocked):
    """A function that puts it onto a disk and makes its application."""
    made = []

    def move(place):
        folder = place / "hub"
        if not folder.exists():
            shutil.copytree(stocked, folder, symlinks=True, ignore=shutil.ignore_patterns("cache"))
        made.append(create_app(folder, strict=False))
        return made[-1]

    yield move
    for app in made:
        let_go(app)


def let_go(app):
    """Close every connection: a file that is open for writing keeps a file system from becoming read-only."""
    vars(app.wsgi_app.app._local).clear()  # the page cache's own, which cannot tidy up as the last one does
    with app.app_context():
        db.engine().dispose()


def form(client, title):
    text = client.get("/desk/partners/new?language=en&form=full").text
    return {"csrf_token": csrf(text), "language": "en", "form": "full", "do": "publish", "title.en": title, "body.en": "Words. <b>", "f.kind": "library"}


def publish(client, title):
    return client.post("/desk/partners/new", data=form(client, title))


def codes(client):
    return {path: client.get(path).status_code for path in READ}


def reads_as_before(client):
    assert set(codes(client).values()) == {200}, codes(client)
    assert "Lighthouse" in client.get("/en/partners/").text and client.get("/en/search.json?q=lighthouse").json["total"] == 1
    assert client.get("/-/ready").status_code == 200, "a balancer would send the readers away"
    health = client.get("/-/health")
    told = {check["name"]: check for check in health.json["checks"]}
    assert health.status_code == 503 and told["core.database"]["state"] == "ok" and told["core.writing"]["state"] == "failed"
    assert "nothing is saved" in told["core.writing"]["message"] and "goes on by itself" in told["core.writing"]["message"]


def writes(client):
    return {"name": "core.writing", "state": "ok", "message": ""} in client.get("/-/health").json["checks"]


def is_told(client, data):
    answer = client.post("/desk/partners/new", data=data)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "60", answer.text[:500]
    assert "Nothing can be saved just now" in answer.text and "Nothing of what you sent was saved" in answer.text
    assert "sqlite" not in answer.text.lower() and "Traceback" not in answer.text
    assert "Words. &lt;b&gt;</textarea>" in answer.text and "Send again" in answer.text, "what was typed is lost"


def test_a_disk_that_may_only_be_read(moved, small_disk, caplog):
    app = moved(small_disk)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    data = form(editor, "Meanwhile")
    let_go(app)
    read_only(small_disk)
    assert outages.is_still(str(small_disk / "hub" / "data" / "hub.db"))
    for _ in range(2):
        reads_as_before(visitor)
        assert editor.get("/desk/").status_code == 200 and "Lighthouse" in editor.get("/en/partners/").text
        is_told(editor, data)
    login = visitor.get("/account/login")
    answer = visitor.post("/account/login", data={"email": "editor@example.org", "password": PASSWORD, "csrf_token": csrf(login.text)})
    assert answer.status_code == 503 and PASSWORD not in answer.text and "Nothing can be saved" in answer.text
    read_only(small_disk, False)
    assert writes(visitor)
    assert editor.post("/desk/partners/new", data=data).status_code == 302, "the form that was answered with 503 does not go through later"
    assert "Meanwhile" in visitor.get("/en/partners/").text and sign_in(app, "editor")


def test_changes_that_wait_in_the_log_are_read_too(moved, small_disk):
    """Killed amid its work: what is committed lies in the WAL beside the file, which must not be passed over."""
    app = moved(small_disk)
    editor = sign_in(app, "editor")
    assert publish(editor, "Just now").status_code == 302
    data = small_disk / "hub" / "data"
    kept = {path.name: path.read_bytes() for path in data.glob("hub.db*")}  # as kill -9 leaves them
    let_go(app)
    for name, content in kept.items():
        (data / name).write_bytes(content)
    assert set(kept) == {"hub.db", "hub.db-wal", "hub.db-shm"}
    read_only(small_disk)
    again = moved(small_disk)
    assert not outages.is_still(str(data / "hub.db"))
    for _ in range(2):
        reads_as_before(again.test_client())
        assert "Just now" in again.test_client().get("/en/partners/").text
    read_only(small_disk, False)
    assert writes(again.test_client())
    assert publish(sign_in(again, "editor"), "After").status_code == 302 and "After" in again.test_client().get("/en/partners/").text


def test_a_disk_that_breaks_under_the_hub(moved, failing_disk):
    """The kernel takes no write any more, but open files stay open and the right to write seems to be there."""
    place, fail = failing_disk
    app = moved(place)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    data = form(editor, "Meanwhile")
    os.sync()
    assert fail()
    assert os.access(place / "hub" / "data" / "hub.db", os.W_OK), "this kernel tells it by the right; the test shows nothing"
    reads_as_before(visitor)
    is_told(editor, data)
    reads_as_before(visitor)


LOOKS = """
import ctypes, os, re, shutil, sys
from hub.app import create_app

def look(folder):
    client = APPS.setdefault(folder, create_app(folder, strict=False)).test_client()
    told = {c["name"]: c["state"] for c in client.get("/-/health").json["checks"]}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/account/login").text)[1]
    tried = client.post("/account/login", data={"email": "a@example.org", "password": "x", "csrf_token": token}).status_code
    return client.get("/en/partners/").status_code, client.get("/en/").status_code, told["core.writing"], tried

def may_write_less():  # root writes whatever the rights say, unless without CAP_DAC_OVERRIDE: capabilities(7)
    head, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert not ctypes.CDLL(None).capget(head, sets)
    sets[0], sets[1] = sets[0] & ~2, sets[1] & ~2
    assert not ctypes.CDLL(None).capset(head, sets)

APPS = {}
whole = sys.argv[1]
CASES = (["data"], ["data/hub.db", "data"], ["data/hub.db"])
for number in range(len(CASES)):
    shutil.copytree(whole, f"{whole}-{number}")
look(whole)  # what is loaded late is loaded while this is root
for number, parts in enumerate(CASES):
    folder = f"{whole}-{number}"
    for part in parts:
        os.chmod(f"{folder}/{part}", 0o555)
    if not os.fork():
        may_write_less()
        print(look(folder), flush=True)
        for part in reversed(parts):
            os.chmod(f"{folder}/{part}", 0o755)
        print(look(folder), flush=True)
        os._exit(0)
    os.wait()
"""


def test_what_this_user_may_not_write(hub_instances, tmp_path):
    """The folder, the file, or both."""
    if os.geteuid():
        pytest.skip("giving up rights needs root")
    shutil.copytree(hub_instances.make(("partners",)), tmp_path / "hub", ignore=shutil.ignore_patterns("templates"))
    done = subprocess.run([sys.executable, "-c", LOOKS, tmp_path / "hub"], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["(200, 200, 'failed', 503)", "(200, 200, 'ok', 200)"] * 3, done.stdout + done.stderr[-3000:]


def test_the_worker_waits_quietly(moved, small_disk, caplog, monkeypatch):
    app = moved(small_disk)
    done, stop = [], threading.Event()
    app.extensions["hub"].jobs["hub.probe"] = type("Probe", (), {"run": staticmethod(lambda: done.append(1)), "every": 0})()
    jobs.run_due(app)
    with app.app_context(), db.writing():
        jobs.enqueue(db.session(), "hub.probe")
        db.session().commit()
    let_go(app)
    read_only(small_disk)
    monkeypatch.setattr(jobs, "WAIT", 0.05)
    worker = threading.Thread(target=jobs.work, args=(lambda: app, stop, 0.05), daemon=True)
    with caplog.at_level(logging.WARNING, logger="hub.jobs"):
        worker.start()
        time.sleep(1)
        assert worker.is_alive() and not done
        told = [record.getMessage() for record in caplog.records if record.name == "hub.jobs"]
        assert len(told) == 1 and "can only be read" in told[0] and not caplog.records[-1].exc_info, told
        read_only(small_disk, False)
        end = time.monotonic() + 10
        while not done and time.monotonic() < end:
            time.sleep(0.05)
        stop.set()
        worker.join(10)
    assert done == [1] and caplog.records[-1].getMessage() == "the worker goes on"
    with app.app_context():
        assert not db.session().scalars(sa.select(jobs.JobRow).where(jobs.JobRow.name == "hub.probe", jobs.JobRow.state != "done")).all()


@pytest.mark.long
def test_the_whole_of_it_is_started_on_such_a_disk(hub_instances, small_disk, tmp_path):
    """`hub serve` with every process: it starts, answers, waits and goes on."""
    folder = small_disk / "hub"
    shutil.copytree(hub_instances.make(PLUGINS, start=True), folder, symlinks=True, ignore=shutil.ignore_patterns("cache"))
    run_hub(folder, "doctor", check=False)  # catalogues are compiled at the first start
    (tmp_path / "serve.log").touch()
    (folder / "serve.log").symlink_to(tmp_path / "serve.log")
    read_only(small_disk)
    with Server(folder, None, "--workers", "1") as server:
        for path in ("/en/", "/ru/partners/", "/en/pages/about/"):
            assert urllib.request.urlopen(server.url + path, timeout=20).status == 200
        with pytest.raises(urllib.error.HTTPError) as health:
            urllib.request.urlopen(server.url + "/-/health", timeout=20)
        assert health.value.code == 503 and b"core.writing" in health.value.read()
        time.sleep(12)
        log = (tmp_path / "serve.log").read_text()
        assert log.count("\n") < 12 and "Traceback" not in log and "started again" not in log, log
        read_only(small_disk, False)
        end, state = time.monotonic() + 20, "failed"
        while state == "failed" and time.monotonic() < end:
            with urllib.request.urlopen(server.url + "/-/ready", timeout=20):
                state = "goes on" if "the worker goes on" in (tmp_path / "serve.log").read_text() else "failed"
            time.sleep(0.2)
        assert state == "goes on"
        done = run_hub(folder, "doctor", check=False)
        assert "ok    core.writing" in done.stdout, done.stdout
