"""The shared suite on each engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_search.embedded import WhooshEngine
from hub_search.postgres import PostgresEngine
from search_behaviour import Behaviour, Library


class TestWhoosh(Behaviour):
    @pytest.fixture
    def library(self, tmp_path: Path):
        return lambda *documents: Library(lambda *doors: WhooshEngine(tmp_path / "search", *doors), documents)


@pytest.fixture(scope="module")
def postgres_hub(postgres_url, hub_instances):
    from hub.app import create_app

    return create_app(hub_instances.make(["search"], database=postgres_url.new_database()), strict=True)


@pytest.mark.postgres
class TestPostgres(Behaviour):
    @pytest.fixture
    def library(self, postgres_hub):
        with postgres_hub.app_context():
            yield lambda *documents: Library(PostgresEngine, documents)


@pytest.mark.postgres
def test_trigrams_are_used_where_they_can_be_had(postgres_hub) -> None:
    from hub_search.pgsearch import PgSearch

    from hub.api import SearchQuery, session

    with postgres_hub.app_context():
        assert PgSearch(session(), SearchQuery("x", "en"))._trigrams


@pytest.mark.postgres
def test_the_setting_chooses_the_engine(postgres_hub, hub_app) -> None:
    run = postgres_hub.test_cli_runner().invoke
    from hub.cli import main

    assert main
    with postgres_hub.app_context():
        from hub_search.hooks import engine

        from hub.api import session, writing
        from hub.store.state import set_setting

        assert isinstance(engine(), WhooshEngine)
        with writing():
            set_setting(session(), "search.engine", "postgres")
            session().commit()
        assert isinstance(engine(), PostgresEngine)
    with hub_app.app_context():
        with writing():
            set_setting(session(), "search.engine", "postgres")
            session().commit()
        assert "PostgreSQL" in engine().status().problem and engine().answer is not None
    assert hub_app.test_client().get("/en/search/?q=garden").status_code == 200  # core matches plainly
    assert run


@pytest.mark.postgres
def test_several_hosts_share_the_index_of_the_database(postgres_url, hub_instances, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.app import create_app

    monkeypatch.setenv("HUB_CLUSTER__HOSTS", "2")
    with create_app(hub_instances.make(["search"], database=postgres_url.new_database()), strict=True).app_context():
        from hub_search.hooks import engine

        assert isinstance(engine(), PostgresEngine)
