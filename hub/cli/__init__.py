"""The `hub` command. Errors go to standard error in plain words with a non-zero status; HUB_DEBUG=1 shows tracebacks."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import click

from hub import __version__
from hub.store import outages
from hub.store.db import session, writing


class HubGroup(click.Group):
    """Core's commands, those that plugins set beside them, then `hub <plugin> <command>` for every plugin that is on."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = set(super().list_commands(ctx))
        try:
            here = app(ctx).extensions["hub"]
        except Exception:  # no instance, or one that cannot start: its plugins have no commands
            return sorted(names)
        return sorted(names.union(*(here.plugins.card(name).commands for name in here.plugins.loaded)))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        found = super().get_command(ctx, name)
        if found is not None:
            return found
        here = app(ctx).extensions["hub"]
        plugin = name.removeprefix("hub_")
        theirs = here.hooks.gather("commands")
        for owner, command in theirs:
            if command.name == name and name in here.plugins.card(owner).commands:
                return _in_context(command)
        mine = [command for owner, command in theirs if owner == plugin]
        if not mine:
            return None
        group = click.Group(plugin, help=f"Commands of the plugin {plugin}.")
        for command in mine:
            group.add_command(_in_context(command))
        return group


def _in_context(command: click.Command) -> click.Command:
    """A plugin's command, run inside an application context."""
    if isinstance(command, click.Group):
        for child in list(command.commands.values()):
            _in_context(child)
        return command
    inner = command.callback
    if inner is not None and not hasattr(inner, "in_context"):

        def callback(*args: Any, **kwargs: Any) -> Any:
            with app(click.get_current_context()).app_context():
                inner(*args, **kwargs)

        callback.in_context = True  # type: ignore[attr-defined]
        command.callback = callback
    return command


@click.group(cls=HubGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--instance", metavar="DIR", is_eager=True, expose_value=False, callback=lambda ctx, param, value: _choose(value),
    help="The instance folder (default: $HUB_INSTANCE, else ./instance).",
)  # fmt: skip
@click.version_option(__version__, prog_name="hub")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A content hub for city networks and cultural associations."""


def _choose(instance: str | None) -> None:
    """Known before the command is looked up, because plugins of the instance have commands too."""
    if instance:
        os.environ["HUB_INSTANCE"] = instance


def app(ctx: click.Context | None = None, *, fresh: bool = False) -> Any:
    """The application of the chosen instance, made once per command. fresh: made again, because its files are others."""
    ctx = (ctx or click.get_current_context()).find_root()
    ctx.obj = ctx.obj if ctx.obj is not None else {}
    if "app" not in ctx.obj or fresh:
        from hub.app import create_app

        ctx.obj["app"] = create_app()
        gc.freeze()  # the first look at all that was loaded would take a quarter of a second
        gc.enable()
    return ctx.obj["app"]


@contextmanager
def database(ctx: click.Context | None = None, *, read: bool = False):
    """An application context with write intent and its session. read: only to look, beside whoever writes."""
    with app(ctx).app_context(), writing(not read):
        yield session()


def progress(label: str, unit: str = "rows") -> Callable[[int], None]:
    """A function to report progress with: one rewritten line on a terminal, now and then a line elsewhere."""
    last = 0

    def show(count: int) -> None:
        nonlocal last
        if sys.stderr.isatty():
            click.echo(f"\r{label}: {count} {unit}", err=True, nl=False)
        elif count - last >= 5000:
            last = count
            click.echo(f"{label}: {count} {unit}", err=True)

    return show


class Brief(logging.Formatter):
    """Log lines of a command: of an exception, what it comes to."""

    def formatException(self, ei: Any) -> str:
        return explain(ei[1])


def main() -> None:
    """Entry point: run the command and turn known errors into one plain line."""
    gc.disable()  # until all is loaded: a third of the time of starting goes into looking for garbage that is not there
    atexit.register(gc.freeze)  # nor at the end, where it takes as long
    from hub.cli import backups, instance, manage, scaffold, serving  # noqa: F401

    if not os.environ.get("HUB_DEBUG") and logging.lastResort:
        logging.lastResort.setFormatter(Brief())
    try:
        status = cli.main(standalone_mode=False)  # what a command gave to Exit(…)
        if isinstance(status, int):
            sys.exit(status)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("HUB_DEBUG"):
            raise
        click.echo(f"hub: {explain(error)}", err=True)
        sys.exit(1)


def explain(error: Exception) -> str:
    """An error as a sentence that says what to do, where we know it."""
    text = str(getattr(error, "orig", None) or error).strip()
    if word := outages.of(error):
        return f"{outages.TODO[word]} ({text.splitlines()[0]})"
    if "no such table" in text or "UndefinedTable" in str(error):
        return f"the database has no tables yet or is out of date: run `hub upgrade` ({text.splitlines()[0]})"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be made, read or written ({error.strerror}); choose another place or give this user the right"
    return text or type(error).__name__
