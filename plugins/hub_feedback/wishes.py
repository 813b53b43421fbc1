"""Wishes: proposing one, those that are like it, the ballot in shuffled order, which of them came true."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import sqlalchemy as sa
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from hub.api import (
    Change,
    Item,
    ListQuery,
    content_type,
    current_user,
    enqueue,
    fold,
    gettext,
    items,
    level,
    ngettext,
    render_page,
    session,
    writing,
)
from hub_feedback import guard, pages, periods, showing
from hub_feedback.models import Voice

NEWEST, ON_FRONT = 60, 4
BALLOT = 1000  # so many wishes are shuffled; older ones follow behind


def new(lang: str) -> ResponseReturnValue:
    """The form of a wish. Wishes like it are shown before it is taken."""
    wait = guard.too_many(request.remote_addr or "?") if request.method == "POST" else 0
    if request.method == "GET":
        return _form(pages.Typed(title=pages.lines(request.args.get("title", ""))[:120]))
    typed = pages.read("proposal")
    if not 5 <= len(typed.title) <= 120:
        typed.faults["title"] = gettext("Say it in one line of 5 to 120 characters.")
    if typed.format and typed.format not in formats():
        typed.faults["format"] = gettext("Choose one of the list.")
    near = [] if request.form.get("another") or typed.faults or wait else alike(typed.title, lang)
    if wait or typed.faults or near:
        told = pages.wait_words(wait) if wait else ""
        return _form(typed, near=near, told=told, code=429 if wait else 422 if typed.faults else 200)
    voice = Voice(
        what="proposal", text=typed.text, lang=lang, name=typed.name, email=typed.email,
        data={"title": typed.title, "format": typed.format},
    )  # fmt: skip
    return pages.keep(voice, typed.title, None, current_user(), lambda told: _form(typed, told=told, code=409))


def _form(typed: pages.Typed, *, near: Sequence[Item] = (), told: str = "", code: int = 200) -> ResponseReturnValue:
    return render_page(
        "feedback/new.html", cache=False, code=code, typed=typed, faults=typed.faults, near=near, told=told,
        formats=formats(), stamp=pages.kept_stamp(), trap=guard.TRAP, votes=_votes(near),
    )  # fmt: skip


def formats() -> dict[str, Any]:
    """The formats that a wish may name, as this site has them."""
    ctype = content_type("proposal")
    declared = ctype.field("format") if ctype else None
    return {choice.value: choice.label for choice in declared.choices} if declared else {}


def similar(lang: str) -> ResponseReturnValue:
    """Wishes like the words in `title`, for the script beside the form."""
    near = alike(request.args.get("title", "")[:120], lang)
    votes = _votes(near)
    return jsonify(similar=[
        {"title": item.title, "url": item.url,
         "votes": ngettext("%(num)s vote", "%(num)s votes", votes[item.id].votes)} for item in near
    ])  # fmt: skip


def _votes(shown: Sequence[Item]) -> dict[int, Any]:
    return showing.tallies([item.id for item in shown])


def alike(title: str, language: str) -> list[Item]:
    """Published wishes whose title shares words with this one, the most alike first; in any language of the site."""
    wanted = fold(title)
    words = sorted({word for word in wanted.split() if len(word) > 3}, key=len, reverse=True)[:4]
    ids: list[int] = []
    for word in words:
        stem = word[: max(4, len(word) - 2)]  # endings change
        found = items.find(ListQuery(("proposal",), language, q=stem, literal=True, limit=30))
        whole = found.ids or items.find(ListQuery(("proposal",), language, q=word, limit=30)).ids
        ids += [number for number in whole if number not in ids]
    scored = []
    for item in items.load(ids[:60], language):
        likeness = max(_likeness(wanted, fold(text["title"])) for text in item.all_texts.values())
        if likeness >= 0.34:
            scored.append((likeness, item))
    return [item for _, item in sorted(scored, key=lambda pair: -pair[0])[:5]]


def _likeness(a: str, b: str) -> float:
    """How alike two titles are, 0 to 1: letters in a row, or the share of words that begin alike."""
    mine, theirs = ([word[:5] for word in text.split() if len(word) > 3] for text in (a, b))
    shared = len(set(mine) & set(theirs)) / max(1, min(len(set(mine)), len(set(theirs))))
    return max(
        SequenceMatcher(None, a, b).ratio() if len(a) > 8 else 0.0,
        shared if len(set(mine) & set(theirs)) > 1 or shared == 1.0 else 0.0,
    )


# -- the ballot -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ballot:
    """A page of wishes in the order of the day. order: shuffled, or what the query asks."""

    items: list[Item]
    votes: dict[int, Any]
    shuffled: bool


def ballot(query: ListQuery, shown: list[Item]) -> Ballot:
    """The wishes of a list's page, shuffled anew each day (so that a cached page is right), unless an order was asked for."""
    if any(name in ("sort", "q", "near", "after") for name, _ in query.given):
        return Ballot(shown, _votes(shown), False)
    wide = ListQuery(**{**query.__dict__, "limit": BALLOT, "page": 1})
    ids = sorted(items.find(wide).ids, key=_of_today())
    start = (query.page - 1) * query.limit
    if start < len(ids):
        shown = items.load(ids[start : start + query.limit], query.language, query.level, links=True)
    return Ballot(shown, _votes(shown), True)


def home() -> dict[str, Any]:
    """What the front page shows: some of the newest wishes of this hub that want votes, shuffled every day, and the newest that came
    true."""
    query = ListQuery(("proposal",), items.speaking(), level(current_user()), limit=NEWEST)
    newest = [item for item in items.load(items.find(query).ids, query.language, query.level, links=True) if not item.elsewhere]
    waiting = sorted((item for item in newest if not item.links.get("became")), key=_of_today())[:ON_FRONT]
    met = next((item for item in newest if item.links.get("became")), None)
    return {"wishes": waiting, "came_true": met, "votes": _votes([*waiting, *([met] if met else [])])} if waiting else {}


def _of_today() -> Callable[[Any], bytes]:
    """What puts wishes (or their ids) into another order every day."""
    day = periods.today().isoformat()
    return lambda wish: hashlib.sha256(f"{day} {getattr(wish, 'id', wish)}".encode()).digest()


def most(lang: str) -> ResponseReturnValue:
    """Wishes by votes. state: open (not yet met) or met; year: when they were proposed."""
    state = request.args.get("state", "")
    state = state if state in ("open", "met") else ""
    number = request.args.get("year", 0, type=int)
    asked = number if 1990 <= number <= 2200 else 0
    page = min(max(1, request.args.get("page", 1, type=int)), 1000)
    rows = ranking(lang, state, asked)
    shown = items.load([n for n, _ in rows[(page - 1) * 50 : page * 50]], lang, level(current_user()), links=True)
    return render_page(
        "feedback/most.html", items=shown, votes=dict(rows), total=len(rows), state=state, year=asked, page_number=page,
        more=len(rows) > page * 50,
    )  # fmt: skip


def ranking(language: str, state: str = "", year: int = 0) -> list[tuple[int, int]]:
    """(wish, votes), most votes first. A wish is met while the item it became is public and of a kind that is on."""
    filters = {"year": (str(year),)} if year else {}
    ids = items.find(ListQuery(("proposal",), language, filters=filters, limit=10_000)).ids
    if state:
        met = {item.id for item in items.load(ids, language, links=True) if item.links.get("became")}
        ids = [number for number in ids if (number in met) == (state == "met")]
    votes = dict.fromkeys(ids, 0)
    counted = (
        sa.select(Voice.content_id, sa.func.count())
        .where(Voice.what == "vote", Voice.state == "live")
        .group_by(Voice.content_id)
    )
    for number, count in session().execute(counted):
        if number in votes:
            votes[number] = count
    return sorted(votes.items(), key=lambda row: (-row[1], -row[0]))


# -- what became of them ----------------------------------------------------------------------------------------------------


def follow(changes: Sequence[Change]) -> None:
    """Read a batch of the change log: a wish that leads to a public event has voters to be told."""
    public = [change for change in changes if change.public and not change.gone]
    language = items.site()["languages"][0]
    ids = {change.content_id for change in public if change.kind == "proposal"}
    for event in items.load([change.content_id for change in public if change.kind == "event"], language, links=True):
        ids |= {end.id for end in event.inverse.get(("proposal", "became"), ())}
    wishes = items.load(sorted(ids), language, links=True)
    met = [item.id for item in wishes if item.status == "published" and item.links.get("became")]
    untold = sa.select(Voice.content_id).where(Voice.what == "vote", Voice.state == "live", Voice.told.is_(None))
    found = session().scalars(untold.where(Voice.content_id.in_(met)).distinct()).all() if met else []
    session().rollback()
    if not found:
        return
    with writing():
        for number in found:
            enqueue(session(), "feedback.tell_voters", dedupe=f"feedback.tell_voters.{number}", proposal=number)
        session().commit()


def chosen(item: Item, votes: dict[int, Any]) -> int:
    """How many people wished for an event."""
    return sum(votes[end.id].votes for end in item.inverse.get(("proposal", "became"), ()) if end.id in votes)
