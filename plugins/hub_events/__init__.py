"""Events: the guide, programmes, registration, calendars."""

from hub.api import Plugin
from hub.api import lazy_gettext as _

plugin = Plugin(
    name="events", label=_("Events"), summary=_("Events from the announcement to the recording: guide, programme, registration."),
    query=("from", "until", "organisation", "add", "uid"),
)  # fmt: skip
