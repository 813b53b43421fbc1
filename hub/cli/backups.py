"""`hub backup FILE` and `hub restore FILE`."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from hub.cli import app, cli, progress
from hub.plugins.host import PluginHost
from hub.settings import instance_path
from hub.store import backup as backups
from hub.store import migrate
from hub.store.backup import BackupError
from hub.store.db import engine


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Keep all of the instance in FILE (tar.gz), while it runs. FILE holds secrets: keep it as you keep passwords."""
    application = app()
    with application.app_context():
        rows = backups.write(application.extensions["hub"].settings, engine(), file, progress("Keeping"))
    size = file.stat().st_size / 1_000_000
    click.echo(f"{file}: {sum(rows.values())} rows of {len(rows)} tables, {size:.1f} MB.")


@cli.command()
def push_media() -> None:
    """Copy the pictures of data/media into the store that [media] names; once, when an instance begins to use one."""
    from hub.content.media import folder

    application = app()
    with application.app_context():
        bucket, files = application.extensions["hub"].bucket, sorted(folder().glob("*.webp"))
        if bucket is None:
            raise click.ClickException("hub.toml names no store: set [media] bucket")
        tell = progress("Copying", "pictures")
        for number, file in enumerate(files, 1):
            bucket.put(file.name, file.read_bytes())
            tell(number)
    click.echo(f"{len(files)} pictures are in the store.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Bring back what `hub backup` kept, into a folder where no instance is yet or one that holds nothing.

    For another database than the kept instance had: write its [database] url into hub.toml of the empty instance first.
    """
    from hub.cli.instance import upgrade_all

    folder = instance_path()
    _nobody_lives_here(folder)
    empty = not (folder / "hub.toml").exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        about, lost = _bring_back(file, folder)
    except BaseException:
        if empty:  # no half of an instance stays
            shutil.rmtree(folder)
        raise
    upgrade_all()
    click.echo(f"{folder} is as {file} has it, of {about['made'][:16].replace('T', ' ')} UTC.")
    for table in lost:
        click.echo(f"not brought back: {table} ({about['rows'][table]} rows), its plugin is not installed here", err=True)


def _bring_back(file: Path, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the backup says of itself, and the tables that found no place."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as place:
        about = backups.unpack(file, Path(place))
        backups.place(Path(place), folder)
        application = app(fresh=True)
        here = application.extensions["hub"]
        with application.app_context(), migrate.only_one(here.settings.data, engine()):
            lost = backups.load(engine(), Path(place), about, _histories(here.plugins), progress("Bringing back"))
    return about, lost


def _histories(host: PluginHost) -> list[migrate.History]:
    """Core's and those of every plugin that is installed here, also of those that are off."""
    for name in host.found:
        with suppress(Exception):  # a broken plugin is told of by `hub plugin list`; its rows find no place
            host.card(name)
    return [migrate.CORE, *filter(None, (found.history for found in host.found.values()))]


def _nobody_lives_here(folder: Path) -> None:
    """Raises BackupError where an instance would be overwritten."""
    if not (folder / "hub.toml").exists():
        if folder.exists() and any(folder.iterdir()):
            raise BackupError(f"{folder} is neither empty nor an instance; choose another folder with --instance")
        return
    with app().app_context(), engine().connect() as connection:
        if not sa.inspect(connection).has_table("content"):
            return
        counts: dict[str, Any] = {
            "entries": connection.scalar(sa.text("SELECT count(*) FROM content WHERE kind != 'page'")),
            "accounts": connection.scalar(sa.text("SELECT count(*) FROM hub_user")),
        }
    if any(counts.values()):
        told = " and ".join(f"{number} {name}" for name, number in counts.items() if number)
        raise BackupError(f"{folder} is in use ({told}); restore into an empty folder and put that in its place")
