"""What is said in ActivityStreams: the hub as an actor, its items as objects, collections and activities.

Everything here is made of what any visitor may read (level 0); `published` is the only way to an item.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
from flask import current_app
from markupsafe import escape

from hub.api import Content, ContentType, Item, ListQuery, ask, gettext, items, session, setting

CONTEXT = "https://www.w3.org/ns/activitystreams"
ACCEPT = f'application/activity+json, application/ld+json; profile="{CONTEXT}"'
MIMETYPE = "application/activity+json"
PUBLIC = f"{CONTEXT}#Public"
TERMS = {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable"}
PER_PAGE, MOST_PAGES = 20, 100
PICTURES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "avif": "image/avif"}
_OWN = re.compile(r'\b(href|src)="/')


# -- addresses ----------------------------------------------------------------------------------------------------------


def address(path: str) -> str:
    """The full address of something of this plugin."""
    return str(items.absolute(f"/activitypub/{path}"))


def actor_url() -> str:
    return address("actor")


def key_url() -> str:
    return f"{actor_url()}#main-key"


def object_url(uid: str) -> str:
    """The lasting id of an item's object: its page's address may change with its title."""
    return address(f"items/{uid}")


def handle() -> str:
    """The part of the account before the @: what servers take of the setting."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", str(setting("activitypub.name"))).strip("_") or "hub"


def fault_of_name(name: str) -> str:
    """What is wrong with the setting: other letters would all become one `_`."""
    return "" if re.fullmatch(r"[A-Za-z0-9_]{1,60}", name) else gettext("Write 1 to 60 Latin letters, digits or _, such as tree_hub.")


def account() -> str:
    """The hub's account as people write it, without the first @."""
    return f"{handle()}@{urlsplit(items.site()['url']).netloc}"


# -- what is told -------------------------------------------------------------------------------------------------------


def told_types() -> list[ContentType]:
    """The kinds that followers are told of: all but the site's own pages and parts of other items, or those chosen."""
    chosen = set(setting("activitypub.kinds"))
    fit = [ctype for ctype in items.types() if not ctype.part_of and ctype.kind != "page"]
    return [ctype for ctype in fit if not chosen or ctype.kind in chosen]


def is_own(item: Item) -> bool:
    """Whether the hub may speak for it: neither another hub's nor a feed's."""
    borrowed = item.type.borrowed
    return not item.elsewhere and not (borrowed and item.row.origin.startswith(borrowed))


def published(kind: str, uid: str, language: str = "") -> Item | None:
    """The item as visitors see it now; None unless it is public, published, the hub's own and of a kind that is told."""
    if kind not in {ctype.kind for ctype in told_types()}:
        return None
    query = sa.select(Content.id).where(
        Content.uid == uid, Content.kind == kind, Content.status == "published", Content.audience == "public"
    )
    number = session().scalar(query)
    found = items.load([number], language or items.site()["languages"][0], 0) if number else []
    return found[0] if found and is_own(found[0]) else None


def newest(page: int) -> tuple[list[Item], int]:
    """A page of the hub's own published items, newest first, and how many there are."""
    kinds = tuple(ctype.kind for ctype in told_types())
    if not kinds:
        return [], 0
    language = items.site()["languages"][0]
    found = items.find(ListQuery(kinds, language, 0, sort="new", limit=PER_PAGE, page=max(1, page), own=True))
    return [item for item in items.load(found.ids, language, 0) if is_own(item)], found.total


# -- documents ----------------------------------------------------------------------------------------------------------


def actor(public_key: str) -> dict[str, Any]:
    """The hub itself."""
    site, me = items.site(), actor_url()
    main = site["languages"][0]
    face = ask("branding", language=main)
    face = face if isinstance(face, dict) else {}
    out = {
        "@context": [CONTEXT, "https://w3id.org/security/v1", TERMS],
        "id": me, "type": "Service", "preferredUsername": handle(), "name": face.get("name") or site["name"],
        "summary": f"<p>{escape(str(face.get('tagline') or site['name']))}</p>", "url": f"{site['url']}/",
        "inbox": address("inbox"), "outbox": address("outbox"), "followers": address("followers"),
        "endpoints": {"sharedInbox": address("inbox")}, "manuallyApprovesFollowers": False, "discoverable": True,
        "publicKey": {"id": key_url(), "owner": me, "publicKeyPem": public_key},
    }  # fmt: skip
    logo = str(face.get("logo") or "")
    if kind := PICTURES.get(logo.rpartition(".")[2].lower()):
        out["icon"] = {"type": "Image", "mediaType": kind, "url": items.absolute(logo)}
    return out


def item_object(item: Item) -> dict[str, Any]:
    """An item: an Event where it has a time, an Article where it has a text, else a Note that leads to its page."""
    texts = {code: text for code, text in item.all_texts.items() if text.get("title") and code in item.languages}
    what = "Event" if item.type.dated and item.row.starts_at else "Article" if any(t["body"] for t in texts.values()) else "Note"
    links = {code: items.absolute(item.url_in(code)) for code in texts}
    contents = {code: _content(what, text, links[code]) for code, text in texts.items()}
    out: dict[str, Any] = {
        "id": object_url(item.uid), "type": what, "attributedTo": actor_url(), "to": [PUBLIC], "cc": [address("followers")],
        "content": contents[item.lang], "contentMap": contents, "url": _links(item.lang, links), "sensitive": False,
        "published": _moment(item.published or item.updated), "updated": _moment(max(item.updated, item.published or item.updated)),
        "tag": [_tag(topic, item.lang) for topic in item.topics],
    }  # fmt: skip
    if what != "Note":  # a Note has no title, and its summary would be shown as a warning
        out |= {"name": texts[item.lang]["title"], "nameMap": {code: text["title"] for code, text in texts.items()}}
        summaries = {code: text["summary"] for code, text in texts.items() if text.get("summary")}
        if item.lang in summaries:
            out |= {"summary": summaries[item.lang], "summaryMap": summaries}
    if what == "Event":
        out["startTime"] = _moment(item.row.starts_at)
        if item.row.ends_at:
            out["endTime"] = _moment(item.row.ends_at)
    if places := [_place(place, item.lang) for place in item.places]:
        out["location"] = places[0] if len(places) == 1 else places
    if item.picture and (kind := PICTURES.get(item.picture.name.rpartition(".")[2].lower())):
        alt = item.picture.alt.get(item.lang) or next(iter(item.picture.alt.values()), "")
        picture = {"type": "Image", "mediaType": kind, "url": items.absolute(f"/media/{item.picture.name}"), "name": alt,
                   "width": item.picture.width, "height": item.picture.height}  # fmt: skip
        out |= {"attachment": [picture], "image": picture}
    return out


def tombstone(url: str) -> dict[str, Any]:
    """What stands where something was."""
    return {"@context": CONTEXT, "id": url, "type": "Tombstone"}


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """A document that stands by itself: with its context first."""
    return {"@context": [CONTEXT, TERMS], **document}


def create(item: Item) -> dict[str, Any]:
    """How the outbox names an item: the activity that made it."""
    said = item_object(item)
    return {
        "id": f"{said['id']}#create", "type": "Create", "actor": actor_url(), "published": said["published"],
        "to": said["to"], "cc": said["cc"], "object": said,
    }  # fmt: skip


def activity(verb: str, uid: str, word: str, item: Item | None) -> dict[str, Any]:
    """What followers are sent. item: None where it is gone. word: what makes the id one that is never used again."""
    them = {"to": [PUBLIC], "cc": [address("followers")]}
    what = {"create": "Create", "update": "Update"}.get(verb, "Delete") if item is not None else "Delete"
    said: dict[str, Any] = item_object(item) if item is not None else {"id": object_url(uid), "type": "Tombstone"}
    return whole({"id": f"{object_url(uid)}#{what.lower()}-{word}", "type": what, "actor": actor_url(), **them, "object": said})


def accept(follower: str, asked: str, word: str) -> dict[str, Any]:
    """The answer to a Follow."""
    follow = {"id": asked, "type": "Follow", "actor": follower, "object": actor_url()}
    return {"@context": CONTEXT, "id": f"{actor_url()}#accept-{word}", "type": "Accept", "actor": actor_url(), "object": follow}


def _content(what: str, text: dict[str, Any], link: str) -> str:
    """The text as HTML that the hub has made or cleaned itself."""
    lead = f"<p>{escape(text['summary'])}</p>" if text.get("summary") else ""
    if what == "Note":
        return f'<p><strong>{escape(text["title"])}</strong></p>{lead}<p><a href="{escape(link)}">{escape(link)}</a></p>'
    body = str(current_app.jinja_env.filters["markdown"](text["body"])) if text["body"] else ""
    site = urlsplit(items.site()["url"])
    return _OWN.sub(rf'\1="{site.scheme}://{site.netloc}/', body) or lead or f"<p>{escape(text['title'])}</p>"


def _links(language: str, links: dict[str, str]) -> Any:
    """The item's page, that in the language of `content` first."""
    ordered = sorted(links, key=lambda code: code != language)
    found = [{"type": "Link", "mediaType": "text/html", "href": links[code], "hreflang": code} for code in ordered]
    return found[0]["href"] if len(found) == 1 else found


def _tag(topic: Any, language: str) -> dict[str, str]:
    name = topic.name(language)
    word = "".join(part[:1].upper() + part[1:] for part in re.findall(r"\w+", name))
    return {"type": "Hashtag", "name": f"#{word}", "href": items.absolute(f"/{language}/topics/{quote(topic.slug)}/")}


def _place(place: Any, language: str) -> dict[str, Any]:
    out = {"type": "Place", "name": place.name(language) or place.country}
    if place.lat is not None and place.lon is not None:
        out |= {"latitude": place.lat, "longitude": place.lon}
    return out


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
