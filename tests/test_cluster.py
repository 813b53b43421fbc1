"""Two web nodes and two workers of one hub behind a balancer, on PostgreSQL, Redis and an S3-compatible store: as root each pair in
a network namespace with an address of its own on a bridge, else as separate processes of this machine.

One node after the other is restarted, one is cut off the network for a while, then one of each is killed. Readers and programs notice
nothing but what the balancer asks twice.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "plugins"))
from networks import Networks
from programs import token_for
from test_chaos import Publisher, finish, left_behind

from hub.app import create_app
from hub.store import db, state
from hub.testing.server import Server, run_hub

pytestmark = [pytest.mark.long, pytest.mark.postgres]
PATIENCE = 6  # seconds that the balancer waits for a node


@pytest.fixture(autouse=True)
def _only_this_machine():
    """In place of the one of all tests: the hosts made here have other addresses than this machine's own."""


class Balancer(http.server.ThreadingHTTPServer):
    """Passes requests to the nodes in turn, and to the other one where a node does not answer and asking twice is safe."""

    daemon_threads, request_queue_size = True, 128

    def __init__(self, nodes):
        super().__init__(("127.0.0.1", 0), Passing)
        self.turn, self.nodes, self.retried, self.lost, self.by = itertools.count(), list(nodes), 0, [], {}
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        """A client that went away."""


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        server, body = self.server, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        first = next(server.turn)
        safe = self.command in ("GET", "HEAD") or "Idempotency-Key" in self.headers
        end, error = time.monotonic() + 25, None
        for number in itertools.count(first):
            node = server.nodes[number % len(server.nodes)]
            link = http.client.HTTPConnection(*node, timeout=PATIENCE)
            try:
                link.request(self.command, self.path, body or None, {n: v for n, v in self.headers.items() if n.lower() not in ("connection", "content-length")})
                answer = link.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException) as found:
                error = found
                server.retried += 1
                if (not safe and not isinstance(found, ConnectionRefusedError)) or time.monotonic() > end:
                    server.lost.append((self.command, self.path, repr(error)))
                    self.send_error(502)
                    return
                time.sleep(0.02)
            finally:
                link.close()
        server.by[node] = server.by.get(node, 0) + 1
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_HEAD = pass_on

    def log_message(self, *_):
        pass


@pytest.fixture
def store():
    pytest.importorskip("moto")
    import logging

    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="s").create_bucket(Bucket="pictures")
    yield url
    server.stop()


@pytest.fixture
def networks(postgres_url, redis_server, store):
    """Two hosts of their own that reach the servers over a bridge; None, with the reason printed, where the machine gives none."""
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(Networks(2))
            for port in (postgres_url.port, redis_server.port, int(store.rpartition(":")[2])):
                made.offer(port)
        except OSError as error:
            print(f"\nno network namespaces, so the nodes are processes of this machine: {error}")
            made = None
        yield made


@pytest.fixture
def nodes(tmp_path, postgres_url, redis_server, store, networks, monkeypatch):
    """Two instance folders of one hub, as two hosts would have them."""
    for name, value in {"DATABASE__URL": postgres_url.new_database(), "REDIS__URL": redis_server.url, "CLUSTER__HOSTS": "2", "MEDIA__BUCKET": "pictures",
                        "MEDIA__ENDPOINT": store, "MEDIA__KEY": "id", "MEDIA__SECRET": "s"}.items():  # fmt: skip
        monkeypatch.setenv(f"HUB_{name}", value.replace("127.0.0.1", networks.address) if networks else value)
    if networks:
        monkeypatch.setenv("HUB_SITE__HOSTS", json.dumps([host.address for host in networks.hosts]))
    monkeypatch.setenv("HUB_JOB_LEASE", "3")
    run_hub(tmp_path / "a", "init", "--preset", "association", "--languages", "en,ru")
    shutil.copytree(tmp_path / "a", tmp_path / "b", symlinks=True)
    return tmp_path / "a", tmp_path / "b"


def worker(folder, prefix=()):
    words = [*prefix, sys.executable, "-m", "hub", "--instance", str(folder), "worker"]
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)


def ended(process, sign=signal.SIGTERM):
    if process.poll() is None:
        os.killpg(process.pid, sign)
    process.wait(30)


class Reader(threading.Thread):
    """Asks for pages without pause and keeps what was no 200."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.bad, self.count, self.over = url, [], 0, threading.Event()

    def run(self):
        for path in itertools.cycle(("/en/", "/en/cases/", "/ru/cases.json", "/en/search/?q=case", "/feed.atom")):
            if self.over.is_set():
                return
            try:
                with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                    answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.bad.append((path, repr(error)))
            self.count += 1
            time.sleep(0.03)


def test_restarts_and_deaths_of_nodes_are_not_noticed(nodes, networks):
    app = create_app(nodes[0])
    with app.app_context(), db.writing():
        state.set_setting(db.session(), "webapi.per_minute", 100_000)
        db.session().commit()
    secret = token_for(app, "admin", "admin")
    places = [(host.address, host.prefix) for host in networks.hosts] if networks else [("127.0.0.1", ())] * 2
    servers = [Server(folder, None, "--web-only", "--workers", "1", host=address, prefix=prefix) for folder, (address, prefix) in zip(nodes, places, strict=True)]
    workers = [worker(folder, prefix) for folder, (_, prefix) in zip(nodes, places, strict=True)]
    for server in servers:
        server.start()
    balancer = Balancer([(address, server.port) for server, (address, _) in zip(servers, places, strict=True)])
    threading.Thread(target=balancer.serve_forever, args=(0.05,), daemon=True).start()
    readers, publishers = [Reader(balancer.url) for _ in range(2)], [Publisher(balancer.url, secret, n) for n in range(2)]
    try:
        for thread in (*readers, *publishers):
            thread.start()
        name = picture(app)
        time.sleep(3)
        for number, server in enumerate(servers):  # rolling: new code would come now
            server.stop()
            ended(workers[number])
            time.sleep(0.5)
            server.start()
            workers[number] = worker(nodes[number], places[number][1])
            time.sleep(2)
        if networks:  # a host that is cut off: it has not died, and comes back as it was
            networks.hosts[0].cut()
            time.sleep(5)
            networks.hosts[0].mend()
            end = time.monotonic() + 60
            while not alive(servers[0]) and time.monotonic() < end:
                time.sleep(0.2)
            assert alive(servers[0]) and workers[0].poll() is None, "it does not come back by itself"
        with urllib.request.urlopen(f"{servers[1].url}/media/{name}", timeout=10) as answer:
            assert answer.status == 200, "the other node does not show the picture"
        servers[0].kill()  # a host dies
        ended(workers[0], signal.SIGKILL)
        time.sleep(4)
        for reader in readers:
            reader.over.set()
        accepted = finish(app, publishers)
        for reader in readers:
            reader.join(40)
        assert not [reader.bad for reader in readers if reader.bad], readers[0].bad[:3] + readers[1].bad[:3]
        assert not balancer.lost, balancer.lost[:5]
        assert len(accepted) > 20 and len(balancer.by) == 2
        assert balancer.retried < sum(balancer.by.values()), "more asked twice than once"
        titles = {item["title"] for page in range(1, 31) for item in listed(servers[1], page)}
        assert set(accepted) <= titles
        assert found(servers[1], len(accepted)) == len(accepted), "the search of the other node is behind"
        print(f"\n{sum(r.count for r in readers)} pages read, {len(accepted)} published through two {'hosts' if networks else 'nodes'} {balancer.by}; {balancer.retried} requests asked twice, none lost")
    finally:
        balancer.shutdown()
        left_behind(app)
        for process in workers:
            ended(process, signal.SIGKILL)
        for server in servers:
            server.stop()
        with app.app_context():
            db.engine().dispose()


def alive(server):
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(f"{server.url}/-/ready", timeout=5) as answer:
        return answer.status == 200
    return False


def found(server, wanted):
    """How many of the published cases search finds, within a minute."""
    end, total = time.monotonic() + 60, -1
    while total != wanted and time.monotonic() < end:
        with urllib.request.urlopen(f"{server.url}/en/search.json?q=accepted&kind=case", timeout=20) as answer:
            total = json.load(answer)["total"]
        time.sleep(0.5)
    return total


def listed(server, page):
    try:
        with urllib.request.urlopen(f"{server.url}/en/cases.json?limit=100&page={page}", timeout=20) as answer:
            return json.load(answer)["items"]
    except urllib.error.HTTPError:
        return []


def picture(app):
    """A picture that one host takes; its name."""
    from PIL import Image

    from hub.api import items

    out = io.BytesIO()
    Image.new("RGB", (600, 400), "red").save(out, "JPEG")
    with app.app_context(), db.writing():
        made = items.attach_picture(None, out.getvalue(), alt={"en": "red"}).name
        items.commit()
    return made
