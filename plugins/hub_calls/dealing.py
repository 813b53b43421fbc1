"""Dealing the shortlist out to the jury: so many readers for each entry, the same load for every juror, nobody who is biased."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from hub.api import Content, User, accounts, items, session
from hub.api import lazy_gettext as _
from hub_calls import keeping
from hub_calls.models import Entry, Juror, Share, Sheet

Pair = tuple[int, int]  # (entry, juror)


def spread(entries: Sequence[int], jurors: Sequence[int], wanted: int, kept: Iterable[Pair], barred: Collection[Pair]) -> set[Pair]:
    """The pairs to be added so that `wanted` jurors read each entry; the same answer for the same question.

    As many as can be; among those, the loads (with what is kept) that are nearest to each other. Each reader is sought by the
    shortest chain of "you take this one, I take that": where the least loaded juror that it leads to takes one more, no other
    change could even the loads further (optimal semi-matching, Harvey et al. 2003).
    """
    fixed = set(kept)
    closed = fixed | set(barred)
    added: dict[int, set[int]] = {entry: set() for entry in entries}
    loads = {juror: sum(pair[1] == juror for pair in fixed) for juror in jurors}
    order = {entry: sorted(jurors, key=lambda juror: crc32(b"%d %d" % (entry, juror))) for entry in entries}  # mixed panels
    for entry in entries:
        for _slot in range(wanted - sum(pair[0] == entry for pair in fixed)):
            came = _chains(entry, order, added, closed, loads)
            if not came:
                break
            last = min(came, key=lambda juror: loads[juror])  # the nearest of the least loaded
            loads[last] += 1
            step: int | None = last
            while step is not None:
                taken, giver = came[step]
                added[taken].add(step)
                if giver is not None:
                    added[taken].discard(giver)
                step = giver
    return {(entry, juror) for entry, several in added.items() for juror in several}


def _chains(
    start: int, order: Mapping[int, list[int]], added: Mapping[int, set[int]], closed: Collection[Pair], loads: Mapping[int, int]
) -> dict[int, tuple[int, int | None]]:
    """Jurors who can take one more so that `start` gets a reader → (the entry they take, who gives it up for another).

    The nearest come first; all, unless one of them has the least to read of the whole jury.
    """
    came: dict[int, tuple[int, int | None]] = {}
    waiting: deque[tuple[int, int | None]] = deque([(start, None)])
    seen, least = {start}, min(loads.values(), default=0)
    while waiting:
        entry, giver = waiting.popleft()
        for juror in order[entry]:
            if juror in came or juror in added[entry] or (entry, juror) in closed:
                continue
            came[juror] = (entry, giver)
            if loads[juror] == least:
                return came
            for other, readers in added.items():
                if juror in readers and other not in seen:
                    seen.add(other)
                    waiting.append((other, juror))
    return came


# -- what the tables say -------------------------------------------------------------------------------------------------


class Panel:
    """The jury of a call and its shortlist: who reads what, who may not, what has no reader yet."""

    def __init__(self, content: Content) -> None:
        self.content, self.wanted = content, int(content.data.get("readers") or 0)
        self.entries = keeping.entries(content.id, ("shortlisted",))
        query = sa.select(Juror, User).join(User, User.id == Juror.user_id).where(Juror.call_id == content.id, User.active)
        self.jurors = [(row[0], row[1]) for row in session().execute(query.order_by(Juror.user_id))]
        numbers, people = [entry.id for entry in self.entries], {juror.user_id for juror, _user in self.jurors}
        of_call = session().scalars(sa.select(Share).where(Share.entry_id.in_(numbers)))
        self.shares = {(share.entry_id, share.user_id): share for share in of_call}
        sheets = session().scalars(sa.select(Sheet).where(Sheet.entry_id.in_(numbers))).all()
        self.conflicts = {(sheet.entry_id, sheet.user_id) for sheet in sheets if sheet.conflict}
        self.judged = {
            (s.entry_id, s.user_id) for s in sheets
            if not s.conflict and (s.done or (s.user_id in people and (s.points or s.reasons or s.words)))
        }  # fmt: skip
        self.kept = self.judged | {pair for pair in self.shares if pair[1] in people and pair not in self.conflicts}

    def readers(self, entry: int) -> list[int]:
        """The jurors who read an entry, or have read it."""
        return sorted(juror for number, juror in self.kept if number == entry)

    def load(self, juror: int) -> int:
        """How many entries a juror reads."""
        return sum(pair[1] == juror for pair in self.kept)

    @property
    def missing(self) -> dict[int, int]:
        """How many readers each entry lacks, where it does."""
        lacks = {entry.id: self.wanted - len(self.readers(entry.id)) for entry in self.entries}
        return {number: count for number, count in lacks.items() if count > 0}

    def barred(self) -> set[Pair]:
        """Who may not read what: declared conflicts, their own entries and their organisations', languages they do not read."""
        found = set(self.conflicts)
        for juror, user in self.jurors:
            foreign = {e.id for e in self.entries if juror.languages and not set(juror.languages) & written_in(e)}
            found |= {(number, user.id) for number in own(user, self.entries) | foreign}
        return found


def own(user: User, entries: Sequence[Entry]) -> set[int]:
    """Which of these entries somebody sent in or wrote, or an organisation holds for which they speak."""
    cases, homes = [entry.case_id for entry in entries if entry.case_id], accounts.partners_of(user)
    wrote = sa.or_(Content.author_id == user.id, Content.owner_id.in_(homes))
    theirs = set(session().scalars(sa.select(Content.id).where(Content.id.in_(cases), wrote)))
    named = set(session().scalars(sa.select(Content.uid).where(Content.id.in_(homes))))
    return {
        entry.id for entry in entries
        if entry.user_id == user.id or entry.case_id in theirs
        or not named.isdisjoint(end for ends in entry.document.get("links", {}).values() for end in ends)
    }  # fmt: skip


def written_in(entry: Entry) -> set[str]:
    """The languages in which an entry was sent in."""
    return {code for code, text in entry.document.get("texts", {}).items() if text.get("title")}


def deal(content: Content, wanted: int = 0) -> None:
    """Give every entry of the shortlist its readers. What was given or judged stays, except where it has become biased.

    Whoever gets something new to read is told by mail. wanted: how many read each (nothing: as many as before).
    """
    if wanted:
        items.mark(content, "readers", wanted)
    panel = Panel(content)
    barred = panel.barred()
    for pair in [pair for pair in panel.shares if pair not in panel.kept or (pair in barred and pair not in panel.judged)]:
        session().delete(panel.shares[pair])
        panel.kept.discard(pair)
    people = [user.id for _juror, user in panel.jurors]
    new = spread([entry.id for entry in panel.entries], people, panel.wanted, panel.kept, barred)
    session().add_all(Share(entry_id=entry, user_id=juror) for entry, juror in sorted(new))
    session().flush()
    for _juror, user in panel.jurors:
        if count := sum(juror == user.id for _entry, juror in new):
            _tell(content, user, count)


def tell_all(content: Content) -> int:
    """Where everybody reads everything: a letter to each juror who has not handed in all sheets; answers how many letters."""
    rows, told = keeping.entries(content.id, ("shortlisted",)), 0
    for _juror, user in Panel(content).jurors:
        mine = [row.id for row in theirs(content, user, rows)]
        done = session().scalars(sa.select(Sheet.entry_id).where(Sheet.user_id == user.id, Sheet.entry_id.in_(mine), Sheet.done)).all()
        if count := len(mine) - len(done):
            _tell(content, user, count)
            told += 1
    return told


def named(content: Content, user: User) -> None:
    """Whoever is taken into a jury hears of it, and where they will find what to read."""
    _letter(content, user, "calls/named", _("You are in a jury"))


def gather_in(content: Content, juror: int = 0) -> None:
    """Take back what was dealt out, from everybody or from one juror; sheets that were filled in stay."""
    of_call = sa.select(Entry.id).where(Entry.call_id == content.id)
    gone = sa.delete(Share).where(Share.entry_id.in_(of_call))
    session().execute(gone.where(Share.user_id == juror) if juror else gone)
    if not juror:
        items.mark(content, "readers", None)


def theirs(content: Content, user: User, rows: Sequence[Entry]) -> list[Entry]:
    """What a juror has to read of these entries: their share and what they have begun; where nothing is dealt out, all but their own."""
    if not content.data.get("readers"):
        return [row for row in rows if row.id not in own(user, rows)]
    numbers = [row.id for row in rows]
    mine = {*session().scalars(sa.select(Share.entry_id).where(Share.user_id == user.id, Share.entry_id.in_(numbers)))}
    mine |= {*session().scalars(sa.select(Sheet.entry_id).where(Sheet.user_id == user.id, Sheet.entry_id.in_(numbers)))}
    return [row for row in rows if row.id in mine]


def _tell(content: Content, user: User, count: int) -> None:
    _letter(content, user, "calls/reads", _("Something to read for the jury"), count=count)


def _letter(content: Content, user: User, template: str, subject: Any, **told: Any) -> None:
    language = user.language or items.site()["languages"][0]
    shown = items.load([content.id], language, 2)
    accounts.write(
        user.email, language, template, subject, user=user, **told, call=shown[0].title if shown else "",
        path=f"/{language}/calls/jury/{content.uid}/",
    )  # fmt: skip
