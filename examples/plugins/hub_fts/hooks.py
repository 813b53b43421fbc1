"""What the hub asks of this plugin: answers to searches, and to follow the change log."""

from collections.abc import Sequence

import click
from hub.api import (
    Change,
    ChangeReader,
    Check,
    SearchPage,
    SearchQuery,
    data_dir,
    hookimpl,
    items,
    log,
    ngettext,
    session,
    writing,
)

from .index import Index

READER = "fts.index"


def index() -> Index:
    """The index of this instance: `data/fts/index.sqlite`. It can be thrown away at any time."""
    return Index(data_dir("fts") / "index.sqlite")


def read(changes: Sequence[Change]) -> None:
    """Bring the items of a batch of changes up to date; doing it twice does no harm."""
    ids = sorted({change.content_id for change in changes if change.verb != "draft"})
    session().rollback()  # indexing takes a while, and others want to write meanwhile
    with writing(False):
        documents = items.search_documents(ids)
        session().rollback()
    index().write(documents, gone=ids)


def restart() -> None:
    """The change log is about to be read from zero."""
    index().write({}, clear=True)


@click.command()
def rebuild() -> None:
    """Make the search index anew."""
    documents = {n: found for ids in items.published_ids() for n, found in items.search_documents(ids).items()}
    session().rollback()
    index().write(documents, clear=True)
    click.echo(f"{len(documents)} items indexed")


@hookimpl
def search(query: SearchQuery) -> SearchPage:
    return index().search(query)


@hookimpl
def change_readers() -> Sequence[ChangeReader]:
    return [ChangeReader("index", read, restart)]


@hookimpl
def commands() -> Sequence[click.Command]:
    return [rebuild]


@hookimpl
def health() -> Sequence[Check]:
    behind = log.behind(READER)
    told = ngettext("%(num)d item can be found", "%(num)d items can be found", index().count())
    return [Check("index", "warning" if behind > 1000 else "ok", told)]
