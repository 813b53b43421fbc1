"""The inbox: Follow, the end of a Follow, the end of an account. Everything else is refused, and nothing is read unsigned.

In this order, cheapest first: how often, size and form, the date, the digest and our name in the request, blocked hosts,
whether the signature is new, whose key it is (asked for only where we do not know it), the signature itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request

from hub.api import forms, items, now, session, writing

from . import actors, following, messages, signatures
from .actors import Actor
from .documents import actor_url
from .signatures import Refused, Signature

MAX_BYTES, LONGEST_ID = 64_000, 500
A_MINUTE, FROM_HOST = 300, 30  # requests of one address; lookups of strangers of one host
TYPES = ("application/activity+json", "application/ld+json", "application/json")


@dataclass(frozen=True)
class Said:
    """An activity as far as it concerns us. about: the id of its object, or of that one's object."""

    type: str
    id: str
    actor: str
    host: str
    about: str


def inbox() -> Response:
    """202 for what is taken (or does not concern us), else why not."""
    session().rollback()  # whoever sends a cookie, too, has been looked up by now
    if forms.wait("activitypub inbox", request.remote_addr or "", A_MINUTE, 60):
        return _answer(429, "busy")
    host = ""
    try:
        body = _body()
        said = _read(body)
        host = said.host
        _receive(said, body)
    except Refused as error:
        _note(error.reason, host)
        return _answer(error.status, error.reason)
    return _answer(202)


def _answer(status: int, reason: str = "") -> Response:
    text = json.dumps({"error": reason}) if reason else ""
    response = Response(text, status=status, mimetype="application/json")
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response


def _body() -> bytes:
    if (request.content_length or 0) > MAX_BYTES:
        raise Refused("big", 413)
    if "Signature" not in request.headers:
        raise Refused("unsigned")
    if request.mimetype not in TYPES:
        raise Refused("form", 415)
    body = request.get_data(cache=False)  # what comes without a length is bounded like every form
    if len(body) > MAX_BYTES:
        raise Refused("big", 413)
    return body


def _read(body: bytes) -> Said:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("form", 400) from None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise Refused("form", 400)
    actor, number = _id(found.get("actor")), _id(found.get("id"))
    host = actors.host_of(actor)
    if found["type"] not in ("Follow", "Undo", "Delete"):
        raise Refused("kind", 403)
    if actors.host_of(number) != host:
        raise Refused("foreign")
    return Said(found["type"], number, actor, host, _about(found))


def _id(value: Any) -> str:
    found = value.get("id") if isinstance(value, dict) else value
    return found[: LONGEST_ID + 1] if isinstance(found, str) else ""


def _about(found: dict[str, Any]) -> str:
    """What a Follow follows, an Undo takes back ("follow" where that is a Follow of us), a Delete deletes."""
    thing = found.get("object")
    if found["type"] != "Undo":
        return _id(thing)
    if isinstance(thing, dict):
        whose = (_id(thing.get("actor")), _id(thing.get("object")))
        return "follow" if thing.get("type") == "Follow" and whose == (_id(found.get("actor")), actor_url()) else ""
    return _id(thing)


def _receive(said: Said, body: bytes) -> None:
    """Check a request wholly, then do what it says. Raises Refused."""
    target = request.script_root + request.path + (f"?{request.query_string.decode('latin-1')}" if request.query_string else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    ours = urlsplit(items.site()["url"])
    if "signature-input" in headers:
        signature = messages.read(request.method, f"{ours.scheme}://{ours.netloc}{target}", headers, body, now())
    else:
        signature = signatures.read(request.method, target, headers, body, ours.netloc, now())
    if actors.host_of(signature.key_id) != said.host:
        raise Refused("foreign")
    known = _known(said, signature)
    if said.type == "Delete" and (said.about != said.actor or known is None):
        return  # of a post, or of somebody who never followed: servers tell everybody; nothing of it is here
    if said.type == "Undo" and known is None:
        return
    actor = _checked(said, signature, known)
    with writing():
        session().rollback()
        following.see(signature.mark)
        _do(said, actor)
        session().commit()


def _known(said: Said, signature: Signature) -> Actor | None:
    """Who follows already, with the key kept of them; looks without the lock that writers take, and holds nothing open."""
    with writing(False):
        session().rollback()
        blocked, row = following.is_blocked(said.host), following.follower(said.actor)
        known = Actor(row.actor, row.host, row.own_inbox, "", row.key_id, row.key) if row else None
        session().rollback()
    if blocked:
        raise Refused("blocked", 403)
    return known


def _checked(said: Said, signature: Signature, known: Actor | None) -> Actor:
    """The actor whose key made the signature: as it is kept, else as it is now. An actor that has ended may go by that alone."""
    if known and known.key_id == signature.key_id and said.type != "Follow" and signatures.holds(signature, known.key):
        return known
    if forms.wait("activitypub lookup", said.host, FROM_HOST, 60):
        raise Refused("busy", 429)
    try:
        actor = actors.look_up(said.actor)
    except Refused as error:
        if error.reason == "gone" and known and said.type == "Delete":
            return known
        raise Refused("actor" if error.reason == "gone" else error.reason, error.status) from None
    if actor.key_id != signature.key_id:
        raise Refused("foreign")
    if not signatures.holds(signature, actor.key):
        raise Refused("forged")
    return actor


def _do(said: Said, actor: Actor) -> None:
    if said.type == "Follow":
        if said.about != actor_url():
            raise Refused("kind", 403)
        following.add(actor, said.id)
        return
    row = following.follower(said.actor)
    if said.type == "Delete" or (row is not None and said.about in ("follow", row.asked)):
        following.forget(said.actor)
    elif row is not None:
        raise Refused("kind", 403)


def _note(reason: str, host: str) -> None:
    with writing():
        session().rollback()
        following.refuse(reason, host)
        session().commit()
