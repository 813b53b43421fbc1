"""What the hub asks of this plugin. The index itself hangs on the app, made when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import format_decimal

from hub.api import (
    Block,
    ChangeReader,
    Check,
    Choice,
    Job,
    NavItem,
    Permission,
    SearchDocument,
    SearchPage,
    SearchQuery,
    Setting,
    content_type,
    data_dir,
    gettext,
    hookimpl,
    items,
    log,
    may,
    ngettext,
    session,
    setting,
    writing,
)
from hub.api import lazy_gettext as _

from . import analysis, asked, curated, progress
from .embedded import WhooshEngine
from .engines import Engine, Missing
from .postgres import PostgresEngine
from .segments import Busy

if TYPE_CHECKING:
    import click
    from flask import Blueprint, Flask

    from hub.api import Change

READER = "search.index"
FAR_BEHIND = 1000  # changes; a worker reads some hundred a second


@hookimpl
def search(query: SearchQuery) -> SearchPage | None:
    """The engine's answer; None where there is no usable index, so that core matches plainly meanwhile."""
    if not query.literal:
        query = replace(query, concepts=(*query.concepts, *curated.synonyms()))
    page = engine().answer(query, () if query.literal else curated.pinned(query.text))
    if page is None or "kind" not in page.facets:
        return page
    on = {kind: n for kind, n in page.facets["kind"].items() if (t := content_type(kind)) and not t.part_of}
    return replace(page, facets={**page.facets, "kind": on})


@hookimpl
def settings() -> Sequence[Setting]:
    """Which engine answers."""
    choices = (
        Choice("whoosh", _("Embedded (files in the instance)")),
        Choice("postgres", _("PostgreSQL (the hub's own database)")),
    )
    hint = _("PostgreSQL needs the hub's database to be one; a hub of several hosts always takes it. Afterwards: `hub search rebuild`.")
    return [Setting("engine", "choice", "whoosh", label=_("Search engine"), hint=hint, choices=choices)]


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who may look after the search."""
    return [Permission("manage", _("Look after the search"))]


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """Suggestions for the site, pages for the desk."""
    from .desk import desk
    from .site import site

    return [site, desk]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """The search in the menu of the desk."""
    return [NavItem(_("Search"), "/desk/search/", 70)] if slot == "desk" and may(user, "search.manage") else []


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    """Suggestions below every search box."""
    return [Block("search/find.html")] if slot == "find" else []


@hookimpl
def started(app: Flask) -> None:
    """Count what is not found, from the outside: the search page is core's. The dictionaries are large; processes share them."""
    app.extensions["before_fork"].append(lambda: analysis.lemmas("слово") + analysis.lemmas("word"))
    from .site import notice

    app.after_request(notice)


@hookimpl
def change_readers() -> Sequence[ChangeReader]:
    """The index follows the change log."""
    return [ChangeReader("index", read, restart)]


@hookimpl
def jobs() -> Sequence[Job]:
    """Housekeeping: compare index and database, mend, merge; count what was not found; rebuild on demand."""
    return [
        Job("tidy", tidy, every=600, label=_("Compare the search index with what is published")),
        Job("asked", asked.count, every=600, label=_("Count what was searched and not found")),
        Job("rebuild", rebuild, label=_("Make the search index anew")),
    ]


# why an index cannot be used: said by engines, which know no languages
WHY = {"there is no index yet": _("there is no index yet"), "it was made by another version": _("it was made by another version")}


@hookimpl
def health() -> Sequence[Check]:
    """How many items can be found, and whether the index keeps up."""
    status, behind = engine().status(), log.behind(READER)
    if status.problem:
        told = gettext(
            "The search index cannot be used (%(why)s). It is rebuilt within ten minutes, or at once by "
            "`hub search rebuild`; until then search matches plainly.", why=WHY.get(status.problem, status.problem),
        )  # fmt: skip
        return [Check("index", "warning", told, gettext("Search index"))]
    told = counted(status.documents)
    if behind:
        told += "; " + unread(behind)
    return [Check("index", "warning" if behind > FAR_BEHIND else "ok", told, gettext("Search index"))]


def counted(number: int) -> str:
    """How many items can be found, as a sentence."""
    return ngettext("%(count)s item can be found", "%(count)s items can be found", number, count=format_decimal(number))


def unread(number: int) -> str:
    """How far the index is behind the change log."""
    return ngettext("%(count)s change to read", "%(count)s changes to read", number, count=format_decimal(number))


@hookimpl
def commands() -> Sequence[click.Command]:
    """`hub search rebuild`, `query` and `eval`."""
    from .commands import evaluate, query, rebuild

    return [rebuild, query, evaluate]


def chosen() -> str:
    """The engine of this hub. Several hosts read one change log together, so no host's own files would hold everything."""
    return "postgres" if items.site()["hosts"] > 1 else str(setting("search.engine"))


def engine() -> Engine:
    """The engine of the current app, one per process: open files must not be shared across a fork."""
    wanted = chosen()
    key = f"hub_search.{wanted}.{os.getpid()}"
    found = current_app.extensions.get(key)
    if found is None:
        made: Engine
        if wanted == "postgres" and session().get_bind().dialect.name == "postgresql":
            made = PostgresEngine(load, published)
        elif wanted == "postgres":
            made = Missing(gettext("the setting search.engine says PostgreSQL, but the database is another one"))
        else:
            made = WhooshEngine(data_dir("search"), load, published)
        found = current_app.extensions.setdefault(key, made)
    return found


def load(ids: Sequence[int]) -> dict[int, SearchDocument]:
    """Documents as of now. No transaction is left open, for indexing takes long and others want to write."""
    with writing(False):
        session().rollback()
        found = items.search_documents(list(ids))
        session().rollback()
    return found


def published() -> list[list[int]]:
    """Ids of everything published as of now, in batches."""
    with writing(False):
        session().rollback()
        found = list(items.published_ids())
        session().rollback()
    return found


def read(changes: Sequence[Change]) -> None:
    """Read a batch of the change log."""
    session().rollback()  # whatever transaction the batch was fetched in must not be held while we index
    engine().read(changes)
    _answers_differ()


def _answers_differ() -> None:
    """Pages in the cache were answered by the index as it was before."""
    with writing():
        session().rollback()
        items.touch()
        session().commit()


def restart() -> None:
    """The log is read from zero."""
    engine().restart()


def rebuild() -> None:
    """The job behind the button in the desk; how far it is stands in a file that the desk reads."""
    total = sum(map(len, published()))
    with suppress(Busy), progress.reported(total) as tell:
        engine().rebuild(tell)
        go_on()


def go_on() -> None:
    """Let the reader go on from the last change that is in the new index (from zero where it never read)."""
    position = engine().status().position
    session().rollback()
    with writing():
        log.reset(READER, position)
        items.touch()
        session().commit()


def tidy() -> None:
    """The periodic job."""
    engine().tidy()
