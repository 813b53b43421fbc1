"""Commands for the life of an instance: init, upgrade, doctor, demo."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from hub.cli import app, cli, database
from hub.hooks.parts import Check
from hub.plugins.host import PluginHost, write_list
from hub.plugins.presets import PRESETS, members
from hub.settings import LANGUAGE_NAMES, Site, instance_path, load_settings, write_secret_key
from hub.store import backup, migrate
from hub.store.db import engine, now, writing


@cli.command()
@click.option("--preset", type=click.Choice([*PRESETS, "all"]), help="Which plugins to switch on.")
@click.option("--name", help="The network's name.")
@click.option("--languages", help="Language codes, the main one first: ru,en.")
@click.option("--admin", metavar="EMAIL", help="Make an administrator's account; its password is shown once.")
@click.option("--url", help="The public address, such as https://hub.example.org.")
def init(preset: str | None, name: str | None, languages: str | None, admin: str | None, url: str | None) -> None:
    """Make a new instance in the instance folder (again: completes what is missing)."""
    folder = instance_path()
    there = (folder / "hub.toml").exists()
    if there and (preset or name or languages or url):
        click.echo("hub.toml and plugins.txt are there already and stay as they are: change them by hand", err=True)
    if sys.stdin.isatty() and not there:
        name = name or click.prompt("Name of the network", default="Hub")
        languages = languages or click.prompt("Languages, the main one first", default="en,ru")
        preset = preset or click.prompt("Plugins", type=click.Choice([*PRESETS, "all"]), default="association")
        admin = admin or click.prompt("E-mail of the first administrator", default="", show_default=False) or None
    codes = [code.strip() for code in (languages or "en,ru").split(",") if code.strip()]
    try:
        Site(languages=codes, url=url or "http://localhost:8000")
    except ValidationError as error:  # nothing is written that the next, right `hub init` would have to leave alone
        raise click.ClickException("; ".join(str(f["msg"]).removeprefix("Value error, ") for f in error.errors())) from None
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
        nobody = accounts.setup_token(folder / "data")
    click.echo(f"The instance is ready: {folder}")
    if nobody:
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
    from hub.site.health import checks, find_damage

    with app().app_context():
        find_damage()
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
@click.option("--logins", is_flag=True, help="Also make demo accounts; their passwords are kept in data/demo-logins.txt.")
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
