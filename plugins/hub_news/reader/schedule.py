"""When a source is asked again: plain functions of what it answered. Nothing here asks a clock or a database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400
LEAST = 15 * MINUTE  # never sooner, whatever a source says
MOST = DAY  # of what a source may ask for, and of the adaptive interval
MOST_FAILED = 7 * DAY
BY_HAND = 30 * MINUTE  # between two fetches that a person asks for
PUSHED = 12  # times the interval, while a hub tells us of what is new
HOST_PAUSE = 5  # seconds between two requests to one server


@dataclass(frozen=True)
class Next:
    """seconds from now; why: interval, pushed (its hub tells), asked (by its headers or its ttl), retry (Retry-After), failing."""

    seconds: float
    why: str


def after_success(
    interval: int, headers: Mapping[str, str], ttl_minutes: float, chance: float, *, pushed: bool = False
) -> Next:
    """The longest of what was learned and what the source asks for, within bounds, plus up to a quarter by chance (0–1).

    pushed: its hub tells us of what is new, so that we need to look far less often.
    """
    if pushed:
        return Next(min(MOST, max(LEAST, interval) * PUSHED) * (1 + 0.25 * chance), "pushed")
    asked = min(max(freshness(headers), ttl_minutes * MINUTE), MOST)
    base = max(LEAST, min(interval, MOST), asked)
    return Next(base * (1 + 0.25 * chance), "asked" if asked > max(interval, LEAST) else "interval")


def after_failure(failures: int, headers: Mapping[str, str], status: int, moment: dt.datetime, chance: float) -> Next:
    """Longer with each failure in a row, a week at most, and never never. Retry-After of 429 and 503 counts on top."""
    wait = min(MOST_FAILED, 30 * MINUTE * 2 ** min(max(failures, 1) - 1, 9))
    wait = min(MOST_FAILED, wait * (1 + 0.25 * chance))
    told = retry_after(headers, moment) if status in (429, 503) else 0.0
    return Next(max(wait, told), "retry" if told >= wait else "failing")


def learned(interval: int, fresh: int) -> int:
    """The interval after a fetch that brought `fresh` new entries: halved where there is much, drifting up where nothing."""
    factor = 0.5 if fresh > 2 else 0.8 if fresh else 1.3
    return int(max(LEAST, min(MOST, interval * factor)))


def freshness(headers: Mapping[str, str]) -> float:
    """Seconds for which an answer says it stays fresh: max-age less Age, else Expires less Date; 0 where it does not say."""
    control = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(store|cache)\b", control):
        return 0.0
    if found := re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", control):
        age = headers.get("age", "0").strip()
        return max(0.0, float(found.group(1)) - (float(age) if re.fullmatch(r"\d{1,12}", age) else 0.0))
    expires, date = _moment(headers.get("expires", "")), _moment(headers.get("date", ""))
    return max(0.0, (expires - date).total_seconds()) if expires and date else 0.0


def retry_after(headers: Mapping[str, str], moment: dt.datetime) -> float:
    """Seconds that Retry-After asks for (a number or a date), at most a day; 0 where it says nothing that makes sense."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}", text):
        return min(float(text), MOST)
    until = _moment(text)
    return max(0.0, min((until - moment).total_seconds(), MOST)) if until else 0.0


def _moment(text: str) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
