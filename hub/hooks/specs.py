"""The hooks. Plural noun = "give me a list", verb = a question (first answer wins), past participle = an event.

Each docstring carries an example. Implement one with `hub.api.hookimpl` in your plugin's `hooks.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from hub.hooks.parts import (
    Block,
    Change,
    ChangeReader,
    Check,
    ContentType,
    Exporter,
    Importer,
    Job,
    NavItem,
    Permission,
    SearchPage,
    SearchQuery,
    Setting,
)  # fmt: skip

if TYPE_CHECKING:
    import click
    from flask import Blueprint, Flask
    from markupsafe import Markup

hookspec = pluggy.HookspecMarker("hub")
hookimpl = pluggy.HookimplMarker("hub")
DEPRECATED: dict[str, str] = {}  # hook → what to use instead; implementing one is a word to the administrator, not an error


@hookspec
def content_types() -> Sequence[ContentType]:  # type: ignore[empty-body]
    """Kinds of content, each of which gets lists, pages, forms, feeds, API, import, export and search.

    Example: `return [ContentType(kind="tool", path="tools", label=_("Tool"), plural=_("Tools"))]`
    """


@hookspec
def blueprints() -> Sequence[Blueprint]:  # type: ignore[empty-body]
    """Flask blueprints. The name says where one is mounted: `tools` under `/<language>/tools/`, `tools_desk` under
    `/desk/tools/` (every view wears `hub.api.needs(permission)`), `tools_root` under the words of the card's `addresses`.

    Example: `return [Blueprint("tools", __name__)]`
    """


@hookspec
def settings() -> Sequence[Setting]:  # type: ignore[empty-body]
    """Settings an administrator may change in the desk; read with `hub.api.setting("<plugin>.<name>")`.

    Example: `return [Setting("per_page", "int", 20, label=_("Tools per page"), minimum=1)]`
    """


@hookspec
def permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Rights of this plugin; asked with `hub.api.may(user, "<plugin>.<name>")`.

    Example: `return [Permission("lend", _("Lend tools"), role="member")]`
    """


@hookspec
def jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Background work, run by a worker at least once even if a worker dies in the middle.

    Example: `return [Job("remind", send_reminders, every=3600)]`
    """


@hookspec
def commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Commands of `hub <plugin name> …`.

    Example: `return [count_tools]` where `count_tools` is a `click.Command`.
    """


@hookspec
def navigation(slot: str, user: Any) -> Sequence[NavItem]:  # type: ignore[empty-body]
    """Further lines for a menu: slot is main, footer, account, desk, or propose (the forms by which whoever looks may add an
    item of the line's `kind`; without one, that is the desk's form).

    Example: `return [NavItem(_("Lending rules"), "/en/pages/lending/")] if slot == "footer" else []`
    """


@hookspec
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:  # type: ignore[empty-body]
    """Pieces of pages: slot is home, item (subject is the item shown), below (sections under it), next (`<li>` lines: what a
    reader can do with the item shown), correct (the line in place of "Report a mistake"), head (elements for the page's head;
    subject is an item or None), desk, account (a person's own page; an order below 20 stands before all else), person (an account
    at the desk; subject is it), signin (further ways to sign in), register (in the form of a new account), find (below every
    search box), follow (beside the feed of a list, search or topic; subject is what it found, or None), rows (under a list of the
    desk, whose ticks belong to the form with the id `ticked`; subject is its ContentType), edit (below the form of an item;
    subject is its Content, None for a new one), above (over that form) or place (in a place's row of a form; subject is {n,
    place, lang}; a button `name="do" value="look <n>"` shows the form again, `p.<n>.pick` is its coordinates).

    Example: `return [Block("tools/home.html", {"count": 7}, order=30)] if slot == "home" else []`
    """


@hookspec
def exporters() -> Sequence[Exporter]:  # type: ignore[empty-body]
    """Further shapes of every list: `/en/tools.<name>`.

    Example: `return [Exporter("txt", "Text", "text/plain", lambda listing: "\\n".join(i.title for i in listing.items))]`
    """


@hookspec
def importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Further formats that `hub import` and the desk read.

    Example: `return [Importer(("bib",), "BibTeX", read_bibtex)]`
    """


@hookspec
def content_security() -> Mapping[str, Sequence[str]]:  # type: ignore[empty-body]
    """Addresses of others that pages may load from, by directive of the Content-Security-Policy.

    Example: `return {"img-src": ["https://tile.example.org"]}`
    """


@hookspec
def change_readers() -> Sequence[ChangeReader]:  # type: ignore[empty-body]
    """Readers of the change log, each with its own cursor; they get every change at least once and in order.

    Example: `return [ChangeReader("mirror", write_to_mirror)]`
    """


@hookspec
def health() -> Sequence[Check]:  # type: ignore[empty-body]
    """Health checks for `hub doctor`, the desk and `/-/health`.

    Example: `return [Check("index", "ok", label=gettext("Search index"))]`
    """


@hookspec(firstresult=True)
def can(user: Any, permission: str, subject: Any) -> bool | None:
    """May this user do this to this subject? True, False, or None to leave the answer to others.

    Example: `return True if permission == "tools.lend" and subject.owner == user.id else None`
    """


@hookspec(firstresult=True)
def locate(text: str) -> tuple[float, float] | None:
    """(latitude, longitude) of what stands in a field for coordinates; None where it is not understood.

    Example: `return (55.75, 37.62) if text == "Red Square" else None`
    """


@hookspec(firstresult=True)
def search(query: SearchQuery) -> SearchPage | None:
    """Answer a search, or None where this engine cannot.

    Example: `return engine.search(query)`
    """


@hookspec(firstresult=True)
def illustrate(item: Any, inline: bool) -> Markup | None:
    """How an item's `picture` is shown, or a drawing where it has none. inline: SVG set into the page, else an `img` element.

    Example: `return Markup('<img class="cover" src="/static/tools/plain.svg" alt="">')`
    """


@hookspec(firstresult=True)
def draft_translation(text: str, source: str, target: str) -> str | None:
    """A machine draft of a text (plain or Markdown, passages parted by empty lines) in another language; asked by a job only.

    Example: `return translator.translate(text, source, target)`
    """


@hookspec(firstresult=True)
def branding(language: str) -> Mapping[str, Any] | None:
    """The site's own face: name, tagline and logo (an address), the order of the front page's blocks (home) and those left
    out (off), the menus (slot → order and off by key, pages as (label, address, name)); what is missing stays as it is.

    Example: `return {"name": "Tools of our town", "off": ["cases/lead.html"]}`
    """


@hookspec
def content_changed(changes: Sequence[Change]) -> None:
    """Something was published, changed or withdrawn and is committed. A nudge only: the change log is the truth.

    Example: `wake_indexer()`
    """


@hookspec
def started(app: Flask) -> None:
    """The application is complete; set up here what needs it whole.

    What is large and loaded late may be loaded once for all processes of `hub serve`: append a function that loads it (and
    opens nothing) to `app.extensions["before_fork"]`.

    Example: `app.extensions["tools"] = Toolbox()`
    """


@hookspec
def user_exported(user: Any) -> Mapping[str, Any] | None:
    """What this plugin keeps about a person, as plain values for their own copy of it.

    Example: `return {"lent tools": [row.title for row in lent_by(user.id)]}`
    """


@hookspec
def user_forgotten(session: Any, user: Any) -> None:
    """A person is erased: take them out of the plugin's tables, in this session, which core commits. An error stops it.

    Example: `session.execute(sa.update(Loan).where(Loan.user_id == user.id).values(user_id=None))`
    """


@hookspec
def demo(load: Any) -> None:
    """Fill the demo: `load(folder, kind)` takes every `*.toml` document of a folder, `load(documents, kind)` a list of them
    (dated around today, say); calling it again makes no doubles.

    Example: `load(Path(__file__).parent / "demo", kind="tool")`
    """
