"""Against spam, without third parties: what makes a suggestion suspicious, and who has sent too many.

A suspicious one is never thrown away: it waits in a queue of its own. Addresses are counted as short-lived hashes only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from hub.api import fold, forms, now, session, setting
from hub.api import lazy_gettext as _
from hub_suggest import links
from hub_suggest.models import Entry

TRAP = "homepage_url"  # a field nobody sees; programs fill it in
HOUR = 3600
DOUBTS = {
    "trap": _("a hidden field was filled in"),
    "fast": _("written faster than people write"),
    "links": _("many links"),
    "double": _("the same text was sent before"),
    "many": _("very many suggestions at this hour"),
}
_LINK = re.compile(r"https?://|www\.|\[url", re.I)


def too_many(where: str) -> tuple[int, bool]:
    """Count one suggestion from this address; (seconds to wait or 0, whether the whole site gets unusually many)."""
    hourly, all_hourly = setting("suggest.per_hour"), setting("suggest.site_per_hour")
    session().rollback()  # counting commits on its own and would wait for this request's transaction for ever
    waits = [forms.wait("suggest", where, hourly, HOUR), forms.wait("suggest net", network(where), hourly * 4, HOUR)]
    if any(waits):
        return max(waits), False
    flood = forms.wait("suggest site", "", all_hourly, HOUR)
    return forms.wait("suggest flood", "", all_hourly * 10, HOUR), bool(flood)


def may_write_to(address: str) -> bool:
    """Whether a mail may go to an address that somebody typed: five in a day, so that nobody is flooded in our name."""
    return not address or not forms.wait("suggest mail", address.lower(), 5, 24 * HOUR)


def network(where: str) -> str:
    """The neighbourhood of an address: /24 of IPv4, /48 of IPv6."""
    try:
        found = ipaddress.ip_address(where)
    except ValueError:
        return where
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


def doubts(form: Mapping[str, str], texts: Iterable[str], digest: str, flood: bool, known: bool) -> list[str]:
    """Why this suggestion looks like spam (names of DOUBTS). known: somebody who is signed in sends it."""
    found = []
    if form.get(TRAP):
        found.append("trap")
    waited = links.age(form.get("shown_at", ""))
    if not known and (waited is None or waited < setting("suggest.seconds")):
        found.append("fast")
    if sum(len(_LINK.findall(text)) for text in texts) > setting("suggest.links"):
        found.append("links")
    since = now() - dt.timedelta(days=30)
    if session().scalar(sa.select(sa.exists().where(Entry.digest == digest, Entry.created > since))):
        found.append("double")
    if flood:
        found.append("many")
    return found


def texts_of(wish: Mapping[str, Any], note: str) -> list[str]:
    """The free texts of a suggestion: where links are counted (fields for an address hold one anyway)."""
    free = [v for key, v in wish.items() if isinstance(v, str) and key[:2] != "f."]
    return [*free, note]


def digest(kind: str, about: str, wish: Mapping[str, Any], note: str) -> str:
    """A mark of what is said, whatever its punctuation and case. about: the uid of the item that is corrected."""
    said = fold(" ".join([*(f"{key} {wish[key]}" for key in sorted(wish)), note]))
    return hashlib.sha256(f"{kind}\0{about}\0{said}".encode()).hexdigest()
