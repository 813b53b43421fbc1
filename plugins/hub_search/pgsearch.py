"""One query against the tables of the PostgreSQL engine. Every statement is limited to what the reader may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.api import Hit, SearchPage, SearchQuery

from . import analysis, ladder, spelling
from .engine import normaliser
from .entries import EPOCH
from .matching import facet_tokens
from .plan import OtherName, Plan, Widening, phrase_check
from .ranking import FRESH, HALF_LIFE, OWN_LANGUAGE, PINNED, WHOLE, WIDENED
from .suggesting import readings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ENTRY = sa.table(
    "search_entry", sa.column("content_id", sa.BigInteger), sa.column("level", sa.SmallInteger), sa.column("day", sa.Integer),
    sa.column("whole", sa.SmallInteger), sa.column("title_words", sa.Integer), sa.column("tokens", pg.ARRAY(sa.Text)),
    sa.column("vector", pg.TSVECTOR), sa.column("heads", pg.TSVECTOR), sa.column("words", sa.Text),
)  # fmt: skip
WORD = sa.table("search_word", sa.column("word"), sa.column("stem"), sa.column("sounds", pg.ARRAY(sa.Text)))
FIELD_WEIGHTS = sa.cast([0.2, 0.35, 0.5, 1.0], pg.ARRAY(sa.REAL))  # body, summary, names, title
MANY = 2000  # candidates whose words are compared outside the database
Condition = sa.ColumnElement[bool]


def lexeme(word: str) -> str:
    """A word as the input syntax of tsvector and tsquery wants it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''").replace("\0", "") + "'"


def tsquery(text: str) -> Any:
    return sa.cast(sa.bindparam(None, text, unique=True), pg.TSQUERY)


def any_of(lemmas: Iterable[str]) -> str:
    return "(" + "|".join(map(lexeme, lemmas)) + ")"


class PgSearch:
    """Answers as `engine.Search` does: same plan, same ladder, same facets; scores are PostgreSQL's ts_rank."""

    def __init__(self, db: Session, query: SearchQuery, pins: tuple[int, ...] = ()) -> None:
        self.db, self.query, self.pins = db, query, pins
        self.visible = ENTRY.c.level <= min(2, max(0, query.level))
        self._seen: dict[tuple[str, ...], int] = {}

    def run(self) -> SearchPage:
        pinned = self._pinned()
        self.plan, changed = ladder.settle(self.query, self, found=bool(pinned))
        if not self.plan.telling and not pinned:
            return SearchPage((), 0, normalise=analysis.lemma)
        found, expanded = self._widened(pinned)
        total = self._count(sa.and_(found, *self._filters().values()))
        hits = self._hits(sa.and_(found, *self._filters().values()), pinned)
        words = self._searched(expanded) if hits else []
        plain = not (changed or self.query.literal or self.query.offset or self.pins)
        offered = ladder.instead(self.query, self, self._count(found)) if plain and total <= ladder.FEW else ()
        return SearchPage(
            hits=hits, total=total, facets=self._facets(found), expanded=expanded, words=tuple(words),
            normalise=normaliser(frozenset(words)), changed=tuple(changed), instead=offered,
        )  # fmt: skip

    # -- matching ---------------------------------------------------------------------------------------------------

    def _all_words(self, plan: Plan, widenings: Sequence[Widening] = ()) -> Condition:
        if plan.least:
            met = [sa.cast(self._has(lemmas), sa.Integer) for lemmas in plan.telling]
            return sa.and_(
                self.visible, self._has([x for word in plan.telling for x in word]), sum(met[1:], met[0]) >= plan.least
            )
        conditions: list[Condition] = [self.visible]
        seen: set[Any] = set()
        for n, lemmas in enumerate(plan.words):
            wider = [w for w in widenings if w.first <= n <= w.last]
            if lemmas and (lemmas, *map(id, wider)) not in seen:
                seen.add((lemmas, *map(id, wider)))
                conditions.append(sa.or_(self._has(lemmas), *map(self._by_other_names, wider)))
        for first, last in plan.phrases:
            conditions.append(self._said(plan, first, last, sa.and_(*conditions)))
        return sa.and_(*conditions) if plan.telling else sa.false()

    def _has(self, lemmas: Iterable[str]) -> Condition:
        return ENTRY.c.vector.op("@@")(tsquery(any_of(lemmas)))

    def _said(self, plan: Plan, first: int, last: int, candidates: Condition) -> Condition:
        if not plan.loose:
            phrase = f" {' '.join(plan.forms[first : last + 1])} "
            return sa.func.strpos(ENTRY.c.words, phrase) > 0
        check = phrase_check(plan, first, last)
        rows = self.db.execute(sa.select(ENTRY.c.content_id, ENTRY.c.words).where(candidates).limit(MANY))
        return ENTRY.c.content_id.in_([number for number, words in rows if check(words)])

    def _by_other_names(self, widening: Widening) -> Condition:
        topics = [f"topic={other.slug}" for other in widening.others]
        names = "|".join(_name(other) for other in widening.others)
        return sa.or_(ENTRY.c.vector.op("@@")(tsquery(names)), ENTRY.c.tokens.overlap(topics))

    def _pinned(self) -> list[int]:
        wanted = sa.select(ENTRY.c.content_id).where(self.visible, ENTRY.c.content_id.in_(self.pins))
        there = set(self.db.scalars(wanted)) if self.pins else set()
        return [number for number in self.pins if number in there]

    def _widened(self, pinned: list[int]) -> tuple[Condition, dict[str, tuple[str, ...]]]:
        extra = [ENTRY.c.content_id.in_(pinned)] if pinned else []
        narrow = sa.or_(self._all_words(self.plan), *extra)
        if not self.plan.widenings:
            return narrow, {}
        wide = sa.or_(self._all_words(self.plan, self.plan.widenings), *extra)
        added = sa.and_(wide, sa.not_(narrow), *self._filters().values())
        if not self._count(added):
            self.plan.widenings = []
            return wide, {}
        told = {}
        for widening in self.plan.widenings:
            others = [other for other in widening.others if other.text != widening.phrase]
            names = [o.text for o in others if self._any(added, ENTRY.c.vector.op("@@")(tsquery(_name(o))))]
            topics = ENTRY.c.tokens.overlap([f"topic={other.slug}" for other in widening.others])
            if names or self._any(added, topics):
                told[widening.phrase] = tuple(names or (o.text for o in others))
        return wide, told

    def _any(self, *conditions: Condition) -> bool:
        return bool(self.db.scalar(sa.select(sa.exists().where(*conditions).select_from(ENTRY))))

    def _count(self, condition: Condition) -> int:
        return self.db.scalar(sa.select(sa.func.count()).select_from(ENTRY).where(condition)) or 0

    def _filters(self, but: str = "") -> dict[str, Condition]:
        wanted = {name: facet_tokens(name, values) for name, values in self.query.filters.items() if values}
        if self.query.kinds:
            own = facet_tokens("kind", self.query.kinds)
            wanted["kind"] = own & wanted["kind"] if "kind" in wanted else own
        kept = {
            name: ENTRY.c.tokens.overlap(sorted(tokens)) if tokens else sa.false()
            for name, tokens in wanted.items() if name != but
        }  # fmt: skip
        if self.query.within is not None:
            kept[""] = ENTRY.c.content_id == sa.any_(sa.cast(sorted(self.query.within), pg.ARRAY(sa.BigInteger)))
        return kept

    # -- what the ladder asks ---------------------------------------------------------------------------------------

    def matches(self, plan: Plan) -> int:
        return self._count(self._all_words(plan, plan.widenings)) if plan.telling else 0

    def seen(self, lemmas: Sequence[str]) -> int:
        key = tuple(lemmas)
        if key not in self._seen:
            self._seen[key] = self._count(sa.and_(self.visible, self._has(lemmas)))
        return self._seen[key]

    def prefixed(self, prefix: str) -> list[str]:
        word = sa.collate(WORD.c.word, "C")
        found = sa.select(WORD.c.word).where(word >= prefix, word < prefix + "\U0010ffff")
        return list(self.db.scalars(found.order_by(sa.func.length(WORD.c.word), word).limit(100)))

    def near(self, form: str, slips: int) -> dict[str, int]:
        wanted = {form, analysis.stem(form)}
        likely = [sa.func.left(WORD.c.word, 2).in_({w[:2] for w in wanted})]
        likely += [sa.func.left(WORD.c.stem, 2).in_({w[:2] for w in wanted})]
        likely += [sa.func.right(WORD.c.stem, 2).in_({w[-2:] for w in wanted})]
        if self._trigrams:
            likely.append(WORD.c.word.op("%")(form))
        away: dict[str, int] = {}
        longest = max(map(len, wanted)) + slips + 4
        rows = sa.select(WORD.c.word, WORD.c.stem).where(sa.or_(*likely), sa.func.length(WORD.c.word) <= longest)
        for word, stem in self.db.execute(rows):
            far = min(spelling.distance(one, other, slips) for one in wanted for other in {word, stem})
            if far <= slips and len(stem) > 2:
                away[word] = far
        return away

    @cached_property
    def _trigrams(self) -> bool:
        return bool(self.db.scalar(sa.text("SELECT to_regclass('ix_search_word_trigrams') IS NOT NULL")))

    def sounding(self, sounds: Iterable[str]) -> Iterable[str]:
        return list(self.db.scalars(sa.select(WORD.c.word).where(WORD.c.sounds.overlap(list(sounds)))))

    def shown(self, lemma: str) -> str:
        if analysis.is_word(lemma):
            return lemma
        row = sa.select(ENTRY.c.words).where(self.visible, self._has([lemma])).order_by(ENTRY.c.content_id).limit(1)
        return next((f for f in (self.db.scalar(row) or "").split() if lemma in analysis.lemmas(f)), lemma)

    # -- order and counts -------------------------------------------------------------------------------------------

    def _hits(self, matched: Condition, pinned: list[int]) -> tuple[Hit, ...]:
        own = any_of(x for word in self.plan.telling for x in word) if self.plan.telling else lexeme(" ")
        rank: Any = sa.func.ts_rank(FIELD_WEIGHTS, ENTRY.c.vector, tsquery(own), 1)
        others = [_name(other) for widening in self.plan.widenings for other in widening.others]
        if others:
            rank = rank + WIDENED * sa.func.ts_rank(FIELD_WEIGHTS, ENTRY.c.vector, tsquery("|".join(others)), 1)
        today = (dt.date.today() - EPOCH).days // 30 * 30
        age = sa.func.greatest(0, today - ENTRY.c.day)
        fresh = sa.case((ENTRY.c.day > 0, sa.func.power(0.5, sa.cast(age, sa.Float) / HALF_LIFE)), else_=0.0)
        spoken = sa.case((ENTRY.c.tokens.contains([f"lang={self.query.language}"]), OWN_LANGUAGE), else_=1.0)
        score = (rank + 1e-6) * (1 + FRESH * fresh + WHOLE * ENTRY.c.whole / 100.0) * spoken
        if pinned:
            first = {number: PINNED * (len(pinned) - n) for n, number in enumerate(pinned)}
            score = sa.case(first, value=ENTRY.c.content_id, else_=score)
        why = sa.case(
            (sa.func.ts_filter(ENTRY.c.vector, sa.text("'{a}'")).op("@@")(tsquery(own)), "title"),
            (sa.func.ts_filter(ENTRY.c.vector, sa.text("'{c,d}'")).op("@@")(tsquery(own)), "text"), else_="topic",
        )  # fmt: skip
        rows = sa.select(ENTRY.c.content_id, score.label("score"), why.label("why")).where(matched)
        rows = rows.order_by(sa.desc("score"), ENTRY.c.content_id.desc())
        shown = self.db.execute(rows.limit(max(0, self.query.limit)).offset(max(0, self.query.offset)))
        return tuple(Hit(number, round(float(points), 6), reason) for number, points, reason in shown)

    def _facets(self, found: Condition) -> dict[str, dict[str, int]]:
        """Counts over all matches; a filtered facet is counted without its own filter."""
        facets = self._grouped(sa.and_(found, *self._filters().values()), ())
        for own in self._filters().keys() - {""}:
            fields = ("country", "place") if own == "place" else (own,)
            facets.update({name: {} for name in fields})
            facets.update(self._grouped(sa.and_(found, *self._filters(but=own).values()), fields))
        return facets

    def _grouped(self, condition: Condition, only: Sequence[str]) -> dict[str, dict[str, int]]:
        chosen = sa.select(sa.func.unnest(ENTRY.c.tokens).label("token")).where(condition).subquery()
        counted = sa.select(chosen.c.token, sa.func.count()).group_by(chosen.c.token)
        grouped: dict[str, dict[str, int]] = {}
        for token, count in sorted(self.db.execute(counted), key=lambda row: (-row[1], row[0])):
            name, _, value = token.partition("=")
            if not only or name in only:
                grouped.setdefault(name, {})[value] = count
        return grouped

    def _searched(self, expanded: Mapping[str, Sequence[str]]) -> list[str]:
        words = [lemma for word in self.plan.words for lemma in word]
        for widening in self.plan.widenings:
            names = expanded.get(widening.phrase, ())
            words += [x for other in widening.others if other.text in names for word in other.words for x in word]
        return list(dict.fromkeys(words))


def _name(other: OtherName) -> str:
    return "(" + "&".join(any_of(lemmas) for lemmas in other.words) + ")"


def suggest(db: Session, text: str, language: str, level: int, kinds: Sequence[str], limit: int) -> list[int]:
    """Ids of visible items whose titles have the words typed, the last one perhaps unfinished; other keyboard too."""
    for forms in readings(text):
        if not forms:
            continue
        conditions = [ENTRY.c.level <= min(2, max(0, level)), ENTRY.c.heads.op("@@")(tsquery(f"{lexeme(forms[-1])}:*"))]
        if forms[:-1]:
            conditions.append(ENTRY.c.vector.op("@@")(tsquery(_weighted(forms[:-1]))))
        if kinds:
            conditions.append(ENTRY.c.tokens.overlap([f"kind={kind}" for kind in kinds]))
        whole = ENTRY.c.heads.op("@@")(tsquery(lexeme(forms[-1])))
        own = ENTRY.c.tokens.contains([f"lang={language}"])
        found = sa.select(ENTRY.c.content_id).where(*conditions)
        found = found.order_by(whole.desc(), own.desc(), ENTRY.c.title_words, ENTRY.c.content_id).limit(limit)
        if ids := list(db.scalars(found)):
            return ids
    return []


def _weighted(forms: Sequence[str]) -> str:
    """All of these words, each in a title."""
    return "&".join("(" + "|".join(f"{lexeme(x)}:A" for x in analysis.lemmas(form)) + ")" for form in forms)
