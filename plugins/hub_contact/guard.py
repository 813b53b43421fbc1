"""Against spam, without third parties: what makes a message suspicious, and who has sent too many.

A suspicious one is never thrown away: it waits for an editor. Addresses are counted as short-lived hashes only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
from collections.abc import Mapping

import sqlalchemy as sa

from hub.api import accounts, fold, forms, now, session, setting
from hub.api import lazy_gettext as _
from hub_contact.models import Message

TRAP = "homepage_url"  # a field nobody sees; programs fill it in
HOUR, LIFE = 3600, 2 * 86_400
DOUBTS = {
    "trap": _("a hidden field was filled in"),
    "fast": _("written faster than people write"),
    "links": _("many links"),
    "double": _("the same text was sent before"),
    "many": _("very many messages today"),
}
_LINK = re.compile(r"https?://|www\.|\[url", re.I)


def wait(where: str) -> int:
    """Count one message from this address; seconds to wait, or 0."""
    hourly = setting("contact.per_hour")
    session().rollback()  # counting commits on its own and would wait for this request's transaction for ever
    return max(
        forms.wait("contact", where, hourly, HOUR),
        forms.wait("contact net", _network(where), hourly * 4, HOUR),
        forms.wait("contact site", "", hourly * 50, HOUR),
    )


def may_write_to(address: str) -> bool:
    """Whether a mail may go to an address that somebody typed: five in a day, so that nobody is flooded in our name."""
    session().rollback()
    return not forms.wait("contact mail", address.lower(), 5, 24 * HOUR)


def too_many_for(uid: str) -> bool:
    """Whether the keeper of this item has had twenty questions today."""
    session().rollback()
    return bool(forms.wait("contact keeper", uid, 20, 24 * HOUR))


def stamp() -> str:
    """A signed time for a form: when it was shown."""
    return accounts.signed("contact form", int(now().timestamp()))


def age(text: str) -> float | None:
    """Seconds since a form was shown; None where the stamp is not ours or older than two days."""
    shown = accounts.unsigned("contact form", text)
    seconds = now().timestamp() - shown[0] if shown else -1
    return max(0.0, seconds) if shown and seconds < LIFE else None


def digest(text: str, about: str) -> str:
    """What tells whether the same was sent before."""
    return hashlib.sha256(f"{about}\0{fold(text)}".encode()).hexdigest()


def doubts(form: Mapping[str, str], message: Message, known: bool) -> list[str]:
    """Why this message looks like spam (names of DOUBTS). known: somebody who is signed in sends it."""
    found = ["trap"] if form.get(TRAP) else []
    waited = age(form.get("shown_at", ""))
    if not known and (waited is None or waited < setting("contact.seconds")):
        found.append("fast")
    if len(_LINK.findall(f"{message.subject} {message.text}")) > setting("contact.links"):
        found.append("links")
    since = now() - dt.timedelta(days=30)
    if session().scalar(sa.select(sa.exists().where(Message.digest == message.digest, Message.created > since))):
        found.append("double")
    return found


def _network(where: str) -> str:
    """The neighbourhood of an address: /24 of IPv4, /48 of IPv6."""
    try:
        found = ipaddress.ip_address(where)
    except ValueError:
        return where
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
