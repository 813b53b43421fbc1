"""Commands for the life of an instance: init, serve, worker, upgrade, doctor, demo."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

import hub
from hub.cli import app, cli, database
from hub.hooks.parts import Check
from hub.plugins.host import PluginHost, write_list
from hub.plugins.presets import PRESETS, members
from hub.plugins.watch import Watch, stamp
from hub.settings import LANGUAGE_NAMES, Settings, SettingsError, Site, instance_path, load_settings, write_secret_key


@cli.command()
@click.option("--preset", type=click.Choice([*PRESETS, "all"]), help="Which plugins to switch on.")
@click.option("--name", help="The network's name.")
@click.option("--languages", help="Language codes, the main one first: ru,en.")
@click.option("--admin", metavar="EMAIL", help="Make an administrator's account; its password is shown once.")
@click.option("--url", help="The public address, such as https://hub.example.org.")
def init(preset: str | None, name: str | None, languages: str | None, admin: str | None, url: str | None) -> None:
    """Make a new instance in the instance folder (again: completes what is missing)."""
    folder = instance_path()
    ask = sys.stdin.isatty() and not (folder / "hub.toml").exists()
    if ask:
        name = name or click.prompt("Name of the network", default="Hub")
        languages = languages or click.prompt("Languages, the main one first", default="en,ru")
        preset = preset or click.prompt("Plugins", type=click.Choice([*PRESETS, "all"]), default="association")
        admin = admin or click.prompt("E-mail of the first administrator", default="", show_default=False) or None
    codes = [code.strip() for code in (languages or "en,ru").split(",") if code.strip()]
    try:
        Site(languages=codes, url=url or "http://localhost:8000")
    except ValidationError as error:  # nothing is written that the next, right `hub init` would have to leave alone
        raise click.ClickException(
            "; ".join(str(f["msg"]).removeprefix("Value error, ") for f in error.errors())
        ) from None
    _write_instance(folder, name or "Hub", codes, url or "http://localhost:8000")
    if not (folder / "plugins.txt").exists():
        write_list(folder / "plugins.txt", _installed(folder, preset or "association"))
    load_settings(folder)
    upgrade_all()
    with database() as db:
        from hub.content.seeding import start_content
        from hub.people import accounts

        accounts.ensure_roles(db)
        db.commit()
        start_content(db)
        if admin:
            password = secrets.token_urlsafe(12)
            accounts.add_user(db, admin, password, "admin")
            db.commit()
            click.echo(f"Administrator {admin}, password {password} (shown only now)")
    click.echo(f"The instance is ready: {folder}")
    if not admin:
        click.echo("Make the first administrator with: hub user add EMAIL --role admin (or by the link of hub serve)")


def _write_instance(folder: Path, name: str, codes: list[str], url: str) -> None:
    for part in ("data", "cache", "plugins", "templates", "static", "themes"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    write_secret_key(folder)
    target = folder / "hub.toml"
    if target.exists():
        return
    spoken = ", ".join(f'"{code}"' for code in codes)
    comment = ", ".join(f"{code} = {LANGUAGE_NAMES.get(code, code)}" for code in codes)
    target.write_text(
        "# Settings of this instance; every line can also be given as an environment variable HUB_SECTION__NAME.\n"
        f"[site]\nname = {json.dumps(name, ensure_ascii=False)}\nurl = {json.dumps(url)}\n"
        f"languages = [{spoken}]  # {comment}; the first is the main one\n\n"
        '# [database]\n# url = "postgresql://user:password@host/hub"  # default: SQLite in data/\n\n'
        '# [mail]\n# url = "smtp://user:password@mail.example.org:587"\n# sender = "hub@example.org"\n',
        encoding="utf-8",
    )


def _installed(folder: Path, preset: str) -> list[str]:
    host = PluginHost(folder)
    host.discover()
    return members(host, preset)


@cli.command()
def upgrade() -> None:
    """Bring the database up to date: core, then every plugin that is on. What was is kept in data/backups/ first."""
    if kept := _keep_what_is():
        click.echo(f"Kept as it was: {kept}")
    done = upgrade_all()
    click.echo("Upgraded: " + ", ".join(done) if done else "Everything is up to date.")


def _keep_what_is() -> Path | None:
    """A backup before a change of tables, the newest three of them; None where nothing will change or nothing is there."""
    from hub.store import backup, migrate
    from hub.store.db import engine, now

    application = app()
    here = application.extensions["hub"]
    with application.app_context():
        owned = [migrate.CORE, *filter(None, (here.plugins.found[name].history for name in here.plugins.loaded))]
        if not migrate.current(engine(), migrate.CORE) or not any(migrate.pending(engine(), h) for h in owned):
            return None
        folder: Path = here.settings.data / "backups"
        folder.mkdir(exist_ok=True)
        target = folder / f"before-upgrade-{now():%Y%m%d-%H%M%S}.tar.gz"
        backup.write(here.settings, engine(), target)
    for old in sorted(folder.glob("before-upgrade-*.tar.gz"))[:-3]:
        old.unlink()
    return target


def upgrade_all() -> list[str]:
    """Bring core's tables and those of every plugin that is on up to date; answers whose."""
    from hub.store import migrate
    from hub.store.db import engine, writing

    application = app()
    done = []
    with application.app_context(), migrate.only_one(application.extensions["hub"].settings.data, engine()), writing():
        if migrate.upgrade(engine(), migrate.CORE):
            done.append("hub")
        host = application.extensions["hub"].plugins
        for name in host.loaded:
            history = host.found[name].history
            if history and migrate.upgrade(engine(), history):
                done.append(name)
    return done


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--mail", "address", metavar="ADDRESS", help="Send a mail there now, and tell what the mail server said.")
def doctor(as_json: bool, address: str | None) -> None:
    """Check everything; exit status 1 where something has failed."""
    from hub.site.health import checks

    with app().app_context():
        found = checks()
        if address:
            found.append(_mail_to(address))
    if as_json:
        click.echo(json.dumps([{"name": c.name, "state": c.state, "message": str(c.message)} for c in found], indent=1))
    else:
        marks = {"ok": "ok  ", "warning": "look", "failed": "FAIL"}
        for check in found:
            click.echo(f"{marks[check.state]}  {check.name}  {check.message}".rstrip())
    if any(c.state == "failed" for c in found):
        raise click.exceptions.Exit(1)


def _mail_to(address: str) -> Check:
    from hub.work.mail import try_out

    site = app().extensions["hub"].settings.site.url
    try:
        try_out(address, "A mail from your hub", f"If you can read this, {site} can send mail.\n")
    except Exception as error:
        return Check("mail.delivery", "failed", f"{address}: {error or type(error).__name__}")
    return Check("mail.delivery", "ok", f"The server took a mail to {address}; look whether it came, also among spam.")


@cli.command()
@click.option("--remove", is_flag=True, help="Take the demo content out again.")
@click.option(
    "--logins", is_flag=True, help="Also make demo accounts; their passwords are kept in data/demo-logins.txt."
)
def demo(remove: bool, logins: bool) -> None:
    """Fill the instance with demo content (again: no doubles), or take it out."""
    from hub.content import seeding

    with database() as db:
        if remove:
            removed, kept = seeding.remove_demo(db)
            click.echo(f"{removed} demo items removed.")
            for line in kept:
                click.echo(f"kept, because it was edited since: {line}")
            return
        report = seeding.load_demo(db)
        for number, title, reason in report.problems:
            click.echo(f"demo item {number} ({title}): {reason}", err=True)
        click.echo(f"Demo: {report.created} made, {report.updated} updated, {report.unchanged} already there.")
        if logins:
            _demo_logins(db)
    if report.problems:
        raise click.exceptions.Exit(1)


def _demo_logins(db: Any) -> None:
    from hub.people import accounts

    path: Path = app().extensions["hub"].settings.data / "demo-logins.txt"
    if path.exists():
        return
    lines = []
    for role in accounts.ROLES:
        email, password = f"{role}@example.org", secrets.token_urlsafe(9)
        if accounts.find_user(db, email) is None:
            accounts.add_user(db, email, password, role, name=role.title())
            lines.append(f"{role:7} {email:20} {password}")
    db.commit()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")


@cli.command()
@click.option("--host", help="Address to listen on (default from hub.toml: 127.0.0.1).")
@click.option("--port", type=int, help="Port (default 8000).")
@click.option("--workers", type=int, help="Web processes (default 2).")
@click.option("--reload", "watch", is_flag=True, help="Take up changes of code, templates and catalogues.")
@click.option("--web-only", is_flag=True, help="No background work here; run `hub worker` elsewhere.")
def serve(host: str | None, port: int | None, workers: int | None, watch: bool, web_only: bool) -> None:
    """Serve the site and its background work until Ctrl-C."""
    settings = load_settings()
    host, port = host or settings.server.host, port or settings.server.port
    _check_port(host, port)
    supervisor = Supervisor(settings.instance, host, port, workers or settings.server.workers, web_only, watch)
    supervisor.start_web()
    try:
        _upgrade_needed(settings)
        _until_it_answers(
            host, port, supervisor.stopping
        )  # whatever else is loaded meanwhile would delay the first page
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


def _upgrade_needed(settings: Settings) -> None:
    """Raises SettingsError for a database of an older release. Asked without the application, which takes its time."""
    import sqlalchemy as sa

    from hub.store import migrate
    from hub.store.db import prepare_engine

    engine = sa.create_engine(settings.database_url)
    prepare_engine(engine)
    try:
        if migrate.pending(engine, migrate.CORE):
            raise SettingsError("the database is older than this program: run `hub upgrade`")
    finally:
        engine.dispose()


def _until_it_answers(host: str, port: int, stopping: threading.Event, patience: float = 15.0) -> None:
    address = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
    end = time.monotonic() + patience
    while time.monotonic() < end and not stopping.is_set():
        try:
            asked = http.client.HTTPConnection(address, port, timeout=patience)
            asked.request("HEAD", "/-/version", headers={"Host": "localhost"})
            asked.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return


class Supervisor:
    """Web processes (granian) and the worker as one group: started, restarted and stopped together."""

    def __init__(self, instance: Path, host: str, port: int, workers: int, web_only: bool, watch: bool) -> None:
        self.watch = watch
        environment = {**os.environ, "HUB_INSTANCE": str(instance), "HUB_SUPERVISED": "1"}
        if watch:  # one process is soonest back; cached bytecode does not see two changes within a second
            environment |= {"HUB_RELOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
            workers = 1
        self.commands = [[
            sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers",
            "--workers-kill-timeout", "5",
            "--log-level", "warning", "hub.app:wsgi",
        ]]  # fmt: skip
        if not web_only:
            self.commands.append([sys.executable, "-m", "hub", "worker"])
        self.environment = environment
        self.running: list[subprocess.Popen[bytes]] = []
        self.stopping = threading.Event()

    def start_web(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        self.running = [self._launch(self.commands[0])]

    def run(self) -> None:
        """Start what is not running yet and watch over all of it until told to stop."""
        self.running += [self._launch(command) for command in self.commands[1:]]
        code = Watch(lambda: stamp([Path(hub.__file__).parent], (".py",))) if self.watch else None
        while not self.stopping.wait(0.25 if code else 0.5):
            if code and code.changed():  # web processes read it again themselves; jobs go on after a restart
                self._stop(self.running[1:], patience=0)
                self.running[1:] = [self._launch(command) for command in self.commands[1:]]
            for n, process in enumerate(self.running):
                if process.poll() is not None:
                    click.echo(f"{self.commands[n][2]} ended with status {process.returncode}; started again", err=True)
                    time.sleep(1)
                    self.running[n] = self._launch(self.commands[n])

    def stop(self) -> None:
        self._stop(self.running)

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        from hub.site.watchdog import die_with_parent

        return subprocess.Popen(command, env=self.environment, start_new_session=True, preexec_fn=die_with_parent)  # fmt: skip

    def _stop(self, processes: list[subprocess.Popen[bytes]], patience: float = 10) -> None:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@cli.command()
def worker() -> None:
    """Do background work until stopped (part of `hub serve`; run it alone beside `hub serve --web-only`)."""
    from hub.app import Running
    from hub.store.db import session, writing
    from hub.work import logs
    from hub.work.jobs import enqueue, work

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    threading.Thread(target=_stop_without, args=(parent, stop), daemon=True).start()
    running = Running()
    chosen = running.app.extensions["hub"].settings.log
    logs.configure(chosen.form, chosen.requests)
    with running.app.app_context(), writing():
        enqueue(session(), "hub.readers", dedupe="hub.readers at start")  # what an earlier worker left half-read
        session().commit()
    work(running.current, stop)


def _stop_without(parent: int, stop: threading.Event) -> None:
    """End when the supervisor was killed, so that no worker of an old run goes on."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
