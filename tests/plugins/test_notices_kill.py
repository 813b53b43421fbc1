"""kill -9 of the worker while digests are written and sent: everybody gets every item, nobody an item twice."""

import email
import email.policy
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.store import db
from hub.testing.server import run_hub
from hub.work.mail import Mail

PEOPLE, KILLS = 60, 5


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail.test\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            self.wfile.write(b"354 go on\r\n" if word == b"DATA" else b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return
            if word == b"DATA":
                lines = []
                while (data := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(data)
                time.sleep(0.02)  # whoever dies here was not told that the mail is kept
                self.server.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
                self.wfile.write(b"250 kept\r\n")


class Post(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def handle_error(self, *_):
        """A worker was killed while it spoke."""


@pytest.fixture
def post():
    with Post(("127.0.0.1", 0), Conversation) as server:
        server.mails = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def worker(folder, url):
    environment = {**os.environ, "HUB_MAIL__URL": url, "HUB_MAIL__SENDER": "hub@example.org", "HUB_JOB_LEASE": "1"}
    command = [sys.executable, "-m", "hub", "--instance", str(folder), "worker"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def counts(app):
    with app.app_context():
        sent = sa.select(sa.func.count(), sa.func.count(Mail.sent))
        return db.session().execute(sent).one()


@pytest.mark.long
def test_nothing_is_lost_and_nothing_comes_twice(tmp_path, post):
    folder = tmp_path / "hub"
    run_hub(folder, "init", "--preset", "all", "--languages", "en,ru")
    app = create_app(folder)
    url = f"smtp://127.0.0.1:{post.server_address[1]}"
    with app.app_context(), db.writing():
        from hub_notices.models import Follow, Follower

        from hub.api import items

        for n in range(PEOPLE):
            follower = Follower(email=f"reader{n}@example.net", lang="en", mode="once")
            db.session().add(follower)
            db.session().flush()
            db.session().add(Follow(follower_id=follower.id, what="search", value="cases?", confirmed=True))
        db.session().commit()
        time.sleep(0.01)
        for n in range(3):
            text = {"title": f"Case {n}", "summary": "New.", "body": "", "fields": {}}
            items.create("case", {"texts": {"en": text}}, status="published")
        items.commit()
    for n in range(KILLS):
        process, before = worker(folder, url), (counts(app), len(post.mails))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            due_now(app)
            if counts(app)[0] > before[0][0] + 3 or len(post.mails) > before[1] + 3:
                break
            time.sleep(0.02)
        time.sleep(0.013 * n)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before_last = counts(app)
    assert before_last[1] < PEOPLE, "the kills came too late to show anything"
    process, deadline = worker(folder, url), time.monotonic() + 60
    try:
        while (counts(app)[1] < PEOPLE) and time.monotonic() < deadline:
            due_now(app)
            time.sleep(0.3)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with app.app_context():
        rows = db.session().execute(sa.select(Mail.to, Mail.text, Mail.message_id)).all()
    had = Counter((to, case) for to, text, _ in rows for case in re.findall(r"Case \d", text.replace("\n", " ")))
    assert len({to for to, *_ in rows}) == PEOPLE
    assert len(had) == PEOPLE * 3, "everybody has every item"
    titles = Counter((to, title) for to, text, _ in rows for title in re.findall(r"^Case \d$", text, re.M))
    assert set(titles.values()) == {1}, "and nobody one twice"
    arrived = Counter(mail["Message-ID"] for mail in post.mails)
    assert set(arrived) == {number for _, _, number in rows}, "each mail arrived"
    assert sum(arrived.values()) - len(rows) <= KILLS, "a worker that dies between the server's yes and its own note: once more, same id"


def due_now(app):
    """A retry waits minutes; the test does not. What was sent stays sent."""
    from hub.work.jobs import JobRow

    with app.app_context(), db.writing():
        db.session().execute(sa.update(Mail).where(Mail.sent.is_(None), Mail.attempts > 0).values(next_try=db.now()))
        late = sa.and_(JobRow.state == "ready", JobRow.name.in_(("notices.once", "hub.readers", "hub.mail", "hub.deliver")))
        db.session().execute(sa.update(JobRow).where(late, JobRow.run_at > db.now()).values(run_at=db.now()))
        db.session().commit()
