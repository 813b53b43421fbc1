"""Import: every row taken or reported with its reason; a second run of the same file changes nothing.

A row that carries a whole document (from `hub export`) is taken as it is; flat rows are mapped column by column. Rows
are read and checked without a transaction and written in chunks, new ones with a few statements per chunk; so the site
stays writable and a crash keeps what was committed. Rows are found again by uid or by source and external id.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa

from hub.api import Content, ContentType, Faults, content_type, gettext, instance, items, session, writing

from .known import Known, keys_of, laid_over
from .mapping import Mapping, label_of
from .models import Batch, Row
from .picturing import Pictures
from .reading import Numbered
from .shape import need_form

CHUNK = 500
TITLE = 120  # so much of a row's title stands in the report
TURN = 0.15  # seconds: longer than SQLite's waiting writers sleep between two looks; without it none gets its turn
_UNFIT = re.compile("[\x00-\x1f\ud800-\udfff]")
EXPECTED = (ValueError, TypeError, AttributeError, KeyError, OverflowError, sa.exc.SQLAlchemyError)


@dataclass
class Report:
    """What an import did. problems: (row number, title or id, reason)."""

    batch: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    pictures: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass
class Checked:
    """A row that was read: its document, and the item it would be if it is new; or what is wrong with it. whole: it is a
    document; worded: its topics are words, of which topics are made where there is none."""

    number: int
    ctype: ContentType | None = None
    doc: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    worded: bool = True
    title: str = ""
    fresh: items.Fresh | None = None
    fault: Exception | None = None

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """By what the item is known: its uid, its source."""
        if self.ctype is None:
            return []
        found: list[tuple[str, ...]] = [(str(self.doc["uid"]),)] if self.doc.get("uid") else []
        if self.doc.get("external_id"):
            found.append((self.ctype.kind, str(self.doc.get("origin") or ""), str(self.doc["external_id"])))
        return found


@dataclass
class Importer:
    """One run over one file. batch: go on with this import after an interruption; labels: name fields as the desk does;
    tell: called with (row, title, outcome, reason, uid) of every row; progress: called in the transaction of each chunk."""

    ctype: ContentType | None
    origin: str
    mapping: Mapping | None = None
    status: str = "published"
    author_id: int | None = None
    dry_run: bool = False
    batch: int = 0
    labels: bool = False
    tell: Callable[[int, str, str, str, str], None] | None = None
    progress: Callable[[Report], None] | None = None
    report: Report = field(default_factory=Report)
    _late: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)
    _done: dict[int, tuple[str, int]] = field(default_factory=dict)
    _told: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    _made: int = 0
    _pictures: Pictures = field(init=False)
    _released: float = 0.0

    def run(self, file: str, rows: Iterable[Numbered]) -> Report:
        """Take every row; the report says what became of each."""
        stream = iter(rows)
        self._begin(file)
        self._pictures = Pictures(self._with_picture, self.batch, dry_run=self.dry_run)
        with items.gathering():
            while chunk := [self.check(number, row) for number, row in self._pictures.settle(islice(stream, CHUNK))]:
                self._in_turn(self._take, chunk)
            for part in _chunks(self._late, 100):
                self._in_turn(self._link, part)
        self.report.notes += self.mapping.warnings() if self.mapping and self.report.created else []
        if not self.dry_run and not (self.report.created or self.report.updated or self.report.pictures):
            self._forget_batch()
        return self.report

    def _begin(self, file: str) -> None:
        if self.dry_run:
            return
        with writing():
            db = session()
            if self.batch:
                known = sa.select(Row.row, Row.action, Row.content_id).where(Row.batch_id == self.batch)
                self._done = {row.row: (row.action, row.content_id) for row in db.execute(known)}
                self._made = max((-number for number in self._done), default=0)
            else:
                made = Batch(kind=self.ctype.kind if self.ctype else "all", file=file[:300], author_id=self.author_id)
                db.add(made)
                db.flush()
                self.batch = made.id
            self.report.batch = self.batch
            if self.progress:
                self.progress(self.report)
            items.commit()
        self._released = time.monotonic()

    def _forget_batch(self) -> None:
        with writing():
            session().execute(sa.delete(Batch).where(Batch.id == self.batch))
            items.commit()
        self.report.batch = 0

    def _with_picture(self) -> None:
        self.report.pictures += 1
        if self.progress:
            self.progress(self.report)

    def _in_turn(self, work: Callable[[list[Any]], None], part: list[Any]) -> None:
        """Write one chunk in a transaction of its own, and let others write before it."""
        db = session()
        if db.get_bind().dialect.name == "sqlite":
            time.sleep(max(0.0, self._released + TURN - time.monotonic()))
        with writing():
            work(part)
            if self.progress:
                self.progress(self.report)
            if self.dry_run:
                items.rollback()
            else:
                items.commit()
            db.expunge_all()
        self._released = time.monotonic()

    # -- reading ----------------------------------------------------------------------------------------------------

    def check(self, number: int, row: dict[str, Any] | Exception) -> Checked:
        """Read and check one row; asks no database."""
        found = Checked(number)
        try:
            if isinstance(row, Exception):
                raise row
            if row.get("kind") == "topic" and "topic" in row:
                found.doc = row
                return found
            self._read(found, row)
            if found.ctype is not None:
                hold = self.status == "draft" and found.doc.get("status") == "published"
                found.fresh = items.prepare(found.ctype.kind, found.doc | ({"status": "draft"} if hold else {}), self.status)
        except (Faults, *EXPECTED) as error:
            found.fault = error
        return found

    def _read(self, found: Checked, row: dict[str, Any]) -> None:
        if "texts" in row and "kind" in row:
            ctype = content_type(str(row["kind"]))
            if ctype is None:
                raise ValueError(gettext("the kind '%(kind)s' is not switched on here", kind=row["kind"]))
            if self.ctype and ctype.kind != self.ctype.kind:
                raise ValueError(gettext("this is a %(kind)s, not a %(wanted)s", kind=row["kind"], wanted=self.ctype.kind))
            blank: dict[str, Any] = {"topics": [], "places": [], "links": {}, "data": {}, "texts": {}}
            found.whole = True
            need_form(row)
            found.doc, found.worded = {**blank, **row}, "topic_words" in row
            if found.worded:
                found.doc["topics"] = list(found.doc.pop("topic_words"))
        elif self.ctype is None or self.mapping is None:
            raise ValueError(gettext("only rows written by `hub export all` can be imported without naming a kind"))
        else:
            ctype = self.ctype
            found.doc = self.mapping.document(ctype, row)
            found.doc["origin"] = found.doc.get("origin") or self.origin
        for name in ("uid", "origin", "external_id"):  # rows are looked up by these: no database takes such characters
            if _UNFIT.search(str(found.doc.get(name) or "")):
                raise ValueError(gettext("%(name)s has characters that cannot be stored", name=name))
        if Content(origin=found.doc.get("origin") or "").elsewhere:
            raise ValueError(gettext("entries of other hubs come by following them, not from a file"))
        found.ctype = ctype
        found.title = " ".join(next((str(t.get("title") or "") for t in found.doc["texts"].values()), "").split())[:TITLE]

    # -- writing ----------------------------------------------------------------------------------------------------

    def _take(self, chunk: list[Checked]) -> None:
        known = Known([key for row in chunk for key in row.keys])
        waiting: list[Checked] = []
        for row in chunk:
            self.report.rows += 1
            try:
                if row.ctype is None and row.fault is None:
                    with items.attempt():
                        items.put_topic(row.doc["topic"])
                    self._say(row, "unchanged")
                    continue
                if row.ctype is None:
                    raise row.fault or ValueError
                content = known.of(row.keys, row.ctype)
                if content is not None and content.elsewhere:
                    raise ValueError(gettext("this entry lives at another hub and is changed there"))
                self.note_keys(row, content)
                if row.number in self._done:
                    self._count_again(row, content)
                elif content is None:
                    if row.fault is not None or row.fresh is None:
                        raise row.fault or ValueError
                    waiting.append(row)
                else:
                    self._create(waiting)
                    self._update(row, content, known.document(content))
            except (Faults, *EXPECTED) as error:
                self._refuse(row, error)
        self._create(waiting)
        self._pictures.give((number, uid) for number, _, _, _, uid in self._told)
        self._tell_in_order()

    def note_keys(self, row: Checked, content: Content | None = None) -> None:
        """Remember by what a row is known. Raises ValueError where an earlier row is known by the same."""
        keys = row.keys + (keys_of(content) if content else [])
        for key in keys:
            if key in self._seen:
                raise ValueError(gettext("the same id stands in row %(row)s already", row=self._seen[key]))
        self._seen.update(dict.fromkeys(keys, row.number))

    def _count_again(self, row: Checked, content: Content | None) -> None:
        """A row that was taken before an interruption; its links may have been left for the end."""
        action, content_id = self._done[row.number]
        if row.doc.get("links") or row.doc.get("owner"):
            self._late.append((row.number, content_id, _ends_of(row.doc)))
        self._say(row, action, content.uid if content else "")

    def _create(self, waiting: list[Checked]) -> None:
        """Make what waits, together; where the database refuses, one by one, so that the others are kept."""
        try:
            with items.attempt():
                self._insert(waiting)
        except EXPECTED:
            for row in waiting:
                try:
                    with items.attempt():
                        self._insert([row])
                except EXPECTED as error:
                    self._refuse(row, error)
                else:
                    self._say(row, "created")
        else:
            for row in waiting:
                self._say(row, "created")
        waiting.clear()

    def _insert(self, rows: list[Checked]) -> None:
        many = [row.fresh for row in rows if row.fresh is not None]
        self._set_topics(
            [(row.fresh.doc, row.doc["topics"]) for row in rows if row.fresh is not None and row.worded]
        )
        items.create_many(many, author_id=self.author_id, batch_id=self.batch or None)
        kept = [
            {"batch_id": self.batch, "row": row.number, "content_id": row.fresh.id, "action": "created", "version": row.fresh.version}
            for row in rows if row.fresh is not None
        ]  # fmt: skip
        if kept and not self.dry_run:
            session().execute(sa.insert(Row), kept)

    def _update(self, row: Checked, content: Content, before: dict[str, Any]) -> None:
        with items.attempt():
            if row.worded:
                self._set_topics([(row.doc, row.doc["topics"])])
            merged = laid_over(before, row.doc) if row.worded else row.doc  # exports say all, others what they know
            changed = items.settle(content, merged, before, author_id=self.author_id)
            if changed and not self.dry_run:
                session().add(Row(
                    batch_id=self.batch, row=row.number, content_id=content.id, action="updated", version=content.version, before=before,
                ))  # fmt: skip
        if changed:
            wanted = sum(len(ends) for name, ends in merged["links"].items() if row.ctype and row.ctype.relation(name))
            if wanted > len(content.links) or (merged.get("owner") and not content.owner_id):
                self._late.append((row.number, content.id, _ends_of(merged)))
        self._say(row, "updated" if changed else "unchanged", content.uid)

    def _set_topics(self, docs: list[tuple[dict[str, Any], list[str]]]) -> None:
        """Write the slugs of topics into documents; those made here are noted, so that undo can take them back."""
        spoken = [(next(iter(doc["texts"]), items.site()["languages"][0]), words) for doc, words in docs]
        found: dict[str, tuple[str, int]] = {}
        for language in dict.fromkeys(code for code, _ in spoken):  # a new topic is named in the language of the entry
            wanted = [word for code, words in spoken if code == language for word in words if word not in found]
            named = self.mapping.language if self.mapping else language
            found |= items.topic_slugs(wanted, named) if wanted else {}
        for number in dict.fromkeys(made for _, made in found.values() if made):
            self._made += 1
            if not self.dry_run:
                session().add(Row(batch_id=self.batch, row=-self._made, content_id=number, action="topic"))
        for doc, words in docs:
            doc["topics"] = list(dict.fromkeys(found[word][0] for word in words))

    def _link(self, part: list[tuple[int, int, dict[str, Any]]]) -> None:
        """Links may lead to rows further down: those that found nothing are tried again at the end."""
        for number, content_id, doc in part:
            content = session().get(Content, content_id)
            if content is not None:
                lost = items.relink(content, doc)
            elif self.dry_run:  # nothing was made; what this very file brings will be found
                ends = [f"{name}: {end}" for name, several in (doc["links"] or {}).items() for end in several]
                lost = [end for end in ends if not self._is_in_file(end.partition(": ")[2])]
            else:
                continue
            self.report.notes += [
                gettext("row %(row)s: %(target)s is not here", row=number, target=target) for target in lost
            ]

    def _is_in_file(self, end: str) -> bool:
        origin, _, external = end.partition(":")
        return any(key == (end,) or key[1:] == (origin, external) for key in self._seen) or bool(
            items.find_many([end], [])
        )

    # -- telling ----------------------------------------------------------------------------------------------------

    def _say(self, row: Checked, outcome: str, uid: str = "") -> None:
        setattr(self.report, outcome, getattr(self.report, outcome) + 1)
        if outcome == "created" and row.fresh is not None and row.fresh.id:
            uid = row.fresh.uid
            if row.fresh.lost:
                self._late.append((row.number, row.fresh.id, _ends_of(row.doc)))
        self._told.append((row.number, row.title, outcome, "", uid))

    def _refuse(self, row: Checked, error: Exception) -> None:
        if instance.outage(error) is not None:  # no row's fault; SQLite may have taken back what was said to be made
            raise error
        reason = why(error, row.ctype if self.labels else None)
        self._told.append((row.number, row.title, "problem", reason, ""))

    def _tell_in_order(self) -> None:
        """New rows were made after those that are wrong were found; people read from the top."""
        for number, title, outcome, reason, uid in sorted(self._told, key=lambda told: told[0]):
            if outcome == "problem":
                self.report.problems.append((number, title, reason))
            elif lost := self._pictures.lost.pop(number, []):
                reason = "; ".join(lost)
                self.report.notes += [gettext("“%(title)s”: %(what)s", title=title, what=words) for words in lost]
            if self.tell:
                self.tell(number, title, outcome, reason, uid)
        self._told.clear()


def why(error: Exception, ctype: ContentType | None = None) -> str:
    """What is wrong with a row, as a sentence. ctype: name fields by their labels, as people in the desk know them."""
    if isinstance(error, Faults):
        named = {name: label_of(ctype, name) if ctype else name for name in error.faults}
        return "; ".join(f"{named[name]}: {text}" for name, text in error.faults.items())
    if isinstance(error, sa.exc.SQLAlchemyError):
        return _refusal(error)
    if isinstance(error, UnicodeError):
        return gettext("it has characters that cannot be stored")
    return str(error) if isinstance(error, ValueError) else gettext("this row has another form than an entry")


def _refusal(error: sa.exc.SQLAlchemyError) -> str:
    """Why the database took no row, in words; its own stand behind them, for whoever looks it up."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    if isinstance(error, sa.exc.IntegrityError):
        told = gettext("it contradicts what is there already, perhaps an entry of the same id")
    elif isinstance(error, sa.exc.DataError):
        told = gettext("a value is too long or has another form than its field")
    else:
        told = gettext("the database cannot keep this row")
    return f"{told} ({said[:200]})"


def _ends_of(doc: dict[str, Any]) -> dict[str, Any]:
    return {"links": doc.get("links") or {}, "owner": doc.get("owner")}


def _chunks(many: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(many), size):
        yield many[start : start + size]
