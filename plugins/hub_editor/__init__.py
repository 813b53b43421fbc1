"""What editors work with beside the form: versions, unsaved text, who else is here, the trash, Markdown tools."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="editor",
    label=_("Editing tools"),
    summary=_(
        "Compare and restore versions, keep unsaved text, see who else is editing, empty the trash, write Markdown with buttons."
    ),
    query=("old", "new"),
)
