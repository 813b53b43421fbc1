"""The index as a reader of the change log keeps it: folders and their pointer, catching up, rebuilding, mending.

One write lock for everything that changes what is searched, held while a batch is loaded *and* written, so that the
last writer always wrote the newest state. Searching takes no lock. This file knows no Flask and no Whoosh: it gets two
functions, one that loads documents by id and one that lists what is published.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from . import analysis, engine, suggesting
from .building import Builder
from .engines import Progress, Status
from .entries import entry
from .index import FORMAT, Folder, locked
from .segments import Busy, Memory, Snapshot, Unreadable

if TYPE_CHECKING:
    from hub.api import Change, SearchDocument, SearchPage, SearchQuery

log = logging.getLogger("hub.search")
WAIT = 60.0  # seconds a writer waits for another one
CHUNK = 500  # documents loaded at once
LARGE = 2000  # items from which on reading all words takes noticeably long
REFRESH = 1.0  # seconds until what two commits of one tick of the file system's clock left is seen
Answer = TypeVar("Answer")
Loader = Callable[[Sequence[int]], Mapping[int, "SearchDocument"]]


class Unusable(Unreadable):
    """The index is known to be missing, damaged or outdated: nothing new, nothing to report."""


class WhooshEngine:
    """The index below one folder.

    load: ids → documents of those that are published, read afresh. published: ids of everything published, in batches.
    """

    def __init__(self, root: Path, load: Loader, published: Callable[[], Iterable[list[int]]]) -> None:
        self.root = root
        self._load = load
        self._published = published
        self._memory = Memory()
        self._open_lock, self._folder_lock = threading.Lock(), threading.Lock()
        self._folder: Folder | None = None
        self._snapshot: Snapshot | None = None
        self._looked = float("-inf")
        self._seen: tuple[int, ...] = ()
        self._warm = False

    # -- searching --------------------------------------------------------------------------------------------------

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """The state to search in: what was last committed, by whichever process.

        Raises Unreadable where there is no usable index.
        """
        current, stamp = self._snapshot, self._stamp()
        if current is not None and not fresh and stamp == self._seen and time.monotonic() - self._looked < REFRESH:
            return current
        if current is not None and not fresh and self._open_lock.locked():
            return current  # another thread is opening the newer one; nobody waits for it
        with self._open_lock:
            self._snapshot = self._open()
            self._looked, self._seen = time.monotonic(), stamp
            return self._snapshot

    def _stamp(self) -> tuple[int, ...]:
        """What differs after a commit or a switch of folders, at the price of looking at two names."""
        with suppress(OSError):
            pointer = os.stat(self.root / "current")
            folder = self._folder.path.stat().st_mtime_ns if self._folder else 0
            return pointer.st_ino, pointer.st_mtime_ns, folder
        return ()

    def answer(self, query: SearchQuery, pins: tuple[int, ...] = ()) -> SearchPage | None:
        """Answer a query; None where there is no usable index. Never raises for any text."""
        return self._asked(lambda snapshot: engine.search(snapshot, query, pins))

    def suggest(self, text: str, language: str, level: int, kinds: Sequence[str] = (), limit: int = 8) -> list[int]:
        """Content ids of visible items whose titles go on from the text."""
        return self._asked(lambda snapshot: suggesting.suggest(snapshot, text, language, level, kinds, limit)) or []

    def _asked(self, ask: Callable[[Snapshot], Answer]) -> Answer | None:
        try:
            snapshot = self.snapshot()
            if not self._warm and len(snapshot) > LARGE:
                self._warm = True
                threading.Thread(target=snapshot.warm, name="search-words", daemon=True).start()
            return ask(snapshot)
        except Unusable:
            self._snapshot = None
        except Unreadable as error:
            self._report_damage(error)
        except OSError:
            log.exception("the search index cannot be read")
        return None

    def kinds(self) -> list[str]:
        """The kinds of the items in it."""
        found = self._asked(lambda snapshot: {token for segment, _ in snapshot.segments for token in segment.kinds})
        return sorted(token.partition("=")[2] for token in found or ())

    def refresh(self) -> None:
        """See what was committed until now at the next search, without the second of patience."""
        self._looked = float("-inf")

    def status(self) -> Status:
        """How the index is, without raising."""
        position = self._position()
        try:
            found = self.snapshot(fresh=True)
        except (Unreadable, OSError) as error:
            return Status(position=position, problem=str(error))
        return Status(len(found), len(found.segments), position)

    # -- following the change log -----------------------------------------------------------------------------------

    def read(self, changes: Sequence[Change]) -> None:
        """Bring the items of a batch of changes up to date; doing it twice does no harm.

        An index that cannot be used is rebuilt first. Raises Busy when another writer does not finish in time.
        """
        ids = sorted({change.content_id for change in changes if change.verb != "draft"})
        if self._unusable():
            self.rebuild()
        with self._writing():
            self._write_down_for_rebuild(ids)
            if ids:
                self._replace(self._folder_at(self._current()), ids)
            self._set_position(changes[-1].id if changes else self._position())
        self.refresh()

    def restart(self) -> None:
        """Begin again with an empty index; the log is about to be read from zero."""
        with self._writing():
            old = self._pointed()
            self._point(self._new_folder(0))
            self._remove(old)
        self.refresh()

    def tidy(self) -> int:
        """Compare the index with what is published and mend the difference; answers how many items it concerned.

        Heals what no change tells of: items of a plugin that was off while indexing, a restored backup, lost files.
        """
        if self._unusable():
            return self.rebuild()
        with self._writing():
            folder = self._folder_at(self._current())
            published = {number for ids in self._published() for number in ids}
            indexed = folder.snapshot().numbers()
            missing, surplus = sorted(published - indexed), sorted(indexed - published)
            done = self._replace(folder, surplus) if surplus else 0
            for start in range(0, len(missing), CHUNK):
                done += self._replace(folder, missing[start : start + CHUNK])
            folder.tidy()
            self._sweep()
        self.refresh()
        return done

    def rebuild(self, progress: Progress = lambda done: None) -> int:
        """Make the whole index anew beside the old one, then switch; answers how many documents it holds.

        Searching goes on in the old one. What changes meanwhile is written into the old one and written down, and
        done again in the new one before the switch. Raises Busy where another rebuild is going on.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / "rebuild.lock", 0.0):
            with self._writing():
                self._journal().write_text("")
                fresh = self._new_folder(0)
            try:
                self._fill(fresh, progress)
                with self._writing():
                    return self._switch(fresh)
            except BaseException:
                self._remove(fresh.path)
                raise
            finally:
                self._journal().unlink(missing_ok=True)
                self.refresh()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _report_damage(self, error: Unreadable) -> None:
        """Note that a search met damage, where every process can see it; the next batch or tidying rebuilds."""
        log.error("the search index is damaged and will be rebuilt: %s", error)
        self._snapshot, folder = None, self._folder
        with suppress(OSError):
            if folder is not None and folder.path.is_dir():
                (folder.path / "damaged").write_text(str(error), encoding="utf-8")

    def _fill(self, folder: Folder, progress: Progress) -> None:
        done = 0
        with Builder(folder) as builder:
            for ids in self._published():
                builder.add(list(self._load(ids).values()))
                done += len(ids)
                progress(done)

    def _switch(self, fresh: Folder) -> int:
        """Under the write lock: do again what changed during the rebuild, then let everybody use the new index."""
        numbers = sorted({int(line) for line in self._journal().read_text().split()})
        for start in range(0, len(numbers), CHUNK):
            self._replace(fresh, numbers[start : start + CHUNK])
        old, position = self._pointed(), self._position()
        _write(fresh.path / "about.json", self._about(position))
        self._point(fresh)
        self._remove(old)
        self._sweep_folders()
        return len(fresh.snapshot())

    def _replace(self, folder: Folder, ids: Sequence[int]) -> int:
        found = self._load(ids)
        known = folder.snapshot().numbers() if not found else set()
        if found or known & set(ids):  # nothing published and nothing indexed: no commit for nothing
            folder.write([entry(document) for document in found.values()], gone=ids)
            return len(ids)
        return 0

    def _write_down_for_rebuild(self, ids: Sequence[int]) -> None:
        if self._journal().exists():
            with self._journal().open("a") as journal:
                journal.write("".join(f"{number}\n" for number in ids))

    def _open(self) -> Snapshot:
        for attempt in range(3):
            path = self._current()
            if (path / "damaged").exists():
                raise Unusable((path / "damaged").read_text(encoding="utf-8") or "damaged")
            try:
                return self._folder_at(path).snapshot()
            except Unreadable:  # perhaps a rebuild switched folders between the two lines
                if attempt == 2 or self._current() == path:
                    raise
        raise AssertionError  # unreachable

    def _folder_at(self, path: Path) -> Folder:
        with self._folder_lock:
            if self._folder is None or self._folder.path != path:
                self._folder = Folder(path, self._memory)
            return self._folder

    def _writing(self) -> AbstractContextManager[None]:
        """The write lock, waited for."""
        self.root.mkdir(parents=True, exist_ok=True)
        return locked(self.root / "write.lock", WAIT)

    def _unusable(self) -> bool:
        """Whether the index is missing, damaged, of another format or made with other dictionaries."""
        try:
            made_with = json.loads((self._current() / "about.json").read_text(encoding="utf-8"))["analysis"]
            self.snapshot(fresh=True)
        except (Unreadable, FileNotFoundError, ValueError, KeyError):
            return True
        return bool(made_with != analysis.fingerprint())

    def _pointed(self) -> Path | None:
        """The folder the pointer names, whether it is any good or not."""
        with suppress(FileNotFoundError):
            name = (self.root / "current").read_text(encoding="utf-8").strip()
            if name and name == Path(name).name:
                return self.root / name
        return None

    def _current(self) -> Path:
        path = self._pointed()
        if path is None or not path.is_dir():  # a restored instance has the pointer, and no index: it is no part of a backup
            raise Unusable("there is no index yet")
        if not path.name.startswith(f"{FORMAT}-"):
            raise Unusable("it was made by another version")
        return path

    def _new_folder(self, position: int) -> Folder:
        self.root.mkdir(parents=True, exist_ok=True)
        numbers = [int(tail) for p in self.root.iterdir() if (tail := p.name.rpartition("-")[2]).isdigit()]
        folder = Folder.create(self.root / f"{FORMAT}-{max(numbers, default=0) + 1}", self._memory)
        _write(folder.path / "about.json", self._about(position))
        _write(folder.path / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55")  # no part of a backup
        return folder

    def _point(self, folder: Folder) -> None:
        _write(self.root / "current", folder.path.name)

    def _remove(self, path: Path | None) -> None:
        """Delete a folder; processes that still search in it have its files open and keep them."""
        if path is not None and path != self._pointed():
            shutil.rmtree(path, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what a killed rebuild left behind, unless one is running."""
        with suppress(Busy), locked(self.root / "rebuild.lock", 0.0):
            self._journal().unlink(missing_ok=True)
            self._sweep_folders()

    def _sweep_folders(self) -> None:
        for path in self.root.iterdir():
            if path.is_dir() and path.name.rpartition("-")[2].isdigit():
                self._remove(path)

    def _journal(self) -> Path:
        return self.root / "rebuild.journal"

    def _about(self, position: int) -> str:
        return json.dumps({"position": position, "analysis": analysis.fingerprint()})

    def _position(self) -> int:
        """The last change that is certainly in the index (0 where unknown: everything may be read again)."""
        path = self._pointed()
        try:
            return int(json.loads((path / "about.json").read_text(encoding="utf-8"))["position"]) if path else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _set_position(self, position: int) -> None:
        about = self._current() / "about.json"
        _write(about, json.dumps({**json.loads(about.read_text(encoding="utf-8")), "position": position}))


def _write(path: Path, text: str) -> None:
    """Replace a small file in one step that survives a power cut."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
