"""Real servers for tests, thrown away afterwards: a PostgreSQL cluster in a temporary folder, a Redis."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")


class Postgres:
    """A running cluster on 127.0.0.1; `str()` is the address of its maintenance database."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.made = 0

    def __str__(self) -> str:
        return self.url("postgres")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def new_database(self, template: str = "") -> str:
        """The address of a fresh database: an empty one, or a copy of the one at the address `template`."""
        self.made += 1
        name = f"hub_{self.made}"
        source = template.rpartition("/")[2] or "template0"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away again: hundreds of them are gigabytes to delete in the end."""
        self._execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """A throw-away PostgreSQL cluster; `postgres_url.new_database()` answers the address of a fresh database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        _skip(pytestconfig, "PostgreSQL tests are left out: no server is installed (apt install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="hub-pg-"))
    data, control = home / "data", str(Path(initdb).with_name("pg_ctl"))
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(home, "postgres", "postgres")
    port = free_port()
    settings = (*FAST, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}")
    try:
        _run(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", cwd=home)
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(setting.replace("=", " = '", 1) + "'\n" for setting in settings)
        _run(control, "-D", data, "-l", home / "log", "-w", "-t", "30", "start", cwd=home)
        try:
            yield Postgres(port)
        finally:
            _run(control, "-D", data, "-m", "immediate", "-w", "stop", cwd=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(*command: object, cwd: Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    log = cwd / "commands"  # a file, because a server that was started keeps a pipe open
    with log.open("ab") as out:
        done = subprocess.run(words, cwd=cwd, stdout=out, stderr=out, stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode:
        pytest.fail(f"{' '.join(words)}\n{log.read_text()}\n{(cwd / 'log').read_text() if (cwd / 'log').exists() else ''}")


def _skip(config: pytest.Config, reason: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\n{reason}")
    pytest.skip(reason)


class RedisServer:
    """A redis-server on 127.0.0.1 that keeps nothing; may be stopped and started again at the same address."""

    def __init__(self, program: str, home: Path) -> None:
        self.program, self.home = program, home
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        words = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.home)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        pytest.fail("redis-server did not start within 10 s")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def redis_server(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A throw-away Redis."""
    program = shutil.which("redis-server")
    if program is None:
        _skip(pytestconfig, "Redis tests are left out: no server is installed (apt install redis-server)")
    server = RedisServer(str(program), tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
