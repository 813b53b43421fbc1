"""What tests of plugins share: an application on either database, programs with tokens, a server that plays receiver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from making_fixtures import *  # noqa: F403
from programs import Program, Receiver, token_for


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_hub(request: pytest.FixtureRequest, hub_instances: Any) -> Iterator[Callable[..., Any]]:
    """A function that makes an application, plugins and their tables included, on SQLite and in a second run on PostgreSQL."""
    from hub.app import create_app
    from hub.store.db import engine

    made, urls = [], []

    def make(plugins: tuple[str, ...] = ("partners", "cases", "-privacy"), **options: Any) -> Any:
        url = ""
        if request.param == "postgres":
            url = request.getfixturevalue("postgres_url").new_database()
            urls.append(url)
        app = create_app(hub_instances.make(plugins, database=url, **options), strict=True)
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            engine().dispose()
    for url in urls:
        request.getfixturevalue("postgres_url").drop(url)


@pytest.fixture
def program() -> Callable[..., Program]:
    """`program(app, "editor", "write:case")`: a program with a new token."""
    return lambda app, role="editor", *scopes, **more: Program(app, token_for(app, role, *scopes, **more))


@pytest.fixture
def receiver() -> Iterator[Callable[[], Receiver]]:
    """A function that starts a receiver of webhooks."""
    running: list[Receiver] = []

    def start() -> Receiver:
        running.append(Receiver())
        threading.Thread(target=running[-1].serve_forever, args=(0.01,), daemon=True).start()
        return running[-1]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
