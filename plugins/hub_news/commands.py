"""`hub news add`, `fetch` and `import-opml`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from hub.api import items, session, writing
from hub_news import keeping, opml
from hub_news.reader import running


@click.command()
@click.argument("url")
@click.option("--partner", default="", help="The uid of the partner to whom the source belongs.")
def add(url: str, partner: str) -> None:
    """Add a source: the address of a feed, or of a site that names one."""
    content = items.get("partner", partner) if partner else None
    if partner and content is None:
        raise click.ClickException(f"there is no partner with the uid {partner}")
    try:
        added = keeping.add(url, partner_id=content.id if content else None)
    except keeping.Refused as error:
        raise click.ClickException(str(error)) from None
    if added.feed is None:
        click.echo("The site names several feeds; add one of them:")
        for address, title in added.offered:
            click.echo(f"  {address}  {title}")
        raise SystemExit(1)
    click.echo(f"added: {added.feed.title} <{added.feed.url}>")


@click.command()
@click.option("--seconds", default=600, show_default=True, help="Take nothing new after so many seconds.")
def fetch(seconds: int) -> None:
    """Fetch every source that is due now."""
    began = time.monotonic()
    done = running.run(seconds)
    spent = time.monotonic() - began
    told = f"sources asked: {done.asked}, failed: {done.failed}; entries new: {done.created}, changed: {done.changed} ({spent:.0f} s)"
    click.echo(told)


@click.command("import-opml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_opml(file: Path) -> None:
    """Add the sources of an OPML file; each row that cannot be taken is reported."""
    try:
        rows = opml.read(file.read_bytes())
    except opml.NotOpml as error:
        raise click.ClickException(str(error)) from None
    taken, faults = take(rows)
    for line, fault in faults:
        click.echo(f"line {line}: {fault}", err=True)
    click.echo(f"sources added: {taken}, rows left out: {len(faults)}")


def take(rows: list[opml.Row]) -> tuple[int, list[tuple[int, str]]]:
    """Note the sources of OPML rows; answers how many were new, and (line, why) of the others."""
    taken, faults = 0, []
    for start in range(0, len(rows), 100):
        with writing():
            for row in rows[start : start + 100]:
                try:
                    if row.fault:
                        raise keeping.Refused(row.fault)
                    keeping.note(row.url, title=row.title, home=row.home, folder=row.folder)
                    taken += 1
                except keeping.Refused as error:
                    faults.append((row.line, f"{row.title}: {error}" if row.title else str(error)))
            session().commit()
    return taken, faults
