"""Which day it is where the tests' sites are: from nine in the evening of Greenwich it is tomorrow there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hub.settings import Site


def today() -> dt.date:
    """The day on a site that names no zone of its own."""
    return dt.datetime.now(ZoneInfo(Site.model_fields["timezone"].default)).date()
