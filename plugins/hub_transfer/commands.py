"""`hub import` (with undo and list) and `hub export`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from hub.api import ContentType, instance, items, session, writing

from .exporting import export as write
from .importing import Importer, Report
from .mapping import Mapping
from .models import Batch, Row
from .reading import Source, Unusable
from .undoing import undo


class ImportGroup(click.Group):
    """`hub import KIND FILE` beside `hub import undo BATCH` and `hub import list`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            return "run", self.commands["run"], args
        return super().resolve_command(ctx, args)


@click.group("import", cls=ImportGroup, subcommand_metavar="KIND FILE | undo BATCH | list")
def import_() -> None:
    """Import content from CSV, XLSX, JSONL or JSON; a report by row; `undo` takes an import back.

    `hub import KIND --help` tells how columns are matched with fields and rows tried first (--map, --set, --lang, --drafts, --dry-run …).
    """


@import_.command("run", hidden=True)
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row, change nothing.")
@click.option("--lang", help="Language of texts whose column names none (default: the site's first).")
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help="Which column fills which field (repeat).")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="A value for every row (repeat).")
@click.option(
    "--source", help="Where the rows come from: external ids are unique per source (default: the file's name)."
)
@click.option("--drafts", is_flag=True, help="New entries are drafts, whatever the file says; nobody sees them yet.")
@click.option(
    "--report", "report_file", type=click.Path(path_type=Path), help="Also write the report by row to a CSV file."
)
def run_import(
    kind: str, file: Path, dry_run: bool, lang: str | None, maps: tuple[str, ...], sets: tuple[str, ...],
    source: str | None, drafts: bool, report_file: Path | None,
) -> None:  # fmt: skip
    """Import FILE as KIND (an address word such as `cases`, or `all` for a file of `hub export all`)."""
    ctype = kind_of(kind)
    if report_file and not report_file.absolute().parent.is_dir():
        raise click.ClickException(f"there is no folder {report_file.absolute().parent}")
    languages = items.site()["languages"]
    if lang and lang not in languages:
        raise click.ClickException(f"this site has no language '{lang}' (hub.toml, [site] languages)")
    try:
        rows = Source(file)
        mapping = None
        if ctype is not None and not rows.whole:
            mapping = Mapping.make(ctype, (*rows.maps, *maps), sets, lang or languages[0], rows.names)
    except Unusable as error:
        raise click.ClickException(str(error)) from None
    shown = progress("import")
    importer = Importer(
        ctype, source or file.stem, mapping, status="draft" if drafts else "published", dry_run=dry_run,
        progress=lambda report: shown(report.rows),
    )  # fmt: skip
    try:
        report = importer.run(file.name, rows.rows())
    except Exception as error:
        if instance.outage(error) is not None and importer.report.batch:
            kept = f"what was taken before is kept as import {importer.report.batch}"
            click.echo(f"Stopped, {kept}; give the same command again and it goes on", err=True)
        raise
    report.notes = rows.notes + report.notes
    report.ignored = mapping.unused(rows.names) if mapping else []
    _show(report, dry_run)
    if report_file:
        _write_report(report, report_file)
    if report.problems and not (report.created or report.updated or report.unchanged):
        raise click.exceptions.Exit(1)


def kind_of(word: str) -> ContentType | None:
    """The type at an address word or of a kind; None for "all"."""
    if word == "all":
        return None
    found = next((t for t in items.types() if word in (t.path, t.kind)), None)
    if found is None:
        known = ", ".join(t.path for t in items.types())
        raise click.ClickException(f"there is no kind '{word}'; the kinds are {known}, and all")
    return found


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


def _show(report: Report, dry_run: bool) -> None:
    if report.ignored:
        click.echo(f"Columns not used: {', '.join(report.ignored)}")
    for note in report.notes:
        click.echo(f"Note: {note}")
    for number, title, reason in report.problems:
        click.echo(f"row {number}{f' ({title})' if title else ''}: {reason}", err=True)
    verb = "would be " if dry_run else ""
    click.echo(
        f"{report.rows} rows: {report.created} {verb}created, {report.updated} {verb}updated, "
        f"{report.unchanged} unchanged, {len(report.problems)} with a problem."
    )
    if report.pictures:
        click.echo(f"{report.pictures} pictures taken over.")
    if report.batch:
        click.echo(f"Import number {report.batch}; take it back with: hub import undo {report.batch}")


def _write_report(report: Report, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "title", "problem"])
        writer.writerows(report.problems)


@import_.command("undo")
@click.argument("batch", type=int)
@click.option("--force", is_flag=True, help="Also take back what somebody has edited since.")
def undo_import(batch: int, force: bool) -> None:
    """Take an import back: what it created is removed, what it updated is restored."""
    try:
        found = undo(batch, force=force)
    except Unusable as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{found.removed} removed, {found.restored} restored.")
    for uid, title, why in found.kept:
        click.echo(f"left alone, {why}: {uid} {title}")


@import_.command("list")
def list_imports() -> None:
    """The imports so far, newest first."""
    with writing(False):
        db = session()
        counts = dict(
            db.execute(sa.select(Row.batch_id, sa.func.count()).where(Row.row > 0).group_by(Row.batch_id)).all()
        )
        for batch in db.scalars(sa.select(Batch).order_by(Batch.id.desc()).limit(100)):
            state = f"  undone {batch.undone:%Y-%m-%d %H:%M}" if batch.undone else ""
            click.echo(
                f"{batch.id:5}  {batch.started:%Y-%m-%d %H:%M}  {batch.kind:12}  {counts.get(batch.id, 0):6} rows  {batch.file}{state}"
            )


@click.command()
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
def export(kind: str, file: Path) -> None:
    """Write every item of KIND (or `all`), in every status with every field, to FILE (.jsonl, .json, .csv or .xlsx).

    `hub export site DIR` writes the whole public hub into a folder as plain files: pages in every language, every list as
    data, a small search. Stopped, it goes on where it was; again, it brings the copy up to date.
    """
    if kind == "site":
        return _copy(file)
    notes: list[str] = []
    try:
        with writing(False):  # only to look, beside whoever writes
            count = write(kind_of(kind), file, progress("export"), notes)
    except Unusable as error:
        raise click.ClickException(str(error)) from None
    for note in notes:
        click.echo(f"Note: {note}")
    click.echo(f"{count} written to {file}")


def _copy(folder: Path) -> None:
    from .copying.writing import copy_site

    shown = {"fetched": progress("fetched", "addresses"), "written": progress("written", "files")}
    try:
        with writing(False):
            made = copy_site(folder, lambda what, count: shown[what](count))
    except Unusable as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{made.files} files, {made.size / 1_000_000:.1f} MB in {folder}; open index.html there.")
    for name, href in made.dead:
        click.echo(f"{name}: the link {href} leads to nothing", err=True)
    if made.dead:
        raise click.exceptions.Exit(1)
