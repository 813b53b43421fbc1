"""Network namespaces that stand for hosts: each has an address of its own on a bridge; whoever started the tests is the bridge's other end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import threading


class Host:
    """One namespace. prefix: what a command begins with to run there."""

    def __init__(self, name: str, address: str, link: str) -> None:
        self.name, self.address, self.link = name, address, link
        self.prefix = ("ip", "netns", "exec", name)

    def cut(self) -> None:
        """Pull its cable."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        _ip("link", "set", self.link, "up")


class Networks:
    """`with Networks(2) as net: net.hosts, net.address`. Raises OSError with the reason where the machine gives none."""

    def __init__(self, count: int) -> None:
        mark, self.made, self.hosts, self.relays = secrets.token_hex(2), [], [], []
        self.bridge, net = f"hubbr{mark}", f"10.213.{int(mark[:2], 16)}"
        self.address = f"{net}.1"
        self._plan = [(f"hub-{mark}-{n}", f"{net}.{n + 1}", f"hub{mark}v{n}") for n in range(1, count + 1)]

    def __enter__(self) -> Networks:
        if os.geteuid() or not shutil.which("ip"):
            raise OSError("that needs root and the program ip")
        try:
            self._make("link", self.bridge, "type", "bridge")
            _ip("addr", "add", f"{self.address}/24", "dev", self.bridge)
            _ip("link", "set", self.bridge, "up")
            for name, address, link in self._plan:
                self._make("netns", name)
                self._make("link", link, "type", "veth", "peer", "name", "eth0", "netns", name)
                _ip("link", "set", link, "master", self.bridge, "up")
                for words in (("addr", "add", f"{address}/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
                    _ip("-n", name, *words)
                self.hosts.append(Host(name, address, link))
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for relay in self.relays:
            relay.close()
        for kind, name in reversed(self.made):
            with contextlib.suppress(OSError):
                _ip(kind, "delete", name)

    def _make(self, kind: str, name: str, *words: str) -> None:
        _ip(kind, "add", name, *words)
        self.made.append((kind, name))

    def offer(self, port: int) -> None:
        """What listens on this machine only is reached by the hosts at the bridge's address, same port."""
        server = socket.create_server((self.address, port))
        self.relays.append(server)
        threading.Thread(target=_relay, args=(server, port), daemon=True).start()


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _relay(server: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            near, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pass, args=(one, other), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
