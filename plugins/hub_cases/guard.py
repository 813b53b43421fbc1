"""Against spam, without third parties: limits per address, a hidden field, the time people need, many links, doubles.

What is suspicious is never thrown away, it waits for an editor. Addresses are counted as short-lived hashes only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

import sqlalchemy as sa

from hub.api import accounts, forms, now, session, setting
from hub.api import lazy_gettext as _
from hub_cases.models import Adoption

TRAP = "homepage_url"  # a field nobody sees; programs fill it in
HOUR, LIFE = 3600, 2 * 86_400
DOUBTS = {
    "trap": _("a hidden field was filled in"), "fast": _("written faster than people write"), "links": _("many links"),
    "double": _("the same text was sent before"),
}  # fmt: skip
_LINK = re.compile(r"https?://|www\.|\[url", re.I)


def wait(where: str) -> int:
    """Count one use of the form from this address; seconds to wait, or 0. Ends the transaction at hand."""
    hourly = setting("cases.per_hour")
    session().rollback()  # counting commits on its own and would wait for this request's transaction for ever
    return max(forms.wait("cases", where, hourly, HOUR), forms.wait("cases net", _network(where), hourly * 4, HOUR))


def may_write_to(address: str) -> bool:
    """Whether a mail may go to an address that somebody typed: five in a day, so that nobody is flooded in our name."""
    session().rollback()
    return not forms.wait("cases mail", address.lower(), 5, 24 * HOUR)


def may_ask_holder(uid: str) -> bool:
    """Whether those who keep a practice may get one more question about adoptions: ten in a day."""
    session().rollback()
    return not forms.wait("cases holder", uid, 10, 24 * HOUR)


def stamp() -> str:
    """A signed time for a form: when it was shown."""
    return accounts.signed("cases form", int(now().timestamp()))


def age(text: str) -> float | None:
    """Seconds since a form was shown; None where the stamp is not ours or older than two days."""
    shown = accounts.unsigned("cases form", text)
    seconds = now().timestamp() - shown[0] if shown else -1
    return max(0.0, seconds) if shown and seconds < LIFE else None


def doubts(form: Mapping[str, str], adoption: Adoption, known: bool) -> list[str]:
    """Why this looks like spam (names of DOUBTS). known: somebody who is signed in sends it."""
    found = ["trap"] if form.get(TRAP) else []
    waited = age(form.get("shown_at", ""))
    if not known and (waited is None or waited < setting("cases.seconds")):
        found.append("fast")
    text = next(iter(adoption.texts.values()), "")
    if len(_LINK.findall(f"{text} {adoption.names}")) > 2:
        found.append("links")
    same = sa.select(Adoption.texts).where(Adoption.content_id != adoption.content_id).order_by(Adoption.id.desc()).limit(200)
    if len(text) > 40 and any(text in other.values() for other in session().scalars(same)):
        found.append("double")
    return found


def _network(where: str) -> str:
    """The neighbourhood of an address: /24 of IPv4, /48 of IPv6."""
    try:
        found = ipaddress.ip_address(where)
    except ValueError:
        return where
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
