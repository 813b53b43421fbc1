"""A run of the reader against many badly behaved sites at once: it ends in time, the good ones are read, nothing doubles."""

import gzip
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from newsroom import due, rss

from hub.content.model import Content
from hub.store import db

pytest.importorskip("hub_news")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
MANNERS = (
    "good", "good", "good", "slow", "drip", "endless", "bomb", "loop", "too-many", "busy", "flapping", "changing", "page", "garbage",
    "cut", "silent", "inward", "missing", "broken", "gone",
)  # fmt: skip


class Crowd:
    """One listening socket on every address 127.0.x.y; the address decides about the manners."""

    def __init__(self, count, seed=11):
        self.socket = socket.socket()
        self.socket.bind(("0.0.0.0", 0))
        self.socket.listen(512)
        self.port, self.asked, self.stopped = self.socket.getsockname()[1], {}, False
        self.hosts = [f"127.0.{1 + n // 200}.{1 + n % 200}" for n in range(count)]
        order = [MANNERS[n % len(MANNERS)] for n in range(count)]
        random.Random(seed).shuffle(order)
        self.manners = dict(zip(self.hosts, order, strict=True))
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        self.stopped = True
        self.socket.close()

    def _listen(self):
        while not self.stopped:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection):
        host = connection.getsockname()[0]
        self.asked[host] = self.asked.get(host, 0) + 1
        try:
            connection.recv(4096)
            getattr(self, "_" + self.manners[host].replace("-", "_"))(connection, host, self.asked[host])
        except OSError:
            pass
        finally:
            connection.close()

    def _feed(self, host, guid="g"):
        return rss(*((f"{guid}{n}", f"https://{host}.example/{n}", f"Story {n} told by the site {host}") for n in range(3))).encode()

    def _send(self, connection, body, head=HEAD):
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _good(self, c, host, n):
        self._send(c, self._feed(host))

    def _slow(self, c, host, n):
        time.sleep(30)

    def _drip(self, c, host, n):
        c.sendall(HEAD + b"\r\n")
        while not self.stopped:
            c.sendall(b" ")
            time.sleep(0.2)

    def _endless(self, c, host, n):
        c.sendall(HEAD + b"\r\n<rss>")
        while not self.stopped:
            c.sendall(b"<item><title>more</title></item>" * 2000)

    def _bomb(self, c, host, n):
        self._send(c, gzip.compress(b" " * 60_000_000), HEAD + b"Content-Encoding: gzip\r\n")

    def _loop(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 301 M\r\nLocation: /again%d\r\n" % n)

    def _too_many(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 429 T\r\nRetry-After: 3600\r\n")

    def _busy(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 503 B\r\nRetry-After: never\r\n")

    def _flapping(self, c, host, n):
        self._send(c, self._feed(host)) if n % 2 else self._send(c, b"", b"HTTP/1.1 500 E\r\n")

    def _changing(self, c, host, n):
        self._send(c, self._feed(host, f"n{n}-"))

    def _page(self, c, host, n):
        self._send(c, b"<!doctype html><title>Hello</title>")

    def _garbage(self, c, host, n):
        c.sendall(b"\x00\xff\x17" * 500)

    def _cut(self, c, host, n):
        c.sendall(HEAD + b"Content-Length: 5000\r\n\r\n" + self._feed(host)[:100])

    def _silent(self, c, host, n):
        return

    def _inward(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 302 F\r\nLocation: http://169.254.169.254/latest\r\n")

    def _missing(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 404 N\r\n")

    def _broken(self, c, host, n):
        self._send(c, self._feed(host)[:-60])

    def _gone(self, c, host, n):
        self._send(c, b"", b"HTTP/1.1 410 G\r\n")


CODE = """
import sys
from hub.app import create_app
from hub_news.reader import asking, running
asking.ask.__kwdefaults__["seconds"] = 3.0
app = create_app(sys.argv[1])
with app.app_context():
    running.run(600)
"""


def killed(app, crowd, after):
    """A run in a process of its own that is killed (-9) when it has asked so many sites and stored something."""
    allowed = ",".join(f'"{host}:{crowd.port}"' for host in crowd.hosts)
    environment = {**os.environ, "HUB_NET__ALLOW": f"[{allowed}]"}
    process = subprocess.Popen([sys.executable, "-c", CODE, str(app.extensions["hub"].settings.instance)], env=environment)
    deadline = time.monotonic() + 60
    while (len(crowd.asked) < after or not stored(app)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None, "it was over before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(crowd.asked) < len(crowd.hosts), "the kill came too late to show anything"


def stored(app):
    with app.app_context():
        return db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.kind == "news"))


def meet(app, count, monkeypatch, kill_after=0):
    from hub_news import keeping
    from hub_news.models import Feed
    from hub_news.reader import asking, running

    monkeypatch.setitem(asking.ask.__kwdefaults__, "seconds", 3.0)
    crowd = Crowd(count)
    try:
        app.extensions["hub"].settings.net.allow.extend(f"{host}:{crowd.port}" for host in crowd.hosts)
        with app.app_context(), db.writing():
            for host in crowd.hosts:
                keeping.note(f"http://{host}:{crowd.port}/feed")
            db.session().commit()
        if kill_after:
            killed(app, crowd, kill_after)
        for _ in range(2):
            due(app)
            began = time.monotonic()
            with app.app_context():
                report = running.run(600)
            spent = time.monotonic() - began
            assert spent < 10 + count * 3 * 3 / 20 / running.AT_ONCE * 2, spent  # the slow ones wait beside each other
        print(f"{count} sites, second run: {report}, {spent:.1f} s")
        readable = ("good", "flapping", "changing", "broken")
        whole = [host for host in crowd.hosts if crowd.manners[host] in ("good", "flapping", "changing")]
        with app.app_context():
            titles = [c.texts[0].title for c in db.session().scalars(sa.select(Content).where(Content.kind == "news"))]
            states = {feed.url.split("/")[2].split(":")[0]: feed for feed in db.session().scalars(sa.select(Feed))}
        assert len(titles) == len(set(titles))
        assert {t for t in titles if t.rpartition(" ")[2] in whole} == {f"Story {n} told by the site {h}" for h in whole for n in range(3)}
        for host, feed in states.items():
            manner = crowd.manners[host]
            assert (feed.state == "gone") == (manner == "gone"), manner
            if manner == "flapping" and kill_after:
                continue  # good and bad in turn: whoever was asked when the kill came has had one turn more
            assert bool(feed.error) == (manner not in readable or manner == "flapping"), (manner, feed.error)
    finally:
        crowd.close()


def test_thirty_bad_sites(new_hub, monkeypatch):
    print("30 of the 300 sites of the long suite")
    meet(new_hub(["partners", "news"]), 30, monkeypatch)


@pytest.mark.long
def test_three_hundred_bad_sites(new_hub, monkeypatch):
    meet(new_hub(["partners", "news"]), 300, monkeypatch)


@pytest.mark.long
def test_three_hundred_bad_sites_and_a_kill_in_the_middle(new_hub, monkeypatch):
    meet(new_hub(["partners", "news"]), 300, monkeypatch, kill_after=120)
