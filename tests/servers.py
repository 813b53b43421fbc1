"""Real servers for tests, thrown away afterwards: a PostgreSQL cluster in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
