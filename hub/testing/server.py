"""A real `hub serve` on a free port with a folder of its own, for browser, kill and load tests and for screenshots."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def find_chromium() -> str | None:
    """The program of a Chromium, the quickest to drive first, or None where there is none."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_hub(
    instance: Path, *arguments: str, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one `hub` command on an instance; answers the finished process with its output."""
    return subprocess.run(
        [sys.executable, "-m", "hub", "--instance", str(instance), *arguments], check=check, text=True,
        capture_output=True, stdin=subprocess.DEVNULL, env={**os.environ, **environment},
    )  # fmt: skip


class Server:
    """`with Server(folder) as server: … server.url`; `kill()` is kill -9 of the whole group, `start()` starts again."""

    def __init__(
        self, instance: Path, port: int | None = None, *options: str, host: str = "127.0.0.1", prefix: tuple[str, ...] = ()
    ) -> None:
        """prefix: words before the command, such as `ip netns exec NAME`."""
        self.instance = instance
        self.port = port or free_port()
        self.url = f"http://{host}:{self.port}"
        self.options = ("--host", host, *options)
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, wait until `/-/ready` says yes and the worker is there. Raises RuntimeError with the log where it is not so."""
        hub = (*self.prefix, sys.executable, "-m", "hub", "--instance", str(self.instance))
        command = [*hub, "serve", "--port", str(self.port)]
        with (self.instance / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                ready = urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).status == 200
                if ready and ("--web-only" in self.options or self.has_worker()):
                    return
                time.sleep(0.05)
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            if self.process.poll() is not None:
                break
        raise RuntimeError("hub serve did not start:\n" + (self.instance / "serve.log").read_text()[-4000:])

    def stop(self) -> None:
        """Ctrl-C, and wait for the end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """kill -9 of the supervisor and everything it started."""
        assert self.process is not None
        below = self.children()
        _kill(self.process.pid)  # first, or it starts again what is killed
        for pid in below:
            _kill(pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what was started meanwhile
        self.process.wait()

    def has_worker(self) -> bool:
        """Whether background work runs."""
        return bool(self.named("hub-worker"))

    def named(self, name: str) -> list[int]:
        """The processes below the supervisor that call themselves so: hub-web, hub-worker."""
        found = []
        for pid in self.children():
            with contextlib.suppress(OSError):
                if (Path("/proc") / str(pid) / "comm").read_text().strip() == name:
                    found.append(pid)
        return found

    def children(self) -> list[int]:
        """The processes below the supervisor."""
        found, seen = [], [self.process.pid] if self.process else []
        while seen:
            parent = seen.pop()
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit():
                    try:
                        stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                    except OSError:
                        continue
                    if int(stat[1]) == parent:
                        found.append(int(folder.name))
                        seen.append(int(folder.name))
        return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
