"""Import with undo, and export: files of rows in and out."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="transfer",
    label=_("Import and export"),
    summary=_("Takes tables and files of rows in, with a report by row and undo; gives everything out again."),
    commands=("import", "export"),
)
