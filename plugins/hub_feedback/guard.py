"""Against spam, without third parties: limits per address, a hidden field, the time people need, quiet after a flood.

What is suspicious is never thrown away, it waits for a moderator. Addresses are counted as short-lived hashes only.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import time
from collections.abc import Mapping

import sqlalchemy as sa

from hub.api import accounts, forms, now, session, setting
from hub.api import lazy_gettext as _
from hub_feedback.models import Quiet, Voice

TRAP = "homepage_url"  # a field nobody sees; programs fill it in
HOUR = 3600
DOUBTS = {
    "trap": _("a hidden field was filled in"), "fast": _("written faster than people write"), "links": _("many links"),
    "double": _("the same text was said before"), "quiet": _("very many at once"),
}  # fmt: skip
_LINK = re.compile(r"https?://|www\.|\[url", re.I)


def too_many(where: str) -> int:
    """Count one use of a form from this address; seconds to wait, or 0. Ends the transaction at hand."""
    hourly = setting("feedback.per_hour")
    session().rollback()  # counting commits on its own and would wait for this request's transaction for ever
    return max(
        forms.wait("feedback", where, hourly, HOUR), forms.wait("feedback net", network(where), hourly * 4, HOUR)
    )


def may_write_to(address: str) -> bool:
    """Whether a mail may go to an address that somebody typed: ten in a day, so that nobody is flooded in our name."""
    session().rollback()
    return not forms.wait("feedback mail", address.lower(), 10, 24 * HOUR)


def reported(where: str, number: int) -> bool:
    """Whether this address has reported this voice today already."""
    session().rollback()
    return bool(forms.wait(f"feedback report {number}", where, 1, 24 * HOUR))


def network(where: str) -> str:
    """The neighbourhood of an address: /24 of IPv4, /48 of IPv6."""
    try:
        found = ipaddress.ip_address(where)
    except ValueError:
        return where
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


def stamp() -> str:
    """A signed time for a form: when it was shown."""
    return accounts.signed("feedback.form", int(time.time() * 10))


def age(text: str) -> float | None:
    """Seconds since a form was shown; None where the stamp is not ours or older than two days."""
    shown = accounts.unsigned("feedback.form", text)
    waited = time.time() - shown[0] / 10 if shown else -1.0
    return max(0.0, waited) if shown and waited < 2 * 86_400 else None


def doubts(form: Mapping[str, str], text: str, person: str, content_id: int | None, known: bool) -> list[str]:
    """Why this looks like spam (names of DOUBTS). known: somebody who is signed in says it."""
    found = ["trap"] if form.get(TRAP) else []
    waited = age(form.get("shown_at", ""))
    if not known and (waited is None or waited < setting("feedback.seconds")):
        found.append("fast")
    if len(_LINK.findall(text)) > setting("feedback.links"):
        found.append("links")
    since = now() - dt.timedelta(days=30)
    same = sa.exists().where(Voice.text == text, Voice.created > since, Voice.content_id != content_id)
    if len(text) > 40 and session().scalar(sa.select(same)):
        found.append("double")
    if text and content_id and quiet(content_id):
        found.append("quiet")
    return found


def quiet(content_id: int) -> dt.datetime | None:
    """Until when texts about an item wait for a moderator, or None."""
    kept = session().get(Quiet, content_id)
    return kept.until if kept and kept.until > now() else None


def calm(content_id: int) -> None:
    """Begin quiet hours for an item where more texts came within an hour than the site can read."""
    since, limit = now() - dt.timedelta(hours=1), setting("feedback.flood")
    recent = sa.select(Voice.id).where(
        Voice.content_id == content_id, Voice.what == "comment", Voice.created > since, Voice.official.is_(False)
    )
    if len(session().scalars(recent.limit(limit + 1)).all()) > limit:
        session().merge(Quiet(content_id=content_id, until=now() + dt.timedelta(hours=setting("feedback.quiet_hours"))))
