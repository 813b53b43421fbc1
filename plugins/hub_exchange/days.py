"""Days of the site's calendar: needs and offers stand until a day, and a day ends at midnight there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask_babel import get_babel

from hub.api import now


def zone() -> ZoneInfo:
    return ZoneInfo(str(get_babel().default_timezone))


def today() -> dt.date:
    return now().astimezone(zone()).date()
