"""The plugin's own tables: migrations both ways on both databases, and nothing of a person who is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from hub.testing.bench import Bench

__all__ = [
    "test_a_forgotten_person_leaves_nothing",
    "test_migrations_go_up_down_and_up_on_postgresql",
    "test_migrations_go_up_down_and_up_on_sqlite",
]


def test_migrations_go_up_down_and_up_on_sqlite(hub_plugin: Bench) -> None:
    """Up, down (no table of it is left), up: and the tables are as the models say."""
    from hub.store.db import engine

    _must_have_tables_or_skip(hub_plugin)
    with hub_plugin.scratch(), hub_plugin.here():
        _up_down_up(hub_plugin, engine())


def test_migrations_go_up_down_and_up_on_postgresql(hub_plugin: Bench, hub_postgres: str) -> None:
    """The same on PostgreSQL (`--hub-postgres URL`, an empty database)."""
    from hub.store import db, migrate

    _must_have_tables_or_skip(hub_plugin)
    with hub_plugin.here():
        engine = sa.create_engine(hub_postgres)
        db.prepare_engine(engine)
        try:
            migrate.upgrade(engine, migrate.CORE)
            for name in hub_plugin.plugins[:-1]:
                history = hub_plugin.app().extensions["hub"].plugins.found[name].history
                if history:
                    migrate.upgrade(engine, history)
            migrate.upgrade(engine, hub_plugin.found.history)
            _up_down_up(hub_plugin, engine)
        finally:
            engine.dispose()


def _must_have_tables_or_skip(bench: Bench) -> None:
    if not bench.tables():
        assert bench.found.history is None, "it has migrations and no tables"
        pytest.skip("this plugin has no tables")
    assert bench.found.history is not None, "it has tables and no migrations/ to make them"


def _up_down_up(bench: Bench, engine: sa.Engine) -> None:
    from hub.store import migrate

    history, prefix = bench.found.history, f"{bench.name}_"

    def own_tables() -> set[str]:
        return {name for name in sa.inspect(engine).get_table_names() if name.startswith(prefix)}

    made, modelled = own_tables(), {t.name for t in bench.tables()}
    assert modelled <= made, "models have tables that no migration makes"
    alike = engine.dialect.name == "sqlite" or made == modelled  # on a server there may be further ones, without models
    if alike:
        assert made == modelled, "migrations and models make different tables"
        migrate.check(engine, history)
    others = set(sa.inspect(engine).get_table_names()) - own_tables()
    migrate.downgrade(engine, history)
    assert not own_tables(), f"after going down {sorted(own_tables())} are left"
    assert set(sa.inspect(engine).get_table_names()) - own_tables() == others, "going down takes tables of others away"
    migrate.upgrade(engine, history)
    assert own_tables() == made
    if alike:
        migrate.check(engine, history)


def test_a_forgotten_person_leaves_nothing(hub_plugin: Bench) -> None:
    """Rows about a person in each of its tables: their own copy names them, forgetting leaves neither number nor address."""
    from hub.people import accounts
    from hub.store.db import session

    about = [t for t in hub_plugin.tables() if _user_columns(t)]
    if not about:
        pytest.skip("no table of this plugin points to a person")
    with hub_plugin.scratch(), hub_plugin.here(write=True) as here:
        db = session()
        user = accounts.add_user(db, "forgotten-person@example.org", None, "member", "Forgotten Person")
        db.flush()
        number = user.id
        for table in about:
            _add_row(db, table, number)
        db.commit()
        exported = [
            answer for name, answer in here.hooks.answers("user_exported", user=user) if name == hub_plugin.name
        ]
        assert exported and exported[0], (
            f"{', '.join(t.name for t in about)} name a person, and user_exported names nothing"
        )
        assert "object at 0x" not in repr(exported[0]), "user_exported must answer plain values"
        here.hooks.tell("user_forgotten", session=db, user=user)
        db.flush()
        db.delete(user)
        db.commit()
        for table in about:
            for column in _user_columns(table):
                left = db.scalar(sa.select(sa.func.count()).select_from(table).where(column == number))
                assert not left, f"{table.name}.{column.name} still names the person"
            rows = repr(db.execute(sa.select(table)).all())
            for trace in ("forgotten-person@example.org", "Forgotten Person"):
                assert trace not in rows, f"{table.name} still holds {trace!r}"


def _user_columns(table: sa.Table) -> list[Any]:
    return [c for c in table.columns if any(key.target_fullname == "hub_user.id" for key in c.foreign_keys)]


def _add_row(db: Any, table: sa.Table, user: int, depth: int = 0) -> dict[str, Any]:
    """A row with a value in every column that needs one; rows it points to are made too."""
    values: dict[str, Any] = {}
    for column in table.columns:
        target = next(iter(column.foreign_keys), None)
        if target is not None and target.target_fullname == "hub_user.id":
            values[column.name] = user
        elif target is not None and target.target_fullname == "content.id":
            from hub.content.model import Content

            values[column.name] = db.scalar(sa.select(sa.func.max(Content.id)))
        elif target is not None and not (column.nullable or depth > 5):
            values[column.name] = _add_row(db, target.column.table, user, depth + 1)[target.column.name]
        elif column.primary_key and isinstance(column.type, sa.Integer):
            values[column.name] = (db.scalar(sa.select(sa.func.max(column))) or 0) + 1
        elif target is None and column.unique and column.nullable and not _is_personal(column):
            continue  # a table that another one points to gets several rows
        elif target is None and (_is_personal(column) or (column.default is None and column.server_default is None)):
            values[column.name] = _sample(column)
    db.execute(sa.insert(table).values(**values))
    return values


def _is_personal(column: sa.Column[Any]) -> bool:
    return "mail" in column.name or column.name in ("name", "who", "address")


def _sample(column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, sa.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.DateTime):
        return dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    if isinstance(kind, sa.Date):
        return dt.date(2026, 11, 20)
    if isinstance(kind, sa.Integer | sa.Numeric):
        return 1
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    text = (
        "forgotten-person@example.org" if "mail" in column.name else "Forgotten Person" if _is_personal(column) else "x"
    )
    length = getattr(kind, "length", None)
    return text[:length] if length else text
