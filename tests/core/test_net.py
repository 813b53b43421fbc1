"""The guarded HTTP client against a hostile web, played by real servers on 127.0.0.1."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.work import net
from hub.work.net import BadAnswer, NetError, Refused, Reply, TooBig, TooSlow, Unreachable, fetch

QUICK = 0.7  # seconds: the deadline of the slow tests
PUBLIC = "93.184.216.34"


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, body))
        self.server.routes[self.path](self)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Plays `routes`, remembers what it was asked, counts connections; `over` ends its endless answers."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server_address[1]
        self.at = f"127.0.0.1:{self.port}"
        self.routes: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.over = threading.Event()

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_: object) -> None:
        pass  # clients that hang up are what these tests are about

    def fetch(self, path: str, **options: object) -> Reply:
        return fetch(f"http://{self.at}{path}", **{"allow": [self.at], **options})  # type: ignore[arg-type]

    def endless(self, path: str, piece: bytes, pause: float = 0, **headers: str) -> None:
        """Answers `path` with the headers, then with `piece` until the client hangs up."""

        def play(handler: Handler) -> None:
            handler.send_response(200)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.close_connection = True
            while not self.over.wait(pause):
                handler.wfile.write(piece)

        self.routes[path] = play


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    def play(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return play


def running(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(tls)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from running()


@pytest.fixture
def other() -> Iterator[Server]:
    yield from running()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of hub.test in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("hub.test")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "hub.test.pem"
    path.write_bytes(key.private_bytes(pem, *plain) + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    yield from running(context)


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(net, "ssl_context", lambda **_: context)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """A name server of our own: host -> the answers it gives one after another (the last one stays)."""
    book: dict[str, list[list[str]]] = {}

    def resolve(host: str, port: int) -> list[str]:
        answers = book[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(net, "resolve", resolve)
    return book


@pytest.fixture
def open_port(server: Server, monkeypatch: pytest.MonkeyPatch) -> int:
    """Takes the port check away, so that only the check of addresses stands before the server."""
    monkeypatch.setattr(net, "PORTS", (80, 443, server.port))
    return server.port


def timed(call: Callable[[], object], error: type[NetError]) -> float:
    start = time.monotonic()
    with pytest.raises(error):
        call()
    return time.monotonic() - start


# --- plain work


def test_a_plain_fetch(server: Server) -> None:
    server.routes["/feed?tag=a%20b"] = answer(200, b"<rss/>", ETag='"1"', Content_Type="text/xml")
    reply = server.fetch("/feed?tag=a b#top", headers={"If-None-Match": '"é"', "Host": "evil"}, user_agent="hub/1 (+x)")
    assert (reply.status, reply.body, reply.hops, reply.permanent) == (200, b"<rss/>", (), False)
    assert reply.url == f"http://{server.at}/feed?tag=a%20b"
    assert reply.headers["etag"] == reply.headers["ETag"] == '"1"'
    sent = server.asked[0].headers
    assert (sent["user-agent"], sent["host"], sent["accept-encoding"]) == ("hub/1 (+x)", server.at, "gzip")
    assert sent["if-none-match"].encode("latin-1").decode() == '"é"'


@pytest.mark.parametrize("status", [301, 304, 404, 410, 429, 503])
def test_any_status_is_a_reply(server: Server, status: int) -> None:
    server.routes["/"] = answer(status, Retry_After="7", Content_Encoding="br")
    reply = server.fetch("/")
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (status, b"", "7")


def test_post_and_head(server: Server) -> None:
    server.routes["/"] = answer()
    assert server.fetch("/", method="POST", content=b"x" * 100_000).status == 200
    assert server.fetch("/", method="HEAD").status == 200
    assert [(asked.method, len(asked.body)) for asked in server.asked] == [("POST", 100_000), ("HEAD", 0)]


def test_a_header_cannot_smuggle_another(server: Server) -> None:
    with pytest.raises(BadAnswer):
        server.fetch("/", headers={"If-None-Match": "x\r\nX-Evil: 1"})
    assert not server.asked


def test_proxies_of_the_environment_are_ignored(server: Server, other: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(variable, f"http://{other.at}")
    monkeypatch.setenv("NO_PROXY", "")
    server.routes["/"] = answer(200, b"direct")
    assert server.fetch("/").body == b"direct"
    assert other.connections == 0


# --- where the hub does not go

HOSTILE = [
    "http://127.0.0.1:{port}/",
    "HTTP://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://[::1]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://user:password@example.org/",
    "http://example.org\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.org/",
    "http://127.0.0.1:{port}@example.org/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\r\nX: y/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "unix:///run/docker.sock",
    "javascript:alert(1)",
    "http://",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_no_spelling_reaches_the_inner_network(server: Server, open_port: int, url: str) -> None:
    uncertain = "localhost." in url or "%25" in url  # some systems know no such name or interface
    with pytest.raises((Refused, Unreachable) if uncertain else Refused):
        fetch(url.format(port=open_port), deadline=5)
    assert server.connections == 0


def test_the_server_above_is_reachable_if_allowed(server: Server) -> None:
    server.routes["/"] = answer(200, b"yes")
    assert fetch(f"http://127.1:{server.port}/", allow=[server.at]).body == b"yes"
    assert fetch(f"http://LOCALHOST:{server.port}/", allow=[f"localhost:{server.port}"]).body == b"yes"
    assert server.connections == 2


@pytest.mark.parametrize("allow", [[], ["127.0.0.1:1"], ["127.0.0.1"], ["10.0.0.1:{port}"], ["[::1]:{port}"]])
def test_only_the_allowed_pair_is_allowed(server: Server, allow: list[str]) -> None:
    with pytest.raises(Refused):
        fetch(f"http://{server.at}/", allow=[entry.format(port=server.port) for entry in allow])
    assert server.connections == 0


def test_unusual_ports_of_public_servers_need_permission(names: dict[str, list[list[str]]]) -> None:
    names["example.org"] = [[PUBLIC]]
    for port in (22, 25, 6379, 8080):
        with pytest.raises(Refused):
            fetch(f"http://example.org:{port}/")


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"),
        *("192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::808:808"),
        *("100::1", "2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "2002:7f00:1::", "3fff::1"),
        *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "ff0e::1"),
    ],
)
def test_inner_addresses(address: str) -> None:
    assert not net.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(PUBLIC, "8.8.8.8", "77.88.55.88", "2606:2800:220:1:248:1893:25c8:1946", "2a02:6b8::2:242"),
        *("::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:0:4136:e378:0:0:f7f7:f7f7"),
    ],
)
def test_public_addresses(address: str) -> None:
    assert net.is_public(address)


def test_one_private_address_among_public_ones_is_enough(
    server: Server, open_port: int, names: dict[str, list[list[str]]]
) -> None:
    names["mixed.test"] = [[PUBLIC, "127.0.0.1"]]
    with pytest.raises(Refused):
        fetch(f"http://mixed.test:{open_port}/", allow=[f"{PUBLIC}:{open_port}"])
    assert server.connections == 0


def test_rebinding(server: Server, names: dict[str, list[list[str]]]) -> None:
    """The name is looked up once per connection; the checked address is the one connected to."""
    names["rebind.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    server.routes["/"] = answer(200, b"one")
    server.routes["/again"] = answer(302, Location="/")
    reply = fetch(f"http://rebind.test:{server.port}/", allow=[server.at])
    assert (reply.body, names["rebind.test"]) == (b"one", [["127.0.0.2"]])
    assert server.asked[0].headers["host"] == f"rebind.test:{server.port}"

    names["rebind.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    with pytest.raises(Refused):
        fetch(f"http://rebind.test:{server.port}/again", allow=[server.at])
    assert server.connections == 2


def test_a_dead_address_does_not_hide_a_living_one(server: Server, names: dict[str, list[list[str]]]) -> None:
    names["two.test"] = [["127.0.0.2", "127.0.0.1"]]
    server.routes["/"] = answer(200, b"alive")
    assert fetch(f"http://two.test:{server.port}/", allow=[f"two.test:{server.port}"]).body == b"alive"


# --- redirects


def test_redirects_are_followed_and_remembered(server: Server) -> None:
    server.routes |= {
        "/a": answer(301, b"ignored", Location="b?x=1"),
        "/b?x=1": answer(308, Location=f"http://{server.at}/%D0%B0#part"),
        "/%D0%B0": answer(200, b"end"),
        "/mixed": answer(302, Location="/a"),
    }
    reply = server.fetch("/a")
    base = f"http://{server.at}"
    assert (reply.body, reply.url, reply.permanent) == (b"end", f"{base}/%D0%B0", True)
    assert reply.hops == ((301, f"{base}/a"), (308, f"{base}/b?x=1"))
    assert server.fetch("/mixed").permanent is False


def test_a_redirect_in_raw_utf8(server: Server) -> None:
    def play(handler: Handler) -> None:
        handler.wfile.write("HTTP/1.1 301 Moved\r\nLocation: /новости\r\nContent-Length: 0\r\n\r\n".encode())

    server.routes |= {"/": play, "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8": answer(200, b"ok")}
    assert server.fetch("/").body == b"ok"


@pytest.mark.parametrize(
    "location",
    [
        *("http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://127.0.0.1:{other}/", "//0:{other}/"),
        *(
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http://user@127.0.0.1:{port}/b",
            "http://[::broken]/",
            "http://",
        ),
    ],
)
def test_bad_redirects(server: Server, other: Server, location: str) -> None:
    server.routes["/"] = answer(302, Location=location.format(port=server.port, other=other.port))
    with pytest.raises(Refused):
        server.fetch("/")
    assert (server.connections, other.connections) == (1, 0)


def test_circles_and_long_chains(server: Server) -> None:
    server.routes |= {"/a": answer(302, Location="/b"), "/b": answer(302, Location="/a")}
    with pytest.raises(Refused):
        server.fetch("/a")
    assert server.connections == 2

    server.routes |= {f"/{n}": answer(302, Location=f"/{n + 1}") for n in range(9)} | {"/9": answer()}
    assert len(server.fetch("/4").hops) == 5
    with pytest.raises(Refused):
        server.fetch("/3")
    with pytest.raises(Refused):
        server.fetch("/8", hops=0)


def test_secrets_stay_with_the_first_site(server: Server, other: Server) -> None:
    server.routes |= {"/": answer(302, Location="/same"), "/same": answer(307, Location=f"http://{other.at}/")}
    other.routes["/"] = answer()
    secrets = {"Authorization": "Bearer s", "Cookie": "s=1", "X-Hub-Token": "s", "If-None-Match": '"1"'}
    server.fetch("/", headers=secrets, allow=[server.at, other.at])
    assert [asked.headers.get("x-hub-token") for asked in server.asked] == ["s", "s"]
    abroad = other.asked[0].headers
    assert abroad["if-none-match"] == '"1"' and abroad["host"] == other.at
    assert not abroad.keys() & {"authorization", "cookie", "x-hub-token"}


@pytest.mark.parametrize(("status", "method", "body"), [(301, "GET", b""), (303, "GET", b""), (308, "POST", b"data")])
def test_a_redirected_post(server: Server, status: int, method: str, body: bytes) -> None:
    server.routes |= {"/": answer(status, Location="/there"), "/there": answer()}
    server.fetch("/", method="POST", content=b"data")
    assert (server.asked[1].method, server.asked[1].body) == (method, body)


# --- size


def test_gzip_and_both_kinds_of_deflate(server: Server) -> None:
    text = "новости ".encode() * 50_000
    bare = zlib.compressobj(wbits=-15)
    server.routes |= {
        "/gzip": answer(200, gzip.compress(text), Content_Encoding="GZip"),
        "/zlib": answer(200, zlib.compress(text), Content_Encoding="deflate"),
        "/bare": answer(200, bare.compress(text) + bare.flush(), Content_Encoding="deflate"),
        "/noise": answer(200, gzip.compress(text, 0), Content_Encoding="gzip"),
    }
    for path in server.routes:
        assert server.fetch(path, max_bytes=len(text)).body == text
        with pytest.raises(TooBig):
            server.fetch(path, max_bytes=len(text) - 1)


def test_bombs_stop_early(server: Server) -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()  # 300 MB in 300 KB
    server.routes["/bomb"] = answer(200, bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert timed(lambda: server.fetch("/bomb", max_bytes=1_000_000), TooBig) < 1
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_endless_answers_stop_early(server: Server) -> None:
    server.endless("/plain", bytes(65_536))
    # gzip header once, then stored blocks without content: nothing comes out, however much goes in
    empty = gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 10_000
    server.endless("/empty", empty[10:], Content_Encoding="deflate")
    for path in server.routes:
        assert timed(lambda path=path: server.fetch(path, max_bytes=300_000), TooBig) < 1


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"nested"))),
        ("gzip", b"not packed at all"),
        ("gzip", gzip.compress(b"cut off" * 100)[:-20]),
    ],
    ids=["unknown", "nested", "not packed", "cut off"],  # packed bytes hold the time: two workers would name the tests differently
)
def test_unreadable_compression(server: Server, coding: str, body: bytes) -> None:
    server.routes["/"] = answer(200, body, Content_Encoding=coding)
    with pytest.raises(BadAnswer):
        server.fetch("/")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    ],
)
def test_answers_that_are_not_http(server: Server, raw: bytes) -> None:
    def play(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    server.routes["/"] = play
    with pytest.raises(BadAnswer):
        server.fetch("/")


# --- time


def test_dripping_bodies_and_headers_end_at_the_deadline(server: Server) -> None:
    def drip_headers(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not server.over.wait(0.05):
            handler.wfile.write(b"X-Drip: 1\r\n")

    server.routes["/headers"] = drip_headers
    server.routes["/silence"] = lambda handler: server.over.wait(10) and None
    server.endless("/body", b".", pause=0.05)
    server.endless("/packed", b"\0\0\0\xff\xff", pause=0.05, Content_Encoding="deflate")
    for path in server.routes:
        assert QUICK - 0.1 < timed(lambda path=path: server.fetch(path, deadline=QUICK), TooSlow) < QUICK + 0.3


def test_the_deadline_covers_all_hops(server: Server) -> None:
    def slow_hop(handler: Handler) -> None:
        time.sleep(0.3)
        answer(302, Location=handler.path + "x")(handler)

    server.routes |= {"/" + "x" * n: slow_hop for n in range(6)}
    assert timed(lambda: server.fetch("/", deadline=QUICK), TooSlow) < QUICK + 0.3


def test_a_reader_that_does_not_read() -> None:
    """Neither TLS that is never answered nor a body nobody takes holds the worker."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        at = f"127.0.0.1:{deaf.getsockname()[1]}"
        assert timed(lambda: fetch(f"https://{at}/", allow=[at], deadline=QUICK), TooSlow) < QUICK + 0.3
        post = lambda: fetch(f"http://{at}/", allow=[at], method="POST", content=bytes(50_000_000), deadline=QUICK)  # noqa: E731
        assert timed(post, TooSlow) < QUICK + 0.3


def test_a_slow_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "resolve", lambda host, port: time.sleep(2) or [PUBLIC])
    assert timed(lambda: fetch("http://slow.test/", deadline=QUICK), TooSlow) < QUICK + 0.3


# --- names and certificates


def test_no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(net.socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"no server with the name nothing\.test"):
        fetch("http://nothing.test/")
    with pytest.raises(Unreachable):
        fetch(f"http://{'a' * 70}.test/")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        at = f"127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(Unreachable):
        fetch(f"http://{at}/", allow=[at])


def test_a_bad_certificate(secure: Server, names: dict[str, list[list[str]]]) -> None:
    names["hub.test"] = [["127.0.0.1"]]
    with pytest.raises(Unreachable, match="certificate"):
        fetch(f"https://hub.test:{secure.port}/", allow=[secure.at])
    assert not secure.asked


@pytest.mark.usefixtures("trusted")
def test_tls_is_checked_against_the_name(secure: Server, names: dict[str, list[list[str]]]) -> None:
    names |= {"hub.test": [["127.0.0.1"]], "wrong.test": [["127.0.0.1"]]}
    secure.routes["/"] = answer(200, b"secret")
    reply = fetch(f"https://hub.test:{secure.port}/", allow=[secure.at])
    assert (reply.body, secure.asked[0].headers["host"]) == (b"secret", f"hub.test:{secure.port}")
    with pytest.raises(Unreachable, match="certificate"):
        fetch(f"https://wrong.test:{secure.port}/", allow=[secure.at])


@pytest.mark.usefixtures("trusted")
def test_no_way_from_https_to_http(secure: Server, server: Server, names: dict[str, list[list[str]]]) -> None:
    names["hub.test"] = [["127.0.0.1"]]
    secure.routes["/"] = answer(301, Location=f"http://{server.at}/")
    with pytest.raises(Refused, match="unprotected"):
        fetch(f"https://hub.test:{secure.port}/", allow=[secure.at, server.at])
    assert server.connections == 0


@pytest.mark.usefixtures("trusted")
def test_from_http_to_https(secure: Server, server: Server, names: dict[str, list[list[str]]]) -> None:
    names |= {"hub.test": [["127.0.0.1"]], "127.0.0.1": [["127.0.0.1"]]}
    server.routes["/"] = answer(301, Location=f"https://hub.test:{secure.port}/")
    secure.routes["/"] = answer(200, b"secret")
    assert server.fetch("/", allow=[server.at, secure.at]).permanent
