"""What tests of the core share: an application on either database, commands of `hub`, a small page to publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from disks import failing_disk, small_disk  # noqa: F401


@pytest.fixture(scope="session")
def migrated_postgres(hub_instances: Any, request: pytest.FixtureRequest) -> str:
    """The address of a PostgreSQL database with core's tables, to be copied."""
    from hub.app import create_app
    from hub.people import accounts
    from hub.settings import load_settings
    from hub.store import db, migrate

    url = request.getfixturevalue("postgres_url").new_database()
    settings = load_settings(hub_instances.make(()), {"HUB_DATABASE__URL": url})
    app = create_app(settings=settings)
    with app.app_context():
        migrate.upgrade(db.engine(), migrate.CORE)
        for found in app.extensions["hub"].plugins.found.values():
            if found.state == "on" and found.history:  # what every hub has
                migrate.upgrade(db.engine(), found.history)
        accounts.ensure_roles(db.session())
        db.session().commit()
        db.session().close()
        db.engine().dispose()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Which database a test runs on: a function that makes a migrated one; "" = SQLite in the instance."""
    if request.param == "sqlite":
        yield lambda: ""
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("migrated_postgres")
    made: list[str] = []

    def make() -> str:
        made.append(server.new_database(template))
        return made[-1]

    yield make
    for url in made:
        server.drop(url)


@pytest.fixture
def any_hub(database: Callable[[], str], hub_instances: Any) -> Iterator[Callable[..., Any]]:
    """A function that makes an application on SQLite and, in the test's second run, on PostgreSQL.

    `files` and `plugins` as in `new_hub`; plugins that bring tables of their own are not migrated on PostgreSQL.
    """
    from hub.app import create_app
    from hub.settings import load_settings
    from hub.store.db import engine

    made = []

    def make(plugins: tuple[str, ...] = ("-privacy",), *, strict: bool = True, env: dict[str, str] | None = None, **options: Any) -> Any:
        folder, url = hub_instances.make(plugins, **options), database()
        settings = load_settings(folder, {**({"HUB_DATABASE__URL": url} if url else {}), **(env or {})})
        app = create_app(settings=settings, strict=strict)
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            engine().dispose()


@pytest.fixture
def publish() -> Callable[..., Any]:
    """`publish(db, "Title")`: make a page in the session's transaction; `status="draft"` does not publish it."""
    from hub.content import document, workflow
    from hub.content.pages import PAGE

    def make(db: Any, title: str = "About", *, status: str = "published", **more: Any) -> Any:
        texts = {"en": {"title": title, "summary": "", "body": "Text.", "fields": {}}}
        return workflow.create(db, PAGE, {**document.empty(), "texts": texts, **more}, status=status)

    return make
