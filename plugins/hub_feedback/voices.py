"""What may be done with a voice: taken in, counted, taken back, passed, removed; and how many there are of what."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from hub.api import Content, User, accounts, ask, items, may, now, session, setting
from hub_feedback import guard
from hub_feedback.models import ONE_EACH, Voice

ENOUGH = 5  # ratings from which on an average says something


class Refused(Exception):
    """This cannot be done; the message says why, to whoever tried."""


@dataclass(frozen=True)
class Guest:
    """Somebody without an account, known by a confirmed address; asked about like an account (no account has the id 0)."""

    email: str
    name: str = ""
    id: int = 0


@dataclass
class Tally:
    """What was said about an item. scores: how many gave 1, 2 … 5."""

    scores: list[int] = field(default_factory=lambda: [0] * 5)
    comments: int = 0
    votes: int = 0

    @property
    def ratings(self) -> int:
        return sum(self.scores)

    @property
    def average(self) -> float | None:
        """The average, once enough people have rated."""
        if self.ratings < ENOUGH:
            return None
        return sum(n * count for n, count in enumerate(self.scores, 1)) / self.ratings


def tallies(ids: Sequence[int]) -> dict[int, Tally]:
    """What was said about each of these items, with one query."""
    found = {number: Tally() for number in ids}
    if not ids:
        return found
    shown = sa.and_(Voice.state == "live", sa.or_(Voice.what != "comment", Voice.passed))
    rows = session().execute(
        sa.select(Voice.content_id, Voice.what, Voice.score, sa.func.count())
        .where(Voice.content_id.in_(ids), shown).group_by(Voice.content_id, Voice.what, Voice.score)
    )  # fmt: skip
    for number, what, score, count in rows:
        tally = found[number or 0]
        if what == "rating" and 1 <= score <= 5:
            tally.scores[score - 1] += count
        elif what == "comment":
            tally.comments += count
        elif what == "vote":
            tally.votes += count
    return found


def person_of(email: str) -> str:
    """One mark per address, by which one person counts once; without the site's key it leads to nobody."""
    return hmac.new(str(current_app.secret_key).encode(), email.strip().lower().encode(), hashlib.sha256).hexdigest()


def asks_for(what: str, kind: str) -> bool:
    """Whether items of a kind ask to be rated or commented."""
    if what == "vote":
        return kind == "proposal"
    return kind in setting("feedback.rated" if what in ("rating", "note") else "feedback.commented")


def is_open(content: Any) -> bool:
    """Whether an item may be rated: from its start on, where it has one; nothing that was cancelled."""
    return not content.data.get("cancelled") and (content.starts_at is None or content.starts_at <= now())


def answers_for(user: User | None, content: Content) -> bool:
    """Whether somebody speaks for who made the item: its author, or a representative of its organisation."""
    if user is None:
        return False
    ours = accounts.partners_of(user)
    wrote = content.author_id == user.id and content.kind != "proposal"  # whoever wishes organises nothing
    return wrote or content.owner_id in ours or content.id in ours


def take_in(voice: Voice, form: Any, user: User | None, content: Content | None) -> None:
    """Keep what somebody said. Of an account it counts at once, of an address from its confirmation on."""
    voice.person = person_of(user.email if user else voice.email)
    voice.doubts = guard.doubts(form, voice.text, voice.person, voice.content_id, user is not None)
    if user is not None:
        voice.user_id, voice.email, voice.name = user.id, "", user.shown_name
        voice.official = content is not None and voice.what == "comment" and answers_for(user, content)
    trusted = voice.official or may(user, "feedback.moderate")
    before = {"before": True, "after": False, "visitors": user is None}[setting("feedback.moderation")]
    voice.passed = trusted or (not voice.doubts and (not before or not (voice.text or voice.what == "proposal")))
    session().add(voice)
    session().flush()
    if user is not None:
        count(voice, user)


def twin(voice: Voice, email: str) -> Voice | None:
    """The same comment of the same person in the same place, an hour old at most: a button pressed twice."""
    if voice.what != "comment":
        return None
    same = [Voice.person == person_of(email), Voice.state.in_(("confirm", "live")), Voice.created > now() - dt.timedelta(hours=1)]
    same += [getattr(Voice, name) == getattr(voice, name) for name in ("what", "content_id", "parent_id", "text")]
    return session().scalar(sa.select(Voice).where(*same).order_by(Voice.id).limit(1))


def count(voice: Voice, user: User | None = None) -> None:
    """From now on it counts; what this person gave before makes way. Raises Refused where a moderator removed that."""
    content = session().get(Content, voice.content_id) if voice.content_id else None
    if voice.what in ONE_EACH:
        _one_each(voice)
    voice.state, voice.counted = "live", now()
    if content is not None and voice.what != "vote":
        voice.attended = _attended(user, voice.email, content)
    if voice.what not in ("vote", "proposal") and not voice.wants:
        voice.email = ""  # it has served
    if user is None and voice.text and voice.content_id and not voice.decided and guard.quiet(voice.content_id):
        voice.passed, voice.doubts = False, sorted({*voice.doubts, "quiet"})  # confirmed after quiet hours began
    if voice.what == "comment" and voice.content_id:
        session().flush()
        guard.calm(voice.content_id)
    if voice.what == "proposal" and voice.passed:
        publish(voice)
    items.touch()


def given(what: str, number: int, user: User) -> Voice | None:
    """What counts of an account where each counts once: its rating of an item, its vote."""
    mine = Voice.mark == _mark(what, number, person_of(user.email))
    return session().scalar(sa.select(Voice).where(mine, Voice.state == "live"))


def _mark(what: str, number: int | None, person: str) -> str:
    return f"{what}:{number}:{person}"


def _one_each(voice: Voice) -> None:
    mark = _mark(voice.what, voice.content_id, voice.person)
    before = session().scalar(sa.select(Voice).where(Voice.mark == mark).with_for_update())
    if before is not None and before.id != voice.id:
        if before.state == "removed":
            raise Refused(before.reason)
        answers = sa.update(Voice).where(Voice.parent_id == before.id).values(parent_id=voice.id)
        session().execute(answers)
        session().delete(before)
        session().flush()
    voice.mark = mark
    try:
        with session().begin_nested():
            session().flush()
    except IntegrityError:  # twice at the same moment: the other one counts
        raise Refused("") from None


def _attended(user: User | None, email: str, content: Content) -> bool:
    """Whether whoever keeps the list of those who came says that this person did."""
    person = user or (email and accounts.find_user(session(), email)) or Guest(email)
    told = ask("attendance", user=person, content=content)
    return told is True or told == "attended"


def withdraw(voice: Voice) -> None:
    """Taken back by who said it: nothing of it stays but the row that answers hang on."""
    voice.state, voice.mark, voice.text, voice.name, voice.email = "withdrawn", None, "", "", ""
    voice.data, voice.wants, voice.score, voice.decided = {}, False, 0, now()
    items.touch()


def publish(voice: Voice) -> Content:
    """Make a wish an item; who wished for it has given it the first vote."""
    draft = voice.data
    text = {"title": draft["title"], "summary": voice.text, "body": "", "fields": {}}
    doc = {"texts": {voice.lang: text}, "data": {"format": draft["format"]} if draft.get("format") else {},
           "topics": draft.get("topics", []), "origin": "feedback", "external_id": voice.uid}  # fmt: skip
    content = items.create("proposal", doc, author_id=voice.user_id, status="published")
    session().flush()
    voice.what, voice.content_id, voice.text, voice.data, voice.passed = "vote", content.id, "", {}, True
    voice.mark = f"vote:{content.id}:{voice.person}"
    return content


def passes(voice: Voice, editor: User) -> None:
    """A moderator finds nothing wrong with it."""
    voice.passed, voice.alarms, voice.doubts = True, 0, []
    voice.decided, voice.decided_by = now(), editor.id
    if voice.what == "proposal":
        publish(voice)
    items.touch()


def remove(voice: Voice, editor: User, reason: str, *, spam: bool = False) -> None:
    """A moderator takes it out: with a reason that everybody reads, or as spam, which leaves no trace."""
    if not spam and not reason:
        raise Refused("reason")
    voice.state, voice.reason, voice.alarms = "spam" if spam else "removed", reason, 0
    voice.decided, voice.decided_by = now(), editor.id
    items.touch()


def report(voice: Voice, why: str) -> None:
    """Somebody finds it out of place: a moderator looks at it, and it stays until then."""
    voice.reports = [*voice.reports, {"why": why, "at": now().isoformat()}][-20:]
    voice.alarms += 1


def waiting() -> sa.ColumnElement[bool]:
    """What waits for a moderator, as a condition."""
    texts = sa.and_(Voice.passed.is_(False), sa.or_(Voice.text != "", Voice.what == "proposal"), Voice.what != "note")
    return sa.and_(Voice.state == "live", sa.or_(texts, Voice.alarms > 0))
