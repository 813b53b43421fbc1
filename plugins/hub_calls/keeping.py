"""The life of a call: its stage, entries and their frozen texts, supports, the shortlist, the jury's points, results, letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import (
    Content,
    ContentType,
    User,
    accounts,
    content_type,
    forms,
    gettext,
    items,
    level,
    ngettext,
    now,
    session,
)
from hub.api import lazy_gettext as _
from hub_calls.call import ORDER, name_of
from hub_calls.models import IN_RACE, Comment, Entry, Juror, Share, Sheet, Support

PRACTICE = "case"  # the kind that takes part


def call(uid: str, user: User | None) -> Content | None:
    """The published call of this uid, where this reader may see it."""
    found = items.get("call", uid) if content_type("call") is not None else None
    if found is None or found.status != "published":
        return None
    return found if items.AUDIENCES.index(found.audience) <= level(user) else None


def stage(content: Any) -> str:
    """Where a call is: before, entries, between (over, not yet looked at), check, public, jury or decided."""
    kept = str(content.data.get("stage") or "entries")
    if kept != "entries":
        return kept
    moment = now()
    if content.starts_at and moment < content.starts_at:
        return "before"
    return "between" if content.ends_at and moment > content.ends_at else "entries"


def is_open(content: Any) -> bool:
    """Whether entries are taken now; with the practice library off there is nothing that could be sent in."""
    return stage(content) == "entries" and content_type(PRACTICE) is not None


def advance(content: Content, wanted: str) -> None:
    """Go to a stage. On to the jury goes whoever the rule lets; back from it nobody is lost."""
    if wanted not in ORDER:
        raise ValueError(wanted)
    if wanted == "jury":
        chosen = shortlist(content)
        for entry in entries(content.id, IN_RACE):
            entry.state = "shortlisted" if entry.id in chosen else "accepted"
    if wanted == "decided":
        publish_results(content)
    items.mark(content, "stage", wanted if wanted != "entries" else None)


def entries(call_id: int, states: Sequence[str] = ()) -> list[Entry]:
    """The entries of a call, oldest first."""
    query = sa.select(Entry).where(Entry.call_id == call_id).order_by(Entry.id)
    return list(session().scalars(query.where(Entry.state.in_(states)) if states else query))


# -- entries -------------------------------------------------------------------------------------------------------------


def may_enter(user: User) -> list[Content]:
    """The practices a person may send in: those they wrote or whose organisation they represent."""
    homes = accounts.partners_of(user)
    theirs = sa.or_(Content.author_id == user.id, Content.owner_id.in_(homes))
    query = sa.select(Content).where(Content.kind == PRACTICE, Content.status.not_in(("trash", "archived")), theirs)
    return list(session().scalars(query.order_by(Content.updated.desc()).limit(100)))


def enter(content: Content, case: Content, user: User, category: str, note: str, language: str) -> Entry:
    """Freeze a practice as it is now. Sent again before the end it is frozen anew."""
    found = session().scalar(sa.select(Entry).where(Entry.call_id == content.id, Entry.case_id == case.id))
    if found is not None and found.state not in ("sent", "withdrawn"):
        raise ValueError("taken")
    entry = found or Entry(call_id=content.id, case_id=case.id, kind=case.kind, document={})
    entry.document = snapshot(case)
    entry.state, entry.user_id, entry.category, entry.note, entry.language = "sent", user.id, category, note, language
    entry.created = now()
    session().add(entry)
    return entry


def snapshot(case: Content) -> dict[str, Any]:
    """What is frozen of a practice: its text as it is being worked on."""
    doc, _revision = items.working_copy(case)
    return {name: doc[name] for name in ("texts", "data", "places", "topics", "links", "uid") if name in doc}


def title(entry: Entry, language: str) -> str:
    """The frozen title, in a language where it has one."""
    texts = entry.document.get("texts", {})
    text: dict[str, Any] = texts.get(language) or next((t for t in texts.values() if t.get("title")), {})
    return str(text.get("title") or "")


def language_of(entry: Entry, language: str) -> str:
    """The language in which an entry is shown to who reads this one: theirs where it was sent in so, else one it has."""
    texts = entry.document.get("texts", {})
    return language if texts.get(language) else next((code for code, text in texts.items() if text.get("title")), language)


def category(entry: Entry, content: Any, language: str) -> str:
    """The category of an entry in a language; as it was called when it was sent in, where the call has it no longer."""
    rows = content.data.get("categories") or ()
    return next((name_of(row, language) for row in rows if row["name"] == entry.category), entry.category)


def frozen(entry: Entry, language: str) -> list[tuple[str, str]]:
    """(label, text) of all that was sent in and is for everybody: public fields only, in one language where there are two."""
    ctype = content_type(entry.kind)
    if ctype is None:
        return []
    texts = entry.document.get("texts", {})
    spoken = language if language in texts else next(iter(texts), language)
    doc = {**_public(ctype, entry.document), "links": {}}
    doc["texts"] = {spoken: texts[spoken]} if spoken in texts else {}
    found = items.compare(entry.kind, forms.empty(), doc)
    return [  # one language is shown, so no label need name it
        (d.label.rpartition(" (")[0] if d.name.endswith(f".{spoken}") else d.label, d.new)
        for d in found if d.new and not d.name.startswith("title.")
    ]  # fmt: skip


def _public(ctype: ContentType, doc: Mapping[str, Any]) -> dict[str, Any]:
    open_ = {f.name for f in ctype.fields if f.audience == "public"}
    return {**forms.empty(), **doc, "data": {k: v for k, v in doc.get("data", {}).items() if k in open_}}


def decide(entry: Entry, ok: bool, reason: str) -> None:
    """The formal check: an entry goes on, or its author is told what is missing."""
    entry.state, entry.reason = ("accepted", "") if ok else ("refused", reason)
    if not ok:
        tell(entry, "refused", _("Your entry"))


# -- the public ----------------------------------------------------------------------------------------------------------


def supports(numbers: Sequence[int]) -> dict[int, int]:
    """How many support each entry."""
    query = sa.select(Support.entry_id, sa.func.count()).where(Support.entry_id.in_(numbers)).group_by(Support.entry_id)
    return {row[0]: row[1] for row in session().execute(query)}


def given(content: Content, user: User) -> set[int]:
    """The entries of a call that a person supports."""
    mine = sa.select(Support.entry_id).join(Entry).where(Entry.call_id == content.id, Support.user_id == user.id)
    return set(session().scalars(mine))


def allowed(content: Content) -> int:
    """How many supports each member may give."""
    return int(content.data.get("supports") or 5)


def shortlist(content: Content) -> set[int]:
    """Which entries the rule lets go on: the most supported, ties at the edge included."""
    race = [entry.id for entry in entries(content.id, IN_RACE)]
    most, share = content.data.get("most"), content.data.get("share")
    room = len(race) if not most else int(most)
    if most and share and len(race) < 2 * int(most):
        room = -(-len(race) * int(share) // 100)
    if room >= len(race):
        return set(race)
    counted = supports(race)
    edge = sorted((counted.get(n, 0) for n in race), reverse=True)[max(room - 1, 0)]
    return {n for n in race if counted.get(n, 0) >= edge}


def comments(entry_id: int) -> list[tuple[Comment, User | None]]:
    """What is said about an entry, oldest first, with who says it."""
    query = sa.select(Comment, User).outerjoin(User, User.id == Comment.user_id)
    rows = session().execute(query.where(Comment.entry_id == entry_id, Comment.hidden.is_(False)).order_by(Comment.id).limit(500))
    return [(row[0], row[1]) for row in rows]


# -- the jury ------------------------------------------------------------------------------------------------------------


def is_juror(content: Content, user: User | None) -> bool:
    """Whether somebody is in the jury of a call."""
    return user is not None and session().get(Juror, (content.id, user.id)) is not None


def criteria(content: Content, language: str = "") -> list[dict[str, Any]]:
    """The criteria: name (in a language where it has one) and most points."""
    rows = content.data.get("criteria") or [{"name": "", "points": 10}]
    return [{"name": name_of(row, language), "points": row["points"]} for row in rows]


def sheets(numbers: Sequence[int]) -> dict[int, list[Sheet]]:
    """The sheets handed in, by entry."""
    found: dict[int, list[Sheet]] = {}
    for sheet in session().scalars(sa.select(Sheet).where(Sheet.entry_id.in_(numbers), Sheet.done).order_by(Sheet.user_id)):
        found.setdefault(sheet.entry_id, []).append(sheet)
    return found


def mean(several: Sequence[Sheet]) -> float | None:
    """The mean sum of points of those who judged; None where nobody did (a conflict of interest judges nothing)."""
    sums = [sum(sheet.points.values()) for sheet in several if not sheet.conflict]
    return round(sum(sums) / len(sums), 1) if sums else None


# -- the end -------------------------------------------------------------------------------------------------------------


def lacking(content: Content) -> list[str]:
    """What is not done yet though it cannot be mended once every author has the letter; said before the call is decided."""
    rows, found = entries(content.id, (*IN_RACE, "sent")), list[str]()
    if stage(content) == "decided":
        return found
    if unseen := sum(row.state == "sent" for row in rows):
        found.append(ngettext(
            "%(num)s entry waits for the formal check: its author would hear nothing.",
            "%(num)s entries wait for the formal check: their authors would hear nothing.", unseen,
        ))  # fmt: skip
    if len(rows) > unseen and not any(row.result for row in rows):
        found.append(gettext("No entry has a result: every author would read that they are not among the winners."))
    return found


def publish_results(content: Content) -> None:
    """Every author hears the result and the jury's words; each once."""
    for entry in entries(content.id, IN_RACE):
        if not entry.told:
            entry.told = True
            tell(entry, "result", _("The result of the call"))


def words_of_jury(content: Content, entry: Entry, language: str) -> list[tuple[str, list[str]]]:
    """What the jury wrote, by criterion and at the end, without names: the feedback of every author."""
    known = [sheet for sheet in sheets([entry.id]).get(entry.id, []) if not sheet.conflict]
    asked = [str(criterion["name"]) for criterion in criteria(content, language)]
    found = [(name, [str(s.reasons[str(n)]) for s in known if s.reasons.get(str(n))]) for n, name in enumerate(asked)]
    found.append(("", [sheet.words for sheet in known if sheet.words]))
    return [(name, words) for name, words in found if words]


def tell(entry: Entry, what: str, subject: Any, comment: str = "", by: User | None = None) -> None:
    """A letter to who sent an entry. comment, by: what was asked in public, and who did."""
    user, content = session().get(User, entry.user_id or 0), session().get(Content, entry.call_id)
    if user is None or content is None:
        return
    language = user.language or entry.language
    shown = items.load([content.id], language, 2)
    accounts.write(
        user.email, language, "calls/letter", subject, user=user, what=what, entry=entry, title=title(entry, language),
        call=shown[0].title if shown else "", comment=comment, by=by,
        jury=words_of_jury(content, entry, language) if what == "result" else [],
        path=f"/{language or items.site()['languages'][0]}/calls/entry/{entry.id}/",
    )  # fmt: skip


def badges(case_id: int) -> list[tuple[Entry, Content]]:
    """What a practice has won: entries with a result in decided calls."""
    query = sa.select(Entry, Content).join(Content, Content.id == Entry.call_id)
    rows = session().execute(query.where(Entry.case_id == case_id, Entry.result != "", Content.status == "published"))
    return [(row[0], row[1]) for row in rows if row[1].data.get("stage") == "decided" and row[1].audience == "public"]


def exported(user: User) -> dict[str, Any]:
    """What a person sent in, said, supported and judged."""
    mine = session().scalars(sa.select(Entry).where(Entry.user_id == user.id))
    said = session().scalars(sa.select(Comment).where(Comment.user_id == user.id))
    judged = session().scalars(sa.select(Sheet).where(Sheet.user_id == user.id))
    juries = session().scalars(sa.select(Juror).where(Juror.user_id == user.id))
    liked = session().scalar(sa.select(sa.func.count()).where(Support.user_id == user.id))
    return {
        "entries": [{"title": title(e, ""), "state": e.state, "note": e.note, "created": e.created.isoformat()} for e in mine],
        "comments": [c.text for c in said], "supports": liked, "juries": [{"languages": j.languages} for j in juries],
        "sheets": [{"points": s.points, "reasons": s.reasons, "words": s.words} for s in judged],
    }  # fmt: skip


def forgotten(db: Any, user: User) -> None:
    """A person goes: supports, comments and jury work with them; an entry stays, its sender is nobody."""
    for model in (Support, Juror, Share, Sheet, Comment):
        db.execute(sa.delete(model).where(model.user_id == user.id))
    db.execute(sa.update(Entry).where(Entry.user_id == user.id).values(user_id=None))


def unchecked() -> tuple[str, int, Any] | None:
    """(address, how many, since when) of entries that wait for the formal check, in the call where they wait longest."""
    query = sa.select(Entry.call_id, sa.func.count(), sa.func.min(Entry.created)).where(Entry.state == "sent").group_by(Entry.call_id)
    rows = sorted(session().execute(query), key=lambda row: row[2])
    content = session().get(Content, rows[0][0]) if rows else None
    return (f"/desk/calls/run/{content.uid}/", sum(row[1] for row in rows), rows[0][2]) if content is not None else None


def left_at(contents: Sequence[int]) -> dict[int, str]:
    """What an undone import would delete with these entries: how many entries of a call."""
    counted = sa.select(Entry.call_id, sa.func.count()).where(Entry.call_id.in_(contents)).group_by(Entry.call_id)
    return {number: ngettext("%(num)s entry of a call", "%(num)s entries of a call", count) for number, count in session().execute(counted)}
