"""Making a whole index: portions of documents are analysed and written by several processes, then taken over at once."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import TYPE_CHECKING

from . import analysis
from .entries import entry
from .index import Folder

if TYPE_CHECKING:
    from hub.api import SearchDocument

log = logging.getLogger("hub.search")
PORTION = 12_000_000  # characters of text (some thousand items, 150 MB) that are written in one go
PROCESSES = min(4, os.cpu_count() or 1)


class Builder:
    """`with Builder(folder) as builder: builder.add(documents)`; everything is in the folder at the end.

    One portion is written in this process; where there are more, others help, if they can be started.
    """

    def __init__(self, folder: Folder, processes: int = PROCESSES, portion: int = PORTION) -> None:
        self._folder, self._processes, self._portion = folder, processes, portion // max(1, processes)
        self._waiting: list[SearchDocument] = []
        self._size = self._count = 0
        self._pool: ProcessPoolExecutor | None = None
        self._running: deque[tuple[Future[None], Path, list[SearchDocument]]] = deque()
        self._done: list[Path] = []

    def __enter__(self) -> Builder:
        return self

    def add(self, documents: list[SearchDocument]) -> None:
        self._waiting += documents
        self._size += sum(len(part) for d in documents for text in d.texts.values() for part in text)
        if self._size > self._portion:
            self._send()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                if self._waiting:
                    self._send(last=True)
                while self._running:
                    self._collect()
                self._folder.adopt(self._done)
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=error is None, cancel_futures=True)
            for number in range(1, self._count + 1):
                rmtree(self._path(number), ignore_errors=True)

    def _send(self, last: bool = False) -> None:
        documents, self._waiting, self._size = self._waiting, [], 0
        self._count += 1
        path = self._path(self._count)
        if (last and self._count == 1) or not self._start():
            write_part(path, documents)
            self._done.append(path)
            return
        assert self._pool is not None
        with suppress(BrokenProcessPool, RuntimeError):
            self._running.append((self._pool.submit(write_part, path, documents), path, documents))
            if len(self._running) > self._processes:
                self._collect()
            return
        self._alone(path, documents)

    def _collect(self) -> None:
        future, path, documents = self._running.popleft()
        try:
            future.result()
            self._done.append(path)
        except BrokenProcessPool:
            self._alone(path, documents)

    def _alone(self, path: Path, documents: list[SearchDocument]) -> None:
        log.warning("a helping process ended early; the index is written without it")
        self._processes = 1
        rmtree(path, ignore_errors=True)
        write_part(path, documents)
        self._done.append(path)

    def _start(self) -> bool:
        if self._pool is None and self._processes > 1:
            try:
                self._pool = ProcessPoolExecutor(
                    self._processes, multiprocessing.get_context("spawn"), analysis.remember, (analysis.known(),)
                )
            except (OSError, ImportError, NotImplementedError):  # no semaphores here
                self._processes = 1
        return self._processes > 1

    def _path(self, number: int) -> Path:
        return self._folder.path / f"part-{number}"


def write_part(path: Path, documents: list[SearchDocument]) -> None:
    """Analyse documents and write them into a folder of their own."""
    Folder.create(path).write([entry(document) for document in documents], merge=False)
