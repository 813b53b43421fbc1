"""`hub cases import-form` and `hub cases import-participedia`."""

from __future__ import annotations

from pathlib import Path

import click

from hub.api import items, writing
from hub_cases import filing, participedia
from hub_cases.formfile import LARGEST, Unusable


def _bytes(file: Path) -> bytes:
    """A file's bytes, no more than are looked at."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None


def _language(wanted: str) -> str:
    if wanted and wanted not in items.site()["languages"]:
        raise click.ClickException(f"this site has no language '{wanted}' (hub.toml, [site] languages)")
    return wanted


@click.command("import-form")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lang", default="", help="Language of the answers (default: guessed from their letters).")
def import_form(file: Path, lang: str) -> None:
    """Make a draft of a filled award form, .docx or plain text; prints the draft's uid, and on standard error what was found."""
    language = _language(lang)
    try:
        filed = filing.read(_bytes(file), file.name, language)
    except Unusable as error:
        raise click.ClickException(f"{file}: {error}") from None
    with writing():
        content = filing.store(filed)
        items.commit()
        click.echo(content.uid)
    for line in [*filed.told(), *(f"  {text}" for text in filed.unplaced)]:
        click.echo(line, err=True)


@click.command("import-participedia")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lang", default="", help="Language of the texts (default: the site's English, else its first).")
def import_participedia(file: Path, lang: str) -> None:
    """Make drafts of cases exported from Participedia, JSON or CSV; prints a line for each."""
    language = _language(lang)
    try:
        rows = participedia.rows(_bytes(file))
    except Unusable as error:
        raise click.ClickException(f"{file}: {error}") from None
    made, faults = 0, 0
    with writing():
        for number, row in enumerate(rows, 1):
            try:
                with items.attempt():
                    content, left = participedia.take(row, language)
            except ValueError as error:
                faults += 1
                click.echo(f"row {number}: {error}", err=True)
                continue
            made += content is not None
            if content is not None:
                click.echo(f"{content.uid}  {participedia.title_of(row)}")
            if left:
                click.echo(f"row {number}: no field for {', '.join(left)}; kept in the remarks", err=True)
        items.commit()
    click.echo(f"{len(rows)} rows: {made} drafts made, {len(rows) - made - faults} here already, {faults} with a problem.", err=True)
    if faults and not made:
        raise click.exceptions.Exit(1)
