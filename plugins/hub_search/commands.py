"""`hub search rebuild`, `query` and `eval`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from hub.api import (
    SearchQuery,
    content_type,
    items,
    log,
)

from .hooks import READER, engine, go_on, search
from .segments import Busy


@click.command()
def rebuild() -> None:
    """Make the search index anew beside the old one, then switch to it. Searching goes on meanwhile."""
    total = sum(map(len, items.published_ids()))
    try:
        with _progress(total) as done:
            documents = engine().rebuild(done)
    except Busy as error:
        raise click.ClickException(f"the index is being written already ({error}); try again later") from None
    go_on()
    click.echo(f"{documents} items indexed")


@click.command()
@click.argument("text")
@click.option("--lang", default="", help="The reader's language: its items come first and titles are shown in it.")
@click.option("--kind", "kinds", multiple=True, help="Only items of this kind (may be repeated).")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--literal", is_flag=True, help="Only the words themselves, no other names of the topics they name.")
def query(text: str, lang: str, kinds: tuple[str, ...], limit: int, literal: bool) -> None:
    """Search as a visitor does: title, kind and score of each hit."""
    log.run([READER])
    engine().refresh()
    wanted = tuple(_kind(name) for name in kinds)
    asked = SearchQuery(text, lang, kinds=wanted, limit=limit, literal=literal, concepts=items.concept_words())
    page = search(asked)
    if page is None:
        raise click.ClickException("there is no usable index; `hub search rebuild` makes one")
    scores = {hit.content_id: hit for hit in page.hits}
    for how, typed, searched in page.changed:
        click.echo(f"{typed}: {how} {searched}".rstrip(), err=True)
    for item in items.load(list(scores), lang):
        click.echo(f"{item.title}\t{item.kind}\t{scores[item.id].score:.2f}")
    click.echo(f"{page.total} found", err=True)


@click.command("eval")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def evaluate(folder: Path) -> None:
    """Measure relevance on a collection in the BEIR layout (corpus.jsonl, queries.jsonl, qrels/*.tsv).

    The corpus is indexed in a temporary folder, as the site's own items are.
    """
    from .evaluate import BadCollection, measure, read

    try:
        found = read(folder)
    except BadCollection as error:
        raise click.ClickException(str(error)) from None
    total = len(next(iter(found.values())).documents)
    with TemporaryDirectory() as place, _progress(total) as done:
        click.echo("judgements\tdocuments\tqueries\tnDCG@10\trecall@100\tnothing found\tms a query")
        for f in measure(found, Path(place) / "index", done):
            each = 1000 * f.seconds / max(1, f.queries)
            click.echo(f"{f.split}\t{f.documents}\t{f.queries}\t{f.ndcg:.4f}\t{f.recall:.4f}\t{f.none}\t{each:.1f}")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=total, label="Indexing", file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _kind(name: str) -> str:
    """A kind by its name or by its address word (`case`, `cases`)."""
    for kind in (name, *engine().kinds()):
        found = content_type(kind)
        if found and name in (found.kind, found.path):
            return kind
    raise click.ClickException(f"there is no kind '{name}'")
