"""Fixtures come from the installed pytest plugin `hub.testing.fixtures`; here is only what this repository adds."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import command, run_hub  # noqa: F401
from servers import postgres_url, redis_server  # noqa: F401
from sqlalchemy.util import LRUCache

SHARED = Path(__file__).resolve().parents[2] / "shared" / "fixtures"


@pytest.fixture
def real_data():
    """A function to a file of the shared real data; skips with a reason where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"no real data at {path}")
        return path

    return find


@pytest.fixture
def hub_postgres(request):
    """For the conformance kit: an empty database of the throw-away server."""
    server = request.getfixturevalue("postgres_url")
    url = server.new_database()
    yield url
    server.drop(url)


@pytest.fixture(autouse=True)
def _only_this_machine(no_network):
    """No test of ours talks to the outside."""


@pytest.fixture(autouse=True)
def _no_window_ends(monkeypatch):
    """Rate limits count in windows of the clock: a test begins in the middle of each, so that none ends meanwhile."""
    from hub.work import limits

    now, ahead = limits.now, dt.timedelta(seconds=330 - time.time() % 600)
    monkeypatch.setattr(limits, "now", lambda: now() + ahead)


@pytest.fixture(autouse=True, scope="session")
def usual_wait():
    """Forms that take as long whoever asks take no time here; answers how many seconds it would be, for the test of it."""
    from hub.people import accounts

    usual, accounts.SLOWEST = accounts.SLOWEST, 0.0
    return usual


@pytest.fixture(autouse=True, scope="session")
def _made_once():
    """Of a thousand applications in a process each would compile the same statements for its own SQLite, and look through
    what is installed."""
    from hub.plugins import host
    from hub.store import db

    installed = functools.cache(lambda _where, look, **which: look(**which))
    host.entry_points = functools.partial(lambda look, **which: installed(tuple(sys.path), look, **which), host.entry_points)

    kind, compiled, prepare = type(sa.create_engine("sqlite://").dialect), LRUCache(5000), db.prepare_engine
    kind.__hash__, kind.__eq__ = lambda _: hash(kind), lambda one, other: type(one) is type(other)

    def prepared(engine):
        prepare(engine)
        if engine.dialect.name == "sqlite":
            engine._compiled_cache = compiled

    db.prepare_engine = prepared


@pytest.fixture(autouse=True, scope="session")
def _pytest_as_plugin_authors_have_it():
    """What a test calls as pytest leaves out the tools for fuzzing, which take it 1.5 s to load."""
    os.environ["PYTEST_ADDOPTS"] = "-p no:schemathesis -p no:hypothesispytest"


SAMPLE = ("hub_partners", "hub_suggest", "hub_editor", "hub_covers")  # plugins that `make test` holds against the whole kit
FIRST = ("test_tutorial.py", "test_kill.py", "test_scaffold.py", "test_matrix.py", "test_kit.py")
WALKS = ("imports_nothing_heavy", "postgresql", "obey_audience", "off_is_gone", "hostile", "every_page", "state_changes", "gaps", "looking", "demo_twice", "export_and", "ask_nobody")


def pytest_configure():
    """Thousands of small databases are written: in memory, where there is enough of it. And looked through for garbage rarely."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 6_000_000_000:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    gc.set_threshold(100_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Browser tests come last: Playwright leaves an event loop running that other tests must not meet. Files of few and
    long tests come first, so that of two workers none is left alone with one of them. Of the conformance kit's long
    walks `make test` makes those through a sample of the plugins."""
    items.sort(key=lambda item: ("browser" in item.path.parts, item.path.name not in FIRST))
    for item in items:
        walks = item.path.name == "test_conformance.py" and any(walk in item.name for walk in WALKS)
        if walks and not any(f"[{name}]" in item.name for name in SAMPLE):
            item.add_marker(pytest.mark.long)


def pytest_report_header(config):
    """What the closing line of a short run stands for."""
    if config.option.markexpr == "not long":
        return f"a sample of each long suite with fixed seeds; the kit's long walks through {', '.join(SAMPLE)}; all of it: make test-all"
