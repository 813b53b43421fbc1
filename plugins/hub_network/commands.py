"""`hub network follow` and `hub network sync`."""

from __future__ import annotations

import time

import click
import sqlalchemy as sa

from hub.api import session

from . import filters, hubs, running
from .models import Followed


@click.command()
@click.argument("url")
@click.option("--filter", "query", default="", help="What is followed: kind=case&topic=gardening&place=RU&lang=ru")
def follow(url: str, query: str) -> None:
    """Follow another hub: its entries appear here, and stay its own."""
    try:
        hub = hubs.follow(url, filters.parse(query))
    except (hubs.Refused, filters.BadFilter) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"followed: {hub.name} <{hub.url}>; its entries are read in the background, or at once by `hub network sync`")


@click.command()
@click.option("--seconds", default=600, show_default=True, help="Begin nothing new after so many seconds.")
def sync(seconds: int) -> None:
    """Ask every followed hub now, except those that fail or asked for peace."""
    began = time.monotonic()
    done = running.run(seconds, by_hand=True)
    click.echo(
        f"hubs asked: {done.asked}, failed: {done.failed}; entries new: {done.created}, changed: {done.changed}, "
        f"removed: {done.removed}, refused: {done.refused} ({time.monotonic() - began:.0f} s)"
    )


@click.command()
def known() -> None:
    """List the addresses of the hubs that are followed, a line each."""
    for url in session().scalars(sa.select(Followed.url).order_by(Followed.url)):
        click.echo(url)
