"""Following: beginning, pausing, blocking, stopping; what editors decide of single entries."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.api import Content, enqueue, gettext, items, now, session, setting, writing

from . import asking, filters, identity, inner, taking, words
from .models import Followed, Kept, Refusal

CHUNK = 200
NO_KEY = "-"  # what stands for a new key where a hub signs no longer


class Refused(ValueError):
    """A hub is not followed; the message says why."""


def address(text: str) -> str:
    """The address of a hub as it is kept: scheme, server, path of the site. Raises Refused."""
    text = text.strip()
    wrong = " " in text or len(text) > 400 or ("://" not in text and "." not in text)  # a word is nobody's server
    text = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if wrong or parts.scheme not in ("http", "https") or not host or parts.username or parts.password or not text.isprintable():
        raise Refused(gettext("This does not look like a web address. An example: https://example.org"))
    path = re.sub(r"/([a-z]{2}(/.*)?|api/v1.*)?$", "", parts.path.rstrip("/") + "/") if parts.path.strip("/") else ""
    return f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}"


def origin_of(url: str) -> str:
    """What the items of a hub bear in the spine: the same whenever it is followed again."""
    word = re.sub(r"[^a-z0-9.-]+", "-", url.partition("://")[2].lower())
    if len(word) > 80:
        word = f"{word[:60]}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    return f"hub/{word}"


def known(url: str) -> Followed | None:
    """The followed hub of an address, or None."""
    return session().scalar(sa.select(Followed).where(Followed.url == url))


def follow(text: str, wanted: filters.Filter) -> Followed:
    """Begin to follow a hub: ask it who it is, then read its log from the beginning in the background. Raises Refused.

    What it says of itself must fit: a hub is followed at the address that it gives as its own.
    """
    url = address(text)
    _check_new(url)
    told, key = _introduced(url)
    own = address(str(told.get("url") or ""))
    if own != url:
        _check_new(own)
        told, key = _introduced(own)
        if address(str(told.get("url") or "")) != own:
            raise Refused(gettext("The hub says that its address is %(url)s, and there another one answers.", url=own))
    name = str(told.get("name") or "").strip()[:200] or urlsplit(own).netloc
    hub = Followed(url=own, origin=origin_of(own), name=name, filter=wanted, about={}, key=key)
    with writing():
        _check_new(own)
        session().add(hub)
        session().flush()
        enqueue(session(), "network.sync", only=[hub.id])
        session().commit()
    return hub


def _check_new(url: str) -> None:
    present = known(url)
    if present is not None and present.state == "blocked":
        raise Refused(gettext("%(name)s is blocked. Unblock it first.", name=present.name))
    if present is not None:
        raise Refused(gettext("%(name)s is followed already.", name=present.name))
    if url == address(items.site()["url"]):
        raise Refused(gettext("This is the address of this hub itself."))


def _introduced(url: str) -> tuple[dict[str, object], str]:
    """What a hub says of itself, and the key by which it signs. Asks the network, outside any transaction. Raises Refused."""
    signer = identity.ready()
    answer = asking.changes(url, 0, signer=signer, kinds=["none"], agent=asking.user_agent(), allow=items.site()["trusted"])
    if answer.page is None:
        inner = gettext("Where that is meant, add its host to [net] allow in hub.toml.") if answer.error == "refused" else ""
        raise Refused(f"{words.in_words(answer.error or 'log', answer.detail)} {inner}".strip())
    if not answer.page.about.get("url"):
        raise Refused(gettext("There is a hub, but its version is too old to be followed."))
    return answer.page.about, answer.key


def pause(hub: Followed) -> None:
    """Ask a hub no more; what is here stays as it is."""
    hub.state, hub.owner, hub.busy_until = "paused", "", None


def resume(hub: Followed) -> None:
    """Take a paused (or blocked) hub up again where its log was left."""
    hub.state, hub.next_at, hub.failures, hub.error, hub.detail = "active", now(), 0, "", ""


def accept(hub: Followed) -> None:
    """Go on with the key that a hub shows now: an editor has made sure that it is its own."""
    hub.key, hub.new_key = "" if hub.new_key == NO_KEY else hub.new_key, ""
    resume(hub)


def again(hub: Followed) -> None:
    """Read a hub's log once more from the beginning; what it no longer has is removed at the end, what is refused again is told anew."""
    hub.since, hub.round, hub.etag, hub.next_at = 0, hub.round + 1, "", now()
    hub.owner, hub.busy_until = "", None  # an answer that is on its way belongs to the reading before
    hub.refused = 0
    session().execute(sa.delete(Refusal).where(Refusal.hub_id == hub.id))


def narrow(hub: Followed, wanted: filters.Filter) -> None:
    """Change what is followed: the log is read anew."""
    if wanted != hub.filter:
        hub.filter = wanted
        session().execute(sa.update(Kept).where(Kept.hub_id == hub.id).values(fingerprint=""))
        again(hub)


def rename(hub: Followed, name: str, place: str) -> None:
    """Call a hub otherwise, here: in lists, on its entries, in the directory."""
    hub.place = place.strip()[:120]
    if name.strip() and name.strip() != hub.name:
        hub.name = name.strip()[:200]
        session().execute(sa.update(Content).where(Content.origin == hub.origin).values(source_name=hub.name))
        session().execute(sa.update(Kept).where(Kept.hub_id == hub.id).values(fingerprint=""))


def leave(hub: Followed) -> None:
    """Follow a hub no longer: its entries go, then it is forgotten."""
    hub.state, hub.owner, hub.busy_until = "leaving", "", None
    enqueue(session(), "network.clear", dedupe=f"network.clear:{hub.id}", hub=hub.id)


def block(hub: Followed) -> None:
    """Have nothing more to do with a hub: its entries go, and it cannot be followed until it is unblocked."""
    hub.state, hub.owner, hub.busy_until = "blocked", "", None
    enqueue(session(), "network.clear", dedupe=f"network.clear:{hub.id}", hub=hub.id)


def unblock(hub: Followed) -> None:
    """Follow a blocked hub again from the beginning."""
    resume(hub)
    again(hub)


def clear(hub: int) -> int:
    """The job: remove all entries of a hub that is left or blocked; answers how many."""
    removed = 0
    while True:
        with writing():
            session().rollback()
            session().expunge_all()
            found = session().get(Followed, hub)
            if found is None or found.state not in ("leaving", "blocked"):
                session().rollback()
                return removed
            rows = session().scalars(sa.select(Kept).where(Kept.hub_id == hub).limit(CHUNK)).all()
            removed += taking.remove(found, rows)
            for row in rows:
                session().delete(row)
            if not rows:
                session().execute(sa.delete(Refusal).where(Refusal.hub_id == hub))
                if found.state == "leaving":
                    session().delete(found)
            items.commit()
            if not rows:
                return removed


def shared_no_longer(hub: Followed) -> None:
    """A hub does not share its entries for members with us any more: they go, in the background."""
    if hub.shared:
        hub.shared = ""
        enqueue(session(), "network.recede", dedupe=f"network.recede:{hub.id}", hub=hub.id)


def recede(hub: int) -> int:
    """The job: remove what is for members only of a hub that shares that no longer; answers how many."""
    removed = 0
    while True:
        with writing():
            session().rollback()
            session().expunge_all()
            found = session().get(Followed, hub)
            if found is None or found.shared:  # shared again meanwhile: its log is read anew, which removes what is left over
                session().rollback()
                return removed
            theirs = sa.select(Content.id).where(Content.origin == found.origin, Content.audience == inner.AUDIENCE)
            rows = session().scalars(sa.select(Kept).where(Kept.hub_id == hub, Kept.content_id.in_(theirs)).limit(CHUNK)).all()
            removed += taking.remove(found, rows)
            items.commit()
            if not rows:
                return removed


def sync_now(hub: Followed) -> bool:
    """Read a hub within seconds; False where it wants peace or does not answer, and is asked when it is due."""
    if hub.state != "active" or (hub.next_at > now() and (hub.failures or hub.error)):
        return False
    hub.next_at = now()
    enqueue(session(), "network.sync", dedupe=f"network.now:{hub.id}", only=[hub.id])
    return True


def hide(kept: Kept) -> None:
    """Show an entry here no longer, whatever its hub says."""
    hub = session().get_one(Followed, kept.hub_id)
    taking.remove(hub, [kept])
    kept.hidden, kept.gone = True, False


def show(kept: Kept) -> None:
    """Show a hidden entry again: it is fetched by itself."""
    kept.hidden, kept.stale, kept.gone = False, True, False
    hub = session().get_one(Followed, kept.hub_id)
    if hub.state == "active":
        sync_now(hub)


def feature(kept: Kept, wanted: bool) -> None:
    """Put an entry before others of other hubs on the front page, or no longer."""
    kept.featured = now() if wanted else None
    items.touch()


def interval() -> int:
    """Seconds between two questions to one hub."""
    return int(setting("network.interval"))
