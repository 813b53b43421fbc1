"""Labs: an event whose groups answer key questions, and whose results stay: requirements, commitments, transfer."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="labs",
    label=_("Labs"),
    summary=_(
        "Working platforms with key questions, answers from phones or paper, requirements, commitments and what goes home."
    ),
    api=(1, 0),
    requires=("events",),
    query=("platform", "from", "until", "kept"),
)
