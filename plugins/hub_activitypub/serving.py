"""What anybody may read: WebFinger, the actor, its collections, items as objects at their own address or by negotiation."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, current_app, request
from werkzeug.exceptions import Gone

from hub.api import Content, items, session

from . import documents, keys
from .models import Follower, Told

INBOX = "/activitypub/inbox"
WEBFINGER = "/.well-known/webfinger"
JRD = "application/jrd+json"
LD = f'application/ld+json; profile="{documents.CONTEXT}"'  # without the profile it is schema.org's


def is_on() -> bool:
    """Whether the plugin is on at this moment: what it adds to other pages asks for itself."""
    return bool(current_app.extensions["hub"].plugins.is_on("activitypub"))


def before() -> Response | None:
    """Before a page of the hub is made: is it asked for as an object, or is it the well-known address?"""
    if request.method not in ("GET", "HEAD") or not is_on():
        return None
    if request.path == WEBFINGER:
        return webfinger()
    if request.path == INBOX:  # nobody reads what others send; without this the hub would look for a page of that name
        abort(405, response=Response(status=405, headers={"Allow": "POST"}))
    return negotiated() if request.endpoint == "site.item" and wants_object() else None


def wants_object() -> bool:
    """Whether an ActivityStreams object is asked for, and not less than a page.

    Only by words that the page cache tells apart ("activit" in the header): else an object could be kept as the page.
    """
    if "activit" not in request.headers.get("Accept", ""):
        return False
    offered = ("text/html", documents.MIMETYPE, LD)
    return request.accept_mimetypes.best_match(offered, default="text/html") != "text/html"


def negotiated() -> Response | None:
    """An item's object at the address of its page; None where the page is all there is."""
    values = dict(request.view_args or {})
    try:
        # finds it by old addresses, too, and answers 404
        plain: Any = current_app.view_functions["site.item_data"](**values)
    except Gone:
        return data(documents.tombstone(request.base_url), 410)
    if plain.status_code != 200:
        return plain
    told = json.loads(plain.get_data())
    item = documents.published(told["kind"], told["uid"], str(values.get("lang", "")))
    return data(documents.whole(documents.item_object(item))) if item else None


def vary(response: Response) -> Response:
    """Pages of items say that they have another form, and that caches must ask for it."""
    if request.endpoint == "site.item" and request.method in ("GET", "HEAD") and is_on():
        response.vary.add("Accept")
    return response


def webfinger() -> Response:
    """`acct:name@host`, the hub's address or the actor's: one account, which is the hub."""
    asked, site = request.args.get("resource", ""), items.site()["url"]
    account = f"acct:{documents.account()}"
    if not asked:
        abort(400, description="resource is missing")
    if asked.lower() != account.lower() and asked.rstrip("/") not in (site, documents.actor_url()):
        abort(404)
    links = [
        {"rel": "self", "type": documents.MIMETYPE, "href": documents.actor_url()},
        {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": f"{site}/"},
    ]
    return data({"subject": account, "aliases": [documents.actor_url(), f"{site}/"], "links": links}, mimetype=JRD)


def actor() -> Response:
    """The hub as an actor with its public key; 503 where it was deleted, until a job has made another."""
    if (pair := keys.own()) is None:
        return Response(status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
    return data(documents.actor(pair[1]))


def outbox() -> Response:
    """What is public, newest first, as the activities that made it."""
    here, page = documents.address("outbox"), request.args.get("page", "")
    if not page:
        total = documents.newest(1)[1]
        last = min(max(1, -(-total // documents.PER_PAGE)), documents.MOST_PAGES)
        ends = {"first": f"{here}?page=1", "last": f"{here}?page={last}"}
        return data(documents.whole({"id": here, "type": "OrderedCollection", "totalItems": total, **ends}))
    if not (page.isascii() and page.isdigit()) or not 1 <= int(page[:6]) <= documents.MOST_PAGES:
        abort(404)
    number = int(page)
    shown, total = documents.newest(number)
    body = {
        "id": f"{here}?page={number}", "type": "OrderedCollectionPage", "partOf": here, "totalItems": total,
        "orderedItems": [documents.create(item) for item in shown],
    }  # fmt: skip
    if number * documents.PER_PAGE < total and number < documents.MOST_PAGES:
        body["next"] = f"{here}?page={number + 1}"
    if number > 1:
        body["prev"] = f"{here}?page={number - 1}"
    return data(documents.whole(body))


def followers() -> Response:
    """How many follow. Who they are is nobody's business."""
    count = session().scalar(sa.select(sa.func.count()).select_from(Follower)) or 0
    response = data({"@context": documents.CONTEXT, "id": documents.address("followers"), "type": "OrderedCollection", "totalItems": count})
    response.headers.pop("X-Hub-Cache", None)
    return response


def item(uid: str) -> Response:
    """One item by its lasting id: 410 with a Tombstone where followers were told of it, or the hub has erased it."""
    kind = session().scalar(sa.select(Content.kind).where(Content.uid == uid))
    if kind and (shown := documents.published(kind, uid)):
        return data(documents.whole(documents.item_object(shown)))
    if items.erased(uid) or session().get(Told, uid) is not None:
        return data(documents.tombstone(documents.object_url(uid)), 410)
    abort(404)


def data(body: dict[str, Any], status: int = 200, mimetype: str = documents.MIMETYPE) -> Response:
    """A document; cached like a page."""
    response: Response = items.data(json.dumps(body, ensure_ascii=False, separators=(",", ":")), mimetype)
    response.status_code = status
    response.vary.add("Accept")
    return response

