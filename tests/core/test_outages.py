"""What the hub stands on goes away and comes back: it says so at /-/health, answers what it can, and goes on without a restart."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import sqlite3
import threading
import time
import urllib.error
import urllib.request

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.hooks.parts import Job
from hub.settings import load_settings
from hub.site import health
from hub.store import db, outages
from hub.testing.fixtures import csrf, sign_in
from hub.testing.server import Server
from hub.work import jobs


class Wire:
    """A way to a server on this machine that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self.target, self.open, self.links = port, True, []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.links += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()

    def cut(self):
        self.open = False
        for link in self.links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self.links.clear()

    def mend(self):
        self.open = True


@pytest.mark.postgres
def test_postgresql_gone_and_back(postgres_url, hub_instances):
    wire = Wire(postgres_url.port)
    url = postgres_url.new_database()
    folder = hub_instances.make(("partners",), database=url)
    app = create_app(settings=load_settings(folder, {"HUB_DATABASE__URL": url.replace(f":{postgres_url.port}/", f":{wire.port}/")}), strict=False)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/ready").status_code == 200
    wire.cut()
    health = visitor.get("/-/health")
    assert health.status_code == 503 and "core.database" in health.text and visitor.get("/-/ready").status_code == 503
    page = visitor.get("/en/partners/")
    assert page.status_code == 503 and page.headers["Retry-After"] == "60" and "psycopg" not in page.text and "Traceback" not in page.text
    assert "This page cannot be shown just now" in page.text and "style.css" in page.text, "a bare page"
    russian = visitor.get("/ru/partners/")
    assert russian.status_code == 503 and "Эту страницу сейчас не показать" in russian.text and 'lang="ru"' in russian.text
    assert visitor.get("/en/partners.json").json["status"] == 503
    assert visitor.post("/account/login", data={"email": "a@example.org"}).status_code == 503
    assert visitor.get("/static/hub/hub.js").status_code == 200, "files need no database"
    wire.mend()
    end = time.monotonic() + 10
    while visitor.get("/-/ready").status_code != 200 and time.monotonic() < end:
        time.sleep(0.1)
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/health").status_code == 200
    form = editor.get("/desk/partners/new?language=en&form=full")
    answer = editor.post("/desk/partners/new", data={"csrf_token": csrf(form.text), "language": "en", "form": "full", "do": "draft", "title.en": "After the cut"})
    assert answer.status_code == 302, answer.text[:300]
    with app.app_context():
        db.engine().dispose()


@pytest.mark.postgres
def test_postgresql_that_may_only_be_read(postgres_url, hub_instances):
    """A standby, or a database that was made so: pages go on, nothing is saved, health says which."""
    url = postgres_url.new_database()
    app = create_app(hub_instances.make(("partners",), database=url), strict=False)
    editor, visitor = sign_in(app, "editor"), app.test_client()

    def make(state):
        with app.app_context():
            with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as link:
                link.execute(sa.text("SET default_transaction_read_only = off"))
                link.execute(sa.text(f'ALTER DATABASE "{url.rpartition("/")[2]}" SET default_transaction_read_only = {state}'))
            db.engine().dispose()

    form = filled(editor, "Meanwhile")
    make("on")
    assert visitor.get("/en/partners/").status_code == 200 and editor.get("/desk/").status_code == 200
    assert told(visitor)["core.writing"][0] == "failed" and "can only be read" in told(visitor)["core.writing"][1]
    assert visitor.get("/-/ready").status_code == 200
    assert editor.post("/desk/partners/new", data=form).status_code == 503
    make("off")
    assert told(visitor)["core.writing"] == ("ok", "")
    assert editor.post("/desk/partners/new", data=form).status_code == 302
    with app.app_context():
        db.engine().dispose()


def told(client):
    """The checks at /-/health: name → (state, message)."""
    return {check["name"]: (check["state"], check["message"]) for check in client.get("/-/health").json["checks"]}


def moved(hub_instances, place):
    """An instance whose database lies on the small disk."""
    folder = hub_instances.make(("partners",))
    target = place / "hub.db"
    target.write_bytes((folder / "data" / "hub.db").read_bytes())
    return create_app(settings=load_settings(folder, {"HUB_DATABASE__URL": f"sqlite:///{target}"}), strict=False)


def filled(editor, title, length=20):
    form = editor.get("/desk/partners/new?language=en&form=full")
    return {"csrf_token": csrf(form.text), "language": "en", "form": "full", "do": "publish", "title.en": title, "body.en": "Words. " * length}


def save(editor, title):
    return editor.post("/desk/partners/new", data=filled(editor, title, 20_000)).status_code


def test_a_full_disk_loses_nothing_and_readers_go_on(hub_instances, small_disk, monkeypatch):
    app = moved(hub_instances, small_disk)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    done = []

    def big():  # what any job writes
        with db.writing(), db.engine().begin() as connection:
            connection.execute(sa.text("INSERT INTO hub_setting (name, value) VALUES ('big', :value)"), {"value": f'"{"x" * 3_000_000}"'})
        done.append(1)

    app.extensions["hub"].jobs["hub.big"] = Job("big", big)
    assert save(editor, "Before") == 302
    jobs.run_due(app)
    with app.app_context(), db.writing():
        jobs.enqueue(db.session(), "hub.big")
        db.session().commit()
    with (small_disk / "ballast").open("wb") as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"\0" * 65536)
            ballast.flush()
    assert save(editor, "While it is full") == 503
    page = visitor.get("/en/partners/?sort=title").text
    assert "Before" in page and "While it is full" not in page
    assert told(visitor)["core.writing"][0] == "failed" and "the disk is full" in told(visitor)["core.writing"][1]
    for _ in range(3):
        with app.app_context(), contextlib.suppress(sa.exc.OperationalError):
            jobs.run_one("me")
    assert not done
    (small_disk / "ballast").unlink()
    assert told(visitor)["core.writing"] == ("ok", "")
    assert save(editor, "After") == 302
    assert "After" in visitor.get("/en/partners/").text
    with app.app_context(), db.writing():  # the pause is over, or the lease of whoever could not write that it failed
        db.session().execute(sa.update(jobs.JobRow).where(jobs.JobRow.name == "hub.big").values(run_at=db.now(), lease_until=db.now()))
        db.session().commit()
    jobs.run_due(app)
    assert done == [1]
    with app.app_context():
        assert db.session().execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        db.engine().dispose()


@pytest.mark.parametrize("word", ["read-only", "full", "locked", "away"])
def test_no_job_is_given_up_for_an_outage(hub_instances, word):
    """Whatever it lasts, in the end the job is done: only its own faults are counted."""
    app = create_app(hub_instances.make(()), strict=False)
    tries = []

    def run():
        tries.append(1)
        if len(tries) < 3 * jobs.MAX_ATTEMPTS:
            error = sqlite3.OperationalError(word)
            error.sqlite_errorcode = next(code for code, known in outages.SQLITE.items() if known == word)
            raise sa.exc.OperationalError("INSERT", {}, error)

    app.extensions["hub"].jobs["hub.patient"] = Job("patient", run)
    with app.app_context(), db.writing():
        jobs.enqueue(db.session(), "hub.patient")
        db.session().commit()
    mine = sa.select(jobs.JobRow).where(jobs.JobRow.name == "hub.patient")
    for _ in range(3 * jobs.MAX_ATTEMPTS):
        with app.app_context():
            assert jobs.run_one("me")
        with app.app_context(), db.writing():
            row = db.session().scalars(mine).one()
            assert row.state in ("ready", "done") and row.run_at < db.now() + dt.timedelta(minutes=1), "it comes back too late"
            row.run_at = db.now() - dt.timedelta(days=1)
            db.session().commit()
    with app.app_context():
        assert db.session().scalars(mine).one().state == "done" and len(tries) == 3 * jobs.MAX_ATTEMPTS


@pytest.fixture
def other(hub_instances, monkeypatch):
    """An application, and another program that can take its database's lock for itself."""
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.2)
    folder = hub_instances.make(("partners",))
    app = create_app(folder, strict=False)
    program = sqlite3.connect(folder / "data" / "hub.db", isolation_level=None)
    yield app, program
    program.close()
    with app.app_context():
        db.engine().dispose()


def test_a_lock_that_another_program_holds(other, caplog):
    app, program = other
    editor, visitor = sign_in(app, "editor"), app.test_client()
    form = filled(editor, "Patience")
    program.execute("BEGIN IMMEDIATE")
    answer = editor.post("/desk/partners/new", data=form)
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "Patience</textarea>" in answer.text
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/ready").status_code == 200
    state, message = told(visitor)["core.writing"]
    assert state == "warning" and "locked by another program" in message
    stop = threading.Event()
    with caplog.at_level("WARNING", logger="hub.jobs"):
        worker = threading.Thread(target=jobs.work, args=(lambda: app, stop), daemon=True)
        worker.start()
        time.sleep(0.8)
        stop.set()
        worker.join(10)
    said = [record for record in caplog.records if record.name == "hub.jobs"]
    assert len(said) == 1 and "locked" in said[0].getMessage() and not said[0].exc_info
    program.execute("ROLLBACK")
    assert told(visitor)["core.writing"] == ("ok", "")
    assert editor.post("/desk/partners/new", data=form).status_code == 302 and "Patience" in visitor.get("/en/partners/").text


@pytest.mark.long
def test_a_lock_costs_no_web_process(hub_instances):
    """Whoever waits for the lock is answered before the watchdog takes the request for one that hangs."""
    folder = hub_instances.make(("partners",))
    with Server(folder, None, "--workers", "1") as server:
        before = server.named("hub-web")
        program = sqlite3.connect(folder / "data" / "hub.db", isolation_level=None)
        program.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(server.url + "/account/login", data=b"email=anna@example.org&password=x", timeout=60)
        assert answer.value.code == 503 and time.monotonic() - began < 25
        program.execute("ROLLBACK")
        assert server.named("hub-web") == before


def damaged(file, table):
    """Overwrite the first page of a table; answers how to bring it back."""
    with sqlite3.connect(file) as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root, size = link.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0], link.execute("PRAGMA page_size").fetchone()[0]
    link.close()
    whole = file.read_bytes()
    file.write_bytes(whole[: (root - 1) * size] + b"\xa5" * size + whole[root * size :])
    return lambda: file.write_bytes(whole)


def test_a_damaged_page_of_the_database(hub_instances, command):
    """Pages that do not need it go on; it is told with what to do, found by the daily look too, and forgotten when mended."""
    folder = hub_instances.make(("partners",))
    app = create_app(folder, strict=False)
    visitor = app.test_client()
    sign_in(app, "editor")
    assert "core.damage" not in told(visitor)
    with app.app_context():
        db.engine().dispose()
    vars(app.wsgi_app.app._local).clear()
    mend = damaged(folder / "data" / "hub.db", "hub_session")
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/ready").status_code == 200
    with pytest.raises(AssertionError):
        sign_in(app, "editor")
    state, message = told(visitor)["core.damage"]
    assert state == "failed" and "hub restore" in message and visitor.get("/-/health").status_code == 503
    with app.app_context():
        db.engine().dispose()
    vars(app.wsgi_app.app._local).clear()
    mend()
    done = command(folder, "doctor")
    assert "core.damage" not in done.out, done.out
    assert "core.damage" not in told(visitor) and sign_in(app, "editor")
    with app.app_context():
        db.engine().dispose()
    vars(app.wsgi_app.app._local).clear()
    damaged(folder / "data" / "hub.db", "hub_session")
    with app.app_context():
        health.find_damage()  # the daily job; nobody has met it yet
        db.engine().dispose()
    assert told(visitor)["core.damage"][0] == "failed"
    done = command(folder, "doctor")
    assert done.status == 1 and "FAIL  core.damage" in done.out


@pytest.mark.long  # tests/plugins/test_search_engine.py does it without a site
def test_a_damaged_search_index(hub_instances):
    """Search matches plainly meanwhile, health says so, and the next housekeeping mends it."""
    folder = hub_instances.make(("partners", "search"))
    app = create_app(folder, strict=False)
    assert save(sign_in(app, "editor"), "Lighthouse") == 302
    jobs.run_due(app)
    assert told(app.test_client())["search.index"][0] == "ok"
    with app.app_context():
        db.engine().dispose()
    for part in (folder / "data" / "search").glob("*/MAIN_*"):
        part.write_bytes(bytes(byte ^ 0x5A for byte in part.read_bytes()))
    app = create_app(folder, strict=False)
    visitor = app.test_client()
    page = visitor.get("/en/search/?q=lighthouse")
    assert page.status_code == 200 and "Lighthouse</a>" in page.text and visitor.get("/-/ready").status_code == 200
    assert told(visitor)["search.index"][0] == "warning" and "hub search rebuild" in told(visitor)["search.index"][1]
    with app.app_context(), db.writing():
        db.session().execute(sa.update(jobs.JobRow).where(jobs.JobRow.name == "search.tidy").values(run_at=db.now()))
        db.session().commit()
    jobs.run_due(app)
    assert told(visitor)["search.index"][0] == "ok" and visitor.get("/en/search.json?q=lighthouse").json["total"] == 1
    with app.app_context():
        db.engine().dispose()
