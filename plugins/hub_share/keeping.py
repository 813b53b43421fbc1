"""From the change log to posts, and from posts to the networks.

A post is written down as "sending" before the network is asked and as "sent" after it has answered. Whoever dies between
the two leaves it "sending"; after two minutes it becomes "unclear", and a person looks whether it is there (for VK it is
sent again within the hour: it knows the post by its key). So nothing is posted twice, and nothing is lost unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from hub.api import Change, Content, Item, content_type, enqueue, items, now, session, setting, writing
from hub_share import networks, texts
from hub_share.models import Place, Post

LOST = dt.timedelta(seconds=120)
ROUND = 40  # posts in one run of the job


def read(changes: Sequence[Change]) -> None:
    """The change reader: makes the posts of what was published. The same change read twice changes nothing."""
    ids = {c.content_id for c in changes if c.public and not c.gone and c.verb != "touched"}
    with writing():
        session().rollback()
        for place in (
            session().scalars(sa.select(Place).where(Place.state != "off").order_by(Place.id)).all() if ids else ()
        ):
            made = session().scalars(
                sa.select(Post.content_id).where(Post.place_id == place.id, Post.content_id.in_(ids))
            )
            fresh = items.load(sorted(ids - set(made)), place.lang)
            for item in fresh:
                if item.published and item.published >= place.created and fits(place, item):
                    session().add(
                        Post(place_id=place.id, content_id=item.id, state="asked" if place.asks else "waiting")
                    )
        enqueue(session(), "share.post", dedupe="share.post")
        session().commit()


def fits(place: Place, item: Item) -> bool:
    """Whether an item is of those that are posted there, and may be posted at all."""
    ours = not item.type.borrowed or not item.row.origin.startswith(item.type.borrowed)
    wanted = item.kind in place.kinds if place.kinds else item.type.navigation
    about = not place.topics or any(topic.slug in place.topics for topic in item.topics)
    return postable(item, place.lang) and (ours or place.borrowed) and wanted and about


def postable(item: Item, language: str) -> bool:
    """Whether anybody may read it, in this language, it is real and not over."""
    end = (item.row.ends_at or item.row.starts_at) if item.type.dated else None
    open_to_all = item.status == "published" and item.row.audience == "public"
    return open_to_all and not item.elsewhere and not item.example and language in item.languages and (end is None or end > now())


def preview(place: Place, most: int = 3) -> list[tuple[Item, str]]:
    """The newest items that would be posted there, with their texts."""
    query = sa.select(Content.id).where(Content.status == "published", Content.audience == "public")
    if place.kinds:
        query = query.where(Content.kind.in_(place.kinds))
    ids = session().scalars(query.order_by(Content.published.desc(), Content.id.desc()).limit(200)).all()
    found = [item for item in items.load(list(ids), place.lang) if fits(place, item)][:most]
    return [(item, texts.text(item, place.lang)) for item in found]


def item_of(post: Post, place: Place) -> Item | None:
    """The item of a post in the place's language, where it may still be posted."""
    found = items.load([post.content_id], place.lang)
    return found[0] if found and postable(found[0], place.lang) else None


def words(post: Post, place: Place) -> str:
    """What was or would be posted."""
    item = None if post.text else item_of(post, place)
    return post.text or (texts.text(item, place.lang) if item else "")


# -- sending ------------------------------------------------------------------------------------------------------------


def post() -> int:
    """The job: what waits goes out, one post after the other, each place with its pause; answers how many were sent."""
    settle_lost()
    sent = 0
    for _ in range(ROUND):
        taken = _take()
        if taken is None:
            break
        number, network, channel, text, key = taken
        sent += _record(number, networks.send(network, channel, text, key))
    return sent


def settle_lost() -> None:
    """Posts whose sender has died: whether they arrived is unclear, except where the network knows them again."""
    with writing():
        session().rollback()
        lost = sa.select(Post).where(Post.state == "sending", Post.began < now() - LOST)
        for row in session().scalars(lost).all():
            _unclear(row, session().get_one(Place, row.place_id), "")
        session().commit()


def _unclear(row: Post, place: Place, error: str) -> None:
    known_again = place.network == "vk" and row.first and now() - row.first < dt.timedelta(seconds=networks.FORGETS)
    row.state, row.error = ("waiting" if known_again else "unclear"), error


def _take() -> tuple[int, str, str, str, str] | None:
    """Write down that the next post is being sent, and what: committed before the network hears of it."""
    db, moment = session(), now()
    with writing():
        db.rollback()
        due = (
            sa.select(Post, Place).join(Place, Place.id == Post.place_id)
            .where(Post.state == "waiting", Place.state == "on", Place.next_at <= moment).order_by(Post.id)
        )  # fmt: skip
        for row, place in db.execute(due.limit(100)).all():
            item = item_of(row, place)
            if item is None:
                if _is_on(row):  # else its plugin is off for now
                    row.state = "left"
                continue
            text = row.text or texts.text(item, place.lang)
            pause = dt.timedelta(minutes=setting("share.pause"), seconds=networks.SECONDS)
            lease = sa.update(Place).where(Place.id == place.id, Place.next_at <= moment).values(next_at=moment + pause)
            mine = sa.update(Post).where(Post.id == row.id, Post.state == "waiting").values(
                state="sending", began=moment, first=sa.func.coalesce(Post.first, moment), text=text
            )  # fmt: skip
            if _changed(lease) and _changed(mine):
                found = (row.id, place.network, place.channel, text, row.key)
                db.commit()
                return found
            db.rollback()
        db.commit()
    return None


def _changed(statement: sa.Update) -> bool:
    done = session().execute(statement.execution_options(synchronize_session=False))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _is_on(row: Post) -> bool:
    kind = session().scalar(sa.select(Content.kind).where(Content.id == row.content_id))
    return content_type(kind or "") is not None


def _record(number: int, outcome: networks.Outcome) -> int:
    """Write down what came of it; 1 where it was sent. The network's word counts, also about a post given up meanwhile."""
    db = session()
    with writing():
        db.rollback()
        row = db.get(Post, number, populate_existing=True)
        place = db.get(Place, row.place_id, populate_existing=True) if row else None
        if row is None or place is None:
            db.rollback()
            return 0
        if outcome.what == "sent":
            row.state, row.done, row.url, row.error = "sent", now(), outcome.url, ""
        elif outcome.what == "unclear":
            _unclear(row, place, outcome.error)
        elif outcome.what == "refused":
            row.state, row.error = "failed", outcome.error
        else:  # nothing was posted: it goes on waiting
            row.state, row.first, row.error = "waiting", None, outcome.error
            if outcome.what == "stop":
                place.state, place.error = "stopped", outcome.error
            place.next_at = max(place.next_at, now() + dt.timedelta(seconds=outcome.wait))
        db.commit()
    return int(outcome.what == "sent")


# -- what people decide ---------------------------------------------------------------------------------------------------


def decide(row: Post, what: str, text: str) -> bool:
    """An editor's word on a post: post (also again), there (it has arrived), leave. False where it is too late for it."""
    allowed = {
        "post": ("asked", "unclear", "failed", "left"), "there": ("unclear",), "leave": ("asked", "waiting", "unclear", "failed")
    }  # fmt: skip
    if row.state not in allowed.get(what, ()):
        return False
    if what == "post":
        row.state, row.text, row.error, row.first = "waiting", text, "", None
        enqueue(session(), "share.post", dedupe="share.post")
    elif what == "there":
        row.state, row.done = "sent", row.began
    else:
        row.state = "left"
    return True


def put(place: Place, item: Item) -> Post:
    """A post of an item by hand: an editor looks at its text first."""
    own = sa.select(Post).where(Post.place_id == place.id, Post.content_id == item.id)
    row = session().scalar(own)
    if row is None:
        row = Post(place_id=place.id, content_id=item.id, state="asked")
        session().add(row)
        session().flush()
    elif row.state == "left":
        row.state, row.text = "asked", ""
    return row


def of_item(content_id: int) -> list[tuple[Place, Post | None]]:
    """Every place, with the post of an item there."""
    made = {row.place_id: row for row in session().scalars(sa.select(Post).where(Post.content_id == content_id))}
    places: Iterable[Place] = session().scalars(sa.select(Place).order_by(Place.id))
    return [(place, made.get(place.id)) for place in places]
