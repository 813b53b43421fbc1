"""kill -9 at random moments, hundreds of times, while a hub publishes, imports, indexes, reads feeds, mails, backs up and migrates.

Nothing that was accepted is lost, nothing is doubled, and the site answers again by itself. `make chaos` kills 300 times (CHAOS_KILLS=n,
CHAOS_SEED=n for another order, CHAOS_SECONDS=n for at most so long); tests/core/test_kill.py is the sample that `make test` takes.
"""

from __future__ import annotations

import csv
import datetime as dt
import http.server
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent / "plugins"))
from newsroom import add, due, rss
from programs import token_for
from test_notices_kill import Conversation, Post, due_now

from hub.app import create_app
from hub.store import db, migrate, state
from hub.testing.server import Server, run_hub

KILLS = int(os.environ.get("CHAOS_KILLS", "40"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "3600"))
SEED = int(os.environ.get("CHAOS_SEED", "11"))
ROWS = 3000
WEIGHTS = {"web": 6, "worker": 7, "everything": 4, "import": 4, "backup": 3, "upgrade": 3}


class Paper(http.server.BaseHTTPRequestHandler):
    """A feed that has one entry more at every look."""

    looks = 0

    def do_GET(self):
        if not self.path.startswith("/feed"):
            self.send_error(404)
            return
        Paper.looks += 1
        body = rss(*((f"guid-{n}", f"https://paper.example.org/{n}", f"Paper item {n}", "Text.") for n in range(max(1, Paper.looks - 20), Paper.looks + 1))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def paper():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Paper) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def post():
    with Post(("127.0.0.1", 0), Conversation) as server:
        server.mails = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class Publisher(threading.Thread):
    """Publishes case after case by the API. What was not answered is sent again under the same key; `accepted` were answered."""

    def __init__(self, url: str, secret: str, name: int) -> None:
        super().__init__(daemon=True)
        self.url, self.secret, self.own, self.accepted, self.tries, self.over = url, secret, name, [], 0, threading.Event()

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            title = f"Case of chaos {self.own}-{number:05d}"
            text = {"texts": {"en": {"title": title, "summary": "Accepted."}}}
            made = self.until_answered("/cases", f"make-{self.own}-{number}", text)
            self.until_answered(f"/cases/{made['uid']}/publish", f"publish-{self.own}-{number}", {})
            self.accepted.append(title)
            time.sleep(0.05)

    def until_answered(self, path, key, body):
        while True:
            self.tries += 1
            asked = urllib.request.Request(
                f"{self.url}/api/v1{path}", json.dumps(body).encode(), method="POST",
                headers={"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key, "Content-Type": "application/json"},
            )  # fmt: skip
            try:
                with urllib.request.urlopen(asked, timeout=20) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code not in (409, 429):
                    raise AssertionError(f"{path} {key}: {error.code} {error.read()[:300]!r}") from None
            except (OSError, ValueError):
                pass
            time.sleep(0.1)


def hub(folder, *words, **more):
    return subprocess.Popen([sys.executable, "-m", "hub", "--instance", str(folder), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            start_new_session=True, **more)  # fmt: skip


def killed(process, after):
    """kill -9 of a command after so many seconds; whether it was still at work."""
    time.sleep(after)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def answers(server, within=30.0):
    """Seconds until the home page and readiness answer again."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        try:
            if all(urllib.request.urlopen(server.url + path, timeout=5).status == 200 for path in ("/-/ready", "/en/")):
                return time.monotonic() - began
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no answer within {within} s\n" + (server.instance / "serve.log").read_text()[-3000:])


def part(server, which):
    """The process ids of web processes (with what starts them) or of the worker."""
    workers = server.named("hub-worker")
    return workers if which == "worker" else [pid for pid in server.children() if pid not in workers]


def total(server, path):
    with urllib.request.urlopen(server.url + path, timeout=20) as answer:
        return json.load(answer)["total"]


def old_instance(folder):
    """An instance with the first tables that were ever released, and something in them."""
    run_hub(folder, "init", "--preset", "association", "--languages", "en,ru")
    file = folder / "data" / "hub.db"
    for name in ("hub.db", "hub.db-wal", "hub.db-shm"):
        (folder / "data" / name).unlink(missing_ok=True)
    app = create_app(folder)
    with app.app_context(), db.writing():
        migrate.upgrade(db.engine(), migrate.CORE, "0001")
        db.engine().dispose()
    with sqlite3.connect(file) as kept:
        kept.execute("INSERT INTO hub_state (name, value) VALUES ('chaos', 4711)")
    return folder


@pytest.mark.long
def test_nothing_accepted_is_lost_and_nothing_doubled(tmp_path, post, paper, monkeypatch):
    monkeypatch.setenv("HUB_MAIL__URL", f"smtp://127.0.0.1:{post.server_address[1]}")
    monkeypatch.setenv("HUB_MAIL__SENDER", "hub@example.org")
    monkeypatch.setenv("HUB_NET__ALLOW", json.dumps([f"127.0.0.1:{paper}"]))
    monkeypatch.setenv("HUB_JOB_LEASE", "2")
    dice, folder, table = random.Random(SEED), tmp_path / "hub", tmp_path / "rows.csv"
    run_hub(folder, "init", "--preset", "all", "--languages", "en,ru")
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "title", "summary"], *([n, f"Library {n}", "Killable shelf"] for n in range(ROWS))])
    rows = ("import", "partners", str(table), "--lang", "en", "--map", "id=external_id", "--set", "kind=library")
    old = old_instance(tmp_path / "old")
    app = create_app(folder)
    with app.app_context(), db.writing():
        from hub_notices.models import Follow, Follower

        state.set_setting(db.session(), "webapi.per_minute", 100_000)
        for n in range(4):
            db.session().add(follower := Follower(email=f"reader{n}@example.net", lang="en", mode="once"))
            db.session().flush()
            db.session().add(Follow(follower_id=follower.id, what="search", value="cases?", confirmed=True))
        db.session().commit()
    add(app, f"http://127.0.0.1:{paper}/feed")
    count, waits = Counter(), []
    with Server(folder) as server:
        secret = token_for(app, "admin", "admin")
        publishers = [Publisher(server.url, secret, number) for number in range(3)]
        for publisher in publishers:
            publisher.start()
        end = time.monotonic() + SECONDS
        while sum(count.values()) < KILLS and time.monotonic() < end:
            what = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            due(app)
            due_now(app)
            left_behind(app)
            moment = dice.uniform(0.02, 0.8)
            if what == "import":
                count[what] += killed(hub(folder, *rows), 0.9 + moment * 2)
            elif what == "backup":
                count[what] += killed(hub(folder, "backup", str(tmp_path / f"kept-{sum(count.values())}.tar.gz")), 0.6 + moment)
            elif what == "upgrade":
                count[what] += one_upgrade(old, tmp_path / "migrated", 0.9 + moment * 2)
            elif what == "everything":
                time.sleep(moment)
                server.kill()
                count[what] += 1
                server.start()
                waits.append(answers(server))
            else:
                time.sleep(moment)
                found = part(server, what)
                for pid in found[:1] if dice.random() < 0.5 else found:
                    os.kill(pid, signal.SIGKILL)
                    count[what] += 1
                waits.append(answers(server))
            if sum(count.values()) % 25 < 2:
                print(f"{sum(count.values())} kills {dict(count)}", flush=True)
            assert all(p.is_alive() for p in publishers), "an accepted request was refused when it was sent again"
        accepted = finish(app, publishers)
        told = settle(app, server, accepted, run_hub(folder, *rows).stdout)
    checked(app, tmp_path, accepted, post, count)
    print(f"\n{sum(count.values())} kills {dict(count)}: {len(accepted)} published in {sum(p.tries for p in publishers)} requests, {told}; answers again after "
          f"{sorted(waits)[len(waits) // 2]:.2f} s (median), {max(waits):.2f} s (worst)")  # fmt: skip


def left_behind(app):
    """A key whose request died is free after two minutes; the test does not wait so long."""
    from hub_webapi.models import Kept

    with app.app_context(), db.writing():
        died = sa.and_(Kept.status == 0, Kept.at < db.now() - dt.timedelta(seconds=10))
        db.session().execute(sa.update(Kept).where(died).values(at=db.now() - dt.timedelta(minutes=3)))
        db.session().commit()


def finish(app, publishers):
    """The publishers end what they have begun; all that was accepted."""
    for publisher in publishers:
        publisher.over.set()
    end = time.monotonic() + 90
    while any(p.is_alive() for p in publishers) and time.monotonic() < end:
        left_behind(app)
        time.sleep(0.5)
    assert not any(p.is_alive() for p in publishers), "a request is never answered"
    return [title for publisher in publishers for title in publisher.accepted]


def one_upgrade(old, copy, after):
    """`hub upgrade` is killed somewhere, and done by the next one."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(old, copy)
    alive = killed(hub(copy, "upgrade"), after)
    done = run_hub(copy, "upgrade", check=False)
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(copy / "data" / "hub.db") as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert kept.execute("SELECT value FROM hub_state WHERE name = 'chaos'").fetchone() == (4711,)
    app = create_app(copy)
    with app.app_context():
        assert not migrate.pending(db.engine(), migrate.CORE)
        db.engine().dispose()
    return alive


def settle(app, server, accepted, imported):
    """Everything that waits is done: the index, the mails. What was done, in words."""
    assert f"{ROWS} rows" in imported and "0 with a problem" in imported, imported
    deadline, wanted = time.monotonic() + 240, len(accepted)
    while time.monotonic() < deadline:
        due_now(app)
        with app.app_context():
            from hub.work.mail import Mail

            waiting = db.session().scalar(sa.select(sa.func.count()).where(Mail.sent.is_(None)).select_from(Mail))
            bodies = db.session().scalars(sa.select(Mail.text)).all()
            told, written = sum(body.count("Case of chaos") for body in bodies), len(bodies)
            db.session().rollback()
        if not waiting and told >= 4 * wanted and total(server, "/en/search.json?q=accepted&kind=case") == wanted:
            break
        time.sleep(0.5)
    return f"{written} mails, {ROWS} rows imported, {Paper.looks} looks at the feed"


def checked(app, place, accepted, post, count):
    """What must hold in the end, from the tables and files themselves."""
    from hub.content.model import Content, ContentText
    from hub.work.mail import Mail

    with app.app_context():
        rows = db.session().execute(sa.select(Content.kind, Content.status, ContentText.title).join(ContentText, ContentText.content_id == Content.id)).all()
        letters = db.session().execute(sa.select(Mail.to, Mail.text, Mail.message_id, Mail.sent)).all()
        db.session().rollback()
        assert db.session().execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        assert not db.session().execute(sa.text("PRAGMA foreign_key_check")).all()
    cases = Counter(title for kind, status, title in rows if kind == "case" and status == "published")
    assert not set(accepted) - set(cases), "accepted and lost"
    assert set(cases.values()) == {1}, "doubled"
    libraries = Counter(title for kind, _, title in rows if kind == "partner")
    assert len(libraries) == ROWS and set(libraries.values()) == {1}
    papers = Counter(title for kind, _, title in rows if kind == "news")
    assert papers and set(papers.values()) == {1}, papers.most_common(3)
    arrived = Counter(letter["Message-ID"] for letter in post.mails)
    assert all(sent for *_, sent in letters) and set(arrived) == {number for _, _, number, _ in letters}, "a mail was lost"
    assert sum(arrived.values()) - len(letters) <= count["worker"] + count["everything"], "more repeated than a death each can explain"
    had = Counter((to, line) for to, text, *_ in letters for line in {word for word in text.split("\n") if word.startswith("Case of chaos")})
    assert set(had.values()) == {1}, "somebody was told twice"
    assert {title for _, title in had} == set(accepted), "somebody was not told"
    for kept in place.glob("kept-*.tar.gz"):
        with tarfile.open(kept) as packed:
            assert len(packed.getnames()) > 3, kept
    last = sorted(place.glob("kept-*.tar.gz"))
    if last:
        run_hub(place / "back", "restore", str(last[-1]))
