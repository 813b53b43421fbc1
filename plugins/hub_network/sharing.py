"""Who reads this hub, and what is shared with some only: signed questions are known by their key, and an administrator decides.

Nothing is shared by itself. What everybody may read stays open to everybody; a hub that signs is told the same as one that
does not, until it is trusted with entries for members. A blocked one gets no answer to signed questions.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, g, request

from hub.api import Change, Content, forms, gettext, items, now, session, writing

from . import filters, identity, inner
from .identity import Who
from .models import Reader
from .signing import INPUT, SIGNATURE, Bad

LOG, ENTRY = "webapi_root.changes", "webapi_root.item"  # what hubs ask of each other
STATES = ("new", "trusted", "blocked")
EVERY = dt.timedelta(hours=1)  # between two notes of when a hub asked last
MOST_NEW, FROM_ADDRESS = 200, 20  # hubs about which nothing is decided: kept, and first seen from one address in an hour


class Refused(ValueError):
    """What was typed is not taken. name: the field at fault."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


# -- questions ------------------------------------------------------------------------------------------------------------


def before() -> Response | None:
    """Before a question of another hub is answered: who signed it? Forged and blocked ones end here."""
    if request.endpoint not in (LOG, ENTRY) or request.method != "GET" or INPUT.title() not in request.headers:
        return None
    if not current_app.extensions["hub"].plugins.is_on("network"):
        return None
    try:
        who = identity.asking(_address(), {name.lower(): value for name, value in request.headers.items()})
    except Bad as error:
        return _problem(401, error.reason, _told(error.reason))
    if who is None:
        return None
    g.network_who, g.network_reader = who, _met(who)
    if g.network_reader is not None and g.network_reader.state == "blocked":
        return _problem(403, "blocked", gettext("This hub does not answer the hub with this key."))
    return None


def after(response: Response) -> Response:
    """An answer to a signed question is for whoever asked, is kept nowhere, and is signed."""
    if request.endpoint not in (LOG, ENTRY) or not current_app.extensions["hub"].plugins.is_on("network"):
        return response
    response.vary.add("Signature-Input")
    if "network_who" not in g:
        return response
    for name in ("X-Hub-Cache", "Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"):
        response.headers.pop(name, None)
    response.headers["Cache-Control"] = "private, no-store"
    if signer := identity.own():  # made by a job; until then nobody takes us for somebody
        body = response.get_data() if response.status_code != 304 else b""
        body = gzip.decompress(body) if body and response.headers.get("Content-Encoding") == "gzip" else body
        asked = request.headers[SIGNATURE.title()]
        for name, value in signer.answer(_address(), asked, response.status_code, body).items():
            response.headers[name.title()] = value
    return response


def _address() -> str:
    """What is asked for, at our own address: a signature for another hub is none here, whatever the request calls us."""
    query = request.query_string.decode("latin-1")
    return f"{items.site()['url']}{request.path}{'?' + query if query else ''}"


def _told(reason: str) -> str:
    if reason == "time":
        return gettext("The signature was made more than five minutes ago, or lies in the future: is the clock right?")
    return gettext("The signature does not fit the question, this hub's address or the key.")


def _problem(status: int, reason: str, detail: str) -> Response:
    """What is wrong (RFC 9457); signature: the same as a word for the other hub."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "signature": reason}
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json",
                    headers={"Cache-Control": "private, no-store"})  # fmt: skip


def _met(who: Who) -> Reader | None:
    """What is known of a hub; that it asked is noted, for new ones within limits and at most once an hour."""
    with writing(False):  # looking must not take the lock that writers take
        session().rollback()
        found = session().scalar(sa.select(Reader).where(Reader.key == who.key))
        fresh = found is not None and found.asked is not None and found.asked > now() - EVERY and found.address == who.address
        session().rollback()
    if fresh or (found is None and forms.wait("network reader", request.remote_addr or "", FROM_ADDRESS, 3600)):
        return session().scalar(sa.select(Reader).where(Reader.key == who.key))
    with writing():
        session().rollback()
        found = session().scalar(sa.select(Reader).where(Reader.key == who.key))
        if found is None:
            found = Reader(key=who.key, state="new")
            session().add(found)
        found.asked, found.address = now(), who.address
        session().flush()
        _forget_oldest()
        session().commit()
    return session().scalar(sa.select(Reader).where(Reader.key == who.key))


def _forget_oldest() -> None:
    """Of hubs about which nothing is decided the last to ask stay: whoever makes up keys fills no table."""
    seen = sa.select(Reader.id).where(Reader.state == "new", Reader.asked.is_not(None))
    kept = seen.order_by(Reader.asked.desc(), Reader.id.desc()).limit(MOST_NEW)
    old = sa.delete(Reader).where(Reader.id.in_(seen), Reader.id.not_in(kept))
    session().execute(old.execution_options(synchronize_session=False))


# -- what a trusted hub gets ----------------------------------------------------------------------------------------------


def kinds_for(reader: Reader | None) -> list[str]:
    """The kinds of which a hub may read entries for members."""
    if reader is None or reader.state != "trusted":
        return []
    return [kind for kind in filters.followable() if not reader.kinds or kind in reader.kinds]


def further_changes(since: int, limit: int) -> dict[str, Any] | None:
    """What whoever asks may read of the change log beside what is public (a hook of hub_webapi)."""
    reader: Reader | None = g.get("network_reader")
    if not (kinds := kinds_for(reader)) or reader is None:
        return None
    until, epoch = inner.place()
    changes: Sequence[Change] = inner.since(since, limit, kinds)
    return {"changes": changes, "until": until, "head": inner.head(kinds), "kinds": kinds, "mark": f"{epoch}.{reader.id}.{reader.version}"}


def entrusted(content: Content) -> bool | None:
    """Whether whoever asks may read an item that is not public (a hook of hub_webapi)."""
    kinds = kinds_for(g.get("network_reader"))
    open_here = content.status == "published" and content.audience == inner.AUDIENCE and not content.elsewhere
    return True if open_here and content.kind in kinds else None


# -- decisions ------------------------------------------------------------------------------------------------------------


def everybody() -> list[Reader]:
    """Hubs that read this one: those about which something is decided first, then by when they asked last."""
    order = (Reader.state == "new", Reader.asked.is_(None), Reader.asked.desc(), Reader.id)
    return list(session().scalars(sa.select(Reader).order_by(*order)))


def enter(key: str, address: str) -> Reader:
    """Enter a hub by its key before it has asked. Raises Refused."""
    key = "".join(key.split())
    if not identity.is_key(key):
        told = gettext("This is no key of a hub. It has 44 characters and stands on the other hub's page “Who reads this hub”.")
        raise Refused("key", told)
    if key == identity.own_key():
        raise Refused("key", gettext("This is the key of this hub itself."))
    if (known := session().scalar(sa.select(Reader).where(Reader.key == key))) is not None:
        raise Refused("key", gettext("This key is known already: %(name)s.", name=known.name or known.address or identity.fingerprint(key)))
    made = Reader(key=key, address="", name=address.strip()[:200], state="new")
    session().add(made)
    session().flush()
    return made


def decide(reader: Reader, state: str, kinds: Sequence[str], name: str) -> None:
    """Take over what an administrator decides of a hub."""
    known = filters.followable()
    chosen = [kind for kind in kinds if kind in known]
    if (state, chosen) != (reader.state, list(reader.kinds)):
        reader.version += 1
    reader.state, reader.kinds, reader.name = state, chosen, name.strip()[:200]


def forget(reader: Reader) -> None:
    """Take a hub off the list; should it ask again, it is new."""
    session().delete(reader)
