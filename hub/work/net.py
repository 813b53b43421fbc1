"""The guarded HTTP client: the only way the hub asks an address that somebody else has written.

Feeds, webmentions, link previews and imports all name addresses the hub did not choose. `fetch` protects
- the inner network: only http and https on usual ports; a name is looked up once per connection, *every* address found
  must be public, and the connection goes to one of those, so a name that changes its mind gains nothing; each redirect
  is a new request with the same checks; proxies of the environment are ignored;
- the worker: one deadline for lookup, connect, TLS, headers and body of all hops together, one limit for the unpacked
  body, which stops endless and explosive answers early;
- the caller's secrets: headers such as `Authorization` never follow a redirect to another site.
"""

from __future__ import annotations

import functools
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore2
import httpx2
from flask import has_app_context
from flask_babel import gettext
from httpcore2 import ConnectionPool, NetworkBackend, NetworkStream

from hub.hooks.here import hub

PORTS = (80, 443)
TRIED_ADDRESSES = 4  # a name with a hundred addresses must not turn the hub into a port scanner
GZIP_OVERHEAD = 65_536  # what does not compress is a little larger packed than unpacked
NAT64 = ip_network("64:ff9b::/96")
UNICAST_V6 = ip_network("2000::/3")
# what `is_global` of some Python versions takes for public: protocol use, 6to4 relays, Azure's host, documentation
SPECIAL = ["192.0.0.0/24", "192.88.99.0/24", "168.63.129.16", "2001::/23", "2001:db8::/32", "3fff::/20"]
SPECIAL_NETWORKS = [ip_network(network) for network in SPECIAL]
SET_HERE = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding"}
HARMLESS = {"accept", "accept-language", "content-type", "if-modified-since", "if-none-match", "user-agent"}
ssl_context = functools.cache(httpx2.create_ssl_context)  # once: it reads all root certificates, 25 ms


class NetError(Exception):
    """A fetch failed. The message is one sentence for people, in their language, and names no inner address."""


class Refused(NetError):
    """The hub does not make this request: scheme, port, password in the address, inner network, redirect."""


class Unreachable(NetError):
    """No such name, no connection, a bad certificate, or the connection broke."""


class TooSlow(NetError):
    """The deadline passed."""


class TooBig(NetError):
    """The answer is larger than the caller wants."""


class BadAnswer(NetError):
    """The server answered, but unreadably: not HTTP, cut off, unknown or damaged compression."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever the status. `url` is the final address, `headers` can be asked in any case, `body` is
    unpacked, `hops` holds the status and the address of each redirect on the way, in order."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    hops: tuple[tuple[int, str], ...] = ()

    @property
    def permanent(self) -> bool:
        """True if there were redirects and every one of them was permanent."""
        return bool(self.hops) and all(status in (301, 308) for status, _ in self.hops)


def fetch(
    url: str, *, allow: Iterable[str] = (), headers: Mapping[str, str] | None = None, method: str = "GET", content: bytes | None = None,
    max_bytes: int = 5_000_000, deadline: float = 15.0, hops: int = 5, user_agent: str = "hub",
) -> Reply:  # fmt: skip
    """Make a request, follow its redirects and return the `Reply`; statuses 4xx and 5xx are replies too.

    `allow`: inner addresses and unusual ports to be trusted beside those of `[net] allow`, as "name:port" or "ip:port"
    ("[::1]:80").
    `max_bytes` limits the unpacked body, `hops` the redirects followed, `deadline` the seconds for everything.
    `headers` cannot change Host, Accept-Encoding, Connection or lengths. As in browsers, POST becomes GET after 301,
    302 and 303, while 307 and 308 send `content` again.

    Raises Refused, Unreachable, TooSlow, TooBig or BadAnswer, all of them NetError.
    """
    here = _checked_url(url)
    trail: dict[tuple[str, str], int] = {}  # (method, address) -> the redirect it answered
    sent = {"user-agent": user_agent, "accept": "*/*"}
    sent |= {name.lower(): value for name, value in (headers or {}).items() if name.lower() not in SET_HERE}
    trusted = {*allow, *(hub().settings.net.allow if has_app_context() else ())}
    with ConnectionPool(ssl_context(trust_env=False), network_backend=GuardedBackend(trusted, deadline)) as pool:
        while True:
            reply, location = _exchange(pool, method, here, sent, content, max_bytes)
            if not location:
                return replace(reply, hops=tuple((status, url) for (_, url), status in trail.items()))
            trail[method, reply.url] = reply.status
            there = _checked_url(location, here)
            if method == "POST" and reply.status in (301, 302, 303):
                method, content = "GET", None
            if (there.scheme, there.netloc) != (here.scheme, here.netloc):
                sent = {name: value for name, value in sent.items() if name in HARMLESS}
            if not hops:
                raise Refused(gettext("%(host)s redirects to another address, which is not followed here.", host=here.host))
            if len(trail) > hops or (method, str(there)) in trail:
                raise Refused(gettext("%(host)s redirects in a circle or too many times.", host=here.host))
            here = there


def is_public(address: str) -> bool:
    """Whether an IP address is an ordinary one of the public internet. IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64,
    `::a.b.c.d`) is judged as IPv4. ValueError if `address` is no IP address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = ip.teredo[1] if ip.teredo else ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64 or int(ip) >> 32 == 0:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    ordinary = ip in UNICAST_V6 if ip.version == 6 else ip.is_global and not ip.is_multicast
    return ordinary and not any(ip in network for network in SPECIAL_NETWORKS)


def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a host name, best first; none if there is no such name."""
    try:
        found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)  # bytes: no second, older IDNA
    except OSError:
        return []
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class GuardedBackend(NetworkBackend):
    """Connects one fetch to checked addresses only, `seconds` in all; names stay in TLS (SNI) and the Host header."""

    def __init__(self, allow: Iterable[str], seconds: float) -> None:
        self._allow = {entry.lower() for entry in allow}
        self._end = time.monotonic() + seconds

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TooSlow(gettext("The answer was not complete in time."))
        return left

    def connect_tcp(self, host: str, port: int, *_: Any, **options: Any) -> NetworkStream:
        addresses = self._checked_addresses(host, port)[:TRIED_ADDRESSES]
        for tried, address in enumerate(addresses):
            share = self._left() / (len(addresses) - tried)  # or one dead IPv6 route would use up all the time
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return _Stream(httpcore2.SyncBackend().connect_tcp(address, port, share), self._left)
        self._left()
        raise Unreachable(gettext("%(host)s does not accept connections.", host=host))

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        found: list[str] = []
        # the system's lookup takes no timeout, so it gets a thread, which may outlive this fetch by some seconds
        lookup = threading.Thread(target=lambda: found.extend(resolve(host, port)), daemon=True)
        lookup.start()
        lookup.join(self._left())
        self._left()
        if not found:
            raise Unreachable(gettext("There is no server with the name %(host)s.", host=host))
        for address in found:
            trusted = self._allow & {f"{host}:{port}", f"{address}:{port}", f"[{address}]:{port}"}
            if not trusted and (port not in PORTS or not is_public(address)):
                raise Refused(gettext("%(host)s, port %(port)s, is not a server of the public web.", host=host, port=port))
        return found


class _Stream(NetworkStream):
    """A connection on which every single operation gets only the rest of the total time."""

    def __init__(self, stream: NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # in slices: below, each `send` gets the full timeout again, and a slow reader needs many of them
        for start in range(0, len(buffer), 16_384):
            self._stream.write(buffer[start : start + 16_384], self._left())

    def start_tls(self, *args: Any, **options: Any) -> NetworkStream:
        return _Stream(self._stream.start_tls(*args, **options | {"timeout": self._left()}), self._left)

    def close(self) -> None:
        self._stream.close()


def _exchange(
    pool: ConnectionPool, method: str, url: httpx2.URL, headers: dict[str, str], content: bytes | None, max_bytes: int
) -> tuple[Reply, str | None]:
    """One request: its reply and, if that is a redirect, where to; the body of a redirect stays unread."""
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    fields = [(b"host", url.netloc), (b"accept-encoding", b"gzip"), (b"connection", b"close")]
    fields += [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        with pool.stream(method, target, headers=fields, content=content) as response:
            got = httpx2.Headers(response.headers)
            location = got.get("location") if response.status in (301, 302, 303, 307, 308) else None
            coding = got.get("content-encoding", "").strip().lower()
            body = b"" if location else _unpacked(response.iter_stream(), coding, max_bytes)
            return Reply(response.status, str(url), got, body), location
    except httpcore2.TimeoutException as error:
        raise TooSlow(gettext("%(host)s did not answer completely in time.", host=url.host)) from error
    except (httpcore2.ProtocolError, zlib.error) as error:
        raise BadAnswer(gettext("The exchange with %(host)s is not valid HTTP: %(error)s.", host=url.host, error=error)) from error
    except httpcore2.NetworkError as error:
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
            raise Unreachable(gettext("%(host)s has no valid certificate.", host=url.host)) from error
        raise Unreachable(gettext("%(host)s hung up.", host=url.host)) from error


def _unpacked(chunks: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    body, received, inflate = bytearray(), 0, None
    for chunk in chunks:
        if not received and coding not in ("", "identity"):  # not earlier: a 304 names a coding and has no body
            if coding not in ("gzip", "x-gzip", "deflate"):
                raise BadAnswer(gettext("The answer is packed as “%(coding)s”, which nobody asked for.", coding=coding[:40]))
            # "deflate" comes with and without a zlib header, and only with one the first byte ends in 8; 47: any header
            inflate = zlib.decompressobj(-15 if coding == "deflate" and chunk[0] & 0x0F != 8 else 47)
        # both sides are counted: a stream of empty blocks unpacks to nothing, forever
        received += len(chunk)
        body += inflate.decompress(chunk, max_bytes - len(body) + 1) if inflate else chunk
        if len(body) > max_bytes or received > max_bytes + GZIP_OVERHEAD:
            raise TooBig(gettext("The answer is larger than %(limit)s bytes.", limit=f"{max_bytes:,}"))
        if inflate and inflate.eof:
            return bytes(body)
    if inflate:
        raise BadAnswer(gettext("The compressed answer was cut off."))
    return bytes(body)


def _checked_url(text: str, base: httpx2.URL | None = None) -> httpx2.URL:
    try:
        url = (base.join(text) if base else httpx2.URL(text)).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused(gettext("“%(url)s” is not a web address.", url=text[:200])) from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise Refused(gettext("“%(url)s” is not an http or https address of a server without name and password.", url=text[:200]))
    if base and base.scheme == "https" and url.scheme == "http":
        raise Refused(gettext("%(host)s redirects from https to unprotected http.", host=base.host))
    return url
