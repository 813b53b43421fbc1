"""What the hub asks of this plugin: commands, the desk's pages, XLSX as a shape of every list, background work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Blueprint, url_for

from hub.api import Exporter, Job, NavItem, Permission, Setting, hookimpl, may, session
from hub.api import lazy_gettext as _

from . import desk, sheets, tasks
from .models import Batch, Task

if TYPE_CHECKING:
    import click


@hookimpl
def commands() -> Sequence[click.Command]:
    """`hub import` and `hub export`."""
    from .commands import export, import_

    return [import_, export]


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    """The pages below /desk/transfer/."""
    return [desk.make()]


@hookimpl
def exporters() -> Sequence[Exporter]:
    """Every list as a workbook."""
    return [Exporter("xlsx", "XLSX", sheets.MIMETYPE, sheets.list_as_xlsx)]


@hookimpl
def permissions() -> Sequence[Permission]:
    """Who may import and export."""
    return [Permission("use", _("Import, undo imports, export everything"), role="editor")]


@hookimpl
def settings() -> Sequence[Setting]:
    """How large an upload may be."""
    return [
        Setting("upload_mb", "int", 50, label=_("Files to import: at most so many megabytes"), minimum=1, maximum=500)
    ]


@hookimpl
def jobs() -> Sequence[Job]:
    """What the desk has asked for, and the end of its files."""
    return [
        Job("work", tasks.work, label=_("Import, undo or export as the desk has asked")),
        Job("tidy", tasks.tidy, every=3600, label=_("Delete uploaded and exported files after a week")),
    ]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    """A line in the desk's menu."""
    if slot != "desk" or not may(user, "transfer.use"):
        return []
    return [NavItem(_("Import and export"), url_for("transfer_desk.home"), order=60)]


@hookimpl
def user_exported(user: Any) -> dict[str, Any] | None:
    """The imports that a person has started."""
    own = sa.select(Batch).where(Batch.author_id == user.id).order_by(Batch.id)
    found = [{"file": b.file, "kind": b.kind, "started": b.started.isoformat()} for b in session().scalars(own)]
    return {"imports": found} if found else None


@hookimpl
def user_forgotten(session: Any, user: Any) -> None:
    """Imports stay, without the name of who started them."""
    for model in (Batch, Task):
        session.execute(sa.update(model).where(model.author_id == user.id).values(author_id=None))
