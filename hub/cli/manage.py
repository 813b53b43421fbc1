"""Commands for looking after an instance: plugins, themes, people, settings, jobs, the change log."""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Callable
from typing import Any

import click
import sqlalchemy as sa

from hub.cli import app, cli, database, progress
from hub.plugins.host import PluginHost
from hub.plugins.modules import one_line
from hub.settings import load_settings
from hub.store import migrate
from hub.store.db import engine, writing


@cli.group()
def plugin() -> None:
    """List plugins, switch them on and off."""


@plugin.command("list")
def plugin_list() -> None:
    """Every installed plugin and its state (imports no plugin's body)."""
    import hub.app  # noqa: F401 — core's tables must be known before a card is looked at, or they seem to be the card's

    host = PluginHost(load_settings().instance)
    host.discover()
    wanted = host.wanted()
    for name in [*wanted, *sorted(n for n in host.found if n not in wanted)]:
        note = "" if name in host.found else "in plugins.txt but not installed"
        if name in host.found:
            try:
                card = host.card(name)
                note = f"{card.version:8} {card.label}"
            except Exception as error:
                note = f"broken: {one_line(error)}"
        click.echo(f"{'on ' if name in wanted else 'off'}  {name:12} {note}")


@plugin.command("on")
@click.argument("name")
def plugin_on(name: str) -> None:
    """Switch a plugin on: check what it needs, run its migrations, add its line."""
    with app().app_context(), writing():
        host = app().extensions["hub"].plugins
        host.switch_on(name, lambda found: found.history and migrate.upgrade(engine(), found.history))
    click.echo(f"{name.removeprefix('hub_')} is on; a running `hub serve` takes it up within seconds.")


@plugin.command("off")
@click.argument("name")
def plugin_off(name: str) -> None:
    """Switch a plugin off at once; its data stay."""
    with app().app_context():
        app().extensions["hub"].plugins.switch_off(name)
    click.echo(f"{name.removeprefix('hub_')} is off. Its data stay.")


@plugin.command("erase")
@click.argument("name")
@click.option("--yes", metavar="NAME", help="The plugin's name again, instead of being asked for it.")
def plugin_erase(name: str, yes: str | None) -> None:
    """Delete all of a plugin's data, after writing them to data/erased/."""
    from hub.plugins import erasing

    name = name.removeprefix("hub_")
    with database(read=True):
        held = erasing.holdings(name)
    for what, count in held.items():
        click.echo(f"{count:8}  {what}")
    if yes is None:
        yes = click.prompt(f"All of this goes. Write the plugin's name ({name}) to go on", default="", show_default=False)
    if yes != name:
        raise click.ClickException("that is not its name; nothing was erased")
    with app().app_context():
        folder = erasing.erase(name, progress("erase", "items"))
    click.echo(f"{name} is off and its data are gone; a copy lies in {folder}")


@cli.group()
def theme() -> None:
    """List themes and choose one."""


@theme.command("list")
def theme_list() -> None:
    """The installed themes."""
    from hub.store.state import setting

    with database(read=True) as db:
        current = setting(db, "hub.theme")
        for found in app().extensions["hub"].themes.all.values():
            click.echo(f"{'*' if found.name == current else ' '} {found.name:12} {found.title}")


@theme.command("use")
@click.argument("name")
def theme_use(name: str) -> None:
    """Make a theme the site's."""
    _set("hub.theme", name)
    click.echo(f"The site now wears {name}.")


@cli.group()
def user() -> None:
    """Accounts: add, role, password, disable, reset-2fa, list."""


@user.command("add")
@click.argument("email")
@click.option("--role", default="member", show_default=True, help="member, editor or admin")
@click.option("--name", default="", help="Shown beside what the person writes.")
@click.option("--password", help="Default: asked on a terminal, else made and shown once.")
def user_add(email: str, role: str, name: str, password: str | None) -> None:
    """Make an account that can sign in at once."""
    from hub.people import accounts

    password, made = _password("Password") if password is None else (password, "")
    with database() as db:
        accounts.add_user(db, email, password, role, name)
        db.commit()
    click.echo(f"Account {email}, role {role}" + (f", password {made}" if made else ""))


def _password(words: str) -> tuple[str, str]:
    """A password asked for on a terminal, else made; the second is how a made one is shown."""
    asked = getpass.getpass(f"{words} (empty: one is made): ") if sys.stdin.isatty() else ""
    return (asked, "") if asked else (made := secrets.token_urlsafe(12), f"{made} (shown only now)")


@user.command("role")
@click.argument("email")
@click.argument("role")
def user_role(email: str, role: str) -> None:
    """Give an account another role."""
    _change(email, lambda accounts, db, person: accounts.set_role(db, person, role))
    click.echo(f"{email} is {role} now.")


@user.command("password")
@click.argument("email")
def user_password(email: str) -> None:
    """Set a new password and end all sessions of the account."""
    password, made = _password("New password")
    _change(email, lambda accounts, db, person: accounts.set_password(db, person, password))
    click.echo(f"The password of {email} is changed" + (f": {made}" if made else "."))


@user.command("disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let it sign in again.")
def user_disable(email: str, undo: bool) -> None:
    """Let an account sign in no longer; it is signed out everywhere."""
    _change(email, lambda accounts, db, person: accounts.set_active(person, undo))
    click.echo(f"{email} " + ("may sign in again." if undo else "is disabled and signed out everywhere."))


@user.command("reset-2fa")
@click.argument("email")
def user_reset_2fa(email: str) -> None:
    """Take an account's second factor, recovery codes and passkeys away: the phone is lost."""
    _change(email, lambda accounts, db, person: accounts.reset_factors(person))
    click.echo(f"{email} signs in without a second factor now; passkeys and recovery codes are gone.")


@user.command("list")
def user_list() -> None:
    """All accounts with their roles."""
    from hub.people.accounts import FORMER, User

    with database(read=True) as db:
        for person in db.scalars(sa.select(User).where(User.email != FORMER).order_by(User.email)):
            state = "" if person.active else "  disabled"
            click.echo(f"{person.email:40} {', '.join(role.name for role in person.roles)}{state}")


def _change(email: str, how: Callable[[Any, Any, Any], object]) -> None:
    from hub.people import accounts

    with database() as db:
        found = accounts.find_user(db, email)
        if found is None:
            raise click.ClickException(f"there is no account with the address {email}")
        how(accounts, db, found)
        db.commit()


@cli.group()
def settings() -> None:
    """Settings that the desk can change (those of hub.toml stand in hub.toml)."""


@settings.command("list")
def settings_list() -> None:
    """Every declared setting with its value."""
    from hub.store.state import setting

    with database(read=True) as db:
        for name, declared in sorted(app().extensions["hub"].declared_settings.items()):
            value = "(secret)" if declared.type == "secret" else setting(db, name)
            click.echo(f"{name} = {value!r}")


@settings.command("set", context_settings={"ignore_unknown_options": True})  # -5 is a value
@click.argument("name")
@click.argument("value")
def settings_set(name: str, value: str) -> None:
    """Set one setting."""
    _set(name, value)
    click.echo(f"{name} is set.")


def _set(name: str, value: str) -> None:
    from hub.store import state

    with database() as db:
        try:
            state.set_setting(db, name, state.check_setting(name, value))
        except KeyError:
            raise click.ClickException(f"there is no setting '{name}'; `hub settings list` shows them, others stand in hub.toml") from None
        except ValueError as error:
            raise click.ClickException(f"{name}: {error}") from None
        db.commit()


@cli.group()
def jobs() -> None:
    """Background work: list and run."""


@jobs.command("list")
@click.option("--dead", is_flag=True, help="Only those that gave up.")
def jobs_list(dead: bool) -> None:
    """Waiting, running and failed jobs."""
    from hub.work.jobs import JobRow

    with database(read=True) as db:
        query = sa.select(JobRow).where(JobRow.state == "dead" if dead else JobRow.state != "done").order_by(JobRow.run_at)
        for row in db.scalars(query.limit(500)):
            click.echo(f"{row.id:6}  {row.state:8} {row.run_at:%Y-%m-%d %H:%M:%S}  {row.name}  {row.error}")


@jobs.command("run")
@click.argument("name", required=False)
def jobs_run(name: str | None) -> None:
    """Run what is due now, or one job by name at once."""
    from hub.work import jobs as work

    application = app()
    if name is None:
        click.echo(f"{work.run_due(application)} jobs run.")
        return
    with database():
        job = application.extensions["hub"].jobs.get(name)
        if job is None:
            known = ", ".join(sorted(application.extensions["hub"].jobs))
            raise click.ClickException(f"there is no job '{name}'; the jobs are {known}")
        job.run()
    click.echo(f"{name} has run.")


@cli.command("changes")
@click.option("--since", default=0, show_default=True, help="Only changes after this id.")
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="At most as many.")
def change_log(since: int, limit: int) -> None:
    """The change log, oldest first."""
    from hub.content import changes

    with database(read=True) as db:
        for change in changes.since(db, since, limit):
            click.echo(f"{change.id:8}  {change.at:%Y-%m-%d %H:%M:%S}  {change.verb:9}  {change.kind:12}  {change.uid}")
