"""The index on disk: folders that one writer at a time changes by commits. With segments.py the only file that knows
Whoosh, so that another engine could take its place.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh import columns, fields, writing
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.reading import SegmentReader
from whoosh.util.filelock import FileLock, try_for

from .bulk import Inverted, Lemmas, take_over
from .entries import FIELDS, Entry
from .segments import Busy, Memory, Segment, Snapshot, Unreadable, damage_is_told, load

FORMAT = 2  # raise it when what is stored changes: indexes of another format are rebuilt by themselves
MERGE_COUNT, MERGE_AT_ONCE, MERGE_LATER = 8, 64, 1024  # see _merge_policy


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold a lock between processes and threads; it dies with its holder. Raises Busy when it is not free in time."""
    lock = FileLock(str(path))
    if not try_for(lock.acquire, timeout=seconds, delay=0.05):
        raise Busy(f"another process holds {path.name}")
    try:
        yield
    finally:
        lock.release()


def _schema() -> Any:
    facts, words = fields.COLUMN(columns.VarBytesColumn()), fields.COLUMN(columns.VarBytesColumn())
    return fields.Schema(facts=facts, words=words, heads=Lemmas(), **{name: Lemmas() for name in FIELDS})


class Folder:
    """One index in one folder: write batches into it (one writer at a time), take snapshots of it (any number)."""

    def __init__(self, path: Path, memory: Memory | None = None) -> None:
        self.path = path
        self.memory = memory or Memory()
        self._segments: dict[str, Segment] = {}
        self._synced: set[str] = set()
        self._snapshot: Snapshot | None = None
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, memory: Memory | None = None) -> Folder:
        """Make an empty index; its folder must not exist."""
        path.mkdir(parents=True)
        FileStorage(str(path)).create_index(_schema())
        return cls(path, memory)

    def snapshot(self) -> Snapshot:
        """The newest committed state. Raises Unreadable when the index cannot be opened."""
        for attempt in range(5):
            try:
                with self._lock, damage_is_told():
                    return self._open()
            except Unreadable:  # a writer may have deleted files between our looking and our opening
                if attempt == 4 or not self.path.is_dir():
                    raise
                time.sleep(0.02 * (attempt + 1))
        raise AssertionError  # unreachable

    def write(self, entries: Iterable[Entry], gone: Iterable[int] = (), *, merge: bool = True) -> None:
        """Replace or add entries and take out what is gone, in one commit that is on disk when this returns."""
        policy = _merge_policy(MERGE_AT_ONCE) if merge else writing.NO_MERGE
        entries = list({e.number: e for e in entries}.values())
        known = self.snapshot()
        with damage_is_told():
            writer, pool = self._writer()
            try:
                _delete(writer, known, {*gone, *(e.number for e in entries)})
                for e in entries:
                    for name, counts in (*e.counts.items(), ("heads", dict.fromkeys(e.heads, 1))):
                        pool.put(name, writer.docnum, counts)
                    writer.add_document(facts=e.facts(), words=e.packed())
            except BaseException:
                writer.cancel()
                raise
            writer.commit(mergetype=policy)
        self._sync()

    def adopt(self, parts: Iterable[Path]) -> None:
        """Take over the segments of other folders (made by `create`, written, and no longer used), in one commit."""
        storage = FileStorage(str(self.path))
        with damage_is_told():
            toc = TOC.read(storage, "MAIN", schema=_schema())
            segments = list(toc.segments)
            for part in parts:
                segments += TOC.read(FileStorage(str(part)), "MAIN", schema=_schema()).segments
                for file in part.iterdir():
                    if file.name.startswith("MAIN_"):
                        file.rename(self.path / file.name)
            TOC(_schema(), segments, toc.generation + 1).write(storage, "MAIN")
        self._sync()

    def tidy(self) -> None:
        """Merge segments of middle size and free the space of deleted documents, a bounded amount at a time."""
        with damage_is_told():
            self._writer()[0].commit(mergetype=_merge_policy(MERGE_LATER))
        self._sync()

    def _writer(self) -> tuple[Any, Inverted]:
        # no compound files: Whoosh would copy each of them into memory when it opens it (10 kB a document, measured)
        writer = FileIndex(FileStorage(str(self.path)), schema=_schema()).writer(compound=False)
        return writer, take_over(writer)

    def _open(self) -> Snapshot:
        storage = FileStorage(str(self.path))
        if self._snapshot and TOC._latest_generation(storage, "MAIN") == self._snapshot.generation:
            return self._snapshot
        toc = TOC.read(storage, "MAIN", schema=_schema())
        kept: dict[str, Segment] = {}
        parts = []
        for part in toc.segments:
            name = part.segment_id()
            kept[name] = self._segments.get(name) or load(name, SegmentReader(storage, toc.schema, part))
            parts.append((kept[name], frozenset(part.deleted_docs())))
        self._segments = kept
        total = max(1, sum(len(s.numbers) for s in kept.values()))
        average = {name: sum(sum(s.lengths[name]) for s in kept.values()) / total for name in FIELDS}
        self._snapshot = Snapshot(toc.generation, tuple(parts), self.memory, average)
        return self._snapshot

    def _sync(self) -> None:
        """Flush new files to the disk itself: the reader's cursor must never be ahead of what a power cut leaves."""
        present = set(os.listdir(self.path))
        for name in present - self._synced:
            if name.startswith(("MAIN_", "_MAIN_")) and not name.endswith("LOCK"):
                _fsync(self.path / name)
        _fsync(self.path)
        self._synced = present


def _fsync(path: Path) -> None:
    if sys.platform == "win32" and path.is_dir():
        return  # folders cannot be flushed there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _delete(writer: Any, known: Snapshot, numbers: set[int]) -> None:
    """Mark documents deleted; the snapshot must be of the generation the writer builds on."""
    if writer.generation != known.generation + 1:
        raise Busy("somebody else wrote the index without our lock")
    base = 0
    for segment, deleted in known.segments:
        for number in segment.where.keys() & numbers:
            if segment.where[number] not in deleted:
                writer.delete_document(base + segment.where[number])
        base += len(segment.numbers)


def _merge_policy(below: int) -> Callable[[Any, list[Any]], list[Any]]:
    """Merge eight segments of one size class under `below` documents.

    Merging costs about 4 ms a document. An update merges tiny segments only (below 64: two seconds at the worst, now
    and then), housekeeping the middle ones; large ones stay as they are, so no cost grows with the index.
    """

    def policy(writer: Any, segments: list[Any]) -> list[Any]:
        classes: dict[int, list[Any]] = {}
        merged = []
        for segment in segments:
            alive = segment.doc_count_all() - segment.deleted_count()
            if alive == 0 or (below > MERGE_AT_ONCE and alive < segment.deleted_count()):
                merged.append(segment)  # little or nothing is left of it
            elif alive < below:
                classes.setdefault(int(math.log(alive, MERGE_COUNT) + 1e-9), []).append(segment)
        merged += [s for members in classes.values() if len(members) >= MERGE_COUNT for s in members[:MERGE_COUNT]]
        for segment in merged:
            if segment.doc_count_all() > segment.deleted_count():
                reader = SegmentReader(writer.storage, writer.schema, segment)
                writer.add_reader(reader)
                reader.close()
        return [segment for segment in segments if segment not in merged]

    return policy
