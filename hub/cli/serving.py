"""`hub serve` and `hub worker`: web processes and background work as one group."""

from __future__ import annotations

import contextlib
import gc
import http.client
import multiprocessing
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask

import hub
from hub.cli import app, cli, database
from hub.plugins.watch import Watch, stamp
from hub.settings import Settings, SettingsError, load_settings
from hub.site.watchdog import call_this_process, die_with_parent
from hub.store import migrate
from hub.store.db import engine, session, writing


@cli.command()
@click.option("--host", help="Address to listen on (default from hub.toml: 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port (default 8000).")
@click.option("--workers", type=click.IntRange(1, 64), help="Web processes (default 2).")
@click.option("--reload", "watch", is_flag=True, help="Take up changes of code, templates and catalogues.")
@click.option("--web-only", is_flag=True, help="No background work here; run `hub worker` elsewhere.")
def serve(host: str | None, port: int | None, workers: int | None, watch: bool, web_only: bool) -> None:
    """Serve the site and its background work until Ctrl-C."""
    settings = load_settings()
    host, port = host or settings.server.host, port or settings.server.port
    _check_port(host, port)
    _upgrade_needed()
    supervisor = Supervisor(settings.instance, host, port, workers or settings.server.workers, web_only, watch)
    try:
        supervisor.start()
        _until_it_answers(host, port, supervisor.stopping)
        _greet(settings, host, port)
        supervisor.run()
    finally:
        supervisor.stop()


def _greet(settings: Settings, host: str, port: int) -> None:
    """Say where the site is and what is to be done."""
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host
    click.echo(f"Hub serves http://{shown}:{port}  (Ctrl-C stops it)")
    with database(read=True):
        from hub.people.accounts import setup_token

        if word := setup_token(settings.data):
            click.echo(f"No administrator yet; set the site up at http://{shown}:{port}/setup/{word} (works once)")
    logins = settings.data / "demo-logins.txt"
    if logins.exists():
        click.echo(f"Demo logins (sign in at http://{shown}:{port}/account/login):\n{logins.read_text()}", nl=False)


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} of {host} cannot be used ({error.strerror}); stop the other program or choose --port"
            ) from None


def _upgrade_needed() -> None:
    """Raises SettingsError for a database of an older release."""
    with app().app_context():
        if migrate.pending(engine(), migrate.CORE):
            raise SettingsError("the database is older than this program: run `hub upgrade`")


def _until_it_answers(host: str, port: int, stopping: threading.Event, patience: float = 15.0) -> None:
    address = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
    end = time.monotonic() + patience
    while time.monotonic() < end and not stopping.wait(0.05):
        with contextlib.suppress(OSError):
            asked = http.client.HTTPConnection(address, port, timeout=patience)
            asked.request("HEAD", "/-/version", headers={"Host": "localhost"})
            asked.getresponse().read()
            return


class Supervisor:
    """Web processes (granian) and the worker as one group, on Linux forks of this process: code is loaded once.

    With `watch`, and elsewhere, where forks are not safe, each is a program of its own.
    """

    def __init__(self, instance: Path, host: str, port: int, workers: int, web_only: bool, watch: bool) -> None:
        self.watch = watch
        self.environment = {"HUB_INSTANCE": str(instance), "HUB_SUPERVISED": "1"}
        if watch:  # one process is soonest back; cached bytecode does not see two changes within a second
            self.environment |= {"HUB_RELOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
            workers = 1
        self.commands = [[
            "granian", "--interface", "wsgi", "--factory", "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers",
            "--workers-kill-timeout", "5", "--log-level", "warning", "hub.app:wsgi",
        ]]  # fmt: skip
        if not web_only:
            self.commands.append(["hub", "worker"])
        self.launch: Any = _start if watch or sys.platform != "linux" else Fork
        self.running: list[Fork | subprocess.Popen[bytes]] = []
        self.stopping = threading.Event()

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        self.running = [self.launch(command, self.environment) for command in self.commands]

    def run(self) -> None:
        """Watch over all of it until told to stop."""
        code = Watch(lambda: stamp([Path(hub.__file__).parent], (".py",))) if self.watch else None
        while not self.stopping.wait(0.25 if code else 0.5):
            if code and code.changed():  # web processes read it again themselves; jobs go on after a restart
                self.stop(first=1, patience=0)
                self.running[1:] = [self.launch(command, self.environment) for command in self.commands[1:]]
            for n, process in enumerate(self.running):
                if (status := process.poll()) is not None:
                    if status:  # else a worker that has grown, and made room for a new one
                        click.echo(f"{self.commands[n][0]} ended with status {status}; started again", err=True)
                        time.sleep(1)
                    self.running[n] = self.launch(self.commands[n], self.environment)

    def stop(self, first: int = 0, patience: float = 10) -> None:
        """End the processes from the number `first` on: kindly, and after `patience` seconds by force."""
        processes = self.running[first:]
        for process in processes:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        for process in processes:
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Run a Python program (`python -m …`) in a session of its own."""
    words, env = [sys.executable, "-m", *command], {**os.environ, **environment}
    return subprocess.Popen(words, env=env, start_new_session=True, preexec_fn=die_with_parent)


class Fork:
    """The same by a fork of this process, which has loaded the code of core and plugins. pid, poll(): as of Popen."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        from hub.app import Running

        Running.inherited = Running.inherited or Running(app=_warmed(app()))
        with app().app_context():
            engine().dispose()  # a connection must not be known to two processes
        gc.freeze()  # what is shared stays shared: collecting would write into its pages
        self._process = multiprocessing.get_context("fork").Process(target=_program, args=(command, environment))
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode


def _warmed(application: Flask) -> Flask:
    """The application with what most pages need loaded: catalogues, templates, dictionaries; afterwards all processes share it."""
    settings = application.extensions["hub"].settings
    for language in settings.site.languages:
        try:
            with application.test_request_context(f"/{language}/", settings.site.url):
                application.full_dispatch_request()
        except Exception:
            application.logger.warning("the front page could not be made before it was asked for", exc_info=True)
    for load in application.extensions["before_fork"]:
        load()
    return application


def _program(command: list[str], environment: dict[str, str]) -> None:
    os.setsid()
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.environ.update(environment)
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


@cli.command()
def worker() -> None:
    """Do background work until stopped (part of `hub serve`; run it alone beside `hub serve --web-only`)."""
    from hub.app import Running
    from hub.work import logs
    from hub.work.jobs import enqueue, work

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    threading.Thread(target=_stop_without, args=(parent, stop), daemon=True).start()
    running = Running.inherited or Running()
    chosen = running.current().extensions["hub"].settings.log
    logs.configure(chosen.form, chosen.requests)
    with running.app.app_context(), writing(), contextlib.suppress(sa.exc.OperationalError):  # what an earlier worker left half-read
        enqueue(session(), "hub.readers", dedupe="hub.readers at start")
        session().commit()
    call_this_process("hub-worker")
    work(running.current, stop, _outgrown if Running.inherited else lambda: False)


def _outgrown(megabytes: int = 70) -> bool:
    """Whether this process has so much to itself (after big pictures, feeds, the index) that a new fork is worth its while."""
    own = re.search(r"Private_Dirty:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text())
    return own is not None and int(own[1]) > megabytes * 1024


def _stop_without(parent: int, stop: threading.Event) -> None:
    """End when the supervisor was killed, so that no worker of an old run goes on."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
