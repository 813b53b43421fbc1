"""Fixtures of the content and site rooms."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from making import at_most, copy_instance

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def plain_app(hub_instances):
    """An application without plugins, for reading only."""
    from hub.app import create_app

    app = create_app(hub_instances.make([]), strict=True)
    app.testing = True
    return app


@pytest.fixture(scope="session")
def demo_folder(hub_instances, pytestconfig) -> Path:
    """An instance with topics, pages and the demo content; copy it before writing."""
    from hub.app import create_app
    from hub.content import changes, seeding
    from hub.store.db import engine, session, writing

    folder = hub_instances.make(pytestconfig.getini("hub_plugins"), start=True)
    app = create_app(folder, strict=True)
    with app.app_context(), writing():
        report = seeding.load_demo(session())
        assert not report.problems and report.created > 20
        changes.run_readers()
        engine().dispose()
    return folder


@pytest.fixture(scope="session")
def demo_app(demo_folder, tmp_path_factory):
    """The demo, for reading only."""
    from hub.app import create_app

    app = create_app(copy_instance(demo_folder, tmp_path_factory.mktemp("demo") / "instance"), strict=True)
    app.testing = True
    return app


@pytest.fixture
def demo_copy(demo_folder, tmp_path):
    """A demo of one's own, to write into."""
    from hub.app import create_app
    from hub.store.db import engine

    app = create_app(copy_instance(demo_folder, tmp_path / f"demo-{next(_numbers)}"), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        engine().dispose()


@pytest.fixture
def searching(pytestconfig) -> bool:
    """Whether a search engine takes part in this run."""
    return "search" in pytestconfig.getini("hub_plugins")


@pytest.fixture
def timed():
    """`with timed(5):` fails where the block takes longer."""
    return at_most


@pytest.fixture
def gear_app(new_hub, pytestconfig):
    """An application whose kind "gear" has every field type and every audience."""
    source = (Path(__file__).parent / "gear.py.txt").read_text()
    return new_hub([*pytestconfig.getini("hub_plugins"), "gear"], files={"plugins/gear.py": source}, start=True)
